"""Times as Gainsight writes them, and as its filters want them.

Belongs here: reading and writing a time. Does not: deciding from when on to read.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(value: object) -> datetime | None:
    """A time in a record: epoch milliseconds (query API) or ISO text (CTAs, delete log).

    Text without an offset is UTC. None for what is neither.
    """
    if isinstance(value, bool) or value is None:
        return None
    try:
        if isinstance(value, int | float):
            return _EPOCH + timedelta(milliseconds=value)
        read = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError):
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def whole_second(at: datetime) -> datetime:
    """The second that a time lies in: a filter knows no fractions."""
    return at.replace(microsecond=0)


def filter_time(at: datetime, zone: ZoneInfo) -> str:
    """A time in a filter of the query API, which has no offset."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def filter_day(day: date) -> str:
    """A day in a filter of the CTA API."""
    return day.isoformat()


def stored(at: datetime) -> str:
    """A time in a stream's state."""
    return at.astimezone(UTC).isoformat()
