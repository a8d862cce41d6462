"""How people's time was split, by person and week and by tier and month: 3.10, TM7.

Belongs here: shares of tracked and of contracted time. Does not: what a record cost whom, which
`activity_time` tells; whether the split is as the standards want it, which `time_balance` tells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from oracle.activity_time import ActivityTime, Spent
from oracle.calendar import period
from oracle.coverage import share
from oracle.ledger_facts import DAY, days
from oracle.supply import WEEK, CsmWeek, Team
from oracle.world import Row

CATEGORIES = ("proactive", "reactive", "internal", "unclassified", "not_working")
TRACKED = CATEGORIES[:-1]
NONE, ALL = "NONE", "ALL"
WEEKDAYS = 5

Cell = tuple[str, date]
"""A person or tier, and the first day of a week or month."""


@dataclass(frozen=True)
class Split:
    """The time of a person or tier in a period, in minutes."""

    minutes: Mapping[str, float]
    contracted: float

    @property
    def tracked(self) -> float:
        """All but time off."""
        return sum(self.minutes[name] for name in TRACKED)

    @property
    def unaccounted_share(self) -> float | None:
        """What of the contracted time nothing tells of."""
        known = share(self.tracked, self.contracted)
        return None if known is None else max(0.0, 1 - known)


class TimeMarts:
    """The time of the firm's CSMs."""

    def __init__(self, time: ActivityTime, team: Team) -> None:
        self.time, self.team, self.as_of = time, team, team.book.as_of
        self.csms = {person["user_id"]: person for person in team.people if person["is_csm"]}
        ids = time.facts.user_ids
        self.spent = [one for one in time.spent if ids.get(one.email) in self.csms]

    def user_id(self, one: Spent) -> str:
        """Whose time it was."""
        return self.time.facts.user_ids[one.email]

    @cached_property
    def first_week(self) -> date | None:
        """The first week in which anybody's time is known."""
        return min((one.week for one in self.time.spent if one.minutes > 0), default=None)

    @cached_property
    def weeks(self) -> list[date]:
        """Whole weeks since then that there is any CSM in."""
        first = self.first_week
        starts = sorted({start for _, start in self.team.weeks})
        return [s for s in starts if first and s >= first and s + WEEK - DAY <= self.as_of]

    @cached_property
    def months(self) -> list[date]:
        """Whole months since then, by their first days."""
        first, starts = self.first_week, {start for _, start in self.team.weeks}
        if first is None or not starts:
            return []
        every = days(min(starts), self.as_of + DAY)
        months = (period(day, "month") for day in every if day.day == 1)
        return [start for start, end in months if first <= end <= self.as_of]

    @cached_property
    def by_week(self) -> dict[Cell, Split]:
        """Of each CSM and week."""
        minutes: dict[Cell, dict[str, float]] = defaultdict(lambda: dict.fromkeys(CATEGORIES, 0.0))
        for one in self.spent:
            minutes[self.user_id(one), one.week][one.kind.category] += one.minutes
        found = {}
        for user_id in self.csms:
            for start in self.weeks:
                week = self.team.weeks.get((user_id, start))
                mine = minutes[user_id, start]
                if (week and week.contracted > 0) or any(mine.values()):
                    found[user_id, start] = Split(mine, week.working * 60 if week else 0.0)
        return found

    # Tiers
    @cached_property
    def weights(self) -> dict[Cell, dict[str, float]]:
        """How a CSM's time in a month, by what has a tier, is spread over the tiers."""
        minutes: dict[Cell, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for one in self.spent:
            if one.tier_id is not None and one.kind.category in TRACKED and one.minutes > 0:
                minutes[self.user_id(one), one.day.replace(day=1)][one.tier_id] += one.minutes
        found: dict[Cell, dict[str, float]] = defaultdict(lambda: {NONE: 1.0})
        for cell, by_tier in minutes.items():
            total = sum(by_tier.values())
            found[cell] = {tier_id: known / total for tier_id, known in by_tier.items()}
        return found

    def spread(
        self, asked: Callable[[Spent], bool], name: Callable[[Spent], str]
    ) -> dict[Cell, dict[str, float]]:
        """Minutes of each tier and month by name; without a tier, where its CSM's time went."""
        found: dict[Cell, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for one in self.spent:
            month = one.day.replace(day=1)
            if month not in self.months or not asked(one):
                continue
            known = {one.tier_id: 1.0} if one.tier_id is not None else None
            for tier_id, weight in (known or self.weights[self.user_id(one), month]).items():
                for each in (tier_id, ALL):
                    found[each, month][name(one)] += one.minutes * weight
        return found

    @cached_property
    def contracted(self) -> dict[Cell, float]:
        """Contracted minutes of each tier and month."""
        found: dict[Cell, float] = defaultdict(float)
        for week in self.team.weeks.values():
            for month, minutes in self._by_month(week).items():
                for tier_id, weight in self.weights[week.user_id, month].items():
                    for each in (tier_id, ALL):
                        found[each, month] += minutes * weight
        return found

    def _by_month(self, week: CsmWeek) -> dict[date, float]:
        """A week's working minutes, by the months that its weekdays lie in."""
        found: dict[date, float] = defaultdict(float)
        if self.first_week is not None and week.start >= self.first_week:
            for day in days(week.start, week.start + WEEKDAYS * DAY):
                if day.replace(day=1) in self.months:
                    found[day.replace(day=1)] += week.working * 60 / WEEKDAYS
        return found

    @cached_property
    def by_month(self) -> dict[Cell, Split]:
        """Of each tier, of what has none, and of all, in each month."""
        minutes = self.spread(lambda one: True, lambda one: one.kind.category)
        cells = {*minutes, *self.contracted}
        found = {}
        for cell in cells:
            known = {name: minutes[cell].get(name, 0.0) for name in CATEGORIES}
            if any(known.values()) or self.contracted.get(cell):
                found[cell] = Split(known, self.contracted.get(cell, 0.0))
        return found

    def mart_time_allocation(self) -> Iterator[Row]:
        """Five rows for each CSM and week, and for each tier and month."""
        for (user_id, start), split in self.by_week.items():
            yield from _rows("csm_week", user_id, None, (start, start + WEEK - DAY), split)
        for (tier_id, start), split in self.by_month.items():
            yield from _rows("tier_month", None, tier_id, period(start, "month"), split)


def _rows(
    grain: str, user_id: str | None, tier_id: str | None, dates: tuple[date, date], split: Split
) -> Iterator[Row]:
    for category in CATEGORIES:
        minutes = split.minutes[category]
        is_work = category in TRACKED
        yield {
            "grain": grain,
            "user_id": user_id,
            "tier_id": tier_id,
            "period_start": dates[0],
            "period_end": dates[1],
            "category": category,
            "minutes": minutes,
            "share_of_tracked": share(minutes, split.tracked) if is_work else None,
            "share_of_contracted": share(minutes, split.contracted) if is_work else None,
            "unaccounted_share": split.unaccounted_share,
            "tracked_minutes": split.tracked,
            "contracted_minutes": split.contracted,
        }


def sum_of(splits: Sequence[Split]) -> Split:
    """Several periods as one."""
    return Split(
        {name: sum(split.minutes[name] for split in splits) for name in CATEGORIES},
        sum(split.contracted for split in splits),
    )
