"""Custify's times: reading them, and writing the bookmark that is compared with them.

Belongs here: text to instant and back, and what dates a value of a health score. Does not: what
is read since then.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

_DATE_NAMES = (
    "date",
    "day",
    "on",
    "at",
    "timestamp",
    "recorded_at",
    "calculated_at",
    "created_at",
    "createdAt",
    "updated_at",
    "updatedAt",
)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]|$)")
_EARLIEST_EPOCH_S = 1_000_000_000
_EARLIEST_EPOCH_MS = 1_000_000_000_000


def instant(text: Any) -> datetime | None:
    """A time that Custify gave; without an offset it is taken as UTC. None if it is none."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def written(moment: datetime) -> str:
    """An instant as text; texts of this form compare as their instants do."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def bookmark(newest: datetime, started_at: datetime, lookback_minutes: float) -> str:
    """Where the next read begins after one that saw changes up to `newest`."""
    return written(min(newest, started_at) - timedelta(minutes=lookback_minutes))


def date_of(value: Mapping[str, Any], forced: str | None) -> str | None:
    """What dates a value of a health score: an ISO text, or None where nothing does.

    The field's name is not documented: `forced` is the configured one; else the usual names are
    tried, then any field that holds an ISO date.
    """
    names = (forced,) if forced else (*_DATE_NAMES, *value)
    return next((text for name in names if (text := _iso(value.get(name)))), None)


def identity_of(value: Mapping[str, Any]) -> str:
    """What tells a value without a date from the others: its id, else its content."""
    for name in ("id", "_id"):
        if isinstance(found := value.get(name), str):
            return found
    return hashlib.sha256(repr(sorted(value.items())).encode()).hexdigest()[:16]


def _iso(value: Any) -> str | None:
    if isinstance(value, str):
        return value if _ISO.match(value) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < _EARLIEST_EPOCH_S:
        return None
    seconds = value / 1000 if value >= _EARLIEST_EPOCH_MS else value
    return written(datetime.fromtimestamp(seconds, UTC))
