"""Publishing to PostgreSQL, against a real server: what stands there, and who reads it.

Belongs here: what goes well, and what is left alone. Does not: refusals (test_postgres_refusals).
"""

from __future__ import annotations

import json
import threading
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from postgres_place import NEXT, NIGHT, Place, accounts, declared, write
from postgres_server import MANAGER, PUBLISHER, READER
from psycopg import errors

from pipelines.postgres.connection import ServerError
from pipelines.postgres.publish import publish_to_postgres


def test_a_table_is_there_with_its_rows_types_and_words(place: Place) -> None:
    place.publish(accounts())
    day = date(2026, 7, 5)
    assert place.ask("select * from coverage.dim_account order by id") == [
        ("A", 1.5, "x", day, "c1"),
        ("B", None, "", day, "c1"),
        ("C", 3.0, None, day, "c1"),
    ]
    [(table, column)] = place.ask(
        "select obj_description('coverage.dim_account'::regclass), "
        "col_description('coverage.dim_account'::regclass, 1)"
    )
    assert (table, column) == ("What dim_account is; it's ours.", "Which.")


TEXTS = st.none() | st.text(max_size=8) | st.sampled_from(["NULL", "", '"', "\\N", "a,b", "\r\n"])
ROWS = st.lists(
    st.tuples(
        TEXTS,
        st.none() | st.lists(TEXTS, max_size=3),
        st.none() | st.floats(allow_nan=False),
        st.none() | st.booleans(),
        st.none() | st.datetimes(min_value=datetime(1900, 1, 1)),
        st.none() | st.dictionaries(st.text(max_size=3), TEXTS, max_size=2),
    ),
    max_size=12,
)


def without_zero(value: Any) -> Any:
    """What PostgreSQL can hold of a text: all but character 0."""
    if isinstance(value, str):
        return value.replace("\0", "�")
    if isinstance(value, list):
        return [without_zero(each) for each in value]
    if isinstance(value, dict):
        return {without_zero(name): without_zero(each) for name, each in value.items()}
    return value


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS)
def test_any_value_arrives_as_it_is(place: Place, rows: list[tuple[Any, ...]]) -> None:
    place.home.people.mkdir(parents=True, exist_ok=True)
    write(place.home.serving_database, "coverage", {})
    with duckdb.connect(str(place.home.serving_database)) as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute(
            "create table coverage.every_type (id bigint, text varchar, list varchar[], "
            "number double, flag boolean, made_at timestamptz, doc json)"
        )
        for number, (text, texts, amount, flag, at, doc) in enumerate(rows):
            instant = None if at is None else at.replace(tzinfo=UTC)
            document = None if doc is None else json.dumps(doc)
            con.execute(
                "insert into coverage.every_type values (?, ?, ?, ?, ?, ?, ?)",
                [number, text, texts, amount, flag, instant, document],
            )
    publish_to_postgres(
        place.home, [declared("every_type")], place.settings(people_readers=[]), place.home.root
    )
    got = place.ask(
        "select text, list, number, flag, made_at at time zone 'UTC', doc "
        "from coverage.every_type order by id"
    )
    expected = [tuple(map(without_zero, row)) for row in rows]
    assert got == expected


def test_what_has_not_changed_is_not_written_again(place: Place) -> None:
    assert place.publish(accounts()) == {"dim_account": (3, 3, 0, 0)}
    assert place.publish(accounts()) == {"dim_account": (3, 0, 0, 0)}


def test_a_night_later_only_the_difference_is_written_and_every_row_is_of_that_night(
    place: Place,
) -> None:
    place.publish(accounts())
    later = "select * from (values ('A', 1.5e0, 'x'), ('B', 2, ''), ('D', 4, null)) t (id, arr, n)"
    assert place.publish(accounts(later, NEXT)) == {"dim_account": (3, 1, 1, 1)}
    rows = place.ask("select id, arr, as_of_date from coverage.dim_account order by id")
    day = date(2026, 7, 6)
    assert rows == [("A", 1.5, day), ("B", 2.0, day), ("D", 4.0, day)]


def test_a_part_of_a_key_may_be_unknown(place: Place) -> None:
    """Rows of people and rows of pools, each told apart by what the other lacks."""
    rows = "select * from (values ('u', null, 1), (null, 'p', 2), (null, null, 3)) t (id, part, n)"
    assert place.publish({"by_part": rows}) == {"by_part": (3, 3, 0, 0)}
    changed = rows.replace("'p', 2", "'p', 5")
    assert place.publish({"by_part": changed}) == {"by_part": (3, 0, 1, 0)}
    assert place.ask("select n from coverage.by_part order by n") == [(1,), (3,), (5,)]


def test_runs_keep_the_day_that_each_was_of(place: Place) -> None:
    runs = f"select 'r1' as id, {NIGHT} union all select 'r2', date '2026-07-04', 'c0'"
    place.publish({"ops_run": runs, **accounts()})
    days = place.ask("select as_of_date from coverage.ops_run order by 1")
    assert days == [(date(2026, 7, 4),), (date(2026, 7, 5),)]


def test_the_reader_reads_the_tables_and_nothing_else(place: Place) -> None:
    people = {"mart_capacity_csm": f"select 'u' as id, 0.9e0 as load, {NIGHT}"}
    place.publish({**accounts(), "ops_run": f"select 'r' as id, {NIGHT}"}, people)
    assert len(place.ask("select * from coverage.dim_account")) == 3
    for statement in (
        "select * from coverage_people.mart_capacity_csm",
        "select * from coverage_store.dim_account",
        "select * from coverage_people_store.mart_capacity_csm",
        "insert into coverage.ops_run (id) values ('X')",
        "delete from coverage.ops_run",
        "create table coverage.mine (x int)",
        "create schema mine",
    ):
        with pytest.raises(errors.InsufficientPrivilege):
            place.ask(statement)


def test_the_manager_reads_what_is_about_people_and_not_what_was_not_given(place: Place) -> None:
    place.publish(accounts(), {"mart_capacity_csm": f"select 'u' as id, 0.9e0 as load, {NIGHT}"})
    rows = place.ask("select id, load from coverage_people.mart_capacity_csm", MANAGER)
    assert rows == [("u", 0.9)]
    with pytest.raises(errors.InsufficientPrivilege):
        place.ask("select * from coverage.dim_account", MANAGER)


def test_who_is_taken_out_of_readers_reads_no_longer(place: Place) -> None:
    place.publish(accounts())
    place.do(
        "grant select on coverage.dim_account to public; grant usage on schema coverage to public"
    )
    place.publish(accounts(), readers=[MANAGER])
    assert len(place.ask("select * from coverage.dim_account", MANAGER)) == 3
    with pytest.raises(errors.InsufficientPrivilege):
        place.ask("select * from coverage.dim_account")


def test_without_anybody_who_may_read_it_nothing_about_people_is_on_the_server(
    place: Place,
) -> None:
    people = {"mart_capacity_csm": f"select 'u' as id, {NIGHT}"}
    place.publish(accounts(), people)
    place.publish(accounts(), people, people_readers=[])
    left = place.ask("select relname from pg_class where relname = 'mart_capacity_csm'", "postgres")
    assert left == []


def test_a_table_that_is_no_longer_published_goes(place: Place) -> None:
    place.publish({**accounts(), "mart_old": f"select 1 as id, {NIGHT}"})
    place.publish(accounts())
    with pytest.raises(errors.UndefinedTable):
        place.ask("select * from coverage.mart_old")


def test_a_new_column_comes_last_and_views_upon_the_table_stay(place: Place) -> None:
    place.publish(accounts())
    place.do("create view public.mine as select id, arr from coverage.dim_account")
    place.publish(accounts("select 'A' as id, 'T1' as tier_id, 1.5e0 as arr, 'x' as n"))
    assert place.ask("select * from public.mine", "postgres") == [("A", 1.5)]
    assert place.ask("select * from coverage.dim_account") == [
        ("A", 1.5, "x", date(2026, 7, 5), "c1", "T1")
    ]


def test_a_column_that_changes_its_type_is_migrated(place: Place) -> None:
    place.publish(accounts())
    place.publish(accounts("select 'A' as id, 'much' as arr"))
    assert place.ask("select id, arr from coverage.dim_account") == [("A", "much")]


def test_a_view_of_somebody_elses_that_stands_in_the_way_is_named_and_the_old_night_stays(
    place: Place,
) -> None:
    place.publish(accounts())
    place.do("create view public.mine as select arr from coverage.dim_account")
    with pytest.raises(ServerError, match="views of yours are built on it") as refused:
        place.publish(accounts("select 'A' as id, 'much' as arr"))
    assert not refused.value.may_pass
    assert len(place.ask("select arr from coverage.dim_account")) == 3


def test_a_table_of_somebody_elses_is_left_alone(place: Place) -> None:
    place.do(f"create schema coverage authorization {PUBLISHER}")
    place.do("create table coverage.dim_account (mine text)")
    with pytest.raises(ServerError, match=r"coverage\.dim_account is there and not ours"):
        place.publish(accounts())
    assert place.ask("select * from coverage.dim_account", "postgres") == []


def test_what_fails_half_way_leaves_the_night_before(place: Place) -> None:
    place.publish(accounts())
    later = {**accounts("select 'Z' as id", NEXT), "zz_odd": f"select 1::utinyint as id, {NEXT}"}
    with pytest.raises(ServerError, match="UTINYINT"):
        place.publish(later)
    rows = place.ask("select distinct as_of_date, count(*) over () from coverage.dim_account")
    assert rows == [(date(2026, 7, 5), 3)]


def test_rows_of_two_nights_are_refused(place: Place) -> None:
    with pytest.raises(ServerError, match="several nights"):
        place.publish(accounts("select 'A' as id") | {"fct_b": f"select 1 as id, {NEXT}"})


def test_who_reads_meanwhile_sees_one_night_whole(place: Place) -> None:
    def night(number: int) -> dict[str, str]:
        stamp = f"date '2026-07-01' + {number} as as_of_date, 'c' as config_version"
        rows = f"select i as id, {number} as night, {stamp} from range(400) r (i)"
        return {"fct_a": rows, "fct_b": rows}

    place.publish(night(0))
    done = threading.Event()
    seen: set[tuple[Any, ...]] = set()

    def read() -> None:
        with place.server.connect(place.database, READER) as con:
            while True:
                last = done.is_set()
                seen.update(
                    con.execute(
                        "select min(night), max(night), min(as_of_date), max(as_of_date), count(*) "
                        "from (select * from coverage.fct_a union all select * from coverage.fct_b)"
                        " as both_tables"
                    ).fetchall()
                )
                if last:
                    return

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in (1, 2, 3):
            place.publish(night(number))
    finally:
        done.set()
        reader.join()
    days = {n: date(2026, 7, 1 + n) for n in range(4)}
    assert seen <= {(n, n, days[n], days[n], 800) for n in range(4)}
    assert (3, 3, days[3], days[3], 800) in seen
