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
class Spent:
    """What a model or test cost."""

    seconds: float
    processor_seconds: float
    rows: int
    """How many the operators of its plans handed on, all together: the same on any machine."""


@dataclass(frozen=True)
class Bare:
    """All statements, one after the other."""

    by_statement: dict[str, Spent]
    """By the model's or test's name."""

    @property
    def seconds(self) -> float:
        """All of them, on the clock."""
        return sum(spent.seconds for spent in self.by_statement.values())

    @property
    def processor_seconds(self) -> float:
        """What all of them cost together."""
        return sum(spent.processor_seconds for spent in self.by_statement.values())


def bare_sql(home: Home, before_the_build: Path) -> Bare:
    """Run what the last build of a home ran, on a copy of the warehouse as it was before.

    The copy must have the warehouse's file name: statements name the database after it.
    """
    manifest = json.loads((home.dbt_target / "manifest.json").read_text())
    ran = home.dbt_target / "run" / manifest["metadata"]["project_name"]
    with duckdb.connect(str(before_the_build), config=limits()) as con:
        con.execute("set TimeZone = 'UTC'")
        for schema in {node["schema"] for node in manifest["nodes"].values()}:
            con.execute(f'create schema if not exists "{schema}"')
        con.execute("pragma enable_profiling = 'no_output'")
        con.execute("set profiling_coverage = 'ALL'")
        return Bare({name: _run(con, sql) for name, sql in _statements(manifest["nodes"], ran)})


def dearest(bare: Bare, count: int = 20) -> list[tuple[str, str]]:
    """The statements that cost most, with what they cost."""
    costs = {name: spent.processor_seconds for name, spent in bare.by_statement.items()}
    return [(name, f"{costs[name]:.1f}") for name in sorted(costs, key=lambda n: -costs[n])[:count]]


def copy_warehouse(home: Home, folder: Path) -> Path:
    """Keep the warehouse as it is, for `bare_sql`."""
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / home.warehouse.name
    shutil.copyfile(home.warehouse, copy)
    return copy


def _run(con: duckdb.DuckDBPyConnection, sql: str) -> Spent:
    seconds = processor_seconds = 0.0
    rows = 0
    for statement in con.extract_statements(sql):
        clock, processor = time.perf_counter(), time.process_time()
        con.execute(statement).fetchall()
        seconds += time.perf_counter() - clock
        processor_seconds += time.process_time() - processor
        profile = json.loads(con.get_profiling_information())
        rows += profile.get("query", {}).get("total_intermediate_rows", 0)
    return Spent(seconds, processor_seconds, rows)


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
