"""publish.yaml: for how long what is about persons stays published, and to which server tables go.

Belongs here: the file's keys. Does not: publishing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from pipelines.config.alerts import SecretReference
from pipelines.config.base import Positive, Section, Text
from pipelines.config.errors import Fault, raise_if_any

KEEP_DAYS = 800
"""Two years, and the month in which the oldest of 24 months began."""

SchemaName = Annotated[Text, Field(pattern=r"^[a-z][a-z0-9_]{0,50}$")]


class People(Section):
    """What is about single persons: how they spend their time, how loaded they are."""

    keep_days: Positive = Field(
        KEEP_DAYS,
        description="For so many days before the day reported on, rows about one person stay "
        "published.",
    )


class Postgres(Section):
    """A PostgreSQL database that the published tables are copied to, and who reads them there."""

    url: SecretReference | None = Field(
        None,
        description="Where the whole address is found (postgresql://user:password@host/database): "
        "$NAME or file:PATH. In place of host, user and password.",
    )
    host: Text | None = Field(
        None, description="The server's name, or the folder of its socket on this machine."
    )
    port: Annotated[int, Field(strict=True, ge=1, le=65535)] = Field(5432, description="Its port.")
    database: Text | None = Field(None, description="The database's name.")
    user: Text | None = Field(None, description="The role that signs in, and owns the schemas.")
    password: SecretReference | None = Field(
        None, description="Where its password is found: $NAME or file:PATH."
    )
    sslmode: Literal["disable", "prefer", "require", "verify-ca", "verify-full"] = Field(
        "require",
        description="How the connection is encrypted; disable is for a server on this machine.",
    )
    schema_: SchemaName = Field(
        "coverage", alias="schema", description="The schema of the tables. It is ours alone."
    )
    people_schema: SchemaName = Field(
        "coverage_people", description="That of the tables about single persons."
    )
    readers: list[Text] = Field(
        default_factory=list,
        description="Roles that may read the tables, and nothing else of them.",
    )
    people_readers: list[Text] = Field(
        default_factory=list,
        description="Roles that may read the tables about single persons. Without any, these are "
        "not copied to the server.",
    )
    tables: list[Text] | None = Field(
        None, description="The tables that are copied. Default: all.", min_length=1
    )
    lock_timeout_seconds: Positive = Field(
        60, description="How long to wait for somebody who holds a table."
    )
    statement_timeout_minutes: Positive = Field(60, description="How long one statement may take.")

    @model_validator(mode="after")
    def _is_an_address(self) -> Postgres:
        raise_if_any(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        parts = {
            "host": self.host,
            "database": self.database,
            "user": self.user,
            "password": self.password,
        }
        if self.url is None:
            for name in ("host", "database", "user"):
                if parts[name] is None:
                    yield Fault((name,), "is missing; give host, database and user, or url")
        else:
            for name, value in parts.items():
                if value is not None:
                    yield Fault((name,), "url says it already; give one of them")
        for key, name in (("schema", self.schema_), ("people_schema", self.people_schema)):
            if name.startswith("pg_"):
                yield Fault((key,), "names that begin with pg_ are PostgreSQL's own")
        if self.schema_ == self.people_schema:
            yield Fault(
                ("people_schema",), "is that of the other tables; it needs a schema of its own"
            )


class PublishFile(Section):
    """What is published beyond the files in the home, and for how long."""

    people: People = Field(default_factory=People, description="What is about single persons.")
    postgres: Postgres | None = Field(None, description="A PostgreSQL database, for BI tools.")

    @classmethod
    def read(cls, data: Any) -> PublishFile:
        """Validate what the file says. Raises pydantic's ValidationError."""
        return cls.model_validate(data)
