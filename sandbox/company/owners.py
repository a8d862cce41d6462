"""Who leads which account, and when that changes.

Belongs here: ownership. Does not: who else works with an account.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from sandbox.company.book import Seat
from sandbox.company.calendars import utc
from sandbox.company.chance import dice, place
from sandbox.company.facts import Ownership, Person
from sandbox.company.people import POOL, POOLED_T4_SHARE, Roster
from sandbox.company.settings import Settings

_UNOWNED_D = 100
_UNOWNED_RATE = 0.015


def ownerships(seat: Seat, until: date | None, team: Roster, settings: Settings) -> list[Ownership]:
    """The leads of an account from its start until it left, without gaps but for a few accounts."""
    start = max(seat.started_on, settings.history_from)
    if _is_pooled(seat, settings):
        owned = [_owned(seat, None, start, until, "new account", settings)]
    else:
        owned = _led(seat, start, until, team, settings)
    is_forgotten = dice(settings.seed, seat.number, "forgotten").random() < _UNOWNED_RATE
    return _with_gap(seat, owned, settings) if is_forgotten or seat.turn == "unowned" else owned


def _led(
    seat: Seat, start: date, until: date | None, team: Roster, settings: Settings
) -> list[Ownership]:
    """The people who lead it one after the other, as they come and leave."""
    end = until or settings.until + timedelta(days=1)
    candidates = _in_order(seat, team)
    changes = {day for person in candidates for day in (person.started_on, person.ended_on) if day}
    days = [start, *sorted(day for day in changes if start < day < end), end]
    owned: list[Ownership] = []
    for day, next_day in pairwise(days):
        lead = next(
            (
                person
                for person in candidates
                if person.started_on <= day and (person.ended_on is None or day < person.ended_on)
            ),
            None,
        )
        closes_on = next_day if next_day < end else until
        if owned and lead is not None and owned[-1].person_email == lead.email:
            owned[-1] = _owned(seat, lead, owned[-1].from_on, closes_on, owned[-1].reason, settings)
            continue
        reason = "new account"
        if owned:
            left = any(p.ended_on == day and p.email == owned[-1].person_email for p in candidates)
            reason = "colleague left" if left else "books rebalanced"
        owned.append(_owned(seat, lead, day, closes_on, reason, settings))
    return owned


def _is_pooled(seat: Seat, settings: Settings) -> bool:
    if seat.tier.tier_id == "T4":
        return dice(settings.seed, seat.family, "pooled").random() < POOLED_T4_SHARE
    return seat.tier.tier_id == "T5"


def _in_order(seat: Seat, team: Roster) -> list[Person]:
    """Who would lead the account, first choice first: the same for a whole family.

    Everybody is chosen as often as they work, and so is who comes after them.
    """
    leads, share = list(team.leads[seat.tier.tier_id]), seat.place
    chosen: list[Person] = []
    while leads:
        person, share = place([(lead, lead.fte) for lead in leads], share)
        leads.remove(person)
        chosen.append(person)
    return chosen


def _with_gap(seat: Seat, owned: list[Ownership], settings: Settings) -> list[Ownership]:
    """Some weeks without anybody, in the middle of the last ownership."""
    last = owned[-1]
    gap_from = max(date(2026, 2, 2), last.from_on + timedelta(days=60))
    gap_to = gap_from + timedelta(days=_UNOWNED_D)
    if gap_to >= (last.to_on or settings.until):
        return owned
    lead = last.person_email
    before = Ownership(
        seat.account_id, lead, last.pool, last.from_on, gap_from, last.reason, last.recorded_at
    )
    after = Ownership(
        seat.account_id,
        lead,
        last.pool,
        gap_to,
        last.to_on,
        "found without an owner",
        utc(gap_to, 600),
    )
    return [*owned[:-1], before, after]


def _owned(
    seat: Seat,
    lead: Person | None,
    from_on: date,
    to_on: date | None,
    reason: str,
    settings: Settings,
) -> Ownership:
    first = from_on <= max(seat.started_on, settings.history_from)
    known_on = max(from_on - timedelta(days=0 if first else 7), settings.history_from)
    return Ownership(
        account_id=seat.account_id,
        person_email=None if lead is None else lead.email,
        pool=POOL if lead is None else None,
        from_on=from_on,
        to_on=to_on,
        reason=reason,
        recorded_at=utc(known_on, 8 * 60),
    )
