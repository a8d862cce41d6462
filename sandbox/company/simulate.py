"""The made-up firm, told from its settings.

Belongs here: putting together what is true of the team and of each family of customers. Does not:
how any of it comes about.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from sandbox.company import book, internal, records, tiering
from sandbox.company.campaigns import campaigns
from sandbox.company.chance import dice
from sandbox.company.condition import Condition, condition, first_value_on
from sandbox.company.contacts import contacts
from sandbox.company.contracts import Course, course
from sandbox.company.effort import effort
from sandbox.company.engagement import engagement
from sandbox.company.facts import Account, Customer, Family, Team
from sandbox.company.lifecycle import lifecycle, projects
from sandbox.company.owners import ownerships
from sandbox.company.people import Roster, roster
from sandbox.company.relationship import Relationship
from sandbox.company.settings import Settings
from sandbox.company.story import CHURN_REASONS
from sandbox.company.support import support
from sandbox.company.usage import usage

_SEGMENTS = {"T1": "enterprise", "T2": "mid-market", "T3": "mid-market", "T4": "smb", "T5": "smb"}
_COMPLEXITIES = {
    "T1": (1, 3, 6),
    "T2": (3, 5, 2),
    "T3": (4, 4, 1),
    "T4": (7, 3, 0),
    "T5": (9, 1, 0),
}
_CHANNELS = {"T1": (0, 8, 2), "T2": (0, 8, 2), "T3": (1, 7, 2), "T4": (3, 5, 2), "T5": (7, 1, 2)}


def team(settings: Settings) -> Team:
    """The firm's people, their absences, and their work for no single customer."""
    people = roster(settings)
    return Team(
        people=people.people,
        absences=people.absences,
        activities=internal.activities(people, settings),
        time_entries=internal.time_entries(people, settings),
    )


def families(settings: Settings) -> Iterator[Family]:
    """The customers, family by family, always in the same order; one at a time is in memory."""
    people = roster(settings)
    for seats in book.seats(settings):
        fares = [condition(seat, settings) for seat in seats]
        courses = [
            course(seat, of_seat, settings) for seat, of_seat in zip(seats, fares, strict=True)
        ]
        worth = tiering.worth(zip(seats, courses, strict=True))
        customers = tuple(
            _customer(*member, worth, people, settings)
            for member in zip(seats, fares, courses, strict=True)
        )
        yield Family(seats[0].family_id, customers)


def _customer(
    seat: book.Seat,
    fares: Condition,
    its_course: Course,
    family: Sequence[tiering.Worth],
    team: Roster,
    settings: Settings,
) -> Customer:
    by_hand = tiering.overrides(seat, its_course, team, settings)
    account = _account(seat, fares, its_course, settings)
    relationship = Relationship(
        seat=seat,
        account=account,
        condition=fares,
        course=its_course,
        stints=tiering.stints(its_course, family, by_hand, settings),
        contacts=contacts(seat, settings),
        ownerships=tuple(ownerships(seat, _gone_on(its_course, settings), team, settings)),
        team=team,
        settings=settings,
    )
    helped = support(relationship)
    activities = tuple(
        sorted(
            (
                *engagement(relationship),
                *lifecycle(relationship),
                *campaigns(relationship),
                *helped.activities,
            ),
            key=lambda activity: (activity.started_at, activity.activity_id),
        )
    )
    return Customer(
        account=account,
        ownerships=relationship.ownerships,
        contacts=relationship.contacts,
        contracts=its_course.contracts,
        activities=activities,
        tickets=helped.tickets,
        surveys=records.surveys(relationship),
        usage=usage(relationship),
        success_plans=records.success_plans(relationship, activities),
        assessments=records.assessments(relationship),
        leniencies=records.leniencies(relationship),
        overrides=by_hand,
        doubles=book.doubles(seat, settings),
        projects=projects(relationship),
        mentions=records.mentions(relationship),
        time_entries=effort(relationship, activities, helped.tickets),
    )


def _account(seat: book.Seat, fares: Condition, its_course: Course, settings: Settings) -> Account:
    rng = dice(settings.seed, seat.number, "account")
    low, high = seat.tier.employees
    leaving, tier_id = its_course.leaving, seat.tier.tier_id
    return Account(
        account_id=seat.account_id,
        family_id=seat.family_id,
        parent_account_id=seat.parent_account_id,
        name=seat.name,
        domain=seat.domain,
        region=seat.region,
        country=seat.country,
        time_zone=seat.time_zone,
        business_calendar=seat.country,
        industry=seat.industry,
        employees=int(low * (high / low) ** rng.random()),
        segment=_SEGMENTS[tier_id],
        complexity=rng.choices(("low", "medium", "high"), _COMPLEXITIES[tier_id])[0],
        acquisition_channel=rng.choices(("self_serve", "sales", "partner"), _CHANNELS[tier_id])[0],
        currency=seat.currency,
        planned_tier=tier_id,
        created_at=seat.created_at,
        started_on=seat.started_on,
        first_value_on=first_value_on(seat, fares, settings),
        churned_on=leaving.churned_on if leaving else None,
        churn_notice_on=leaving.notice_on if leaving else None,
        churn_reason=CHURN_REASONS[leaving.why] if leaving else None,
        why_churned=leaving.why if leaving else None,
    )


def _gone_on(its_course: Course, settings: Settings) -> date | None:
    """The day from which it is no customer any more, if it is not one at the end."""
    last = its_course.spans[-1][1]
    return last if last <= settings.until else None
