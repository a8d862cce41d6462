"""The shape that a table promises by its contract and its columns' names; how a breach reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.checks.first_look import doubtful
from pipelines.checks.names import Breach
from pipelines.checks.shape import SHOWN_ROWS, breaches
from pipelines.tables import CANONICAL_SCHEMA, PUBLIC_SCHEMA, Column, Table
from pipelines.warehouse.connection import warehouse

ALL_TYPES = """
    select
        'a' as some_id, ['x'] as words, date '2026-01-01' as "on", date '2026-01-01' as valid_from,
        timestamptz '2026-01-01 10:00:00+00' as seen_at, 0.5::double as some_share,
        7.5::double as some_minutes, 3::integer as score, 4::bigint as number, true as is_new,
        '{"a": 1}'::json as attributes
"""
DECLARED = {
    "some_id": "varchar",
    "words": "varchar[]",
    "on": "date",
    "valid_from": "date",
    "seen_at": "timestamptz",
    "some_share": "double",
    "some_minutes": "double",
    "score": "integer",
    "number": "bigint",
    "is_new": "boolean",
    "attributes": "json",
}


def found(
    folder: Path,
    rows: str,
    declared: dict[str, str],
    *,
    key: tuple[str, ...] = (),
    required: tuple[str, ...] = (),
    schema: str = PUBLIC_SCHEMA,
) -> list[tuple[str | None, str]]:
    """What a table made of `rows` breaks of what is declared."""
    columns = tuple(Column(n, t, "", n in required) for n, t in declared.items())
    table = Table("model.t", schema, "t", "", columns, key)
    path = folder / "warehouse.duckdb"
    with warehouse(path) as con:
        con.execute(f"create schema if not exists {schema}")
        con.execute(f"create table {schema}.t as {rows}")
    by_table = breaches(path, [table])
    assert doubtful(path, [table]) == ([table] if by_table else [])
    assert set(by_table) <= {f"{schema}.t"}
    return [(b.column, b.message) for b in by_table.get(f"{schema}.t", [])]


def test_a_table_that_is_as_declared_breaks_nothing(tmp_path: Path) -> None:
    assert found(tmp_path, ALL_TYPES, DECLARED, key=("some_id",), required=tuple(DECLARED)) == []


def test_an_empty_table_is_fine_if_its_columns_are(tmp_path: Path) -> None:
    empty = f"from ({ALL_TYPES}) where false"
    assert found(tmp_path, empty, DECLARED, key=("some_id",), required=tuple(DECLARED)) == []


@pytest.mark.parametrize("rows", ["select 1::bigint as score", "select 1::bigint as score limit 0"])
def test_another_type_than_declared_is_a_breach(tmp_path: Path, rows: str) -> None:
    assert found(tmp_path, rows, {"score": "integer"}) == [
        ("score", "expected column 'score' to have type int32, got int64")
    ]


@pytest.mark.parametrize(
    ("name", "data_type", "message"),
    [
        ("words", "varchar[]", "expected array<string>, found string"),
        ("attributes", "json", "expected json, found string"),
    ],
)
def test_so_is_another_type_where_pandera_cannot_tell(
    tmp_path: Path, name: str, data_type: str, message: str
) -> None:
    assert found(tmp_path, f"select 'x' as {name}", {name: data_type}) == [(name, message)]


def test_a_column_too_many_and_one_too_few_are_breaches_of_the_table(tmp_path: Path) -> None:
    assert found(tmp_path, "select 1 as a, 2 as b", {"a": "integer", "c": "integer"}) == [
        (None, "column 'b' is not declared"),
        (None, "column 'c' not found. Columns in table: ('a', 'b')"),
    ]


def test_a_required_column_may_not_be_null(tmp_path: Path) -> None:
    rows = "select nullif(i, 3)::integer as score from range(9) as r (i)"
    assert found(tmp_path, rows, {"score": "integer"}, required=("score",)) == [
        ("score", "must have a value in every row; in 1 it has none")
    ]


def test_any_other_column_may_be_null(tmp_path: Path) -> None:
    nulls = ", ".join(f'null::{t} as "{n}"' for n, t in DECLARED.items())
    assert found(tmp_path, f"select {nulls}", DECLARED) == []


def test_a_key_of_one_column_may_not_be_null(tmp_path: Path) -> None:
    rows = "select unnest(['a', null]) as some_id"
    assert found(tmp_path, rows, {"some_id": "varchar"}, key=("some_id",)) == [
        ("some_id", "must have a value in every row; in 1 it has none")
    ]


def test_a_key_is_unique_and_the_first_that_are_not_are_named(tmp_path: Path) -> None:
    rows = "select i % 1000 as a, 'x' as b from range(1990) as r (i)"
    assert found(tmp_path, rows, {"a": "bigint", "b": "varchar"}, key=("a", "b")) == [
        (
            None,
            "several rows have the same key: {'a': 0, 'b': 'x'}; {'a': 1, 'b': 'x'}; "
            "{'a': 2, 'b': 'x'}; {'a': 3, 'b': 'x'}; {'a': 4, 'b': 'x'}",
        )
    ]


def test_a_part_of_a_key_may_repeat(tmp_path: Path) -> None:
    rows = "select 1 as a, i as b from range(9) as r (i)"
    assert found(tmp_path, rows, {"a": "integer", "b": "bigint"}, key=("a", "b")) == []


@pytest.mark.parametrize("name", ["coverage_rate", "automated_share"])
@pytest.mark.parametrize("value", ["-0.01", "1.01"])
def test_a_rate_or_share_is_a_fraction(tmp_path: Path, name: str, value: str) -> None:
    ((column, message),) = found(tmp_path, f"select {value}::double as {name}", {name: "double"})
    assert column == name
    assert message == f"values must lie between 0 and 1; 1 do not: {value}"


def test_its_bounds_are_fractions_too(tmp_path: Path) -> None:
    rows = "select unnest([0.0, 1.0, null])::double as some_rate"
    assert found(tmp_path, rows, {"some_rate": "double"}) == []


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("fx_rate", PUBLIC_SCHEMA),
        ("net_renewal_rate", PUBLIC_SCHEMA),
        ("expansion_rate", PUBLIC_SCHEMA),
        ("some_rate", CANONICAL_SCHEMA),
    ],
)
def test_a_rate_of_exchange_of_growth_or_of_a_source_s_own_is_any_number(
    tmp_path: Path, name: str, schema: str
) -> None:
    assert found(tmp_path, f"select 7.5::double as {name}", {name: "double"}, schema=schema) == []


def test_no_number_is_no_fraction(tmp_path: Path) -> None:
    rows = "select 'nan'::double as some_rate"
    assert found(tmp_path, rows, {"some_rate": "double"}) == [
        ("some_rate", "values must lie between 0 and 1; 1 do not: nan")
    ]


def test_few_of_many_failing_values_are_shown(tmp_path: Path) -> None:
    rows = "select 2.0 + i as some_rate from range(10000) as r (i)"
    ((_, message),) = found(tmp_path, rows.replace("2.0", "2.0::double"), {"some_rate": "double"})
    assert message == "values must lie between 0 and 1; 10,000 do not: 2, 3, 4, 5, 6, ..."


@pytest.mark.parametrize(
    ("name", "data_type", "promised"),
    [
        ("account_id", "bigint", "string"),
        ("churned_on", "varchar", "date"),
        ("as_of_date", "timestamptz", "date"),
        ("valid_from", "varchar", "date"),
        ("valid_to", "varchar", "date"),
        ("period_start", "timestamptz", "date"),
        ("period_end", "varchar", "date"),
        ("opened_at", "date", "timestamp('UTC', 6)"),
        ("is_active", "integer", "boolean"),
        ("has_owner", "varchar", "boolean"),
        ("coverage_rate", "integer", "float64"),
        ("automated_share", "bigint", "float64"),
        ("reactive_minutes", "integer", "float64"),
        ("weekly_hours", "integer", "float64"),
    ],
)
def test_a_public_column_s_name_promises_its_type(
    tmp_path: Path, name: str, data_type: str, promised: str
) -> None:
    rows = f"select null::{data_type} as {name}"
    assert found(tmp_path, rows, {name: data_type}) == [
        (name, f"a column of this name is {promised}, not {data_type}")
    ]


def test_names_promise_nothing_in_canonical_tables(tmp_path: Path) -> None:
    rows = "select 'x' as valid_from"
    assert found(tmp_path, rows, {"valid_from": "varchar"}, schema=CANONICAL_SCHEMA) == []


def test_every_table_is_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with warehouse(path) as con:
        con.execute(f"create schema {PUBLIC_SCHEMA}")
        for name in ("a", "b", "c"):
            con.execute(f"create table {PUBLIC_SCHEMA}.{name} as select 'x' as score")
    tables = [
        Table("m", PUBLIC_SCHEMA, name, "", (Column("score", data_type, "", False),), ())
        for name, data_type in (("a", "integer"), ("b", "varchar"), ("c", "double"))
    ]
    assert [table.name for table in doubtful(path, tables)] == ["a", "c"]
    assert breaches(path, tables) == {
        "coverage.a": [Breach("score", "expected column 'score' to have type int32, got string")],
        "coverage.c": [Breach("score", "expected column 'score' to have type float64, got string")],
    }


def test_rows_to_blame_are_shown_by_their_key_and_counted(tmp_path: Path) -> None:
    declared = {"some_id": "varchar", "won_rate": "double", "name": "varchar"}
    columns = tuple(Column(n, t, "", n == "name") for n, t in declared.items())
    table = Table("m", PUBLIC_SCHEMA, "t", "", columns, ("some_id",))
    path = tmp_path / "warehouse.duckdb"
    with warehouse(path) as con:
        con.execute(f"create schema {PUBLIC_SCHEMA}")
        con.execute(
            f"create table {PUBLIC_SCHEMA}.t as select printf('%02d', i) as some_id, "
            "if(i < 30, 2.0, 0.5) as won_rate, if(i = 40, null, 'a') as name "
            "from (from range(50) as t(i) union all select 41)"
        )
    broken = {b.column: b for b in breaches(path, [table])["coverage.t"]}
    assert broken["won_rate"].rows_in_all == 30
    assert broken["won_rate"].rows[0] == {"some_id": "00", "won_rate": 2.0}
    assert len(broken["won_rate"].rows) == SHOWN_ROWS
    assert broken["name"].rows == ({"some_id": "40", "name": None},)
    assert broken[None].rows == ({"some_id": "41", "rows": 2},)


def test_keys_that_only_hash_alike_are_different_keys(tmp_path: Path) -> None:
    alike = "'https://example.com/a/13939/b/41817', 'https://example.com/a/14939/b/44817'"
    with warehouse(tmp_path / "hashes.duckdb") as con:
        hashes = con.execute(f"select distinct hash(unnest([{alike}]))").fetchall()
    assert len(hashes) == 1, "DuckDB hashes otherwise now: find another pair"
    rows = f"select unnest([{alike}]) as some_id"
    assert found(tmp_path, rows, {"some_id": "varchar"}, key=("some_id",)) == []
