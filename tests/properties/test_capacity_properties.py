"""Capacity: the SQL against plain Python, on random books and people.

Belongs here: demand of accounts, weeks of persons and pools, tiers and what moved their need.
Does not: whose time went where, which test_time_properties tells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from coverage_warehouse import Warehouse, steps
from oracle.capacity import Capacity
from oracle.capacity_marts import CapacityMarts
from oracle.capacity_tiers import Tiers
from oracle.comparison import assert_same_rows
from oracle.demand import Demand, Demands
from oracle.obligations import ledger
from oracle.people_tables import KEYS, SIXTH
from oracle.schedules import SCHEDULES
from oracle.supply import Team
from oracle.tiers import terms
from people_books import PeopleBook, people_book
from people_given import GIVEN_TO_PEOPLE, people_rows, time_of

Row = dict[str, Any]

STAMPS = ("as_of_date", "config_version")
TABLES = ("csm_capacity_week", "mart_capacity_tier", "mart_ratio_bridge")


@pytest.fixture(scope="module")
def warehouse(compiled: Mapping[str, Any]) -> Warehouse:
    made = steps(compiled, "int_account_demand", *TABLES, given=GIVEN_TO_PEOPLE)
    return Warehouse(made, people_rows)


def capacity_of(made: PeopleBook) -> Capacity:
    """Whose book takes how much."""
    history = dict(people_rows(made))["account_scd2"]
    team = Team(made, made.team, made.absences)
    rows = [{"complexity": None, "valid_to": None, **row} for row in history]
    demands = Demands(team, time_of(made), ledger(made, SCHEDULES), _dated(rows), terms(made))
    return Capacity(team, demands)


def _dated(history: list[Row]) -> list[Row]:
    return [{**row, "valid_from": date.fromisoformat(row["valid_from"])} for row in history]


def _demand(row: Demand) -> Row:
    return {
        "account_id": row.account_id,
        "as_of_on": row.day,
        "tier_id": row.tier_id,
        "owner_user_id": row.owner_user_id,
        "owner_pool": row.owner_pool,
        "standard_hours": row.standard,
        "reactive_hours": row.reactive,
        "conditional_hours": row.conditional,
        "onboarding_hours": row.onboarding,
        "required_hours": row.required,
    }


def assert_same_capacity(warehouse: Warehouse, made: PeopleBook) -> None:
    warehouse.run(made)
    capacity = capacity_of(made)
    expected = list(map(_demand, capacity.demands.rows.values()))
    key = ("account_id", "as_of_on")
    shown = [
        {name: row[name] for name in expected[0]} for row in warehouse.table("int_account_demand")
    ]
    assert_same_rows(expected, shown, key, tolerance=SIXTH)
    marts = CapacityMarts(Tiers(capacity), (), (), ())
    told = {
        "csm_capacity_week": list(capacity.csm_capacity_week()),
        "mart_capacity_tier": list(marts.mart_capacity_tier()),
        "mart_ratio_bridge": list(marts.mart_ratio_bridge()),
    }
    for name, rows in told.items():
        assert_same_rows(rows, warehouse.table(name), KEYS[name], but=STAMPS, tolerance=SIXTH)
    assert_effects_add_up(warehouse.table("mart_ratio_bridge"))


def assert_effects_add_up(bridge: list[Row]) -> None:
    effects: dict[tuple[Any, ...], float] = defaultdict(float)
    change: dict[tuple[Any, ...], float] = {}
    for row in bridge:
        cell = (row["tier_id"], row["comparison"], row["period_end"])
        effects[cell] += row["effect_fte"]
        change[cell] = row["needed_fte_change"]
    assert effects == pytest.approx(change, abs=1e-6)


@pytest.mark.parametrize("seed", range(930, 933))
def test_capacity_is_that_of_a_count_by_hand(warehouse: Warehouse, seed: int) -> None:
    assert_same_capacity(warehouse, people_book(seed, accounts=20))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(940, 952))
def test_capacity_of_many_more_books(warehouse: Warehouse, seed: int) -> None:
    assert_same_capacity(warehouse, people_book(seed, accounts=40))
