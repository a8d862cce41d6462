"""A book as the tables that the models of health begin with.

Belongs here: translating. Does not: how tiers and terms come about, which have their own tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from coverage_tables import Row, given_rows
from coverage_warehouse import GIVEN
from health_books import renewals
from oracle.ledger_facts import Book
from oracle.tiers import membership, spans, terms

GIVEN_TO_HEALTH = (
    *GIVEN,
    "usage",
    "assessments",
    "fct_contract",
    "fct_renewal",
    "int_account_active",
    "int_term_in_force",
    "tier_membership_scd2",
)
"""Beside facts: who is active, and in which tier."""


def health_rows(book: Book) -> Iterator[tuple[str, list[Row]]]:
    """The given models' rows."""
    yield from given_rows(book)
    yield "usage", [{**vars(each), "source_name": "book"} for each in book.usage or ()]
    yield "assessments", [dict(vars(each)) for each in book.assessments]
    yield "fct_renewal", renewals(book)
    yield "int_account_active", list(_active(book))
    yield "int_term_in_force", list(_in_force(book))
    yield "tier_membership_scd2", list(_tiers(book))
    yield (
        "fct_contract",
        [
            {
                "contract_id": contract.contract_id,
                "account_id": contract.account_id,
                "starts_on": contract.starts_on,
                "ends_on": contract.ends_on,
            }
            for contract in book.contracts or ()
        ],
    )


def _active(book: Book) -> Iterator[Row]:
    for account_id, active in spans(book).items():
        for start, end in active:
            names = {"account_id": account_id, "family_account_id": account_id}
            yield {**names, "active_from": start, "active_to": _known(end)}


def _in_force(book: Book) -> Iterator[Row]:
    for account_id, held in terms(book).items():
        for start, end, arr in held:
            names = {"account_id": account_id, "family_account_id": account_id}
            yield {**names, "in_force_from": start, "in_force_to": _known(end), "arr": arr}


def _tiers(book: Book) -> Iterator[Row]:
    for row in membership(book):
        yield {
            "account_id": row.account_id,
            "valid_from": row.valid_from,
            "valid_to": row.valid_to,
            "eligible_tier_id": row.eligible,
            "assigned_tier_id": row.assigned,
        }


def _known(end: date) -> Any:
    return None if end.year == date.max.year else end
