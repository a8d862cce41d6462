"""Health: the SQL against the oracle, in every row, on accounts of every kind."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pytest
from coverage_comparison import assert_same
from coverage_warehouse import Warehouse, steps
from health_books import accepting, health_book, renewals
from health_given import GIVEN_TO_HEALTH, health_rows
from oracle.comparison import assert_same_rows
from oracle.health import Health
from oracle.health_change import fct_health_change
from oracle.health_marts import Trend, mart_health_calibration
from oracle.health_tables import fct_health_daily, fct_health_measure_daily
from oracle.ledger_facts import Book
from oracle.world import Row

Told = Callable[[Health], Iterator[Row]]

TABLES: Mapping[str, Told] = {
    "fct_health_measure_daily": fct_health_measure_daily,
    "fct_health_daily": fct_health_daily,
    "fct_health_change": fct_health_change,
}
TREND = ("tier_id", "as_of_on")
CELL = ("tier_id", "horizon_days", "period_type", "period_start")
SEEDS = range(700, 705)


@pytest.fixture(scope="module")
def warehouse(compiled: Mapping[str, Any]) -> Warehouse:
    marts = "mart_health_trend_tier", "mart_health_calibration"
    return Warehouse(steps(compiled, *TABLES, *marts, given=GIVEN_TO_HEALTH), health_rows)


def plain(value: Any) -> Any:
    """As SQL and Python say the same: sums in any order, lists of any kind."""
    if isinstance(value, float):
        return round(value + 3e-10, 7) + 0.0
    return tuple(value) if isinstance(value, list) else value


def values(row: Row, names: Iterable[str]) -> Iterator[Any]:
    return (plain(row[name]) for name in names)


def assert_same_health(warehouse: Warehouse, made: Book) -> int:
    """Fail with the story of an account of which a row differs; the number of rows compared."""

    def compared(candidate: Book) -> tuple[Any, Any]:
        warehouse.run(candidate)
        health = Health(candidate)
        said, expected = [], []
        for table, told in TABLES.items():
            rows = list(told(health))
            names = sorted(rows[0].keys() - {"account_id"}) if rows else []
            names = ["account_id", *names]
            expected += [(row["account_id"], table, *values(row, names)) for row in rows]
            said += [(row[0], table, *map(plain, row)) for row in warehouse.rows(table, *names)]
        return said, expected

    return assert_same(made, compared)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_score_is_that_of_the_oracle(warehouse: Warehouse, seed: int) -> None:
    assert assert_same_health(warehouse, health_book(seed, accounts=60)) > 10_000


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(800, 840))
def test_scores_of_many_more_books(warehouse: Warehouse, seed: int) -> None:
    assert_same_health(warehouse, health_book(seed, accounts=80))


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_tiers_are_those_of_the_oracle(warehouse: Warehouse, seed: int) -> None:
    """Marts by tier: who is how healthy, and whether scores told what became of renewals."""
    made = health_book(seed, accounts=60)
    warehouse.run(made)
    health = Health(made)
    for table, key, rows in (
        ("mart_health_trend_tier", TREND, list(Trend(health, source_systems=1).rows())),
        ("mart_health_calibration", CELL, list(mart_health_calibration(health, renewals(made)))),
    ):
        names = list(rows[0])
        said = [dict(zip(names, row, strict=True)) for row in warehouse.rows(table, *names)]
        assert_same_rows(rows, said, key)


def test_a_drift_that_somebody_accepts_is_held_no_longer(warehouse: Warehouse) -> None:
    made, name, hold = next(
        (made, name, held[0])
        for made in (health_book(seed, accounts=60) for seed in range(700, 740))
        for name, held in Health(made).holds.items()
        if held and (held[0].end - held[0].first).days > 1
    )
    for on in (hold.first, hold.end - (hold.end - hold.first) / 2):
        accepted = accepting(made, name, on)
        assert Health(accepted).holds[name] != Health(made).holds[name]
        assert_same_health(warehouse, accepted)


def test_contributions_add_up_to_the_score(warehouse: Warehouse) -> None:
    warehouse.run(health_book(SEEDS[0], accounts=60))
    scores = dict_of(warehouse, "fct_health_daily", "as_of_on", "computed_score", "frozen_on")
    sums: dict[Any, list[float]] = defaultdict(list)
    columns = ("account_id", "as_of_on", "contribution")
    for account_id, day, part in warehouse.rows("fct_health_measure_daily", *columns):
        if part is not None:
            sums[account_id, day].append(part)
    known = {at: score for at, (score, frozen) in scores.items() if not frozen and score}
    assert len(known) > 500
    for at, score in known.items():
        assert math.fsum(sums[at]) == pytest.approx(score, abs=1e-8)


def test_effects_add_up_to_the_change(warehouse: Warehouse) -> None:
    found = 0
    for seed in SEEDS[:3]:
        warehouse.run(health_book(seed, accounts=60))
        effects = "score_effect + availability_effect + config_effect"
        change = "computed_score_to - computed_score_from"
        table = '"warehouse"."coverage"."fct_health_change"'
        rows = warehouse.con.execute(
            f"select sum({effects}), any_value({change}) from {table} "
            "group by account_id, from_on, to_on"
        ).fetchall()
        for total, whole in rows:
            assert total == pytest.approx(whole, abs=1e-8)
        found += len(rows)
    assert found > 100


def dict_of(warehouse: Warehouse, table: str, *columns: str) -> dict[Any, tuple[Any, ...]]:
    rows = warehouse.rows(table, "account_id", *columns)
    return {(row[0], row[1]): row[2:] for row in rows}


def test_books_hold_every_case() -> None:
    """What never happens in a book is not tested by it."""
    seen: dict[str, Counter[Any]] = defaultdict(Counter)
    for seed in SEEDS:
        health = Health(health_book(seed, accounts=60))
        for row in fct_health_measure_daily(health):
            seen["status"][row["status"]] += 1
            seen["held"][row["is_held"]] += 1
            if row["status"] == "ok":
                seen["ok"][row["measure"]] += 1
        for row in fct_health_daily(health):
            seen["band"][row["band"]] += 1
            seen["kind"][row["override_kind"]] += 1
            seen["frozen"][row["frozen_on"] is not None] += 1
            seen["dwell"][row["shown_band"] == row["band"]] += 1
            for name in ("delta_28d", "delta_90d", "slope_28d"):
                seen[name][row[name] is not None] += 1
            seen["warned"][row["is_stale_warned"]] += 1
        seen["model"].update(row["measure"] == "(model)" for row in fct_health_change(health))
    assert set(seen.pop("status")) == {"ok", "stale", "missing", "not_applicable"}
    assert set(seen.pop("band")) == {"green", "yellow", "red", "insufficient_data"}
    assert set(seen.pop("kind")) == {None, "by_hand", "red_sentiment"}
    assert len(seen.pop("ok")) == 11
    assert all(min(count[True], count[False]) > 30 for count in seen.values()), seen
