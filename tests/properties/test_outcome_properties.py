"""Renewals, movements and outcomes: the SQL against plain Python, on random books of contracts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from coverage_comparison import assert_same
from coverage_warehouse import Warehouse, steps
from oracle.ledger_facts import Book
from oracle.mix_bridge import mart_mix_bridge
from oracle.movements import Movements
from oracle.outcome_tables import tier_periods
from oracle.outcomes import Outcomes, Period
from oracle.renewals import RENEWED, Renewals, churn_events
from oracle.tiers import tier_days
from outcome_books import outcome_book
from outcome_given import (
    OUTCOME_GIVEN,
    coverage_rows,
    health_bands,
    known_on,
    outcome_rows,
    record_rows,
    record_steps,
)

TABLES = ("fct_arr_month", "fct_arr_movement", "fct_churn_event", "mart_mix_bridge")

SHIFT = 0.0000317
"""Added before rounding: amounts are often just between two."""

Told = Callable[[Renewals], Iterable[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def warehouse(compiled: Mapping[str, Any]) -> Warehouse:
    return Warehouse(steps(compiled, *TABLES, given=OUTCOME_GIVEN), outcome_rows)


def money(column: str) -> str:
    """A column as far as both sides must agree."""
    return f"round({column} + {SHIFT}, 3)"


def rounded(number: float | None) -> float | None:
    return None if number is None else round(number + SHIFT, 3)


RENEWAL = (
    "account_id",
    "renewal_id",
    "successor_contract_id",
    "term_end_on",
    "outcome",
    money("atr"),
    money("renewed_arr"),
    "days_late",
    "is_on_time",
    "notice_on",
    "tier_id",
    "tier_id_120d",
    money("tier_share_of_term"),
    "lineage_id",
    money("retained_arr"),
    money("contraction_arr"),
    money("churned_arr"),
    money("open_arr"),
    money("expansion_arr"),
)


def renewals(truth: Renewals) -> Iterator[tuple[Any, ...]]:
    for row in truth.rows:
        yield (
            row.term.account_id,
            row.term.term_id,
            row.successor and row.successor.term_id,
            row.term.ends_on,
            row.outcome,
            rounded(row.atr),
            rounded(row.renewed_arr),
            row.days_late,
            row.is_on_time,
            row.notice_on,
            row.tier_id,
            row.tier_id_120d,
            rounded(row.tier_share_of_term),
            row.lineage_id,
            *map(rounded, row.split.values()),
        )


MOVEMENT = (
    "account_id",
    "moved_on",
    "type",
    money("amount"),
    money("amount_at_market_rates"),
    "contract_id",
    "predecessor_contract_id",
    "product",
    "tier_id",
)


def movements(truth: Renewals) -> Iterator[tuple[Any, ...]]:
    for row in Movements(truth.book).rows():
        named = row.after or row.before
        yield (
            row.account_id,
            row.moved_on,
            row.type,
            rounded(row.amount),
            rounded(row.at_market),
            row.after and row.after.term_id,
            row.before and row.before.term_id,
            named and truth.succession.of(named).product,
            truth.tier_of_change(row.account_id, row.moved_on),
        )


CHURN = (
    "account_id",
    "effective_on",
    "notice_on",
    money("arr"),
    "reason",
    "is_expected",
    "tier_id",
)


def churns(truth: Renewals) -> Iterator[tuple[Any, ...]]:
    for row in churn_events(truth, health_bands(truth.book)):
        yield (
            *(row.account_id, row.effective_on, row.notice_on, rounded(row.arr)),
            *(row.reason, row.is_expected, row.tier_id),
        )


FACTS: dict[str, tuple[tuple[str, ...], Told]] = {
    "fct_renewal": (RENEWAL, renewals),
    "fct_arr_movement": (MOVEMENT, movements),
    "fct_churn_event": (CHURN, churns),
}


def true(book: Book) -> Renewals:
    return Renewals(book, tier_days(book))


def assert_same_facts(warehouse: Warehouse, made: Book) -> int:
    """Every row of every table of facts; how many there are."""

    def compared(candidate: Book) -> tuple[Any, Any]:
        warehouse.run(candidate)
        said = (
            (row[0], table, *row[1:])
            for table, (columns, _) in FACTS.items()
            for row in warehouse.rows(table, *columns)
        )
        truth = true(candidate)
        expected = (
            (row[0], table, *row[1:]) for table, (_, told) in FACTS.items() for row in told(truth)
        )
        return said, expected

    return assert_same(made, compared)


def is_drawn(tier_id: str, within: Period) -> bool:
    """Of a few cells the intervals by bootstrap are held against each other, too."""
    return within.start.month == 4 and tier_id in ("T2", "ALL")


def assert_same_rates(warehouse: Warehouse, made: Book) -> int:
    """Every cell; the number of cells that anything was due in, or that had a cohort."""
    warehouse.run(made)
    key = ("tier_id", "period_type", "period_start", "attribution")
    told = tier_periods(Outcomes(made), is_drawn)
    cells = {tuple(row[name] for name in key): row for row in told}
    columns = sorted({name for row in told for name in row})
    published = {
        tuple(row[:4]): dict(zip(columns, row[4:], strict=True))
        for row in warehouse.rows("mart_outcomes_tier_period", *key, *columns)
    }
    assert set(published) == set(cells)
    for at, row in cells.items():
        unlike = {
            name: (value, published[at][name])
            for name, value in row.items()
            if not is_close(value, published[at][name])
        }
        assert not unlike, (at, "(oracle, SQL)")
    return sum(bool(row["accounts_due"] or row["cohort_accounts"]) for row in cells.values())


def is_close(ours: Any, theirs: Any) -> bool:
    """Whether two values are the same but for the order of sums; True is no 1, None no 0."""
    if isinstance(ours, bool) or isinstance(theirs, bool) or ours is None or theirs is None:
        return ours is theirs
    if isinstance(ours, int | float):
        return math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-6)
    return bool(ours == theirs)


BRIDGED = (
    *("tier_id", "period_type", "period_end", "attribution", "basis"),
    *("logo_renewal_rate", "accounts_due", "gross_renewal_rate", "atr"),
    *("grr", "nrr", "cohort_arr"),
)

EFFECTS = (
    "base_period_start",
    "rate_before",
    "rate_after",
    "weight_before",
    "weight_after",
    "weight_share_before",
    "weight_share_after",
    "rate_effect",
    "mix_effect",
    "total",
)


def assert_same_bridges(warehouse: Warehouse, made: Book) -> int:
    columns = ("metric", "comparison", "tier_id", "period_start", *EFFECTS)
    rows = [
        dict(zip(BRIDGED, row, strict=True))
        for row in warehouse.rows("mart_outcomes_tier_period", *BRIDGED)
    ]
    expected = list(mart_mix_bridge(rows, list(coverage_rows(made)), made.as_of))
    found = {row[:4]: row[4:] for row in warehouse.rows("mart_mix_bridge", *columns)}
    wanted = {tuple(row[n] for n in columns[:4]): [row[n] for n in EFFECTS] for row in expected}
    assert set(found) == set(wanted)
    for at, numbers in wanted.items():
        assert list(found[at]) == pytest.approx(numbers, abs=1e-9), at
    return len(wanted)


@pytest.mark.parametrize("seed", (700, 702))
def test_facts_are_those_of_plain_python(warehouse: Warehouse, seed: int) -> None:
    assert assert_same_facts(warehouse, outcome_book(seed, accounts=200)) > 1500


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(800, 815))
def test_facts_of_many_more_books(warehouse: Warehouse, seed: int) -> None:
    assert_same_facts(warehouse, outcome_book(seed, accounts=300))


@pytest.mark.parametrize("seed", range(710, 712))
def test_rates_and_bridges_are_those_of_plain_python(warehouse: Warehouse, seed: int) -> None:
    made = outcome_book(seed, accounts=150)
    assert assert_same_rates(warehouse, made) > 100
    assert assert_same_bridges(warehouse, made) > 20


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(820, 830))
def test_rates_and_bridges_of_many_more_books(warehouse: Warehouse, seed: int) -> None:
    made = outcome_book(seed, accounts=200)
    assert_same_rates(warehouse, made)
    assert_same_bridges(warehouse, made)


def test_without_contracts_the_accounts_own_arr_tells(warehouse: Warehouse) -> None:
    made = outcome_book(704, accounts=100)
    held = {contract.account_id: contract for contract in made.contracts or ()}
    accounts = tuple(
        replace(account, started_on=c.starts_on, churned_on=c.ends_on, arr=c.arr)
        for account in made.accounts
        if (c := held.get(account.account_id)) and c.starts_on <= made.as_of
    )
    without = replace(made, accounts=accounts, contracts=None)
    assert assert_same_facts(warehouse, without) > 100
    assert assert_same_rates(warehouse, without) > 20


def test_books_hold_every_way_to_end() -> None:
    """What never happens in a book is not tested by it."""
    books = [outcome_book(seed, accounts=200) for seed in (700, 702)]
    truths = [true(book) for book in books]
    outcomes = {row.outcome for truth in truths for row in truth.rows}
    assert outcomes == {*RENEWED, "upcoming", "open_lapsed", "churned", "winback"}
    kinds = {row.type for book in books for row in Movements(book).rows()}
    growth = {"expansion", "expansion_volume", "expansion_price"}
    assert kinds == {"new", "winback", "churn", "contraction", "transfer", "fx", *growth}
    links = [link for book in books for link in book.succession.links]
    assert {link.kind for link in links} == {"named", "matched", "auto"}
    assert max(Counter(link.after.term_id for link in links).values()) > 2
    expected = {
        row.is_expected
        for truth, book in zip(truths, books, strict=True)
        for row in churn_events(truth, health_bands(book))
    }
    assert expected == {True, False, None}


def test_a_day_of_grace_is_seen(warehouse: Warehouse) -> None:
    made = outcome_book(703, accounts=100)
    warehouse.run(made)
    longer = tuple(replace(model, late_grace_d=model.late_grace_d + 1) for model in made.models)
    said = set(warehouse.rows("fct_arr_movement", *MOVEMENT))
    assert said == set(movements(true(made)))
    assert said != set(movements(true(replace(made, models=longer))))


@pytest.fixture(scope="module")
def from_records(compiled: Mapping[str, Any]) -> Warehouse:
    return Warehouse(record_steps(compiled, *TABLES), record_rows)


PAST = ("tier_membership_scd2", "fct_contract", *FACTS, *TABLES)


@pytest.mark.parametrize(("seed", "days"), [(720, 30), (721, 120), (722, 400)])
def test_a_past_day_told_later_is_as_it_was_told_then(
    from_records: Warehouse, seed: int, days: int
) -> None:
    """What was signed, noticed, left or measured since does not reach back to an earlier day."""
    made = outcome_book(seed, accounts=150)
    day = made.as_of - timedelta(days=days)
    then = known_on(made, day)
    assert (then.contracts, then.accounts) != (made.contracts, made.accounts)
    from_records.run(then)
    told_then = {table: from_records.rows(table, "*") for table in PAST}
    from_records.run(replace(made, as_of=day))
    for table in PAST:
        assert told_then[table], table
        assert from_records.rows(table, "*") == told_then[table], table
