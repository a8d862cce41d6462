"""Google Calendar: the events of people's calendars.

Belongs here: the names that the registry asks for. Does not: anything else.
"""

from __future__ import annotations

from pathlib import Path

from connectors.google_calendar.settings import Settings
from connectors.google_calendar.source import GoogleCalendarSource
from connectors.google_calendar.streams import STREAMS
from connectors.http.fields import FieldPlaces

__all__ = ["CUSTOM_FIELDS", "STREAMS", "Settings", "open_source"]

CUSTOM_FIELDS = FieldPlaces(objects=("",))


def open_source(name: str, settings: Settings, base_dir: Path) -> GoogleCalendarSource:
    """The source called `name`; resolves no secret and touches no network yet."""
    return GoogleCalendarSource(name, settings, base_dir)
