"""The rows of a published table, from a DuckDB file to PostgreSQL.

Belongs here: writing them as PostgreSQL reads them, and applying what has changed. Does not: what
relations there are.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psycopg
from psycopg import sql

from pipelines.postgres.relations import OF_THE_NIGHT, ROW_HASH, ROW_KEY, Column, Relation, store_of
from pipelines.warehouse.connection import identifier, literal

_STAGE = sql.Identifier("pg_temp", "stage")
_BLOCK = 1 << 18

RUNS = "ops_run"
"""The one table of more nights than one."""


@dataclass(frozen=True)
class Sent:
    """What became of a table: its rows, and how many of them were new, other or gone."""

    schema: str
    table: str
    rows: int
    inserted: int
    updated: int
    deleted: int


def relations_of(
    con: duckdb.DuckDBPyConnection, schema: str, keys: dict[str, tuple[str, ...]]
) -> list[Relation]:
    """The tables of a published file, with the comments that they carry there."""
    columns: dict[str, list[Column]] = {}
    for table, *column in con.execute(
        "select table_name, column_name, data_type, coalesce(comment, '') from duckdb_columns() "
        "where schema_name = ? order by table_name, column_index",
        [schema],
    ).fetchall():
        columns.setdefault(table, []).append(Column(*column))
    comments = con.execute(
        "select table_name, coalesce(comment, '') from duckdb_tables() where schema_name = ? "
        "order by table_name",
        [schema],
    ).fetchall()
    return [
        Relation(
            name,
            comment,
            tuple(columns[name]),
            keys.get(name, ()),
            name != RUNS and {column.name for column in columns[name]} >= set(OF_THE_NIGHT),
        )
        for name, comment in comments
    ]


def nights_of(
    con: duckdb.DuckDBPyConnection, schema: str, relations: Collection[Relation]
) -> set[tuple[object, str]]:
    """The day and configuration of all rows that are of one night: one, where all is well."""
    nights: set[tuple[object, str]] = set()
    for relation in relations:
        if relation.is_of_one_night:
            nights.update(
                con.execute(
                    f"select distinct {', '.join(OF_THE_NIGHT)} "
                    f"from {schema}.{identifier(relation.name)}"
                ).fetchall()
            )
    return nights


def write_csv(con: duckdb.DuckDBPyConnection, schema: str, relation: Relation, file: Path) -> None:
    """The stored columns as PostgreSQL's CSV, after a fingerprint of the key and one of the row.

    What is empty is NULL, and what is quoted never is.
    """
    names = [identifier(column.name) for column in relation.stored]
    texts = ", ".join(f"{_text(column)} as {identifier(column.name)}" for column in relation.stored)
    key = [name for name in map(identifier, relation.key) if name in names]
    con.execute(
        f"copy (select {_fingerprint(key or names)}, {_fingerprint(names)}, * "
        f"from (select {texts} from {schema}.{identifier(relation.name)})) "
        f"to {literal(str(file))} (format csv, header false, delimiter ',', nullstr '', "
        "force_quote *)"
    )


def _fingerprint(columns: Collection[str]) -> str:
    values = ", ".join(f"{column}::varchar" for column in columns)
    return f"md5(to_json([{values}])::varchar)"


def _text(column: Column) -> str:
    """A column as PostgreSQL takes it: it knows no character 0, and writes lists its own way."""
    name = identifier(column.name)
    if column.data_type.endswith("[]"):
        element = "replace(replace(replace(x::varchar, chr(0), '�'), '\\', '\\\\'), '\"', '\\\"')"
        quoted = f"coalesce('\"' || {element} || '\"', 'NULL')"
        return f"'{{' || array_to_string(list_transform({name}, lambda x: {quoted}), ',') || '}}'"
    if column.data_type == "JSON":
        return f"replace({name}::varchar, '\\u0000', '\\ufffd')"
    if column.data_type == "VARCHAR":
        return f"replace({name}, chr(0), '�')"
    return name


def apply(con: psycopg.Connection, schema: str, relation: Relation, file: Path) -> Sent:
    """Make the table's rows those of the file, touching only what differs."""
    table = sql.Identifier(store_of(schema), relation.name)
    stored = [column.name for column in relation.stored]
    columns = sql.SQL(", ").join(map(sql.Identifier, (ROW_KEY, ROW_HASH, *stored)))
    con.execute(sql.SQL("create temp table {} (like {})").format(_STAGE, table))
    rows = _copy(con, sql.SQL("copy {} ({}) from stdin (format csv)").format(_STAGE, columns), file)
    con.execute(sql.SQL("analyze {}").format(_STAGE))
    names = {
        "table": table,
        "stage": _STAGE,
        "key": sql.Identifier(ROW_KEY),
        "hash": sql.Identifier(ROW_HASH),
        "columns": columns,
        "values": sql.SQL(", ").join(
            sql.SQL("{0} = stage.{0}").format(sql.Identifier(name)) for name in (ROW_HASH, *stored)
        ),
    }
    deleted = con.execute(
        sql.SQL(
            "delete from {table} as present where not exists "
            "(select from {stage} as stage where stage.{key} = present.{key})"
        ).format(**names)
    )
    updated = con.execute(
        sql.SQL(
            "update {table} as present set {values} from {stage} as stage "
            "where stage.{key} = present.{key} and stage.{hash} <> present.{hash}"
        ).format(**names)
    )
    inserted = con.execute(
        sql.SQL(
            "insert into {table} ({columns}) select {columns} from {stage} as stage where not "
            "exists (select from {table} as present where present.{key} = stage.{key})"
        ).format(**names)
    )
    con.execute(sql.SQL("drop table {}").format(_STAGE))
    return Sent(schema, relation.name, rows, inserted.rowcount, updated.rowcount, deleted.rowcount)


def _copy(con: psycopg.Connection, statement: sql.Composed, file: Path) -> int:
    with con.cursor() as cursor, file.open("rb") as source:
        with cursor.copy(statement) as copy:
            while block := source.read(_BLOCK):
                copy.write(block)
        return cursor.rowcount
