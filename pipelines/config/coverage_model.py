"""A coverage model: all that CS operations decides, in force from a date.

Belongs here: the sections, and that they fit together. Does not: a section's own rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from pydantic import Field, PrivateAttr, model_validator

from pipelines.config.activity_rules import ActivityRule
from pipelines.config.base import Amount, Count, Positive, Section, Text
from pipelines.config.capacity import (
    CalendarRules,
    Capacity,
    Unresponsive,
)
from pipelines.config.crisis import Crisis
from pipelines.config.distribution import Distribution
from pipelines.config.errors import Fault, KeyPath, raise_if_any
from pipelines.config.explain import did_you_mean
from pipelines.config.health import Health
from pipelines.config.model_risk import ModelRisk
from pipelines.config.outcomes import Calibration, Renewals, Stats
from pipelines.config.predicate import Predicate
from pipelines.config.signals import Playbook, SignalRules
from pipelines.config.standards import Conditional, Standard, standard_faults
from pipelines.config.tiers import RatioReference, Tier, Tiering, band_faults
from pipelines.config.time import TimeSplit
from pipelines.config.tooling import Tooling, WhatIf


class CoverageModel(Section):
    """Tiers, what they are owed, and how everything is measured."""

    tiers: list[Tier] = Field(min_length=1, description="Bands of ARR, together 0 to open end.")
    tiering: Tiering = Field(description="How an account's tier follows its ARR.")
    ratio_reference: RatioReference = Field(
        description="Accounts per CSM as others quote them; shown, never aimed at."
    )
    calendar: CalendarRules = Field(description="Business days of grace, lag and closing.")
    unresponsive: Unresponsive = Field(description="When a customer does not answer.")
    standards: dict[Text, list[Standard]] = Field(
        description="By tier, what engagement is owed, when, and what counts as good."
    )
    reactive_hours_per_year: dict[Text, Amount] = Field(
        description="By tier, hours a year that an account's own questions and troubles take, "
        "until there are 13 weeks of actuals."
    )
    over_service_cap_per_quarter: dict[Text, Count] = Field(
        default_factory=dict,
        description="By tier, engagements a quarter above which an account is over-serviced.",
    )
    capacity: Capacity = Field(description="What a full-time CSM has to give.")
    onboarding_hours: dict[Text, Amount] = Field(
        description="By tier, hours that bringing on a new account takes in addition."
    )
    health: Health = Field(description="The health score of an account.")
    calibration: Calibration = Field(
        description="How the health score is held against what happened."
    )
    renewals: Renewals = Field(description="What counts as a renewal, and where.")
    stats: Stats = Field(description="When a rate says something.")
    time: TimeSplit = Field(description="How people's time is split.")
    tooling: Tooling = Field(description="What better tooling is believed to give back.")
    whatif: WhatIf = Field(description="What would get done with more capacity.")
    signals: SignalRules = Field(
        default_factory=SignalRules,
        description="When a signal may be believed, and how long its effect is looked for.",
    )
    crisis: Crisis = Field(description="More of something bad at once than chance explains.")
    playbooks: list[Playbook] = Field(
        default_factory=list, description="Rules that fire when something turns true."
    )
    playbook_cooldown_d: Positive = Field(
        description="Days before a rule may fire again for the same account."
    )
    distribution: Distribution = Field(
        default_factory=Distribution,
        description="How CSMs are distributed over accounts, and what would fit.",
    )
    model_risk: ModelRisk = Field(description="When the distribution of CSMs is itself a risk.")
    activity_rules: list[ActivityRule] = Field(
        default_factory=list,
        description="What activities were for, where their source does not say it in these "
        "words. Tried in order; the first that matches decides.",
    )

    _effective_from: date = PrivateAttr()

    @property
    def effective_from(self) -> date:
        """The first day on which the model holds: its file's name."""
        return self._effective_from

    @property
    def tier_ids(self) -> tuple[str, ...]:
        """The tiers' ids, in the order written."""
        return tuple(tier.id for tier in self.tiers)

    @classmethod
    def read(cls, data: Mapping[str, Any], effective_from: date) -> CoverageModel:
        """Validate what a file says. Raises pydantic's ValidationError."""
        model = cls.model_validate(data)
        model._effective_from = effective_from
        return model

    @model_validator(mode="after")
    def _fits_together(self) -> CoverageModel:
        raise_if_any(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        for fault in band_faults(self.tiers):
            yield Fault(("tiers", *fault.path), fault.message)
        for tier, standards in self.standards.items():
            for fault in standard_faults(standards):
                yield Fault(("standards", tier, *fault.path), fault.message)
        seen: set[str] = set()
        for position, playbook in enumerate(self.playbooks):
            if playbook.id in seen:
                message = f'"{playbook.id}" is already the id of another playbook'
                yield Fault(("playbooks", position, "id"), message)
            seen.add(playbook.id)
        playbooks = tuple(playbook.id for playbook in self.playbooks)
        for fault in self.distribution.unknown_rules(playbooks):
            yield Fault(("distribution", *fault.path), fault.message)
        for path, tier in self._tier_references():
            if tier not in self.tier_ids:
                message = f'"{tier}" is not a tier; {did_you_mean(tier, self.tier_ids)}'
                yield Fault(path, message)
        for section in ("standards", "reactive_hours_per_year", "onboarding_hours"):
            for tier in self.tier_ids:
                if tier not in getattr(self, section):
                    nothing = "[]" if section == "standards" else "0"
                    message = f"is missing; every tier needs one, {nothing} where there is nothing"
                    yield Fault((section, tier), message)

    def _tier_references(self) -> Iterator[tuple[KeyPath, str]]:
        by_tier = (
            "standards",
            "reactive_hours_per_year",
            "over_service_cap_per_quarter",
            "onboarding_hours",
        )
        for section in by_tier:
            for tier in getattr(self, section):
                yield (section, tier), tier
        for path, tier in self.health.tier_references:
            yield ("health", *path), tier
        for position, playbook in enumerate(self.playbooks):
            for tier in _tiers_in(playbook.when):
                yield ("playbooks", position, "when"), tier
        for owner, standards in self.standards.items():
            for position, standard in enumerate(standards):
                if isinstance(standard, Conditional):
                    for tier in _tiers_in(standard.when):
                        yield ("standards", owner, position, "when"), tier


def _tiers_in(predicate: Predicate) -> Iterator[str]:
    for term in predicate.comparisons:
        if term.signal == "tier":
            yield from map(str, term.values)
