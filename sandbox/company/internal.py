"""Work for no single customer: meetings of the team, reports, keeping lists.

Belongs here: activities and time inside the firm. Does not: work for an account (effort).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from sandbox.company.calendars import at, mondays
from sandbox.company.chance import dice
from sandbox.company.facts import Activity, Person, TimeEntry
from sandbox.company.people import POOL, Roster
from sandbox.company.settings import Settings
from sandbox.company.story import TIME_TRACKED_FROM

_DAY = timedelta(days=1)
_TEAM_SIZE = 12

# Hours a week of a full-time CSM, by kind of work, on the days on which it is mostly done.
_WEEK = (
    ("internal_team", 2.0, 0),
    ("renewal_tracking", 2.5, 1),
    ("reporting", 3.5, 2),
    ("data_entry", 3.0, 3),
    ("tooling", 1.5, 4),
)
# Who has no time has less for this, too.
_SHARE = {"enterprise": 1.0, "growth": 1.15, "scale": 0.75, POOL: 0.8}


def activities(team: Roster, settings: Settings) -> tuple[Activity, ...]:
    """Weekly team meetings, and the reports that people block time for."""
    found = [*_team_meetings(team, settings), *_reports(team, settings)]
    return tuple(sorted(found, key=lambda activity: (activity.started_at, activity.activity_id)))


def time_entries(team: Roster, settings: Settings) -> tuple[TimeEntry, ...]:
    """What each CSM wrote down a week for no account."""
    entries: list[TimeEntry] = []
    for person in team.people:
        if person.role != "csm":
            continue
        rng = dice(settings.seed, "internal time", person.person_id)
        number = 0
        for monday in mondays(max(TIME_TRACKED_FROM, settings.history_from), settings.until):
            for work_type, hours, weekday in _WEEK:
                day = monday + weekday * _DAY
                hours *= _SHARE[person.team] * person.fte * rng.uniform(0.7, 1.3)
                if not team.works(person, day) or monday + 4 * _DAY >= settings.until:
                    continue
                number += 1
                entries.append(
                    TimeEntry(
                        entry_id=f"{person.person_id}-e{number}",
                        person_email=person.email,
                        account_id=None,
                        worked_on=day,
                        minutes=max(15, round(hours * 12) * 5),
                        category="internal",
                        work_type=work_type,
                        recorded_at=at(monday + 4 * _DAY, 20 * 60, person.time_zone),
                    )
                )
    return tuple(sorted(entries, key=lambda entry: (entry.worked_on, entry.entry_id)))


def _team_meetings(team: Roster, settings: Settings) -> Iterator[Activity]:
    for group, members in _groups(team):
        for place, monday in enumerate(mondays(settings.history_from, settings.until)):
            there = [p.email for p in members if team.works(p, monday)]
            if len(there) < 2:
                continue
            yield _internal(
                f"team-{group}-{place + 1}",
                "internal_team",
                monday,
                f"Team meeting: {group.split('-')[0]}",
                60,
                tuple(there),
                members[0],
            )


def _reports(team: Roster, settings: Settings) -> Iterator[Activity]:
    for person in team.people:
        if person.role != "csm":
            continue
        for place, monday in enumerate(mondays(settings.history_from, settings.until)[::4]):
            day = monday + 2 * _DAY
            if team.works(person, day) and day <= settings.until:
                yield _internal(
                    f"{person.person_id}-r{place + 1}",
                    "reporting",
                    day,
                    "Monthly health report",
                    120,
                    (person.email,),
                    person,
                )


def _groups(team: Roster) -> Iterator[tuple[str, list[Person]]]:
    for name in ("enterprise", "growth", "scale", POOL):
        members = [p for p in team.people if p.team == name and p.role == "csm"]
        for place in range(0, len(members), _TEAM_SIZE):
            yield f"{name}-{place // _TEAM_SIZE + 1}", members[place : place + _TEAM_SIZE]


def _internal(
    activity_id: str,
    type: str,
    day: date,
    subject: str,
    minutes: int,
    people: tuple[str, ...],
    host: Person,
) -> Activity:
    started_at = at(day, 16 * 60, host.time_zone)
    return Activity(
        activity_id=activity_id,
        account_id=None,
        type=type,
        status="completed",
        started_at=started_at,
        minutes=minutes,
        direction="internal",
        channel="meeting",
        subject=subject,
        person_emails=people,
        contact_emails=(),
        notes=None,
        notes_at=None,
        follow_up_at=None,
        is_automated=False,
        ticket_id=None,
        recorded_in=("calendar",),
        planned_at=None,
        recorded_at=started_at,
    )
