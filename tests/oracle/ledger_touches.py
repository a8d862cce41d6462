"""What settles an obligation, and whether it was good: "Schedules" (a touch) and "Quality".

Belongs here: judging one activity by one standard. Does not: which obligation it settles.
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from datetime import date, datetime

from oracle.calendar import add_business_days
from oracle.coverage_models import Model, Standard
from oracle.ledger_facts import Activity, Book

ADDRESSED = {"email", "chat", "in_app", "event"}
ABOUT_A_CUSTOMER = {
    "health_assessment",
    "health_update",
    "risk_update",
    "first_value",
    "onboarding_complete",
}
"""L7: work on a customer, or a milestone, whoever was there."""
ATTEMPTS = {"no_show", "bounced", "unanswered"}


@dataclass(frozen=True)
class Touch:
    """An accepted activity, with the result of each condition."""

    day: date
    started_at: datetime
    activity_id: str
    results: tuple[tuple[str, str], ...]

    @property
    def order(self) -> tuple[datetime, str]:
        """Ties: start time, then id."""
        return self.started_at, self.activity_id

    @property
    def failed(self) -> tuple[str, ...]:
        """Conditions that do not hold, as written."""
        return tuple(condition for condition, result in self.results if result == "fail")

    @property
    def quality(self) -> str:
        """Any fail: below; all pass: to standard; else nobody can say."""
        if self.failed:
            return "below_standard"
        if all(result == "pass" for _, result in self.results):
            return "to_standard"
        return "unverifiable"

    @property
    def anchors(self) -> bool:
        """Whether it is good enough, or may be."""
        return self.quality != "below_standard"


def accepted_types(model: Model, tier_id: str, standard: Standard) -> Set[str]:
    """Types that settle the standard, those of the families that satisfy it included."""
    types = set(standard.accepts)
    for family in standard.satisfied_by_families:
        other = model.standard(tier_id, family)
        types |= set(other.accepts) if other else set()
    return types


def is_accepted(book: Book, activity: Activity, types: Set[str], standard: Standard) -> bool:
    """Completed, of an accepted type, by the team, with a customer present or addressed."""
    if activity.status != "completed" or activity.type not in types:
        return False
    if activity.account_id not in book.account:
        return False
    if activity.direction == "internal" and activity.type not in ABOUT_A_CUSTOMER:
        return False
    if activity.is_automated and not standard.allow_automation:
        return False
    nobody_came = (
        activity.customer_attendees == 0
        and not activity.contact_emails
        and activity.channel not in ADDRESSED
        and activity.type not in ABOUT_A_CUSTOMER
    )
    return is_by_the_team(book, activity) and not nobody_came


def is_by_the_team(book: Book, activity: Activity) -> bool:
    """O18: one of ours is named, or nobody is; a machine of ours counts."""
    named = activity.user_emails or ()
    return (
        bool(activity.is_automated)
        or book.users is None
        or not named
        or any(email in book.users for email in named)
    )


def judged(
    book: Book, activity: Activity, standard: Standard, holidays: Set[date]
) -> tuple[tuple[str, str], ...]:
    """Each condition of the standard with pass, fail or no_data."""
    return tuple(
        (condition, _result(book, activity, condition, holidays)) for condition in standard.quality
    )


def _result(book: Book, activity: Activity, condition: str, holidays: Set[date]) -> str:
    match = re.fullmatch(r"([a-z_]+)(?:[<>=]+(\d+)(?:bd)?|\((.*)\))?", condition)
    assert match, condition
    name, number, personas = match[1], int(match[2] or 0), (match[3] or "").split("|")
    day = book.local_day(activity.started_at, activity.account_id)
    limit = add_business_days(day, number, holidays)
    if name == "external_attendees":
        present = [
            *([activity.customer_attendees] if activity.customer_attendees is not None else []),
            *([len(activity.contact_emails)] if activity.contact_emails else []),
        ]
        return _no_data_or(bool(present), bool(present) and max(present) >= number)
    if name == "duration":
        known = activity.minutes is not None
        return _no_data_or(known, known and (activity.minutes or 0) >= number)
    if name in ("persona_any", "persona_all"):
        there = personas_reached(book, activity)
        holds = bool(there & set(personas)) if name == "persona_any" else set(personas) <= there
        return _no_data_or(bool(there), holds)
    if name == "notes":
        return _notes(book, activity, limit)
    if name == "follow_up":
        if "follow_up_at" not in activity.carried:
            return "no_data"
        return _soon_enough(book, activity, activity.follow_up_at, limit)
    return _plan_result(book, activity, name, number, day, limit)


def personas_reached(book: Book, activity: Activity) -> Set[str]:
    """Those that its record names, and those of the contacts who took part or were addressed."""
    there = set(activity.personas or ())
    for email in activity.contact_emails or ():
        there |= book.personas.get((activity.account_id, email), frozenset())
    return there


def _notes(book: Book, activity: Activity, limit: date) -> str:
    if "notes_at" in activity.carried:
        return _soon_enough(book, activity, activity.notes_at, limit)
    return "fail" if "notes" in activity.carried and not activity.has_notes else "no_data"


def _soon_enough(book: Book, activity: Activity, at: datetime | None, limit: date) -> str:
    holds = at is not None and book.local_day(at, activity.account_id) <= limit
    return "pass" if holds else "fail"


def _plan_result(
    book: Book, activity: Activity, name: str, number: int, day: date, limit: date
) -> str:
    """L6: plans are known as they stand; a later update has overwritten what was before."""
    if book.plans is None:
        return "no_data"
    plans = [
        plan
        for plan in book.plans
        if plan.account_id == activity.account_id and plan.updated_on <= book.as_of
    ]
    if name == "plan_updated":
        if any(day <= plan.updated_on <= limit for plan in plans):
            return "pass"
        return "no_data" if any(plan.updated_on > limit for plan in plans) else "fail"
    stood = [plan for plan in plans if plan.updated_on <= day]
    if not stood:
        return "no_data" if plans else "fail"
    plan = max(stood, key=lambda plan: (plan.updated_on, plan.plan_id))
    if name == "objectives":
        if plan.objectives is None:
            return "fail" if "objectives" in book.plan_fields else "no_data"
        return "pass" if plan.objectives >= number else "fail"
    assert name == "customer_validated", name
    return _no_data_or(plan.is_validated is not None, plan.is_validated is True)


def _no_data_or(is_known: bool, holds: bool) -> str:
    if not is_known:
        return "no_data"
    return "pass" if holds else "fail"
