"""Critical points of accounts, the help that came, and help for a time (D11 to D13).

Belongs here: when an account is at such a point, who was added, whether things calmed down. Does
not: the rules of playbooks, of which some mark one (triggers).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from oracle.canonical import Facts
from oracle.distribution import Person, Staffing, person_of
from oracle.ledger_facts import DAY
from oracle.models import said_on
from oracle.world import Row, local_day

SHOWN_D = 730
GO_LIVE_D = 14
BEFORE_RENEWAL_D = 120
PLAIN_SIGNS = 2
HELP_D, AHEAD_D, AWAY_D = 30, 14, 90
BASELINE_WEEKS, AFTER_WEEKS = 13, 4


@dataclass(frozen=True)
class Event:
    """A point, or help for a time: [started_on, ended_on), None while it lasts."""

    account_id: str
    kind: str
    key: str
    started_on: date
    ended_on: date | None
    is_surge: bool = False
    reason: str | None = None
    signs: int = 1
    """Days of escalation of a run of such days."""
    is_plain: bool = False
    """Whether it was plain that help was needed."""
    since: Mapping[Person, date] = field(default_factory=dict)
    """Of help for a time, who came when."""


@dataclass(frozen=True)
class Tables:
    """What the points are found in."""

    staffing: Staffing
    facts: Facts
    activities: Sequence[Row]
    renewals: Sequence[Row]
    health: Sequence[Row]
    triggers: Sequence[Row]
    time: Sequence[Row]

    @property
    def as_of(self) -> date:
        """The day of it all."""
        return self.staffing.book.as_of

    @property
    def said(self) -> Mapping[str, Any]:
        """The settings in force."""
        settings: Mapping[str, Any] = said_on(self.as_of)["distribution"]["surge"]
        return settings

    @cached_property
    def tracked_since(self) -> date | None:
        """The first day of which anybody's time is known."""
        worked = (row["worked_on"] for row in self.time if row["minutes"] > 0)
        return min(worked, default=None)

    def until(self, day: date) -> date | None:
        """An end that has come; None while it has not."""
        return day if day <= self.as_of else None


def points(tables: Tables) -> Iterator[Event]:
    """Every critical point, of whatever tier and age."""
    yield from _projects(tables)
    yield from _escalations(tables)
    yield from _not_green(tables)
    for row in tables.triggers:
        if row["suppressed_by"] is None:
            yield Event(
                *(row["account_id"], row["rule_id"], row["trigger_id"]),
                started_on=row["fired_on"],
                ended_on=row["ended_on"],
                is_plain=True,
            )


def _projects(tables: Tables) -> Iterator[Event]:
    for row in tables.facts["projects"]:
        due, done = row.get("due_on"), row.get("completed_on")
        account_id, key = row["account_id"], row["project_id"]
        if row["kind"] in ("implementation", "migration") and due and due < (done or tables.as_of):
            late = Event(account_id, "implementation_overdue", key, due + DAY, done)
            yield replace(late, is_plain=True)
        if row["kind"] == "implementation" and (done or due):
            live = done or due
            first, end = live - GO_LIVE_D * DAY, live + (GO_LIVE_D + 1) * DAY
            yield Event(account_id, "go_live", key, first, tables.until(end))


def _escalations(tables: Tables) -> Iterator[Event]:
    days: dict[str, set[date]] = defaultdict(set)
    book = tables.staffing.book
    for ticket in tables.facts["tickets"]:
        if ticket.get("is_escalated") and ticket["account_id"] in book.account:
            zone = book.account[ticket["account_id"]].time_zone
            days[ticket["account_id"]].add(local_day(ticket["opened_at"], zone))
    for row in tables.activities:
        if row["type"] == "escalation_call" and row["status"] == "completed" and row["account_id"]:
            days[row["account_id"]].add(row["started_on"])
    for account_id, found in days.items():
        for run in _runs(sorted(found), tables):
            end = tables.until(run[-1] + (tables.said["quiet_d"] + 1) * DAY)
            yield Event(
                *(account_id, "escalation", run[0].isoformat(), run[0], end),
                signs=len(run),
                is_plain=len(run) >= PLAIN_SIGNS,
            )


def _runs(days: Sequence[date], tables: Tables) -> Iterator[list[date]]:
    """Days with no gap longer than is quiet."""
    run = [days[0]]
    for day in days[1:]:
        if (day - run[-1]).days > tables.said["quiet_d"]:
            yield run
            run = []
        run.append(day)
    yield run


def _not_green(tables: Tables) -> Iterator[Event]:
    bands: dict[str, list[tuple[date, str]]] = defaultdict(list)
    for row in tables.health:
        bands[row["account_id"]].append((row["as_of_on"], row["band"]))
    ends = {(renewal["account_id"], renewal["term_end_on"]) for renewal in tables.renewals}
    for account_id, end in sorted(ends):
        seen = sorted(
            (day, band)
            for day, band in bands[account_id]
            if end - BEFORE_RENEWAL_D * DAY <= day <= end
        )
        first = next((day for day, band in seen if band in ("yellow", "red")), None)
        if first is not None:
            green = next((day for day, band in seen if day > first and band == "green"), None)
            yield Event(
                *(account_id, "renewal_not_green", end.isoformat()),
                started_on=first,
                ended_on=green or tables.until(end + DAY),
            )


def surges(tables: Tables) -> Iterator[Event]:
    """Temporary assignments of an account that overlap or touch are one."""
    for account_id, rows in tables.staffing.assigned.items():
        there = [
            row
            for row in rows
            if row["is_temporary"] and row["role"] != "backup" and person_of(row)
        ]
        together: list[Row] = []
        for row in sorted(there, key=lambda row: row["valid_from"]):
            ends = [each["valid_to"] or date.max for each in together]
            if together and row["valid_from"] > max(ends):
                yield _united(tables, account_id, together)
                together = []
            together.append(row)
        if together:
            yield _united(tables, account_id, together)


def _united(tables: Tables, account_id: str, rows: Sequence[Row]) -> Event:
    ends = [row["valid_to"] for row in rows]
    since: dict[Person, date] = {}
    for row in rows:
        person = person_of(row) or ""
        since[person] = min(row["valid_from"], since.get(person, row["valid_from"]))
    first = min(row["valid_from"] for row in rows)
    return Event(
        *(account_id, "temporary_assignment", first.isoformat(), first),
        ended_on=None if None in ends else tables.until(max(ends)),
        is_surge=True,
        since=since,
        reason=", ".join(sorted({row["reason"] for row in rows if row["reason"]})) or None,
    )


def fct_surge(tables: Tables) -> Iterator[Row]:
    """One row a point or a surge of the last 730 days."""
    first = tables.as_of - SHOWN_D * DAY
    for event in (*points(tables), *surges(tables)):
        if not first <= event.started_on <= tables.as_of:
            continue
        if event.account_id not in tables.staffing.book.account:
            continue
        if event.is_surge or _is_watched(tables, event):
            yield _row(tables, event)


def _tier(tables: Tables, event: Event) -> str | None:
    there = tables.staffing.book.tier_days.get(event.account_id, {}).get(event.started_on)
    return there.assigned if there else None


def _is_watched(tables: Tables, event: Event) -> bool:
    tiers = {tier["id"]: tier["touch"] for tier in said_on(event.started_on)["tiers"]}
    touch, surge = tiers.get(_tier(tables, event) or ""), tables.said
    kinds = {
        *("implementation_overdue", "go_live", "escalation", "renewal_not_green"),
        *surge["rules"],
    }
    return touch in surge["touch"] and event.kind in kinds


def _row(tables: Tables, event: Event) -> Row:
    staffing, as_of = tables.staffing, tables.as_of
    start, end = event.started_on, event.ended_on
    lead, pool = staffing.lead(event.account_id, start)
    if event.is_surge:
        added = dict(event.since)
        window_end = min(end or as_of + DAY, as_of + DAY)
    else:
        added = _added(tables, event, lead)
        window_end = max(start + HELP_D * DAY, end or start)
    helped_on = min(added.values(), default=None)
    name = "|".join((event.account_id, event.kind, event.key))
    before, after = _baseline(tables, event), _after(tables, event, window_end)
    tolerance = 1 + tables.said["tolerance"]
    return {
        "surge_id": hashlib.md5(name.encode()).hexdigest(),
        "account_id": event.account_id,
        "event_type": "surge" if event.is_surge else "critical_point",
        "kind": event.kind,
        "started_on": start,
        "ended_on": end,
        "tier_id": _tier(tables, event),
        "is_open": end is None or end > as_of,
        "signs": event.signs,
        "point_key": event.key,
        "lead_user_id": lead if lead in staffing.people else None,
        "lead_pool": pool,
        "people": len(added),
        "reason": event.reason,
        "helped_on": helped_on,
        "days_to_help": max(0, (helped_on - start).days) if helped_on else None,
        "is_dismissed": _is_dismissed(event, bool(added), as_of) if event.is_plain else None,
        "charged_hours": _charged(tables, event, added, window_end),
        "baseline_week_hours": before,
        "after_week_hours": after,
        "is_back_to_baseline": None
        if before is None or after is None
        else after <= before * tolerance,
    }


def _added(tables: Tables, event: Event, lead: Person | None) -> dict[Person, date]:
    """D12: who came, and since when."""
    staffing, start = tables.staffing, event.started_on
    found: dict[Person, date] = {}

    def add(person: Person, day: date) -> None:
        if person != lead:
            found[person] = min(day, found.get(person, day))

    for row in staffing.assigned.get(event.account_id, ()):
        person = person_of(row)
        is_lasting = row["role"] in ("member", "specialist")
        is_help = row["role"] != "backup" and (row["is_temporary"] or is_lasting)
        is_then = start - AHEAD_D * DAY <= row["valid_from"] < start + HELP_D * DAY
        if person is not None and is_help and is_then:
            add(person, row["valid_from"])
    tracked = tables.tracked_since
    if tracked is None or tracked > start - AWAY_D * DAY:
        return found
    worked: dict[Person, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    for row in staffing.by_account.get(event.account_id, ()):
        person = person_of(row)
        if person is not None and row["minutes"] > 0:
            worked[person][row["worked_on"]] += row["minutes"]
    for person, days in worked.items():
        if staffing.people.get(person, {}).get("role") == "support":
            continue
        if any(start - AWAY_D * DAY <= day < start for day in days):
            continue
        now = {day: part for day, part in days.items() if start <= day < start + HELP_D * DAY}
        if now and sum(now.values()) / 60 >= tables.said["min_hours"]:
            add(person, min(now))
    return found


def _is_dismissed(event: Event, has_help: bool, as_of: date) -> bool | None:
    limit = event.started_on + HELP_D * DAY
    if has_help:
        return False
    if event.ended_on is not None and event.ended_on < limit:
        return False
    return True if as_of >= limit else None


def _charged(
    tables: Tables, event: Event, people: Mapping[Person, date], end: date
) -> float | None:
    if tables.tracked_since is None:
        return None
    return (
        sum(
            row["minutes"]
            for row in tables.staffing.by_account.get(event.account_id, ())
            if (since := people.get(person_of(row) or "")) is not None
            and max(event.started_on, since) <= row["worked_on"] < end
        )
        / 60
    )


def _baseline(tables: Tables, event: Event) -> float | None:
    first = event.started_on - timedelta(weeks=BASELINE_WEEKS)
    since = tables.tracked_since
    if since is None or since > first:
        return None
    return tables.staffing.hours(event.account_id, first, event.started_on) / BASELINE_WEEKS


def _after(tables: Tables, event: Event, window_end: date) -> float | None:
    end = window_end + timedelta(weeks=AFTER_WEEKS)
    if _baseline(tables, event) is None or end > tables.as_of + DAY:
        return None
    return tables.staffing.hours(event.account_id, window_end, end) / AFTER_WEEKS
