"""The least a build can take: the statements that dbt ran, run by DuckDB alone.

Belongs here: finding them, in an order that works, and what each costs. Does not: the builds.
"""

from __future__ import annotations

import json
import resource
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
    """Seconds a statement, by the model's or test's name, and what all of them cost together."""

    seconds: dict[str, float]
    processor_seconds: float

    @property
    def total(self) -> float:
        """Seconds of all statements, which ran one after the other."""
        return sum(self.seconds.values())


def bare_sql(home: Home, before_the_build: Path) -> Bare:
    """Run what the last build of a home ran, on a copy of the warehouse as it was before.

    The copy must have the warehouse's file name: statements name the database after it.
    """
    manifest = json.loads((home.dbt_target / "manifest.json").read_text())
    ran = home.dbt_target / "run" / manifest["metadata"]["project_name"]
    seconds = {}
    before = resource.getrusage(resource.RUSAGE_SELF)
    with duckdb.connect(str(before_the_build), config=limits()) as con:
        con.execute("set TimeZone = 'UTC'")
        for schema in {node["schema"] for node in manifest["nodes"].values()}:
            con.execute(f'create schema if not exists "{schema}"')
        for name, statement in _statements(manifest["nodes"], ran):
            begun = time.perf_counter()
            con.execute(statement).fetchall()
            seconds[name] = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_SELF)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Bare(seconds, spent)


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
