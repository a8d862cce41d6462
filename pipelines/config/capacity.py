"""Time: what people have, what work takes, and what tooling could give back.

Belongs here: calendars, capacity, tooling and what-if. Does not: what is owed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipelines.config.base import (
    Amount,
    Count,
    DateText,
    Positive,
    PositiveAmount,
    Section,
    Text,
)
from pipelines.config.errors import Fault, raise_if_any


class CalendarRules(Section):
    """Business days: Monday to Friday without the holidays of the account's calendar."""

    grace_bd: Count = Field(description="Business days of grace after a due date.")
    logging_lag_bd: Count = Field(
        description="Business days that people get to log what they did before it is counted."
    )
    period_close_bd: Count = Field(
        description="Business days after a period's end on which its numbers are reported."
    )
    holidays: dict[Text, list[DateText]] = Field(
        default_factory=dict,
        description="Holidays by business calendar, the name that accounts.business_calendar has. "
        "Countries (GB) and their subdivisions (US-CA) are known; a list here replaces theirs.",
    )


class Unresponsive(Section):
    """When an obligation that is not fulfilled is marked: the customer does not answer."""

    attempts: Positive = Field(description="At least so many attempts in its window.")
    channels: Positive = Field(description="Over at least so many channels.")
    spread_bd: Count = Field(
        description="The first and the last at least so many business days apart."
    )
    counts_as: Literal["not_covered", "excluded"] = Field(
        "not_covered",
        description="In the headline: not covered, or left out. The other is stored beside it.",
    )


class ComplexityMultiplier(Section):
    """How much longer, or shorter, the same work takes with an account of each complexity."""

    low: PositiveAmount = Field(0.9, description="Of a simple account.")
    medium: PositiveAmount = Field(1.0, description="Of a usual account.")
    high: PositiveAmount = Field(1.2, description="Of a complex account.")


class Capacity(Section):
    """What a full-time CSM has to give, and when that is too much or too little."""

    work_days: Annotated[int, Field(strict=True, ge=1, le=366)] = Field(
        description="Working days in a year of a full-time person, holidays and leave taken off."
    )
    hours_day: Annotated[float, Field(strict=True, gt=0, le=24)] = Field(
        description="Hours of a working day."
    )
    internal_share: Annotated[float, Field(strict=True, ge=0, lt=1)] = Field(
        description="Share of the hours that goes to internal work."
    )
    reactive_shrink_k: Amount = Field(
        description="How many weeks of the tier's mean an account's own reactive hours are mixed "
        "with; the fewer weeks of its own, the more the mean counts."
    )
    over_util: PositiveAmount = Field(description="Above this utilisation a person is overloaded.")
    under_util: Amount = Field(description="Below this utilisation a person has time left.")
    ramp_by_quarter: list[Annotated[float, Field(strict=True, gt=0, le=1)]] = Field(
        min_length=1,
        description="Share of full capacity in each quarter of employment; the last stays.",
    )
    complexity_multiplier: ComplexityMultiplier = Field(
        default_factory=ComplexityMultiplier,
        description="By an account's complexity, how many times the standards' hours it takes.",
    )
    pools: dict[Text, list[Text]] = Field(
        default_factory=dict,
        description="By pool, the teams whose people work for it, where the team is not called "
        "as the pool is. People who lead accounts themselves do not work for a pool.",
    )

    @model_validator(mode="after")
    def _is_ordered(self) -> Capacity:
        raise_if_any(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        if self.under_util >= self.over_util:
            yield Fault(("under_util",), "must be less than over_util")
        if any(before > after for before, after in itertools.pairwise(self.ramp_by_quarter)):
            yield Fault(("ramp_by_quarter",), "must not fall from one quarter to the next")
        pool_of: dict[str, str] = {}
        for pool, teams in self.pools.items():
            for position, team in enumerate(teams):
                known = pool_of.setdefault(team.casefold(), pool)
                if known != pool:
                    message = f'team "{team}" already works for the pool "{known}"'
                    yield Fault(("pools", pool, position), message)
