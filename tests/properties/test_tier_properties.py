"""Tiers: the SQL against a state machine that walks day by day, on random books of contracts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from coverage_books import book
from coverage_comparison import assert_same
from coverage_warehouse import Warehouse, steps
from oracle.ledger_facts import Book
from oracle.tiers import membership, spans

COLUMNS = (
    "account_id",
    "valid_from",
    "valid_to",
    "eligible_tier_id",
    "assigned_tier_id",
    "source",
    "round(measure_value, 4)",
)


@pytest.fixture(scope="module")
def warehouse(compiled: Mapping[str, Any]) -> Warehouse:
    return Warehouse(steps(compiled, "tier_membership_scd2", "int_account_active"))


def customers_only(seed: int, accounts: int) -> Book:
    """A book without engagement: tiers come of contracts alone."""
    made = book(seed, accounts)
    models = tuple(replace(model, standards={}) for model in made.models)
    return replace(made, models=models, activities=(), plans=(), leaves=(), tickets=())


def expected(made: Book) -> Iterator[tuple[Any, ...]]:
    for row in membership(made):
        measure = None if row.measure is None else round(row.measure, 4)
        yield (
            row.account_id,
            row.valid_from,
            row.valid_to,
            row.eligible,
            row.assigned,
            row.source,
            measure,
        )


def assert_same_tiers(warehouse: Warehouse, made: Book) -> int:
    def compared(candidate: Book) -> tuple[Any, Any]:
        warehouse.run(candidate)
        return warehouse.rows("tier_membership_scd2", *COLUMNS), expected(candidate)

    return assert_same(made, compared)


@pytest.mark.parametrize("seed", range(100, 104))
def test_tiers_are_those_of_the_state_machine(warehouse: Warehouse, seed: int) -> None:
    made = customers_only(seed, accounts=300)
    assert assert_same_tiers(warehouse, made) > len(made.accounts) / 2


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(200, 220))
def test_tiers_of_many_more_books(warehouse: Warehouse, seed: int) -> None:
    assert_same_tiers(warehouse, customers_only(seed, accounts=400))


def test_activity_is_that_of_the_contracts(warehouse: Warehouse) -> None:
    made = customers_only(104, accounts=300)
    warehouse.run(made)
    said = [
        (account_id, active_from)
        for account_id, active_from in warehouse.rows(
            "int_account_active", "account_id", "active_from"
        )
    ]
    assert said == [
        (account_id, first) for account_id, each in sorted(spans(made).items()) for first, _ in each
    ]


def test_accounts_without_contracts_are_active_from_start_to_churn(warehouse: Warehouse) -> None:
    made = customers_only(105, accounts=200)
    by_account = {c.account_id: c for c in made.contracts or ()}
    accounts = tuple(
        replace(
            account,
            started_on=by_account[account.account_id].starts_on,
            churned_on=by_account[account.account_id].ends_on,
            arr=by_account[account.account_id].arr,
        )
        for account in made.accounts
    )
    assert assert_same_tiers(warehouse, replace(made, accounts=accounts, contracts=None)) > 100


def test_a_difference_of_one_day_is_seen(warehouse: Warehouse) -> None:
    made = customers_only(106, accounts=5)
    warehouse.run(made)
    contracts = made.contracts or ()
    later = tuple(replace(c, starts_on=c.starts_on + timedelta(days=1)) for c in contracts)
    other = replace(made, contracts=later)
    assert set(expected(made)) == set(warehouse.rows("tier_membership_scd2", *COLUMNS))
    assert set(expected(other)) != set(warehouse.rows("tier_membership_scd2", *COLUMNS))
