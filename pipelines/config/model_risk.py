"""When the way CSMs are distributed over accounts is itself a risk.

Belongs here: from where each risk of a distribution model is raised. Does not: the models and what
speaks for them (distribution), the measuring (dbt_project/models/marts/risk).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    Field,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)

from pipelines.config.base import Amount, Count, Flag, Positive, PositiveAmount, Section, Share
from pipelines.config.errors import Fault, raise_if_any


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


class AssignmentWeights(Section):
    """What counts in the match of a CSM with an account, against each other; 0: nothing."""

    industry: Amount = Field(2, description="The CSM's skills name the account's industry.")
    segment: Amount = Field(1, description="The CSM's skills name its segment or its tier.")
    experience: Amount = Field(1, description="The CSM leads accounts of its tier.")
    time_zone: Amount = Field(1, description="The CSM works in its time zone.")
    coverage: Amount = Field(1, description="Share of the CSM's accounts that are covered.")
    room: Amount = Field(2, description="Hours that the CSM has left, up to those needed.")


class ModelRisk(Section):
    """From where a drawback of a distribution model is a risk here."""

    over_service: PositiveAmount = Field(
        description="Delivered over owed hours; above this an account is over-serviced."
    )
    under_service: PositiveAmount = Field(
        description="Delivered over owed hours; below this an account is under-serviced."
    )
    lead_fully_booked: Share = Field(
        description="Share of a lead's hours that one account takes, four weeks in a row, from "
        "which the lead has no room for another."
    )
    resource_block: Share = Field(
        description="One account takes this share of the team's hours for customers or more."
    )
    time_cv: PositiveAmount = Field(
        description="Spread of an account's hours over 13 weeks (standard deviation over mean) "
        "above which nobody can plan with them."
    )
    arr_concentration: Share = Field(description="One account is this share of all ARR or more.")
    burnout_weeks: Annotated[
        WeeksOf,
        PlainValidator(_weeks_of),
        PlainSerializer(str),
        WithJsonSchema({"type": "string", "pattern": r"^\d+ of \d+$"}),
    ] = Field(description='Overloaded weeks that warn of burnout: "4 of 6".')
    after_hours_share: Share = Field(
        0.15, description="Share of a person's hours outside working hours that warns of burnout."
    )
    activity_drop: Share = Field(
        0.30,
        description="Fall of a person's activities an hour against their own 13 weeks before, "
        "from which it may be quiet quitting.",
    )
    burnout_share: Share = Field(
        0.20, description="Share of a team's people with a sign of burnout that is a risk."
    )
    smallest_team: Positive = Field(
        3, description="Teams with fewer CSMs are only told within the company, for privacy."
    )
    show_people: Flag = Field(
        False, description="Whether signs of burnout are told by person. Default: by team."
    )
    close_book: Positive = Field(
        10, description="A person with fewer accounts than this looks after each closely."
    )
    spiral_growth: PositiveAmount = Field(
        0.5, description="Growth of reactive hours or of helpers over two quarters."
    )
    spiral_min_hours: Amount = Field(
        13, description="Fewer reactive hours a quarter than this are no spiral."
    )
    complex_book: Positive = Field(
        25, description="Accounts a lead has from which a complex product is served too thinly."
    )
    high_arr: Amount = Field(100_000, description="ARR from which an account is a large one.")
    high_arr_book: Positive = Field(
        10, description="Accounts a lead has from which a large one may be neglected."
    )
    cost_growth: Amount = Field(
        0.10, description="How much faster than its ARR an account's hours may grow a quarter."
    )
    coordination_events: Positive = Field(
        2,
        description="Double check-ins and messages that nobody took up, in 13 weeks, from which "
        "people do not talk to each other.",
    )
    few_hours_share: Share = Field(
        0.05, description="A CSM with less of an account's hours than this hardly knows it."
    )
    few_hours_csms: Count = Field(2, description="More such CSMs than this are too many.")
    min_touches: Positive = Field(
        4, description="With fewer touches in 13 weeks continuity is not judged."
    )
    continuity: Share = Field(
        0.5, description="Share of touches by the same person below which nobody knows the account."
    )
    pool_hands: Share = Field(
        0.25, description="Share of a pool's accounts with three or more CSMs that is disorder."
    )
    pool_spread: Share = Field(
        0.20, description="Spread of the to-standard rate over a pool's people (quartiles)."
    )
    without_notes: Share = Field(
        0.25,
        description="Share of a pool's touches without notes that is a risk.",
    )
    quality_drop: Share = Field(
        0.05, description="Fall of the to-standard rate over two quarters while touches rise."
    )
    broadcast_reach: Share = Field(
        0.90, description="Share of accounts that a month's broadcasts should reach."
    )
    hhi: Share = Field(
        0.10, description="Concentration (sum of squared shares) of ARR or hours that is a risk."
    )
    linked_share: Share = Field(
        0.90, description="Share of accounts that all kinds of system should know."
    )
    assignment: AssignmentWeights = Field(
        default_factory=lambda: AssignmentWeights.model_validate({}),
        description="Weights of the match of CSMs with accounts that need another owner.",
    )

    @model_validator(mode="after")
    def _is_ordered(self) -> ModelRisk:
        if self.under_service >= self.over_service:
            raise_if_any([Fault(("under_service",), "must be less than over_service")])
        return self
