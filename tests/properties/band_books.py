"""Books in which something is owed while an account's health is red.

Belongs here: adding conditional standards and colours to a book. Does not: the rest of the book.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from coverage_books import Dice, usual
from oracle.ledger_facts import Book, Standard


def with_bands(made: Book, seed: int) -> Book:
    """The book with weekly updates owed while an account is red, and colours by the day."""
    dice = Dice(seed)

    def more(standards: tuple[Standard, ...]) -> tuple[Standard, ...]:
        if dice.happens(0.3):
            return standards
        shared = usual(dice, "risk_update")
        interval = dice.choice((3, 7, 30))
        when = Standard(schedule="conditional", when="band == red", interval_d=interval, **shared)
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
    return replace(made, models=models, bands=bands)
