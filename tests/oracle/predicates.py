"""Conditions on an account, term by term: `age_days > 30 and first_value_date is null`.

Belongs here: reading a condition and saying whether a term is true of a value. Does not: values.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

Value = float | bool | str | date | None

COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


@dataclass(frozen=True)
class Term:
    """One comparison; `for_days` days in a row it must hold, 1 unless said otherwise."""

    signal: str
    operator: str
    words: tuple[str, ...]
    for_days: int = 1

    def is_true_of(self, value: Value) -> bool:
        """Whether the comparison holds; of what is not known, only `is null` does."""
        if self.operator == "is null":
            return value is None
        if value is None:
            return False
        if self.operator == "is not null":
            return True
        if self.operator == "is true":
            return value is True
        if isinstance(value, str):
            is_among = value in self.words
            return not is_among if self.operator == "!=" else is_among
        assert isinstance(value, float | int), value
        return COMPARE[self.operator](value, float(self.words[0]))


Condition = tuple[tuple[Term, ...], ...]
"""Alternatives, of which one must hold; an alternative is terms that must all hold."""


@cache
def read_condition(text: str) -> Condition:
    """A condition as a model writes it."""
    return tuple(
        tuple(_term(term.split()) for term in alternative.split(" and "))
        for alternative in text.split(" or ")
    )


def _term(words: list[str]) -> Term:
    for_days = 1
    if len(words) > 2 and words[-1] in ("day", "days"):
        for_days = int(words[-2])
        words = words[:-3]
    signal, rest = words[0], words[1:]
    if not rest:
        return Term(signal, "is true", (), for_days)
    if rest[0] == "is":
        return Term(signal, " ".join(rest), (), for_days)
    if rest[0] == "in":
        among = "".join(rest[1:]).strip("()").split(",")
        return Term(signal, "in", tuple(among), for_days)
    return Term(signal, rest[0], (rest[1],), for_days)


def signals_of(condition: Condition) -> set[str]:
    """What a condition asks about."""
    return {term.signal for terms in condition for term in terms}


def as_written(text: str) -> str:
    """A condition with its numbers as plain as they can be: 0.3, not 0.30."""
    return " ".join(f"{float(word):g}" if _is_number(word) else word for word in text.split())


def _is_number(word: str) -> bool:
    return word.lstrip("-").replace(".", "", 1).isdigit()
