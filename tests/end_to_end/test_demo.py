"""The spreadsheets example, as a newcomer runs it.

Belongs here: that it works and shows what its README promises. Does not: how numbers are defined.
"""

from __future__ import annotations

import re

import pytest
from conftest import Night
from product import parquet_digests, published, tables, tables_of_people, value

pytestmark = pytest.mark.slow

ROWS = {
    "account_scd2": 60,
    "dim_account": 60,
    "dim_csm": 8,
    "fct_activity": 1586,
    "fct_arr_month": 1239,
    "fct_contract": 138,
    "map_account_identity": 71,  # 60 accounts and 11 ids that are linked to them by hand
    "ops_identity_queue": 0,
    "ops_restatement": 0,  # nothing was reported before
    "ops_run": 1,
    "ops_source_freshness": 17,
}


@pytest.mark.parametrize("table", ROWS)
def test_each_table_has_its_rows(demo: Night, table: str) -> None:
    assert value(published(demo.company.home, f"select count(*) from {table}")) == ROWS[table]


def test_everything_reports_on_the_day_asked_for(demo: Night) -> None:
    for table in tables(demo.company.home) - {"ops_source_freshness"}:
        days = published(demo.company.home, f"select distinct as_of_date::varchar from {table}")
        assert days == ([] if ROWS.get(table) == 0 else [("2026-06-30",)]), table


def test_all_that_is_wrong_on_purpose_is_found(demo: Night) -> None:
    found = published(
        demo.company.home,
        "select check_id, rows_failed from ops_data_quality where severity = 'warning'",
    )
    assert {
        ("duplicate_key:support_export", 1),
        ("owner_is_no_user", 1),
        ("unclassified:activities", 1),
    } <= set(found)


def test_the_summary_names_tables_and_where_they_are(demo: Night) -> None:
    said, home = demo.outcome.out, demo.company.home
    assert "As of 2026-06-30: published" in said
    assert all(table in said for table in tables(home))
    assert re.search(r"fct_activity\s*\S\s*1,586", said)
    assert str(home / "serving" / "serving.duckdb") in said
    assert str(home / "serving" / "parquet") in said


def test_nothing_alarming_is_said(demo: Night) -> None:
    assert "ERROR" not in demo.outcome.err
    assert "Traceback" not in demo.outcome.err + demo.outcome.out


def test_the_parquet_mirror_holds_the_same_tables(demo: Night) -> None:
    home = demo.company.home
    folder = home / "serving" / "parquet"
    assert {path.name for path in folder.iterdir()} == tables(home)
    assert len(parquet_digests(home)) == len(tables(home)) + len(tables_of_people(home)) - 2
    mirrored = published(home, f"select count(*) from '{folder}/fct_arr_month/*.parquet'")
    assert value(mirrored) == ROWS["fct_arr_month"]


def test_tables_and_columns_are_described_for_bi_tools(demo: Night) -> None:
    undescribed = published(
        demo.company.home,
        "select table_name from duckdb_tables() where coalesce(comment, '') = '' union all "
        "select table_name || '.' || column_name from duckdb_columns() "
        "where not internal and coalesce(comment, '') = ''",
    )
    assert undescribed == []
