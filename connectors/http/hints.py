"""How long a server asks us to wait.

Belongs here: Retry-After in its two forms, and the reset headers that vendors use instead. Does
not: deciding to wait (rules) or waiting (client).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite

RESET_HEADERS = (
    "ratelimit-reset",
    "x-ratelimit-reset",
    "x-rate-limit-reset",
    "zendesk-ratelimit-incremental-exports",
)
_SECONDS_NAMED = re.compile(r"resets?=(\d+(?:\.\d+)?)")
_EARLIEST_EPOCH = 1_000_000_000  # a number this large is a point in time, not a duration
_MILLISECONDS = 1_000_000_000_000


def seconds_to_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """The wait that the reply asks for, in seconds, never negative; None if it asks for none.

    Points in time are compared with the server's own `Date`, so that a clock of ours that is
    wrong does not matter; `now` is used only where the reply has no date.
    """
    if (seconds := retry_after(headers, now)) is not None:
        return seconds
    their_now = _date(headers.get("date")) or now
    for name in RESET_HEADERS:
        if (seconds := _until_reset(headers.get(name, ""), their_now)) is not None:
            return seconds
    return None


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """The wait that `Retry-After` asks for, as above.

    The reset headers speak of rate limits alone and may stand on every reply: where something
    else went wrong they mean nothing.
    """
    their_now = _date(headers.get("date")) or now
    after = headers.get("retry-after", "").strip()
    if (seconds := _until_reset(after, their_now)) is not None:
        return seconds
    moment = _date(after)
    return None if moment is None else max(0.0, (moment - their_now).total_seconds())


def _until_reset(text: str, now: datetime) -> float | None:
    named = _SECONDS_NAMED.search(text)
    number = _number(named[1] if named else text.strip())
    if number is None:
        return None
    if number >= _MILLISECONDS:
        number /= 1000
    if number >= _EARLIEST_EPOCH:
        number -= now.timestamp()
    return max(0.0, number)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None


def _date(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
