"""Books of customers made from a seed: hundreds of small independent stories in one warehouse.

Belongs here: drawing facts so that every rule has its cases. Does not: what should come of
them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from oracle.coverage_models import Model, Standard, Tier
from oracle.ledger_facts import (
    ALL_FIELDS,
    Account,
    Activity,
    Book,
    Contact,
    Contract,
    Leave,
    Override,
    Plan,
    Ticket,
)

RATES = {"USD": 1.0, "EUR": 1.25}
ZONES = ("UTC", "UTC", "America/New_York", "Asia/Tokyo", "Europe/London")
TEAM = ("ann@firm.example", "bob@firm.example")
TYPES = ("check_in", "ebr", "workshop", "renewal_conversation", "first_value", "call", "broadcast")
EDGES = (10_000.0, 25_000.0, 50_000.0, 100_000.0)
CONDITIONS = (
    "external_attendees>=2",
    "duration>=30",
    "notes<=2bd",
    "follow_up<=1bd",
    "plan_updated<=5bd",
    "objectives>=1",
    "customer_validated",
    "persona_any(exec_sponsor|champion)",
    "persona_all(champion|admin)",
)


class Dice(random.Random):
    """A generator of random numbers with the few throws that are needed here."""

    def happens(self, chance: float) -> bool:
        """True so often."""
        return self.random() < chance

    def day(self, first: date, last: date) -> date:
        """A day between two, both included; the first where there is none."""
        return first + timedelta(days=self.randint(0, max((last - first).days, 0)))


def book(seed: int, accounts: int) -> Book:
    """A book of about so many accounts. The same seed gives the same book."""
    dice = Dice(seed)
    as_of = dice.day(date(2026, 1, 1), date(2026, 12, 31))
    start = as_of - timedelta(days=dice.choice((200, 400, 700)))
    holidays = {
        name: frozenset(dice.day(start, as_of + timedelta(days=200)) for _ in range(25))
        for name in ("GB", "US")
    }
    models = _models(dice, start, as_of)
    made = Book(
        as_of=as_of,
        models=models,
        accounts=(),
        users=TEAM,
        plans=(),
        tickets=(),
        rates=RATES,
        holidays=holidays,
    )
    stories = [story for number in range(accounts) for story in _family(dice, made, start, number)]
    return merged(made, stories)


def merged(frame: Book, stories: list[Book]) -> Book:
    """One book of several that share everything but their customers."""

    def all_of(name: str) -> tuple[Any, ...]:
        return tuple(fact for story in stories for fact in getattr(story, name) or ())

    names = ("accounts", "contracts", "activities", "contacts", "plans", "leaves", "tickets")
    return replace(frame, **{name: all_of(name) for name in names})


# Models
def _models(dice: Dice, start: date, as_of: date) -> tuple[Model, ...]:
    dates = sorted({dice.day(start, as_of) for _ in range(dice.choice((0, 1, 1, 2)))})
    first = Model(
        effective_from=start - timedelta(days=dice.choice((-60, 30))),
        tiers=(),
        standards={},
        promote_days=dice.choice((0, 0, 1, 14)),
        demote_edge=dice.choice((0.9, 1.0)),
        demote_days=dice.choice((1, 30, 90)),
        freeze_before_renewal_days=dice.choice((0, 30, 120)),
        override_max_days=dice.choice((60, 180)),
        grace_bd=dice.choice((0, 3, 5)),
        logging_lag_bd=dice.choice((0, 5)),
        unresponsive_attempts=dice.choice((1, 2, 3)),
        unresponsive_channels=dice.choice((1, 2)),
        unresponsive_counts_as=dice.choice(("not_covered", "excluded")),
        unresponsive_spread_bd=dice.choice((0, 3, 10)),
        late_grace_d=dice.choice((0, 10, 30)),
    )
    tiers = _tiers(dice)
    models = [replace(first, tiers=tiers, standards=_all_standards(dice, tiers))]
    for day in dates:
        before = models[-1]
        if day <= before.effective_from:
            continue
        after = replace(before, effective_from=day)
        if dice.happens(0.5):
            after = replace(after, tiers=_tiers(dice, len(tiers)))
        if dice.happens(0.7):
            standards = dict(before.standards)
            for tier in dice.sample(sorted(standards), 1 + dice.happens(0.5)):
                standards[tier] = _standards(dice)
            after = replace(after, standards=standards)
        if dice.happens(0.2):
            after = replace(after, grace_bd=dice.choice((0, 2, 5)))
        models.append(after)
    return tuple(models)


def _tiers(dice: Dice, number: int | None = None) -> tuple[Tier, ...]:
    edges = sorted(dice.sample(EDGES, (number or dice.choice((2, 3, 4))) - 1))
    lower = [0.0, *edges]
    upper: list[float | None] = [*edges, None]
    return tuple(
        Tier(f"T{len(lower) - place}", low, high)
        for place, (low, high) in enumerate(zip(lower, upper, strict=True))
    )


def _all_standards(dice: Dice, tiers: tuple[Tier, ...]) -> dict[str, tuple[Standard, ...]]:
    return {tier.tier_id: _standards(dice) for tier in tiers}


def _standards(dice: Dice) -> tuple[Standard, ...]:
    families: list[tuple[str, Callable[[Dice, str], Standard]]] = [
        ("check_in", dice.choice((_rolling, _rolling, _fixed))),
        ("ebr", dice.choice((_fixed, _fixed, _rolling))),
        ("workshop", _fixed),
        ("success_plan", _state),
        ("renewal_conversation", _lead),
        ("onboarding", _anchored),
        ("response", _response),
    ]
    chosen = [make(dice, family) for family, make in families if dice.happens(0.7)]
    there = {standard.family for standard in chosen}
    return tuple(
        replace(standard, satisfied_by_families=("ebr",))
        if standard.family == "check_in" and "ebr" in there and dice.happens(0.4)
        else standard
        for standard in chosen
    )


def usual(dice: Dice, family: str) -> dict[str, Any]:
    """What standards of every schedule have."""
    conditions = dice.sample(CONDITIONS, dice.choice((0, 0, 1, 2)))
    return {
        "family": family,
        "accepts": tuple(sorted(dice.sample(TYPES, dice.choice((1, 2, 3))))),
        "quality": tuple(conditions),
        "allow_automation": dice.happens(0.2),
        "required": dice.happens(0.9),
        "weight": dice.choice((1.0, 1.0, 3.0)),
        "owner": "pool" if family == "ebr" else "csm",
        "delivery_mode": "digital" if family == "onboarding" else "human",
        "grace_bd": dice.choice((None, None, None, 0, 2, 10)),
        "version": dice.choice((None, None, None, "v1", "v2")),
    }


def _rolling(dice: Dice, family: str) -> Standard:
    interval = dice.choice((7, 14, 30, 31, 45, 90))
    return Standard(schedule="rolling", interval_d=interval, **usual(dice, family))


def _fixed(dice: Dice, family: str) -> Standard:
    period = dice.choice(("month", "month", "quarter", "quarter", "half", "year"))
    share = dice.choice((0.5, 0.5, 0.0, 0.8, 1.0))
    common = usual(dice, family)
    return Standard(schedule="fixed_calendar", period=period, min_eligible_share=share, **common)


def _anchored(dice: Dice, family: str) -> Standard:
    due = dice.choice((14, 45, 90))
    return Standard(schedule="anchored", due_d=due, **usual(dice, family))


def _lead(dice: Dice, family: str) -> Standard:
    open_d, due_d = dice.choice(((120, 90), (90, 30), (40, 30), (30, 0), (20, 15)))
    common = usual(dice, family)
    return Standard(schedule="lead_to_event", open_d=open_d, due_d=due_d, **common)


def _state(dice: Dice, family: str) -> Standard:
    common = usual(dice, family)
    plan = ("objectives>=1", "customer_validated")
    common |= {"accepts": (), "allow_automation": False}
    common["quality"] = tuple(dice.sample(plan, dice.choice((0, 1, 2))))
    return Standard(schedule="state", max_age_d=dice.choice((30, 90, 200)), **common)


def _response(dice: Dice, family: str) -> Standard:
    common = usual(dice, family) | {"accepts": (), "grace_bd": None}
    if dice.happens(0.3):
        return Standard(schedule="response", due_business_days=dice.choice((1, 2)), **common)
    hours = dice.choice((1, 8, 16))
    return Standard(schedule="response", due_business_hours=hours, **common)


# Customers
def _family(dice: Dice, frame: Book, start: date, number: int) -> Iterator[Book]:
    names = [f"a{number:04}{letter}" for letter in "pqr"[: dice.choice((1, 1, 1, 2, 3))]]
    if len(names) == 1:
        names = [f"a{number:04}"]
    for place, name in enumerate(names):
        parent = names[0] if place else None
        yield _customer(dice, frame, start, Account(account_id=name, parent_id=parent))


def _customer(dice: Dice, frame: Book, start: date, account: Account) -> Book:
    account = replace(
        account,
        calendar=dice.choice(("", "GB", "US")),
        time_zone=dice.choice(ZONES),
        owner_email=dice.choice((*TEAM, *TEAM, *TEAM, None)),
        pool=dice.choice((None, None, None, "pool")),
        override=_override(dice, frame, start) if dice.happens(0.15) else None,
    )
    alone = replace(frame, accounts=(account,))
    contracts = tuple(_contracts(dice, frame, start, account.account_id))
    return replace(
        alone,
        contracts=contracts,
        activities=tuple(_activities(dice, frame, start, account)),
        contacts=tuple(_contacts(account.account_id)),
        plans=tuple(_plans(dice, frame, start, account.account_id)),
        leaves=tuple(_leaves(dice, frame, start, account.account_id)),
        tickets=tuple(_tickets(dice, frame, start, account)),
    )


def _override(dice: Dice, frame: Book, start: date) -> Override:
    first = dice.day(start, frame.as_of)
    end = dice.choice((None, first + timedelta(days=dice.choice((1, 40, 100, 400)))))
    tier = dice.choice([tier.tier_id for tier in frame.models[0].tiers])
    return Override(tier, first, end)


def _arr(dice: Dice) -> float:
    edge = dice.choice(EDGES)
    return float(dice.choice((edge, edge - 1, edge * 0.9, edge * 0.9 - 1, edge * 0.5, edge * 1.5)))


def _contracts(dice: Dice, frame: Book, start: date, account_id: str) -> Iterator[Contract]:
    day = dice.day(start - timedelta(days=200), frame.as_of - timedelta(days=20))
    before: str | None = None
    for number in range(dice.choice((1, 1, 2, 3, 4))):
        length = dice.choice((20, 60, 90, 180, 365, 365, 730))
        end = None if dice.happens(0.1) else day + timedelta(days=length - 1)
        name = f"{account_id}-{number}"
        yield Contract(
            contract_id=name,
            account_id=account_id,
            starts_on=day,
            ends_on=end,
            arr=_arr(dice) / (2 if dice.happens(0.2) else 1),
            currency=dice.choice(("USD",) * 14 + ("EUR",) * 5 + ("XXX",)),
            product=dice.choice((None, None, "core", "plus")),
            predecessor_id=before if dice.happens(0.2) else None,
        )
        before = name
        if end is None:
            if dice.happens(0.5):
                return
            end = day + timedelta(days=length)
        gap = dice.choice((1, 1, 1, 1, -10, -60, 2, 11, 12, 30, 31, 32, 60))
        day = end + timedelta(days=gap)


def _instant(dice: Dice, day: date, zone: str = "UTC") -> datetime:
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    minute = dice.choice((0, 30, 9 * 60, 12 * 60, 15 * 60 + 20, 17 * 60, 23 * 60 + 30))
    return (local + timedelta(minutes=minute)).astimezone(UTC)


def _activities(dice: Dice, frame: Book, start: date, account: Account) -> Iterator[Activity]:
    day, number = start - timedelta(days=100), 0
    pace = dice.choice((5, 15, 30, 60, 200))
    carried = ALL_FIELDS
    for field in ("notes_at", "notes", "follow_up_at", "direction", "user_emails", "personas"):
        if dice.happens(0.1):
            carried -= {field}
    if dice.happens(0.1):
        return
    while True:
        day += timedelta(days=dice.randint(0, 2 * pace))
        if day > frame.as_of:
            return
        yield _activity(dice, account, day, number, carried)
        number += 1


def _activity(
    dice: Dice, account: Account, day: date, number: int, carried: frozenset[str]
) -> Activity:
    start = _instant(dice, day, account.time_zone)
    values: dict[str, Any] = {
        "direction": dice.choice(("outbound", "outbound", "outbound", None, "internal", "inbound")),
        "user_emails": dice.choice((TEAM[:1], TEAM, TEAM[1:], None, ("who@else.example",))),
        "contact_emails": dice.choice((None, ("x@c.example",), ("x@c.example", "y@c.example"))),
        "customer_attendees": dice.choice((None, None, 0, 1, 3)),
        "personas": dice.choice((None, ("champion",), ("champion", "admin"), ("end_user",))),
        "minutes": dice.choice((None, 10.0, 30.0, 60.0)),
        "has_notes": dice.happens(0.8),
        "notes_at": dice.choice((None, start, start + timedelta(days=dice.randint(0, 6)))),
        "follow_up_at": dice.choice((None, start, start + timedelta(days=dice.randint(0, 4)))),
    }
    empty = {"has_notes": False}
    for field in ("direction", "user_emails", "personas", "notes_at", "follow_up_at"):
        if field not in carried:
            values[field] = None
    if "notes" not in carried:
        values |= empty
    return Activity(
        activity_id=f"{account.account_id}-t{number:03}",
        account_id=account.account_id,
        type=dice.choice(TYPES),
        started_at=start,
        status=dice.choice(
            ("completed",) * 7 + ("no_show", "bounced", "unanswered", "cancelled", "planned")
        ),
        channel=dice.choice(("meeting", "meeting", "call", "email", "chat", None)),
        is_automated=dice.choice((None, None, False, True)),
        ticket_id=dice.choice((None, None, "ticket")),
        carried=carried,
        **values,
    )


def _contacts(account_id: str) -> Iterator[Contact]:
    """Dice of their own: who is known leaves everything else as it is."""
    dice = Dice(account_id)
    for email in ("x@c.example", "y@c.example"):
        if dice.happens(0.5):
            yield Contact(account_id, email, dice.choice((None, ("champion",), ("exec_sponsor",))))


def _plans(dice: Dice, frame: Book, start: date, account_id: str) -> Iterator[Plan]:
    for number in range(dice.choice((0, 1, 1, 2))):
        yield Plan(
            plan_id=f"{account_id}-p{number}",
            account_id=account_id,
            updated_on=dice.day(start, frame.as_of),
            objectives=dice.choice((None, 0, 1, 2)),
            is_validated=dice.choice((None, True, True, False)),
        )


def _leaves(dice: Dice, frame: Book, start: date, account_id: str) -> Iterator[Leave]:
    for number in range(dice.choice((0, 0, 0, 1, 2))):
        first = dice.day(start, frame.as_of)
        yield Leave(
            exception_id=f"{account_id}-x{number}",
            account_id=account_id,
            kind=dice.choice(("pause", "pause", "waiver")),
            family=dice.choice((None, None, "check_in", "workshop")),
            starts_on=first,
            ends_on=first + timedelta(days=dice.choice((1, 5, 20, 45, 80, 100))),
        )


def _tickets(dice: Dice, frame: Book, start: date, account: Account) -> Iterator[Ticket]:
    for number in range(dice.choice((0, 0, 1, 3))):
        opened = _instant(dice, dice.day(start, frame.as_of), account.time_zone)
        hours = dice.choice((None, 0, 1, 4, 9, 30, 100))
        yield Ticket(
            ticket_id=f"{account.account_id}-k{number}",
            account_id=account.account_id,
            opened_at=opened,
            first_response_at=None if hours is None else opened + timedelta(hours=hours),
        )
