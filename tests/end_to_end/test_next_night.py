"""A change in a file shows the next night as exactly that change.

Belongs here: what a day's change leaves in raw, public and history tables. Does not: files that
cannot be read (test_bad_input).
"""

from __future__ import annotations

import pytest
from company import Company
from conftest import Night
from product import in_warehouse, left_overs, published, value

pytestmark = pytest.mark.slow


def versions_of(company: Company, stream: str) -> list[tuple[str, bool, bool, str]]:
    """What was added to a stream's records, oldest first."""
    rows = in_warehouse(
        company.home,
        "select record_key, is_deleted, is_current, extracted_at::date::varchar "
        f"from raw.tiny__{stream} where extracted_at >= '2026-07-02' order by record_key",
    )
    return [(key, deleted, current, day) for key, deleted, current, day in rows]


def test_a_changed_cell_is_one_new_version(second_night: Night) -> None:
    company = second_night.company
    assert versions_of(company, "contracts") == [("C1", False, True, "2026-07-02")]
    assert versions_of(company, "accounts") == [
        ("A1", False, True, "2026-07-02"),
        ("A6", True, True, "2026-07-02"),
    ]
    for stream in ("activities", "contacts", "surveys", "tickets", "usage", "users"):
        assert versions_of(company, stream) == [], stream


def test_the_version_before_is_kept(second_night: Night) -> None:
    names = in_warehouse(
        second_night.company.home,
        "select payload ->> 'name', is_current from raw.tiny__accounts "
        "where record_key = 'A1' order by extracted_at",
    )
    assert names == [("First night", False), ("Second night", True)]


def test_a_changed_cell_is_published(first_night: Night, second_night: Night) -> None:
    name = "select name, as_of_date::varchar from dim_account where account_id = 'A1'"
    assert published(first_night.company.home, name) == [("First night", "2026-06-30")]
    assert published(second_night.company.home, name) == [("Second night", "2026-07-01")]


def test_history_shows_a_change_from_the_day_it_was_seen(second_night: Night) -> None:
    history = published(
        second_night.company.home,
        "select name, valid_from::varchar, valid_to::varchar from account_scd2 "
        "where account_id = 'A1' order by valid_from",
    )
    assert history == [
        ("First night", "2025-01-01", "2026-07-01"),
        ("Second night", "2026-07-01", None),
    ]


def test_a_row_that_vanished_is_deleted_and_its_history_ends(
    first_night: Night, second_night: Night
) -> None:
    count = "select count(*) from dim_account where account_id = 'A6'"
    assert value(published(first_night.company.home, count)) == 1
    assert value(published(second_night.company.home, count)) == 0
    history = published(
        second_night.company.home,
        "select name, valid_to::varchar from account_scd2 where account_id = 'A6'",
    )
    assert history == [("Fir", "2026-07-01")]
    deleted = "select records_deleted from ops_source_freshness where stream = 'accounts'"
    assert value(published(second_night.company.home, deleted)) == 1


def test_nothing_is_left_over(second_night: Night) -> None:
    assert left_overs(second_night.company.home) == []
