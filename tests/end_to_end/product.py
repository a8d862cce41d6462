"""Running the product as a user does, and looking at what it left.

Belongs here: starting `cs-coverage`, reading serving files, warehouse and landing. Does not: what
any test expects of them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb

COMMAND = Path(sys.executable).with_name("cs-coverage")

FIRST_NIGHT = "2026-07-01T02:00:00+00:00"
SECOND_NIGHT = "2026-07-02T02:00:00+00:00"

WITH_WALL_CLOCK = {"ops_run", "ops_source_freshness"}
"""The only public tables that may differ between two refreshes of the same."""

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it said."""

    exit_code: int
    out: str
    err: str


def environment(now: str | None, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a command: nothing of ours but the clock, and wide lines."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("CS_COVERAGE", "DAGSTER"))}
    clock = {"CS_COVERAGE_NOW": now} if now else {}
    return {**ours, **clock, **(extra or {}), "COLUMNS": "1000"}


def cs_coverage(
    *arguments: str | Path, now: str | None = None, extra: Mapping[str, str] | None = None
) -> Outcome:
    """Run a command to its end."""
    done = subprocess.run(
        [COMMAND, *arguments],
        env=environment(now, extra),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def published(home: Path, sql: str) -> Rows:
    """What a BI tool gets."""
    return _ask(home / "serving" / "serving.duckdb", f"use coverage; {sql}")


def published_of_people(home: Path, sql: str) -> Rows:
    """What is published about single persons."""
    return _ask(home / "serving" / "people" / "people.duckdb", f"use coverage_people; {sql}")


def in_warehouse(home: Path, sql: str) -> Rows:
    """What the warehouse holds."""
    return _ask(home / "warehouse.duckdb", sql)


def _ask(database: Path, sql: str) -> Rows:
    with duckdb.connect(str(database), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        return con.execute(sql).fetchall()


def value(rows: Rows) -> Any:
    """The only value of the only row."""
    [(only,)] = rows
    return only


def tables(home: Path) -> set[str]:
    """The published tables that everybody reads."""
    return {name for (name,) in published(home, "select table_name from duckdb_tables()")}


def tables_of_people(home: Path) -> set[str]:
    """The published tables of which something is about single persons."""
    listed = published_of_people(home, "select table_name from duckdb_tables()")
    return {name for (name,) in listed}


def parquet_digests(home: Path) -> dict[str, str]:
    """A digest of each published Parquet file whose bytes may not depend on when it was made.

    By table; those about persons as people/table.
    """
    folders = {"": home / "serving" / "parquet", "people/": home / "serving" / "people" / "parquet"}
    return {
        f"{prefix}{path.stem}": sha256(path.read_bytes()).hexdigest()
        for prefix, folder in folders.items()
        for path in sorted(folder.resolve().glob("*/*.parquet"))
        if path.stem not in WITH_WALL_CLOCK
    }


def raw_versions(home: Path) -> dict[str, Counter[tuple[Any, ...]]]:
    """Every version of every record of every stream, whenever and by whichever run it was read."""
    names = in_warehouse(
        home, "select table_name from duckdb_tables() where schema_name = 'raw' order by all"
    )
    return {
        name: Counter(
            in_warehouse(
                home, f'select record_key, payload, is_deleted, is_current from raw."{name}"'
            )
        )
        for (name,) in names
    }


def left_overs(home: Path) -> list[str]:
    """Files that only a run in progress has."""
    parquet = (home / "serving" / "parquet").resolve()
    unfinished = [
        *(path for path in (home / "landing").rglob("*") if path.suffix == ".tmp"),
        *(path for path in (home / "landing").rglob("*.gz") if not _is_landed(path)),
        *(path for path in (home / "serving").glob(".*") if path != parquet),
        *(path for path in home.rglob("*.wal") if "dagster" not in path.parts),
        *home.glob("*rebuilding*"),
        *home.glob("*holder*"),
    ]
    return sorted(str(path.relative_to(home)) for path in unfinished)


def _is_landed(data_file: Path) -> bool:
    batch = data_file.name.rpartition("-")[0]
    return data_file.with_name(f"{batch}.manifest.json").exists()
