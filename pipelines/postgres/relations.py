"""What a published table is in PostgreSQL: a table of rows in a store, and a view that is read.

Every row of a night carries the night's day and configuration. Stored with the row they would make
every row another one every night; so they are stored once, and the view puts them beside each row.
Only what has really changed is then written.

Belongs here: types, columns, comments, and changing relations to what is published. Does not:
rows, grants.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import psycopg
from psycopg import sql

from pipelines.postgres.connection import ServerError

TYPES = {
    "BIGINT": "bigint",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "double precision",
    "INTEGER": "integer",
    "JSON": "jsonb",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "VARCHAR": "text",
}
"""DuckDB's types and PostgreSQL's, as each catalogue writes them; lists become arrays."""

OF_THE_NIGHT = ("as_of_date", "config_version")
NIGHT = "_night"
ROW_KEY, ROW_HASH = "_row_key", "_row_hash"


@dataclass(frozen=True)
class Column:
    """A column as it is read; `data_type` is DuckDB's."""

    name: str
    data_type: str
    comment: str

    @property
    def type(self) -> str:
        """PostgreSQL's type. Raises `ServerError` where there is none."""
        base = self.data_type.removesuffix("[]")
        if base not in TYPES:
            raise ServerError(f"{self.name}: no type of PostgreSQL stands for {self.data_type}.")
        return TYPES[base] + self.data_type[len(base) :]


@dataclass(frozen=True)
class Relation:
    """A published table; of one night unless its rows say themselves which they are of."""

    name: str
    comment: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    is_of_one_night: bool

    @property
    def stored(self) -> tuple[Column, ...]:
        """The columns that are stored row by row."""
        return tuple(
            column
            for column in self.columns
            if not (self.is_of_one_night and column.name in OF_THE_NIGHT)
        )


@dataclass(frozen=True)
class Found:
    """A relation that is there: its kind, comment, and columns with type and comment, in order."""

    kind: str
    comment: str | None
    columns: Mapping[str, tuple[str, str | None]]


def store_of(schema: str) -> str:
    """The schema that holds the rows of a schema's views; nobody but its owner reads it."""
    return f"{schema}_store"


def prepare(con: psycopg.Connection, schema: str, relations: Collection[Relation]) -> set[str]:
    """Make a schema's tables and views what is published; returns the tables made anew.

    A table gets new columns as they come. One whose columns went or changed type is made anew. One
    that is not published any longer is dropped. What others keep in the schema is left alone.
    """
    make_schemas(con, schema)
    store = store_of(schema)
    stored, read = _found(con, store), _found(con, schema)
    if NIGHT not in stored:
        con.execute(
            sql.SQL("create table {} (as_of_date date, config_version text)").format(
                sql.Identifier(store, NIGHT)
            )
        )
    published = {relation.name for relation in relations}
    for name in sorted(stored.keys() - published - {NIGHT}):
        _drop(con, schema, name)
    made = set()
    for relation in relations:
        if relation.name in read and relation.name not in stored:
            raise ServerError(
                f"PostgreSQL: {schema}.{relation.name} is there and not ours; name another "
                "postgres.schema in publish.yaml, or drop it."
            )
        if _change_table(con, schema, relation, stored.get(relation.name)):
            made.add(relation.name)
            read.pop(relation.name, None)
        _change_view(con, schema, relation, read.get(relation.name))
    return made


def make_schemas(con: psycopg.Connection, schema: str) -> None:
    """The schema of the views and that of the rows, where they are not there."""
    for name in (schema, store_of(schema)):
        if not con.execute("select from pg_namespace where nspname = %s", [name]).fetchall():
            con.execute(sql.SQL("create schema {}").format(sql.Identifier(name)))


def _found(con: psycopg.Connection, schema: str) -> dict[str, Found]:
    rows = con.execute(
        """
        select
            relation.relname,
            relation.relkind::text,
            obj_description(relation.oid, 'pg_class'),
            coalesce(
                array_agg(attribute.attname::text order by attribute.attnum)
                    filter (where attribute.attnum is not null), '{}'
            ),
            array_agg(
                format_type(attribute.atttypid, attribute.atttypmod) order by attribute.attnum
            ),
            array_agg(col_description(relation.oid, attribute.attnum) order by attribute.attnum)
        from pg_class as relation
        left join pg_attribute as attribute
            on relation.oid = attribute.attrelid
            and attribute.attnum > 0
            and not attribute.attisdropped
        where
            relation.relnamespace = (select oid from pg_namespace where nspname = %s)
            and relation.relkind in ('r', 'p', 'v', 'm', 'f')
        group by relation.oid, relation.relname, relation.relkind
        """,
        [schema],
    ).fetchall()
    return {
        name: Found(
            kind, comment, dict(zip(names, zip(types, comments, strict=False), strict=False))
        )
        for name, kind, comment, names, types, comments in rows
    }


def _drop(con: psycopg.Connection, schema: str, name: str) -> None:
    con.execute(sql.SQL("drop view if exists {}").format(sql.Identifier(schema, name)))
    con.execute(sql.SQL("drop table if exists {}").format(sql.Identifier(store_of(schema), name)))


def _change_table(
    con: psycopg.Connection, schema: str, relation: Relation, found: Found | None
) -> bool:
    """Whether the table had to be made anew."""
    wanted = {column.name: column.type for column in relation.stored}
    there = {
        name: data_type
        for name, (data_type, _) in (found.columns if found else {}).items()
        if name not in (ROW_KEY, ROW_HASH)
    }
    table = sql.Identifier(store_of(schema), relation.name)
    if found is not None and there.items() <= wanted.items():
        for name in wanted.keys() - there.keys():
            con.execute(
                sql.SQL("alter table {} add column {} {}").format(
                    table, sql.Identifier(name), sql.SQL(wanted[name])
                )
            )
        return False
    if found is not None:
        _drop(con, schema, relation.name)
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(data_type))
        for name, data_type in wanted.items()
    )
    con.execute(
        sql.SQL("create table {} ({} uuid primary key, {} uuid not null, {})").format(
            table, sql.Identifier(ROW_KEY), sql.Identifier(ROW_HASH), columns
        )
    )
    if key := [name for name in relation.key if name in wanted]:
        con.execute(
            sql.SQL("create index on {} ({})").format(
                table, sql.SQL(", ").join(map(sql.Identifier, key))
            )
        )
    return True


def _change_view(
    con: psycopg.Connection, schema: str, relation: Relation, found: Found | None
) -> None:
    """The view and its comments. New columns come last, so that views upon it stay."""
    view = sql.Identifier(schema, relation.name)
    names = {column.name for column in relation.columns}
    before = [name for name in (found.columns if found else ()) if name in names]
    order = list(dict.fromkeys([*before, *(column.name for column in relation.columns)]))
    if found is None or list(found.columns) != order:
        con.execute(_view(schema, relation, view, order))
    if found is None or found.comment != relation.comment:
        con.execute(_comment("view", view, relation.comment))
    for column in relation.columns:
        said = found.columns.get(column.name) if found else None
        if said is None or said[1] != column.comment:
            place = sql.Identifier(schema, relation.name, column.name)
            con.execute(_comment("column", place, column.comment))


def _view(
    schema: str, relation: Relation, view: sql.Identifier, order: Iterable[str]
) -> sql.Composed:
    stored = {column.name for column in relation.stored}
    columns = sql.SQL(", ").join(
        sql.Identifier("rows" if name in stored else "night", name) for name in order
    )
    store = store_of(schema)
    rows = sql.SQL("{} as rows").format(sql.Identifier(store, relation.name))
    night = sql.SQL(" cross join {} as night").format(sql.Identifier(store, NIGHT))
    return sql.SQL("create or replace view {} as select {} from {}{}").format(
        view, columns, rows, night if relation.is_of_one_night else sql.SQL("")
    )


def _comment(kind: str, place: sql.Identifier, words: str) -> sql.Composed:
    return sql.SQL("comment on {} {} is {}").format(sql.SQL(kind), place, sql.Literal(words))
