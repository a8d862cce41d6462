"""Coverage: what the marts publish against shares counted from the oracle's own ledger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from coverage_books import book
from coverage_comparison import assert_same
from coverage_warehouse import Warehouse, steps
from made_loads import made_loads
from oracle.capacity import is_over
from oracle.coverage import AccountPeriod, Cell, Coverage, bootstrap
from oracle.ledger_facts import Book
from oracle.obligations import ledger
from oracle.schedules import SCHEDULES

LIMIT = 1.0
"""Of utilisation, in the models of made-up books."""

ACCOUNT_COLUMNS = tuple(AccountPeriod.__dataclass_fields__)


@pytest.fixture(scope="module")
def warehouse(compiled: Mapping[str, Any]) -> Warehouse:
    return Warehouse(steps(compiled, "mart_coverage_account_period", "mart_coverage_tier_period"))


def coverage(made: Book) -> Coverage:
    loads = made_loads(made)
    return Coverage(made, ledger(made, SCHEDULES), lambda row: is_over(row, loads, LIMIT))


def cells_of(known: set[Cell], cell: Cell) -> list[Cell]:
    """The tier's cell; of ALL, the cells of every tier."""
    return [cell] if cell[0] != "ALL" else [each for each in known if each[1:] == cell[1:]]


def published(warehouse: Warehouse, names: list[str]) -> dict[Cell, dict[str, Any]]:
    columns = ("tier_id", "period_type", "period_start", "basis", *names)
    rows = warehouse.rows("mart_coverage_tier_period", *columns)
    return {
        (row[0], row[1], row[2]): dict(zip(names, row[4:], strict=True))
        for row in rows
        if row[3] == "restated"
    }


def assert_same_coverage(warehouse: Warehouse, made: Book) -> None:
    def compared(candidate: Book) -> tuple[Any, Any]:
        warehouse.run(candidate)
        rows = (
            tuple(getattr(row, column) for column in ACCOUNT_COLUMNS)
            for row in coverage(candidate).account_periods()
        )
        return warehouse.rows("mart_coverage_account_period", *ACCOUNT_COLUMNS), rows

    assert assert_same(made, compared) > 50
    truth = coverage(made)
    known = truth.known_periods
    expected = {
        cell: truth.tier_period(cells_of(known, cell))
        for cell in known | {("ALL", kind, start) for _, kind, start in known}
    }
    names = list(next(iter(expected.values())))
    found = published(warehouse, [*names, "obligation_cts_low", "obligation_cts_high"])
    assert set(found) == set(expected)
    for cell, numbers in expected.items():
        shown = {name: found[cell][name] for name in names}
        assert shown == pytest.approx(numbers, abs=1e-9), cell
    for cell in sorted(expected)[::29]:
        low, high = bootstrap(cell, truth.clusters(cells_of(known, cell)))
        shown = found[cell]
        assert shown["obligation_cts_low"] == pytest.approx(low, abs=1e-9), cell
        assert shown["obligation_cts_high"] == pytest.approx(high, abs=1e-9), cell


@pytest.mark.parametrize("seed", range(500, 503))
def test_coverage_is_that_of_the_simulated_ledger(warehouse: Warehouse, seed: int) -> None:
    assert_same_coverage(warehouse, book(seed, accounts=50))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(600, 615))
def test_coverage_of_many_more_books(warehouse: Warehouse, seed: int) -> None:
    assert_same_coverage(warehouse, book(seed, accounts=100))
