"""What is about single persons is published apart from what everybody reads."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import publish as publish_module
from pipelines.home import Home
from pipelines.publish import PublishedTable, publish
from pipelines.tables import AboutPeople, Table
from pipelines.warehouse.connection import warehouse

AT = datetime(2026, 7, 6, 2, tzinfo=UTC)


def table(name: str, key: str, people: AboutPeople | None = None) -> Table:
    return Table(f"model.{name}", "coverage", name, "", (), (key,), people=people)


TABLES = [
    table("dim_account", "account_id"),
    table("fct_time", "worked_on", AboutPeople("all", (), "worked_on")),
    table("mart_account", "account_id", AboutPeople(None, ("owner_load",), None)),
    table("mart_balance", "hours", AboutPeople("user_id is not null or heads = 1", (), "week")),
    table("ops_run", "run_id"),
]


def compute(home: Home, night: int = 5) -> None:
    """A person's time of three days; hours of a person, of pools of one and of three, of a tier."""
    with warehouse(home.warehouse) as con:
        con.execute(
            f"""
            create schema if not exists coverage;
            use coverage;
            create or replace temp macro as_of() as date '2026-07-01' + {night - 1};
            create or replace table dim_account as select 'A' as account_id, as_of() as as_of_date;
            create or replace table mart_account as
                select 'A' as account_id, 0.4 as owner_load, 12 as hours, as_of() as as_of_date;
            create or replace table fct_time as
                select 'u' as user_id, as_of() - days as worked_on, as_of() as as_of_date
                from (values (0), (30), (31)) as t (days);
            create or replace table mart_balance as
                select *, as_of() as as_of_date from (
                    values ('u', null, 1, as_of() - 30, 10), ('u', null, 1, as_of() - 31, 11),
                        (null, 'solo', 1, as_of(), 12), (null, 'trio', 3, as_of() - 31, 13),
                        (null, null, null, as_of() - 31, 14)
                ) as t (user_id, pool, heads, week, hours);
            create or replace table ops_run as
                select 'r' as run_id, 'running' as status, null::timestamptz as finished_at;
            """
        )


def for_everybody(home: Home, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home.serving_database), read_only=True) as con:
        return con.execute(f"use coverage; {query}").fetchall()


def about_persons(home: Home, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home.people_database), read_only=True) as con:
        return con.execute(f"use coverage_people; {query}").fetchall()


@pytest.fixture
def published(home: Home) -> Home:
    compute(home)
    publish(home, TABLES, "r", AT, keep_days=30)
    return home


def tables_in(database: Path) -> set[str]:
    with duckdb.connect(str(database), read_only=True) as con:
        return {
            name for (name,) in con.execute("select table_name from duckdb_tables()").fetchall()
        }


def test_each_file_has_its_tables(published: Home) -> None:
    assert tables_in(published.serving_database) == {t.name for t in TABLES} - {"fct_time"}
    assert tables_in(published.people_database) == {"fct_time", "mart_account", "mart_balance"}
    for folder, database in (
        (published.serving, published.serving_database),
        (published.people, published.people_database),
    ):
        assert {path.name for path in (folder / "parquet").iterdir()} == tables_in(database)


def test_everybody_reads_rows_of_teams_and_tiers_alone(published: Home) -> None:
    """A pool of one is a person; of whom nobody knows how many they are is no single one."""
    rows = for_everybody(published, "select pool, hours from mart_balance order by hours")
    assert rows == [("trio", 13), (None, 14)]
    assert for_everybody(published, "from mart_account")[0][:2] == ("A", 12)


def test_what_is_about_persons_is_whole_until_it_is_old(published: Home) -> None:
    """Thirty days are kept: the 30th day is there, the 31st is not; teams do not grow old."""
    assert about_persons(published, "select count(*) from fct_time") == [(2,)]
    rows = about_persons(published, "select hours from mart_balance order by hours")
    assert rows == [(10,), (12,), (13,), (14,)]
    assert about_persons(published, "select owner_load::float from mart_account")[0][0] == (
        pytest.approx(0.4)
    )


def test_the_mirrors_say_what_the_files_say(published: Home) -> None:
    def rows(folder: Path) -> list[tuple[Any, ...]]:
        file = folder / "parquet" / "mart_balance" / "mart_balance.parquet"
        return duckdb.connect().execute(f"from '{file}' order by hours").fetchall()

    everything = "from mart_balance order by hours"
    assert rows(published.serving) == for_everybody(published, everything)
    assert rows(published.people) == about_persons(published, everything)


def test_it_says_what_stands_in_which_file(home: Home) -> None:
    compute(home)
    assert set(publish(home, TABLES, "r", AT, keep_days=30)) == {
        PublishedTable("dim_account", 1),
        PublishedTable("mart_account", 1),
        PublishedTable("mart_balance", 2),
        PublishedTable("ops_run", 1),
        PublishedTable("fct_time", 2, "coverage_people"),
        PublishedTable("mart_account", 1, "coverage_people"),
        PublishedTable("mart_balance", 4, "coverage_people"),
    }


def modes(home: Home) -> set[int]:
    files = [home.people_database, *(home.people / "parquet").resolve().rglob("*.parquet")]
    return {path.stat().st_mode & 0o777 for path in files}


def test_only_the_owner_reads_the_file_of_persons(published: Home) -> None:
    assert published.people.stat().st_mode & 0o777 == 0o700
    assert modes(published) == {0o600}


def test_who_opens_the_folder_to_a_group_opens_what_is_published_next(published: Home) -> None:
    published.people.chmod(0o750)
    publish(published, TABLES, "r2", AT)
    assert published.people.stat().st_mode & 0o777 == 0o750
    assert modes(published) == {0o640}


@pytest.mark.parametrize("kill_at", range(4))
def test_a_kill_never_leaves_persons_of_a_later_night(
    published: Home, monkeypatch: pytest.MonkeyPatch, kill_at: int
) -> None:
    """Killed before each of the four replacements: two files, two mirrors."""
    compute(published, night=6)
    done = 0
    really = Path.replace

    def replace(path: Path, target: Path) -> Path:
        nonlocal done
        if done == kill_at:
            raise KeyboardInterrupt
        done += 1
        return really(path, target)

    monkeypatch.setattr(publish_module.Path, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        publish(published, TABLES, "r2", AT, keep_days=30)
    day = "select distinct as_of_date from mart_account"
    assert about_persons(published, day) <= for_everybody(published, day)
    monkeypatch.undo()
    publish(published, TABLES, "r3", AT, keep_days=30)
    assert about_persons(published, day) == for_everybody(published, day)
    assert {path.name for path in published.people.iterdir()} == {
        *("people.duckdb", "parquet", str((published.people / "parquet").readlink()))
    }
