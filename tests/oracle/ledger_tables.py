"""Tiers and the ledger as public tables: membership, obligations, their evidence and events.

Belongs here: the columns of rows that `tiers` and `obligations` make. Does not: how they come
about.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import date, datetime

from oracle.ledger_facts import DAY, Activity, Book, days
from oracle.ledger_touches import personas_reached
from oracle.obligations import Customer, Obligation
from oracle.tiers import Measure, Membership, membership
from oracle.world import Row

_UNSEEN = {"owner", "results"}
"""What an obligation knows beside its row."""


def tier_membership_scd2(book: Book) -> Iterator[Row]:
    """One row a stretch of days with the same eligible and assigned tier."""
    measure = Measure(book)
    for row in membership(book):
        yield {
            "account_id": row.account_id,
            "valid_from": row.valid_from,
            "valid_to": row.valid_to,
            "eligible_tier_id": row.eligible,
            "assigned_tier_id": row.assigned,
            "source": row.source,
            "reason": row.reason,
            "measure_value": row.measure,
            "evidence": json.dumps(_evidence(book, measure, row)),
            "override_expires_on": row.override_expires_on,
        }


def _evidence(book: Book, measure: Measure, row: Membership) -> Row:
    """What decided on a row's first day."""
    model = book.model_on(row.valid_from)
    eligible, by_rule = model.tier(row.eligible or ""), model.tier(row.by_rule or "")
    override = book.account[row.account_id].override if row.source == "override" else None
    before = days(row.valid_from - model.demote_days * DAY, row.valid_from)
    is_down = row.reason == "demoted"
    return {
        "measure_since": measure.since(row.account_id, row.valid_from).isoformat(),
        "highest_measure_before": max(measure.on(row.account_id, day) or 0 for day in before)
        if is_down
        else None,
        "eligible_from": eligible and eligible.arr_from,
        "eligible_to": eligible and eligible.arr_to,
        "rule_tier_id": row.by_rule,
        "rule_tier_from": by_rule and by_rule.arr_from,
        "rule_tier_to": by_rule and by_rule.arr_to,
        "demoted_below": by_rule and by_rule.arr_from * model.demote_edge,
        "model_effective_from": model.effective_from.isoformat(),
        "override_from": override and override.starts_on and override.starts_on.isoformat(),
        "override_reason": override and override.reason,
        "override_by": override and override.by,
    }


def fct_obligation(ledger: Sequence[Obligation]) -> Iterator[Row]:
    """One row an obligation."""
    for one in ledger:
        row = {f.name: getattr(one, f.name) for f in fields(one) if f.name not in _UNSEEN}
        failed = list(one.failed_conditions) if one.fulfilled_on else None
        yield {**row, "obligation_id": one.obligation_id, "failed_conditions": failed}


def fct_obligation_evidence(book: Book, ledger: Sequence[Obligation]) -> Iterator[Row]:
    """One row a condition of what settled an obligation."""
    activities = {activity.activity_id: activity for activity in book.activities or ()}
    for one in ledger:
        for position, (condition, result) in enumerate(one.results, 1):
            if one.fulfilled_by_activity_id is not None:
                activity = activities[one.fulfilled_by_activity_id]
                yield {
                    "obligation_id": one.obligation_id,
                    "activity_id": activity.activity_id,
                    "position": position,
                    "condition": condition,
                    "result": result,
                    "value": _found(book, activity, condition),
                }


def _found(book: Book, activity: Activity, condition: str) -> str | None:
    """What a condition was judged by, as text."""

    def day(at: datetime | None) -> str | None:
        return None if at is None else book.local_day(at, activity.account_id).isoformat()

    name = re.split(r"[<>=(]", condition)[0]
    if name == "external_attendees":
        named = len(activity.contact_emails or ()) or None
        counts = [count for count in (activity.customer_attendees, named) if count is not None]
        return str(max(counts)) if counts else None
    if name == "duration":
        return None if activity.minutes is None else str(float(activity.minutes))
    if name in ("persona_any", "persona_all"):
        return ", ".join(sorted(personas_reached(book, activity))) or None
    if name in ("notes", "follow_up"):
        return day(activity.notes_at if name == "notes" else activity.follow_up_at)
    assert name == "plan_updated", name
    touched = day(activity.started_at) or ""
    of_account = (p for p in book.plans or () if p.account_id == activity.account_id)
    updates = sorted(plan.updated_on.isoformat() for plan in of_account)
    return next((update for update in updates if update >= touched), None) or max(
        updates, default=None
    )


def fct_obligation_event(book: Book, ledger: Sequence[Obligation]) -> Iterator[Row]:
    """What happened to each obligation: opened, moved by a pause, missed, fulfilled, excluded."""
    for one in ledger:
        for number, event in enumerate(_events(book, one), 1):
            names = ("happened_on", "event", "old_status", "new_status", "reason")
            row = dict(zip(names, event, strict=True))
            yield {"obligation_id": one.obligation_id, "event_number": number, **row}


Event = tuple[date | None, str, str | None, str, str | None]


def _events(book: Book, one: Obligation) -> Iterator[Event]:
    yield one.opened_on, "opened", None, "open", "short_notice" if one.is_short_notice else None
    if one.due_on != one.original_due_on:
        customer = Customer(book, one.account_id, {}, [], [], {})
        later = (start for start, _ in customer.pauses(one.family) if start > one.opened_on)
        first = min((start for start in later if start <= one.due_on), default=None)
        if first is not None:
            yield first, "due_moved", "open", "open", "pause"
    if one.timeliness in ("missed", "late"):
        yield one.closes_on + DAY, "missed", "open", "missed", None
    if one.fulfilled_on is not None:
        before = "missed" if one.timeliness == "late" else "open"
        yield one.fulfilled_on, "fulfilled", before, one.timeliness, one.quality
    if one.exclusion_reason is not None:
        yield one.excluded_on, "excluded", one.timeliness, "excluded", one.exclusion_reason
