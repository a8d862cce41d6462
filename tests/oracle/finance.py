"""Whether to hire or to build, and what more hours would come to: 3.15, F4 to F7.

Belongs here: mart_headcount_case, mart_whatif_summary, mart_whatif_capacity. Does not: what tools
give back, which `tooling` tells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from oracle.capacity_tiers import ALL, TierLoad
from oracle.coverage import share
from oracle.demand import YEAR_D
from oracle.ledger_rows import Obligation
from oracle.sums import exact
from oracle.supply import WEEK
from oracle.time_marts import TRACKED
from oracle.tooling import SCENARIOS, Tooling, times
from oracle.world import Row

SUFFICES = 1e-6
FAR = float("inf")


@dataclass(frozen=True)
class Item:
    """Work that is due and not done."""

    item_id: str
    kind: str
    account_id: str
    tier_id: str | None
    family: str | None
    rule_id: str | None
    obligations: int | None
    due_on: date
    criticality: int
    hours: float


@dataclass(frozen=True)
class Extra:
    """Hours a year that there would be more; None where not known."""

    scenario: str
    uplift: float | None
    gross: float | None
    absorbed_share: float
    basis: str

    @property
    def absorbed(self) -> float | None:
        """What no customer sees of them."""
        return times(self.gross, self.absorbed_share)

    @property
    def net(self) -> float | None:
        """What reaches customers."""
        return times(self.gross, 1 - self.absorbed_share)


class Finance:
    """The case; `accounts` are dim_account, `triggers` fct_playbook_trigger."""

    def __init__(
        self,
        tooling: Tooling,
        ledger: Sequence[Obligation],
        accounts: Sequence[Row],
        triggers: Sequence[Row],
    ) -> None:
        self.tooling, self.ledger, self.triggers = tooling, ledger, triggers
        self.accounts = {row["account_id"]: row for row in accounts if row["is_active"]}
        self.tiers, self.as_of, self.said = tooling.tiers, tooling.as_of, tooling.said
        self.book = tooling.tiers.book

    # More hours
    def extras(self) -> Iterator[Extra]:
        """Where more hours could come from."""
        uplift = float(self.said["whatif"]["capacity_uplift"])
        absorbed, basis = self._absorbed()
        yield Extra("uplift", uplift, times(self.tooling.gross_hours, uplift), absorbed, basis)
        kept = self.tooling.settings["redeployment"]
        yield Extra("tooling", None, self.tooling.recoverable(), 1 - kept, "redeployment")

    def _absorbed(self) -> tuple[float, str]:
        """What internal work takes of an hour: as seen, where enough of the time is."""
        assumed = float(self.said["capacity"]["internal_share"]), "assumed"
        if not self.tooling.is_tracked:
            return assumed
        last = self.tooling.window[1]
        first = last + timedelta(days=1) - self.tooling.weeks_tracked * WEEK
        spent = [one for one in self.tooling.in_window() if one.week >= first]
        tracked = exact(one.minutes for one in spent if one.kind.category in TRACKED)
        internal = exact(one.minutes for one in spent if one.kind.category == "internal")
        weeks = self.tooling.marts.team.weeks.values()
        contracted = exact(w.working * 60 for w in weeks if first <= w.start <= last)
        accounted = share(tracked, contracted)
        if accounted is None or not tracked:
            return assumed
        if max(0.0, 1 - accounted) >= self.said["time"]["max_unaccounted"]:
            return assumed
        return internal / tracked, "observed"

    def mart_whatif_summary(self) -> Iterator[Row]:
        """One row a scenario."""
        load = self.tiers.loads[ALL, self.as_of]
        limit = self.said["whatif"]["tooling_constraint_share"]
        unmet = None if load.supply is None else max(0.0, load.required - load.supply)
        for extra in self.extras():
            filled = None if unmet is None or extra.net is None else min(unmet, extra.net)
            is_tooling = extra.absorbed_share > limit
            yield {
                "scenario": extra.scenario,
                "uplift": extra.uplift,
                "gross_extra_hours": extra.gross,
                "absorbed_share": extra.absorbed_share,
                "absorbed_basis": extra.basis,
                "absorbed_hours": extra.absorbed,
                "net_extra_hours": extra.net,
                "constraint_kind": None
                if extra.scenario == "tooling"
                else ("tooling" if is_tooling else "headcount"),
                "required_hours": load.required,
                "supply_hours": load.supply,
                "unmet_hours": unmet,
                "unmet_filled_hours": filled,
                "unmet_after_hours": None if unmet is None or filled is None else unmet - filled,
            }

    # What is due
    def items(self) -> list[Item]:
        """In the order in which more hours would be spent."""
        found = [*self._owed(), *self._fired()]
        return sorted(found, key=self._order)

    def _order(self, item: Item) -> tuple[int, float, date, bytes]:
        arr = self._arr_per_hour(item)
        return (
            item.criticality,
            FAR if arr is None else -round(arr, 9),
            item.due_on,
            item.item_id.encode(),
        )

    def _arr_per_hour(self, item: Item) -> float | None:
        arr = self.accounts[item.account_id]["arr"]
        return None if arr is None else share(arr, item.hours)

    def _owed(self) -> Iterator[Item]:
        rows: dict[tuple[str, str], list[Obligation]] = defaultdict(list)
        for row in self.ledger:
            if self._is_due(row):
                rows[row.account_id, row.family].append(row)
        for (account_id, family), mine in rows.items():
            newest = max(mine, key=lambda row: (row.closes_on, row.obligation_id))
            hours = exact(row.expected_minutes / 60 for row in mine)
            standards = self.book.model_on(newest.opened_on).planned(newest.tier_id)
            standard = next((s for s in standards if s.family == family), None)
            if standard is not None and standard.per_year > 0:
                hours = min(hours, standard.per_year * standard.minutes / 60)
            is_first = newest.schedule_type in ("lead_to_event", "conditional")
            is_second = any(row.is_required for row in mine)
            yield Item(
                item_id=f"obligation:{account_id}:{family}",
                kind="obligation",
                account_id=account_id,
                tier_id=newest.tier_id,
                family=family,
                rule_id=None,
                obligations=len(mine),
                due_on=min(row.due_on for row in mine),
                criticality=1 if is_first else 2 if is_second else 3,
                hours=hours,
            )

    def _is_due(self, row: Obligation) -> bool:
        since = self.as_of - timedelta(days=YEAR_D)
        is_missed = row.timeliness == "missed" and since < row.closes_on <= self.as_of
        return (
            row.account_id in self.accounts
            and row.disposition == "counted"
            and (is_missed or (row.timeliness == "open" and row.due_on < self.as_of))
            and row.family != "trigger_response"
            and row.delivery_mode != "digital"
            and row.expected_minutes > 0
        )

    def _fired(self) -> Iterator[Item]:
        usual = float(self.said["whatif"]["trigger_minutes"])
        for row in self.triggers:
            if (
                not row["is_open"]
                or row["acted_at"] is not None
                or row["fired_on"] is None
                or row["account_id"] not in self.accounts
            ):
                continue
            standards = self.book.model_on(self.as_of).planned(row["tier_id"])
            planned = [s.minutes for s in standards if s.family == "trigger_response"]
            minutes = next((m for m in planned if m > 0), usual)
            yield Item(
                item_id=f"trigger:{row['trigger_id']}",
                kind="trigger",
                account_id=row["account_id"],
                tier_id=row["tier_id"],
                family=None,
                rule_id=row["rule_id"],
                obligations=None,
                due_on=row["fired_on"],
                criticality={"high": 1, "medium": 2}.get(row["severity"], 3),
                hours=minutes / 60,
            )

    def mart_whatif_capacity(self) -> Iterator[Row]:
        """One row a scenario and piece of work."""
        items = self.items()
        for extra in self.extras():
            before = 0.0
            for place, item in enumerate(items, 1):
                person, pool = self.book.lead_on(item.account_id, self.as_of)
                after = before + item.hours
                yield {
                    "scenario": extra.scenario,
                    "work_item_id": item.item_id,
                    "work_order": place,
                    "kind": item.kind,
                    "account_id": item.account_id,
                    "account_name": self.accounts[item.account_id]["name"],
                    "tier_id": item.tier_id,
                    "owner_user_id": person,
                    "owner_pool": pool,
                    "family": item.family,
                    "rule_id": item.rule_id,
                    "obligations": item.obligations,
                    "due_on": item.due_on,
                    "days_overdue": (self.as_of - item.due_on).days,
                    "criticality": item.criticality,
                    "arr": self.accounts[item.account_id]["arr"],
                    "hours": item.hours,
                    "arr_per_hour": self._arr_per_hour(item),
                    "cumulative_hours": after,
                    "done_hours": None
                    if extra.net is None
                    else min(item.hours, max(0.0, extra.net - before)),
                    "is_done": None if extra.net is None else after <= extra.net + SUFFICES,
                }
                before = after

    # Hire or build
    def mart_headcount_case(
        self, balance: Sequence[Row], loads: Sequence[Row], checks: Sequence[Row]
    ) -> Iterator[Row]:
        """One row a scenario and tier.

        `balance`, `loads` and `checks` are mart_time_balance, mart_load_outcome and
        mart_infrastructure_check.
        """
        newest: dict[str, Row] = {}
        for row in sorted(balance, key=lambda row: row["period_start"]):
            if row["grain"] == "tier_quarter" and row["period_end"] <= self.as_of:
                newest[row["tier_id"]] = row
        known = [row for row in checks if row["is_done"] is not None]
        ordered = sorted(known, key=lambda row: row["check_order"])
        built = {
            "infrastructure_rate": share(sum(row["is_done"] for row in known), len(known)),
            "infrastructure_missing": [r["check_id"] for r in ordered if not r["is_done"]] or None,
        }
        for scenario in SCENARIOS:
            for (tier_id, day), load in self.tiers.loads.items():
                if day == self.as_of:
                    time = newest.get(tier_id, {})
                    yield {
                        **self._case(scenario, tier_id, load, time.get("is_mostly_reactive")),
                        "top_reasons": time.get("top_reasons"),
                        **_books(tier_id, loads),
                        **built,
                    }

    def _case(
        self, scenario: str, tier_id: str, load: TierLoad, is_mostly_reactive: bool | None
    ) -> Row:
        tooling = self.tooling
        kept, cost = tooling.settings["redeployment"], tooling.cost_per_net_hour
        gap = None if load.fte is None else load.needed_fte - load.fte
        hours = None
        if tooling.is_tracked:
            hours = tooling.of_tier(tooling.recoverable(scenario), tier_id)
        given_back = None if hours is None else hours / tooling.net
        redeployed = times(given_back, kept)
        low, high = _left(gap, given_back), _left(gap, redeployed)
        annual = tooling.settings["annual_cost"] if tier_id == ALL else None
        setup = tooling.settings["setup_cost"] if tier_id == ALL else None
        value = times(times(hours, kept), cost)
        return {
            "scenario": scenario,
            "tier_id": tier_id,
            "verdict": self._verdict(load, gap, given_back, is_mostly_reactive),
            "accounts": load.accounts,
            "fte": load.fte,
            "needed_fte": load.needed_fte,
            "gap_fte": gap,
            "gap_hours": None if load.supply is None else load.required - load.supply,
            "recoverable_hours": hours,
            "fte_equivalent": given_back,
            "fte_equivalent_redeployed": redeployed,
            "residual_fte_low": low,
            "residual_fte_high": high,
            "loaded_cost_per_year": tooling.loaded_cost,
            "cost_per_net_hour": cost,
            "gap_cost": times(gap, tooling.loaded_cost),
            "residual_cost_low": times(low, tooling.loaded_cost),
            "residual_cost_high": times(high, tooling.loaded_cost),
            "recovered_value": times(hours, cost),
            "redeployed_value": value,
            "tool_annual_cost": annual,
            "tool_setup_cost": setup,
            "cost_per_recovered_hour": None if annual is None else share(annual, hours or 0),
            "payback_months": None
            if annual is None
            else share(12 * (annual + (setup or 0)), value or 0),
            "is_mostly_reactive": is_mostly_reactive,
        }

    def _verdict(
        self, load: TierLoad, gap: float | None, given_back: float | None, is_reactive: bool | None
    ) -> str:
        if not load.fte or gap is None or given_back is None:
            return "insufficient_data"
        if gap <= 0:
            return "no_gap"
        if is_reactive:
            return "investigate_reactive_drivers"
        if given_back >= gap:
            return "tooling_first"
        is_mixed = given_back >= self.tooling.settings["mixed_from"] * gap
        return "mixed" if is_mixed else "headcount_supported"


def _left(gap: float | None, given_back: float | None) -> float | None:
    """People still missing."""
    return None if gap is None or given_back is None else max(0.0, gap - given_back)


def _books(tier_id: str, loads: Sequence[Row]) -> Row:
    """What goes with the emptiest books of a tier, and with the fullest."""
    mine = {(r["outcome"], r["quintile"]): r for r in loads if r["tier_id"] == tier_id}
    found = {}
    for name, quintile in (("light", 1), ("heavy", 5)):
        covered = mine.get(("coverage", quintile), {})
        renewed = mine.get(("gross_renewal", quintile), {})
        found[f"{name}_book_accounts"] = covered.get("load_mean")
        found[f"{name}_book_covered_rate"] = covered.get("value")
        found[f"{name}_book_renewal_rate"] = renewed.get("value")
    return found
