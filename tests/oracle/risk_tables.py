"""Settings of risks, and how well each way of splitting accounts would spread the work (K1, K11).

Belongs here: cfg_model_risk, mart_split_comparison. Does not: single risks.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from oracle.models import said_on, spans_of_models
from oracle.world import Row

if TYPE_CHECKING:
    from oracle.tables import Told

KEYS = {
    "cfg_model_risk": ("holds_from",),
    "mart_split_comparison": ("dimension",),
}
TOLERANCES = {"mart_model_fit_account": 1e-6, "mart_split_comparison": 1e-6}
"""Hours are rounded to millionths on their way (those of demand, too)."""

NOT_TOLD = {
    "mart_assignment_match": "proposes people; its parts are looked at by unit tests alone",
    "mart_model_risk": "counts the rows of mart_model_risk_flag",
    "mart_model_risk_flag": "some thirty risks, each with unit tests, not told a second time yet",
    "mart_tool_inventory": "repeats what sources.yaml and the connectors say",
}

AS_THEY_ARE = (
    "lead_fully_booked", "time_cv", "close_book", "spiral_growth", "spiral_min_hours",
    "complex_book", "high_arr", "high_arr_book", "quality_drop", "after_hours_share",
    "activity_drop", "burnout_share", "smallest_team", "resource_block", "arr_concentration",
    "hhi", "cost_growth", "coordination_events", "few_hours_share", "few_hours_csms", "pool_hands",
    "pool_spread", "without_notes", "min_touches", "continuity", "broadcast_reach", "linked_share",
)  # fmt: skip
OF_ACCOUNTS = (
    "acquisition_channel", "complexity", "country", "currency", "industry", "lifecycle_stage",
    "segment", "time_zone",
)  # fmt: skip
PLACES = 6


def cfg_model_risk() -> Iterator[Row]:
    """When a way of distributing CSMs is a risk."""
    for dates, said in spans_of_models():
        risk = said["model_risk"]
        weeks, out_of = risk["burnout_weeks"].split(" of ")
        yield {
            **dates,
            **{name: risk[name] for name in AS_THEY_ARE},
            "gross_margin": said["distribution"]["gross_margin"],
            "burnout_weeks": int(weeks),
            "burnout_out_of_weeks": int(out_of),
            "has_people_shown": risk["show_people"],
            **{f"match_{part}": weight for part, weight in risk["assignment"].items()},
        }


Split = Callable[[Row], str | None]


def mart_split_comparison(now: Told) -> Iterator[Row]:
    """One row a way of splitting accounts among people."""
    as_of = now.world.as_of
    demand = {row.account_id: row for row in now.capacity.demands.on(as_of)}
    accounts = [row for row in now.accounts if row["account_id"] in demand]
    people = sum(bool(row["is_csm"] and row["is_employed"]) for row in now.people)
    touch = {tier["id"]: tier["touch"] for tier in said_on(as_of)["tiers"]}
    splits: dict[str, Split] = {name: _column(name) for name in OF_ACCOUNTS}
    splits["tier"] = lambda row: demand[row["account_id"]].tier_id
    splits["touch"] = lambda row: touch.get(demand[row["account_id"]].tier_id)
    splits["owner"] = lambda row: demand[row["account_id"]].unit
    for name, split in splits.items():
        hours = {row["account_id"]: demand[row["account_id"]].required for row in accounts}
        yield _split(name, split, accounts, hours, people)


def _column(name: str) -> Split:
    return lambda row: row[name]


def _split(
    name: str, split: Split, accounts: Sequence[Row], hours: Mapping[str, float], people: int
) -> Row:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in accounts:
        value = split(row)
        if value is not None:
            groups[value].append(row)
    loads = {value: [hours[row["account_id"]] for row in rows] for value, rows in groups.items()}
    all_hours = [each for rows in loads.values() for each in rows]
    whole = sum(all_hours)
    persons = {
        value: max(1, math.floor(people * sum(rows) / whole + 0.5)) if whole else 1
        for value, rows in loads.items()
    }
    return {
        "dimension": name,
        "groups": len(groups),
        "accounts": len(all_hours),
        "known_share": len(all_hours) / len(accounts) if accounts else None,
        "required_hours": round(whole, PLACES),
        "explained_share": _explained(list(loads.values())),
        "people": sum(persons.values()),
        "is_feasible": len(groups) <= people,
        "workload_cv": _unevenness(loads, persons),
        "time_zone_fit_rate": _fit(groups, hours),
    }


def _explained(groups: Sequence[Sequence[float]]) -> float | None:
    """How much of the differences between accounts are differences between groups."""
    every = [each for rows in groups for each in rows]
    if not every:
        return None
    mean = sum(every) / len(every)
    whole = sum((each - mean) ** 2 for each in every)
    between = sum(len(rows) * (sum(rows) / len(rows) - mean) ** 2 for rows in groups)
    return between / whole if whole else None


def _unevenness(loads: Mapping[str, Sequence[float]], persons: Mapping[str, int]) -> float | None:
    """Deviation over mean of the people's hours, each group shared evenly by its people."""
    each = [
        sum(rows) / persons[value] for value, rows in loads.items() for _ in range(persons[value])
    ]
    mean = sum(each) / len(each) if each else 0
    if not mean:
        return None
    deviation = math.sqrt(sum((one - mean) ** 2 for one in each) / len(each))
    return round(deviation / mean, PLACES)


def _fit(groups: Mapping[str, Sequence[Row]], hours: Mapping[str, float]) -> float | None:
    """The share of hours that is in the time zone that most of the group's hours are in."""
    largest = whole = 0.0
    for rows in groups.values():
        zones: dict[Any, float] = defaultdict(float)
        for row in rows:
            if row["time_zone"] is not None:
                zones[row["time_zone"]] += hours[row["account_id"]]
        largest += max(zones.values(), default=0.0)
        whole += sum(zones.values())
    return largest / whole if whole else None
