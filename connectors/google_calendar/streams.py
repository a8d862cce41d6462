"""What can be read from Google Calendar.

Belongs here: the streams. Does not: reading them (source).
"""

from __future__ import annotations

from connectors.stream import DeletedWhen, Deletes, Stream

CALENDAR = "_calendar"
"""Where an event says which calendar it was read from: in each it has content of its own."""

STREAMS: tuple[Stream, ...] = (
    Stream(
        name="events",
        description="Events of the calendars, each meeting of a series by itself.",
        key=(CALENDAR, "id"),
        is_full_read=False,
        deletes=Deletes.SNAPSHOT,
        deleted_when=DeletedWhen("status", "cancelled", is_bare=True),
        feeds=("activities",),
        permission="the scope https://www.googleapis.com/auth/calendar.readonly, and a calendar "
        "that is shared with the account it is read as",
    ),
)
