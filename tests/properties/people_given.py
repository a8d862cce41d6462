"""A book with people as the tables that the models of time and capacity begin with.

Belongs here: translating. Does not: making books, or saying what should come out.
"""

from __future__ import annotations

from collections.abc import Iterator

from coverage_tables import Row, given_rows
from coverage_warehouse import GIVEN
from oracle.activity_time import ActivityTime, TimeFacts
from oracle.ledger_facts import Book
from people_books import PeopleBook

GIVEN_TO_PEOPLE = (
    *(name for name in GIVEN if name != "csm_capacity_week"),
    *("time_entries", "user_absences", "dim_csm"),
)
"""Beside facts: who is a CSM. How full their books are is counted."""


def people_rows(book: Book) -> Iterator[tuple[str, list[Row]]]:
    """The given models' rows."""
    assert isinstance(book, PeopleBook)
    for name, rows in given_rows(book):
        if name == "users":
            yield name, [_user(person) for person in book.team]
        elif name in ("fct_activity", "activities"):
            yield name, [*rows, *book.elsewhere]
        elif name == "csm_capacity_week":
            continue
        else:
            yield name, rows
    yield "dim_csm", list(book.team)
    yield "time_entries", list(book.entries)
    yield "user_absences", list(book.absences)


def _user(person: Row) -> Row:
    return {name: value for name, value in person.items() if name != "is_csm"}


def time_of(book: PeopleBook) -> ActivityTime:
    """Whose time went where."""
    activities = dict(people_rows(book))["fct_activity"]
    facts = TimeFacts(
        *(book, activities, book.entries, [_user(person) for person in book.team]),
        time_zone="UTC",
        knows_people=book.users is not None,
    )
    return ActivityTime(facts)
