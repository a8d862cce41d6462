"""Playbook triggers: when a rule fires, what was done, what came of it (3.17, S4, S5).

Belongs here: firing, what holds it back, answers, outcomes. Does not: when a condition holds
(conditions), how good a rule is (trigger_backtest).
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from oracle.conditions import evidence, holding
from oracle.coverage_models import Model, Playbook
from oracle.ledger_facts import DAY, Activity, Book, Fired, Leave
from oracle.ledger_touches import ADDRESSED, is_by_the_team
from oracle.movements import Movements
from oracle.obligations import LONGEST_PAUSE_D
from oracle.predicates import Value, read_condition, signals_of
from oracle.renewals import Churn, Renewal, Renewals, churn_events
from oracle.signals import At, Signals
from oracle.tiers import terms
from oracle.world import Row

WENT_ON = ("renewed_on_time", "renewed_early", "renewed_late", "transferred")
HOURS_SIGNAL = "required_h_delta_30d"


@dataclass(frozen=True)
class Trigger:
    """A row of fct_playbook_trigger."""

    account_id: str
    rule_id: str
    became_true_on: date
    ended_on: date | None
    fired_on: date | None
    suppressed_by: str | None
    rule: Playbook
    model: Model
    """Those of the day on which it fired, else turned true."""
    acted: Activity | None
    outcome: str | None
    outcome_on: date | None

    @property
    def trigger_id(self) -> str:
        """A digest of what tells it apart."""
        said = (self.account_id, self.rule_id, self.became_true_on.isoformat())
        return hashlib.md5("\x1f".join(said).encode()).hexdigest()

    @property
    def reference_on(self) -> date:
        """The day that its evidence, tier and owner are of."""
        return self.fired_on or self.became_true_on


@dataclass(frozen=True)
class Loss:
    """A customer that leaves, or pays less: `day` is when it was told, else when it happened."""

    account_id: str
    kind: str
    day: date
    effective_on: date


class Triggers:
    """All triggers of a book."""

    def __init__(self, signals: Signals) -> None:
        self.signals = signals
        self.book = signals.book
        self.as_of = self.book.as_of
        self.renewals = Renewals(self.book, self.book.tier_days)
        self.holds: dict[tuple[str, str], frozenset[date]] = {}

    @cached_property
    def rules(self) -> list[str]:
        """Every rule of any model."""
        return sorted({rule.rule_id for model in self.book.models for rule in model.playbooks})

    @cached_property
    def rows(self) -> list[Trigger]:
        """In the order of account, rule, day."""
        return [
            trigger
            for account_id in sorted(self.signals.inputs.spans)
            for rule_id in self.rules
            for trigger in self._of(account_id, rule_id)
        ]

    def _holds(self, account_id: str, text: str) -> frozenset[date]:
        key = account_id, text
        if key not in self.holds:
            self.holds[key] = frozenset(holding(self.signals, account_id, text))
        return self.holds[key]

    def stretches(self, account_id: str, rule_id: str) -> Iterator[tuple[date, date | None]]:
        """Days on which the rule holds, by the model of each: [first, end)."""
        first: date | None = None
        last: At | None = None
        for at in self.signals.days(account_id):
            rule = rule_of(self.book.model_on(at.day), rule_id)
            is_broken = last is not None and at.since != last.since
            is_held = rule is not None and at.day in self._holds(account_id, rule.when)
            if first is not None and last is not None and (is_broken or not is_held):
                yield first, last.day + DAY
                first = None
            if is_held and first is None:
                first = at.day
            last = at
        if first is not None and last is not None:
            yield first, None if last.day == self.as_of else last.day + DAY

    def _of(self, account_id: str, rule_id: str) -> Iterator[Trigger]:
        cooldowns: list[tuple[date, date]] = []
        for first, end in self.stretches(account_id, rule_id):
            pauses, snoozes = self.blocks(account_id, rule_id)
            blocks = {"pause": pauses, "snooze": snoozes, "cooldown": cooldowns}
            fired_on = self._fires(first, end, [each for one in blocks.values() for each in one])
            suppressed_by = None
            if fired_on is None:
                suppressed_by = next(
                    kind
                    for kind, spans in blocks.items()
                    if any(start <= first < to for start, to in spans)
                )
            else:
                # S5b: by the model of the day on which it turned true.
                length = self.book.model_on(first).playbook_cooldown_d
                cooldowns.append((fired_on, fired_on + timedelta(days=length)))
            model = self.book.model_on(fired_on or first)
            rule = rule_of(model, rule_id)
            assert rule is not None
            outcome, outcome_on = self.outcome(account_id, fired_on) if fired_on else (None, None)
            yield Trigger(
                *(account_id, rule_id, first, end, fired_on, suppressed_by, rule, model),
                acted=self._acted(account_id, fired_on) if fired_on else None,
                outcome=outcome,
                outcome_on=outcome_on,
            )

    def _fires(
        self, first: date, end: date | None, blocks: Sequence[tuple[date, date]]
    ) -> date | None:
        last = self.as_of if end is None else end - DAY
        day = first
        while day <= last:
            held = [to for start, to in blocks if start <= day < to]
            if not held:
                return day
            day = max(held)
        return None

    def blocks(
        self, account_id: str, rule_id: str
    ) -> tuple[list[tuple[date, date]], list[tuple[date, date]]]:
        """Pauses, at most 90 days each, and snoozes."""
        longest = timedelta(days=LONGEST_PAUSE_D)
        mine = [leave for leave in self._leaves.get(account_id, ()) if _is_of(leave, rule_id)]
        pauses = [
            (each.starts_on, min(each.ends_on, each.starts_on + longest))
            for each in mine
            if each.kind == "pause"
        ]
        snoozes = [(each.starts_on, each.ends_on) for each in mine if each.kind == "snooze"]
        return pauses, snoozes

    @cached_property
    def _leaves(self) -> Mapping[str, list[Leave]]:
        found: dict[str, list[Leave]] = defaultdict(list)
        for leave in self.book.leaves:
            found[leave.account_id].append(leave)
        return found

    # What was done
    def _acted(self, account_id: str, fired_on: date) -> Activity | None:
        last = fired_on + timedelta(days=self._within("act_within_d"))
        for day, activity in self._answers.get(account_id, ()):
            if fired_on < day <= last:
                return activity
        return None

    @cached_property
    def _answers(self) -> Mapping[str, list[tuple[date, Activity]]]:
        """What our people did with a customer, in order."""
        found: dict[str, list[tuple[date, Activity]]] = defaultdict(list)
        for activity in self.book.activities or ():
            day = self.book.local_day(activity.started_at, activity.account_id)
            if day <= self.as_of and is_answer(self.book, activity):
                found[activity.account_id].append((day, activity))
        for rows in found.values():
            rows.sort(key=lambda row: (row[1].started_at, row[1].activity_id))
        return found

    def _within(self, name: str) -> int:
        return int(self.signals.said[name])

    # What came of it
    @cached_property
    def churns(self) -> list[Churn]:
        """Who left."""
        return list(churn_events(self.renewals, {}))

    @cached_property
    def losses(self) -> Mapping[str, list[Loss]]:
        """By account, what was lost, known by as_of."""
        found: dict[str, list[Loss]] = defaultdict(list)
        for churn in self.churns:
            day = min(churn.notice_on or churn.effective_on, churn.effective_on)
            if day <= self.as_of:
                found[churn.account_id].append(
                    Loss(churn.account_id, "lost", day, churn.effective_on)
                )
        for move in Movements(self.book).rows():
            if move.type == "contraction" and move.moved_on <= self.as_of:
                found[move.account_id].append(
                    Loss(move.account_id, "contracted", move.moved_on, move.moved_on)
                )
        return found

    def noticed(self, account_id: str, day: date) -> date | None:
        """When it was told that the account leaves, where that is known and still to come."""
        days = [
            loss.day
            for loss in self.losses.get(account_id, ())
            if loss.kind == "lost" and loss.day <= day <= loss.effective_on
        ]
        return min(days, default=None)

    def outcome(self, account_id: str, fired_on: date) -> tuple[str, date | None]:
        """What became of the account after a trigger, the first that applies."""
        last = fired_on + timedelta(days=self._within("outcome_within_d"))
        noticed = self.noticed(account_id, fired_on)
        if noticed is not None:
            return "notice_given", noticed
        losses = self.losses.get(account_id, ())
        for kind in ("lost", "contracted"):
            days = [
                each.day for each in losses if each.kind == kind and fired_on < each.day <= last
            ]
            if days:
                return kind, min(days)
        if self.as_of < last:
            return "open", None
        renewed = [
            row.term.scheduled_on
            for row in self._renewed.get(account_id, ())
            if fired_on < row.term.scheduled_on <= last
        ]
        return ("renewed", min(renewed)) if renewed else ("kept", None)

    @cached_property
    def _renewed(self) -> Mapping[str, list[Renewal]]:
        found = defaultdict(list)
        for row in self.renewals.rows:
            if row.outcome in WENT_ON and row.term.scheduled_on <= self.as_of:
                found[row.term.account_id].append(row)
        return found

    # Rows
    @cached_property
    def _terms(self) -> Mapping[str, list[tuple[date, date, float | None]]]:
        return terms(self.book)

    def _arr(self, account_id: str, day: date) -> float | None:
        amounts = [arr for start, end, arr in self._terms[account_id] if start <= day < end]
        return None if None in amounts else sum(arr for arr in amounts if arr is not None)

    def row(self, one: Trigger, net_hours: Mapping[date, float]) -> Row:
        """As published; `net_hours` of a full-time CSM by day."""
        book, account_id, day = self.book, one.account_id, one.reference_on
        since = self.signals.span(account_id, day)
        assert since is not None
        owner, pool = book.lead_on(account_id, day)
        tier = book.tier_days[account_id].get(day)
        _, snoozes = self.blocks(account_id, one.rule_id)
        is_open = one.ended_on is None
        there = [to for start, to in snoozes if start <= self.as_of < to]
        has_time = one.fired_on is not None and self.as_of < one.fired_on + timedelta(
            days=self._within("act_within_d")
        )
        is_acted: bool | None = one.acted is not None
        if one.fired_on is None or (one.acted is None and has_time):
            is_acted = None
        said = evidence(self.signals, one.rule.when, At(account_id, day, since))
        return {
            "trigger_id": one.trigger_id,
            "account_id": account_id,
            "rule_id": one.rule_id,
            "rule_version": rule_version(book, one.model, one.rule_id),
            "became_true_on": one.became_true_on,
            "fired_on": one.fired_on,
            "fired_at": self.end_of(account_id, one.fired_on) if one.fired_on else None,
            "evidence": json.dumps({name: _as_json(value) for name, value in said.items()}),
            "severity": one.rule.severity,
            "playbook_id": one.rule.playbook or one.rule_id,
            "functions": list(one.rule.functions),
            "owner_user_id": owner,
            "owner_pool": pool,
            "tier_id": tier.assigned if tier else None,
            "arr": self._arr(account_id, day),
            "dedupe_key": f"{account_id}|{one.rule_id}",
            "cooldown_until": one.fired_on
            + timedelta(days=book.model_on(one.became_true_on).playbook_cooldown_d)
            if one.fired_on
            else None,
            "suppressed_by": one.suppressed_by,
            "snoozed_until": max(there, default=None) if is_open else None,
            "csp_task_id": None,
            "is_acted": is_acted,
            "acted_at": one.acted.started_at if one.acted else None,
            "acted_activity_id": one.acted.activity_id if one.acted else None,
            "is_open": is_open,
            "ended_on": one.ended_on,
            "outcome": one.outcome,
            "outcome_on": one.outcome_on,
            "recommended_extra_fte": self._extra_fte(one, net_hours),
        }

    def _extra_fte(self, one: Trigger, net_hours: Mapping[date, float]) -> float | None:
        if HOURS_SIGNAL not in signals_of(read_condition(one.rule.when)):
            return None
        day = one.reference_on
        monday = day - timedelta(days=day.weekday())
        hours = self.signals.base_hours
        now, _ = hours.get((one.account_id, monday), (None, None))
        before, _ = hours.get((one.account_id, monday - timedelta(days=35)), (None, None))
        net = net_hours.get(one.model.effective_from)
        if now is None or before is None or not net:
            return None
        return round(max((now - before) / net, 0.0), 4)

    def end_of(self, account_id: str, day: date) -> datetime:
        """The instant at which an account's day is over."""
        zone = ZoneInfo(self.book.account[account_id].time_zone)
        return datetime.combine(day + DAY, time(), zone).astimezone(UTC)

    def fired(self) -> tuple[Fired, ...]:
        """Those that somebody is to answer."""
        return tuple(
            Fired(
                one.trigger_id,
                one.account_id,
                one.fired_on,
                one.acted.activity_id if one.acted else None,
            )
            for one in self.rows
            if one.fired_on is not None
        )


def rule_of(model: Model, rule_id: str) -> Playbook | None:
    """A model's rule by its id."""
    return next((rule for rule in model.playbooks if rule.rule_id == rule_id), None)


def rule_version(book: Book, model: Model, rule_id: str) -> str:
    """Since when the rule has been written as it is."""
    rule, since = rule_of(model, rule_id), model.effective_from
    for earlier in reversed([m for m in book.models if m.effective_from < since]):
        if rule_of(earlier, rule_id) != rule:
            break
        since = earlier.effective_from
    return since.isoformat()


def is_answer(book: Book, activity: Activity) -> bool:
    """Completed by our people, with a customer there or addressed, and not from the customer."""
    nobody_came = (
        activity.customer_attendees == 0
        and not activity.contact_emails
        and activity.channel not in ADDRESSED
    )
    return (
        activity.status == "completed"
        and not activity.is_automated
        and activity.direction not in ("internal", "inbound")
        and not nobody_came
        and is_by_the_team(book, activity)
    )


def _is_of(leave: Leave, rule_id: str) -> bool:
    return leave.family in (None, rule_id)


def _as_json(value: Value) -> str | float | bool | None:
    return value.isoformat() if isinstance(value, date) else value
