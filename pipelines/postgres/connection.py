"""Connecting to PostgreSQL, and what it refuses, in words for the person who must act.

Belongs here: addresses, patience, errors. Does not: statements.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from connectors.errors import PermanentSourceError
from connectors.secrets import resolve
from pipelines.config.publishing import Postgres

NAME = "PostgreSQL"

_ATTEMPTS = 4
_CONNECT_SECONDS = 20
_PASSING_CLASSES = {"08", "40", "53", "55", "57", "58"}
"""Of SQLSTATE: connection lost, serialisation, resources, in use, intervention, system."""
_PASSING_REFUSALS = ("starting up", "shutting down", "too many", "recovery mode", "reserved for")


class ServerError(Exception):
    """PostgreSQL did not take the tables, and has those it had; shows no secret."""

    def __init__(self, message: str, *, may_pass: bool = False) -> None:
        super().__init__(message)
        self.may_pass = may_pass


@contextmanager
def connected(settings: Postgres, config_dir: Path) -> Iterator[psycopg.Connection]:
    """One transaction: committed at the end, or nothing of it. Raises `ServerError`."""
    parameters = _parameters(settings, config_dir)
    place = "{host}/{dbname}".format_map({"host": "", "dbname": "", **parameters})
    try:
        with _connect(parameters) as con:
            con.execute(f"set local lock_timeout = '{settings.lock_timeout_seconds}s'")
            con.execute(f"set local statement_timeout = '{settings.statement_timeout_minutes}min'")
            con.execute("set local timezone = 'UTC'")
            yield con
    except psycopg.Error as error:
        words = f"{NAME} {place}: {_in_words(error, settings)}"
        secret = parameters.get("password")
        raise ServerError(
            words.replace(secret, "***") if secret else words, may_pass=_may_pass(error)
        ) from None


def _parameters(settings: Postgres, config_dir: Path) -> dict[str, Any]:
    """What libpq is told."""
    try:
        if settings.url is not None:
            address = resolve(settings.url, "publish.yaml: postgres.url", config_dir)
            said = conninfo_to_dict(address)
        else:
            said = {
                "host": settings.host,
                "port": settings.port,
                "dbname": settings.database,
                "user": settings.user,
            }
            if settings.password is not None:
                where = "publish.yaml: postgres.password"
                said["password"] = resolve(settings.password, where, config_dir)
    except PermanentSourceError as error:
        raise ServerError(str(error)) from None
    except psycopg.Error:
        raise ServerError(  # its own words repeat the address
            "publish.yaml: postgres.url: what it names is no address; write it like "
            "postgresql://user:password@host:5432/database"
        ) from None
    ours = {
        "sslmode": settings.sslmode,
        "connect_timeout": _CONNECT_SECONDS,
        "client_encoding": "utf8",
        "application_name": "cs-coverage",
    }
    return ours | said


def _connect(parameters: dict[str, Any]) -> psycopg.Connection:
    patiently = Retrying(
        retry=retry_if_exception(_may_pass),
        stop=stop_after_attempt(_ATTEMPTS),
        wait=wait_exponential(multiplier=0.5, max=10),
        reraise=True,
    )
    return patiently(psycopg.connect, **parameters)


def _may_pass(error: BaseException) -> bool:
    """Whether it may go better later. A refusal to connect carries no code, only words."""
    if not isinstance(error, psycopg.Error):
        return False
    if error.sqlstate is not None:
        return error.sqlstate[:2] in _PASSING_CLASSES
    words = str(error)
    is_refused = "FATAL" in words or "certificate" in words or "does not support SSL" in words
    return isinstance(error, psycopg.OperationalError) and (
        not is_refused or any(passing in words for passing in _PASSING_REFUSALS)
    )


def _in_words(error: psycopg.Error, settings: Postgres) -> str:
    """What is wrong and what to do; without the rows that PostgreSQL may quote as details."""
    said = (error.diag.message_primary or " ".join(str(error).split())).rstrip(".")
    return f"{said}; {_what_to_do(error, settings)}"


def _what_to_do(error: psycopg.Error, settings: Postgres) -> str:
    match error:
        case errors.LockNotAvailable():
            return (
                f"somebody has held a table for {settings.lock_timeout_seconds} seconds: see "
                "pg_stat_activity, or raise postgres.lock_timeout_seconds in publish.yaml"
            )
        case errors.QueryCanceled():
            return "raise postgres.statement_timeout_minutes in publish.yaml"
        case errors.DependentObjectsStillExist():
            return (
                "a table has changed its columns or is gone, and views of yours are built on it: "
                "drop them, run cs-coverage publish, make them again"
            )
        case errors.UndefinedObject():
            return "publish.yaml names it as a reader: create the role, or take it out"
        case errors.InsufficientPrivilege():
            return (
                "the role that signs in must own the schemas, or may create them: grant create on "
                "database ... to it (docs/postgres.md)"
            )
        case _ if error.sqlstate is None:
            return "check postgres in publish.yaml, and that this machine may reach the server"
    return f"SQLSTATE {error.sqlstate}"
