"""Opening the warehouse.

Belongs here: how the file is opened and its own tables are made. Does not: what is put in.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import duckdb

PATIENCE_SECONDS = 120
"""How long another process, a dbt run by hand say, may keep the warehouse open."""

Options = dict[str, str | bool | int | float | list[str]]
"""Settings with which DuckDB opens a database, by its names."""

OPTIONS_VARIABLE = "CS_COVERAGE_DUCKDB"
"""Carries how much of the machine DuckDB may take, as JSON, to all that opens a database in this
process and in dbt's."""

_FRUGAL = {"memory_limit": "'160MB'", "threads": "1"}


def limit(options: Mapping[str, str | int]) -> None:
    """Let whatever opens a database from now on take no more of the machine than this."""
    os.environ[OPTIONS_VARIABLE] = json.dumps(options)


def limits() -> Options:
    """What was said last; empty where nothing was, and DuckDB's own limits hold."""
    options: Options = json.loads(os.environ.get(OPTIONS_VARIABLE) or "{}")
    return options


@contextmanager
def warehouse(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse file, with the pipeline's own tables in place, and close it again.

    Close before dbt runs, which opens the file with settings of its own.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    con = _connect(path, read_only)
    try:
        con.execute("set TimeZone = 'UTC'")
        if not read_only:
            con.execute(files("pipelines.warehouse").joinpath("schema.sql").read_text())
        yield con
    finally:
        con.close()


def copy_warehouse(path: Path, target: Path) -> None:
    """Copy the file, which nobody may have open, to a place where there is none."""
    for end in ("", ".wal"):
        file = path.with_name(path.name + end)
        if file.exists():
            shutil.copyfile(file, target.with_name(target.name + end))


def _connect(path: Path, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Open the file, waiting for another process that has it to let go of it."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return duckdb.connect(str(path), read_only=read_only, config=limits())
        except duckdb.IOException as error:
            if "lock" not in str(error) or time.monotonic() > give_up_at:
                raise
            time.sleep(0.5)


@contextmanager
def frugal(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Little memory for what the block does; what is more goes to files beside the warehouse.

    One thread, because each one takes room for some of the longest records there may be.
    """
    for setting, value in _FRUGAL.items():
        con.execute(f"set {setting} = {value}")
    try:
        yield
    finally:
        for setting in _FRUGAL:
            before = limits().get(setting)
            con.execute(f"reset {setting}" if before is None else f"set {setting} = '{before}'")


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All or nothing: what the block does is committed at its end, or undone."""
    con.execute("begin")
    try:
        yield
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("commit")


def identifier(name: str) -> str:
    """`name` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """`text` as a SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def raw_table(source: str, stream: str) -> str:
    """The table that holds every version of every record of a stream."""
    return f"raw.{identifier(f'{source}__{stream}')}"


def stripped(expression: str) -> str:
    """SQL for a text without white space around it; NULL when nothing else is in it.

    Spreadsheets leave tabs, line ends and no-break spaces where nothing is to be seen. Looking
    whether a text has any takes a third of the time that taking them away does.
    """
    white = "' ' || chr(9) || chr(10) || chr(13) || chr(160)"
    return (
        f"case when regexp_full_match({expression}, '[!-~]([ -~]*[!-~])?') then {expression} "
        f"else nullif(trim({expression}, {white}), '') end"
    )


def columns_of(path: Path, schemas: Sequence[str]) -> dict[str, list[str]]:
    """The columns of every relation of some schemas, in order, by `schema.name`."""
    found: dict[str, list[str]] = {}
    with warehouse(path, read_only=True) as con:
        for relation, column in con.execute(
            "select schema_name || '.' || table_name, column_name from duckdb_columns() "
            "where list_contains(?, schema_name) order by 1, column_index",
            [list(schemas)],
        ).fetchall():
            found.setdefault(relation, []).append(column)
    return found
