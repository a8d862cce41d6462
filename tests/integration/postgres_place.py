"""What the tests of publishing to PostgreSQL share: a database, and a home that publishes to it.

Belongs here: publishing a few made-up tables, and asking for them. Does not: what is expected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from postgres_server import MANAGER, PUBLISHER, READER, Server

from pipelines.config.publishing import Postgres
from pipelines.home import Home
from pipelines.postgres.publish import publish_to_postgres
from pipelines.postgres.rows import Sent
from pipelines.tables import Table

NIGHT = "date '2026-07-05' as as_of_date, 'c1' as config_version"
NEXT = "date '2026-07-06' as as_of_date, 'c1' as config_version"

ACCOUNTS = (
    "select * from (values ('A', 1.5e0, 'x'), ('B', null, ''), ('C', 3, null)) t (id, arr, n)"
)
"""Three accounts: of one the amount is not known, of one the note is empty, of one unknown."""


@dataclass
class Place:
    """A database of the test's own, and a home that publishes to it."""

    server: Server
    database: str
    home: Home

    def settings(self, **more: Any) -> Postgres:
        said = {
            "host": self.server.host,
            "database": self.database,
            "user": PUBLISHER,
            "password": "$PG",
            "readers": [READER],
            "people_readers": [MANAGER],
            "lock_timeout_seconds": 1,
        }
        return Postgres.model_validate({**said, **more})

    def publish(
        self, contents: Mapping[str, str], people: Mapping[str, str] | None = None, **more: Any
    ) -> dict[str, tuple[int, int, int, int]]:
        """Publish what these queries give; returns rows, inserted, updated, deleted by table."""
        self.home.people.mkdir(parents=True, exist_ok=True)
        write(self.home.serving_database, "coverage", contents)
        write(self.home.people_database, "coverage_people", people or {})
        keys = [*contents, *(people or {})]
        sent = publish_to_postgres(
            self.home, [declared(name) for name in keys], self.settings(**more), self.home.root
        )
        return {each.table: counts(each) for each in sent}

    def ask(self, query: str, user: str = READER) -> list[tuple[Any, ...]]:
        with self.server.connect(self.database, user) as con:
            return con.execute(query).fetchall()

    def do(self, statement: str, user: str = "postgres") -> None:
        with self.server.connect(self.database, user) as con:
            con.execute(statement)


def counts(sent: Sent) -> tuple[int, int, int, int]:
    return sent.rows, sent.inserted, sent.updated, sent.deleted


def declared(name: str) -> Table:
    """A table whose key is its column `id`, and `part` where it is called by_part."""
    key = ("id", "part") if name == "by_part" else ("id",)
    return Table(f"model.{name}", "coverage", name, "", (), key)


def write(file: Path, schema: str, tables: Mapping[str, str]) -> None:
    """A published file with these tables."""
    file.unlink(missing_ok=True)
    with duckdb.connect(str(file)) as con:
        con.execute(f"set TimeZone = 'UTC'; create schema {schema}; use {schema}")
        for name, query in tables.items():
            con.execute(f"create table {name} as {query}")
            con.execute(f"comment on table {name} is 'What {name} is; it''s ours.'")
            con.execute(f"comment on column {name}.id is 'Which.'")


def accounts(rows: str = ACCOUNTS, night: str = NIGHT) -> dict[str, str]:
    return {"dim_account": f"select *, {night} from ({rows})"}
