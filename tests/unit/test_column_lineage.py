"""Which columns a query's columns are computed from: each way that SQL hands a value on.

Belongs here: single queries over two small relations. Does not: the project's models
(end_to_end/test_page).
"""

from __future__ import annotations

import pytest

from pipelines.column_lineage import Unknown, column_lineage

KNOWN = {"s.accounts": ["id", "arr", "name"], "s.calls": ["account_id", "minutes"]}


def lineage(sql: str) -> dict[str, list[str]]:
    return {
        column: [f"{origin.relation}.{origin.column}" for origin in origins]
        for column, origins in column_lineage(sql, KNOWN).items()
    }


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select id, arr / 12 as mrr from s.accounts", {"id": "id", "mrr": "arr"}),
        ("with a as (select * from s.accounts) select arr as b from a", {"b": "arr"}),
        ("select b.mrr from (select arr / 12 as mrr from s.accounts) as b", {"mrr": "arr"}),
        ("select arr * 2 as x, x + 1 as y from s.accounts", {"x": "arr", "y": "arr"}),
        ("select count(*) as n, 1 as one from s.accounts", {"n": "", "one": ""}),
        ("select case when name = 'a' then arr end as x from s.accounts", {"x": "arr name"}),
        ("select sum(arr) over (partition by name) as x from s.accounts", {"x": "arr name"}),
        ("select unnest([id, name]) as x from s.accounts", {"x": "id name"}),
        ("select q.v from s.accounts, unnest([id, name]) as q(v)", {"v": "id name"}),
        ("select list_filter([name], lambda x: x <> 'a') as x from s.accounts", {"x": "name"}),
        ("select r.x from (select {'x': arr} as r from s.accounts)", {"x": "arr"}),
        ("select id from s.accounts union all select name from s.accounts", {"id": "id name"}),
        (
            "select id from s.accounts union all by name select name, name as id from s.accounts",
            {"id": "id name", "name": "name"},
        ),
        (
            "select name in (select name from pg_timezone_names()) as is_zone from s.accounts",
            {"is_zone": "name"},
        ),
    ],
)
def test_a_column_is_computed_from_those_whose_values_go_into_it(
    sql: str, expected: dict[str, str]
) -> None:
    assert lineage(sql) == {
        column: [f"s.accounts.{name}" for name in names.split()]
        for column, names in expected.items()
    }


def test_columns_of_joined_relations_are_told_apart() -> None:
    sql = """
        select accounts.id, sum(calls.minutes) as minutes
        from s.accounts left join s.calls on calls.account_id = accounts.id
        group by all
    """
    assert lineage(sql) == {"id": ["s.accounts.id"], "minutes": ["s.calls.minutes"]}


def test_a_subquery_gives_its_value_and_its_condition_does_not_count() -> None:
    sql = """
        select (select max(minutes) from s.calls where calls.account_id = accounts.id) as longest
        from s.accounts
    """
    assert lineage(sql) == {"longest": ["s.calls.minutes"]}


def test_a_recursive_query_is_followed_around() -> None:
    sql = """
        with recursive swapped as (
            select id as a, name as b from s.accounts
            union all
            select b, a from swapped
        )
        select a from swapped
    """
    assert lineage(sql) == {"a": ["s.accounts.id", "s.accounts.name"]}


def test_what_cannot_be_followed_is_left_out() -> None:
    assert lineage("select id, no_such_column from s.accounts") == {"id": ["s.accounts.id"]}


@pytest.mark.parametrize("sql", ["select * from s.unheard_of", "select from from", "drop table x"])
def test_a_query_that_cannot_be_followed_says_so(sql: str) -> None:
    with pytest.raises(Unknown):
        column_lineage(sql, KNOWN)
