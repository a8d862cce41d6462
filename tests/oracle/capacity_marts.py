"""Capacity of tiers and of accounts as public tables: 3.11, 3.12, C16, C17, C10, C20.

Belongs here: the columns of mart_capacity_tier, mart_ratio_tier, mart_ratio_bridge and
mart_capacity_account. Does not: books of persons, which `book_marts` tells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from math import fsum
from statistics import median
from typing import Any

from oracle.activity_time import monday
from oracle.capacity import NONE
from oracle.capacity_tiers import ALL, DRIVERS, TierLoad, Tiers, need
from oracle.coverage import share
from oracle.demand import YEAR_WEEKS, Demand
from oracle.people_models import net_hours_per_fte, reference
from oracle.sums import exact
from oracle.supply import WEEK, WEEKS_AFTER
from oracle.world import Row

PARTS = ("proactive", "reactive", "conditional", "onboarding")
QUARTERS = 4
STEP_UP = 1.5
LEVELS = {"low": 1, "medium": 2, "high": 3}


def utilisation_band(utilisation: float | None, settings: Mapping[str, Any]) -> str | None:
    """over, under or ok."""
    if utilisation is None:
        return None
    if utilisation > settings["over_util"]:
        return "over"
    return "under" if utilisation < settings["under_util"] else "ok"


class CapacityMarts:
    """Tiers and accounts; `costs` are loaded costs a year of the CSMs employed."""

    def __init__(
        self, tiers: Tiers, assigned: Sequence[Row], accounts: Sequence[Row], costs: Sequence[float]
    ) -> None:
        self.tiers, self.capacity, self.book = tiers, tiers.capacity, tiers.book
        self.assigned = assigned
        self.stages = {row["account_id"]: row["lifecycle_stage"] for row in accounts}
        self.cost = sum(costs) / len(costs) if costs else None

    @property
    def as_of(self) -> date:
        """Today."""
        return self.book.as_of

    # Tiers
    def mart_capacity_tier(self) -> Iterator[Row]:
        """One row a tier, one for people without accounts, one for all."""
        for (tier_id, day), load in self.tiers.loads.items():
            if day == self.as_of:
                yield self._tier(tier_id, load)

    def _tier(self, tier_id: str, load: TierLoad) -> Row:
        books = self.capacity.books[load.day]
        units = [self.capacity.unit_of(row.account_id, load.day) for row in load.rows]
        settings = self.book.model_on(load.day).said["capacity"]
        return {
            "tier_id": tier_id,
            "accounts": load.accounts,
            "accounts_unowned": units.count(None),
            "accounts_without_supply": sum(
                unit is not None and not books[unit].people for unit in units
            ),
            "heads": _heads(load),
            "fte": load.fte,
            "accounts_per_fte": share(load.accounts, load.fte or 0),
            "implied_accounts_per_fte": load.implied,
            "net_hours_per_fte": load.net,
            "mean_required_hours": share(load.required, load.accounts),
            **{f"{part}_hours": load.sum(part) for part in PARTS},
            "required_hours": load.required,
            "supply_hours": load.supply,
            "needed_fte": load.needed_fte,
            "fte_gap": None if load.fte is None else load.needed_fte - load.fte,
            "utilisation": load.utilisation,
            "utilisation_band": utilisation_band(load.utilisation, settings),
            **self._reference(tier_id, load.day),
        }

    def _reference(self, tier_id: str, day: date) -> Row:
        said = self.book.model_on(day).said
        low: int | None = None
        high: int | None = None
        if tier_id == ALL:
            low, high = said["ratio_reference"]["high_touch"], said["ratio_reference"]["tech_touch"]
        for tier in said.get("tiers", ()):
            if tier["id"] == tier_id:
                low, high = reference(tier)
        return {"reference_low": low, "reference_high": high}

    def mart_ratio_tier(self, coverage: Sequence[Row]) -> Iterator[Row]:
        """One row a tier and month; `coverage` are mart_coverage_tier_period."""
        covered = {
            (row["tier_id"], row["period_start"]): row
            for row in coverage
            if row["period_type"] == "month" and row["basis"] == "restated"
        }
        for day in self.tiers.days:
            loads = [load for (_, on), load in self.tiers.loads.items() if on == day]
            rows = [self._ratio(load, covered) for load in loads if load.tier_id != NONE]
            judged = [row["is_ratio_ok_but_undercovered"] for row in rows if row["tier_id"] != ALL]
            ratios = [row["accounts_per_fte"] for row in rows if row["tier_id"] != ALL]
            known = [ratio for ratio in ratios if ratio is not None]
            for row in rows:
                if row["tier_id"] == ALL:
                    row["is_ratio_ok_but_undercovered"] = (
                        any(judged) if any(each is not None for each in judged) else None
                    )
                    row["between_tier_range"] = max(known) - min(known) if known else None
                yield row

    def _ratio(self, load: TierLoad, covered: Mapping[tuple[str, date], Row]) -> Row:
        month = load.day.replace(day=1)
        period = covered.get((load.tier_id, month), {})
        cts, target = period.get("account_cts"), period.get("target_cts")
        ratio, heads = share(load.accounts, load.fte or 0), _heads(load)
        amounts = sorted(row.arr for row in load.rows if row.arr is not None)
        known = (ratio, load.implied, cts, target)
        is_ok = None
        if ratio is not None and load.implied is not None and None not in known:
            is_ok = ratio <= load.implied and cts < target
        return {
            "tier_id": load.tier_id,
            "month_start": month,
            "as_of_on": load.day,
            "accounts": load.accounts,
            "heads": heads,
            "fte": load.fte,
            "accounts_per_csm": share(load.accounts, heads or 0),
            "csm_per_account": None if heads is None else share(heads, load.accounts),
            "accounts_per_fte": ratio,
            "fte_per_account": None if load.fte is None else share(load.fte, load.accounts),
            "implied_accounts_per_fte": load.implied,
            **self._reference(load.tier_id, load.day),
            "utilisation": load.utilisation,
            "arr_per_account_mean": fsum(amounts) / len(amounts) if amounts else None,
            "arr_per_account_median": median(amounts) if amounts else None,
            "arr_per_account_p90": quantile(amounts, 0.9),
            "arr_per_fte": share(fsum(amounts), load.fte or 0) if amounts else None,
            "account_cts": cts,
            "target_cts": target,
            "is_ratio_ok_but_undercovered": is_ok,
            "is_design_target": False,
            "has_mix_warning": load.tier_id == ALL,
            "between_tier_range": None,
        }

    def mart_ratio_bridge(self) -> Iterator[Row]:
        """Four rows a tier and comparison."""
        tiers = sorted({tier for tier, _ in self.tiers.loads} - {ALL, NONE})
        for kind, before, after in self.tiers.pairs():
            effects: dict[str, dict[str, float]] = {}
            needs: dict[str, tuple[float, float]] = {}
            for tier_id in tiers:
                sides = self.tiers.drivers(tier_id, before, after)
                effect = self.tiers.bridge(tier_id, before, after)
                if sides is not None and effect is not None:
                    effects[tier_id], needs[tier_id] = effect, (need(sides[0]), need(sides[1]))
                    for name in DRIVERS:
                        values = (sides[0][name], sides[1][name])
                        yield _bridge(
                            *(tier_id, kind, before, after, name, values),
                            effect=effect[name],
                            needed=needs[tier_id],
                        )
            if effects:
                total = (fsum(n[0] for n in needs.values()), fsum(n[1] for n in needs.values()))
                for name in DRIVERS:
                    yield _bridge(
                        *(ALL, kind, before, after, name, (None, None)),
                        effect=fsum(effect[name] for effect in effects.values()),
                        needed=total,
                    )

    # Accounts
    def mart_capacity_account(self) -> Iterator[Row]:
        """One row an account that is in a tier today."""
        stranded = self._stranded()
        for row in self.capacity.demands.on(self.as_of):
            yield {**self._account(row), "stranded_fte": stranded.get(row.account_id, 0.0)}

    def _account(self, row: Demand) -> Row:
        said = self.book.model_on(self.as_of).said
        net = net_hours_per_fte(said["capacity"])
        unit = self.capacity.unit_of(row.account_id, self.as_of)
        book = self.capacity.books[self.as_of].get(unit) if unit else None
        even = (row.required - row.event - row.onboarding) / YEAR_WEEKS
        weeks = [monday(self.as_of) + n * WEEK for n in range(1, WEEKS_AFTER + 1)]
        extra = {week: self.capacity.extra(row.account_id, week, row) for week in weeks}
        peak = min((w for w in weeks if extra[w] > 0), key=lambda w: (-extra[w], w), default=None)
        ahead = WEEKS_AFTER * even + exact(extra.values())
        ahead_fte, required_fte = ahead * QUARTERS / net, row.required / net
        step = self._step_up(row.account_id)
        return {
            "account_id": row.account_id,
            "tier_id": row.tier_id,
            "owner_user_id": row.owner_user_id,
            "owner_pool": row.owner_pool,
            "lifecycle_stage": self.stages.get(row.account_id),
            "arr": row.arr,
            "complexity": row.complexity,
            "complexity_multiplier": row.multiplier,
            "standard_hours": row.standard,
            **{f"{part}_hours": getattr(row, part) for part in PARTS},
            "required_hours": row.required,
            "weekly_required_hours": row.required / YEAR_WEEKS,
            "required_fte": required_fte,
            "is_single_person_exceeded": required_fte > said["model_risk"]["lead_fully_booked"],
            "owner_load": share(row.required, (book.supply if book else None) or 0),
            "peak_week_start": peak,
            "peak_week_hours": even + (0.0 if peak is None else extra[peak]),
            "next_13w_required_hours": ahead,
            "next_13w_required_fte": ahead_fte,
            "surplus_fte": max(0.0, required_fte - ahead_fte),
            "deficit_fte": max(0.0, ahead_fte - required_fte),
            "budget_delta": None if self.cost is None else (ahead_fte - required_fte) * self.cost,
            "licence_delta": None,
            "has_complexity_step_up": None if step is None else step[0],
            "recommended_extra_fte": None
            if step is None
            else (max(0.0, step[1]) / net if step[0] else 0.0),
        }

    def _step_up(self, account_id: str) -> tuple[bool, float] | None:
        """Whether it became clearly more work in 30 days, and by how many hours a year."""
        demands, before = self.capacity.demands, self.as_of - timedelta(days=30)
        then, today = (demands.base(account_id, monday(day)) for day in (before, self.as_of))
        if then is None or today is None:
            return None
        lower, higher = (
            LEVELS.get(demands.complexity(account_id, day)[0] or "") for day in (before, self.as_of)
        )
        is_higher = lower is not None and higher is not None and higher > lower
        return is_higher or today >= STEP_UP * then, today - then

    def _stranded(self) -> dict[str, float]:
        """FTE of people who have one account and no other."""
        here = {row.account_id for row in self.capacity.demands.on(self.as_of)}
        accounts: dict[str, set[str]] = defaultdict(set)
        for row in self.assigned:
            if (
                row["account_id"] in here
                and row["user_id"] is not None
                and row["valid_from"] <= self.as_of
                and (row["valid_to"] is None or self.as_of < row["valid_to"])
            ):
                accounts[row["user_id"]].add(row["account_id"])
        found: dict[str, float] = defaultdict(float)
        for week in self.capacity.team.there(self.as_of):
            mine = accounts.get(week.user_id, set())
            if len(mine) == 1:
                found[min(mine)] += week.fte
        return found


def _heads(load: TierLoad) -> int | None:
    return None if load.fte is None else len(load.people)


def _bridge(
    tier_id: str,
    kind: str,
    before: date,
    after: date,
    driver: str,
    values: tuple[float | None, float | None],
    *,
    effect: float,
    needed: tuple[float, float],
) -> Row:
    return {
        "tier_id": tier_id,
        "comparison": f"{kind}_before",
        "compared_with_on": before,
        "period_end": after,
        "driver": driver,
        "driver_order": DRIVERS.index(driver) + 1,
        "value_before": values[0],
        "value_after": values[1],
        "effect_fte": effect,
        "needed_fte_before": needed[0],
        "needed_fte_after": needed[1],
        "needed_fte_change": needed[1] - needed[0],
    }


def quantile(amounts: Sequence[float], at: float) -> float | None:
    """Between the two nearest of sorted amounts, in a straight line."""
    if not amounts:
        return None
    place = at * (len(amounts) - 1)
    low = int(place)
    high = min(low + 1, len(amounts) - 1)
    return amounts[low] + (amounts[high] - amounts[low]) * (place - low)
