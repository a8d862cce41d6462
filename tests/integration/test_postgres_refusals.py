"""Publishing to PostgreSQL where something is in the way: said to who must act, without secrets.

Belongs here: servers, passwords, roles and locks. Does not: what is published (test_postgres).
"""

from __future__ import annotations

import socket

import psycopg
import pytest
import yaml
from postgres_place import NEXT, NIGHT, Place, accounts
from postgres_server import PASSWORD, PUBLISHER

from pipelines.cli import BAD_CONFIG, NOT_PUBLISHED
from pipelines.postgres.connection import ServerError
from pipelines.postgres.publish import look
from pipelines.publish_again import publish_again


def test_who_holds_a_table_is_not_waited_for_all_night(place: Place) -> None:
    place.publish(accounts())
    with psycopg.connect(
        host=place.server.host, dbname=place.database, user=PUBLISHER, password=PASSWORD
    ) as other:
        other.execute("lock table coverage_store.dim_account in access exclusive mode")
        with pytest.raises(ServerError, match="held a table for 1 seconds") as refused:
            place.publish(accounts("select 'A' as id, 2e0 as arr, 'x' as n", NEXT))
    assert refused.value.may_pass
    assert len(place.ask("select * from coverage.dim_account")) == 3


def test_a_role_that_does_not_exist_is_named(place: Place) -> None:
    with pytest.raises(ServerError, match=r'role "nobody_here" does not exist; .* create the role'):
        place.publish(accounts(), readers=["nobody_here"])


def test_a_table_that_does_not_exist_is_named(place: Place) -> None:
    with pytest.raises(ServerError, match=r"postgres\.tables: there is no table dim_acount"):
        place.publish(accounts(), tables=["dim_acount"])


def test_only_the_tables_asked_for_are_sent(place: Place) -> None:
    tables = {**accounts(), "mart_other": f"select 1 as id, {NIGHT}"}
    assert place.publish(tables, tables=["dim_account"]).keys() == {"dim_account"}


def test_a_wrong_password_is_said_without_it_and_not_tried_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PG", "an0ther secret")
    with pytest.raises(ServerError, match="password authentication failed") as refused:
        place.publish(accounts())
    assert not refused.value.may_pass
    assert "an0ther" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_server_that_is_down_may_come_back(place: Place) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(ServerError, match=r"check postgres in publish\.yaml") as refused:
            place.publish(accounts(), host="127.0.0.1", port=port)
    assert refused.value.may_pass


@pytest.mark.parametrize("address", ["postgres//u:hunter2@db/x", "host=db password='hunter2 x="])
def test_an_address_that_is_none_is_not_repeated(
    place: Place, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("PG_URL", address)
    named = {"url": "$PG_URL", "host": None, "database": None, "user": None, "password": None}
    with pytest.raises(ServerError, match=r"postgres\.url") as refused:
        place.publish(accounts(), **named)
    assert "hunter2" not in str(refused.value)


def test_an_address_may_be_one_secret(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    said = (
        f"host={place.server.host} dbname={place.database} user={PUBLISHER} password='{PASSWORD}'"
    )
    monkeypatch.setenv("PG_URL", said)
    named = {"url": "$PG_URL", "host": None, "database": None, "user": None, "password": None}
    assert place.publish(accounts(), **named) == {"dim_account": (3, 3, 0, 0)}


def test_a_look_says_what_is_missing_and_leaves_nothing(place: Place) -> None:
    assert look(place.settings(), place.home.root)[0].isdigit()
    schemas = "select nspname from pg_namespace where nspname like 'coverage%'"
    assert place.ask(schemas, "postgres") == []
    place.do(f"revoke create on database {place.database} from {PUBLISHER}")
    with pytest.raises(ServerError, match="grant create on database"):
        look(place.settings(), place.home.root)


def test_the_command_sends_what_is_published_and_says_what_keeps_it_from_that(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = place.home.root / "config"
    config.mkdir(parents=True)
    (config / "sources.yaml").write_text("sources: {}\n")

    def ended_with() -> tuple[int, str]:
        code = publish_again(place.home, config)
        return code, " ".join(capsys.readouterr().err.split())

    assert ended_with()[0] == BAD_CONFIG
    said = place.settings().model_dump(by_alias=True, exclude_none=True)
    (config / "publish.yaml").write_text(yaml.safe_dump({"postgres": said}))
    assert ended_with()[0] == NOT_PUBLISHED, "nothing is published yet"
    place.publish(accounts())
    place.home.dbt_target.mkdir()
    (place.home.dbt_target / "manifest.json").write_text('{"nodes": {}}')
    assert ended_with() == (0, "1 tables, 3 rows, 6 of them new, other or gone.")
    monkeypatch.setenv("PG", "an0ther secret")
    code, words = ended_with()
    assert code == NOT_PUBLISHED
    assert "password authentication failed" in words
