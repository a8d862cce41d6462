"""The least a build can take: the statements that dbt ran, run by DuckDB alone.

Belongs here: finding them, in an order that works, and what each costs. Does not: the builds.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.home import Home
from pipelines.warehouse.connection import limits


@dataclass(frozen=True)
class Bare:
    """All statements, one after the other: seconds on the clock, and processor seconds of each."""

    seconds: float
    by_statement: dict[str, float]
    """By the model's or test's name."""

    @property
    def processor_seconds(self) -> float:
        """What all of them cost together."""
        return sum(self.by_statement.values())


def bare_sql(home: Home, before_the_build: Path) -> Bare:
    """Run what the last build of a home ran, on a copy of the warehouse as it was before.

    The copy must have the warehouse's file name: statements name the database after it.
    """
    manifest = json.loads((home.dbt_target / "manifest.json").read_text())
    ran = home.dbt_target / "run" / manifest["metadata"]["project_name"]
    spent = {}
    with duckdb.connect(str(before_the_build), config=limits()) as con:
        con.execute("set TimeZone = 'UTC'")
        for schema in {node["schema"] for node in manifest["nodes"].values()}:
            con.execute(f'create schema if not exists "{schema}"')
        begun = time.perf_counter()
        for name, statement in _statements(manifest["nodes"], ran):
            before = time.process_time()
            con.execute(statement).fetchall()
            spent[name] = time.process_time() - before
        return Bare(time.perf_counter() - begun, spent)


def dearest(bare: Bare, count: int = 20) -> list[tuple[str, str]]:
    """The statements that cost most, with what they cost."""
    most = sorted(bare.by_statement.items(), key=lambda statement: -statement[1])[:count]
    return [(name, f"{seconds:.1f}") for name, seconds in most]


def copy_warehouse(home: Home, folder: Path) -> Path:
    """Keep the warehouse as it is, for `bare_sql`."""
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / home.warehouse.name
    shutil.copyfile(home.warehouse, copy)
    return copy


def _statements(nodes: dict[str, Any], ran: Path) -> Iterator[tuple[str, str]]:
    """What a build runs, each after what it reads: models, and tests but of grain."""
    seen: set[str] = set()

    def after_what_it_reads(name: str) -> Iterator[dict[str, Any]]:
        node = nodes.get(name)
        if name in seen or node is None or "grain" in node["tags"]:
            return
        seen.add(name)
        for parent in node["depends_on"]["nodes"]:
            yield from after_what_it_reads(parent)
        yield node

    for name in nodes:
        for node in after_what_it_reads(name):
            path = ran / node["original_file_path"]
            statement = path / node["path"] if path.is_dir() else path
            if node["resource_type"] in ("model", "test") and statement.exists():
                yield node["name"], statement.read_text()
