"""Publishing to PostgreSQL: what stands in the published files, all of it in one transaction.

Belongs here: the order of the steps. Does not: any of them.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import psycopg
from psycopg import sql

from pipelines.config.publishing import Postgres
from pipelines.home import Home
from pipelines.postgres.access import let_enter, let_read
from pipelines.postgres.connection import ServerError, connected
from pipelines.postgres.relations import NIGHT, make_schemas, prepare, store_of
from pipelines.postgres.rows import Sent, apply, nights_of, relations_of, write_csv
from pipelines.tables import PEOPLE_SCHEMA, PUBLIC_SCHEMA, Table

log = logging.getLogger("cs_coverage")


@dataclass(frozen=True)
class _Edition:
    """A published file, the schema that it goes to, and who reads it there."""

    database: Path
    schema: str
    target: str
    readers: Sequence[str]


def publish_to_postgres(
    home: Home, tables: Sequence[Table], settings: Postgres, config_dir: Path
) -> list[Sent]:
    """Make the server's tables those of the published files; raises `ServerError`.

    Readers see those of the night before until it is done, and then all of this night's.
    """
    editions = [
        _Edition(home.serving_database, PUBLIC_SCHEMA, settings.schema_, settings.readers),
        _Edition(
            home.people_database, PEOPLE_SCHEMA, settings.people_schema, settings.people_readers
        ),
    ]
    keys = {table.name: table.primary_key for table in tables}
    _refuse_unknown(settings, keys)
    with (
        TemporaryDirectory(prefix=".postgres-", dir=home.people) as folder,
        connected(settings, config_dir) as con,
    ):
        con.execute(
            "select pg_advisory_xact_lock(hashtext('cs-coverage'), hashtext(%s))",
            [settings.schema_],
        )
        sent = []
        for edition in editions:
            if edition.schema == PEOPLE_SCHEMA and not edition.readers:
                _withdraw(con, edition.target)
            else:
                sent += _send(con, edition, keys, settings.tables, Path(folder) / "rows.csv")
    changed = sum(table.inserted + table.updated + table.deleted for table in sent)
    rows = sum(table.rows for table in sent)
    log.info("published %s tables to PostgreSQL: %s of %s rows changed", len(sent), changed, rows)
    return sent


def look(settings: Postgres, config_dir: Path) -> str:
    """The server's version, once one can sign in and make what is to be made there.

    Everything is made and taken back. Raises `ServerError`.
    """
    with connected(settings, config_dir) as con:
        for schema, readers in (
            (settings.schema_, settings.readers),
            (settings.people_schema, settings.people_readers),
        ):
            if schema == settings.schema_ or readers:
                make_schemas(con, schema)
                let_enter(con, schema, readers)
        con.rollback()
        return con.info.parameter_status("server_version") or ""


def _refuse_unknown(settings: Postgres, keys: dict[str, tuple[str, ...]]) -> None:
    if unknown := sorted(set(settings.tables or ()) - keys.keys()):
        raise ServerError(
            f"publish.yaml: postgres.tables: there is no table {', '.join(unknown)}; "
            "serving.duckdb has those that there are"
        )


def _withdraw(con: psycopg.Connection, schema: str) -> None:
    """Take away tables that once had readers."""
    if con.execute("select from pg_namespace where nspname = %s", [store_of(schema)]).fetchall():
        prepare(con, schema, ())


def _send(
    con: psycopg.Connection,
    edition: _Edition,
    keys: dict[str, tuple[str, ...]],
    wanted: Sequence[str] | None,
    file: Path,
) -> list[Sent]:
    with duckdb.connect(str(edition.database), read_only=True) as published:
        published.execute("set TimeZone = 'UTC'")
        relations = [
            relation
            for relation in relations_of(published, edition.schema, keys)
            if wanted is None or relation.name in wanted
        ]
        made = prepare(con, edition.target, relations)
        _set_night(con, edition.target, nights_of(published, edition.schema, relations))
        sent = []
        for relation in relations:
            write_csv(published, edition.schema, relation, file)
            sent.append(apply(con, edition.target, relation, file))
            if relation.name in made:  # readers come before autovacuum does
                store = sql.Identifier(store_of(edition.target), relation.name)
                con.execute(sql.SQL("analyze {}").format(store))
    let_read(con, edition.target, [relation.name for relation in relations], edition.readers)
    return sent


def _set_night(con: psycopg.Connection, schema: str, nights: set[tuple[object, str]]) -> None:
    if len(nights) > 1:
        raise ServerError(f"The published tables are of several nights: {sorted(map(str, nights))}")
    table = sql.Identifier(store_of(schema), NIGHT)
    con.execute(sql.SQL("delete from {}").format(table))
    for night in nights:
        con.execute(sql.SQL("insert into {} values (%s, %s)").format(table), night)
