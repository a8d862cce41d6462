"""Opening the warehouse.

Belongs here: how the file is opened and its own tables are made. Does not: what is put in.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import duckdb


@contextmanager
def warehouse(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse file, with the pipeline's own tables in place, and close it again.

    Close before dbt runs: DuckDB lets only one process write.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect(str(path), read_only=read_only)
    try:
        con.execute("set TimeZone = 'UTC'")
        if not read_only:
            con.execute(files("pipelines.warehouse").joinpath("schema.sql").read_text())
        yield con
    finally:
        con.close()


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
