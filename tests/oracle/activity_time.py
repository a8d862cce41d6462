"""Whose time went where, second by second: 3.10, TM1 to TM6 (fct_activity_time).

Belongs here: what an activity, or an entry in a time sheet, cost each person. Does not: what kind
of time that was, which `time_kinds` tells; shares of weeks and tiers, which `time_marts` tells.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import pairwise
from zoneinfo import ZoneInfo

from oracle.ledger_facts import Book
from oracle.time_kinds import PLAIN, Kind, answers, kind_of_activity, kind_of_entry
from oracle.world import Row, local_day

LONGEST = 16 * 3600
"""Seconds that a day, or a single record, can hold."""

OPENS, SHUTS = time(9), time(17)


@dataclass
class Spent:
    """What one activity, or one entry, cost one person; seconds as they are found."""

    record: Row
    is_entry: bool
    email: str
    day: date
    tier_id: str | None
    kind: Kind
    extent: int | None = None
    """Seconds that its record says; None where it is imputed."""
    seconds: float = 0.0
    over_day_seconds: float = 0.0
    is_on_clock: bool = True
    is_covered: bool = False
    tells_only_a_day: bool = False

    @property
    def account_id(self) -> str | None:
        """Whose account it was for."""
        return self.record.get("account_id")

    @property
    def week(self) -> date:
        """The Monday of its week."""
        return monday(self.day)

    @property
    def minutes(self) -> float:
        """Minutes that count."""
        return self.seconds / 60

    @property
    def overlap_seconds(self) -> float:
        """TM11: seconds of its extent that went to something else of the same person."""
        if self.is_covered or not self.is_on_clock:
            return 0.0
        return (self.extent or 0) - self.seconds - self.over_day_seconds

    @property
    def work_type(self) -> str | None:
        """As recorded, in lower case; of an activity that says none, its type."""
        written = self.record.get("work_type")
        own = None if self.is_entry else self.record["type"]
        return written.lower() if written else own

    @property
    def starts_at(self) -> datetime:
        """The second in which it begins."""
        at: datetime = self.record["started_at"]
        return at.replace(microsecond=0)

    @property
    def ends_at(self) -> datetime:
        """The second in which it ends."""
        return self.starts_at + timedelta(seconds=self.extent or 0)

    @property
    def lost_seconds(self) -> float:
        """Seconds that count nowhere."""
        return self.overlap_seconds + self.over_day_seconds

    @property
    def record_id(self) -> str:
        """Of the entry, or of the activity."""
        return str(self.record["entry_id" if self.is_entry else "activity_id"])

    @property
    def name(self) -> str:
        """What a finding calls it."""
        return f"{self.record_id} ({self.email})"

    @property
    def order(self) -> tuple[bool, int, datetime, bytes]:
        """Of two at once, the one that the time goes to comes first."""
        return not self.is_entry, self.kind.rank, self.starts_at, self.record_id.encode()


def monday(day: date) -> date:
    """The first day of its week."""
    return day - timedelta(days=day.weekday())


@dataclass(frozen=True)
class TimeFacts:
    """What people's time is told from: fct_activity, time_entries, users, and the book.

    `knows_people` says whether any source carries users.
    """

    book: Book
    activities: Sequence[Row]
    entries: Sequence[Row]
    users: Sequence[Row]
    time_zone: str
    knows_people: bool = True

    @cached_property
    def user_ids(self) -> dict[str, str]:
        """The firm's people by address."""
        found: dict[str, str] = {}
        for user in self.users:
            email = user.get("email")
            if email:
                found[email] = min(user["user_id"], found.get(email, user["user_id"]))
        return found

    @cached_property
    def _zones(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for user in sorted(self.users, key=lambda user: user["user_id"]):
            if user.get("email") and user.get("time_zone"):
                found.setdefault(user["email"], user["time_zone"])
        return found

    def zone_of(self, email: str) -> str:
        """Where a person is, else where the firm is."""
        return self._zones.get(email) or self.time_zone

    def zone_of_account(self, account_id: str | None) -> str:
        """Where an account is, else where the firm is."""
        account = self.book.account.get(account_id or "")
        return account.time_zone if account else self.time_zone

    def is_ours(self, email: str) -> bool:
        """Whether it is one of the firm's, as far as anything tells."""
        return not self.knows_people or email in self.user_ids

    def tier_on(self, account_id: str | None, day: date) -> str | None:
        """The account's assigned tier; None where it is not active."""
        tier = self.book.tier_days.get(account_id or "", {}).get(day)
        return tier.assigned if tier else None


class ActivityTime:
    """All of people's time."""

    def __init__(self, facts: TimeFacts) -> None:
        self.facts = facts
        self.answers = answers(facts.book)
        self.spent = [*self._entries(), *self._activities()]
        self._cover()
        clock = (one for one in self.spent if one.is_on_clock and not one.is_covered)
        for mine in _grouped(clock, lambda one: one.email).values():
            share_out(mine)
        for mine in _grouped(self.spent, lambda one: (one.email, one.day)).values():
            cut_to_a_day(mine)

    def _entries(self) -> Iterator[Spent]:
        facts = self.facts
        for entry in facts.entries:
            email, at = entry["user_email"], entry["started_at"]
            is_day = self._is_midnight(entry) and entry["source_name"] in self._tell_only_days
            day = local_day(at, facts.time_zone if is_day else facts.zone_of(email))
            if not facts.is_ours(email) or day > facts.book.as_of:
                continue
            settings = facts.book.model_on(day).said["time"]
            extent = whole_seconds(entry["minutes"])
            one = Spent(
                *(entry, True, email, day, facts.tier_on(entry.get("account_id"), day)),
                kind=kind_of_entry(entry, settings),
                extent=extent,
                is_on_clock=not is_day and extent <= LONGEST,
                tells_only_a_day=is_day,
            )
            if not one.is_on_clock:
                one.seconds = extent
            yield one

    def _is_midnight(self, entry: Row) -> bool:
        """As a mere date is read: the beginning of the firm's day."""
        at: datetime = entry["started_at"]
        return at.astimezone(ZoneInfo(self.facts.time_zone)).time() == time()

    @cached_property
    def _tell_only_days(self) -> set[str]:
        """TM5d: sources most of whose entries begin at midnight."""
        midnights: dict[str, list[bool]] = defaultdict(list)
        for entry in self.facts.entries:
            midnights[entry["source_name"]].append(self._is_midnight(entry))
        return {source for source, found in midnights.items() if 2 * sum(found) > len(found)}

    def _activities(self) -> Iterator[Spent]:
        for activity in self.facts.activities:
            if activity["status"] != "completed" or activity["is_automated"]:
                continue
            emails = dict.fromkeys(activity["user_emails"] or ())
            ours = [email for email in emails if self.facts.is_ours(email)]
            for email in ours:
                yield from self._activity(activity, email, len(ours))

    def _activity(self, activity: Row, email: str, persons: int) -> Iterator[Spent]:
        facts = self.facts
        day = local_day(activity["started_at"], facts.zone_of(email))
        if day > facts.book.as_of:
            return
        settings = facts.book.model_on(day).said["time"]
        is_answer = activity["activity_id"] in self.answers
        tier_id = facts.tier_on(activity["account_id"], day)
        kind = kind_of_activity(activity, settings, is_answer=is_answer)
        one = Spent(activity, False, email, day, tier_id, kind)
        if activity["minutes"] is not None:
            one.extent = whole_seconds(activity["minutes"])
        if one.extent is None or one.extent > LONGEST:
            one.extent, one.is_on_clock = None, False
            one.seconds = whole_seconds(self._usual(activity, day, tier_id, persons))
        yield one

    def _usual(self, activity: Row, day: date, tier_id: str | None, persons: int) -> float:
        """TM3: what the tier's standards expect of its type, else what its channel takes."""
        model = self.facts.book.model_on(day)
        expected = [
            standard.minutes
            for standard in model.planned(tier_id)
            if activity["type"] in standard.accepts
            and activity["type"] not in PLAIN
            and standard.minutes > 0
        ]
        if expected:
            return max(expected) / persons
        plain = activity["type"] if activity["type"] in ("email", "call", "meeting") else None
        usual = model.said["time"]["usual_minutes"]
        return float(usual.get(activity["channel"] or plain, 0))

    def _cover(self) -> None:
        """TM4: who wrote down a week of an account has said what was spent on it."""
        written = {
            (one.email, one.account_id, one.week)
            for one in self.spent
            if one.is_entry and one.kind.category != "not_working"
        }
        for one in self.spent:
            if not one.is_entry and (one.email, one.account_id, one.week) in written:
                one.is_covered, one.seconds = True, 0.0

    def rows(self) -> Iterator[Row]:
        """fct_activity_time."""
        for one in self.spent:
            record = one.record
            names = (
                None if one.is_entry else record["activity_id"],
                record["entry_id"] if one.is_entry else None,
                one.email,
            )
            measured = "time_entry" if one.is_entry else "calendar"
            yield {
                "activity_time_id": fingerprint(*names),
                "activity_id": names[0],
                "entry_id": names[1],
                "user_id": self.facts.user_ids.get(one.email),
                "user_email": one.email,
                "account_id": one.account_id,
                "tier_id": one.tier_id,
                "started_at": record["started_at"],
                "worked_on": one.day,
                "week_start": one.week,
                "minutes": one.minutes,
                "recorded_minutes": None if one.extent is None else record["minutes"],
                "overlap_minutes": one.overlap_seconds / 60,
                "over_day_minutes": one.over_day_seconds / 60,
                "category": one.kind.category,
                "subcategory": one.kind.subcategory,
                "work_type": one.work_type,
                "reason": one.kind.reason,
                "evidence": "imputed" if one.extent is None else measured,
                "is_covered_by_entry": one.is_covered,
                "is_outside_workday": self._is_outside_workday(one),
                "ticket_id": record.get("ticket_id"),
            }

    def lost(self) -> Iterator[Row]:
        """TM11 (ops_data_quality): work that was recorded and counts nowhere."""
        work = [one for one in self.spent if one.kind.category != "not_working"]
        for is_entry, entity in ((False, "activities"), (True, "time_entries")):
            looked_at = [one for one in work if one.is_entry is is_entry]
            seconds = sum(one.seconds + one.lost_seconds for one in looked_at)
            for check, lost in (
                ("time_overlaps", {one.name: one.overlap_seconds for one in looked_at}),
                ("time_over_a_day", {one.name: one.over_day_seconds for one in looked_at}),
            ):
                names = sorted(name for name, each in lost.items() if each)
                if names:
                    yield {
                        "check_id": f"{check}:{entity}",
                        "source": None,
                        "entity": entity,
                        "severity": "info" if 100 * sum(lost.values()) < seconds else "warning",
                        "rows_failed": len(names),
                        "rows_total": len(looked_at),
                        "sample": names[:5],
                    }

    def _is_outside_workday(self, one: Spent) -> bool | None:
        if one.tells_only_a_day or not one.seconds:
            return None
        local = one.record["started_at"].astimezone(ZoneInfo(self.facts.zone_of(one.email)))
        return local.weekday() > 4 or not OPENS <= local.time() < SHUTS


def fingerprint(*values: str | None) -> str:
    """What tells a row apart, in a word (TM1b)."""
    return hashlib.md5(
        chr(31).join(chr(30) if value is None else value for value in values).encode()
    ).hexdigest()


def whole_seconds(minutes: float) -> int:
    """Half a second up."""
    return math.floor(minutes * 60 + 0.5)


def share_out(mine: Sequence[Spent]) -> None:
    """TM5: each second of a person's clock goes to one thing, whatever else was on."""
    for together in _overlapping(mine):
        turns = sorted({at for one in together for at in (one.starts_at, one.ends_at)})
        for start, end in pairwise(turns):
            there = [one for one in together if one.starts_at <= start and end <= one.ends_at]
            if there:
                min(there, key=lambda one: one.order).seconds += (end - start).total_seconds()


def _overlapping(mine: Sequence[Spent]) -> Iterator[list[Spent]]:
    """Groups that touch no other one in time."""
    group: list[Spent] = []
    until: datetime | None = None
    for one in sorted(mine, key=lambda one: one.starts_at):
        if until is not None and one.starts_at >= until:
            yield group
            group, until = [], None
        group.append(one)
        until = one.ends_at if until is None else max(until, one.ends_at)
    if group:
        yield group


def cut_to_a_day(mine: Sequence[Spent]) -> None:
    """TM5c: nobody works more than sixteen hours a day; what is least sure is cut."""
    left = float(LONGEST)
    for one in sorted(mine, key=lambda one: (one.extent is None, *one.order)):
        is_work = one.kind.category != "not_working"
        held = min(one.seconds, left if is_work else LONGEST)
        one.over_day_seconds, one.seconds = one.seconds - held, held
        left -= held if is_work else 0


def _grouped(
    spent: Iterator[Spent] | Sequence[Spent], key: Callable[[Spent], object]
) -> dict[object, list[Spent]]:
    found: dict[object, list[Spent]] = defaultdict(list)
    for one in spent:
        found[key(one)].append(one)
    return found
