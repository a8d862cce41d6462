"""People's time: the SQL against plain Python, second by second, on random books.

Belongs here: overlaps, sheets against calendars, classes, weeks and months. Does not: what
accounts need, which test_capacity_properties tells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from coverage_warehouse import Warehouse, steps
from oracle.comparison import assert_same_rows
from oracle.people_tables import KEYS, TOLERANCES
from oracle.supply import Team
from oracle.time_marts import TimeMarts
from people_books import PeopleBook, people_book
from people_given import GIVEN_TO_PEOPLE, people_rows, time_of

STAMPS = ("as_of_date", "config_version")
TABLES = ("fct_activity_time", "mart_time_allocation")


@pytest.fixture(scope="module")
def warehouse(compiled: Mapping[str, Any]) -> Warehouse:
    return Warehouse(steps(compiled, *TABLES, given=GIVEN_TO_PEOPLE), people_rows)


def assert_same_time(warehouse: Warehouse, made: PeopleBook) -> None:
    warehouse.run(made)
    time = time_of(made)
    expected = list(time.rows())
    published = warehouse.table("fct_activity_time")
    assert_same_rows(expected, published, KEYS["fct_activity_time"], but=STAMPS)
    assert {row["evidence"] for row in published} == {"time_entry", "calendar", "imputed"}
    marts = TimeMarts(time, Team(made, made.team, made.absences))
    name = "mart_time_allocation"
    allocation = list(marts.mart_time_allocation())
    assert bool(allocation) == bool(made.team)
    assert_same_rows(
        *(allocation, warehouse.table(name), KEYS[name]), but=STAMPS, tolerance=TOLERANCES[name]
    )
    assert_no_day_is_too_long(published)


def assert_no_day_is_too_long(published: list[dict[str, Any]]) -> None:
    worked: dict[tuple[str, date], float] = defaultdict(float)
    for row in published:
        if row["category"] != "not_working":
            worked[row["user_email"], row["worked_on"]] += row["minutes"]
    assert max(worked.values()) <= 16 * 60 + 1e-6


@pytest.mark.parametrize("seed", range(900, 903))
def test_time_is_that_of_a_second_by_second_count(warehouse: Warehouse, seed: int) -> None:
    assert_same_time(warehouse, people_book(seed, accounts=25))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(910, 925))
def test_time_of_many_more_books(warehouse: Warehouse, seed: int) -> None:
    assert_same_time(warehouse, people_book(seed, accounts=60))
