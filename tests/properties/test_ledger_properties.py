"""The ledger: the SQL against a simulation of every account and family, day by day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from band_books import with_bands, with_triggers
from coverage_books import book
from coverage_comparison import assert_same
from coverage_warehouse import Warehouse, steps
from oracle.ledger_facts import Book
from oracle.obligations import Obligation, ledger
from oracle.schedules import SCHEDULES

COLUMNS = (
    "account_id",
    "family",
    "cycle_key",
    "schedule_type",
    "tier_id",
    "standard_version",
    "owner_user_id",
    "owner_pool",
    "window_open_on",
    "due_on",
    "closes_on",
    "original_due_on",
    "timeliness",
    "quality",
    "disposition",
    "exclusion_reason",
    "fulfilled_on",
    "fulfilled_by_activity_id",
    "days_from_due",
    "attempts",
    "is_customer_unresponsive",
    "is_provisional",
    "is_required",
    "expected_minutes",
    "weight",
    "delivery_mode",
)


@pytest.fixture(scope="module")
def warehouse(compiled: Mapping[str, Any]) -> Warehouse:
    return Warehouse(steps(compiled, "fct_obligation"))


def expected(rows: list[Obligation]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        failed = ";".join(sorted(row.failed_conditions))
        yield (*(getattr(row, column) for column in COLUMNS), failed)


def said(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    failed = "coalesce(array_to_string(list_sort(failed_conditions), ';'), '')"
    return warehouse.rows("fct_obligation", *COLUMNS, failed)


def assert_same_ledger(warehouse: Warehouse, made: Book) -> int:
    def compared(candidate: Book) -> tuple[Any, Any]:
        warehouse.run(candidate)
        return said(warehouse), expected(ledger(candidate, SCHEDULES))

    return assert_same(made, compared)


@pytest.mark.parametrize("seed", range(300, 306))
def test_every_obligation_is_that_of_the_simulation(warehouse: Warehouse, seed: int) -> None:
    assert assert_same_ledger(warehouse, book(seed, accounts=80)) > 500


@pytest.mark.parametrize("seed", range(320, 323))
def test_what_is_owed_while_red_is_owed_no_longer(warehouse: Warehouse, seed: int) -> None:
    made = with_bands(book(seed, accounts=60), seed)
    assert assert_same_ledger(warehouse, made) > 500
    reasons = warehouse.rows("fct_obligation", "schedule_type", "exclusion_reason")
    assert ("conditional", "not_eligible") in reasons


@pytest.mark.parametrize("seed", range(330, 333))
def test_a_fired_playbook_is_to_be_answered(warehouse: Warehouse, seed: int) -> None:
    made = with_triggers(with_bands(book(seed, accounts=60), seed), seed)
    assert assert_same_ledger(warehouse, made) > 500
    outcomes = {
        timeliness
        for family, timeliness in warehouse.rows("fct_obligation", "family", "timeliness")
        if family == "trigger_response"
    }
    assert outcomes >= {"on_time", "late", "missed"}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(400, 425))
def test_obligations_of_many_more_books(warehouse: Warehouse, seed: int) -> None:
    assert_same_ledger(warehouse, book(seed, accounts=120))


def test_without_activities_nothing_is_called_missed(warehouse: Warehouse) -> None:
    silent = replace(book(310, accounts=40), activities=None)
    assert assert_same_ledger(warehouse, silent) > 0
    kinds = {row[0] for row in warehouse.rows("fct_obligation", "schedule_type")}
    assert kinds <= {"state", "response"}


def test_without_plans_tickets_users_or_contracts_nothing_else_changes(
    warehouse: Warehouse,
) -> None:
    made = replace(book(311, accounts=40), plans=None, tickets=None, users=None)
    assert assert_same_ledger(warehouse, made) > 100


def test_books_hold_every_outcome() -> None:
    """What never happens in a book is not tested by it."""
    rows = [row for seed in (300, 301) for row in ledger(book(seed, accounts=80), SCHEDULES)]
    outcomes = Counter((row.timeliness, row.quality) for row in rows)
    reasons = Counter(row.exclusion_reason for row in rows)
    assert {row.schedule_type for row in rows} == set(SCHEDULES) - {"conditional"}
    assert set(outcomes) == {
        ("on_time", "to_standard"),
        ("on_time", "below_standard"),
        ("on_time", "unverifiable"),
        ("late", "to_standard"),
        ("late", "below_standard"),
        ("late", "unverifiable"),
        ("missed", None),
        ("open", None),
    }
    assert set(reasons) >= {
        None,
        "superseded",
        "tier_change",
        "churned",
        "paused",
        "waived",
    }
    assert any(row.is_customer_unresponsive for row in rows)


def test_a_wrong_interval_is_seen(warehouse: Warehouse) -> None:
    made = book(312, accounts=10)
    warehouse.run(made)
    stricter = tuple(
        replace(
            model,
            standards={
                tier: tuple(
                    replace(s, interval_d=s.interval_d + 1) if s.interval_d else s for s in owed
                )
                for tier, owed in model.standards.items()
            },
        )
        for model in made.models
    )
    right = set(expected(ledger(made, SCHEDULES)))
    wrong = set(expected(ledger(replace(made, models=stricter), SCHEDULES)))
    assert right == set(said(warehouse))
    assert wrong != set(said(warehouse))
