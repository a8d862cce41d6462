"""Renewals and retention, and when a rate says something.

Belongs here: the rules of counting outcomes. Does not: computing them.
"""

from __future__ import annotations

import itertools
from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipelines.config.base import Count, Positive, Section, Share
from pipelines.config.errors import Fault, raise_if_any


class Calibration(Section):
    """How the health score is held against what happened."""

    horizons_d: list[Positive] = Field(
        min_length=1, description="Days before a renewal at which the score is looked at."
    )
    min_lost: Positive = Field(description="With fewer lost renewals there is no verdict.")
    auc_ok_lower: Annotated[float, Field(strict=True, ge=0.5, le=1)] = Field(
        description="The lower end of the AUC's interval must be above this to count as "
        "calibrated; 0.5 is chance."
    )

    @model_validator(mode="after")
    def _rises(self) -> Calibration:
        if any(left >= right for left, right in itertools.pairwise(self.horizons_d)):
            raise_if_any([Fault(("horizons_d",), "must rise, each once")])
        return self


class Renewals(Section):
    """What counts as a renewal, and where it is counted."""

    late_grace_d: Count = Field(
        description="Renewed within so many days after term end is late, without a gap."
    )
    late_max_d: Positive = Field(
        description="Renewed within so many days after term end restates the period; later is a "
        "customer won back."
    )
    overlap_d: Count = Field(
        description="A successor may start so many days before the old term ends."
    )
    early_recognition: Literal["scheduled_period"] = Field(
        "scheduled_period", description="An early renewal counts in the period it was due in."
    )
    netting: Literal["account", "product"] = Field(
        "account", description="Where growth and loss are netted before retention is computed."
    )
    constant_fx: Literal[True] = Field(
        True, description="Money is compared at constant exchange rates."
    )
    tier_at_renewal: Literal["day_before_term_end"] = Field(
        "day_before_term_end", description="The tier that a renewal is attributed to."
    )
    tier_at_retention: Literal["cohort_start"] = Field(
        "cohort_start", description="The tier that GRR and NRR are attributed to."
    )

    @model_validator(mode="after")
    def _is_ordered(self) -> Renewals:
        if self.late_grace_d >= self.late_max_d:
            raise_if_any([Fault(("late_grace_d",), "must be less than late_max_d")])
        return self


class Stats(Section):
    """When a rate says something."""

    ci: Literal["wilson95"] = Field(
        "wilson95", description="The interval of a rate: Wilson's, at 95 %."
    )
    low_n: Positive = Field(description="A rate over fewer than this is flagged.")
    top1_share_flag: Share = Field(
        description="A rate of money is flagged where one account is more of it than this."
    )
