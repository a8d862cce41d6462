"""Books whose people write down their time: shifts, sheets, days off, meetings of the team.

Belongs here: drawing people and their time so that every rule has its cases. Does not: customers,
which come from `coverage_books`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from coverage_books import TEAM, Dice, book
from oracle.activities import TYPES
from oracle.coverage_models import Model
from oracle.ledger_facts import Book

Row = dict[str, Any]

WORK = (
    None, None, "Reporting", "data_entry", "meeting_prep", "internal_prep", "pto", "check_in",
    "support", "note", "gardening", "customer_email",
)  # fmt: skip
MINUTES = (5.0, 20.0, 30.5, 60.0, 90.0, 0.5, 240.0, 961.0)
AT = (0, 540, 545, 550, 600, 1020, 1439)
"""Minutes of the day at which things begin."""


@dataclass(frozen=True)
class PeopleBook(Book):
    """A book with the time of its people; `team` are rows of dim_csm."""

    entries: tuple[Row, ...] = ()
    team: tuple[Row, ...] = ()
    absences: tuple[Row, ...] = ()
    elsewhere: tuple[Row, ...] = ()
    """Activities for no account, as rows of fct_activity."""


def people_book(seed: int, accounts: int) -> PeopleBook:
    """A book of about so many accounts. The same seed gives the same book."""
    dice = Dice(f"people {seed}")
    made = book(seed, accounts)
    team = tuple(_team(dice, made.as_of))
    knows_people = dice.happens(0.8)
    emails = tuple(person["email"] for person in team)
    models = tuple(_with_people(dice, model) for model in made.models)
    facts = {name: getattr(made, name) for name in Book.__dataclass_fields__}
    whole = PeopleBook(**facts | {"models": models}, team=team if knows_people else ())
    whole = replace(whole, users=emails if knows_people else None)
    return replace(
        whole,
        entries=tuple(_entries(dice, whole, emails)),
        absences=tuple(_absences(dice, whole.as_of, emails)),
        elsewhere=tuple(_elsewhere(dice, whole.as_of, emails)),
    )


def _with_people(dice: Dice, model: Model) -> Model:
    tiers = [tier.tier_id for tier in model.tiers]
    said = {
        "time": {
            "mostly_reactive": 0.5,
            "max_unaccounted": 0.3,
            "prep_counts_as": dice.choice(("internal_account", "proactive")),
            "usual_minutes": {"email": 10.0, "chat": 5.5, "call": 20.0, "meeting": 45.0},
            "admin_work_types": ["reporting", "gardening"],
            "documented_within_bd": 2,
            "same_motion_distance": 0.1,
            "deep_from_minutes": 180.0,
        },
        "capacity": {
            "work_days": dice.choice((200, 225)),
            "hours_day": dice.choice((7.5, 8.0)),
            "internal_share": dice.choice((0.25, 0.35)),
            "reactive_shrink_k": dice.choice((0.0, 4.0)),
            "over_util": dice.choice((0.05, 1.0)),
            "under_util": 0.01,
            "ramp_by_quarter": dice.choice(([1.0], [0.25, 0.5, 0.75, 1.0])),
            "complexity_multiplier": {"low": 0.9, "medium": 1.0, "high": 1.2},
            "pools": dice.choice(({}, {"pool": ["Night Shift"]})),
        },
        "ratio_reference": {"high_touch": 10, "tech_touch": 200, "use": "display_only"},
        "reactive_hours_per_year": {tier: dice.choice((1.0, 12.0)) for tier in tiers},
        "onboarding_hours": {tier: dice.choice((0.0, 8.0)) for tier in tiers},
    }
    return replace(model, said=said)


def _team(dice: Dice, as_of: date) -> Iterator[Row]:
    teams = ("Field", "POOL", "Night shift", None)
    names = (*TEAM, "cleo@firm.example", "dan@firm.example", "eve@firm.example")
    for number, email in enumerate(names):
        started = dice.choice((None, as_of - timedelta(days=dice.choice((40, 200, 500, 900)))))
        ended = dice.choice((None, None, as_of - timedelta(days=dice.choice((-3, 0, 30, 100)))))
        if started and ended and ended < started:
            ended = None
        yield {
            # Who leads is named by address in books: the same here.
            "user_id": email,
            "email": email,
            "name": email,
            "role": "csm",
            "team": dice.choice(teams),
            "fte": dice.choice((None, 1.0, 0.8, 0.5)),
            "weekly_hours": dice.choice((None, None, 40.0, 32.0)),
            "started_on": started,
            "ended_on": ended,
            "time_zone": dice.choice((None, "UTC", "America/New_York", "Asia/Tokyo")),
            "is_csm": number != len(names) - 1,
            "source_name": "book",
        }


def _entries(dice: Dice, made: PeopleBook, emails: tuple[str, ...]) -> Iterator[Row]:
    zones = {account.account_id: account.time_zone for account in made.accounts}
    for number in range(6 * len(made.accounts)):
        account_id = dice.choice((None, *zones, *zones))
        zone = ZoneInfo(zones.get(account_id or "", "UTC"))
        day = made.as_of - timedelta(days=dice.choice((dice.randint(0, 60), dice.randint(0, 400))))
        at = _at(dice, day, zone)
        if at.astimezone(zone).date() <= made.as_of:
            yield {
                "entry_id": f"e{number:05}",
                "user_email": dice.choice((*emails, "who@else.example")),
                "started_at": at,
                "minutes": dice.choice(MINUTES),
                "account_id": account_id,
                "category": dice.choice((None, "proactive", "reactive", "internal")),
                "work_type": dice.choice(WORK),
                "source_name": "book",
            }


def _at(dice: Dice, day: date, zone: ZoneInfo) -> datetime:
    local = datetime.combine(day, time(), zone) + timedelta(minutes=dice.choice(AT))
    return local.astimezone(UTC) + timedelta(seconds=dice.choice((0, 0, 0, 30)))


def _absences(dice: Dice, as_of: date, emails: tuple[str, ...]) -> Iterator[Row]:
    for email in emails:
        for _ in range(dice.choice((0, 1, 3))):
            first = as_of - timedelta(days=dice.randint(-60, 200))
            yield {
                "user_email": email,
                "from": first,
                "to": first + timedelta(days=dice.choice((0, 1, 5, 14))),
                "kind": dice.choice((None, "pto", "holiday", "leave")),
                "source_name": "book",
            }


def _elsewhere(dice: Dice, as_of: date, emails: tuple[str, ...]) -> Iterator[Row]:
    kinds = sorted(TYPES)
    for number in range(40):
        day = as_of - timedelta(days=dice.randint(0, 90))
        yield {
            "activity_id": f"x{number:03}",
            "account_id": None,
            "type": dice.choice(("internal_team", "reporting", dice.choice(kinds))),
            "status": "completed",
            "channel": dice.choice(("meeting", None)),
            "direction": dice.choice(("internal", None, "outbound")),
            "started_at": _at(dice, day, ZoneInfo("UTC")),
            "started_on": day,
            "minutes": dice.choice((None, *MINUTES)),
            "user_emails": dice.sample(emails, dice.choice((1, 2, 3))),
            "contact_emails": None,
            "customer_attendees": dice.choice((None, 0)),
            "is_automated": None,
            "ticket_id": None,
            "work_type": dice.choice((None, None, "Meeting_Prep")),
            "source_activity_ids": [f"x{number:03}"],
            "sources": ["book"],
            "source_name": "book",
            "carried_fields": ["activity_id"],
        }
