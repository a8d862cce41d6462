"""A made-up Google Calendar and what is read of it, for the tests of the connector.

Belongs here: filling the calendars, connecting, looking at what was loaded. Does not: what is
expected.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vendor_reading import Connected, Read, connected

from sandbox.servers.google_calendar import System
from tests.support import records as rows_of


@contextmanager
def calendars(folder: Path) -> Iterator[Connected]:
    """Twelve events in each of two calendars; a page holds five."""
    system = System()
    system.page_limit = 5
    system.fill("events", 24)
    with connected(system, folder) as at:
        yield at


def keys(read: Read) -> list[tuple[str, str]]:
    return [(event["_calendar"], event["id"]) for event in read.records]


def key_of(event: dict[str, Any]) -> str:
    return f"{event['_calendar']}/{event['id']}"


def events_of(google: Connected, calendar: str) -> list[dict[str, Any]]:
    return [e for e in google.system.listed("events") if e["_calendar"] == calendar]


def known(google: Connected, condition: str) -> set[str]:
    """The events that the warehouse knows, of which a condition is true."""
    sql = f"""
        select payload ->> '_calendar' || '/' || (payload ->> 'id') as key
        from raw.google_calendar__events where is_current and {condition}
    """
    return {row["key"] for row in rows_of(google.home, sql)}
