"""Writing down what was done with a customer, as carelessly as people do it.

Belongs here: how a meeting, a message or an attempt becomes an activity: who noted it where, how
late, and what is missing. Does not: why it takes place.

Calendars have a meeting from `planned_at` on; `recorded_at` is when somebody noted what became of
it: after it took place, or before it where it was called off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sandbox.company.calendars import at
from sandbox.company.chance import pick
from sandbox.company.facts import Activity, Contact
from sandbox.company.relationship import Relationship
from sandbox.company.story import Tier

_DAY = timedelta(days=1)

_NO_SHOW_RATE = 0.03
_CANCELLED_RATE = 0.03
_NO_ATTENDEES_RATE_CALM = 0.001
_NO_ATTENDEES_RATE_BUSY = 0.03
_STALE_PLAN_RATE = 0.002
_REMOVED_RATE = 0.002
_EMAIL_BOUNCED_RATE = 0.01

# Which systems have a meeting. Where people look after accounts, most are in two of them.
# Who has the time notes them where notes can be kept, too.
_RECORDED_CALM = (
    (("csp", "calendar"), 52),
    (("crm", "calendar"), 29),
    (("crm", "csp", "calendar"), 12),
    (("csp",), 7),
)
_RECORDED_BUSY = (
    (("csp", "calendar"), 47),
    (("crm", "calendar"), 28),
    (("crm", "csp", "calendar"), 12),
    (("csp",), 7),
    (("calendar",), 6),
)
_RECORDED_LOW = (
    (("csp",), 30),
    (("crm",), 25),
    (("calendar",), 15),
    (("csp", "calendar"), 20),
    (("crm", "calendar"), 10),
)
# Hours until something is written down, and how often, where time is enough and where it is not.
_LAGS_CALM = (((0.2, 8), 90), ((8, 26), 9.5), ((100, 400), 0.5))
_LAGS_BUSY = (((0.2, 8), 55), ((8, 60), 25), ((72, 300), 14), ((400, 1_300), 6))

_NOTES = (
    "Went through open points; next steps agreed with owners and dates.",
    "Discussed usage of the last weeks and where teams get stuck. Follow-up sent.",
    "Reviewed goals for the quarter; two risks noted, both with an owner.",
    "Talked about the roadmap and what they wait for. Asked for a reference.",
)


@dataclass(frozen=True, slots=True)
class Meeting:
    """What is to be held: for `personas` the right people are asked first."""

    type: str
    subject: str
    minutes: int
    personas: tuple[str, ...] = ()
    ticket_id: str | None = None


class Diary:
    """Collects the activities of one account on one subject."""

    def __init__(self, relationship: Relationship, subject: str) -> None:
        self.relationship = relationship
        self.rng = relationship.dice(subject)
        self.prefix = f"{relationship.account.account_id}-{subject}"
        self.activities: list[Activity] = []

    def hold(self, meeting: Meeting, day: date, tries: int = 3) -> date | None:
        """Hold a meeting on the day or soon after it: the day on which it took place, or None."""
        rng, relationship = self.rng, self.relationship
        worker = relationship.worker(day)
        if worker is None or not relationship.is_customer(worker[0]) or tries == 0:
            return None
        day, lead = worker
        if day > relationship.settings.until:
            return None
        if not relationship.condition.answers(day):
            self.try_in_vain(meeting, day, lead)
            return None
        luck = rng.random()
        if luck < _NO_SHOW_RATE + _CANCELLED_RATE:
            status = "no_show" if luck < _NO_SHOW_RATE else "cancelled"
            self._meet(meeting, day, lead, status)
            return self.hold(meeting, day + rng.randrange(2, 5) * _DAY, tries - 1)
        status = "planned" if rng.random() < _STALE_PLAN_RATE else "completed"
        self._meet(meeting, day, lead, status)
        return day

    def try_in_vain(self, meeting: Meeting, day: date, lead: str) -> None:
        """Attempts that nobody answers, over two channels and some weeks."""
        rng = self.rng
        for channel, status in (
            ("email", "unanswered"),
            ("call", "unanswered"),
            ("email", rng.choice(("unanswered", "bounced"))),
            ("meeting", "no_show"),
        ):
            if not self.relationship.is_customer(day) or day > self.relationship.settings.until:
                return
            if channel == "meeting":
                self._meet(meeting, day, lead, status)
            else:
                self.send(
                    day,
                    rng.randrange(9 * 60, 17 * 60),
                    meeting.subject,
                    channel=channel,
                    person=lead,
                    status=status,
                    type=meeting.type if channel == "call" else None,
                )
            worker = self.relationship.worker(day + rng.randrange(4, 9) * _DAY)
            if worker is None:
                return
            day, lead = worker

    def send(
        self,
        day: date,
        minute: int,
        subject: str,
        *,
        channel: str = "email",
        person: str,
        status: str = "completed",
        direction: str = "outbound",
        contact: Contact | None = None,
        ticket_id: str | None = None,
        type: str | None = None,
    ) -> None:
        """Note an email, or a call, on a local day; of itself it is just that."""
        account = self.relationship.account
        self.message(
            at(day, minute, account.time_zone),
            subject,
            channel=channel,
            person=person,
            status=status,
            direction=direction,
            contact=contact or self.rng.choice(self.relationship.people(day)),
            ticket_id=ticket_id,
            type=type,
        )

    def message(
        self,
        started_at: datetime,
        subject: str,
        *,
        channel: str,
        person: str,
        status: str = "completed",
        direction: str,
        contact: Contact,
        ticket_id: str | None = None,
        type: str | None = None,
    ) -> None:
        """Note an email, or a call, at an instant. Emails come in by themselves, at once."""
        rng = self.rng
        if direction == "outbound" and status == "completed" and rng.random() < _EMAIL_BOUNCED_RATE:
            status = "bounced" if channel == "email" else "unanswered"
        minutes = {"email": None, "call": rng.randrange(5, 35)}[channel]
        self.add(
            type=type or channel,
            status=status,
            started_at=started_at,
            minutes=minutes if status == "completed" else None,
            direction=direction,
            channel=channel,
            subject=subject,
            person_emails=(person,),
            contact_emails=(contact.email,),
            ticket_id=ticket_id,
            recorded_in=(rng.choice(("crm", "crm", "csp")),),
            recorded_at=started_at + timedelta(minutes=rng.randrange(1, 20)),
        )

    def prepare(self, meeting: Meeting, day: date) -> None:
        """Note the preparation of a meeting, with the account and without the customer."""
        worker = self.relationship.worker(day)
        if worker is None or worker[0] > self.relationship.settings.until:
            return
        day, lead = worker
        started_at = at(
            day, self.rng.randrange(8 * 60, 9 * 60), self.relationship.account.time_zone
        )
        self.add(
            type="internal_prep",
            status="completed",
            started_at=started_at,
            minutes=self.rng.choice((30, 60, 90)),
            direction="internal",
            channel="meeting",
            subject=f"Prep: {meeting.subject}",
            person_emails=(lead,),
            contact_emails=(),
            recorded_in=("calendar",),
            planned_at=started_at - timedelta(days=self.rng.randrange(1, 6)),
            recorded_at=started_at,
        )

    def add(
        self,
        *,
        type: str,
        status: str,
        started_at: datetime,
        minutes: int | None,
        direction: str,
        channel: str,
        subject: str,
        person_emails: tuple[str, ...],
        contact_emails: tuple[str, ...],
        recorded_in: tuple[str, ...],
        recorded_at: datetime,
        notes: str | None = None,
        notes_at: datetime | None = None,
        follow_up_at: datetime | None = None,
        is_automated: bool = False,
        ticket_id: str | None = None,
        planned_at: datetime | None = None,
    ) -> None:
        """Keep an activity, unless nobody has heard of it by the last day that is told."""
        rng, horizon = self.rng, self.relationship.horizon
        removed_at = None
        if rng.random() < _REMOVED_RATE:
            removed_at = recorded_at + timedelta(hours=rng.randrange(20, 900))
            removed_at = removed_at if removed_at < horizon else None
        if started_at >= horizon or recorded_at >= horizon:
            return
        first = self.relationship.settings.history_from
        if started_at.date() <= first or (planned_at is not None and planned_at.date() <= first):
            planned_at = None
        self.activities.append(
            Activity(
                activity_id=f"{self.prefix}{len(self.activities) + 1}",
                account_id=self.relationship.account.account_id,
                type=type,
                status=status,
                started_at=started_at,
                minutes=minutes,
                direction=direction,
                channel=channel,
                subject=subject,
                person_emails=person_emails,
                contact_emails=contact_emails,
                notes=notes,
                notes_at=notes_at if notes_at is None or notes_at < horizon else None,
                follow_up_at=follow_up_at if follow_up_at and follow_up_at < horizon else None,
                is_automated=is_automated,
                ticket_id=ticket_id,
                recorded_in=recorded_in,
                planned_at=planned_at,
                recorded_at=recorded_at,
                removed_at=removed_at,
            )
        )

    def _meet(self, meeting: Meeting, day: date, lead: str, status: str) -> None:
        rng, relationship = self.rng, self.relationship
        tier = relationship.tier_on(day)
        started_at = at(day, rng.randrange(9 * 4, 16 * 4) * 15, relationship.account.time_zone)
        minutes = max(15, round(meeting.minutes * rng.uniform(0.75, 1.1) / 5) * 5)
        ended_at = started_at + timedelta(minutes=minutes)
        is_calm = tier.strained_attention is None and tier.attention > 0.7
        is_led = tier.tier_id in {"T1", "T2", "T3"}
        recorded = _RECORDED_CALM if is_calm else _RECORDED_BUSY if is_led else _RECORDED_LOW
        recorded_in = pick(recorded, rng.random())
        planned_at = None
        if "calendar" in recorded_in or status in {"cancelled", "no_show"}:
            minutes_before = rng.randrange(-120, 240)
            planned_at = started_at - timedelta(days=rng.randrange(3, 16), minutes=minutes_before)
        lags = _LAGS_CALM if is_calm else _LAGS_BUSY
        recorded_at = ended_at + timedelta(minutes=int(60 * rng.uniform(*pick(lags, rng.random()))))
        if status == "cancelled" and planned_at is not None:
            recorded_at = started_at - timedelta(hours=rng.randrange(2, 40))
        notes = notes_at = follow_up_at = None
        if status == "completed":
            if rng.random() < tier.notes_rate:
                notes, notes_at = rng.choice(_NOTES), recorded_at
            if rng.random() < tier.notes_rate:
                follow_up_at = ended_at + timedelta(minutes=rng.randrange(20, 240))
        guests = self._guests(meeting.personas, relationship.people(day))
        if rng.random() < (_NO_ATTENDEES_RATE_CALM if is_calm else _NO_ATTENDEES_RATE_BUSY):
            guests = ()
        self.add(
            type=meeting.type,
            status=status,
            started_at=started_at,
            minutes=minutes if status in {"completed", "planned"} else None,
            direction="outbound",
            channel="call" if meeting.minutes <= 45 and rng.random() < 0.25 else "meeting",
            subject=meeting.subject,
            person_emails=self._colleagues(lead, tier),
            contact_emails=guests,
            notes=notes,
            notes_at=notes_at,
            follow_up_at=follow_up_at,
            ticket_id=meeting.ticket_id,
            recorded_in=recorded_in,
            planned_at=planned_at,
            recorded_at=recorded_at,
        )

    def _guests(self, personas: Sequence[str], people: list[Contact]) -> tuple[str, ...]:
        wanted = [contact for contact in people if set(personas) & set(contact.personas)]
        others = [contact for contact in people if contact not in wanted]
        count = 1 + self.rng.randrange(0, 1 + min(3, len(people) - 1))
        guests = [*wanted, *self.rng.sample(others, len(others))][: max(count, min(len(wanted), 2))]
        return tuple(sorted(contact.email for contact in guests))

    def _colleagues(self, lead: str, tier: Tier) -> tuple[str, ...]:
        """The lead, and in the highest tier often somebody who helps."""
        if tier.tier_id != "T1" or self.rng.random() < 0.6:
            return (lead,)
        helpers = [p.email for p in self.relationship.team.people if p.role == "specialist"]
        return (lead, self.rng.choice(helpers))
