"""Books made from a seed in which health has all its cases: sparse, stale, drifting, set by hand.

Belongs here: drawing models and inputs of health. Does not: obligations, or what should come of
all this.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from coverage_books import RATES, TEAM, ZONES, Dice, merged
from oracle.coverage_models import Model, Tier
from oracle.health_models import SCORED_BY
from oracle.ledger_facts import (
    ALL_FIELDS,
    DAY,
    Account,
    Activity,
    Assessment,
    Book,
    Contact,
    Contract,
    Plan,
    Ticket,
    Usage,
)

TIERS = (Tier("T3", 0.0, 10_000.0), Tier("T2", 10_000.0, 50_000.0), Tier("T1", 50_000.0, None))
CALIBRATION = {"horizons_d": [10, 30, 90], "min_lost": 3, "auc_ok_lower": 0.6}
MEASURES: dict[str, tuple[str, ...]] = {
    "product": (
        "license_utilisation", "active_users_28d_over_billable", "core_feature_depth", "sessions",
    ),
    "risk": ("csm_sentiment", "implementation_complexity"),
    "outcomes": ("success_plan",),
    "voc": ("tickets", "satisfaction"),
    "engagement": ("last_two_way_meeting", "persona_coverage"),
}  # fmt: skip
AS_IS = ("core_feature_depth", "csm_sentiment", "success_plan", "persona_coverage")
BOUNDS = {
    "license_utilisation": (0.1, 0.5, 0.75),
    "active_users_28d_over_billable": (0.5, 0.8),
    "sessions": (10, 50, 200),
    "last_two_way_meeting": (14, 35, 60, 90),
    "tickets": (1, 2, 5),
}


def health_book(seed: int, accounts: int) -> Book:
    """A book of so many accounts. The same seed gives the same book."""
    dice = Dice(seed)
    as_of = dice.day(date(2026, 1, 1), date(2026, 12, 31))
    start = as_of - timedelta(days=dice.choice((60, 250, 500, 900)))
    frame = Book(
        as_of=as_of,
        models=tuple(_models(dice, as_of)),
        accounts=(),
        users=TEAM,
        plans=(),
        plan_fields=frozenset(
            dice.sample(("objectives", "is_customer_validated"), dice.choice((1, 2, 2)))
        ),
        tickets=(),
        usage=(),
        rates=RATES,
    )
    drifts = _drifts(dice, frame)
    stories = [_customer(dice, frame, start, f"a{number:04}", drifts) for number in range(accounts)]
    whole = merged(frame, stories)
    return replace(
        whole,
        usage=tuple(u for story in stories for u in story.usage or ()),
        assessments=tuple(a for story in stories for a in story.assessments),
        has_personas=any(c.personas is not None for c in whole.contacts)
        or any("personas" in a.carried for a in whole.activities or ()),
    )


# Models
def _models(dice: Dice, as_of: date) -> Iterator[Model]:
    model = Model(
        effective_from=date(2020, 1, 1),
        tiers=TIERS,
        standards={},
        late_grace_d=0,
        health=_health(dice),
        calibration=CALIBRATION,
    )
    yield model
    ages = sorted({dice.choice((1, 3, 8, 20, 28, 60, 95, 200)) for _ in range(dice.choice((0, 2)))})
    for age in reversed(ages):
        is_kept = dice.happens(0.3)
        health = model.health if is_kept else _health(dice)
        model = replace(model, effective_from=as_of - age * DAY, health=health)
        yield model


def _health(dice: Dice) -> dict[str, Any]:
    measures = {
        group: {name: dice.choice((10, 30, 50.5, 100)) for name in names if dice.happens(0.85)}
        for group, names in MEASURES.items()
    }
    measures = {group: names for group, names in measures.items() if names}
    there = [name for names in measures.values() for name in names]
    as_is = [
        name for name in (*AS_IS, "implementation_complexity", "satisfaction") if name in there
    ]
    scoring = {
        SCORED_BY.get(name, name): _scoring(dice, name)
        for name in there
        if name not in as_is or dice.happens(0.15)
    }
    return {
        "bands": {"green": dice.choice((70, 75)), "yellow": dice.choice((45, 50))},
        "min_coverage": dice.choice((0.0, 0.3, 0.5, 0.7)),
        "account_grace_d": dice.choice((0, 30, 60)),
        "band_dwell_runs": dice.choice((1, 2, 3)),
        "groups": {group: dice.choice((5, 10, 25, 50)) for group in measures},
        "measures": measures,
        "scoring": scoring,
        "scored_as_is": as_is,
        "max_age_d": {
            name: dice.choice((5, 30, 60, 120))
            for name in (*measures, *there)
            if dice.happens(0.25)
        },
        "stale_warn_d": {name: dice.choice((3, 20, 45)) for name in there if dice.happens(0.3)},
        "not_applicable": {
            tier.tier_id: dice.sample(there, dice.choice((1, 2, 3))) for tier in TIERS[:2]
        }
        if len(there) > 3
        else {},
        "override": {"red_sentiment_caps": dice.choice((30, 44)), "max_days": dice.choice((5, 90))},
        "drift": {
            "share": dice.choice((0.1, 0.2, 0.3)),
            "points": dice.choice((5, 10)),
            "hold_d": dice.choice((2, 7, 10)),
            "accepted": [],
        },
    }


def _scoring(dice: Dice, name: str) -> list[dict[str, Any]]:
    cases = [_how(dice, name) for _ in range(dice.choice((1, 1, 2, 3)))]
    if len(cases) == 3:
        cases[0]["age_months"], cases[1]["age_months"] = [3, 7], [7, None]
        if dice.happens(0.5):
            cases[2]["age_months"] = [0, 2.5]
    elif len(cases) == 2:
        cases[0]["tiers"] = dice.choice((["T1"], ["T1", "T2"]))
        if dice.happens(0.5):
            cases[1]["tiers"] = ["T2"]
    return cases


def _how(dice: Dice, name: str) -> dict[str, Any]:
    bounds = BOUNDS.get(name, (25, 50))
    if dice.happens(0.25):
        worst, best = dice.choice(((bounds[0], bounds[-1]), (bounds[-1], bounds[0])))
        return {"linear": {"worst": float(worst), "best": float(best)}}
    scores = sorted(dice.choice((0, 25, 63, 88, 100)) for _ in range(len(bounds) + 1))
    return {
        "steps": [[bound, score] for bound, score in zip((*bounds, math.inf), scores, strict=True)]
    }


def renewals(made: Book) -> list[dict[str, Any]]:
    """What became of each term end, as dice that only the contract throws have it."""
    outcomes = ("renewed_on_time", "renewed_late", "churned", "winback", "open_lapsed", "upcoming")
    found = []
    for contract in made.contracts or ():
        dice = Dice(contract.contract_id + f"{made.as_of}")
        if contract.ends_on is not None:
            found.append(
                {
                    "renewal_id": contract.contract_id,
                    "account_id": contract.account_id,
                    "contract_id": contract.contract_id,
                    "term_end_on": contract.ends_on,
                    "outcome": dice.choice(outcomes),
                    "tier_id": dice.choice((None, "T1", "T2", "T2")),
                }
            )
    return found


def accepting(made: Book, measure: str, on: date) -> Book:
    """The book with a drift of a measure accepted in its newest model."""
    model = made.models[-1]
    drift = {**model.health["drift"], "accepted": [{"measure": measure, "on": on.isoformat()}]}
    accepted = replace(model, health={**model.health, "drift": drift})
    return replace(made, models=(*made.models[:-1], accepted))


# Customers
def _drifts(dice: Dice, frame: Book) -> dict[str, tuple[date, date, float]]:
    """By metric, days between which every account's values are multiplied."""
    found = {}
    for metric in ("licences_used", "active_users", "core_features_used", "sessions"):
        if dice.happens(0.7):
            first = frame.as_of - dice.randint(0, 33) * DAY
            end = first + dice.choice((3, 5, 100)) * DAY
            found[metric] = first, end, dice.choice((0.1, 0.2, 6.0))
    return found


def _customer(
    dice: Dice, frame: Book, start: date, name: str, drifts: dict[str, tuple[date, date, float]]
) -> Book:
    contracts = tuple(_contracts(dice, frame, start, name))
    first = contracts[0].starts_on
    account = Account(
        name,
        time_zone=dice.choice(ZONES),
        started_on=dice.choice((None, None, first, first - 40 * DAY, first + 50 * DAY)),
    )
    alone = replace(frame, accounts=(account,))
    return replace(
        alone,
        contracts=contracts,
        activities=tuple(_activities(dice, frame, start, account)),
        contacts=tuple(_contacts(dice, name)),
        plans=tuple(_plans(dice, frame, start, name)),
        tickets=tuple(_tickets(dice, frame, start, account)),
        usage=tuple(_usage(dice, frame, start, name, drifts)),
        assessments=tuple(_assessments(dice, frame, start, account)),
    )


def _contracts(dice: Dice, frame: Book, start: date, account_id: str) -> Iterator[Contract]:
    """Terms one after the other; now and then a gap, or an end."""
    day = dice.day(start - timedelta(days=100), frame.as_of)
    for number in range(dice.choice((1, 1, 2, 3))):
        end = None if dice.happens(0.2) else day + timedelta(days=dice.choice((60, 180, 365)) - 1)
        arr = float(dice.choice((5_000, 9_999, 10_000, 30_000, 50_000, 80_000)))
        yield Contract(f"{account_id}-{number}", account_id, day, end, arr)
        if end is None:
            return
        day = end + timedelta(days=dice.choice((1, 1, 1, 1, 40, 250)))
        if day > frame.as_of:
            return


def _at(dice: Dice, day: date, zone: str) -> datetime:
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return (local + timedelta(minutes=dice.choice((0, 720, 1410)))).astimezone(UTC)


def _usage(
    dice: Dice,
    frame: Book,
    start: date,
    account_id: str,
    drifts: dict[str, tuple[date, date, float]],
) -> Iterator[Usage]:
    bought = dice.choice((0, 10, 50, 50, 100, 100))
    usual = {
        "licences_billable": bought,
        "licences_used": bought * dice.random(),
        "active_users": bought * dice.random(),
        "core_features_available": dice.choice((0, 8, 12)),
        "core_features_used": dice.choice((0, 4, 6, 9)),
        "sessions": dice.choice((5, 10, 49, 50, 300)),
        "something_else": 3,
    }
    for metric, level in usual.items():
        pace = dice.choice((*(1,) * 9, 7, 40, None))
        if pace is None:
            continue
        end = frame.as_of - dice.choice((0, 0, 0, 0, 0, 10, 70, 130)) * DAY
        day = max(start, end - 150 * DAY) if pace == 1 else start
        while day <= end:
            factor = dice.choice((*(1,) * 15, 0.8, 1.2))
            if metric in drifts and drifts[metric][0] <= day < drifts[metric][1]:
                factor *= drifts[metric][2]
            yield Usage(account_id, day, metric, round(level * factor, 1))
            day += DAY if pace == 1 else dice.randint(1, 2 * pace) * DAY


def _assessments(dice: Dice, frame: Book, start: date, account: Account) -> Iterator[Assessment]:
    paces = {
        "csm_sentiment": 40,
        "implementation_complexity": 200,
        "csp_health": 60,
        "satisfaction": 50,
        "health_override": 300,
    }
    number = 0
    for kind, pace in paces.items():
        day = start
        while dice.happens(0.9) and (day := day + dice.randint(1, pace) * DAY) <= frame.as_of:
            at = _at(dice, day, account.time_zone)
            for _ in range(dice.choice((1, 1, 1, 2))):
                yield Assessment(
                    assessment_id=f"{account.account_id}-s{number}",
                    account_id=account.account_id,
                    assessed_at=at,
                    kind=kind,
                    score=float(dice.choice((0, 20, 44, 45, 50, 70, 75, 90, 100))),
                )
                number += 1


def _activities(dice: Dice, frame: Book, start: date, account: Account) -> Iterator[Activity]:
    if dice.happens(0.1):
        return
    pace = dice.choice((10, 30, 90))
    types = ("check_in", "ebr", "email", "note", "call", "health_update", "broadcast", "meeting")
    day, number = start, 0
    while (day := day + dice.randint(1, 2 * pace) * DAY) <= frame.as_of:
        yield Activity(
            activity_id=f"{account.account_id}-t{number:03}",
            account_id=account.account_id,
            type=dice.choice(types),
            started_at=_at(dice, day, account.time_zone),
            status=dice.choice(("completed", "completed", "completed", "no_show", "planned")),
            channel=dice.choice(("meeting", "call", "email", "chat", "event", "in_app", None)),
            direction=dice.choice(("outbound", "outbound", "inbound", "internal", None)),
            contact_emails=dice.choice((None, ("x@c.example",), ("x@c.example", "y@c.example"))),
            customer_attendees=dice.choice((None, None, 0, 1, 3)),
            personas=dice.choice((None, None, ("champion",), ("decision_maker", "admin"))),
            is_automated=dice.choice((None, False, False, True)),
            carried=ALL_FIELDS,
        )
        number += 1


def _contacts(dice: Dice, account_id: str) -> Iterator[Contact]:
    for email in ("x@c.example", "y@c.example"):
        if dice.happens(0.6):
            personas = dice.choice((None, ("champion",), ("exec_sponsor", "end_user")))
            yield Contact(account_id, email, personas)


def _plans(dice: Dice, frame: Book, start: date, account_id: str) -> Iterator[Plan]:
    statuses = (None, "", "Active", "on track", " Closed", "DRAFT", "completed")
    for number in range(dice.choice((0, 1, 2, 3))):
        yield Plan(
            plan_id=f"{account_id}-p{number}",
            account_id=account_id,
            updated_on=dice.day(max(start, frame.as_of - 90 * DAY), frame.as_of),
            objectives=dice.choice((None, 0, 1, 2)) if "objectives" in frame.plan_fields else None,
            is_validated=dice.choice((None, True, False))
            if "is_customer_validated" in frame.plan_fields
            else None,
            status=dice.choice(statuses),
        )


def _tickets(dice: Dice, frame: Book, start: date, account: Account) -> Iterator[Ticket]:
    for number in range(dice.choice((0, 0, 1, 5, 12))):
        day = dice.day(max(start, frame.as_of - 200 * DAY), frame.as_of - 3 * DAY)
        at = _at(dice, day, account.time_zone)
        yield Ticket(f"{account.account_id}-k{number}", account.account_id, at, None)
