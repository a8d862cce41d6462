"""The only clock: when a run takes place, and which day it reports on by default.

Belongs here: reading the time. Does not: anything computed from data; SQL has no clock at all.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

NOW_VARIABLE = "CS_COVERAGE_NOW"


def now() -> datetime:
    """This instant in UTC; `CS_COVERAGE_NOW` (ISO 8601) replaces it for demos and tests."""
    given = os.environ.get(NOW_VARIABLE)
    if not given:
        return datetime.now(UTC)
    instant = datetime.fromisoformat(given)
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)


def last_complete_day(instant: datetime, time_zone: str) -> date:
    """The day before `instant`'s day in the business time zone: what a nightly run reports on."""
    return instant.astimezone(ZoneInfo(time_zone)).date() - timedelta(days=1)
