"""When people work: week days, holidays, local hours.

Belongs here: days and instants. Does not: what is done on them.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

# Holidays that fall on the same day each year, as (month, day). Those that move are left out.
_HOLIDAYS = {
    "US": {(1, 1), (6, 19), (7, 4), (11, 11), (12, 25)},
    "CA": {(1, 1), (7, 1), (12, 25), (12, 26)},
    "GB": {(1, 1), (12, 25), (12, 26)},
    "IE": {(1, 1), (3, 17), (12, 25), (12, 26)},
    "DE": {(1, 1), (5, 1), (10, 3), (12, 25), (12, 26)},
    "FR": {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 11), (12, 25)},
    "NL": {(1, 1), (4, 27), (12, 25), (12, 26)},
    "AU": {(1, 1), (1, 26), (4, 25), (12, 25), (12, 26)},
    "JP": {(1, 1), (2, 11), (4, 29), (5, 3), (5, 4), (5, 5), (11, 3), (11, 23)},
    "SG": {(1, 1), (5, 1), (8, 9), (12, 25)},
}


def is_working_day(day: date, calendar: str) -> bool:
    """Monday to Friday, and no holiday of the calendar."""
    return day.weekday() < 5 and (day.month, day.day) not in _HOLIDAYS[calendar]


def working_day(day: date, calendar: str) -> date:
    """The day itself, or the first working day after it."""
    while not is_working_day(day, calendar):
        day += timedelta(days=1)
    return day


def working_day_before(day: date, calendar: str) -> date:
    """The last working day before the day."""
    day -= timedelta(days=1)
    while not is_working_day(day, calendar):
        day -= timedelta(days=1)
    return day


def add_working_days(day: date, days: int, calendar: str) -> date:
    """The day so many working days later."""
    for _ in range(days):
        day = working_day(day + timedelta(days=1), calendar)
    return day


@cache
def holidays(first: date, until: date, calendar: str) -> tuple[date, ...]:
    """The holidays from one day to another that cost a working day."""
    days = (first + timedelta(days=i) for i in range((until - first).days + 1))
    wanted = _HOLIDAYS[calendar]
    return tuple(d for d in days if d.weekday() < 5 and (d.month, d.day) in wanted)


def at(day: date, minute: int, time_zone: str) -> datetime:
    """The instant of a minute after local midnight, in UTC."""
    local = datetime(day.year, day.month, day.day, tzinfo=zone_of(time_zone))
    return local.replace(hour=minute // 60, minute=minute % 60).astimezone(UTC)


def utc(day: date, minute: int = 0) -> datetime:
    """The instant of a minute after midnight in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minute)


def mondays(first: date, until: date) -> list[date]:
    """Every Monday from one day to another, the last included."""
    monday = first + timedelta(days=-first.weekday() % 7)
    return [monday + timedelta(days=7 * i) for i in range((until - monday).days // 7 + 1)]


def month_starts(first: date, until: date) -> list[date]:
    """Every first of a month from one day to another, the last included."""
    months = range(first.year * 12 + first.month - 1, until.year * 12 + until.month)
    starts = (date(month // 12, month % 12 + 1, 1) for month in months)
    return [day for day in starts if day >= first]


def periods(first: date, until: date, months: int) -> list[tuple[date, date]]:
    """The calendar periods of so many months that touch the days from one to another, half-open."""
    start = date(first.year, (first.month - 1) // months * months + 1, 1)
    found = []
    while start <= until:
        later = start.month + months
        end = date(start.year + (later - 1) // 12, (later - 1) % 12 + 1, 1)
        found.append((start, end))
        start = end
    return found


@cache
def zone_of(name: str) -> ZoneInfo:
    """The time zone of a name."""
    return ZoneInfo(name)
