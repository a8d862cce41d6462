"""Lifelike meetings of two people, always the same for a number.

Belongs here: what the events look like. Does not: serving them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sandbox.servers.vendor import Record

ANNA = "anna@northwind.example"
BEN = "ben@northwind.example"


def meeting(number: int) -> Record:
    """A meeting with a customer, in the calendar of one of the two."""
    owner = (ANNA, BEN)[number % 2]
    start = datetime(2026, 1, 6, 9, 0, tzinfo=UTC) + timedelta(hours=number)
    return {
        "_calendar": owner,
        "kind": "calendar#event",
        "id": f"evt{number:06d}",
        "status": "confirmed",
        "summary": f"Check-in {number}",
        "iCalUID": f"evt{number:06d}@google.com",
        "start": {"dateTime": f"{start:%Y-%m-%dT%H:%M:%SZ}", "timeZone": "Europe/London"},
        "end": {
            "dateTime": f"{start + timedelta(minutes=30):%Y-%m-%dT%H:%M:%SZ}",
            "timeZone": "Europe/London",
        },
        "creator": {"email": owner, "self": True},
        "organizer": {"email": owner, "self": True},
        "attendees": [
            {"email": owner, "self": True, "organizer": True, "responseStatus": "accepted"},
            {
                "email": f"person{number}@customer{number}.example",
                "responseStatus": "accepted",
            },
        ],
        "eventType": "default",
    }
