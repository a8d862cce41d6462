"""What follows from names: streams, and the tables that a query uses."""

from __future__ import annotations

import doctest

import pytest

from connectors.files import names, table
from connectors.files.names import link_label, stem_of, tables_used
from connectors.wording import did_you_mean


@pytest.mark.parametrize(
    ("file", "stream"),
    [
        ("support.csv", "support"),
        ("Support Cases (2024).XLSX", "support_cases_2024"),
        ("2026/usage.parquet", "usage"),
        ("usage/*.parquet", "usage"),
        ("usage-*.csv", "usage"),
        ("*/usage.csv", "usage"),
        ("daily.usage/**/*.csv", "daily_usage"),
        ("daily.usage/", "daily_usage"),
        ("feature__usage.csv", "feature__usage"),
        ("_Kündigungen.csv", "kundigungen"),
        ("a.b-c.csv", "a_b_c"),
        ("顧客.csv", ""),
    ],
)
def test_a_stream_is_called_like_its_file(file: str, stream: str) -> None:
    assert stem_of(file) == stream


@pytest.mark.parametrize("module", [names, table])
def test_examples_in_docstrings(module: object) -> None:
    failed, attempted = doctest.testmod(module)  # type: ignore[arg-type]
    assert attempted > 0
    assert failed == 0


def test_tables_are_found_by_name_once_each_in_order() -> None:
    query = """
        -- from accounts
        with x as (select * from "Support Cases" /* join users */)
        select 'tickets', u.contacts from x join Feature_Usage u using (id), feature_usage
    """
    known = {"accounts", "users", "tickets", "contacts", "support_cases", "feature_usage"}
    assert tables_used(query, known) == ("support_cases", "feature_usage")


def test_a_link_is_shown_without_what_may_be_secret() -> None:
    link = "https://me:pw@docs.example.com:8443/d/1/export?format=csv&token=abc#gid=0"
    assert link_label(link) == "docs.example.com/d/1/export"


def test_the_nearest_name_is_suggested_whatever_its_case() -> None:
    assert did_you_mean("suport.csv", ["Support.csv", "users.csv"]) == " Did you mean Support.csv?"
    assert did_you_mean("x.csv", ["projects.parquet"]) == ""
