"""How full made-up books of persons are, week by week, for what only reads it.

Belongs here: drawing hours that people have and need. Does not: counting them, which
test_capacity_properties holds against the SQL.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from coverage_books import TEAM, Dice
from oracle.activity_time import monday
from oracle.capacity import Load, Loads, Unit
from oracle.ledger_facts import Book

WEEKS = 150


def made_loads(book: Book) -> Loads:
    """Loads of everybody who leads an account in made-up books; the same for the same book."""
    return {(load.unit, load.week): load for load in _drawn(book)}


def _drawn(book: Book) -> Iterator[Load]:
    last = monday(book.as_of)
    for unit in (*(Unit(email, None) for email in TEAM), Unit(None, "pool")):
        dice = Dice(f"{unit}")
        for number in range(-WEEKS, 13):
            week = last + timedelta(days=7 * number)
            supply, required = dice.choice((None, 0.0, 15.0, 30.0)), dice.choice((None, 5.0, 20.0))
            if dice.happens(0.9):
                yield Load(unit, week, supply, required, 1, (), is_forecast=number > 0)
