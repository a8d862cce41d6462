"""One account and all that whoever tells of it must know.

Belongs here: who is there on a day, on both sides, and when a working day is. Does not: what
happens (engagement, lifecycle, support, campaigns).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from random import Random

from sandbox.company.book import Seat
from sandbox.company.calendars import is_working_day, working_day, zone_of
from sandbox.company.chance import dice
from sandbox.company.condition import Condition
from sandbox.company.contracts import Course
from sandbox.company.facts import Account, Contact, Ownership
from sandbox.company.people import Roster
from sandbox.company.settings import Settings
from sandbox.company.story import STRAINED_FROM, Tier
from sandbox.company.tiering import Stint

_DAY = timedelta(days=1)
# A lead who is back within so many days is waited for; for longer, a colleague stands in.
_WAIT_D = 4


@dataclass(frozen=True, slots=True)
class Relationship:
    """An account, its people, its contracts, and the team."""

    seat: Seat
    account: Account
    condition: Condition
    course: Course
    stints: tuple[Stint, ...]
    contacts: tuple[Contact, ...]
    ownerships: tuple[Ownership, ...]
    team: Roster
    settings: Settings

    @property
    def tier(self) -> Tier:
        """The story of the tier that the account was laid down for: what the customer is like."""
        return self.seat.tier

    def tier_on(self, day: date) -> Tier:
        """The story of the tier that the account is looked after as on a day."""
        begun = [stint.tier for stint in self.stints if stint.from_on <= day]
        return begun[-1] if begun else self.stints[0].tier

    @property
    def horizon(self) -> datetime:
        """The end of the last day that is told."""
        return datetime.combine(self.settings.until + _DAY, time(), UTC)

    def spans(self) -> list[tuple[date, date]]:
        """When it was a customer within the records, half-open.

        They begin a day after the records, so that it is that day everywhere on earth.
        """
        first, last = self.settings.history_from + _DAY, self.settings.until + _DAY
        spans = [(max(start, first), min(end, last)) for start, end in self.course.spans]
        return [(start, end) for start, end in spans if start < end]

    def served(self) -> list[tuple[date, date, Tier]]:
        """Its spans, cut where it is looked after as another tier."""
        cuts = [stint.from_on for stint in self.stints]
        found: list[tuple[date, date, Tier]] = []
        for start, end in self.spans():
            days = [start, *(cut for cut in cuts if start < cut < end), end]
            found += [(begin, close, self.tier_on(begin)) for begin, close in pairwise(days)]
        return found

    def is_customer(self, day: date) -> bool:
        """Whether the account was a customer on a day."""
        return any(start <= day < end for start, end in self.course.spans)

    def dice(self, subject: str) -> Random:
        """Dice for one subject."""
        return dice(self.settings.seed, self.seat.family, self.seat.number, subject)

    def people(self, day: date) -> list[Contact]:
        """Whom the firm knows at the customer on a day; never nobody."""
        known = [
            contact
            for contact in self.contacts
            if contact.created_at.date() <= day
            and (contact.left_on is None or day < contact.left_on)
        ]
        return known or [self.contacts[0]]

    def is_strained(self, day: date) -> bool:
        """Whether the account's people have too much to do on a day."""
        return self.tier_on(day).strained_attention is not None and day >= STRAINED_FROM

    def worker(self, day: date) -> tuple[date, str] | None:
        """The first day from the given one on which the lead, or a colleague in place, works.

        With the address of who that is; None while nobody leads the account.
        """
        day = working_day(day, self.account.business_calendar)
        owner = next(
            (o for o in self.ownerships if o.from_on <= day and (o.to_on is None or day < o.to_on)),
            None,
        )
        if owner is None:
            return None
        if owner.person_email is None:
            return day, self._at_work([p.email for p in self.team.pooled], day)
        back_on = self.team.back_on(owner.person_email, day)
        if (back_on - day).days <= _WAIT_D:
            later = working_day(back_on, self.account.business_calendar)
            if owner.to_on is not None and later >= owner.to_on:
                return self.worker(later)
            return later, owner.person_email
        colleagues = [
            person.email
            for person in self.team.leads[self.tier.tier_id]
            if person.email != owner.person_email
            and person.started_on <= day
            and (person.ended_on is None or day < person.ended_on)
        ]
        return day, self._at_work([*colleagues, *(p.email for p in self.team.managers)], day)

    def business_later(self, instant: datetime, hours: float) -> datetime:
        """The instant so many business hours (9 to 17, local working days) later."""
        left = timedelta(minutes=int(60 * hours))
        zone = zone_of(self.account.time_zone)
        local = instant.astimezone(zone)
        day = local.date()
        while True:
            if is_working_day(day, self.account.business_calendar):
                opens = datetime.combine(day, time(9), zone)
                closes = datetime.combine(day, time(17), zone)
                begin = max(opens, local)
                if begin < closes:
                    if left <= closes - begin:
                        return (begin + left).astimezone(UTC)
                    left -= closes - begin
            day += _DAY

    def _at_work(self, emails: list[str], day: date) -> str:
        turn = (self.seat.number + day.toordinal() // 7) % len(emails)
        in_turn = [*emails[turn:], *emails[:turn]]
        return next((e for e in in_turn if self.team.back_on(e, day) == day), in_turn[0])
