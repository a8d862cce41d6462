"""A book as the tables that the models of signals begin with.

Belongs here: translating. Does not: how tiers, terms, renewals and health come about, which have
their own tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from coverage_books import Dice
from coverage_tables import Row
from health_given import GIVEN_TO_HEALTH, health_rows
from oracle.ledger_facts import DAY, Book
from oracle.movements import Movements
from oracle.outcome_tables import fct_arr_movement, fct_churn_event, fct_renewal
from oracle.renewals import Renewals
from oracle.succession import FAR

GIVEN_TO_SIGNALS = (
    *(
        name
        for name in GIVEN_TO_HEALTH
        if name not in ("int_account_signal_span", "fct_playbook_trigger")
    ),
    "dim_account",
    "fct_arr_movement",
    "fct_churn_event",
    "int_account_reactive",
    "mentions",
    "projects",
    "surveys",
)
"""Beside what health is given: what accounts need, and what became of them."""

Hours = Mapping[tuple[str, date], tuple[float | None, str | None]]


def base_hours(book: Book) -> Hours:
    """Hours a year of accounts by the week, as dice that only the account throws have it."""
    found = {}
    monday = book.as_of - timedelta(days=book.as_of.weekday())
    for account_id, tiers in book.tier_days.items():
        dice = Dice(f"hours of {account_id}")
        hours = 100.0
        for week in range(104, -1, -1):
            start = monday - timedelta(weeks=week)
            days = [start + n * DAY for n in range(7)]
            tier = next((tiers[day].assigned for day in days if day in tiers), None)
            hours = dice.choice((hours, hours, hours, 0.0, 50.0, 100.0, 150.0, 151.5))
            if tier is not None and dice.happens(0.95):
                found[account_id, start] = hours, tier
    return found


def signal_rows(book: Book) -> Iterator[tuple[str, list[Row]]]:
    """The given models' rows."""
    renewals = Renewals(book, book.tier_days)
    told = dict(health_rows(book))
    told["account_scd2"] = list(_looks(book, told["account_scd2"]))
    told["accounts"] = told["dim_account"] = [
        {**row, "first_value_on": book.account[row["account_id"]].first_value_on}
        for row in told["accounts"]
    ]
    told["contacts"] = [
        {**row, "is_active": contact.is_active, "left_on": contact.left_on}
        for row, contact in zip(told["contacts"], book.contacts, strict=True)
    ]
    emails = {ticket.ticket_id: ticket.contact_email for ticket in book.tickets or ()}
    told["tickets"] = [
        {**row, "contact_email": emails[row["ticket_id"]]} for row in told["tickets"]
    ]
    told["fct_renewal"] = list(fct_renewal(renewals))
    told["fct_arr_movement"] = list(fct_arr_movement(Movements(book), renewals))
    told["fct_churn_event"] = list(fct_churn_event(renewals, []))
    told["fct_contract"] = list(_terms(book))
    told["int_account_reactive"] = [
        {
            "account_id": account_id,
            "week_start": week,
            "tier_id": tier,
            "base_hours_per_year": hours,
        }
        for (account_id, week), (hours, tier) in base_hours(book).items()
    ]
    told["surveys"] = [_named(each) for each in _known(book, book.surveys, "responded_at")]
    told["mentions"] = [_named(each) for each in book.mentions]
    told["projects"] = [_named(each) for each in book.projects]
    yield from told.items()


def _named(fact: Any) -> Row:
    return {**vars(fact), "source_name": "book"}


def _known(book: Book, facts: Iterable[Any], at: str) -> Iterator[Any]:
    for fact in facts:
        if book.local_day(getattr(fact, at), fact.account_id) <= book.as_of:
            yield fact


def _looks(book: Book, rows: Iterable[Row]) -> Iterator[Row]:
    """Versions of accounts, of which only the complexity changes."""
    as_they_are = {row["account_id"]: row for row in rows}
    for looks in book.looks:
        yield {**as_they_are[looks.account_id], **vars(looks)}


def _terms(book: Book) -> Iterator[Row]:
    succession = book.succession
    for term in succession.terms:
        to = succession.in_force_to(term)
        yield {
            "contract_id": term.term_id,
            "account_id": term.account_id,
            "product": succession.of(term).product,
            "starts_on": term.starts_on,
            "ends_on": term.ends_on,
            "scheduled_on": term.ends_on and term.scheduled_on,
            "in_force_to": None if to == FAR else to,
            "arr": succession.arr(term),
        }
