"""Publishing a night: one new DuckDB file and a Parquet mirror, each put in place whole.

Belongs here: copying the public schema and swapping files. Does not: deciding whether a night may
be published; its checks did.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.home import Home
from pipelines.tables import PUBLIC_SCHEMA, Table
from pipelines.warehouse.connection import identifier, literal

STORAGE_VERSION = "v1.0.0"
"""Any DuckDB from 1.1 on reads the file; 1.0 fails on some columns that hold lists."""


@dataclass(frozen=True)
class PublishedTable:
    """A table as it now stands in the serving file."""

    name: str
    rows: int


def publish(
    home: Home, public_tables: Sequence[Table], run_id: str, published_at: datetime
) -> list[PublishedTable]:
    """Copy the public tables to new files beside the serving ones, then replace those.

    A reader sees last night's file or this one's, never a mixture: whoever has the old file open
    keeps it until they open it again. A kill before the replacement leaves the old one.
    """
    home.serving.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(home)
    name = f".{run_id}-{published_at:%Y%m%dT%H%M%S%f}"  # a run that is repeated replaces itself
    new_database = home.serving / f"{name}.duckdb"
    new_parquet = home.serving / f"{name}.parquet"
    published = _write_database(home.warehouse, new_database, public_tables, run_id, published_at)
    _write_parquet(new_database, new_parquet, public_tables)
    _sync(new_database)
    old_parquet = home.parquet.resolve() if home.parquet.is_symlink() else None
    new_database.replace(home.serving_database)
    _point(home.parquet, new_parquet)
    _sync(home.serving)
    if old_parquet is not None:
        shutil.rmtree(old_parquet, ignore_errors=True)
    return published


def _remove_leftovers(home: Home) -> None:
    """What a killed publish left: nothing points to it."""
    in_use = home.parquet.resolve() if home.parquet.is_symlink() else None
    for path in home.serving.glob(".*"):
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.resolve() != in_use:
            shutil.rmtree(path)


def _write_database(
    warehouse: Path,
    target: Path,
    public_tables: Sequence[Table],
    run_id: str,
    published_at: datetime,
) -> list[PublishedTable]:
    con = duckdb.connect()
    try:
        con.execute("set TimeZone = 'UTC'")
        con.execute(f"attach {literal(str(warehouse))} as warehouse (read_only)")
        con.execute(
            f"attach {literal(str(target))} as serving (storage_version {literal(STORAGE_VERSION)})"
        )
        con.execute(f"create schema serving.{PUBLIC_SCHEMA}")
        published = []
        for table in public_tables:
            name = f"{PUBLIC_SCHEMA}.{identifier(table.name)}"
            con.execute(f"create table serving.{name} as from warehouse.{name} {_order_by(table)}")
            _comment(con, f"serving.{name}", table)
            rows = con.execute(f"select count(*) from serving.{name}").fetchall()[0][0]
            published.append(PublishedTable(table.name, rows))
        con.execute(
            f"update serving.{PUBLIC_SCHEMA}.ops_run set status = 'published', finished_at = ? "
            "where run_id = ?",
            [published_at, run_id],
        )
        # One file, no write-ahead log beside it: a stale one would make every open fail.
        con.execute("checkpoint serving")
        con.execute("detach serving")
        return published
    finally:
        con.close()


def _order_by(table: Table) -> str:
    keys = ", ".join(identifier(k) for k in table.primary_key)
    return f"order by {keys}" if keys else ""


def _comment(con: duckdb.DuckDBPyConnection, name: str, table: Table) -> None:
    con.execute(f"comment on table {name} is {literal(table.description)}")
    for column in table.columns:
        con.execute(
            f"comment on column {name}.{identifier(column.name)} is {literal(column.description)}"
        )


def _write_parquet(database: Path, folder: Path, public_tables: Sequence[Table]) -> None:
    con = duckdb.connect(str(database), read_only=True)
    try:
        con.execute("set TimeZone = 'UTC'")
        for table in public_tables:
            file = folder / table.name / f"{table.name}.parquet"
            file.parent.mkdir(parents=True)
            con.execute(
                f"copy (from {PUBLIC_SCHEMA}.{identifier(table.name)} {_order_by(table)}) "
                f"to {literal(str(file))} (format parquet, compression zstd)"
            )
            _sync(file)
    finally:
        con.close()


def _point(link: Path, target: Path) -> None:
    """Make `link` a symbolic link to `target`, atomically: folders cannot be replaced whole."""
    new_link = link.with_name(f".{target.name}.link")
    new_link.symlink_to(target.name, target_is_directory=True)
    new_link.replace(link)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
