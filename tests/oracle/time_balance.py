"""Whether people get to do what standards ask for: TM8 (mart_time_balance).

Belongs here: the split held against the design, and what the reactive time was for. Does not: the
split itself, which `time_marts` tells; meetings that nobody wrote down, which `time_meetings` does.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from oracle.activity_time import Spent
from oracle.calendar import period
from oracle.coverage import share
from oracle.demand import YEAR_WEEKS, Demand, Demands
from oracle.ledger_facts import DAY, days
from oracle.ledger_rows import Obligation
from oracle.supply import WEEK
from oracle.time_marts import ALL, CATEGORIES, NONE, Split, TimeMarts, sum_of
from oracle.time_meetings import Meetings
from oracle.world import Row, World

CALENDAR_KINDS = {"google_calendar"}
TOP = 3


@dataclass(frozen=True)
class Plan:
    """Hours that a design asks for."""

    proactive: float
    reactive: float

    def times(self, factor: float) -> Plan:
        """A part of it."""
        return Plan(self.proactive * factor, self.reactive * factor)


def plus(plans: Sequence[Plan]) -> Plan:
    """Several as one."""
    return Plan(sum(p.proactive for p in plans), sum(p.reactive for p in plans))


class TimeBalance:
    """Time held against what is owed; `records` are activities as their sources have them."""

    def __init__(
        self,
        marts: TimeMarts,
        demands: Demands,
        ledger: Sequence[Obligation],
        world: World,
        records: Sequence[Row],
    ) -> None:
        self.marts, self.demands, self.ledger = marts, demands, ledger
        self.book, self.activities = demands.book, marts.time.facts.activities
        self.meetings = Meetings(marts, world, records)

    def rows(self) -> Iterator[Row]:
        """mart_time_balance."""
        for (user_id, start), split in self.marts.by_week.items():
            end = start + WEEK - DAY
            plan = self._plan_of(user_id, start)
            mine = [one for one in self.marts.spent if self._is(one, user_id, start)]
            yield {
                **self._row("csm_week", user_id, None, (start, end), split, plan),
                "crowd_out_hours": None
                if plan is None
                else crowd_out(
                    plan, split.minutes["proactive"] / 60, split.minutes["reactive"] / 60
                ),
                "top_reasons": top_reasons(mine),
                **_paper(_on(mine, "reporting"), _on(mine, "data_entry"), split),
                **self.meetings.counted(mine),
                **dict.fromkeys(_OF_TIERS),
            }
        for tier_id, start in sorted(self.marts.by_month):
            yield self._tier_row("tier_month", tier_id, [start])
        quarters = {(tier_id, period(m, "quarter")[0]) for tier_id, m in self.marts.by_month}
        for tier_id, start in sorted(quarters):
            months = [start, *(_months_after(start, n) for n in (1, 2))]
            if all(month in self.marts.months for month in months):
                yield self._tier_row("tier_quarter", tier_id, months)

    def _is(self, one: Spent, user_id: str, start: date) -> bool:
        return one.week == start and self.marts.user_id(one) == user_id

    def _tier_row(self, grain: str, tier_id: str, months: Sequence[date]) -> Row:
        cells = [(tier_id, month) for month in months]
        split = sum_of([self.marts.by_month[c] for c in cells if c in self.marts.by_month])
        dates = (months[0], period(months[-1], "month")[1])
        plans = [self._plan_of_tier(*cell) for cell in cells]
        known = [plan for plan in plans if plan is not None]
        plan = plus(known) if len(known) == len(plans) else None
        crowded = [self._crowd_out_of_tier(*cell) for cell in cells]
        mine = [
            one
            for one in self.marts.spent
            if one.day.replace(day=1) in months and is_in(one, tier_id)
        ]
        reporting, crm = (
            sum(self._paper.get(cell, {}).get(name, 0.0) for cell in cells) / 60
            for name in ("reporting", "data_entry")
        )
        return {
            **self._row(grain, None, tier_id, dates, split, plan),
            "crowd_out_hours": None if plan is None else sum(hours or 0.0 for hours in crowded),
            "top_reasons": top_reasons(mine),
            **_paper(reporting, crm, split),
            **self.meetings.counted(self._first_of_each(mine)),
            **self._delivery(tier_id, *dates),
        }

    def _row(
        self,
        grain: str,
        user_id: str | None,
        tier_id: str | None,
        dates: tuple[date, date],
        split: Split,
        plan: Plan | None,
    ) -> Row:
        hours = {f"{name}_hours": split.minutes[name] / 60 for name in CATEGORIES[:-1]}
        both = hours["proactive_hours"] + hours["reactive_hours"]
        settings = self.book.model_on(dates[1]).said["time"]
        verdict = _verdict(split, settings["mostly_reactive"], settings["max_unaccounted"])
        return {
            "grain": grain,
            "user_id": user_id,
            "tier_id": tier_id,
            "period_start": dates[0],
            "period_end": dates[1],
            **hours,
            "tracked_hours": split.tracked / 60,
            "contracted_hours": split.contracted / 60,
            "reactive_share": share(split.minutes["reactive"], split.tracked),
            "unaccounted_share": split.unaccounted_share,
            "designed_proactive_hours": plan.proactive if plan else None,
            "planned_reactive_hours": plan.reactive if plan else None,
            "designed_proactive_share": share(plan.proactive, plan.proactive + plan.reactive)
            if plan
            else None,
            "actual_proactive_share": share(hours["proactive_hours"], both),
            "firefighting_index": share(hours["reactive_hours"], both),
            "is_mostly_reactive": verdict == "mostly_reactive"
            if verdict.endswith("mostly_reactive")
            else None,
            "verdict": verdict,
            "client_hours": both,
        }

    # The design
    def _day_before(self, start: date) -> date | None:
        return max((day for day in self.demands.told if day < start), default=None)

    def _plan_of(self, user_id: str, start: date) -> Plan | None:
        day = self._day_before(start)
        if day is None:
            return None
        rows = self.demands.on(day)
        own = plus([_weekly(row) for row in rows if row.owner_user_id == user_id])
        week = self.marts.team.weeks.get((user_id, start))
        if week is None or week.pool is None:
            return own
        people = [
            each
            for (_, monday), each in self.marts.team.weeks.items()
            if monday == start and each.pool == week.pool
        ]
        part = share(week.supply, sum(each.supply for each in people)) or 0.0
        pooled = [
            _weekly(row) for row in rows if row.owner_pool == week.pool and not row.owner_user_id
        ]
        return plus([own, plus(pooled).times(part)])

    def _plan_in_week(self, tier_id: str, start: date) -> Plan | None:
        day = self._day_before(start)
        if day is None:
            return None
        return plus([_weekly(row) for row in self.demands.on(day) if row.tier_id == tier_id])

    def _plan_of_tier(self, tier_id: str, month: date) -> Plan | None:
        if tier_id == NONE:
            return None
        tiers = self._tiers if tier_id == ALL else [tier_id]
        plans = [self._plan_in_week(t, start) for t in tiers for start in mondays(month)]
        known = [plan for plan in plans if plan is not None]
        return plus(known) if len(known) == len(plans) else None

    @cached_property
    def _tiers(self) -> list[str]:
        return sorted({row.tier_id for row in self.demands.rows.values()})

    def _crowd_out_of_tier(self, tier_id: str, month: date) -> float | None:
        if tier_id == NONE:
            return None
        if tier_id == ALL:
            parts = [self._crowd_out_of_tier(tier, month) for tier in self._tiers]
            return sum(part or 0.0 for part in parts)
        total = 0.0
        for start in mondays(month):
            plan = self._plan_in_week(tier_id, start)
            if plan is not None:
                proactive = self._by_everybody[tier_id, start, "proactive"] / 60
                reactive = self._by_everybody[tier_id, start, "reactive"] / 60
                total += crowd_out(plan, proactive, reactive)
        return total

    @cached_property
    def _by_everybody(self) -> dict[tuple[str, date, str], float]:
        found: dict[tuple[str, date, str], float] = defaultdict(float)
        for one in self.marts.time.spent:
            if one.tier_id is not None:
                found[one.tier_id, one.week, one.kind.category] += one.minutes
        return found

    # Paper
    @cached_property
    def _paper(self) -> dict[tuple[str, date], dict[str, float]]:
        return self.marts.spread(
            lambda one: one.kind.category == "internal", lambda one: one.work_type or ""
        )

    def _first_of_each(self, mine: Sequence[Spent]) -> list[Spent]:
        """A meeting counts once, for the one whose address comes first."""
        first: dict[str, str] = {}
        for one in self.marts.spent:
            if not one.is_entry:
                name = one.record["activity_id"]
                first[name] = min(one.email, first.get(name, one.email))
        return [o for o in mine if not o.is_entry and o.email == first[o.record["activity_id"]]]

    # What software does
    def _delivery(self, tier_id: str, first: date, last: date) -> Row:
        if tier_id == NONE:
            return dict.fromkeys(_OF_TIERS)
        automated = {a["activity_id"] for a in self.activities if a["is_automated"]}
        digital = [
            row
            for row in self.ledger
            if row.disposition == "counted"
            and row.delivery_mode == "digital"
            and row.fulfilled_on is not None
            and first <= row.fulfilled_on <= last
            and tier_id in (ALL, row.tier_id)
        ]
        by_hand = [
            row
            for row in digital
            if row.fulfilled_by_activity_id and row.fulfilled_by_activity_id not in automated
        ]
        could = [
            activity
            for activity in self.activities
            if first <= activity["started_on"] <= last and self._is_automatable(activity, tier_id)
        ]
        if not digital and not could:
            return dict.fromkeys(_OF_TIERS)
        return {
            "digital_obligations": len(digital),
            "manual_workaround_rate": share(len(by_hand), len(digital)),
            "automatable_activities": len(could),
            "automated_rate": share(sum(bool(a["is_automated"]) for a in could), len(could)),
        }

    def _is_automatable(self, activity: Row, tier_id: str) -> bool:
        day = activity["started_on"]
        tier = self.marts.time.facts.tier_on(activity["account_id"], day)
        if activity["status"] != "completed" or tier is None or tier_id not in (ALL, tier):
            return False
        return any(
            standard.allow_automation and activity["type"] in standard.accepts
            for standard in self.book.model_on(day).planned(tier)
        )


_OF_TIERS = (
    "digital_obligations", "manual_workaround_rate", "automatable_activities", "automated_rate",
)  # fmt: skip


def mondays(month: date) -> list[date]:
    """The Mondays of a month."""
    return [day for day in days(month, period(month, "month")[1] + DAY) if day.weekday() == 0]


def _months_after(month: date, number: int) -> date:
    for _ in range(number):
        month = period(month, "month")[1] + DAY
    return month


def _weekly(row: Demand) -> Plan:
    return Plan(row.proactive / YEAR_WEEKS, row.reactive / YEAR_WEEKS)


def _on(spent: Sequence[Spent], work_type: str) -> float:
    """Hours of internal work of a kind."""
    mine = (o for o in spent if o.kind.category == "internal" and o.work_type == work_type)
    return sum(one.minutes for one in mine) / 60


def is_in(one: Spent, tier_id: str) -> bool:
    return one.tier_id is not None if tier_id == ALL else one.tier_id == tier_id


def crowd_out(plan: Plan, proactive: float, reactive: float) -> float:
    """Planned work that did not happen in a week of more questions than planned."""
    return max(0.0, plan.proactive - proactive) if reactive > plan.reactive else 0.0


def top_reasons(spent: Sequence[Spent]) -> list[str] | None:
    """What most of the reactive time was for."""
    minutes: dict[str, float] = defaultdict(float)
    for one in spent:
        if one.kind.category == "reactive" and one.minutes > 0:
            is_written = one.kind.reason == "written" and one.work_type
            minutes[one.work_type if is_written and one.work_type else one.kind.reason] += (
                one.minutes
            )
    total = sum(minutes.values())
    ordered = sorted(minutes, key=lambda name: (-round(minutes[name], 6), name))[:TOP]
    named = [f"{name} {math.floor(100 * minutes[name] / total + 0.5)} %" for name in ordered]
    return named or None


def _paper(reporting: float, crm: float, split: Split) -> Row:
    client = (split.minutes["proactive"] + split.minutes["reactive"]) / 60
    return {
        "reporting_hours": reporting,
        "crm_hours": crm,
        "client_to_crm_ratio": share(client, crm),
    }


def _verdict(split: Split, mostly: float, longest: float) -> str:
    unaccounted = split.unaccounted_share
    if unaccounted is None:
        return "no_contracted_time"
    if unaccounted > longest:
        return "too_much_unaccounted"
    if not split.tracked:
        return "nothing_tracked"
    is_mostly = split.minutes["reactive"] / split.tracked > mostly
    return "mostly_reactive" if is_mostly else "not_mostly_reactive"
