"""Activities, each once however often it was recorded (fct_activity.yml).

Belongs here: what a record means, and what of several records one row keeps. Does not: which
records are one activity, which `duplicates` tells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from oracle.canonical import Facts
from oracle.duplicates import groups
from oracle.models import listed, said_on
from oracle.world import Row, World, local_day

TYPES = {
    "check_in", "kickoff", "onboarding_session", "first_value", "onboarding_complete", "ebr",
    "business_review", "success_plan_review", "workshop", "training", "renewal_conversation",
    "health_assessment", "health_update", "risk_update", "escalation_call", "support", "broadcast",
    "onboarding_sequence", "usage_recap", "survey_sent", "renewal_notice", "internal_prep",
    "internal_team", "reporting", "data_entry", "renewal_tracking", "note", "task", "email",
    "call", "meeting", "other",
}  # fmt: skip
"""The vocabulary's types (canonical_input.md)."""

PLAIN = {"call", "email", "meeting", "note", "task", "other"}
"""Types that say no more than the channel."""

FIELDS = (
    "activity_id", "account_id", "type", "status", "started_at", "ended_at", "minutes",
    "direction", "channel", "subject", "user_emails", "contact_emails", "customer_attendees",
    "personas", "notes", "notes_at", "follow_up_at", "is_automated", "ticket_id", "playbook_id",
    "calendar_uid", "work_type", "logged_at",
)  # fmt: skip
"""What a record may fill: of several, the one with more filled is the richer."""

_OF_THE_RICHEST = (
    "account_id", "source_type", "channel", "direction", "subject", "started_at", "started_on",
    "ended_at", "minutes", "notes_at", "follow_up_at", "is_automated", "logged_at", "ticket_id",
    "playbook_id", "calendar_uid", "work_type",
)  # fmt: skip


def read_activities(world: World, facts: Facts) -> list[Row]:
    """The records with what they mean: type, status, local day, minutes, who is ours.

    What an activity was for is what its source says; where it says only meeting, call or email,
    what the rules of the coverage model make of it.
    """
    zones = {a["account_id"]: a.get("time_zone") for a in facts["accounts"]}
    ours = {user["email"] for user in facts["users"]}
    return [
        _read(world, row, zones.get(row.get("account_id")), ours) for row in facts["activities"]
    ]


def _read(world: World, row: Row, zone: str | None, ours: set[str]) -> Row:
    carried = world.carried(row["source_name"], "activities")
    users = list(row.get("user_emails") or ())
    guests = list(row.get("contact_emails") or ())
    started_at, ended_at = row["started_at"], row.get("ended_at")
    minutes = row.get("minutes")
    if minutes is None and ended_at is not None and ended_at >= started_at:
        minutes = (ended_at - started_at).total_seconds() / 60
    channel = row.get("channel")
    plain = channel if channel in ("call", "email", "meeting") else "other"
    started_on = local_day(started_at, zone or world.time_zone)
    said_type = row["type"] if row["type"] in TYPES else plain
    ruled = _type_by_rules({**row, "type": said_type, "kind": row["type"]}, started_on, ours)
    return {
        **{name: row.get(name) for name in FIELDS if name != "notes"},
        "source_name": row["source_name"],
        "source_type": row["type"],
        "is_classified": row["type"] in TYPES or ruled is not None,
        "type": ruled or said_type,
        # An entry in a log without any status tells of something that took place.
        "status": row.get("status") if "status" in carried else "completed",
        "started_on": started_on,
        "minutes": minutes,
        # A colleague whom a calendar lists among its guests is still one of ours.
        "user_emails": users + [e for e in guests if e in ours and e not in users] or None,
        "contact_emails": [e for e in guests if e not in ours] or None,
        "notes_length": len(row.get("notes") or "") if "notes" in carried else None,
        "carried_fields": sorted(carried),
        "richness": sum(row.get(name) is not None for name in FIELDS),
    }


def _type_by_rules(row: Row, day: date, ours: set[str]) -> str | None:
    """The first rule that matches decides; what is not known never matches."""
    all_guests = row.get("contact_emails") or ()
    guests = [email for email in all_guests if email not in ours]
    attendees = _largest([row.get("customer_attendees"), len(guests) if guests else None])
    direction, seen = row.get("direction"), dict(row)
    if row.get("channel") is None and row["type"] in ("call", "email", "meeting"):
        seen["channel"] = row["type"]
    if guests or (row.get("customer_attendees") or 0) > 0 or direction in ("inbound", "outbound"):
        seen["has_customer"] = True
    elif row.get("customer_attendees") == 0 or direction == "internal" or all_guests:
        seen["has_customer"] = False
    for rule in said_on(day)["activity_rules"]:
        match = rule["match"]
        if row["type"] not in PLAIN and "kind" not in match:
            continue
        if _matches(match, seen, attendees):
            return str(rule["type"])
    return None


def _matches(match: Mapping[str, Any], seen: Row, attendees: int | None) -> bool:
    for name, asked in match.items():
        if name == "subject":
            holds = re.search(asked, seen.get("subject") or "", re.IGNORECASE) is not None
        elif name == "min_customer_attendees":
            holds = attendees is not None and attendees >= asked
        elif name == "has_customer":
            holds = seen.get("has_customer") is asked
        elif name == "kind":
            holds = seen["kind"].lower() in [kind.lower() for kind in listed(asked) or ()]
        else:
            holds = seen.get({"source": "source_name"}.get(name, name)) in (listed(asked) or ())
        if not holds:
            return False
    return True


def fct_activity(world: World, records: Sequence[Row]) -> Iterator[Row]:
    """One row an activity."""
    for group in groups(records):
        yield _merged(
            sorted(
                group,
                key=lambda r: (-r["richness"], world.place(r["source_name"]), r["activity_id"]),
            )
        )


def _merged(ranked: Sequence[Row]) -> Row:
    """Records of one activity, the richest first, as a row.

    What the richest leaves empty comes from the next. "planned" says less than what became of
    it, a plain "meeting" less than "ebr"; people and personas are united.
    """
    first = ranked[0]
    guests = _united(ranked, "contact_emails")
    attendees = [row["customer_attendees"] for row in ranked]
    return {
        **{name: _first(ranked, name) for name in _OF_THE_RICHEST},
        "activity_id": first["activity_id"],
        "status": _first(ranked, "status", lambda row: row["status"] != "planned")
        or _first(ranked, "status"),
        "is_classified": any(row["is_classified"] for row in ranked),
        "type": _first(ranked, "type", lambda row: row["type"] not in PLAIN)
        or _first(ranked, "type", lambda row: row["is_classified"])
        or first["type"],
        "user_emails": _united(ranked, "user_emails"),
        "contact_emails": guests,
        "personas": _united(ranked, "personas"),
        "customer_attendees": _largest([*attendees, len(guests) if guests else None]),
        "notes_length": _largest(row["notes_length"] for row in ranked),
        "source_activity_ids": [row["activity_id"] for row in ranked],
        "sources": sorted({row["source_name"] for row in ranked}),
        "carried_fields": sorted({name for row in ranked for name in row["carried_fields"]}),
        "duplicates_merged": len(ranked) - 1,
    }


def _first(ranked: Sequence[Row], name: str, condition: Callable[[Row], bool] | None = None) -> Any:
    return next(
        (r[name] for r in ranked if r[name] is not None and (condition is None or condition(r))),
        None,
    )


def _united(ranked: Sequence[Row], name: str) -> list[str] | None:
    """All of them, in order; a single record keeps its own order."""
    if len(ranked) == 1:
        return ranked[0][name]
    return sorted({value for row in ranked for value in row[name] or ()}) or None


def _largest(numbers: Any) -> Any:
    return max((n for n in numbers if n is not None), default=None)
