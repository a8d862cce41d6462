"""Business days, from "Schedules" and 3.0.

Belongs here: stepping over days that are no business days. Does not: which days an account calls
holidays.
"""

from __future__ import annotations

from collections.abc import Set
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
OPENS, SHUTS = time(9), time(17)


def is_business_day(day: date, holidays: Set[date]) -> bool:
    """Neither a weekend nor a holiday."""
    return day.weekday() < 5 and day not in holidays


def add_business_days(day: date, number: int, holidays: Set[date]) -> date:
    """The `number`-th business day after `day`; `day` itself, whatever it is, for 0."""
    while number > 0:
        day += DAY
        if is_business_day(day, holidays):
            number -= 1
    return day


def business_days_between(first: date, last: date, holidays: Set[date]) -> int:
    """Business days after `first` up to and including `last`."""
    return sum(
        is_business_day(date.fromordinal(number), holidays)
        for number in range(first.toordinal() + 1, last.toordinal() + 1)
    )


def add_business_hours(at: datetime, hours: int, time_zone: str, holidays: Set[date]) -> datetime:
    """The instant by which so many hours between 09:00 and 17:00, local, have passed."""
    zone = ZoneInfo(time_zone)
    local = at.astimezone(zone)
    left = timedelta(hours=hours)
    day = local.date()
    begin = max(local.replace(tzinfo=None), datetime.combine(day, OPENS))
    while True:
        end = datetime.combine(day, SHUTS)
        if is_business_day(day, holidays) and begin < end:
            if begin + left <= end:
                return (begin + left).replace(tzinfo=zone)
            left -= end - begin
        day += DAY
        begin = datetime.combine(day, OPENS)


def quarter_begins(day: date) -> bool:
    """True on 1 January, April, July and October."""
    return day.day == 1 and day.month % 3 == 1


MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}


def period(day: date, kind: str) -> tuple[date, date]:
    """First and last day of the calendar period that holds `day`."""
    months = MONTHS[kind]
    first_month = (day.month - 1) // months * months + 1
    first = date(day.year, first_month, 1)
    after = first_month + months
    end = date(day.year + 1, 1, 1) if after > 12 else date(day.year, after, 1)
    return first, end - DAY


def period_key(first: date, kind: str) -> str:
    """2026, 2026-H1, 2026-Q2 or 2026-04."""
    if kind == "year":
        return f"{first.year}"
    if kind == "month":
        return f"{first.year}-{first.month:02}"
    number = (first.month - 1) // MONTHS[kind] + 1
    return f"{first.year}-{'H' if kind == 'half' else 'Q'}{number}"
