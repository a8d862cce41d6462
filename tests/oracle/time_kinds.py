"""What kind of time it was: the classification of 3.10, TM6.

Belongs here: the first rule that matches an activity or an entry. Does not: how long it took.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oracle.activities import TYPES
from oracle.calendar import add_business_days
from oracle.ledger_facts import Activity, Book
from oracle.ledger_touches import ADDRESSED, is_by_the_team
from oracle.world import Row

Said = Mapping[str, Any]

PLAIN = {"email", "call", "meeting", "note", "task", "other"}
"""Types that say no more than the channel: no standard tells what they take."""

AWAY = {"pto", "holiday", "leave"}
TROUBLE = {"escalation_call": "escalation", "support": "support", "risk_update": "risk"}
PREPARATION = {"internal_prep", "meeting_prep"}
TEAM = {"internal_prep", "internal_team"}
QUIET = {
    "note", "task", "other", "reporting", "data_entry", "renewal_tracking", "health_assessment",
    "health_update", "first_value", "onboarding_complete",
}  # fmt: skip
"""Work about a customer: with one only where the record says so."""

MESSAGES = {"email", "chat", "in_app"}
ANSWERED_BD = 2


@dataclass(frozen=True)
class Kind:
    """What kind of time it was, and which rule says so."""

    category: str
    subcategory: str | None
    reason: str

    @property
    def rank(self) -> int:
        """Of two things at once, the time goes to the lower one."""
        if self.category in ("proactive", "reactive"):
            return 0
        if self.category == "internal":
            return 1 if self.subcategory == "account" else 2
        return 3 if self.category == "unclassified" else 4


UNCLASSIFIED = Kind("unclassified", None, "unclassified")


def kind_of_entry(entry: Row, settings: Said) -> Kind:
    """As it is written; where nothing is written, as an activity of the type that it names."""
    work_type, category = (entry.get("work_type") or "").lower(), entry.get("category")
    account_id = entry.get("account_id")
    if work_type in AWAY:
        return Kind("not_working", None, "away")
    if category in ("proactive", "reactive"):
        return Kind(category, "customer", "written")
    if category == "internal":
        if work_type in PREPARATION and account_id and settings["prep_counts_as"] == "proactive":
            return Kind("proactive", "customer", "preparation")
        if work_type in settings["admin_work_types"]:
            return Kind("internal", "admin", "written")
        return Kind("internal", "account" if account_id else "other", "written")
    if (
        work_type not in TYPES
        and work_type not in settings["admin_work_types"]
        and work_type != "meeting_prep"
    ):
        return UNCLASSIFIED
    named = {"type": work_type, "work_type": work_type, "account_id": account_id}
    known = ("direction", "ticket_id", "customer_attendees", "channel")
    is_met = work_type in TYPES and work_type not in QUIET
    return _kind({**dict.fromkeys(known), **named}, settings, is_answer=False, is_met=is_met)


def kind_of_activity(activity: Row, settings: Said, *, is_answer: bool) -> Kind:
    """By what it was, who took part and what it answered."""
    attendees, direction = activity["customer_attendees"], activity["direction"]
    is_met = direction != "internal" and (
        attendees is None or attendees > 0 or activity["channel"] in ADDRESSED
    )
    if activity["type"] in QUIET:
        is_met = is_met and ((attendees or 0) > 0 or direction == "outbound")
    return _kind(activity, settings, is_answer=is_answer, is_met=is_met)


def _kind(record: Row, settings: Said, *, is_answer: bool, is_met: bool) -> Kind:
    kind, account_id = record["type"], record["account_id"]
    work_type = (record.get("work_type") or kind).lower()
    for reason, holds in (
        ("ticket", record["ticket_id"] is not None),
        (TROUBLE.get(kind, ""), kind in TROUBLE),
        ("inbound", record["direction"] == "inbound"),
        ("answer", is_answer),
    ):
        if holds:
            return Kind("reactive", "customer", reason)
    if account_id and (kind == "internal_prep" or work_type == "meeting_prep"):
        if settings["prep_counts_as"] == "proactive":
            return Kind("proactive", "customer", "preparation")
        return Kind("internal", "account", "preparation")
    if kind in TEAM or record["direction"] == "internal":
        return Kind("internal", "account" if account_id else "other", "team")
    if work_type in settings["admin_work_types"]:
        return Kind("internal", "admin", "admin")
    if account_id and is_met:
        return Kind("proactive", "customer", "customer")
    if account_id:
        return Kind("internal", "account", "account_work")
    return UNCLASSIFIED


def answers(book: Book) -> set[str]:
    """Activities that answer a customer's message soon enough to be called an answer."""
    by_account: dict[str, list[Activity]] = defaultdict(list)
    for activity in book.activities or ():
        if activity.status == "completed" and activity.account_id in book.account:
            by_account[activity.account_id].append(activity)
    found = set()
    for account_id, mine in by_account.items():
        mine.sort(key=lambda activity: (activity.started_at, activity.activity_id))
        holidays = book.holidays.get(book.account[account_id].calendar, frozenset())
        answering = [one for one in mine if _may_answer(book, one)]
        for message in mine:
            is_asking = message.direction == "inbound" and message.channel in MESSAGES
            if not is_asking or message.ticket_id is not None:
                continue
            answer = next((a for a in answering if a.started_at > message.started_at), None)
            if answer is not None:
                asked_on = book.local_day(message.started_at, account_id)
                soon = add_business_days(asked_on, ANSWERED_BD, holidays)
                if book.local_day(answer.started_at, account_id) <= soon:
                    found.add(answer.activity_id)
    return found


def _may_answer(book: Book, activity: Activity) -> bool:
    return (
        activity.direction == "outbound"
        and not activity.is_automated
        and is_by_the_team(book, activity)
    )
