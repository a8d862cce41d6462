"""The shape of a table as a pandera schema, and the verdict on a table in the warehouse.

Belongs here: how a breach is worded. Does not: what columns' names promise (names), or which tables
are looked at: those in doubt at the first look.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import ibis
import pandera.ibis as pa
from pandera.errors import SchemaError, SchemaErrorReason, SchemaErrors

from pipelines.checks.names import TYPES, Breach, is_share, misnamed_columns
from pipelines.tables import PUBLIC_SCHEMA, Column, Table
from pipelines.warehouse.connection import limits

SAMPLE = 5
"""How many failing rows a breach may tell of: pandera would fetch all of them."""

SHOWN_ROWS = 20
"""How many of them it may show."""

_UNKNOWN_TO_PANDERA = {"array<string>", "array<float64>", "json"}
"""Types that pandera's ibis engine cannot name; their columns are compared here instead."""


def schema_of(table: Table, *, has_rows: bool = True) -> pa.DataFrameSchema:
    """The schema that a table's contract and its columns' names promise.

    A table without rows has no values to check, and pandera 0.35 would call every check failed.
    """
    return pa.DataFrameSchema(
        {c.name: _column(table, c, has_rows) for c in table.columns},
        unique=(list(table.primary_key) or None) if has_rows else None,
        strict=True,
        name=f"{table.schema}.{table.name}",
    )


def _column(table: Table, column: Column, has_rows: bool) -> pa.Column:
    is_required = column.is_required or table.primary_key == (column.name,)
    checks = []
    if has_rows and table.schema == PUBLIC_SCHEMA and is_share(column.name):
        checks.append(pa.Check.in_range(0, 1, n_failure_cases=SAMPLE))
    data_type = TYPES[column.data_type]
    known = None if data_type in _UNKNOWN_TO_PANDERA else ibis.dtype(data_type)
    return pa.Column(known, checks, nullable=not (is_required and has_rows), required=True)


def breaches(warehouse: Path, tables: list[Table]) -> dict[str, list[Breach]]:
    """What each table breaks, by its name with schema; no entry means nothing."""
    con = ibis.duckdb.connect(str(warehouse), read_only=True, **limits())
    try:
        con.raw_sql("set TimeZone = 'UTC'")
        return {f"{t.schema}.{t.name}": found for t in tables if (found := _breaches(con, t))}
    finally:
        con.disconnect()


def _breaches(con: Any, table: Table) -> list[Breach]:
    found = misnamed_columns(table) if table.schema == PUBLIC_SCHEMA else []
    relation = con.table(table.name, database=table.schema)
    actual = relation.schema()
    found += [
        Breach(c.name, f"expected {TYPES[c.data_type]}, found {actual[c.name]}")
        for c in table.columns
        if TYPES[c.data_type] in _UNKNOWN_TO_PANDERA
        and c.name in actual
        and actual[c.name] != ibis.dtype(TYPES[c.data_type])
    ]
    try:
        has_rows = relation.limit(1).count().execute() > 0
        schema_of(table, has_rows=has_rows).validate(relation, lazy=True)
    except (SchemaErrors, SchemaError) as error:
        single = error.schema_errors if isinstance(error, SchemaErrors) else [error]
        found += [_with_rows(_breach(e), e, table, relation) for e in single]
    return found


def _with_rows(breach: Breach, error: SchemaError, table: Table, relation: Any) -> Breach:
    """A breach with the rows that are to blame, where rows are."""
    key = [name for name in table.primary_key if name in relation.columns]
    column = breach.column
    if error.reason_code is SchemaErrorReason.DUPLICATES:
        rows = relation.group_by(key).agg(rows=relation.count()).filter(lambda t: t["rows"] > 1)
    elif column not in relation.columns:
        return breach
    elif error.reason_code is SchemaErrorReason.SERIES_CONTAINS_NULLS:
        rows = relation.filter(relation[column].isnull())
    elif error.reason_code is SchemaErrorReason.DATAFRAME_CHECK:
        rows = relation.filter(~relation[column].between(0, 1))
    else:
        return breach
    shown = [*key, *(c for c in (column, "rows") if c in rows.columns and c not in key)]
    first = rows.select(shown).order_by(shown).limit(SHOWN_ROWS).to_pyarrow().to_pylist()
    in_all = int(rows.count().execute())
    return replace(
        breach,
        message=_in_words(error.reason_code, [row.get(column) for row in first], in_all)
        or breach.message,
        rows=tuple(first),
        rows_in_all=in_all,
    )


def _in_words(reason: SchemaErrorReason, values: list[Any], in_all: int) -> str | None:
    """What is promised of a column's values, and how many rows break it; None: pandera says it."""
    if reason is SchemaErrorReason.SERIES_CONTAINS_NULLS:
        return f"must have a value in every row; in {in_all:,} it has none"
    if reason is SchemaErrorReason.DATAFRAME_CHECK:
        some = ", ".join(f"{value:.9g}" for value in values[:SAMPLE])
        more = ", ..." if in_all > SAMPLE else ""
        return f"values must lie between 0 and 1; {in_all:,} do not: {some}{more}"
    return None


def _breach(error: SchemaError) -> Breach:
    if error.reason_code is SchemaErrorReason.DUPLICATES:
        key = list(error.schema.unique)
        cases = error.failure_cases.select(key).distinct().order_by(key).limit(SAMPLE)
        shown = "; ".join(str(row) for row in cases.to_pyarrow().to_pylist())
        return Breach(None, f"several rows have the same key: {shown}")
    if error.reason_code is SchemaErrorReason.COLUMN_NOT_IN_SCHEMA:
        return Breach(None, f"column {error.failure_cases!r} is not declared")
    is_about_table = isinstance(error.schema, pa.DataFrameSchema)
    column = error.column_name or (None if is_about_table else error.schema.name)
    return Breach(column, _first_line(str(error)))


def _first_line(text: str) -> str:
    line = text.strip().splitlines()[0]
    return line if len(line) <= 300 else line[:297] + "..."
