"""More at once than chance explains: crises and what to watch (3.16, S8, S9).

Belongs here: events, days that fire, alerts. Does not: single accounts' triggers.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from oracle.ledger_facts import DAY, Book
from oracle.outcome_tables import fingerprint
from oracle.tiers import terms
from oracle.triggers import Triggers
from oracle.world import Row, local_day

FLOOR = 0.1
LEAST_WEEKS = 13
AT_LEAST = 2
OF_FEW = ("churn_cluster", "sponsor_loss_cluster")
"""What should not happen at all; of the rest, a cluster is many, and many times the usual."""

COMPLAINT = "public_complaint"
URGENT = ("P1", "P2")
HEALTHY_D = (30, 37)


def chance(count: int, rate: float) -> float:
    """That a Poisson number of this rate is at least so large."""
    terms_ = (math.exp(-rate) * rate**k / math.factorial(k) for k in range(count))
    return round(1 - math.fsum(terms_), 12)


@dataclass(frozen=True)
class Event:
    """Something bad, of whom (None: nobody knows)."""

    day: date
    account_id: str | None
    arr: float | None = None
    key: str = ""


@dataclass(frozen=True)
class Alarm:
    """A day that fires."""

    day: date
    level: str
    rate: float | None = None
    p_value: float | None = None


class Crises:
    """All alerts of a book; `activities` carry playbook ids (rows of fct_activity)."""

    def __init__(self, triggers: Triggers, activities: Sequence[Row], time_zone: str) -> None:
        self.triggers = triggers
        self.book: Book = triggers.book
        self.as_of = self.book.as_of
        self.activities = activities
        self.time_zone = time_zone

    def said(self, day: date) -> Mapping[str, Any]:
        """The section of the model in force."""
        return self.book.model_on(day).crisis

    # Events
    @cached_property
    def events(self) -> Mapping[tuple[str, str], list[Event]]:
        """By type and scope."""
        found: dict[tuple[str, str], list[Event]] = defaultdict(list)
        for kind, scope, event in (
            *self._churns(),
            *self._reviews(),
            *self._issues(),
            *self._sponsors(),
        ):
            if event.day <= self.as_of:
                found[kind, scope].append(event)
        return found

    def _churns(self) -> Iterator[tuple[str, str, Event]]:
        for churn in self.triggers.churns:
            day = min(churn.notice_on or churn.effective_on, churn.effective_on)
            account = self.book.account[churn.account_id]
            reason = churn.reason
            is_told = account.churned_on == churn.effective_on or (
                account.churn_notice_on is not None and account.churn_notice_on == churn.notice_on
            )
            if is_told:
                reason = account.churn_reason
            scopes = ["ALL"]
            scopes += [f"tier:{churn.tier_id}"] if churn.tier_id else []
            scopes += [f"reason:{reason}"] if reason else []
            scopes += [f"product:{each}" for each in self._products(churn)]
            key = fingerprint(churn.account_id, churn.effective_on.isoformat())
            for scope in scopes:
                yield "churn_cluster", scope, Event(day, churn.account_id, churn.arr, key)

    def _products(self, churn: Any) -> list[str]:
        succession = self.book.succession
        return sorted(
            {
                product
                for term in succession.of_account.get(churn.account_id, ())
                if term.ends_on is not None and term.scheduled_on == churn.effective_on
                if (product := succession.of(term).product)
            }
        )

    def _mentions(self) -> Iterator[tuple[date, Any]]:
        for mention in self.book.mentions:
            account = self.book.account.get(mention.account_id or "")
            zone = account.time_zone if account else self.time_zone
            if mention.sentiment == "negative":
                yield local_day(mention.at, zone), mention

    def _reviews(self) -> Iterator[tuple[str, str, Event]]:
        for day, mention in self._mentions():
            event = Event(day, mention.account_id, key=mention.mention_id)
            yield "negative_review_burst", "ALL", event
            if mention.source:
                yield "negative_review_burst", f"source:{mention.source}", event

    def _issues(self) -> Iterator[tuple[str, str, Event]]:
        by_component: dict[tuple[str, str], set[date]] = defaultdict(set)
        for ticket in self.book.tickets or ():
            if ticket.component and ticket.account_id in self.book.account:
                day = self.book.local_day(ticket.opened_at, ticket.account_id)
                by_component[ticket.component, ticket.account_id].add(day)
        for (component, account_id), days in by_component.items():
            for day in days:
                before = (day - timedelta(days=n) for n in range(1, 7))
                if not any(each in days for each in before):
                    yield "product_issue_cluster", f"component:{component}", Event(day, account_id)

    def _sponsors(self) -> Iterator[tuple[str, str, Event]]:
        for number, contact in enumerate(self.book.contacts):
            personas = contact.personas or ()
            if contact.left_on is None or not {"exec_sponsor", "champion"} & {*personas}:
                continue
            event = Event(contact.left_on, contact.account_id, key=str(number))
            tier = self.book.tier_days.get(contact.account_id, {}).get(contact.left_on)
            if tier is not None and tier.assigned:
                yield "sponsor_loss_cluster", "ALL", event
                yield "sponsor_loss_cluster", f"tier:{tier.assigned}", event

    # Days that fire
    def _origin(self, kind: str) -> date | None:
        """Since when such things would have been seen."""
        if kind == "product_issue_cluster":
            return self.triggers.signals.first_ticket
        if kind == "negative_review_burst":
            zone = self.time_zone
            accounts = self.book.account
            days = (
                local_day(
                    m.at, accounts[m.account_id].time_zone if m.account_id in accounts else zone
                )
                for m in self.book.mentions
            )
            return min(days, default=None)
        of_all = self.events.get((kind, "ALL"), ())
        return min((event.day for event in of_all), default=None)

    def alarms(self, kind: str, scope: str, events: Sequence[Event]) -> Iterator[Alarm]:
        """Days on which there is more of something than chance explains."""
        origin = self._origin(kind)
        if origin is None:
            return
        days = sorted({event.day for event in events})
        candidates: set[date] = set()
        for day in days:
            longest = int(self.said(day)["window_d"]) + 30
            candidates |= {day + timedelta(days=n) for n in range(longest)}
        for day in sorted(each for each in candidates if each <= self.as_of):
            found = self._alarm(kind, scope, events, origin, day)
            if found is not None:
                yield found

    def _alarm(
        self, kind: str, scope: str, events: Sequence[Event], origin: date, day: date
    ) -> Alarm | None:
        said = self.said(day)
        begin = day - timedelta(days=said["window_d"])
        weeks = min(said["baseline_weeks"], (begin - origin).days // 7)
        now = [event for event in events if begin < event.day <= day]
        rate = FLOOR
        if weeks >= 1:
            before = begin - timedelta(weeks=weeks)
            usual = sum(before < event.day <= begin for event in events) / weeks
            rate = round(max(FLOOR, usual), 6)
        if weeks < LEAST_WEEKS and kind != "negative_review_burst":
            return None
        if len(now) <= rate:
            return None
        p_value = chance(len(now), rate)
        is_enough = len(now) >= AT_LEAST
        parts = 1 if scope == "ALL" else said["parts_factor"]
        if kind not in OF_FEW:
            least = max(said["cluster_accounts"], said["cluster_ratio"] * rate)
            is_enough = len(now) >= least
        if is_enough and p_value < said["crisis_p"] / parts:
            return Alarm(day, "crisis", rate, p_value)
        if kind == "churn_cluster" and scope == "ALL" and self._is_heavy(now, day):
            return Alarm(day, "crisis", rate, p_value)
        if is_enough and p_value < said["watch_p"] / parts:
            return Alarm(day, "watch", rate, p_value)
        return None

    def _is_heavy(self, now: Sequence[Event], day: date) -> bool:
        """Much of the ARR, or two of the largest; of at least two."""
        if len(now) < AT_LEAST:
            return False
        said = self.said(day)
        arr = self._arr_of(day.replace(day=1) - DAY)
        lost = sum(event.arr or 0 for event in now)
        largest = sorted(arr, key=lambda account_id: (-(arr[account_id] or 0), account_id))
        top = set(largest[: said["top_n_accounts"]])
        whole = sum(amount or 0 for amount in arr.values())
        is_much = bool(whole) and lost > said["arr_share"] * whole
        return is_much or len({event.account_id for event in now} & top) >= 2

    def _arr_of(self, day: date) -> dict[str, float | None]:
        """ARR on the last day of a month, of accounts that then have any."""
        found: dict[str, float | None] = {}
        for account_id, held in terms(self.book).items():
            there = [arr for start, end, arr in held if start <= day < end]
            if there:
                known = [arr for arr in there if arr is not None]
                found[account_id] = sum(known) if len(known) == len(there) else None
        return found

    # Complaints
    def complaints(self) -> Iterator[tuple[str, list[Event], list[Alarm]]]:
        """S8: by account, negative mentions while it has trouble."""
        mine: dict[str, list[Event]] = defaultdict(list)
        for day, mention in self._mentions():
            if mention.account_id in self.book.account and day <= self.as_of:
                mine[mention.account_id].append(Event(day, mention.account_id))
        for account_id, events in mine.items():
            troubled = [event for event in events if self._has_trouble(account_id, event.day)]
            alarms = []
            for day in sorted({event.day for event in troubled}):
                week = day - timedelta(days=7)
                many = sum(week < event.day <= day for event in troubled) >= 2
                alarms.append(Alarm(day, "crisis" if many else "watch"))
            yield account_id, troubled, alarms

    def _has_trouble(self, account_id: str, day: date) -> bool:
        opened = 0
        for ticket in self.book.tickets or ():
            if ticket.account_id != account_id:
                continue
            since = self.book.local_day(ticket.opened_at, account_id)
            until = ticket.solved_at and self.book.local_day(ticket.solved_at, account_id)
            is_open = since <= day and (until is None or until >= day)
            if is_open and ticket.priority in URGENT:
                return True
            opened += day - timedelta(days=7) < since <= day
        return opened >= 3

    # Alerts
    def rows(self) -> Iterator[Row]:
        """One row an alert."""
        for (kind, scope), events in sorted(self.events.items()):
            for together in self._joined(self.alarms(kind, scope, events)):
                yield self._row(kind, scope, events, together)
        for account_id, events, alarms in self.complaints():
            for together in self._joined(alarms):
                yield self._row(COMPLAINT, f"account:{account_id}", events, together)

    def _joined(self, alarms: Iterable[Alarm]) -> Iterator[list[Alarm]]:
        """Days with no long quiet between them."""
        together: list[Alarm] = []
        for alarm in alarms:
            if together and (alarm.day - together[-1].day).days > self._quiet_d(alarm.day):
                yield together
                together = []
            together.append(alarm)
        if together:
            yield together

    def _quiet_d(self, day: date) -> int:
        return int(self.said(day)["quiet_d"])

    def _row(self, kind: str, scope: str, events: Sequence[Event], alarms: Sequence[Alarm]) -> Row:
        first, last = alarms[0].day, alarms[-1].day
        windows = (each.day - timedelta(days=self.said(each.day)["window_d"]) for each in alarms)
        since = min(windows)
        if kind == COMPLAINT:
            since = first - DAY
        there = [event for event in events if since < event.day <= last]
        worst = min(alarms, key=lambda alarm: (alarm.p_value or 0, alarm.day))
        closed_on = last + timedelta(days=max(self._quiet_d(each.day) for each in alarms))
        is_open = self.as_of < closed_on
        plan = self.said(first)["plans"][kind]
        acted_at = self._acknowledged(plan["plan_id"], first, None if is_open else closed_on)
        is_churn = kind == "churn_cluster"
        name = "\x1f".join((kind, scope, first.isoformat()))
        return {
            "alert_id": hashlib.md5(name.encode()).hexdigest(),
            "alert_type": kind,
            "scope": scope,
            "first_on": first,
            "last_on": last,
            "level": "crisis" if any(a.level == "crisis" for a in alarms) else "watch",
            "events": len(there),
            "accounts": sorted({event.account_id for event in there if event.account_id}),
            "baseline_rate": worst.rate,
            "p_value": worst.p_value,
            "unexpected_events": sum(map(self._is_unexpected, there)) if is_churn else None,
            "arr_lost": sum(event.arr or 0 for event in there) if is_churn else None,
            "plan_id": plan["plan_id"],
            "owner": plan["owner"],
            "script": plan.get("script"),
            "is_manual_step_required": plan.get("manual_step", True),
            "ack_at": acted_at,
            "evidence": json.dumps(
                {
                    "events": len(there),
                    "events_after": since.isoformat(),
                    "sample": sorted(map(_key, there))[:5],
                    "usual_in_a_week": worst.rate,
                }
            ),
            "time_to_ack_hours": self._hours(first, acted_at),
            "is_open": is_open,
            "closed_on": None if is_open else closed_on,
        }

    def _is_unexpected(self, event: Event) -> bool:
        """Not red the last time that its health was looked at, 30 days before."""
        health, account_id = self.triggers.signals.health, event.account_id or ""
        near, far = HEALTHY_D
        days = (event.day - timedelta(days=back) for back in range(near, far + 1))
        for day in days:
            if day in self._looked_at.get(account_id, ()):
                seen = health.on(account_id, day)
                yellow = health.model(seen.model).yellow
                return seen.final is not None and seen.final >= yellow
        return False

    @cached_property
    def _looked_at(self) -> Mapping[str, set[date]]:
        signals = self.triggers.signals
        spine = set(signals.health.spine)
        return {
            account_id: {*signals.band_days[account_id], *(spine & tiers.keys())}
            for account_id, tiers in signals.health.tiers.items()
        }

    def _acknowledged(self, plan_id: str, first: date, closed_on: date | None) -> datetime | None:
        done = [
            row["started_at"]
            for row in self.activities
            if row.get("playbook_id") == plan_id
            and row["status"] == "completed"
            and first <= row["started_on"] <= (closed_on or self.as_of)
        ]
        return min(done, default=None)

    def _hours(self, first: date, at: datetime | None) -> float | None:
        if at is None:
            return None
        end = datetime.combine(first + DAY, time(), ZoneInfo(self.time_zone)).astimezone(UTC)
        return (at - end).total_seconds() / 3600


def _key(event: Event) -> str:
    return event.key or f"{event.account_id}|{event.day.isoformat()}"
