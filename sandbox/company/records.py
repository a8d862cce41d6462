"""What people judge, plan and decide about an account.

Belongs here: success plans, assessments, survey answers, leniencies, mentions.
Does not: activities.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from sandbox.company.calendars import add_working_days, at, utc, working_day
from sandbox.company.chance import clip
from sandbox.company.facts import (
    Activity,
    Assessment,
    Leniency,
    Mention,
    SuccessPlan,
    Survey,
)
from sandbox.company.relationship import Relationship
from sandbox.company.story import INCIDENT, Tier

_DAY = timedelta(days=1)
_SURVEY_EVERY_D = 182
_SURVEY_ANSWERED = {"T1": 0.6, "T2": 0.45, "T3": 0.3, "T4": 0.15, "T5": 0.06}
_LENIENCY_RATE = 0.024
_MENTION_RATE = 0.02
_COMMENTS = {True: "Good people, good product.", False: "We do not get out of it what we hoped."}


def success_plans(
    relationship: Relationship, activities: Iterable[Activity]
) -> tuple[SuccessPlan, ...]:
    """Versions of the plan: every so often, and after each executive business review."""
    rng = relationship.dice("plans")
    calendar = relationship.account.business_calendar
    days: set[date] = set()
    for start, end, tier in relationship.served():
        every = tier.plan_every_d
        if every is None:
            continue
        day = start + rng.randrange(*((1, 4) if _is_thorough(tier) else (5, 40))) * _DAY
        while day < end:
            days.add(working_day(day, calendar))
            day += int(rng.uniform(*every)) * _DAY
    for activity in activities:
        is_review = activity.type == "ebr" and activity.status == "completed"
        if is_review and rng.random() < 0.99:
            days.add(add_working_days(activity.started_at.date(), rng.randrange(1, 4), calendar))
    plans: list[SuccessPlan] = []
    for day in sorted(days):
        if day > relationship.settings.until or not relationship.is_customer(day):
            continue
        is_thorough = _is_thorough(relationship.tier_on(day))
        plans.append(
            SuccessPlan(
                plan_id=f"{relationship.account.account_id}-s{len(plans) + 1}",
                account_id=relationship.account.account_id,
                updated_on=day,
                objectives=rng.randrange(1, 6) if is_thorough or rng.random() < 0.7 else 0,
                is_customer_validated=rng.random() < (0.995 if is_thorough else 0.5),
                status="active",
                recorded_at=at(
                    day, rng.randrange(13 * 60, 18 * 60), relationship.account.time_zone
                ),
            )
        )
    return tuple(plans)


def assessments(relationship: Relationship) -> tuple[Assessment, ...]:
    """What the lead thinks of the account, and once how hard it is to bring on."""
    rng = relationship.dice("assessments")
    found: list[Assessment] = []

    def judge(day: date, kind: str, score: float) -> None:
        worker = relationship.worker(day)
        if worker is None or worker[0] > relationship.settings.until:
            return
        day, lead = worker
        if not relationship.is_customer(day):
            return
        found.append(
            Assessment(
                assessment_id=f"{relationship.account.account_id}-h{len(found) + 1}",
                account_id=relationship.account.account_id,
                assessed_at=at(day, rng.randrange(9 * 60, 17 * 60), relationship.account.time_zone),
                kind=kind,
                score=round(clip(score, 0, 100)),
                by_email=lead,
            )
        )

    if all(tier.sentiment_every_d is None for _, _, tier in relationship.served()):
        return ()
    if relationship.seat.started_on >= relationship.settings.history_from:
        complexity = {"low": 25, "medium": 50, "high": 80}[relationship.account.complexity]
        judge(
            relationship.seat.started_on + 6 * _DAY,
            "implementation_complexity",
            rng.gauss(complexity, 8),
        )
    for start, end, tier in relationship.served():
        every = tier.sentiment_every_d
        if every is None:
            continue
        day = start + rng.randrange(10, 40) * _DAY
        while day < end:
            # People hope: what they think is a little better than what is.
            truth = 100 * relationship.condition.adoption(day)
            judge(day, "csm_sentiment", 0.8 * truth + 20 + rng.gauss(0, 7))
            day += int(every * rng.uniform(0.85, 1.15)) * _DAY
    return tuple(sorted(found, key=lambda a: (a.assessed_at, a.assessment_id)))


def surveys(relationship: Relationship) -> tuple[Survey, ...]:
    """Answers to the surveys of each half-year."""
    rng = relationship.dice("surveys")
    share = _SURVEY_ANSWERED[relationship.tier.tier_id]
    found: list[Survey] = []
    for start, end in relationship.spans():
        day = start + rng.randrange(60, 180) * _DAY
        while day < end:
            if rng.random() < share and relationship.condition.answers(day):
                adoption = relationship.condition.adoption(day)
                kind = rng.choices(("nps", "csat", "ces"), (6, 3, 1))[0]
                score = 11 * adoption + 1 if kind == "nps" else 4.5 * adoption + 1
                top = 10 if kind == "nps" else 5
                score = round(clip(rng.gauss(score, 0.12 * top), 0 if kind == "nps" else 1, top))
                found.append(
                    Survey(
                        response_id=f"{relationship.account.account_id}-v{len(found) + 1}",
                        account_id=relationship.account.account_id,
                        contact_email=rng.choice(relationship.people(day)).email,
                        kind=kind,
                        score=score,
                        responded_at=at(
                            day, rng.randrange(8 * 60, 18 * 60), relationship.account.time_zone
                        ),
                        comment=_COMMENTS[score > 0.6 * top] if rng.random() < 0.4 else None,
                    )
                )
            day += int(_SURVEY_EVERY_D * rng.uniform(0.9, 1.1)) * _DAY
    return tuple(s for s in found if s.responded_at < relationship.horizon)


def leniencies(relationship: Relationship) -> tuple[Leniency, ...]:
    """A pause, or a waiver of one thing owed, that a manager granted."""
    rng = relationship.dice("leniencies")
    wanted, kind = rng.random() < _LENIENCY_RATE, rng.choice(("pause", "waiver"))
    if relationship.seat.turn == "paused":
        wanted, kind = True, "pause"
    from_on = relationship.settings.history_from + rng.randrange(400, 1_150) * _DAY
    to_on = from_on + rng.randrange(20, 85) * _DAY
    family = None if kind == "pause" else relationship.tier_on(from_on).cadences[0].type
    manager = rng.choice(relationship.team.managers).email
    if not wanted or to_on > relationship.settings.until or not relationship.is_customer(from_on):
        return ()
    return (
        Leniency(
            exception_id=f"{relationship.account.account_id}-x1",
            account_id=relationship.account.account_id,
            kind=kind,
            family=family,
            from_on=from_on,
            to_on=to_on,
            reason="Merger: the customer asked for quiet" if kind == "pause" else "Agreed by mail",
            approved_by=manager,
            recorded_at=utc(from_on - rng.randrange(0, 6) * _DAY, 11 * 60),
        ),
    )


def mentions(relationship: Relationship) -> tuple[Mention, ...]:
    """What the customer says of the firm in public; more of it after the incident."""
    rng = relationship.dice("mentions")
    found: list[Mention] = []

    def say(day: date, sentiment: str, text: str) -> None:
        if not relationship.is_customer(day) or not _within(relationship, day):
            return
        mention_id = f"{relationship.account.account_id}-n{len(found) + 1}"
        source = rng.choice(("g2", "reddit", "linkedin"))
        found.append(
            Mention(
                mention_id=mention_id,
                account_id=relationship.account.account_id,
                at=utc(day, rng.randrange(0, 24 * 60)),
                source=source,
                sentiment=sentiment,
                url=f"https://{source}.example/{mention_id}",
                text=text,
            )
        )

    if rng.random() < _MENTION_RATE:
        day = relationship.settings.history_from + rng.randrange(0, 1_250) * _DAY
        is_glad = relationship.condition.adoption(day) > 0.6
        say(
            day,
            "positive" if is_glad else rng.choice(("neutral", "negative")),
            "We plan with Northwind now." if is_glad else "Still looking for the right tool.",
        )
    if relationship.condition.uses_incident_component and rng.random() < 0.08:
        day = INCIDENT.first_day + rng.randrange(1, 9) * _DAY
        say(day, "negative", "Northwind's sync has been down for days.")
    return tuple(sorted(found, key=lambda mention: (mention.at, mention.mention_id)))


def _within(relationship: Relationship, day: date) -> bool:
    return relationship.settings.history_from <= day <= relationship.settings.until


def _is_thorough(tier: Tier) -> bool:
    return tier.attention > 0.8
