"""What is done for customers without being asked: check-ins, reviews, workshops, a word between.

Belongs here: work that a standard asks for again and again. Does not: what comes once in a
customer's or a contract's life (lifecycle), what software sends (campaigns).
"""

from __future__ import annotations

from datetime import date, timedelta

from sandbox.company.calendars import periods
from sandbox.company.diary import Diary, Meeting
from sandbox.company.facts import Activity
from sandbox.company.relationship import Relationship
from sandbox.company.story import Cadence, Tier

_DAY = timedelta(days=1)
_MONTHS = {"quarter": 3, "half": 6, "year": 12}
# A period of which the account was a customer for less is let go.
_MIN_SHARE_OF_PERIOD = 0.45
# Of what is not done within its period, so much is done after it.
_LATE_RATE = 0.35
# The part of an interval after which the first of many takes place.
_FIRST = (0.15, 0.35)
_CALL_RATE = 0.1
_VAGUE_RATE = 0.04

_SUBJECTS = {
    "check_in": (
        "Check-in with {name}",
        "{name} check-in",
        "Catch-up with {name}",
        "Touch base: {name}",
        "{name} cadence call",
    ),
    "ebr": ("EBR with {name}", "{name}: executive business review", "QBR {name}"),
    "business_review": ("Business review: {name}", "Yearly business review with {name}"),
    "workshop": (
        "Workshop: permissions and roles",
        "Workshop: forecasting",
        "{name} workshop: automation",
        "Workshop: better data imports",
    ),
    "health_assessment": ("Health review: {name}", "Health check with {name}"),
}
# What says nothing of what it was for.
_VAGUE = ("30 minutes with {person}", "{name} / Northwind", "{person} and team", "Next steps")
_PERSONAS = {
    "ebr": ("exec_sponsor", "economic_buyer"),
    "business_review": ("exec_sponsor", "economic_buyer"),
    "check_in": ("champion",),
    "workshop": ("admin", "end_user"),
}
_EMAILS = (
    "Tips for your team",
    "New in the product this month",
    "Following up on our last talk",
    "A guide that may help",
    "How are things going?",
)


def engagement(relationship: Relationship) -> list[Activity]:
    """The account's meetings that come again and again, and what is written in between."""
    diary = Diary(relationship, "m")
    for start, end, tier in relationship.served():
        for cadence in tier.cadences:
            if isinstance(cadence.every, str):
                _keep_in_periods(diary, cadence, cadence.every, start, end)
            else:
                _keep_interval(diary, cadence, cadence.every, start, end)
        _write(diary, tier, start, end)
    return diary.activities


def _keep_interval(diary: Diary, cadence: Cadence, days: int, start: date, end: date) -> None:
    # Who is new, or looked after as another tier, hears of it soon.
    rng, day, stretch = diary.rng, start, _FIRST
    while True:
        day += max(1, int(days * rng.uniform(*stretch))) * _DAY
        if day >= end:
            return
        day = diary.hold(_meeting(diary, cadence), day) or day
        stretch = cadence.in_time if _is_on_time(diary, cadence, day) else cadence.late


def _keep_in_periods(diary: Diary, cadence: Cadence, period: str, start: date, end: date) -> None:
    rng = diary.rng
    for first, following in periods(start, end - _DAY, _MONTHS[period]):
        begin, close = max(first, start), min(following, end)
        if (close - begin) / (following - first) < _MIN_SHARE_OF_PERIOD:
            continue
        if _is_on_time(diary, cadence, begin):
            day = begin + int((close - begin).days * rng.uniform(0.2, 0.9)) * _DAY
        elif rng.random() < _LATE_RATE:
            day = close + rng.randrange(10, 40) * _DAY
        else:
            continue
        meeting = _meeting(diary, cadence)
        held_on = diary.hold(meeting, day)
        if held_on is not None and cadence.type == "ebr":
            diary.prepare(meeting, held_on - rng.randrange(2, 5) * _DAY)


def _is_on_time(diary: Diary, cadence: Cadence, day: date) -> bool:
    share = cadence.on_time
    if cadence.strained is not None and diary.relationship.is_strained(day):
        share = cadence.strained
    return diary.rng.random() < share


def _meeting(diary: Diary, cadence: Cadence) -> Meeting:
    rng, relationship = diary.rng, diary.relationship
    is_vague = cadence.type == "check_in" and rng.random() < _VAGUE_RATE
    words = rng.choice(_VAGUE if is_vague else _SUBJECTS[cadence.type])
    person = rng.choice(relationship.contacts).name.split()[0]
    return Meeting(
        type=cadence.type,
        subject=words.format(name=relationship.account.name, person=person),
        minutes=cadence.minutes,
        personas=_PERSONAS.get(cadence.type, ()),
    )


def _write(diary: Diary, tier: Tier, start: date, end: date) -> None:
    """Emails and calls to the customer, at random."""
    rng, relationship = diary.rng, diary.relationship
    rate = tier.outbound_emails_per_year / 365
    day = start
    while True:
        day += int(1 + rng.expovariate(rate)) * _DAY
        worker = relationship.worker(day) if day < end else None
        if day >= end:
            return
        if worker is None or worker[0] >= end:
            continue
        channel = "call" if rng.random() < _CALL_RATE else "email"
        answers = relationship.condition.answers(worker[0])
        diary.send(
            worker[0],
            rng.randrange(8 * 60, 17 * 60),
            rng.choice(_EMAILS),
            channel=channel,
            person=worker[1],
            status="completed" if answers or channel == "email" else "unanswered",
        )
