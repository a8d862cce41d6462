"""What people have to give: 3.11 "supply", C1, C2, C11 (int_csm_week).

Belongs here: each CSM's weeks, and for which pool they work. Does not: the work, which `demand`
tells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from oracle.activity_time import monday
from oracle.ledger_facts import DAY, Book, days
from oracle.tiers import spans
from oracle.world import Row

WEEK = timedelta(days=7)
WEEKS_BEFORE, WEEKS_AFTER = 104, 13
A_WEEKS_DAYS = 5


@dataclass(frozen=True)
class CsmWeek:
    """What one CSM has to give in one week; hours."""

    user_id: str
    email: str
    pool: str | None
    start: date
    fte: float
    hours_a_day: float
    days_employed: tuple[date, ...]
    days_away: int
    days_of_holiday: int
    ramp_share: float
    internal_share: float

    @property
    def contracted(self) -> float:
        """Hours of the weekdays on which the person is employed."""
        return len(self.days_employed) * self.hours_a_day

    @property
    def working(self) -> float:
        """Without those away and the holidays."""
        days_there = len(self.days_employed) - self.days_away - self.days_of_holiday
        return days_there * self.hours_a_day

    @property
    def supply(self) -> float:
        """What of it is for customers."""
        return self.working * self.ramp_share * (1 - self.internal_share)


@dataclass(frozen=True)
class Team:
    """The firm's people: `people` are dim_csm, `absences` user_absences."""

    book: Book
    people: Sequence[Row]
    absences: Sequence[Row]

    @cached_property
    def weeks(self) -> dict[tuple[str, date], CsmWeek]:
        """Each CSM's weeks, two years back and a quarter ahead, by user and Monday."""
        last = monday(self.book.as_of)
        starts = [last + n * WEEK for n in range(-WEEKS_BEFORE, WEEKS_AFTER + 1)]
        return {
            (person["user_id"], start): week
            for person in self.people
            if person["is_csm"]
            for start in starts
            if (week := self._week(person, start)) is not None
        }

    def _week(self, person: Row, start: date) -> CsmWeek | None:
        employed = tuple(
            day for day in days(start, start + A_WEEKS_DAYS * DAY) if is_employed(person, day)
        )
        if not employed:
            return None
        settings = self.book.model_on(start).said["capacity"]
        away = self._away.get(person["email"], {})
        kinds = [away[day] for day in employed if day in away]
        fte, weekly = person.get("fte"), person.get("weekly_hours")
        full_day = settings["hours_day"]
        a_day = full_day * (1 if fte is None else fte) if weekly is None else weekly / A_WEEKS_DAYS
        if fte is None:
            fte = 1.0 if weekly is None else weekly / (A_WEEKS_DAYS * full_day)
        return CsmWeek(
            user_id=person["user_id"],
            email=person["email"],
            pool=self.pool_of(person, start),
            start=start,
            fte=fte,
            hours_a_day=a_day,
            days_employed=employed,
            days_away=sum(kind != "holiday" for kind in kinds),
            days_of_holiday=sum(kind == "holiday" for kind in kinds),
            ramp_share=ramp(settings["ramp_by_quarter"], person.get("started_on"), start),
            internal_share=settings["internal_share"],
        )

    @cached_property
    def _away(self) -> dict[str, dict[date, str | None]]:
        """Days off by address; a holiday goes before any other kind."""
        found: dict[str, dict[date, str | None]] = defaultdict(dict)
        for absence in self.absences:
            mine = found[absence["user_email"]]
            for day in days(absence["from"], absence["to"]):
                if mine.get(day) != "holiday":
                    mine[day] = absence.get("kind")
        return found

    def pool_of(self, person: Row, start: date) -> str | None:
        """The pool that a person works for: by the team, for who leads no account."""
        team = (person.get("team") or "").casefold()
        if not team or person["user_id"] in self._leading(min(start, self.book.as_of)):
            return None
        settings = self.book.model_on(start).said["capacity"]
        for pool, teams in settings.get("pools", {}).items():
            if team in [name.casefold() for name in teams]:
                return str(pool)
        return self.pools.get(team)

    @cached_property
    def pools(self) -> Mapping[str, str]:
        """Pools that have ever led an account, by their names in lower case."""
        if self.book.leads is None:
            return {a.pool.casefold(): a.pool for a in self.book.accounts if a.pool}
        return {lead.pool.casefold(): lead.pool for lead in self.book.leads if lead.pool}

    @cached_property
    def active(self) -> dict[str, list[tuple[date, date]]]:
        """When each account is a customer."""
        return spans(self.book)

    def is_active(self, account_id: str, day: date) -> bool:
        """Whether an account is a customer on a day."""
        return any(start <= day < end for start, end in self.active.get(account_id, ()))

    def owner(self, account_id: str, day: date) -> str | None:
        """The unit that an account is led by: a person, else a pool (C2)."""
        person, pool = self.book.lead_on(account_id, day)
        return person or pool

    def _leading(self, day: date) -> set[str | None]:
        if day not in self._leading_on:
            self._leading_on[day] = {
                self.book.lead_on(account_id, day)[0]
                for account_id in self.active
                if self.is_active(account_id, day)
            }
        return self._leading_on[day]

    @cached_property
    def _leading_on(self) -> dict[date, set[str | None]]:
        return {}

    def there(self, day: date) -> Iterator[CsmWeek]:
        """The CSMs employed on a day, by what they have to give in its week."""
        for person in self.people:
            week = self.weeks.get((person["user_id"], monday(day)))
            if week is not None and is_employed(person, day):
                yield week


def is_employed(person: Row, day: date) -> bool:
    """[started_on, ended_on), where they are known."""
    started_on, ended_on = person.get("started_on"), person.get("ended_on")
    return (started_on is None or started_on <= day) and (ended_on is None or day < ended_on)


def ramp(shares: Sequence[float], started_on: date | None, day: date) -> float:
    """The share of full capacity in a quarter of employment; the last one stays."""
    if started_on is None:
        return shares[-1]
    quarter = whole_months(started_on, max(day, started_on)) // 3
    return shares[min(quarter, len(shares) - 1)]


def whole_months(first: date, last: date) -> int:
    """Months that have passed: the day of the month must be reached again."""
    months = 12 * (last.year - first.year) + last.month - first.month
    return months - (last.day < first.day)
