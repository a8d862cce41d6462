"""Sums that come out the same in any order: each amount is taken to six places first.

Belongs here: adding. Does not: what is added.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

SIXTH = Decimal("0.000001")


def exact(amounts: Iterable[float]) -> float:
    """The sum of amounts to six places each."""
    return float(sum(Decimal(a).quantize(SIXTH, rounding=ROUND_HALF_UP) for a in amounts))
