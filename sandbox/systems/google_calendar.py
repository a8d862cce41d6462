"""What lies in the calendars of the firm's CSMs.

Belongs here: one entry for each invited colleague whose calendar is read. Does not: how Google
answers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from functools import partial

from sandbox.company.facts import Activity, Customer, Team
from sandbox.systems.changes import Life, Record, same
from sandbox.systems.ids import calendar_uid, event_id
from sandbox.systems.landscape import CALENDARS
from sandbox.systems.seen import ended_at

_USUAL = timedelta(minutes=30)


def owners(team: Team) -> tuple[str, ...]:
    """Whose calendars are read: those of all CSMs, gone ones too."""
    return tuple(person.email for person in team.people if person.role == "csm")


def of_team(team: Team) -> Iterator[Life]:
    """Meetings among colleagues."""
    calendars = owners(team)
    for activity in team.activities:
        yield from _entries(activity, calendars)


def of_customer(customer: Customer, calendars: Collection[str]) -> Iterator[Life]:
    """Meetings with a customer."""
    for activity in customer.activities:
        yield from _entries(activity, calendars)


def _entries(activity: Activity, calendars: Collection[str]) -> Iterator[Life]:
    """A cancelled meeting is taken out of the calendars; one that nobody came to is not."""
    if "calendar" not in activity.recorded_in:
        return
    begun = min(activity.planned_at or activity.recorded_at, activity.recorded_at)
    is_called_off = activity.status == "cancelled" and begun < activity.recorded_at
    called_off = activity.recorded_at if is_called_off else None
    for email in activity.person_emails:
        if email not in calendars:
            continue
        record = _event(activity, email, begun)
        yield Life(
            CALENDARS,
            "events",
            f"{email}/{record['id']}",
            (begun,),
            partial(same, record),
            deleted_at=called_off or activity.removed_at,
        )


def _event(a: Activity, email: str, begun: datetime) -> Record:
    organizer = a.person_emails[0]
    return {
        "_calendar": email,
        "kind": "calendar#event",
        "id": event_id(a.activity_id),
        "status": "confirmed",
        "summary": a.subject,
        "iCalUID": calendar_uid(a.activity_id),
        "start": {"dateTime": _time(a.started_at), "timeZone": "UTC"},
        "end": {"dateTime": _time(ended_at(a) or a.started_at + _USUAL), "timeZone": "UTC"},
        "creator": {"email": organizer, "self": organizer == email},
        "organizer": {"email": organizer, "self": organizer == email},
        "attendees": [
            {"email": each, "self": each == email, "responseStatus": "accepted"}
            for each in (*a.person_emails, *a.contact_emails)
        ],
        "eventType": "default",
        "created": _time(begun),
    }


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
