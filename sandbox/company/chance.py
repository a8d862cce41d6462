"""Chance that can be repeated.

Belongs here: how numbers are drawn. Does not: what is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")

_GOLDEN = (math.sqrt(5) - 1) / 2


def dice(*names: object) -> Random:
    """Dice that always fall the same for the same names, whatever else was drawn before."""
    return Random("/".join(map(str, names)))  # noqa: S311 (no secret)


def spread(number: int, seed: int) -> float:
    """A number in [0, 1) for each of a series, so that any stretch of it fills [0, 1) evenly."""
    return ((number + 1) * _GOLDEN + dice(seed, "spread").random()) % 1


def pick(shares: Sequence[tuple[T, float]], share: float) -> T:
    """The item in whose part of the shares, laid end to end, the given fraction falls."""
    return place(shares, share)[0]


def place(shares: Sequence[tuple[T, float]], share: float) -> tuple[T, float]:
    """The item, as `pick`, and where in its part the fraction falls, from 0 to 1."""
    rest = share * sum(width for _, width in shares)
    for item, width in shares:
        if rest < width:
            return item, rest / width
        rest -= width
    return shares[-1][0], 0.0


def logistic(x: float) -> float:
    """The chance that belongs to log odds."""
    return 1 / (1 + math.exp(-x))


def clip(value: float, low: float, high: float) -> float:
    """The value, or the bound that it passes."""
    return min(max(value, low), high)
