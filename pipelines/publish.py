"""Publishing a night: new DuckDB files and Parquet mirrors, each put in place whole.

Belongs here: copying the public schema and swapping files. Does not: deciding whether a night may
be published (its checks did), or what of it is for whose eyes (people).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.config.publishing import KEEP_DAYS
from pipelines.home import Home
from pipelines.people import Selection, about_persons, for_everybody
from pipelines.tables import PEOPLE_SCHEMA, PUBLIC_SCHEMA, Table
from pipelines.warehouse.connection import identifier, limits, literal, transaction

STORAGE_VERSION = "v1.0.0"
"""Any DuckDB from 1.1 on reads the file; 1.0 fails on some columns that hold lists."""

RUNS = "ops_run"
"""The published table of nights, of which this one is the last."""

_OWN_EYES_ONLY = 0o700


@dataclass(frozen=True)
class PublishedTable:
    """A table as it now stands in a published file: by its schema."""

    name: str
    rows: int
    schema: str = PUBLIC_SCHEMA
    rows_before: int | None = None
    """As it was published before; None where it was not."""


@dataclass(frozen=True)
class _Edition:
    """A published file with its Parquet mirror beside it, for the same eyes."""

    schema: str
    database: Path
    selections: Sequence[Selection]
    name: str

    @property
    def folder(self) -> Path:
        return self.database.parent

    @property
    def parquet(self) -> Path:
        return self.folder / "parquet"

    @property
    def new_database(self) -> Path:
        return self.folder / f"{self.name}.duckdb"

    @property
    def new_parquet(self) -> Path:
        return self.folder / f"{self.name}.parquet"


def publish(
    home: Home,
    public_tables: Sequence[Table],
    run_id: str,
    published_at: datetime,
    *,
    keep_days: int = KEEP_DAYS,
) -> list[PublishedTable]:
    """Copy the public tables to new files beside the published ones, then replace those.

    A reader sees last night's file or this one's, never a mixture: whoever has the old file open
    keeps it until they open it again. A kill before the replacement leaves the old one. What is
    about single persons goes to a file of its own, which is replaced last, so that it is never of
    a later night than what everybody reads.
    """
    name = f".{run_id}-{published_at:%Y%m%dT%H%M%S%f}"  # a run that is repeated replaces itself
    everybody = _Edition(PUBLIC_SCHEMA, home.serving_database, for_everybody(public_tables), name)
    persons = _Edition(
        PEOPLE_SCHEMA, home.people_database, about_persons(public_tables, keep_days), name
    )
    everybody.folder.mkdir(parents=True, exist_ok=True)
    persons.folder.mkdir(mode=_OWN_EYES_ONLY, exist_ok=True)
    published = []
    for edition in (everybody, persons):
        _remove_leftovers(edition)
        before = _rows_published(edition)
        published += [
            replace(table, rows_before=before.get(table.name))
            for table in _write_database(home.warehouse, edition, run_id, published_at)
        ]
        _sync(edition.new_database)
    _share_as_the_folder(persons)
    for edition in (everybody, persons):
        _put_in_place(edition)
    return published


def publish_apart(
    warehouse: Path,
    database: Path,
    public_tables: Sequence[Table],
    run_id: str,
    published_at: datetime,
) -> list[PublishedTable]:
    """Copy what is for everybody to one new file, which stands for itself.

    Without the rows about single persons: those are to grow old, and such a file does not.
    """
    edition = _Edition(PUBLIC_SCHEMA, database, for_everybody(public_tables), f".{run_id}")
    published = _write_database(warehouse, edition, run_id, published_at, with_parquet=False)
    _sync(edition.new_database)
    database.parent.mkdir(parents=True, exist_ok=True)
    edition.new_database.replace(database)
    return published


def oldest_stream(home: Home) -> tuple[str, float] | None:
    """The stream (source.stream) whose published data is oldest, and its age in hours."""
    with duckdb.connect(str(home.serving_database), read_only=True) as con:
        oldest = con.execute(
            f"select source || '.' || stream, age_hours from {PUBLIC_SCHEMA}.ops_source_freshness "
            "where age_hours is not null order by age_hours desc, 1 limit 1"
        ).fetchone()
    return None if oldest is None else (oldest[0], oldest[1])


def _rows_published(edition: _Edition) -> dict[str, int]:
    """How many rows each table of the published file has; none where no such file can be read."""
    try:
        with duckdb.connect(str(edition.database), read_only=True) as con:
            # Exact where no row was ever deleted, as in a file that is written once.
            counted = con.execute(
                "select table_name, estimated_size from duckdb_tables() where schema_name = ?",
                [edition.schema],
            )
            return dict(counted.fetchall())
    except duckdb.Error:
        return {}


def _put_in_place(edition: _Edition) -> None:
    old_parquet = edition.parquet.resolve() if edition.parquet.is_symlink() else None
    edition.new_database.replace(edition.database)
    _point(edition.parquet, edition.new_parquet)
    _sync(edition.folder)
    if old_parquet is not None:
        shutil.rmtree(old_parquet, ignore_errors=True)


def _remove_leftovers(edition: _Edition) -> None:
    """What a killed publish left: nothing points to it."""
    in_use = edition.parquet.resolve() if edition.parquet.is_symlink() else None
    for path in edition.folder.glob(".*"):
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.resolve() != in_use:
            shutil.rmtree(path)


def _share_as_the_folder(edition: _Edition) -> None:
    """Files for whom the folder is: 0600 in 0700; whoever opens it to a group opens them, too."""
    mode = edition.folder.stat().st_mode & 0o666
    for path in (edition.new_database, *edition.new_parquet.rglob("*.parquet")):
        path.chmod(mode)


def _write_database(
    warehouse: Path,
    edition: _Edition,
    run_id: str,
    published_at: datetime,
    *,
    with_parquet: bool = True,
) -> list[PublishedTable]:
    """Write the new file, and beside it the mirror: of one table while the next is written."""
    spilled = {"temp_directory": str(edition.new_database.with_suffix(".spilled"))}
    con = duckdb.connect(config={**limits(), **spilled})
    mirroring = ThreadPoolExecutor(max_workers=1)
    try:
        con.execute("set TimeZone = 'UTC'")
        con.execute(f"attach {literal(str(warehouse))} as warehouse (read_only)")
        # Without a write-ahead log: before its end the file is worth nothing, and none may lie
        # beside it then, or every open would fail.
        con.execute(
            f"attach {literal(str(edition.new_database))} as serving "
            f"(storage_version {literal(STORAGE_VERSION)}, recovery_mode no_wal_writes)"
        )
        con.execute(f"create schema serving.{edition.schema}")
        if with_parquet:
            edition.new_parquet.mkdir()
        published, mirrors = [], []
        for selection in edition.selections:
            published.append(_write_table(con, edition, selection, run_id, published_at))
            if with_parquet:
                mirror = (con.cursor(), edition, selection.table.name)
                mirrors.append(mirroring.submit(_write_parquet, *mirror))
        for written in mirrors:
            written.result()
        con.execute("checkpoint serving")
        con.execute("detach serving")
        return published
    finally:
        mirroring.shutdown(cancel_futures=True)
        con.close()


def _write_table(
    con: duckdb.DuckDBPyConnection,
    edition: _Edition,
    selection: Selection,
    run_id: str,
    published_at: datetime,
) -> PublishedTable:
    table = selection.table
    source = f"warehouse.{PUBLIC_SCHEMA}.{identifier(table.name)}"
    name = _name(edition, table.name)
    with transaction(con):
        ((rows,),) = con.execute(f"create table {name} as {selection.query(source)}").fetchall()
        con.execute(_comments(name, table))
        if (edition.schema, table.name) == (PUBLIC_SCHEMA, RUNS):
            con.execute(
                f"update {name} set status = 'published', finished_at = ? where run_id = ?",
                [published_at, run_id],
            )
    return PublishedTable(table.name, rows, edition.schema)


def _comments(name: str, table: Table) -> str:
    """The statements that say of a table and its columns what they are."""
    about = {f"table {name}": table.description} | {
        f"column {name}.{identifier(column.name)}": column.description for column in table.columns
    }
    return "; ".join(f"comment on {what} is {literal(text)}" for what, text in about.items())


def _write_parquet(con: duckdb.DuckDBPyConnection, edition: _Edition, table: str) -> None:
    """A table as the new file has it, in its order."""
    file = edition.new_parquet / table / f"{table}.parquet"
    file.parent.mkdir()
    con.execute("set TimeZone = 'UTC'")
    con.execute(
        f"copy {_name(edition, table)} to {literal(str(file))} "
        "(format parquet, compression zstd, compression_level 1)"  # as small as at any level
    )
    _sync(file)


def _name(edition: _Edition, table: str) -> str:
    return f"serving.{edition.schema}.{identifier(table)}"


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
