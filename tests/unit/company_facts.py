"""Reading the facts of the made-up firm, as tests do.

Belongs here: what several of their modules ask. Does not: tests.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from sandbox.company.facts import Contract

DAY = timedelta(days=1)
TODAY = date(2026, 7, 5)
TO_USD = {"USD": 1.0, "EUR": 1.08, "GBP": 1.27}


def usd(contract: Contract) -> float:
    """What a contract is worth a year, in USD."""
    return contract.arr * TO_USD[contract.currency]


def in_force(contracts: Iterable[Contract], day: date) -> list[Contract]:
    """The contracts in force on a day."""
    return [c for c in contracts if c.starts_on <= day and (c.ends_on is None or day <= c.ends_on)]
