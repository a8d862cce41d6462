"""A standard edited from a date on: what had ended before stays what it was.

Belongs here: books computed with and without the edit. Does not: what the edit itself must come to
(the ledger's properties).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from coverage_books import book
from coverage_warehouse import Warehouse, steps
from oracle.coverage import AccountPeriod
from oracle.coverage_models import Model, Standard
from oracle.ledger_facts import Book

LEDGER = ("obligation_id", "tier_id", "due_on", "closes_on", "timeliness", "quality", "disposition")
PERIODS = tuple(AccountPeriod.__dataclass_fields__)
TIERS = ("tier_id", "period_type", "period_start", "period_end", "basis", "account_cts")

Rows = Counter[tuple[Any, ...]]


@pytest.fixture(scope="module")
def warehouse(compiled: Mapping[str, Any]) -> Warehouse:
    return Warehouse(steps(compiled, "mart_coverage_account_period", "mart_coverage_tier_period"))


def under_one_model(seed: int) -> Book:
    made = book(seed, accounts=40)
    return replace(made, models=made.models[:1])


def twice_as_often(standard: Standard) -> Standard:
    if standard.interval_d is None:
        return standard
    return replace(standard, interval_d=standard.interval_d // 2 + 1, version=None)


def edited_from(made: Book, day: date) -> Book:
    """From that day on every rolling standard is owed about twice as often."""
    [before] = made.models
    standards = {tier: tuple(map(twice_as_often, owed)) for tier, owed in before.standards.items()}
    after: Model = replace(before, effective_from=day, standards=standards)
    return replace(made, models=(before, after))


def months_later(day: date, months: int) -> date:
    return date(day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1, 1)


def tables(warehouse: Warehouse, made: Book) -> tuple[Rows, Rows, Rows]:
    warehouse.run(made)
    return (
        Counter(warehouse.rows("fct_obligation", *LEDGER)),
        Counter(warehouse.rows("mart_coverage_account_period", *PERIODS)),
        Counter(warehouse.rows("mart_coverage_tier_period", *TIERS)),
    )


def ended_before(rows: Rows, day: date, end: int) -> Rows:
    return Counter({row: count for row, count in rows.items() if row[end] < day})


@pytest.mark.parametrize("seed", [700])
def test_an_edit_for_next_month_changes_nothing_yet(warehouse: Warehouse, seed: int) -> None:
    made = under_one_model(seed)
    next_month = months_later(made.as_of, 1)
    assert tables(warehouse, edited_from(made, next_month)) == tables(warehouse, made)


@pytest.mark.parametrize("seed", [700, 701, 702])
def test_an_edit_changes_no_period_that_ended_before_it(warehouse: Warehouse, seed: int) -> None:
    made = under_one_model(seed)
    day = months_later(made.as_of - timedelta(days=60), 0)
    ledger, accounts, tiers = tables(warehouse, made)
    edited_ledger, edited_accounts, edited_tiers = tables(warehouse, edited_from(made, day))

    closes, ends = LEDGER.index("closes_on"), PERIODS.index("period_end")
    assert ended_before(edited_ledger, day, closes) == ended_before(ledger, day, closes)
    closed = ended_before(accounts, day, ends)
    assert ended_before(edited_accounts, day, ends) == closed
    assert sum(closed.values()) > 100
    ends = TIERS.index("period_end")
    assert ended_before(edited_tiers, day, ends) == ended_before(tiers, day, ends)
    assert edited_ledger != ledger, "the edit must be felt from its day on"
