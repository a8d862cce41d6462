"""Books made from a seed in which rules fire: people who leave, silence, usage that falls, terms.

Belongs here: drawing rules and what signals are made of. Does not: the inputs of health, which
health_books draws, or what should come of all this.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from coverage_books import Dice
from health_books import health_book
from oracle.coverage_models import Model, Playbook, Standard
from oracle.ledger_facts import (
    DAY,
    Account,
    Activity,
    Book,
    Contact,
    Leave,
    Looks,
    Project,
    Survey,
    Usage,
)

CONDITIONS = (
    "age_days >= 100",
    "age_days == 50 for 2 days",
    "age_days < 60.5 and tickets_30d > 1",
    "age_days != 40 for 30 days",
    "days_since_two_way > 30 and tier in (T1, T2)",
    "days_since_two_way >= 7 for 5 days",
    "days_since_two_way != 12 and days_since_two_way <= 20",
    "days_to_term_end <= 90 and unresponsive",
    "days_to_term_end < 40 for 10 days",
    "days_to_term_end > 300 or days_to_term_end == 60",
    "active_contacts_90d <= 1 and tier != T3",
    "active_contacts_90d < 1 for 20 days",
    "band == red for 10 days",
    "band in (red, yellow) and age_days > 60",
    "utilisation < 0.75 for 5 days",
    "usage_change_28d <= -0.30",
    "usage_change_28d > 0 and utilisation >= 0.5",
    "age_days > 30 and first_value_date is null",
    "first_value_date is not null and days_since_two_way > 20",
    "never_heard_from and age_days > 10",
    "champion_inactive or owner_role_removed_14d",
    "complexity_points_delta_30d >= 1 level or required_h_delta_30d >= 0.5",
    "payment_failed and unresponsive or full_export_requested",
    "payment_failed for 3 days",
    "onboarding_open_days > 20",
    "onboarding_open_days <= 45 for 40 days and tickets_30d == 0",
    "tickets_30d > 2 for 7 days",
    "tier == T1 for 90 days",
    "unresponsive for 4 days",
)
SIGNALS = {
    "max_age_d": {"activities": 2, "tickets": 3, "usage": 12},
    "recount_share": 0.4,
    "recount_change": 0.15,
    "recount_accounts": 3,
    "act_within_d": 20,
    "outcome_within_d": 120,
}
ONBOARDING = Standard("onboarding_complete", "anchored", ("onboarding_complete",), due_d=45)
EMAILS = ("x@c.example", "y@c.example", " Z@c.example")


def signal_book(seed: int, accounts: int) -> Book:
    """A book of so many accounts whose models have rules. The same seed gives the same book."""
    made = health_book(seed, accounts)
    dice = Dice(seed + 1)
    extras = [_of(dice, made, account) for account in made.accounts]
    return replace(
        made,
        models=tuple(_models(dice, made.models)),
        accounts=tuple(each.accounts[0] for each in extras),
        contacts=tuple(contact for each in extras for contact in each.contacts),
        activities=(
            *(made.activities or ()),
            *(activity for each in extras for activity in each.activities or ()),
        ),
        tickets=tuple(
            replace(ticket, contact_email=dice.choice((None, *EMAILS)))
            for ticket in made.tickets or ()
        ),
        usage=(*(made.usage or ()), *(u for each in extras for u in each.usage or ())),
        surveys=tuple(survey for each in extras for survey in each.surveys),
        leaves=tuple(leave for each in extras for leave in each.leaves),
        looks=tuple(looks for each in extras for looks in each.looks),
        projects=tuple(project for each in extras for project in each.projects),
        tells_first_value=True,
    )


def _models(dice: Dice, models: tuple[Model, ...]) -> Iterator[Model]:
    """Rules that stay, change their condition, come and go."""
    signals = {**SIGNALS, "max_age_d": {n: d * dice.choice((1, 1, 5)) for n, d in AGES}}
    rules = _rules(dice)
    for number, model in enumerate(models):
        if number and dice.happens(0.6):
            kept = [rule for rule in rules if dice.happens(0.7)]
            rules = (
                *kept,
                *(r for r in _rules(dice) if r.rule_id not in {k.rule_id for k in kept}),
            )
        tiers = dice.sample(("T1", "T2", "T3"), 2)
        yield replace(
            model,
            standards=dict.fromkeys(tiers, (ONBOARDING,)),
            playbooks=tuple(rules),
            playbook_cooldown_d=dice.choice((5, 30, 90)),
            signals=signals,
        )


AGES = tuple(SIGNALS["max_age_d"].items())  # type: ignore[attr-defined]


def _rules(dice: Dice) -> tuple[Playbook, ...]:
    return tuple(
        Playbook(
            f"rule_{number}",
            condition,
            severity=dice.choice(("low", "medium", "high")),
            playbook=dice.choice((None, "call them")),
            functions=dice.choice(((), ("support",))),
        )
        for number, condition in enumerate(dice.sample(CONDITIONS, 9))
    )


def _of(dice: Dice, made: Book, account: Account) -> Book:
    """What an account has beside the inputs of health."""
    account_id = account.account_id
    start = made.as_of - timedelta(days=dice.choice((60, 200, 500)))

    def day() -> date:
        return dice.day(start, made.as_of)

    value_on = dice.choice((None, None, day()))
    return replace(
        made,
        accounts=(replace(account, first_value_on=value_on),),
        contacts=tuple(_contacts(dice, made, account_id)),
        activities=tuple(_activities(dice, made, account, start)),
        usage=tuple(_usage(dice, account_id, day())),
        surveys=tuple(
            Survey(f"{account_id}-v{n}", account_id, _noon(day()), dice.choice((None, *EMAILS)))
            for n in range(dice.choice((0, 0, 2, 5)))
        ),
        leaves=tuple(_leaves(dice, account_id, start, made.as_of)),
        looks=tuple(_looks(dice, made, account_id)),
        projects=tuple(_projects(dice, account_id, start, made.as_of)),
    )


def _noon(day: date) -> object:
    from datetime import UTC, datetime

    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def _contacts(dice: Dice, made: Book, account_id: str) -> Iterator[Contact]:
    known = [contact for contact in made.contacts if contact.account_id == account_id]
    for contact in known:
        left_on = dice.choice((None, None, dice.day(made.as_of - 300 * DAY, made.as_of)))
        is_active = dice.choice((None, True, False)) if left_on is None else False
        personas = dice.choice((contact.personas, ("champion",), ("admin", "champion")))
        yield replace(contact, personas=personas, is_active=is_active, left_on=left_on)


def _activities(dice: Dice, made: Book, account: Account, start: date) -> Iterator[Activity]:
    """Attempts, milestones, words from the customer."""
    for number in range(dice.choice((0, 4, 12))):
        type_ = dice.choice(("call", "email", "email", "first_value", "onboarding_complete"))
        is_attempt = type_ in ("call", "email") and dice.happens(0.7)
        status = dice.choice(("no_show", "bounced", "unanswered")) if is_attempt else "completed"
        at = _noon(dice.day(start, made.as_of))
        yield Activity(
            f"{account.account_id}-w{number:02}",
            account.account_id,
            type_,
            at,  # type: ignore[arg-type]
            status=status,
            channel=dice.choice(("call", "email", "chat", None)),
            direction=dice.choice(("outbound", "outbound", None, "inbound")),
            contact_emails=dice.choice((None, ("x@c.example",))),
            user_emails=dice.choice((made.users or (), ("who@else.example",), None)),
        )


def _usage(dice: Dice, account_id: str, first: date) -> Iterator[Usage]:
    for metric in ("payment_failed", "full_export_requested"):
        if dice.happens(0.3):
            for _ in range(dice.choice((1, 3))):
                first += dice.randint(1, 20) * DAY
                yield Usage(account_id, first, metric, dice.choice((0.0, 1.0)))


def _leaves(dice: Dice, account_id: str, start: date, as_of: date) -> Iterator[Leave]:
    for number in range(dice.choice((0, 1, 2, 4))):
        first = dice.day(start, as_of)
        yield Leave(
            exception_id=f"{account_id}-x{number}",
            account_id=account_id,
            kind=dice.choice(("pause", "snooze", "snooze", "waiver")),
            family=dice.choice((None, "rule_1", "rule_2", "rule_3")),
            starts_on=first,
            ends_on=first + timedelta(days=dice.choice((1, 20, 60, 120))),
        )


def _looks(dice: Dice, made: Book, account_id: str) -> Iterator[Looks]:
    day = date(2000, 1, 1)
    turns = sorted(
        {dice.day(made.as_of - 200 * DAY, made.as_of) for _ in range(dice.choice((0, 2)))}
    )
    for end in (*turns, None):
        yield Looks(account_id, day, end, dice.choice(("low", "medium", "high", None)))
        day = end or day


def _projects(dice: Dice, account_id: str, start: date, as_of: date) -> Iterator[Project]:
    for number in range(dice.choice((0, 0, 1, 2))):
        first = dice.day(start, as_of)
        done = first + dice.randint(10, 120) * DAY
        yield Project(
            f"{account_id}-j{number}",
            account_id,
            dice.choice(("implementation", "implementation", "migration")),
            first,
            due_on=first + 60 * DAY,
            completed_on=done if done <= as_of and dice.happens(0.7) else None,
        )
