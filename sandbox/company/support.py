"""What customers come with: tickets and messages, and what answering them takes.

Belongs here: work that customers start. Does not: work that the firm starts (engagement).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sandbox.company.calendars import at, is_working_day
from sandbox.company.chance import pick
from sandbox.company.diary import Diary, Meeting
from sandbox.company.facts import Activity, Ticket
from sandbox.company.relationship import Relationship
from sandbox.company.story import INCIDENT

_DAY = timedelta(days=1)
_PRIORITIES = (("P1", 0.03), ("P2", 0.15), ("P3", 0.5), ("P4", 0.32))
_SOLVED_WITHIN_H = {"P1": (3, 30), "P2": (6, 90), "P3": (8, 250), "P4": (8, 400)}
_CHANNELS = (("email", 0.6), ("web", 0.25), ("chat", 0.15))
_COMPONENTS = (
    ("imports", 0.2),
    ("api", 0.15),
    ("permissions", 0.15),
    ("billing", 0.15),
    ("planning board", 0.25),
    ("sync", 0.1),
)
_TROUBLES = (
    "{} does not load",
    "Question about {}",
    "Error in {}",
    "{}: how do we change it?",
    "{} is slow today",
    "Wrong numbers in {}",
)
_INCIDENT_TROUBLES = ("sync stopped", "sync loses changes", "sync fails for everybody")
_MESSAGES = (
    "Quick question",
    "Can you help us with this?",
    "Our invoice",
    "Adding more people",
    "Who should we ask?",
)
_NIGHT_RATE = 0.08
_RATED_RATE = 0.3
_NEVER_SOLVED_RATE = 0.01


@dataclass(frozen=True, slots=True)
class Support:
    """What came in, and what was done about it."""

    tickets: tuple[Ticket, ...]
    activities: tuple[Activity, ...]


def support(relationship: Relationship) -> Support:
    """Tickets and messages of an account, in the order in which they came."""
    desk = _Desk(relationship)
    for start, end in relationship.spans():
        desk.take_tickets(start, end)
        desk.take_messages(start, end)
    desk.suffer_incident()
    tickets = sorted(desk.tickets, key=lambda ticket: (ticket.opened_at, ticket.ticket_id))
    return Support(tuple(tickets), tuple(desk.diary.activities))


class _Desk:
    def __init__(self, relationship: Relationship) -> None:
        self.relationship = relationship
        self.diary = Diary(relationship, "s")
        self.rng = relationship.dice("tickets")
        self.tickets: list[Ticket] = []

    def take_tickets(self, start: date, end: date) -> None:
        rate = self.relationship.tier.tickets_per_year / 365
        day = start
        while True:
            # Who has only begun asks most.
            age = (day - self.relationship.seat.started_on).days
            day += int(1 + self.rng.expovariate(rate * (1.6 if age < 90 else 1))) * _DAY
            if day >= end:
                return
            component = pick(_COMPONENTS, self.rng.random())
            trouble = self.rng.choice(_TROUBLES).format(component)
            self._open(day, pick(_PRIORITIES, self.rng.random()), component, trouble)

    def suffer_incident(self) -> None:
        """One or two urgent tickets of whoever uses what failed."""
        relationship = self.relationship
        if not relationship.condition.uses_incident_component:
            return
        days = (INCIDENT.last_day - INCIDENT.first_day).days + 1
        for _ in range(self.rng.choice((1, 1, 2))):
            day = INCIDENT.first_day + self.rng.randrange(days) * _DAY
            if relationship.is_customer(day) and day <= relationship.settings.until:
                priority = self.rng.choice(("P1", "P2"))
                trouble = self.rng.choice(_INCIDENT_TROUBLES)
                self._open(day, priority, INCIDENT.component, trouble)

    def take_messages(self, start: date, end: date) -> None:
        """Messages to the lead, and the answers."""
        rng, relationship, diary = self.rng, self.relationship, self.diary
        rate = relationship.tier.inbound_emails_per_year / 365
        day = start
        while True:
            day += int(1 + rng.expovariate(rate)) * _DAY
            if day >= end:
                return
            worker = relationship.worker(day)
            if worker is None or not relationship.condition.answers(day):
                continue
            if not is_working_day(day, relationship.account.business_calendar):
                continue
            subject, contact = rng.choice(_MESSAGES), rng.choice(relationship.people(day))
            came_at = at(day, rng.randrange(8 * 60, 18 * 60), relationship.account.time_zone)
            diary.message(
                came_at,
                subject,
                channel="email",
                person=worker[1],
                direction="inbound",
                contact=contact,
            )
            answered_at = relationship.business_later(came_at, self._hours_to_answer(day))
            answers = relationship.worker(answered_at.date()) or worker
            still_there = relationship.people(answered_at.date())
            diary.message(
                answered_at,
                f"Re: {subject}",
                channel="email",
                person=answers[1],
                direction="outbound",
                contact=contact if contact in still_there else still_there[0],
            )

    def _open(self, day: date, priority: str, component: str, subject: str) -> None:
        rng, relationship = self.rng, self.relationship
        night = rng.random() < _NIGHT_RATE
        is_urgent = priority in {"P1", "P2"}
        # What can wait does not come on a weekend.
        if (
            not night
            and not is_urgent
            and not is_working_day(day, relationship.account.business_calendar)
        ):
            day += rng.randrange(1, 3) * _DAY
        if day > relationship.settings.until or not relationship.is_customer(day):
            return
        minute = rng.randrange(0, 24 * 60) if night else rng.randrange(8 * 60, 18 * 60)
        opened_at = at(day, minute, relationship.account.time_zone)
        hours = self._hours_to_answer(day) * {"P1": 0.3, "P2": 0.6}.get(priority, 1.0)
        answered_at = relationship.business_later(opened_at, hours)
        low, high = _SOLVED_WITHIN_H[priority]
        solved_at = answered_at + timedelta(minutes=int(60 * rng.uniform(low, high)))
        escalated = rng.random() < relationship.tier.escalation_rate * (4 if is_urgent else 0.6)
        is_solved = rng.random() >= _NEVER_SOLVED_RATE
        is_rated, good = rng.random() < _RATED_RATE, rng.random() < 0.9 - 0.02 * hours
        rated_at = solved_at + timedelta(hours=rng.randrange(1, 60))
        is_rated = is_rated and is_solved and rated_at < relationship.horizon
        contact = rng.choice(relationship.people(day))
        ticket_id = f"{relationship.account.account_id}-t{len(self.tickets) + 1}"
        if opened_at >= relationship.horizon:
            return
        self.tickets.append(
            Ticket(
                ticket_id=ticket_id,
                account_id=relationship.account.account_id,
                contact_email=contact.email,
                opened_at=opened_at,
                first_response_at=_told(answered_at, relationship),
                solved_at=_told(solved_at, relationship) if is_solved else None,
                priority=priority,
                is_escalated=escalated,
                satisfaction=(100 if good else 0) if is_rated else None,
                rated_at=rated_at if is_rated else None,
                component=component,
                channel=pick(_CHANNELS, rng.random()),
                subject=subject[0].upper() + subject[1:],
            )
        )
        if escalated and relationship.tier_on(day).tier_id != "T5":
            meeting = Meeting("escalation_call", f"Escalation: {subject}", 40, ticket_id=ticket_id)
            self.diary.hold(meeting, day + rng.randrange(1, 3) * _DAY, tries=1)
        elif rng.random() < 0.15:
            self._help(day, subject, ticket_id)

    def _help(self, day: date, subject: str, ticket_id: str) -> None:
        """The lead writes, too."""
        worker = self.relationship.worker(day + _DAY)
        if worker is None or not self.relationship.is_customer(worker[0]):
            return
        if worker[0] <= self.relationship.settings.until:
            self.diary.send(
                worker[0],
                self.rng.randrange(9 * 60, 17 * 60),
                f"About your ticket: {subject}",
                person=worker[1],
                ticket_id=ticket_id,
            )

    def _hours_to_answer(self, day: date) -> float:
        tier, rng = self.relationship.tier_on(day), self.rng
        hours = rng.uniform(*tier.response_hours)
        return hours * rng.uniform(2, 5) if rng.random() < tier.slow_responses else hours


def _told(instant: datetime, relationship: Relationship) -> datetime | None:
    return instant if instant < relationship.horizon else None
