"""The time that people write down for an account.

Belongs here: entries of a week by person and kind of work. Does not: time for no account
(internal).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from sandbox.company.calendars import at
from sandbox.company.facts import Activity, Person, Ticket, TimeEntry
from sandbox.company.relationship import Relationship
from sandbox.company.story import TIME_TRACKED_FROM

_DAY = timedelta(days=1)
_MINUTES_PER_EMAIL = 15
_MINUTES_PER_ATTEMPT = 10
_SITTING = 90
# Into how many stretches a tier is cut; in each, accounts fill the days of a week evenly.
_PARTS = 29
_PART = {"proactive": 0.0, "reactive": 0.37, "internal": 0.7}

_Key = tuple[date, str, str, str]


def effort(
    relationship: Relationship, activities: Iterable[Activity], tickets: Iterable[Ticket]
) -> tuple[TimeEntry, ...]:
    """Entries for what was done, one a week for each person and kind of work."""
    minutes: defaultdict[_Key, float] = defaultdict(float)
    for activity in activities:
        if activity.started_at.date() < TIME_TRACKED_FROM or activity.is_automated:
            continue
        around = relationship.tier_on(activity.started_at.date()).around_meeting
        for email in activity.person_emails:
            category, work_type, worth = _work(activity, around)
            minutes[_monday(activity.started_at.date()), email, category, work_type] += worth
    for ticket in tickets:
        opened_on = ticket.opened_at.date()
        worker = relationship.worker(opened_on) if opened_on >= TIME_TRACKED_FROM else None
        if worker is not None:
            worth = relationship.tier.ticket_minutes * (2 if ticket.is_escalated else 1)
            minutes[_monday(worker[0]), worker[1], "reactive", "ticket_help"] += worth
    people = {person.email: person for person in relationship.team.people}
    entries: list[TimeEntry] = []
    for (monday, email, category, work_type), worth in sorted(minutes.items()):
        person = people[email]
        recorded_at = at(monday + 4 * _DAY, 20 * 60, person.time_zone)
        if recorded_at >= relationship.horizon:
            continue
        for day, length in _sittings(relationship, person, monday, category, worth):
            entries.append(
                TimeEntry(
                    entry_id=f"{relationship.account.account_id}-e{len(entries) + 1}",
                    person_email=email,
                    account_id=relationship.account.account_id,
                    worked_on=day,
                    minutes=length,
                    category=category,
                    work_type=work_type,
                    recorded_at=recorded_at,
                )
            )
    return tuple(sorted(entries, key=lambda entry: (entry.worked_on, entry.entry_id)))


def _work(activity: Activity, around: float) -> tuple[str, str, float]:
    """Category, kind of work and minutes that an activity stands for."""
    if activity.direction == "internal":
        return "internal", "meeting_prep", activity.minutes or 30
    if activity.type == "escalation_call":
        return "reactive", "escalation", around * (activity.minutes or 30)
    if activity.channel == "email":
        is_answer = activity.ticket_id is not None or activity.subject.startswith("Re: ")
        if activity.direction == "inbound" or is_answer:
            return "reactive", "customer_email", _MINUTES_PER_EMAIL
        return "proactive", "customer_email", _MINUTES_PER_EMAIL
    if activity.status != "completed":
        return "proactive", "customer_meeting", _MINUTES_PER_ATTEMPT
    return "proactive", "customer_meeting", around * (activity.minutes or 30)


def _sittings(
    relationship: Relationship, person: Person, monday: date, category: str, worth: float
) -> Iterator[tuple[date, int]]:
    """Day and length of each sitting in which a week's work is done: an account has its days."""
    days = [
        monday + weekday * _DAY
        for weekday in range(5)
        if relationship.team.works(person, monday + weekday * _DAY)
    ]
    place = relationship.seat.place * _PARTS + relationship.seat.number * 0.1 + _PART[category]
    # In a short week others help.
    worth *= (len(days) + 1) / 6
    sitting = int(place % 1 * len(days))
    while worth > 0 and days:
        yield days[sitting % len(days)], max(5, round(min(worth, _SITTING) / 5) * 5)
        worth -= _SITTING
        sitting += 1


def _monday(day: date) -> date:
    return day - day.weekday() * _DAY
