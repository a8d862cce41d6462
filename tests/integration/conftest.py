"""Fixtures of tests that need a server.

Belongs here: a PostgreSQL server for all of them, a database for each. Does not: what they share
beside (postgres_place).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from postgres_place import Place
from postgres_server import PASSWORD, PUBLISHER, Server, running

from pipelines.home import Home


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


NUMBERS = count()


@pytest.fixture
def place(server: Server, home: Home, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("PG", PASSWORD)
    name = f"analytics_{next(NUMBERS)}"
    with server.connect("postgres") as con:
        con.execute(f"create database {name}")
        con.execute(f"grant create on database {name} to {PUBLISHER}")
    return Place(server, name, home)
