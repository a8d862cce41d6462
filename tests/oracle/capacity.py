"""Work against people: 3.11, C2, C9, C14, C15 (csm_capacity_week, over capacity).

Belongs here: whose book takes what, by tier on a day and week by week. Does not: the work of an
account (`demand`), the hours of a person (`supply`), tables of tiers (`capacity_marts`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from oracle.activity_time import monday
from oracle.coverage import share
from oracle.demand import QUARTER_D, YEAR_WEEKS, Demand, Demands
from oracle.ledger_rows import Obligation
from oracle.people_models import net_hours_per_fte
from oracle.supply import WEEK, WEEKS_AFTER, WEEKS_BEFORE, CsmWeek, Team
from oracle.world import Row

NONE = "NONE"
"""Where people without accounts are."""

ONBOARDING_WEEKS = 13


@dataclass(frozen=True)
class Unit:
    """A person, or a pool: who leads accounts."""

    user_id: str | None
    pool: str | None


@dataclass
class Book:
    """A unit's people and accounts on a day; FTE and hours None where it has no people of ours."""

    unit: Unit
    day: date
    accounts: list[Demand] = field(default_factory=list)
    people: list[CsmWeek] = field(default_factory=list)
    net: float = 0.0

    @property
    def fte(self) -> float | None:
        """Full-time equivalents."""
        return sum(week.fte for week in self.people) if self.people else None

    @property
    def supply(self) -> float | None:
        """Hours a year for customers, of who is new too."""
        if not self.people:
            return None
        return sum(week.fte * week.ramp_share for week in self.people) * self.net

    @property
    def required(self) -> float:
        """Hours a year that its accounts take."""
        return sum(row.required for row in self.accounts)

    @property
    def shares(self) -> dict[str, float]:
        """How its people are split over tiers: by the hours of its accounts."""
        if not self.accounts:
            return {NONE: 1.0}
        found: dict[str, float] = defaultdict(float)
        for row in self.accounts:
            found[row.tier_id] += (
                row.required / self.required if self.required else 1 / len(self.accounts)
            )
        return found


@dataclass(frozen=True)
class Load:
    """Hours that a unit has and needs in a week; None where not known."""

    unit: Unit
    week: date
    supply: float | None
    required: float | None
    accounts: int | None
    people: tuple[CsmWeek, ...]
    is_forecast: bool

    @property
    def utilisation(self) -> float | None:
        """Above 1 there is more work than time."""
        return None if self.required is None else share(self.required, self.supply or 0)


Loads = Mapping[tuple[Unit, date], Load]
"""Each unit's weeks, by Monday."""


def is_over(row: Obligation, loads: Loads, limit: float) -> bool:
    """Whether the weeks in which a row was open hold more work than its owner had time for."""
    if row.owner_user_id is None and row.owner_pool is None:
        return False
    unit = Unit(row.owner_user_id, None if row.owner_user_id else row.owner_pool)
    supply = required = 0.0
    is_known = False
    week = monday(row.window_open_on)
    while week <= monday(row.closes_on):
        load = loads.get((unit, week))
        if load is not None and load.supply is not None and load.required is not None:
            is_known = True
            supply, required = supply + load.supply, required + load.required
        week += WEEK
    return is_known and required > limit * supply


class Capacity:
    """Whose book takes how much."""

    def __init__(self, team: Team, demands: Demands) -> None:
        self.team, self.demands, self.book = team, demands, team.book

    @property
    def as_of(self) -> date:
        """Today."""
        return self.book.as_of

    def unit_of(self, account_id: str, day: date) -> Unit | None:
        """Who leads an account; a person goes before a pool."""
        person, pool = self.book.lead_on(account_id, day)
        if person is not None:
            return Unit(person, None)
        return Unit(None, pool) if pool is not None else None

    @cached_property
    def books(self) -> dict[date, dict[Unit, Book]]:
        """Each unit's book on each day that demand is known of."""
        return {day: self._books(day) for day in self.demands.days}

    def _books(self, day: date) -> dict[Unit, Book]:
        net = net_hours_per_fte(self.book.model_on(day).said["capacity"])
        found: dict[Unit, Book] = {}
        for row in self.demands.on(day):
            unit = self.unit_of(row.account_id, day)
            if unit is not None:
                found.setdefault(unit, Book(unit, day, net=net)).accounts.append(row)
        for week in self.team.there(day):
            unit = unit_of(week)
            found.setdefault(unit, Book(unit, day, net=net)).people.append(week)
        return found

    # Week by week
    @cached_property
    def loads(self) -> dict[tuple[Unit, date], Load]:
        """C15: each unit's weeks, by Monday."""
        last = monday(self.as_of)
        found = {}
        for number in range(-WEEKS_BEFORE, WEEKS_AFTER + 1):
            start = last + number * WEEK
            for load in self._loads(start):
                found[load.unit, start] = load
        return found

    def _loads(self, start: date) -> Iterator[Load]:
        day = min(start, self.as_of)
        accounts: dict[Unit, list[str]] = defaultdict(list)
        for account_id in self.team.active:
            unit = self.unit_of(account_id, day)
            if unit is not None and self.team.is_active(account_id, day):
                accounts[unit].append(account_id)
        people: dict[Unit, list[CsmWeek]] = defaultdict(list)
        for (_, week), there in self.team.weeks.items():
            if week == start:
                people[unit_of(there)].append(there)
        told_on = max((d for d in self.demands.told if d <= day), default=None)
        for unit in {*people, *(unit for unit in accounts if unit.pool is not None)}:
            mine, there_are = accounts.get(unit, []), people.get(unit, [])
            told = [name for name in mine if (name, told_on) in self.demands.rows]
            if not told and not there_are:
                continue
            yield Load(
                unit,
                start,
                supply=sum(week.supply for week in there_are) if there_are else None,
                required=None
                if told_on is None
                else sum(self._in_week(name, start, told_on) for name in mine),
                accounts=None if told_on is None else len(told),
                people=tuple(there_are),
                is_forecast=start > self.as_of,
            )

    def _in_week(self, account_id: str, start: date, day: date) -> float:
        """What an account takes in a week, by what it took a year on a day."""
        row = self.demands.rows.get((account_id, day))
        even = 0.0 if row is None else (row.required - row.event - row.onboarding) / YEAR_WEEKS
        return even + self.extra(account_id, start, row)

    def extra(self, account_id: str, start: date, row: Demand | None) -> float:
        """What falls into a week and not into every one: before term ends, at the beginning."""
        hours = 0.0 if row is None else self._events(row, start)
        first = self.demands.first_day(account_id)
        if first <= start < first + timedelta(days=QUARTER_D):
            tier = self.book.tier_days[account_id][first].assigned
            said = self.book.model_on(first).said["onboarding_hours"]
            hours += float(said.get(tier, 0)) / ONBOARDING_WEEKS
        return hours

    def _events(self, row: Demand, start: date) -> float:
        """What falls into a week of the work before each term end."""
        hours = 0.0
        for standard in self.book.model_on(row.day).planned(row.tier_id):
            if standard.schedule != "lead_to_event":
                continue
            minutes = self.demands.minutes(row.tier_id, standard.family, row.day)
            each = (standard.minutes if minutes is None else minutes) / 60 * row.multiplier
            for term in self.book.succession.of_account.get(row.account_id, ()):
                if term.ends_on is not None and term.starts_on <= term.ends_on:
                    first = term.ends_on - timedelta(days=standard.open_d or 0)
                    end = term.ends_on - timedelta(days=(standard.due_d or 0) - 1)
                    inside = min(end, start + WEEK) - max(first, start)
                    hours += each * max(0, inside.days) / (end - first).days
        return hours

    def is_over(self, row: Obligation) -> bool:
        """C9: whether its owner had more work than time while it was open."""
        limit = self.book.model_on(row.window_open_on).said["capacity"]["over_util"]
        return is_over(row, self.loads, limit)

    def csm_capacity_week(self) -> Iterator[Row]:
        """One row a person or pool and week."""
        for load in self.loads.values():
            yield {
                "user_id": load.unit.user_id,
                "pool": load.unit.pool,
                "week_start": load.week,
                "heads": len(load.people),
                "fte": sum(week.fte for week in load.people) if load.people else None,
                "working_hours": sum(week.working for week in load.people) if load.people else None,
                "supply_hours": load.supply,
                "required_hours": load.required,
                "utilisation": load.utilisation,
                "accounts": load.accounts,
                "is_forecast": load.is_forecast,
            }


def unit_of(week: CsmWeek) -> Unit:
    """A person who works for a pool counts there."""
    return Unit(None, week.pool) if week.pool is not None else Unit(week.user_id, None)
