"""Predicates over an account: `age_days > 30 and first_value_date is null`.

Belongs here: the small language of `when:` and the signals it may name. Does not: computing a
signal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from pipelines.config.explain import did_you_mean


@dataclass(frozen=True)
class Signal:
    """What a predicate may ask about an account on a day."""

    kind: Literal["number", "flag", "date", "tier", "band"]
    meaning: str
    unit: str = ""


SIGNALS: Mapping[str, Signal] = {
    "active_contacts_90d": Signal("number", "contacts heard from in the last 90 days"),
    "age_days": Signal("number", "days since the account became active"),
    "band": Signal("band", "the health band that is shown: green, yellow, red"),
    "champion_inactive": Signal("flag", "every champion has left or is inactive"),
    "complexity_points_delta_30d": Signal(
        "number", "change of the complexity level over 30 days", unit="level"
    ),
    "days_since_two_way": Signal("number", "days since the customer last took part or answered"),
    "days_to_term_end": Signal("number", "days until the next contract ends"),
    "first_value_date": Signal("date", "the day on which the account first got value"),
    "full_export_requested": Signal("flag", "the customer asked for an export of all their data"),
    "never_heard_from": Signal("flag", "the customer has never written, called or opened a ticket"),
    "onboarding_open_days": Signal("number", "days for which onboarding has been open"),
    "owner_role_removed_14d": Signal("flag", "an owner of the product left it in 14 days"),
    "payment_failed": Signal("flag", "the last payment failed"),
    "required_h_delta_30d": Signal(
        "number", "change of required hours over 30 days, as a share (0.5 is 50 % more)"
    ),
    "tickets_30d": Signal("number", "tickets opened in the last 30 days"),
    "tier": Signal("tier", "the tier that the account is in"),
    "unresponsive": Signal("flag", "attempts to reach the customer stay without answer"),
    "usage_change_28d": Signal(
        "number", "usage of 28 days against the 28 before, as a share (-0.3 is 30 % less)"
    ),
    "utilisation": Signal("number", "licences used over licences bought, as a share"),
}

BANDS = ("green", "yellow", "red")


@dataclass(frozen=True)
class Comparison:
    """One term. `operator` is one of <, <=, >, >=, ==, !=, in, is true, is null, is not null."""

    signal: str
    operator: str
    values: tuple[str | float, ...] = ()
    for_days: int | None = None

    def __str__(self) -> str:
        unit = SIGNALS[self.signal].unit
        if self.operator == "is true":
            text = self.signal
        elif self.operator == "in":
            text = f"{self.signal} in ({', '.join(map(str, self.values))})"
        elif self.operator.startswith("is"):
            text = f"{self.signal} {self.operator}"
        else:
            value = self.values[0]
            shown = f"{value:g}" if isinstance(value, float) else value
            text = f"{self.signal} {self.operator} {shown}" + (f" {unit}" if unit else "")
        return text + (f" for {self.for_days} days" if self.for_days else "")


@dataclass(frozen=True)
class Predicate:
    """True where any of the alternatives holds; an alternative is a list that must all hold."""

    any_of: tuple[tuple[Comparison, ...], ...]

    def __str__(self) -> str:
        return " or ".join(" and ".join(map(str, terms)) for terms in self.any_of)

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """All terms, in the order written."""
        return tuple(term for terms in self.any_of for term in terms)


_TERM = re.compile(
    r"\s*(?P<signal>[a-z_0-9]+)\s*"
    r"(?:(?P<null>is\s+(?:not\s+)?null)"
    r"|in\s*\((?P<list>[^()]*)\)"
    r"|(?P<operator>[<>=!]+)\s*(?P<value>-?[A-Za-z0-9_.]+)(?:\s+(?P<unit>level)s?)?)?"
    r"(?:\s+for\s+(?P<days>[0-9]+)\s+days?)?\s*"
)
_OPERATORS = {
    "number": ("<", "<=", ">", ">=", "==", "!="),
    "flag": ("is true",),
    "date": ("is null", "is not null"),
    "tier": ("==", "!=", "in"),
    "band": ("==", "!=", "in"),
}


def parse_predicate(text: Any) -> Predicate:
    """Read a predicate. Raises ValueError that says which part is not understood."""
    if isinstance(text, Predicate):
        return text
    if not isinstance(text, str) or not text.strip():
        raise ValueError("must be text, like tickets_30d > 15")
    return Predicate(
        tuple(
            tuple(_comparison(term) for term in re.split(r"\band\b", alternative))
            for alternative in re.split(r"\bor\b", text)
        )
    )


def _comparison(text: str) -> Comparison:
    match = _TERM.fullmatch(text)
    if match is None:
        raise ValueError(f'"{text.strip()}" is not understood; write it like tickets_30d > 15')
    signal = SIGNALS.get(match["signal"])
    if signal is None:
        raise ValueError(
            f'"{match["signal"]}" is not a known signal; {did_you_mean(match["signal"], SIGNALS)}'
        )
    operator, values = _operator_and_values(match)
    if operator not in _OPERATORS[signal.kind] or (match["unit"] and not signal.unit):
        raise ValueError(
            f'"{text.strip()}" does not fit: {match["signal"]} is {signal.meaning}; '
            f"it takes {', '.join(_OPERATORS[signal.kind])}"
        )
    if signal.kind == "number":
        try:
            values = tuple(float(value) for value in values)
        except ValueError:
            raise ValueError(f'"{text.strip()}": "{values[0]}" is not a number') from None
    if signal.kind == "band" and (wrong := [value for value in values if value not in BANDS]):
        raise ValueError(f'"{wrong[0]}" is not a band; known: {", ".join(BANDS)}')
    days = int(match["days"]) if match["days"] else None
    return Comparison(match["signal"], operator, values, days)


def _operator_and_values(match: re.Match[str]) -> tuple[str, tuple[str | float, ...]]:
    if match["null"]:
        return " ".join(match["null"].split()), ()
    if match["list"] is not None:
        return "in", tuple(part.strip() for part in match["list"].split(",") if part.strip())
    if match["operator"]:
        return match["operator"], (match["value"],)
    return "is true", ()


When = Annotated[
    Predicate,
    PlainValidator(parse_predicate),
    PlainSerializer(str),
    WithJsonSchema(
        {
            "type": "string",
            "description": "A condition on the account. Signals: "
            + "; ".join(f"{name} ({signal.meaning})" for name, signal in SIGNALS.items()),
            "examples": ["tickets_30d > 15", "age_days > 30 and first_value_date is null"],
        }
    ),
]
