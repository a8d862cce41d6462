"""Time: what people have, what work takes, and what tooling could give back.

Belongs here: calendars, capacity, time split, tooling and what-if. Does not: what is owed.
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
    Share,
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

    @model_validator(mode="after")
    def _is_ordered(self) -> Capacity:
        raise_if_any(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        if self.under_util >= self.over_util:
            yield Fault(("under_util",), "must be less than over_util")
        if any(before > after for before, after in itertools.pairwise(self.ramp_by_quarter)):
            yield Fault(("ramp_by_quarter",), "must not fall from one quarter to the next")


class TimeSplit(Section):
    """How people's time is split, and when the split says something."""

    mostly_reactive: Share = Field(
        description="A tier is mostly reactive when reactive time is above this share."
    )
    max_unaccounted: Share = Field(
        description="No verdict where more of the contracted time than this is not accounted for."
    )
    prep_counts_as: Literal["internal_account", "proactive"] = Field(
        description="Where preparing a customer meeting counts; it moves the split by 10 points "
        "or more."
    )


class Tooling(Section):
    """What better tooling is believed to give back."""

    prior_low: Share = Field(description="Lower end of what is commonly claimed, as a share.")
    prior_high: Share = Field(description="Upper end of what is commonly claimed, as a share.")
    redeployment: Share = Field(description="Share of the hours given back that reaches customers.")

    @model_validator(mode="after")
    def _is_ordered(self) -> Tooling:
        if self.prior_low > self.prior_high:
            raise_if_any([Fault(("prior_low",), "must be at most prior_high")])
        return self


class WhatIf(Section):
    """What would get done with more capacity."""

    capacity_uplift: PositiveAmount = Field(
        description="The additional capacity asked about, as a share of today's."
    )
    tooling_constraint_share: Share = Field(
        description="Where more of the extra hours than this would go to internal work, tooling "
        "is the constraint, not headcount."
    )
