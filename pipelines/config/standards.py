"""Standards: what engagement a tier is owed, when, and what counts as good.

Belongs here: the seven schedules, each with its own keys. Does not: which accounts are in a tier.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipelines.config.base import (
    Amount,
    Count,
    Flag,
    Positive,
    PositiveAmount,
    Section,
    Share,
    Text,
)
from pipelines.config.errors import Fault, raise_if_any
from pipelines.config.predicate import When
from pipelines.config.quality import Quality
from pipelines.config.vocabulary import (
    AUTOMATED_FAMILIES,
    DEFAULT_ACCEPTS,
    OPTIONAL_FAMILIES,
    ActivityType,
)


class _Standard(Section):
    family: Annotated[Text, Field(pattern=r"^[a-z][a-z0-9_]*$")] = Field(
        description="What is owed; tiers that owe the same thing use the same family."
    )
    per_year: Amount = Field(
        description="How often it happens in a year, to plan capacity; the schedule decides when."
    )
    min: Amount = Field(
        description="Minutes each time takes, preparation and follow-up included; plans capacity."
    )
    quality: list[Quality] = Field(
        default_factory=list,
        description="All that must hold for it to be to standard. None: any will do.",
    )
    accepts: list[ActivityType] | None = Field(
        None,
        min_length=1,
        description="Activity types that settle it. Default: those usual for the family.",
    )
    allow_automation: Flag | None = Field(
        None,
        description="Whether an automated touch settles it. Default: only for digital families.",
    )
    required: Flag | None = Field(
        None,
        description="Whether an account is uncovered when this is not met. Default: yes, but for "
        "trigger_response.",
    )
    weight: PositiveAmount = Field(1.0, description="How much it counts in weighted shares.")
    grace_bd: Count | None = Field(
        None, description="Business days of grace after the due date. Default: calendar.grace_bd."
    )
    delivery_mode: Literal["human", "pooled", "digital"] = Field(
        "human", description="Who delivers it: a person, a pool of people, or software."
    )
    owner: Literal["csm", "pool"] = Field(
        "csm", description="Who owes it: the account's CSM or the pool."
    )
    satisfied_by_families: list[Text] = Field(
        default_factory=list,
        description="Families of the same tier whose fulfilment also settles this one.",
    )
    segment_filter: dict[Text, list[Text]] = Field(
        default_factory=dict,
        description="Only for accounts with these values, by column: {industry: [banking]}.",
    )
    version: Text | None = Field(
        None, description="The standard's version. Default: the date of the model."
    )

    @property
    def accepted_types(self) -> tuple[str, ...]:
        """Activity types that settle it; none where it is settled by something else."""
        return tuple(self.accepts or DEFAULT_ACCEPTS.get(self.family, ()))

    @property
    def is_automation_allowed(self) -> bool:
        """Whether an automated touch settles it."""
        if self.allow_automation is None:
            return self.family in AUTOMATED_FAMILIES
        return self.allow_automation

    @property
    def is_required(self) -> bool:
        """Whether an account is uncovered when it is not met."""
        return self.family not in OPTIONAL_FAMILIES if self.required is None else self.required


class _SettledByActivity(_Standard):
    @model_validator(mode="after")
    def _is_settled_by_something(self) -> _SettledByActivity:
        if not self.accepted_types:
            known = ", ".join(DEFAULT_ACCEPTS)
            message = (
                f'nothing is known to settle the family "{self.family}"; add accepts with the '
                f"activity types that do, or use a known family: {known}"
            )
            raise_if_any([Fault(("family",), message)])
        return self


class Rolling(_SettledByActivity):
    """At most so many days since the last time."""

    schedule: Literal["rolling"] = Field(description="Due so many days after the last time.")
    interval_d: Positive = Field(description="Days from one time to the next.")
    hard_max_d: Positive | None = Field(
        None, description="Days that must never pass without; shown as a warning."
    )

    @model_validator(mode="after")
    def _limit_is_beyond_interval(self) -> Rolling:
        if self.hard_max_d is not None and self.hard_max_d < self.interval_d:
            raise_if_any([Fault(("hard_max_d",), "must be at least interval_d")])
        return self


class FixedCalendar(_SettledByActivity):
    """Once in each calendar period; early or late never shifts the next."""

    schedule: Literal["fixed_calendar"] = Field(description="Once in each calendar period.")
    period: Literal["month", "quarter", "half", "year"] = Field(description="The calendar period.")
    min_eligible_share: Share = Field(
        0.5, description="Not owed where the account is eligible for less of the period than this."
    )


class Anchored(_SettledByActivity):
    """Once, so many days after the account became active."""

    schedule: Literal["anchored"] = Field(description="Once, counted from the first active day.")
    due_d: Positive = Field(description="Days after the first active day.")


class LeadToEvent(_SettledByActivity):
    """Once in the time before an event."""

    schedule: Literal["lead_to_event"] = Field(description="In a window before an event.")
    event: Literal["term_end"] = Field(description="The event: the end of a contract's term.")
    open_d: Positive = Field(description="Days before the event on which the window opens.")
    due_d: Count = Field(description="Days before the event by which it is due.")

    @model_validator(mode="after")
    def _opens_before_due(self) -> LeadToEvent:
        if self.open_d <= self.due_d:
            raise_if_any([Fault(("open_d",), "must be more than due_d: both count back")])
        return self


class Response(_Standard):
    """An answer, so soon after the customer turned to us or a playbook fired."""

    schedule: Literal["response"] = Field(description="So soon after something came in.")
    due_business_hours: Positive | None = Field(
        None, description="Business hours (09:00-17:00 local) to the first response."
    )
    due_business_days: Positive | None = Field(
        None, description="Business days to the first response; instead of hours."
    )

    @model_validator(mode="after")
    def _one_limit(self) -> Response:
        if (self.due_business_hours is None) == (self.due_business_days is None):
            message = "write either due_business_hours or due_business_days"
            raise_if_any([Fault((), message)])
        return self


class State(_Standard):
    """Something that must be true on at least 80 % of a month's days."""

    schedule: Literal["state"] = Field(description="Judged each month.")
    max_age_d: Positive = Field(description="Days since the last update, at most.")


class Conditional(_SettledByActivity):
    """A rolling schedule that runs only while something holds."""

    schedule: Literal["conditional"] = Field(description="Rolling, only while a condition holds.")
    when: When = Field(description="The condition on the account.")
    interval_d: Positive = Field(description="Days from one time to the next.")


Standard = Annotated[
    Rolling | FixedCalendar | Anchored | LeadToEvent | Response | State | Conditional,
    Field(discriminator="schedule"),
]


def standard_faults(standards: list[Standard]) -> Iterator[Fault]:
    """Families that one tier names twice, or that are settled by a family it does not have."""
    families = [standard.family for standard in standards]
    for position, standard in enumerate(standards):
        if standard.family in families[:position]:
            message = f'the tier already has a standard "{standard.family}"; keep one'
            yield Fault((position, "family"), message)
        for place, other in enumerate(standard.satisfied_by_families):
            if other not in families or other == standard.family:
                message = f'"{other}" is not another family of this tier: {", ".join(families)}'
                yield Fault((position, "satisfied_by_families", place), message)
