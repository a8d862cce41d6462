"""Publishing: what readers see, and when."""

from __future__ import annotations

import errno
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import publish as publish_module
from pipelines.home import Home
from pipelines.publish import PublishedTable, publish
from pipelines.tables import Column, Table
from pipelines.warehouse.connection import warehouse

AT = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)


def table(name: str, columns: dict[str, str], key: tuple[str, ...]) -> Table:
    return Table(
        unique_id=f"model.cs_coverage.{name}",
        schema="coverage",
        name=name,
        description=f"The table's words: {name}",
        columns=tuple(Column(c, "varchar", text, False) for c, text in columns.items()),
        primary_key=key,
    )


TABLES = [
    table("dim_account", {"account_id": "Whose; it's ours.", "arr": "Revenue."}, ("account_id",)),
    table("fct_big", {"a": "One.", "b": "Other.", "on": "A reserved word."}, ("a", "b")),
    table("ops_run", {"run_id": "Which.", "status": "How.", "finished_at": "When."}, ("run_id",)),
]


def compute(home: Home, arr: int = 1, big: int = 50) -> None:
    """A night's tables, in no order."""
    with warehouse(home.warehouse) as con:
        con.execute("create schema if not exists coverage")
        con.execute("create schema if not exists staging")
        con.execute(
            f"""
            create or replace table staging.secret as select 1 as x;
            create or replace table coverage.not_declared as select 1 as x;
            create or replace table coverage.dim_account as
                select a.id::varchar as account_id, {arr}::double as arr
                from (values (3), (1), (2)) as a (id);
            create or replace table coverage.fct_big as
                select
                    (hash(i) % 97)::integer as a,
                    i as b,
                    'day ' || i as "on",
                    case when i % 3 > 0 then i / 7 end as share
                from range({big}) as r (i) order by hash(i + 1);
            create or replace table coverage.ops_run as
                select * from (
                    values ('night-1', 'running', null::timestamptz),
                        ('night-0', 'failed', timestamptz '2026-11-21 02:00:00+00')
                ) as r (run_id, status, finished_at);
            """
        )


def ask(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home.serving_database), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        return con.execute(sql).fetchall()


def files(home: Home) -> set[str]:
    """What lies in the serving folder, hidden names included; people's have a folder there."""
    return {path.name for path in home.serving.iterdir()} - {home.people.name}


def parquet_bytes(home: Home) -> dict[str, bytes]:
    return {
        str(path.relative_to(home.parquet.resolve())): path.read_bytes()
        for path in home.parquet.resolve().rglob("*")
        if path.is_file()
    }


@pytest.fixture
def published(home: Home) -> Home:
    compute(home)
    publish(home, TABLES, "night-1", AT)
    return home


def test_it_says_what_stands_there_now(home: Home) -> None:
    compute(home)
    assert publish(home, TABLES, "night-1", AT) == [
        PublishedTable("dim_account", 3),
        PublishedTable("fct_big", 50),
        PublishedTable("ops_run", 2),
    ]


def test_it_says_what_stood_there_before(published: Home) -> None:
    assert [table.rows_before for table in publish(published, TABLES, "night-2", AT)] == [3, 50, 2]


def test_a_serving_file_that_cannot_be_read_is_replaced(published: Home) -> None:
    published.serving_database.write_bytes(b"no database")
    again = publish(published, TABLES, "night-2", AT)
    assert {table.rows_before for table in again} == {None}


def test_only_the_declared_public_tables_are_published(published: Home) -> None:
    tables = ask(published, "select schema_name, table_name from duckdb_tables() order by all")
    assert tables == [("coverage", t.name) for t in TABLES]
    assert ask(published, "select count(*) from duckdb_views() where not internal") == [(0,)]
    assert {p.name for p in published.parquet.iterdir()} == {t.name for t in TABLES}


def test_tables_and_columns_say_what_they_are(published: Home) -> None:
    tables = dict(ask(published, "select table_name, comment from duckdb_tables()"))
    assert tables == {t.name: t.description for t in TABLES}
    columns = ask(
        published,
        "select table_name, column_name, comment from duckdb_columns() "
        "where schema_name = 'coverage' and column_name <> 'share'",
    )
    assert set(columns) == {(t.name, c.name, c.description) for t in TABLES for c in t.columns}


def test_rows_are_in_the_order_of_the_primary_key(published: Home) -> None:
    assert ask(published, "select account_id from coverage.dim_account") == [("1",), ("2",), ("3",)]
    compute(published, big=300_000)
    publish(published, TABLES, "night-2", AT)
    pairs = ask(published, "select a, b from coverage.fct_big")
    assert pairs == sorted(pairs)
    with duckdb.connect() as con:
        file = published.parquet / "fct_big" / "fct_big.parquet"
        assert con.execute(f"select a, b from '{file}'").fetchall() == pairs


def test_the_run_is_marked_published_for_readers_only(published: Home) -> None:
    runs = "select run_id, status, finished_at from coverage.ops_run"
    assert ask(published, runs) == [
        ("night-0", "failed", datetime(2026, 11, 21, 2, tzinfo=UTC)),
        ("night-1", "published", AT),
    ]
    with warehouse(published.warehouse, read_only=True) as con:
        assert con.execute("select status from coverage.ops_run where run_id = 'night-1'")
        assert con.fetchall() == [("running",)]


def test_nothing_lies_beside_the_published_files(published: Home) -> None:
    target = published.parquet.readlink()
    assert files(published) == {"serving.duckdb", "parquet", str(target)}
    assert not target.is_absolute(), "the home can be moved"
    compute(published, 2)
    publish(published, TABLES, "night-2", AT)
    assert files(published) == {"serving.duckdb", "parquet", str(published.parquet.readlink())}
    assert published.parquet.readlink() != target


def test_a_reader_keeps_the_night_it_opened_and_a_new_one_sees_the_next(published: Home) -> None:
    both = "select max(arr), (select count(*) from coverage.fct_big) from coverage.dim_account"
    with duckdb.connect(str(published.serving_database), read_only=True) as reader:
        assert reader.execute(both).fetchall() == [(1.0, 50)]
        compute(published, 2, 60_000)
        publish(published, TABLES, "night-2", AT)
        for _ in range(2):
            assert reader.execute(both).fetchall() == [(1.0, 50)]
            assert len(reader.execute("from coverage.fct_big").fetchall()) == 50
    assert ask(published, both) == [(2.0, 60_000)]


@pytest.mark.parametrize(
    "step", ["_write_table", "_comments", "_write_parquet", "_sync", "_point", "_kill_at_link"]
)
def test_a_kill_leaves_a_whole_night_and_the_next_publish_tidies_up(
    published: Home, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    compute(published, 2)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if step == "_kill_at_link":
            patch.setattr(publish_module, "_point", half_a_link)
        else:
            patch.setattr(publish_module, step, killed)
        with pytest.raises(KeyboardInterrupt):
            publish(published, TABLES, "night-2", AT)
    ((arr,),) = ask(published, "select distinct arr from coverage.dim_account")
    assert arr == (1.0 if step not in ("_point", "_kill_at_link") else 2.0)
    assert {p.name for p in published.parquet.iterdir()} == {t.name for t in TABLES}
    (published.serving / ".night-2.duckdb.wal").write_bytes(b"left")
    (published.serving / ".other.link").symlink_to(published.root)

    compute(published, 3)
    publish(published, TABLES, "night-3", AT)
    assert ask(published, "select distinct arr from coverage.dim_account") == [(3.0,)]
    assert files(published) == {"serving.duckdb", "parquet", str(published.parquet.readlink())}


def test_a_mirror_that_cannot_be_written_leaves_the_night_before(
    published: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute(published, 2)
    monkeypatch.setattr(publish_module, "_sync", no_room)
    with pytest.raises(OSError, match="No space left"):
        publish(published, TABLES, "night-2", AT)
    assert ask(published, "select distinct arr from coverage.dim_account") == [(1.0,)]


def no_room(_: Path) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def half_a_link(link: Path, target: Path) -> None:
    """What `_point` does up to its last step."""
    link.with_name(f".{target.name}.link").symlink_to(target.name, target_is_directory=True)
    raise KeyboardInterrupt


def test_the_same_tables_give_the_same_parquet_bytes(home: Home) -> None:
    compute(home, big=300_000)
    publish(home, TABLES, "night-1", AT)
    before = parquet_bytes(home)
    with duckdb.connect() as con:
        file = home.parquet / "fct_big" / "fct_big.parquet"
        groups = con.execute(
            f"select count(distinct row_group_id) from parquet_metadata('{file}')"
        ).fetchall()
        assert groups[0][0] > 1
    for run in ("night-2", "night-3"):
        compute(home, big=300_000)
        publish(home, TABLES, run, AT)
        after = parquet_bytes(home)
        same = {name for name in before if after[name] == before[name]}
        assert same == set(before) - {"ops_run/ops_run.parquet"}


def test_a_run_may_publish_again(published: Home) -> None:
    compute(published, 2)
    publish(published, TABLES, "night-1", AT + timedelta(seconds=1))
    assert ask(published, "select distinct arr from coverage.dim_account") == [(2.0,)]
    assert files(published) == {"serving.duckdb", "parquet", str(published.parquet.readlink())}


def test_parquet_says_the_same_as_the_database(published: Home) -> None:
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        for name in (t.name for t in TABLES):
            file = published.parquet / name / f"{name}.parquet"
            mirrored = con.execute(f"from '{file}'").fetchall()
            assert mirrored == ask(published, f"from coverage.{name}")


def test_any_duckdb_1_can_open_the_file(published: Home) -> None:
    with duckdb.connect() as con:
        con.execute(f"attach '{published.serving_database}' as serving (read_only)")
        tags = con.execute("select tags from duckdb_databases() where database_name = 'serving'")
        assert tags.fetchall()[0][0]["storage_version"].startswith("v1.0.0")
