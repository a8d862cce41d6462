"""Books in which something is owed while an account's health is red, or once a playbook fires.

Belongs here: adding conditions, colours and triggers to a book. Does not: the rest of the book.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from coverage_books import Dice, usual
from oracle.coverage_models import Playbook, Standard
from oracle.ledger_facts import Book, Fired
from oracle.triggers import is_answer

WHEN = "band == red"


def with_bands(made: Book, seed: int) -> Book:
    """The book with weekly updates owed while an account is red, and colours by the day."""
    dice = Dice(seed)

    def more(standards: tuple[Standard, ...]) -> tuple[Standard, ...]:
        if dice.happens(0.3):
            return standards
        shared = usual(dice, "risk_update")
        interval = dice.choice((3, 7, 30))
        when = Standard(schedule="conditional", when=WHEN, interval_d=interval, **shared)
        return (*standards, when)

    models = tuple(
        replace(model, standards={tier: more(each) for tier, each in model.standards.items()})
        for model in made.models
    )
    bands: dict[tuple[str, date], str] = {}
    for account in made.accounts:
        day = made.as_of - timedelta(days=dice.choice((40, 200, 600)))
        while day <= made.as_of:
            band = dice.choice(("red", "red", "green", "yellow", "insufficient_data"))
            for _ in range(dice.choice((1, 3, 10, 25, 60))):
                if day <= made.as_of:
                    bands[account.account_id, day] = band
                day += timedelta(days=1)
    red: dict[tuple[str, str], set[date]] = {}
    for (account_id, day), band in bands.items():
        if band == "red":
            red.setdefault((account_id, WHEN), set()).add(day)
    return replace(made, models=models, bands=bands, conditions=red)


def with_triggers(made: Book, seed: int) -> Book:
    """The book with triggers that fire, of which some are answered soon, late or never."""
    dice = Dice(seed)
    rule = Playbook("red", WHEN)

    def more(standards: tuple[Standard, ...]) -> tuple[Standard, ...]:
        if dice.happens(0.3):
            return standards
        shared = usual(dice, "trigger_response") | {"accepts": (), "grace_bd": None}
        within = dice.choice(({"due_business_days": 2}, {"due_business_hours": 12}))
        return (*standards, Standard(schedule="response", **within, **shared))

    models = tuple(
        replace(
            model,
            standards={tier: more(each) for tier, each in model.standards.items()},
            playbooks=(rule,),
        )
        for model in made.models
    )
    fired = []
    for account in made.accounts:
        mine = [
            activity
            for activity in made.activities or ()
            if activity.account_id == account.account_id and is_answer(made, activity)
        ]
        for number in range(dice.choice((0, 1, 3, 6))):
            day = made.as_of - timedelta(days=dice.randint(0, 400))
            answer = dice.choice(mine) if mine and dice.happens(0.7) else None
            if answer is not None:
                answered_on = made.local_day(answer.started_at, account.account_id)
                day = answered_on - timedelta(days=dice.choice((1, 1, 2, 10)))
            name = f"{account.account_id}-f{number}"
            fired.append(Fired(name, account.account_id, day, answer and answer.activity_id))
    return replace(made, models=models, fired=tuple(fired))
