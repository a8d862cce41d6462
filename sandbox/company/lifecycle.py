"""What comes once in a customer's or a contract's life: onboarding, talks on renewal, farewell.

Belongs here: those activities, and projects. Does not: the contracts themselves.
"""

from __future__ import annotations

from datetime import date, timedelta

from sandbox.company.calendars import utc
from sandbox.company.diary import Diary, Meeting
from sandbox.company.facts import Activity, Project
from sandbox.company.relationship import Relationship

_DAY = timedelta(days=1)

# Days before a term's end within which its renewal shall be talked about.
_TALK_WINDOW = {"T1": (92, 118), "T2": (92, 118), "T3": (92, 118), "T4": (62, 118), "T5": (35, 90)}
# Days before a term's end on which it is settled what its renewal is due.
_TALK_FROM_D = 120
_DECIDERS = ("economic_buyer", "decision_maker")
_RIGHT_PEOPLE_RATE = {"T1": 1.0, "T2": 0.99}
_PROJECT_RATE = {"T1": 0.8, "T2": 0.5, "T3": 0.3, "T4": 0.05, "T5": 0.0}


def lifecycle(relationship: Relationship) -> list[Activity]:
    """Onboarding, renewal talks and farewells of an account."""
    diary = Diary(relationship, "l")
    _onboard(diary)
    _talk_of_renewals(diary)
    _say_farewell(diary)
    return diary.activities


def projects(relationship: Relationship) -> tuple[Project, ...]:
    """Implementations, and now and then a migration or a training."""
    rng = relationship.dice("projects")
    rate = _PROJECT_RATE[relationship.tier.tier_id]
    started_on = relationship.seat.started_on
    found: list[Project] = []
    for kind, after_d, length_d in (
        ("implementation", 2, 60),
        ("training", 240, 30),
        ("migration", 420, 90),
    ):
        starts_on = started_on + (after_d + rng.randrange(0, 60 if after_d > 2 else 5)) * _DAY
        wanted = rng.random() < (rate if kind == "implementation" else rate / 4)
        days = int(length_d * rng.uniform(0.7, 1.8))
        known = relationship.settings.history_from <= starts_on <= relationship.settings.until
        if not (wanted and known and relationship.is_customer(starts_on)):
            continue
        completed_on: date | None = starts_on + days * _DAY
        if completed_on is None or completed_on > relationship.settings.until:
            completed_on = None
        found.append(
            Project(
                project_id=f"{relationship.account.account_id}-j{len(found) + 1}",
                account_id=relationship.account.account_id,
                kind=kind,
                starts_on=starts_on,
                due_on=starts_on + length_d * _DAY,
                completed_on=completed_on,
                status="open" if completed_on is None else "completed",
                recorded_at=utc(starts_on, 10 * 60),
            )
        )
    return tuple(found)


def _onboard(diary: Diary) -> None:
    rng, relationship = diary.rng, diary.relationship
    start = relationship.seat.started_on
    tier = relationship.tier_on(start)
    is_by_hand = tier.tier_id in {"T1", "T2", "T3"} or (tier.tier_id == "T4" and rng.random() < 0.4)
    if start < relationship.settings.history_from or not is_by_hand:
        return
    name = relationship.account.name
    done = int(rng.uniform(*tier.onboarding_days))
    diary.hold(
        Meeting("kickoff", f"Onboarding kickoff with {name}", 60, _DECIDERS),
        start + rng.randrange(2, 9) * _DAY,
    )
    for place in range(1, 4 if tier.tier_id in {"T1", "T2"} else 2):
        diary.hold(
            Meeting("onboarding_session", f"Onboarding session {place}: {name}", 60, ("admin",)),
            start + int(done * place / 4 + 5) * _DAY,
        )
    first_value_on = relationship.account.first_value_on
    if first_value_on is not None and tier.tier_id in {"T1", "T2"}:
        diary.hold(
            Meeting("first_value", f"First value confirmed: {name}", 30, ("champion",)),
            first_value_on,
        )
    diary.hold(
        Meeting("onboarding_complete", f"Onboarding complete: {name}", 45, ("champion",)),
        start + done * _DAY,
    )


def _talk_of_renewals(diary: Diary) -> None:
    rng, relationship = diary.rng, diary.relationship
    name = relationship.account.name
    for contract in relationship.course.contracts:
        end = contract.ends_on
        if end is None:
            continue
        tier = relationship.tier_on(end - _TALK_FROM_D * _DAY)
        near, far = _TALK_WINDOW[tier.tier_id]
        before = rng.randrange(near, far + 1)
        share = tier.renewal_talk
        if relationship.is_strained(end):
            share *= 0.85
        if rng.random() > share:
            if tier.tier_id == "T5" or rng.random() < 0.4:
                continue  # nobody talks of it
            before = rng.randrange(12, near - 10)
        day = max(end - before * _DAY, contract.starts_on + 3 * _DAY)
        is_right = rng.random() < _RIGHT_PEOPLE_RATE.get(tier.tier_id, 0.75)
        subject = rng.choice(("Renewal conversation with {}", "{}: renewal terms", "Renewal {}"))
        diary.hold(
            Meeting(
                "renewal_conversation",
                subject.format(name),
                45,
                _DECIDERS if is_right else ("end_user",),
            ),
            max(day, relationship.settings.history_from),
        )


def _say_farewell(diary: Diary) -> None:
    """The last email, some days after the last contract."""
    rng, relationship = diary.rng, diary.relationship
    leaving, until = relationship.course.leaving, relationship.settings.until
    if leaving is None:
        return
    day = leaving.churned_on + rng.randrange(3, 20) * _DAY
    email = relationship.ownerships[-1].person_email
    is_here = any(p.email == email and p.ended_on is None for p in relationship.team.people)
    if day <= until and email is not None and is_here:
        diary.send(day, 10 * 60, "Your data export, and thank you", person=email)
