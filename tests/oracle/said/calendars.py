"""What the CSMs' calendars say (staging/google_calendar/google_calendar.yml).

Belongs here: an entry for each of ours who was invited. Does not: whose account it is, which only
the guests tell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, timedelta

from oracle.said.reading import Reading, Said, utc_day
from oracle.world import Row
from sandbox.company.facts import Activity, Team
from sandbox.systems.ids import calendar_uid, event_id
from sandbox.systems.landscape import CALENDARS
from sandbox.systems.seen import ended_at

CARRIES = {
    "activities": (
        "activity_id", "type", "status", "started_at", "ended_at", "direction", "channel",
        "subject", "user_emails", "contact_emails", "customer_attendees", "calendar_uid",
    ),
}  # fmt: skip

USUAL = timedelta(minutes=30)
"""How long a meeting is put down for when nobody says."""


def calendars(team: Team) -> tuple[str, ...]:
    """Whose calendars are read: all CSMs', also of those who left."""
    return tuple(person.email for person in team.people if person.role == "csm")


def entries(
    activities: Iterable[Activity], read: Collection[str], reading: Reading, as_of: date
) -> Said:
    """Entries with somebody from outside, or more than one of ours.

    Of one that was called off or taken out, Google keeps the id alone. What was read of it before
    stays as a cancelled meeting; what was not, is nothing.
    """
    for activity in activities:
        begun = min(activity.planned_at or activity.recorded_at, activity.recorded_at)
        is_called_off = activity.status == "cancelled" and begun < activity.recorded_at
        gone_at = activity.recorded_at if is_called_off else activity.removed_at
        is_there = reading.has(begun, until=gone_at)
        if "calendar" not in activity.recorded_in or not (is_there or reading.had(begun, gone_at)):
            continue
        if activity.contact_emails or len(activity.person_emails) > 1:
            for email in activity.person_emails:
                if email in read:
                    row = _entry(activity, email, as_of)
                    yield "activities", row if is_there else {**row, "status": "cancelled"}


def _entry(activity: Activity, email: str, as_of: date) -> Row:
    return {
        "source_name": CALENDARS,
        "activity_id": f"{email}/{event_id(activity.activity_id)}",
        "account_id": None,
        "type": "meeting",
        "status": "planned" if utc_day(activity.started_at) > as_of else "completed",
        "started_at": activity.started_at,
        "ended_at": ended_at(activity) or activity.started_at + USUAL,
        "direction": "outbound" if activity.contact_emails else "internal",
        "channel": "meeting",
        "subject": activity.subject,
        "user_emails": sorted(activity.person_emails),
        "contact_emails": sorted(activity.contact_emails) or None,
        "customer_attendees": len(activity.contact_emails),
        "calendar_uid": calendar_uid(activity.activity_id),
    }
