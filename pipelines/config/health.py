"""The health score: what is measured, how it becomes a score, and how much it weighs.

Belongs here: weights, scoring tables and ages. Does not: computing a score.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from pipelines.config.base import (
    Amount,
    Bound,
    Count,
    DateText,
    Positive,
    PositiveAmount,
    PositiveScore,
    Score,
    Section,
    Share,
    Text,
)
from pipelines.config.errors import Fault, KeyPath, raise_if_any
from pipelines.config.explain import did_you_mean

MEASURED_AS = {
    "last_two_way_meeting": "last_two_way_meeting_days",
    "tickets": "tickets_30d",
}
"""Measures that are scored by a value of another name; all others by the value of their own."""


def measured_value(measure: str) -> str:
    """The name of the value that a measure is scored by, as written under `scoring`."""
    return MEASURED_AS.get(measure, measure)


class Bands(Section):
    """Where the colours begin; below yellow is red."""

    green: Score = Field(description="Lowest score that is green.")
    yellow: Score = Field(description="Lowest score that is yellow.")

    @model_validator(mode="after")
    def _are_ordered(self) -> Bands:
        if self.green <= self.yellow:
            raise_if_any([Fault(("green",), "must be more than yellow")])
        return self


class Linear(Section):
    """A score between 0 and 100, in proportion."""

    worst: float = Field(strict=True, description="The value that scores 0.")
    best: float = Field(strict=True, description="The value that scores 100.")

    @model_validator(mode="after")
    def _differ(self) -> Linear:
        if self.worst == self.best:
            raise_if_any([Fault(("best",), "must differ from worst")])
        return self


class ScoringCase(Section):
    """How a value becomes a score, for some accounts or for all."""

    age_months: tuple[Amount, Amount | None] | None = Field(
        None,
        description="Only for accounts of this age in months: [from, to), null for no end.",
    )
    tiers: list[Text] | None = Field(None, min_length=1, description="Only for these tiers.")
    steps: list[tuple[Bound, Score]] | None = Field(
        None,
        min_length=1,
        description="[bound, score] pairs: a value below the bound gets the score, the first "
        "that fits; the last bound is inf.",
    )
    linear: Linear | None = Field(None, description="In proportion, instead of steps.")

    @model_validator(mode="after")
    def _is_complete(self) -> ScoringCase:
        raise_if_any(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        if (self.steps is None) == (self.linear is None):
            yield Fault((), "write either steps or linear")
        if self.steps is not None:
            bounds = [bound for bound, _ in self.steps]
            if any(below >= above for below, above in itertools.pairwise(bounds)):
                yield Fault(("steps",), "the bounds must rise")
            if not math.isinf(bounds[-1]):
                yield Fault(("steps",), "the last bound must be inf, so that any value has a score")
        if self.age_months is not None:
            start, end = self.age_months
            if end is not None and end <= start:
                yield Fault(("age_months",), "must end after it starts")


Steps = list[tuple[Bound, Score]]


def _cases(value: Any) -> Any:
    """Also takes a single case without its list, and steps by tier: {T1: [[35, 88], ...]}."""
    if not isinstance(value, dict):
        return value
    is_by_tier = not value.keys() & ScoringCase.model_fields.keys() and all(
        isinstance(steps, list) for steps in value.values()
    )
    if value and is_by_tier:
        return [{"tiers": [tier], "steps": steps} for tier, steps in value.items()]
    return [value]


Scoring = Annotated[
    list[ScoringCase],
    BeforeValidator(
        _cases, json_schema_input_type=list[ScoringCase] | ScoringCase | dict[Text, Steps]
    ),
]


class HealthOverride(Section):
    """When a judgement goes before the computed score."""

    red_sentiment_caps: Score = Field(
        description="The score is at most this while the CSM's sentiment is red."
    )
    max_days: Positive = Field(description="A score set by hand ends after so many days.")


class AcceptedDrift(Section):
    """A change of what a measure means that someone has looked at."""

    measure: Text = Field(description="The measure.")
    on: DateText = Field(description="The day from which its new scores count.")


class Drift(Section):
    """When a measure moves for too many accounts, one way in one night, to be true, and is held."""

    share: Share = Field(
        0.30,
        description="Held when more than this share of the accounts measured, and at least ten, "
        "move in one direction.",
    )
    points: PositiveScore = Field(
        10, description="So many points of the measure's score, 0 to 100, are a move."
    )
    hold_d: Positive = Field(7, description="Days for which the scores of the night before stay.")
    accepted: list[AcceptedDrift] = Field(
        default_factory=list,
        description="Changes that are meant: the measure is held no longer from that day on.",
    )


MAX_MEASURES = 62
"""So many bits has the number that stands for a set of measures in the warehouse."""


class Health(Section):
    """The health score of an account, 0 to 100."""

    bands: Bands = Field(description="Where the colours begin.")
    min_coverage: Share = Field(
        description="With less of the weights measured than this there is no score and no colour."
    )
    account_grace_d: Count = Field(description="Days after the start without a score.")
    band_dwell_runs: Positive = Field(
        description="Nights in a row that a band must hold before it is shown."
    )
    groups: dict[Text, PositiveAmount] = Field(
        min_length=1, description="Weight of each group of measures; only proportions matter."
    )
    measures: dict[Text, dict[Text, PositiveAmount]] = Field(
        description="By group, the weight of each measure; only proportions within it matter."
    )
    scoring: dict[Text, Scoring] = Field(
        description="By measured value, how it becomes a score. The first case that fits an "
        "account decides; where none fits, the measure does not apply."
    )
    scored_as_is: list[Text] = Field(
        default=["core_feature_depth", "csm_sentiment", "success_plan", "persona_coverage"],
        description="Measures that need no scoring: a share counts in percent, a score as it is.",
    )
    max_age_d: dict[Text, Positive] = Field(
        default_factory=dict,
        description="By measure or group, days after which a value is too old to count.",
    )
    stale_warn_d: dict[Text, Positive] = Field(
        default_factory=dict, description="By measure, days after which its age is a warning."
    )
    not_applicable: dict[Text, list[Text]] = Field(
        default_factory=dict,
        description="By tier, the measures that are not expected there and so never missing.",
    )
    override: HealthOverride = Field(description="When a judgement goes first.")
    drift: Drift = Field(
        default_factory=Drift,
        description="When a measure that moves for many accounts at once is held.",
    )

    @property
    def measure_names(self) -> list[str]:
        """All measures, group by group."""
        return [name for group in self.measures.values() for name in group]

    @property
    def tier_references(self) -> Iterator[tuple[KeyPath, str]]:
        """Every tier that is named, and where."""
        for tier in self.not_applicable:
            yield ("not_applicable", tier), tier
        for value, cases in self.scoring.items():
            for position, case in enumerate(cases):
                for place, tier in enumerate(case.tiers or ()):
                    yield ("scoring", value, position, "tiers", place), tier

    @model_validator(mode="after")
    def _fits_together(self) -> Health:
        raise_if_any(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        if self.override.red_sentiment_caps >= self.bands.yellow:
            message = "must be less than bands.yellow, or a red sentiment would not show red"
            yield Fault(("override", "red_sentiment_caps"), message)
        for group in self.groups:
            if not self.measures.get(group):
                yield Fault(("groups", group), f"has no measures; add measures.{group}")
        names = self.measure_names
        if len(names) > MAX_MEASURES:
            message = f"has {len(names)} measures; a score has room for {MAX_MEASURES}"
            yield Fault(("measures",), message)
            return
        for group, weights in self.measures.items():
            if group not in self.groups:
                yield Fault(("measures", group), f"has no weight; add groups.{group}")
            for name in weights:
                if names.count(name) > 1:
                    yield Fault(("measures", group, name), "is in two groups; keep one")
                elif measured_value(name) not in self.scoring and name not in self.scored_as_is:
                    message = f"has no score; add scoring.{measured_value(name)} or scored_as_is"
                    yield Fault(("measures", group, name), message)
        yield from self._unknown_name_faults()

    def _unknown_name_faults(self) -> Iterator[Fault]:
        names = self.measure_names
        for value in self.scoring:
            if value not in map(measured_value, names):
                yield _unknown(("scoring", value), value, map(measured_value, names))
        # Written out, it must be about measures that exist; the default may say more than needed.
        if "scored_as_is" in self.model_fields_set:
            for position, name in enumerate(self.scored_as_is):
                if name not in names:
                    yield _unknown(("scored_as_is", position), name, names)
        for name in self.max_age_d:
            if name not in names and name not in self.groups:
                yield _unknown(("max_age_d", name), name, [*names, *self.groups])
        for name in self.stale_warn_d:
            if name not in names:
                yield _unknown(("stale_warn_d", name), name, names)
        for position, change in enumerate(self.drift.accepted):
            if change.measure not in names:
                path = ("drift", "accepted", position, "measure")
                yield _unknown(path, change.measure, names)
        for tier, measures in self.not_applicable.items():
            for position, name in enumerate(measures):
                if name not in names:
                    yield _unknown(("not_applicable", tier, position), name, names)


def _unknown(path: KeyPath, name: str, known: Iterator[str] | list[str]) -> Fault:
    return Fault(path, f'"{name}" is not a measure; {did_you_mean(name, known)}')
