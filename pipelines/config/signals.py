"""What fires: playbooks, crises, risks of the coverage model.

Belongs here: thresholds. Does not: what is done when one is passed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)

from pipelines.config.base import Positive, PositiveAmount, Section, Share, Text
from pipelines.config.errors import Fault, raise_if_any
from pipelines.config.predicate import When


class Playbook(Section):
    """A rule that fires when something about an account turns true."""

    id: Annotated[Text, Field(pattern=r"^[a-z][a-z0-9_]*$")] = Field(
        description="The rule's name; lower case with _."
    )
    when: When = Field(description="What must turn true.")
    severity: Literal["low", "medium", "high"] = Field(
        "medium", description="How urgent it is when it fires."
    )


class Crisis(Section):
    """More churn at once than chance explains."""

    window_d: Positive = Field(description="Days over which churn notices are counted.")
    baseline_weeks: Positive = Field(description="Weeks before the window that say what is usual.")
    watch_p: Share = Field(description="Watch when chance alone is less likely than this.")
    crisis_p: Share = Field(description="Crisis when chance alone is less likely than this.")
    arr_share: Share = Field(
        description="Crisis also when the window loses more of all ARR than this."
    )
    top_n_accounts: Positive = Field(
        description="Crisis also when two of the largest accounts go; how many are the largest."
    )

    @model_validator(mode="after")
    def _is_ordered(self) -> Crisis:
        if self.crisis_p >= self.watch_p:
            raise_if_any([Fault(("crisis_p",), "must be less than watch_p")])
        return self


@dataclass(frozen=True)
class WeeksOf:
    """So many weeks out of so many."""

    weeks: int
    out_of: int

    def __str__(self) -> str:
        return f"{self.weeks} of {self.out_of}"


def _weeks_of(text: Any) -> WeeksOf:
    if isinstance(text, WeeksOf):
        return text
    match = re.fullmatch(r"(\d+) of (\d+)", str(text))
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise ValueError('must be like "4 of 6": so many weeks out of so many')
    return WeeksOf(int(match[1]), int(match[2]))


class ModelRisk(Section):
    """When the way CSMs are distributed is itself a risk."""

    over_service: PositiveAmount = Field(
        description="Delivered over owed hours; above this an account is over-serviced."
    )
    under_service: PositiveAmount = Field(
        description="Delivered over owed hours; below this an account is under-serviced."
    )
    lead_fully_booked: PositiveAmount = Field(
        description="Utilisation above which the lead of an account has no room left."
    )
    resource_block: Share = Field(
        description="One account takes more of the team's hours than this."
    )
    time_cv: PositiveAmount = Field(
        description="Spread of hours over a CSM's accounts (standard deviation over mean) above "
        "which time is unevenly given."
    )
    arr_concentration: Share = Field(description="One account is more of all ARR than this.")
    burnout_weeks: Annotated[
        WeeksOf,
        PlainValidator(_weeks_of),
        PlainSerializer(str),
        WithJsonSchema({"type": "string", "pattern": r"^\d+ of \d+$"}),
    ] = Field(description='Overloaded weeks that warn of burnout: "4 of 6".')

    @model_validator(mode="after")
    def _is_ordered(self) -> ModelRisk:
        if self.under_service >= self.over_service:
            raise_if_any([Fault(("under_service",), "must be less than over_service")])
        return self
