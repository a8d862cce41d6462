"""Tooling and what-if: what better tools would give back, and more capacity be used for.

Belongs here: the sections `tooling` and `whatif`. Does not: computing the case for finance.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field, model_validator

from pipelines.config.base import (
    Amount,
    DateText,
    Flag,
    Positive,
    PositiveAmount,
    Section,
    Share,
    Text,
)
from pipelines.config.errors import Fault, raise_if_any


class WorkType(Section):
    """A kind of work, and how much of it a tool could do."""

    low: Share = Field(0.0, description="Share of it that tools surely take over.")
    mid: Share = Field(0.0, description="Share of it that tools probably take over.")
    high: Share = Field(0.0, description="Share of it that tools take over at best.")
    tool: Text | None = Field(None, description="The kind of tool that would, as crm.")
    human_only: Flag = Field(False, description="Nothing of it may be left to a tool.")

    @model_validator(mode="after")
    def _is_sound(self) -> WorkType:
        raise_if_any(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        if self.human_only and self.high > 0:
            yield Fault(("human_only",), "leaves nothing to a tool: take low, mid and high away")
        if self.low > self.mid:
            yield Fault(("low",), "must be at most mid")
        if self.mid > self.high:
            yield Fault(("mid",), "must be at most high")


def _usual_work_types() -> dict[Text, WorkType]:
    return {
        "renewal_tracking": WorkType(low=0.8, mid=0.9, high=0.95, tool="crm"),
        "health_assembly": WorkType(low=0.85, mid=0.95, high=1.0, tool="csp"),
        "reporting": WorkType(low=0.65, mid=0.8, high=0.9, tool="dashboard"),
        "note_reentry": WorkType(low=0.4, mid=0.6, high=0.75, tool="notes"),
        "data_entry": WorkType(low=0.3, mid=0.5, high=0.7, tool="integration"),
    }


class Tooling(Section):
    """What better tooling is believed to give back."""

    prior_low: Share = Field(description="Lower end of what is commonly claimed, as a share.")
    prior_high: Share = Field(description="Upper end of what is commonly claimed, as a share.")
    redeployment: Share = Field(description="Share of the hours given back that reaches customers.")
    work_types: dict[Text, WorkType] = Field(
        default_factory=_usual_work_types,
        description="By kind of work, as time entries name it, what share of it tools could do. "
        "Other work is never counted on.",
    )
    mixed_from: Share = Field(
        0.25,
        description="The case for headcount is mixed where tools give back at least this share of "
        "the missing people, and theirs alone where they give back all.",
    )
    live_share: Share = Field(
        0.9, description="From this share on, a piece of infrastructure counts as built."
    )
    fresh_d: Positive = Field(
        7, description="Days after which a source without anything new counts as not live."
    )
    annual_cost: Amount | None = Field(
        None, description="What the tools would cost a year, in the reporting currency."
    )
    setup_cost: Amount | None = Field(
        None, description="What they would cost once, in the reporting currency."
    )
    change_on: DateText | None = Field(
        None,
        description="The first day on which people worked with other tools: what was before and "
        "after it is put side by side.",
    )

    @model_validator(mode="after")
    def _is_ordered(self) -> Tooling:
        raise_if_any(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        if self.prior_low > self.prior_high:
            yield Fault(("prior_low",), "must be at most prior_high")
        known: dict[str, str] = {"all": ""}
        for name in self.work_types:
            same = known.setdefault(name.lower(), name)
            if same != name:
                said = f'is the same as "{same}"' if same else "is the name of the row of all"
                yield Fault(("work_types", name), said)


class WhatIf(Section):
    """What would get done with more capacity."""

    capacity_uplift: PositiveAmount = Field(
        description="The additional capacity asked about, as a share of today's."
    )
    tooling_constraint_share: Share = Field(
        description="Where more of the extra hours than this would go to internal work, tooling "
        "is the constraint, not headcount."
    )
    trigger_minutes: PositiveAmount = Field(
        30.0,
        description="Minutes that answering a playbook trigger takes, where the tier has no "
        "standard for it.",
    )
