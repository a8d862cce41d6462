"""What a book of contracts gives beside the tables of every book: licences, health, coverage.

Belongs here: rows of given tables. Does not: the tables that `coverage_tables` gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from coverage_books import Dice
from coverage_tables import Row, given_rows
from coverage_warehouse import GIVEN, Step, steps
from oracle.calendar import period
from oracle.ledger_facts import Book

OUTCOME_GIVEN = (*GIVEN, "usage", "fct_health_daily", "mart_coverage_tier_period")

BANDS = ("green", "yellow", "red", "insufficient_data")


def outcome_rows(book: Book) -> Iterator[tuple[str, list[Row]]]:
    """The rows of every given table."""
    yield from given_rows(book)
    yield (
        "usage",
        [
            {
                "account_id": reading.account_id,
                "on": reading.on,
                "metric": reading.metric,
                "value": reading.value,
                "source_name": "book",
            }
            for reading in book.usage or ()
        ],
    )
    yield (
        "fct_health_daily",
        [
            {"account_id": account_id, "as_of_on": day, "band": band}
            for (account_id, day), band in health_bands(book).items()
        ],
    )
    yield "mart_coverage_tier_period", list(coverage_rows(book))


def health_bands(book: Book) -> dict[tuple[str, date], str]:
    """Bands of some accounts on the Sundays of two years."""
    sunday = book.as_of - timedelta(days=(book.as_of.weekday() + 1) % 7)
    found = {}
    for account in book.accounts:
        dice = Dice(f"health of {account.account_id}")
        if dice.happens(0.5):
            for week in range(104):
                if dice.happens(0.9):
                    day = sunday - timedelta(weeks=week)
                    found[account.account_id, day] = dice.choice(BANDS)
    return found


def coverage_rows(book: Book) -> Iterable[Row]:
    """Coverage of quarters, as far as the bridge reads it; a tier may have nothing to judge."""
    dice = Dice("coverage")
    for year in (2024, 2025):
        for month in (1, 4, 7, 10):
            start, end = period(date(year, month, 1), "quarter")
            cells = []
            for tier in book.models[0].tiers:
                evaluable = dice.choice((0, 10, 25))
                covered = dice.randint(0, evaluable)
                cells.append((tier.tier_id, evaluable, covered))
            whole = ("ALL", sum(cell[1] for cell in cells), sum(cell[2] for cell in cells))
            for tier_id, evaluable, covered in (*cells, whole):
                yield {
                    "tier_id": tier_id,
                    "period_type": "quarter",
                    "period_start": start,
                    "period_end": end,
                    "basis": "restated",
                    "accounts_evaluable": evaluable,
                    "account_cts": covered / evaluable if evaluable else None,
                }


RECORDED = {"staged_accounts": "accounts", "staged_contracts": "contracts", "staged_usage": "usage"}
"""Tables of records, and the entity that is made of them."""

RECORDS_GIVEN = (
    *(name for name in OUTCOME_GIVEN if name not in RECORDED.values()),
    *RECORDED,
    "map_account_identity",
    "int_account_reference",
)
"""Given where what is visible is to be left to the SQL."""


def record_steps(compiled: Mapping[str, Any], *tables: str) -> list[Step]:
    """From records to tables; records have the columns of the entity that is made of them."""
    types = {
        node["name"]: {
            name: column["data_type"] or "varchar" for name, column in node["columns"].items()
        }
        for node in compiled["nodes"].values()
        if node["resource_type"] == "model"
    }
    return [
        replace(step, columns=types[RECORDED[step.name]] | {"quarantine_reason": "varchar"})
        if step.name in RECORDED
        else replace(step, columns=types[step.name])
        for step in steps(compiled, *tables, given=RECORDS_GIVEN)
    ]


def record_rows(book: Book) -> Iterator[tuple[str, list[Row]]]:
    """The rows of every table given to `record_steps`."""
    staged = {entity: name for name, entity in RECORDED.items()}
    for name, rows in outcome_rows(book):
        yield staged.get(name, name), rows
    ids = [account.account_id for account in book.accounts]
    yield (
        "map_account_identity",
        [
            {"source": "book", "source_account_id": name, "account_id": name, "method": "own"}
            for name in ids
        ],
    )
    yield (
        "int_account_reference",
        [{"source_name": "book", "reference": name, "account_id": name} for name in ids],
    )


def known_on(book: Book, day: date) -> Book:
    """The book as it was written by an earlier day; what is not dated, as it is."""

    def by_then(on: date | None) -> date | None:
        return on if on is not None and on <= day else None

    accounts = [
        replace(
            account,
            churned_on=account.churned_on
            if by_then(account.churned_on) or by_then(account.churn_notice_on)
            else None,
            churn_notice_on=by_then(account.churn_notice_on),
            churn_reason=account.churn_reason
            if by_then(account.churned_on) or by_then(account.churn_notice_on)
            else None,
        )
        for account in book.accounts
    ]
    contracts = [
        replace(contract, notice_on=by_then(contract.notice_on))
        for contract in book.contracts or ()
        if by_then(contract.signed_on or contract.starts_on)
    ]
    usage = [reading for reading in book.usage or () if reading.on <= day]
    return replace(
        book, as_of=day, accounts=tuple(accounts), contracts=tuple(contracts), usage=tuple(usage)
    )
