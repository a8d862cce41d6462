"""The firm's own people, and when they are away.

Belongs here: who works there, for which tier, and absences. Does not: what they do (engagement,
support, internal).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sandbox.company import names
from sandbox.company.calendars import holidays, utc, working_day_before
from sandbox.company.chance import dice
from sandbox.company.facts import Absence, Person
from sandbox.company.settings import Settings
from sandbox.company.story import STRAINED_FROM, T1, T2, T3, T4, Tier

_DAY = timedelta(days=1)

POOL = "scaled-pool"
FIRM_DOMAIN = "northwind.example"

_TEAM_OF_TIER = {"T1": "enterprise", "T2": "enterprise", "T3": "growth", "T4": "scale"}
_OFFICES = (
    ("America/New_York", "US"),
    ("Europe/London", "GB"),
    ("Europe/Berlin", "DE"),
    ("America/Los_Angeles", "US"),
    ("Australia/Sydney", "AU"),
)
_COST = {"csm": 135_000.0, "manager": 190_000.0, "support": 95_000.0, "specialist": 150_000.0}
_ACCOUNTS_PER_SUPPORTER = 300
_ACCOUNTS_PER_MANAGER = 600
_ACCOUNTS_PER_POOLED = 300
POOLED_T4_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody, who may lead accounts of a tier, and who is away when."""

    people: tuple[Person, ...]
    absences: tuple[Absence, ...]
    leads: dict[str, tuple[Person, ...]]
    pooled: tuple[Person, ...]
    support: tuple[Person, ...]
    managers: tuple[Person, ...]
    away: dict[str, frozenset[date]]

    def back_on(self, email: str, day: date) -> date:
        """The first day from the given one on which the person works, absences considered."""
        away = self.away.get(email, frozenset())
        while day in away:
            day += _DAY
        return day

    def works(self, person: Person, day: date) -> bool:
        """Whether a person is employed and there on a day."""
        employed = person.started_on <= day and (person.ended_on is None or day < person.ended_on)
        return employed and day not in self.away.get(person.email, frozenset())


def roster(settings: Settings) -> Roster:
    """The people for a firm of this size."""
    hires = _Hires(settings)
    leads: dict[str, tuple[Person, ...]] = {}
    for tier in (T1, T2, T3, T4):
        leads[tier.tier_id] = tuple(hires.csms(tier))
    pooled = hires.pooled()
    managers = hires.several("manager", "enterprise", _count(settings, _ACCOUNTS_PER_MANAGER))
    support = hires.several("support", "support", max(2, _count(settings, _ACCOUNTS_PER_SUPPORTER)))
    specialists = hires.several("specialist", "enterprise", _count(settings, 1_200))
    people = (*sum(leads.values(), ()), *pooled, *managers, *support, *specialists)
    absences = tuple(
        sorted(
            (a for person in people for a in _absences(person, settings)),
            key=lambda a: (a.from_on, a.person_email, a.kind),
        )
    )
    return Roster(people, absences, leads, pooled, support, managers, _away(absences))


def accounts_in(tier: Tier, settings: Settings) -> float:
    """About how many accounts the tier has."""
    return settings.accounts * (0.92 * tier.alone_share + 0.08 * tier.group_share)


def _count(settings: Settings, accounts_per_person: float) -> int:
    return max(1, round(settings.accounts / accounts_per_person))


def _working_hours(fte: float) -> list[float]:
    """So much work in people: full time, and one in part time for the rest."""
    full, rest = divmod(round(_tenths(fte) * 10), 10)
    return [1.0] * full + ([rest / 10] if rest else [])


def _tenths(fte: float) -> float:
    return max(0.2, math.ceil(round(fte * 10, 6)) / 10)


class _Hires:
    """Gives each new person a number, and what follows from it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.number = 0

    def csms(self, tier: Tier) -> list[Person]:
        """The tier's CSMs, as much time as its accounts take; one in three of T3 leaves."""
        own = accounts_in(tier, self.settings)
        if tier is T4:
            own *= 1 - POOLED_T4_SHARE
        hours = _working_hours(own / tier.accounts_per_csm)
        # Two in three of T3 have all accounts once the others have left.
        leavers = max(1, round(len(hours) / 3)) if tier is T3 else 0
        if tier is T3 and len(hours) < 3:
            hours = [_tenths(sum(hours) / 3), _tenths(sum(hours) * 2 / 3)]
        return [
            self.person(
                "csm",
                _TEAM_OF_TIER[tier.tier_id],
                fte=fte,
                ended_on=STRAINED_FROM if place < leavers else None,
                started_on=date(2024, 9, 2) if tier is T4 and fte < 1 < len(hours) else None,
            )
            for place, fte in enumerate(hours)
        ]

    def pooled(self) -> tuple[Person, ...]:
        """The pool's people; two at least, so that there is always one."""
        hours = _working_hours(self.settings.accounts / _ACCOUNTS_PER_POOLED)
        if len(hours) < 2:
            hours = [_tenths(sum(hours) / 2)] * 2
        return tuple(self.person("csm", POOL, pool=POOL, fte=fte) for fte in hours)

    def several(self, role: str, team: str, count: int) -> tuple[Person, ...]:
        return tuple(self.person(role, team) for _ in range(count))

    def person(
        self,
        role: str,
        team: str,
        *,
        pool: str | None = None,
        fte: float = 1.0,
        started_on: date | None = None,
        ended_on: date | None = None,
    ) -> Person:
        seed, number = self.settings.seed, self.number
        self.number += 1
        rng = dice(seed, "person", number)
        name = names.person(number * 3 + 1, seed)
        time_zone, calendar = _OFFICES[number % len(_OFFICES)]
        before = self.settings.history_from - timedelta(days=rng.randrange(100, 1_200))
        return Person(
            person_id=f"per-{number + 1:04d}",
            email=names.email(name, FIRM_DOMAIN),
            name=name,
            role=role,
            team=team,
            pool=pool,
            time_zone=time_zone,
            business_calendar=calendar,
            fte=fte,
            weekly_hours=40.0 * fte,
            started_on=started_on or before,
            ended_on=ended_on,
            loaded_cost_per_year=round(_COST[role] * fte * rng.uniform(0.9, 1.15), -3),
        )


def _absences(person: Person, settings: Settings) -> Iterable[Absence]:
    first = max(settings.history_from, person.started_on)
    last = settings.until if person.ended_on is None else person.ended_on - timedelta(days=1)
    for day in holidays(first, last, person.business_calendar):
        yield Absence(person.email, day, day, "holiday", utc(settings.history_from, 300))
    rng = dice(settings.seed, "absences", person.person_id)
    for year in range(first.year, last.year + 1):
        for month, weeks in ((2, 1), (7, 2), (10, 1)):
            from_on = date(year, month, 1) + timedelta(days=rng.randrange(0, 22))
            from_on -= timedelta(days=from_on.weekday())
            to_on = from_on + timedelta(days=7 * weeks - 3)
            if first <= from_on and to_on <= last:
                asked = max(from_on - timedelta(days=rng.randrange(14, 90)), first)
                yield Absence(person.email, from_on, to_on, "pto", utc(asked, 600))
    # The second of each team of four is away for eight weeks once.
    if person.role == "csm" and int(person.person_id[-4:]) % 4 == 2:
        from_on = date(2026, 4, 27) + timedelta(days=7 * rng.randrange(0, 3))
        to_on = from_on + timedelta(days=53)
        if first <= from_on and to_on <= last:
            known = working_day_before(from_on - timedelta(days=20), person.business_calendar)
            yield Absence(person.email, from_on, to_on, "leave", utc(known, 540))


def _away(absences: Iterable[Absence]) -> dict[str, frozenset[date]]:
    away: dict[str, set[date]] = {}
    for absence in absences:
        days = range((absence.to_on - absence.from_on).days + 1)
        away.setdefault(absence.person_email, set()).update(
            absence.from_on + day * _DAY for day in days
        )
    return {email: frozenset(days) for email, days in away.items()}
