"""What signals are made of: who was heard from and when, attempts, people who left, usage.

Belongs here: picking an account's facts by the day. Does not: the signals themselves (signals).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from oracle.calendar import business_days_between
from oracle.health import Health
from oracle.health_values import EMPTY, Series
from oracle.ledger_facts import DAY, Activity, Contact
from oracle.ledger_touches import ATTEMPTS
from oracle.predicates import Value, read_condition, signals_of
from oracle.succession import FAR

DECIMALS = 9
DEFAULTS: Mapping[str, Any] = {
    "max_age_d": {"activities": 14, "tickets": 30, "usage": 30},
    "recount_share": 0.5,
    "recount_change": 0.15,
    "recount_accounts": 10,
    "act_within_d": 30,
    "outcome_within_d": 180,
}
"""What a model that says nothing of signals means."""

STEP_UP_HOURS = 12
"""Fewer hours a year more or less are no step (S5d)."""

LEVELS = {"low": 1, "medium": 2, "high": 3}
USED_D, HEARD_D, LEVEL_D, LEFT_D, TICKETS_D, HOURS_D = 28, 90, 30, 14, 30, 35


@dataclass(frozen=True)
class Known:
    """A signal's value on a day; None is a value, too. Not fresh: nobody can say any more."""

    value: Value
    is_fresh: bool = True


@dataclass(frozen=True)
class At:
    """An account's day: `since` the first of its days as a customer without a break."""

    account_id: str
    day: date
    since: date


class SignalInputs:
    """Facts by account and day. `base_hours`: by account and Monday, hours a year, the tier."""

    def __init__(
        self,
        health: Health,
        base_hours: Mapping[tuple[str, date], tuple[float | None, str | None]] | None = None,
    ) -> None:
        self.health = health
        self.book = health.book
        self.inputs = health.inputs
        self.base_hours = base_hours or {}
        self.said: Mapping[str, Any] = {**DEFAULTS, **self.book.model_on(self.book.as_of).signals}
        self.max_age_d: Mapping[str, int] = self.said["max_age_d"]
        self.spans = health.inputs.spans
        self._changes: dict[tuple[str, date], float | None] = {}

    @cached_property
    def named(self) -> set[str]:
        """Signals that a condition of any model asks about."""
        texts = {rule.when for model in self.book.models for rule in model.playbooks} | {
            standard.when
            for model in self.book.models
            for standards in model.standards.values()
            for standard in standards
            if standard.when is not None
        }
        return {signal for text in texts for signal in signals_of(read_condition(text))}

    def span(self, account_id: str, day: date) -> date | None:
        """Since when the account is active without a break; None where it is not."""
        for start, end in self.spans.get(account_id, ()):
            if start <= day < end:
                return start
        return None

    def days(self, account_id: str) -> Iterator[At]:
        """Every active day up to as_of."""
        for start, end in self.spans.get(account_id, ()):
            last = min(end, self.book.as_of + DAY)
            for number in range((last - start).days):
                yield At(account_id, start + timedelta(days=number), start)

    @cached_property
    def first_activity(self) -> date | None:
        """The first day of any activity of any account."""
        days = self.inputs.recorded.days
        return days[0] if days else None

    @cached_property
    def first_ticket(self) -> date | None:
        """The first day of any ticket of any account."""
        days = self.inputs.asked.days
        return days[0] if days else None

    def _is_alive(self, series: Series, day: date, source: str) -> bool:
        newest = series.last(day)
        return newest is not None and (day - newest[0]).days <= self.max_age_d[source]

    def is_alive(self, day: date) -> bool:
        """Whether anybody still writes activities down."""
        return self._is_alive(self.inputs.recorded, day, "activities")

    def has_tickets(self, day: date) -> bool:
        """Whether tickets still come in; S3b."""
        return self._is_alive(self._asked, day, "tickets")

    @cached_property
    def _asked(self) -> Series:
        """Tickets of all accounts by the firm's own days."""
        book = self.book
        known = book.asked_at
        if known is None:
            known = tuple(ticket.opened_at for ticket in book.tickets or ())
        zone = ZoneInfo(book.time_zone)
        return Series((at.astimezone(zone).date(), None) for at in known)

    @cached_property
    def _has_bands(self) -> bool:
        return any(
            self.health.on(account_id, day).band != "insufficient_data"
            for account_id, days in self.band_days.items()
            for day in days
        )

    @cached_property
    def band_days(self) -> Mapping[str, list[date]]:
        """Days on which health is looked at: those of the ledger, and those of the spine."""
        first = self.first_activity
        spine = {day for day in self.health.spine if first is None or day >= first}
        found = {}
        for account_id, tiers in self.health.tiers.items():
            asked = set()
            for day, tier in tiers.items():
                standards = self.book.model_on(day).standards.get(tier.assigned or "", ())
                is_asked = any("band" in _signals(s.when) for s in standards if s.when)
                if day in spine or (is_asked and first is not None and day >= first):
                    asked.add(day)
            found[account_id] = sorted(asked)
        return found

    @cached_property
    def _band_series(self) -> Mapping[str, Series]:
        if not self._has_bands:
            return {}
        return {
            account_id: Series((day, self.health.on(account_id, day).band) for day in days)
            for account_id, days in self.band_days.items()
        }

    @cached_property
    def heard(self) -> Mapping[str, list[tuple[date, str]]]:
        """By account, who of theirs took part, asked or answered, and when."""
        book = self.book
        found: dict[str, list[tuple[date, str]]] = defaultdict(list)
        for account_id, series in self.inputs.two_way.items():
            for day, activity in zip(series.days, series.things, strict=True):
                for email in activity.contact_emails or ():
                    found[account_id].append((day, _plain(email)))
        asked = [(t.account_id, t.contact_email, t.opened_at) for t in book.tickets or ()]
        answers = [(s.account_id, s.contact_email, s.responded_at) for s in book.surveys]
        for account_id, email, at in (*asked, *answers):
            if email and account_id in book.account:
                day = book.local_day(at, account_id)
                if day <= book.as_of:
                    found[account_id].append((day, _plain(email)))
        return {account_id: sorted(facts) for account_id, facts in found.items()}

    @cached_property
    def _first_heard(self) -> date | None:
        return min((facts[0][0] for facts in self.heard.values() if facts), default=None)

    @cached_property
    def _contacts(self) -> Mapping[str, list[Contact]]:
        found: dict[str, list[Contact]] = defaultdict(list)
        for contact in self.book.contacts:
            found[contact.account_id].append(contact)
        return found

    def _with(self, account_id: str, persona: str) -> list[Contact]:
        there = self._contacts.get(account_id, ())
        return [contact for contact in there if persona in (contact.personas or ())]

    @cached_property
    def _champions_gone(self) -> Mapping[str, date]:
        """By account that has any champion, the day by which all have left."""
        found = {}
        for account_id in self._contacts:
            gone = [
                left
                for contact in self._with(account_id, "champion")
                if (left := self._left(contact)) is not None
            ]
            if gone:
                found[account_id] = max(gone)
        return found

    def _left(self, contact: Contact) -> date | None:
        """The first day without them; FAR while they are there, None where nobody knows."""
        if contact.left_on is not None:
            return contact.left_on
        if contact.is_active is not False:
            return FAR
        facts = self.heard.get(contact.account_id, ())
        mine = [day for day, email in facts if email == _plain(contact.email or "")]
        return max(mine) + DAY if mine else None

    def _level(self, account_id: str, day: date) -> int | None:
        for looks in self._looks.get(account_id, ()):
            if looks.valid_from <= day and (looks.valid_to is None or day < looks.valid_to):
                return LEVELS.get(looks.complexity or "")
        return None

    @cached_property
    def _looks(self) -> Mapping[str, list[Any]]:
        found = defaultdict(list)
        for looks in self.book.looks:
            found[looks.account_id].append(looks)
        return found

    @cached_property
    def _attempts(self) -> Mapping[str, list[tuple[date, Activity]]]:
        found: dict[str, list[tuple[date, Activity]]] = defaultdict(list)
        for activity in self.book.activities or ():
            if activity.status in ATTEMPTS and activity.direction in ("outbound", None):
                day = self.book.local_day(activity.started_at, activity.account_id)
                if day <= self.book.as_of:
                    found[activity.account_id].append((day, activity))
        for tried in found.values():
            tried.sort(key=lambda one: one[0])
        return found

    def _is_enough(self, account_id: str, tried: list[tuple[date, Activity]]) -> bool:
        model = self.book.model_on(tried[-1][0])
        calendar = self.book.account[account_id].calendar
        holidays = self.book.holidays.get(calendar, frozenset())
        channels = {activity.channel for _, activity in tried if activity.channel is not None}
        return (
            len(tried) >= model.unresponsive_attempts
            and len(channels) >= model.unresponsive_channels
            and business_days_between(tried[0][0], tried[-1][0], holidays)
            >= model.unresponsive_spread_bd
        )

    @cached_property
    def _first_word(self) -> Mapping[str, date]:
        found: dict[str, date] = {}
        for activity in self.book.activities or ():
            if activity.status == "completed" and activity.direction == "inbound":
                day = self.book.local_day(activity.started_at, activity.account_id)
                found[activity.account_id] = min(day, found.get(activity.account_id, day))
        for account_id, series in self.inputs.tickets.items():
            found[account_id] = min(series.days[0], found.get(account_id, series.days[0]))
        return found

    @cached_property
    def _done(self) -> Mapping[tuple[str, str], date]:
        """By account and type, the first day on which it was done."""
        found: dict[tuple[str, str], date] = {}
        for activity in self.book.activities or ():
            day = self.book.local_day(activity.started_at, activity.account_id)
            if activity.status == "completed" and day <= self.book.as_of:
                key = activity.account_id, activity.type
                found[key] = min(day, found.get(key, day))
        return found

    def _change(self, account_id: str, day: date) -> float | None:
        key = account_id, day
        if key not in self._changes:
            active = self.inputs.usage.get((account_id, "active_users"), EMPTY)
            now = [value for _, value in active.within(day, USED_D)]
            before = [value for _, value in active.within(day - timedelta(days=USED_D), USED_D)]
            is_known = now and before and max(before) != 0
            self._changes[key] = round(max(now) / max(before) - 1, DECIMALS) if is_known else None
        return self._changes[key]

    @cached_property
    def _recounts(self) -> dict[date, bool]:
        return {}

    def is_recount(self, day: date) -> bool:
        """Whether so many went the same way that it must have been counted otherwise."""
        if day not in self._recounts:
            changes = [
                change
                for account_id in self.spans
                if self.span(account_id, day) is not None
                and (change := self._change(account_id, day)) is not None
            ]
            share = self.said["recount_share"] * len(changes)
            far = self.said["recount_change"]
            fell, rose = sum(c <= -far for c in changes), sum(c >= far for c in changes)
            is_many = len(changes) >= self.said["recount_accounts"]
            self._recounts[day] = is_many and max(fell, rose) >= share
        return self._recounts[day]


def _plain(email: str) -> str:
    return email.strip().lower()


def _signals(when: str) -> Iterable[str]:
    return signals_of(read_condition(when))
