"""How long a server asks us to wait, in all the ways that servers say it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from requests.structures import CaseInsensitiveDict

from connectors.http.hints import retry_after, seconds_to_wait

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
FIVE_MINUTES = timedelta(minutes=5)


def http(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def wait(**headers: str) -> float | None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return seconds_to_wait(CaseInsensitiveDict(named), NOW)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "-3"}, 0),
        ({"Retry-After": http(NOW + timedelta(seconds=30))}, 30),
        ({"Retry-After": http(NOW - timedelta(seconds=30))}, 0),
        ({"Retry-After": f"{NOW.timestamp() + 20:.0f}"}, 20),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "soon", "RateLimit-Reset": "4"}, 4),
        ({"Retry-After": "2", "RateLimit-Reset": "40"}, 2),
        ({"RateLimit-Reset": "40"}, 40),
        ({"X-RateLimit-Reset": f"{NOW.timestamp() + 12:.0f}"}, 12),
        ({"X-RateLimit-Reset": f"{(NOW.timestamp() + 12) * 1000:.0f}"}, 12),
        ({"X-Rate-Limit-Reset": f"{NOW.timestamp() - 12:.0f}"}, 0),
        ({"zendesk-ratelimit-incremental-exports": "total=10; remaining=0; resets=60"}, 60),
        ({"zendesk-ratelimit-incremental-exports": "total=10; remaining=0"}, None),
    ],
)
def test_every_form_of_hint_is_understood(headers: dict[str, str], seconds: float | None) -> None:
    assert wait(**headers) == seconds


@pytest.mark.parametrize("off", [FIVE_MINUTES, -FIVE_MINUTES])
def test_a_wrong_clock_changes_no_wait_where_the_server_says_what_time_it_is(
    off: timedelta,
) -> None:
    theirs = NOW + off
    date = http(theirs)
    assert wait(Date=date, Retry_After=http(theirs + timedelta(seconds=30))) == 30
    assert wait(Date=date, X_RateLimit_Reset=f"{theirs.timestamp() + 30:.0f}") == 30
    assert wait(Date=date, RateLimit_Reset="30") == 30


def test_after_an_error_of_theirs_reset_headers_mean_nothing() -> None:
    assert retry_after(CaseInsensitiveDict({"RateLimit-Reset": "55"}), NOW) is None
    assert retry_after(CaseInsensitiveDict({"Retry-After": "5", "RateLimit-Reset": "55"}), NOW) == 5
