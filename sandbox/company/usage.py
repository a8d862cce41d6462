"""What the product counts of its use.

Belongs here: the metrics of an account over time. Does not: how the customer truly fares
(condition).
"""

from __future__ import annotations

from datetime import date, timedelta

from sandbox.company.calendars import mondays, utc
from sandbox.company.chance import clip
from sandbox.company.contracts import PLATFORM
from sandbox.company.facts import UsageReading
from sandbox.company.relationship import Relationship
from sandbox.company.story import RATES_TO_USD, RECOUNTED_FROM, RECOUNTED_METRIC, RECOUNTED_SHARE

_WEEKLY_WEEKS = 65
_USD_PER_LICENCE = 550
_FEATURES = {"T5": 8, "T4": 10}
_ALL_FEATURES = 14
_SESSIONS_PER_USER = (6, 16)


def usage(relationship: Relationship) -> tuple[UsageReading, ...]:
    """Readings of every Monday of the last 65 weeks, and of a month's first one before."""
    readings: list[UsageReading] = []
    rng = relationship.dice("usage")
    account_id = relationship.account.account_id
    features = _FEATURES.get(relationship.tier.tier_id, _ALL_FEATURES)
    sessions_per_user = rng.uniform(*_SESSIONS_PER_USER)
    seats_per_usd = rng.uniform(0.85, 1.2) / _USD_PER_LICENCE
    for monday in _days(relationship):
        adoption = relationship.condition.adoption(monday)
        licences = max(3, round(_arr_usd(relationship, monday) * seats_per_usd))
        used = round(licences * clip(adoption * 1.1 + rng.gauss(0.05, 0.02), 0.02, 1))
        active = round(licences * clip(adoption * 1.05 + rng.gauss(0.03, 0.025), 0.01, 1))
        depth = clip(round(features * adoption + rng.gauss(0.3, 0.4)), 1, features)
        values = {
            "active_users": float(min(active, used)),
            "core_features_available": float(features),
            "core_features_used": float(depth),
            "licences_billable": float(licences),
            "licences_used": float(used),
            "sessions": float(round(min(active, used) * sessions_per_user * rng.uniform(0.9, 1.1))),
        }
        if monday >= RECOUNTED_FROM:
            values[RECOUNTED_METRIC] = float(round(values[RECOUNTED_METRIC] * RECOUNTED_SHARE))
        recorded_at = utc(monday + timedelta(days=1), 60)
        readings += [
            UsageReading(account_id, monday, metric, value, recorded_at)
            for metric, value in values.items()
        ]
    return tuple(readings)


def _days(relationship: Relationship) -> list[date]:
    settings = relationship.settings
    weekly_from = settings.until - timedelta(weeks=_WEEKLY_WEEKS)
    last = settings.until - timedelta(days=1)  # what is counted is known on the next day
    return [
        monday
        for start, end in relationship.spans()
        for monday in mondays(start, min(end - timedelta(days=1), last))
        if monday > weekly_from or monday.day <= 7
    ]


def _arr_usd(relationship: Relationship, day: date) -> float:
    """The yearly amount of the main contract on a day; while it lapsed, of the last one."""
    known = [
        contract
        for contract in relationship.course.contracts
        if contract.product == PLATFORM and contract.starts_on <= day
    ]
    return known[-1].arr * RATES_TO_USD[relationship.seat.currency] if known else 0.0
