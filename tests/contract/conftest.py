"""Fixtures of the suite that every HTTP source goes through."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from http_subject import Stage, Subject, system_of

from pipelines.home import Home
from pipelines.warehouse.connection import warehouse
from sandbox.servers.vendor import served


@pytest.fixture(scope="session")
def stage() -> Iterator[tuple[Stage, str]]:
    """The server on which all systems take turns."""
    stage = Stage()
    with served(stage) as base_url:
        yield stage, base_url


@pytest.fixture(scope="session")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """One warehouse, in memory, for all tests: each source has a name of its own in it."""
    with warehouse(Path(":memory:")) as con:
        # Nothing here is large: threads, and plans that are thought over, cost more than they save.
        con.execute("set threads = 1")
        con.execute("pragma disable_optimizer")
        yield con


@pytest.fixture
def subject(
    kind: str,
    stage: tuple[Stage, str],
    con: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Subject]:
    """The kind's system, empty, and its secrets in the environment."""
    vendor = system_of(kind)
    stage[0].enter(vendor)
    for name, value in vendor.secrets().items():
        monkeypatch.setenv(name, value)
    yield Subject(kind, vendor, stage[1], Home(tmp_path), con)
    for (table,) in con.execute(
        "select table_name from duckdb_tables() where schema_name = 'raw'"
    ).fetchall():
        con.execute(f'drop table raw."{table}"')  # many tables make a warehouse slow
