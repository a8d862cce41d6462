"""The health section of a coverage model: what is measured, how it becomes a score (H3 to H5).

Belongs here: reading the section, scoring one value, the table that repeats it. Does not: what an
account's values are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from oracle.world import Row

Said = Mapping[str, Any]

SCORED_BY = {"last_two_way_meeting": "last_two_way_meeting_days", "tickets": "tickets_30d"}
"""Values that are called otherwise than their measure."""

USUALLY_AS_IS = ("core_feature_depth", "csm_sentiment", "success_plan", "persona_coverage")

NO_DRIFT: Said = {"share": 0.30, "points": 10, "hold_d": 7, "accepted": []}
"""What holds where a model says nothing of drift."""


@dataclass(frozen=True)
class Case:
    """How a value becomes a score, for accounts of some age or tiers."""

    months: tuple[float, float | None] | None
    tiers: tuple[str, ...] | None
    steps: tuple[tuple[float, float], ...] | None
    linear: tuple[float, float] | None

    def fits(self, months: int, tier_id: str | None) -> bool:
        """Whether the case is for an account of this age and tier."""
        if self.tiers is not None and tier_id not in self.tiers:
            return False
        if self.months is None:
            return True
        first, end = self.months
        return first <= months and (end is None or months < end)

    def score(self, value: float) -> float:
        """The first step below whose bound the value is; or its place between worst and best."""
        if self.steps is not None:
            return next(score for bound, score in self.steps if value < bound)
        assert self.linear is not None
        worst, best = self.linear
        return clipped(100 * (value - worst) / (best - worst))


@dataclass(frozen=True)
class Measure:
    """One measure of a group; `cases` are None where its value is its score."""

    group: str
    name: str
    group_weight: float
    weight: float
    max_age_d: int | None
    stale_warn_d: int | None
    cases: tuple[Case, ...] | None
    not_applicable_tiers: tuple[str, ...]

    def case(self, months: int, tier_id: str | None) -> Case | None:
        """The first case that fits."""
        return next((c for c in self.cases or () if c.fits(months, tier_id)), None)

    def applies(self, months: int, tier_id: str | None) -> bool:
        """H4: not where the tier is left out, or no case fits."""
        if tier_id in self.not_applicable_tiers:
            return False
        return self.cases is None or self.case(months, tier_id) is not None

    def score(self, value: float, months: int, tier_id: str | None) -> float:
        """0 to 100."""
        case = self.case(months, tier_id)
        return clipped(value) if case is None else case.score(value)


@dataclass(frozen=True)
class HealthModel:
    """The section of one model, defaults filled in."""

    said: Said

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """Every measure of every group."""
        return tuple(
            self._measure(group, name, weight)
            for group, weights in self.said["measures"].items()
            for name, weight in weights.items()
        )

    def _measure(self, group: str, name: str, weight: float) -> Measure:
        scoring = self.said["scoring"].get(SCORED_BY.get(name, name))
        ages, warnings = self.said.get("max_age_d", {}), self.said.get("stale_warn_d", {})
        left_out = self.said.get("not_applicable", {})
        return Measure(
            group=group,
            name=name,
            group_weight=float(self.said["groups"][group]),
            weight=float(weight),
            max_age_d=ages.get(name, ages.get(group)),
            stale_warn_d=warnings.get(name),
            cases=None if scoring is None else tuple(_cases(scoring)),
            not_applicable_tiers=tuple(tier for tier, names in left_out.items() if name in names),
        )

    @property
    def green(self) -> float:
        """Lowest score that is green."""
        return float(self.said["bands"]["green"])

    @property
    def yellow(self) -> float:
        """Lowest score that is not red."""
        return float(self.said["bands"]["yellow"])

    @property
    def drift(self) -> Said:
        """When a measure is held."""
        return {**NO_DRIFT, **self.said.get("drift", {})}

    def band(self, score: float | None) -> str:
        """The colour of a score that is not rounded."""
        if score is None:
            return "insufficient_data"
        if score >= self.green:
            return "green"
        return "yellow" if score >= self.yellow else "red"


def clipped(score: float) -> float:
    """Between 0 and 100."""
    return min(100.0, max(0.0, score))


def _cases(said: Any) -> Iterator[Case]:
    """A list of cases; one without its list; or steps by tier."""
    if isinstance(said, Mapping):
        is_case = bool(said.keys() & {"age_months", "tiers", "steps", "linear"})
        by_tier = [{"tiers": [tier], "steps": steps} for tier, steps in said.items()]
        said = [said] if is_case else by_tier
    for case in said:
        months, steps, linear = case.get("age_months"), case.get("steps"), case.get("linear")
        yield Case(
            months=tuple(months) if months else None,
            tiers=tuple(case["tiers"]) if case.get("tiers") else None,
            steps=tuple((float(bound), float(score)) for bound, score in steps) if steps else None,
            linear=(linear["worst"], linear["best"]) if linear else None,
        )


def whole_months(start: date, day: date) -> int:
    """Months that have gone by, by the day of the month."""
    return 12 * (day.year - start.year) + day.month - start.month - (day.day < start.day)


def cfg_health_measure(spans: Sequence[tuple[Row, Said]]) -> Iterator[Row]:
    """The measures of each model; `spans` are models with their dates."""
    for dates, said in spans:
        measures = HealthModel(said["health"]).measures
        for number, measure in enumerate(sorted(measures, key=lambda m: (m.group, m.name)), 1):
            yield {
                **dates,
                "measure_group": measure.group,
                "measure": measure.name,
                "measure_number": number,
                "scored_value": SCORED_BY.get(measure.name, measure.name),
                "group_weight": measure.group_weight,
                "weight": measure.weight,
                "max_age_d": measure.max_age_d,
                "stale_warn_d": measure.stale_warn_d,
                "is_scored_as_is": measure.cases is None,
                "not_applicable_tiers": sorted(measure.not_applicable_tiers),
            }
