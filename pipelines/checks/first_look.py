"""Which tables may not have the shape they promise: one statement a table, no pandera.

Belongs here: the cheap question that nearly every table passes every night. Does not: the verdict
on the others and its words (shape).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from pipelines.checks.names import is_share, misnamed_columns
from pipelines.tables import PUBLIC_SCHEMA, Table
from pipelines.warehouse.connection import identifier, limits

_ALSO_CALLED = {"timestamptz": "timestamp with time zone"}


def doubtful(warehouse: Path, tables: Sequence[Table]) -> list[Table]:
    """The tables that break something of their shape; shape says what."""
    with duckdb.connect(str(warehouse), read_only=True, config=limits()) as con:
        columns = _columns(con)
        return [
            table
            for table in tables
            if (table.schema == PUBLIC_SCHEMA and misnamed_columns(table))
            or columns.get((table.schema, table.name)) != _declared(table)
            or _has_bad_rows(con, table)
        ]


def _columns(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[str, str]]:
    found: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, data_type in con.execute(
        "select schema_name, table_name, column_name, lower(data_type) from duckdb_columns() "
        "where database_name = current_database()"
    ).fetchall():
        found.setdefault((schema, table), {})[column] = data_type
    return found


def _declared(table: Table) -> dict[str, str]:
    return {c.name: _ALSO_CALLED.get(c.data_type, c.data_type) for c in table.columns}


def _has_bad_rows(con: duckdb.DuckDBPyConnection, table: Table) -> bool:
    # Keys that differ by their hashes differ; of the few tables where some hashes are the same,
    # the keys themselves are asked, which takes twice the time.
    return _is_any_true(con, table, "hash({})") and _is_any_true(con, table, "{}")


def _is_any_true(con: duckdb.DuckDBPyConnection, table: Table, key: str) -> bool:
    questions = list(_questions(table, key))
    if not questions:
        return False
    [answers] = con.execute(f"select {', '.join(questions)} from {_named(table)}").fetchall()
    return any(answers)


def _questions(table: Table, key: str) -> Iterator[str]:
    """What is true of a table in which some row is wrong; `key` says how its keys are compared."""
    for column in table.columns:
        name = identifier(column.name)
        if column.is_required or table.primary_key == (column.name,):
            yield f"count({name}) < count(*)"
        if table.schema == PUBLIC_SCHEMA and is_share(column.name):
            yield f"bool_or({name} not between 0 and 1)"
    if table.primary_key:
        distinct = key.format(", ".join(identifier(column) for column in table.primary_key))
        named = _named(table)
        yield f"count(*) > (select count(*) from (select distinct {distinct} from {named}))"


def _named(table: Table) -> str:
    return f"{identifier(table.schema)}.{identifier(table.name)}"
