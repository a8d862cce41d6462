"""Which way of being looked after fits an account (3.13, D7 to D10).

Belongs here: criteria, what they come to, and what stands against a model. Does not: how an
account's numbers are found (model_fit_table), or how it is looked after today (distribution).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oracle.distribution import band_name, edges

Truth = bool | None
"""None where nothing is known."""

Criteria = dict[str, Truth]
Said = Mapping[str, Any]

ONE, BOOK, TEAM, POOL = "1:1", "1:many", "many:1", "many:many"


@dataclass(frozen=True)
class Case:
    """An account's numbers; None where nobody knows. Money in the reporting currency a year."""

    touch: str | None
    arr: float | None
    acv: float | None = None
    arr_of_all: float | None = None
    active_accounts: int = 0
    low_touch_accounts: int = 0
    has_higher_touch: bool = False
    segment: str | None = None
    complexity: str | None = None
    contacts_13w: int | None = None
    contacts_p90: float | None = None
    needs_strategy: Truth = None
    is_validated_plan: Truth = None
    expansion_pipeline: float | None = None
    potential_seats: float | None = None
    licences_billable: float | None = None
    has_first_value: Truth = None
    expected_days: float | None = None
    is_partner: Truth = None
    is_reference: Truth = None
    is_co_marketing: Truth = None
    is_integration_partner: Truth = None
    projects: frozenset[str] | None = None
    """Kinds of what is under way."""
    is_customer_facing: Truth = None
    is_advised: Truth = None
    planned_training_hours: float | None = None
    content_engagement: float | None = None
    automated_share: float | None = None
    automated_standards: int = 0
    demand_cv: float | None = None
    required_hours: float | None = None
    net_hours_per_fte: float | None = None
    cost_per_hour: float | None = None


def both(one: Truth, other: Truth) -> Truth:
    """False as soon as either is."""
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def any_of(*known: Truth) -> Truth:
    """True as soon as one is; unknown only where all are."""
    told = [each for each in known if each is not None]
    return any(told) if told else None


def at_least(value: float | None, least: float | None) -> Truth:
    """None where either is not known."""
    return None if value is None or least is None else value >= least


def ratio(part: float | None, whole: float | None) -> float | None:
    """None without either, or of nothing."""
    return None if part is None or not whole else part / whole


def of_one(case: Case, said: Said, arr_concentration: float) -> Criteria:
    """One CSM for the account alone: R71 to R77."""
    is_large = None if case.segment is None else case.segment.lower() in said["enterprise_segments"]
    asks = both(
        at_least(case.contacts_13w, case.contacts_p90),
        None if case.contacts_13w is None else case.contacts_13w > 0,
    )
    seats = None
    if case.potential_seats is not None and case.licences_billable is not None:
        seats = ratio(case.potential_seats - case.licences_billable, case.potential_seats)
    waits: Truth = None
    if case.has_first_value is True:
        waits = False
    elif case.has_first_value is False and case.expected_days is not None:
        waits = case.expected_days > said["time_to_value_d"]
    strategy = case.needs_strategy
    if strategy is None and case.is_validated_plan:
        strategy = True
    return {
        "constant_care": both(is_large, asks),
        "solvency": at_least(ratio(case.arr, case.arr_of_all), arr_concentration),
        "strategy": strategy,
        "upsell": any_of(
            at_least(ratio(case.expansion_pipeline, case.arr), said["upsell_pipeline_share"]),
            at_least(seats, said["whitespace_share"]),
        ),
        "time_to_value": waits,
        "partnership": any_of(
            case.is_partner, case.is_reference, case.is_co_marketing, case.is_integration_partner
        ),
        "high_touch": None if case.touch is None else case.touch == "high",
    }


def of_team(case: Case, said: Said) -> Criteria:
    """Several CSMs for the account: R113."""

    def under_way(kind: str) -> Truth:
        return None if case.projects is None else kind in case.projects

    hours = at_least(case.planned_training_hours, said["training_hours"])
    return {
        "implementation": under_way("implementation"),
        "migration": under_way("migration"),
        "customer_facing": case.is_customer_facing,
        "training": under_way("training") if hours is None else hours,
        "advisory": case.is_advised,
        "partner": case.is_partner,
    }


def of_pool(case: Case, said: Said, small_acv: float) -> Criteria:
    """A pool for many accounts: R127."""
    return {
        "many_low_touch": case.low_touch_accounts >= said["low_touch_accounts"],
        "automated": at_least(case.automated_share, said["automated_share"]),
        "uneven_demand": at_least(case.demand_cv, said["demand_cv"]),
        "small_acv": None if case.acv is None else case.acv < small_acv,
        "simple_product": None if case.complexity is None else case.complexity == "low",
        "content": at_least(case.content_engagement, said["content_engagement"]),
        "low_touch_only": not case.has_higher_touch,
    }


def of_band(case: Case, band: Said) -> Criteria:
    """A book of so many accounts for each CSM: R91 to R95; criteria that it names."""
    found: Criteria = {
        "acv": None if case.acv is None else holds(band, case.acv),
        "touch": None if case.touch is None else case.touch in band["touch"],
    }
    if band.get("max_accounts") is not None:
        found["few_accounts"] = case.active_accounts < band["max_accounts"]
    if band.get("min_automated_standards") is not None:
        found["automated_standards"] = case.automated_standards >= band["min_automated_standards"]
    if band.get("max_contacts_per_quarter") is not None:
        few = None
        if case.contacts_13w is not None:
            few = case.contacts_13w <= band["max_contacts_per_quarter"]
        found["few_contacts"] = few
    if band.get("needs_simple_product"):
        found["simple_product"] = None if case.complexity is None else case.complexity == "low"
    if band.get("min_automated_share") is not None:
        found["automated"] = at_least(case.automated_share, band["min_automated_share"])
    return found


def holds(band: Said, acv: float) -> bool:
    """Whether an amount is within a band: its lower edge is, its upper is not."""
    arr_to = band["arr_to"]
    return bool(band["arr_from"] <= acv and (arr_to is None or acv < arr_to))


@dataclass(frozen=True)
class Fit:
    """What a model's criteria come to. `blocked`: its costs are above what the account brings."""

    model: str
    band: str | None
    criteria: Criteria
    blocked: Truth
    is_allowed: bool | None
    least: int
    least_share: float

    @property
    def text(self) -> str:
        """The model, or its band."""
        return self.band or self.model

    @property
    def satisfied(self) -> int:
        """Criteria that hold."""
        return sum(each is True for each in self.criteria.values())

    @property
    def evaluable(self) -> int:
        """Criteria of which anything is known."""
        return sum(each is not None for each in self.criteria.values())

    @property
    def share(self) -> float | None:
        """Satisfied of those that can be told."""
        return self.satisfied / self.evaluable if self.evaluable else None

    @property
    def evaluable_share(self) -> float | None:
        """Those that can be told, of all."""
        return self.evaluable / len(self.criteria) if self.criteria else None

    @property
    def is_known(self) -> bool:
        """Whether enough can be told."""
        return (self.evaluable_share or 0) >= self.least_share

    @property
    def is_eligible(self) -> bool:
        """Whether nothing stands against it."""
        return bool(
            self.is_known
            and self.share is not None
            and self.satisfied >= self.least
            and not self.blocked
            and self.is_allowed
        )

    def reason(self, best: str | None) -> str:
        """Why it is, or is not, the one."""
        code = "lower_fit"
        if self.share is None:
            code = "nothing_known"
        elif not self.is_allowed:
            code = "not_allowed"
        elif self.blocked:
            code = "blocked_by_cost"
        elif not self.is_known:
            code = "too_little_known"
        elif self.satisfied < self.least:
            code = "too_few_criteria"
        elif self.text == best:
            code = "best"
        return f"{self.text}: {code}"


def is_blocked(case: Case, model: str, said: Said) -> Truth:
    """D9: what it costs to serve it so over its life, against what it brings over the same."""
    if None in (case.required_hours, case.net_hours_per_fte, case.cost_per_hour, case.arr):
        return None
    assert case.required_hours is not None and case.net_hours_per_fte is not None
    assert case.cost_per_hour is not None and case.arr is not None
    persons = {ONE: 1, TEAM: 2}.get(model, 0)
    hours = max(case.required_hours, persons * case.net_hours_per_fte)
    return hours * case.cost_per_hour > case.arr * said["gross_margin"]


def fitting_band(case: Case, bands: Sequence[Said]) -> Said | None:
    """The band whose money holds the account's."""
    if case.acv is None:
        return None
    acv = case.acv
    return next((band for band in bands if holds(band, acv)), None)


def overlaps(name: str, allowed: Sequence[str]) -> bool:
    """Whether a band shares any number of accounts with what is allowed."""
    low, high = edges(name)
    for each in allowed:
        if each.startswith(BOOK):
            first, end = edges(each)
            if (end is None or low < end) and (high is None or first < high):
                return True
    return False


def fits(
    case: Case, said: Said, allowed: Sequence[str] | None, arr_concentration: float
) -> dict[str, Fit]:
    """Every model's fit; of books, the band that the account's money is in."""
    bands = said["bands"]
    band = fitting_band(case, bands)
    lowest = sorted(each["arr_from"] for each in bands)[1]
    criteria = {
        ONE: of_one(case, said, arr_concentration),
        BOOK: of_band(case, band) if band is not None else {},
        TEAM: of_team(case, said),
        POOL: of_pool(case, said, lowest),
    }
    found = {}
    for model, told in criteria.items():
        name = band_name(band) if model == BOOK and band is not None else None
        is_allowed = None
        if allowed is not None:
            is_allowed = overlaps(name, allowed) if name else model in allowed
        found[model] = Fit(
            *(model, name, told, is_blocked(case, model, said), is_allowed),
            least=said["min_criteria"][model],
            least_share=said["min_evaluable"],
        )
    return found


TIES = (BOOK, POOL, ONE, TEAM)


def best_of(found: Mapping[str, Fit], current: str | None) -> str | None:
    """The eligible one that fits best; D10."""
    eligible = [fit for fit in found.values() if fit.is_eligible]

    def order(fit: Fit) -> tuple[float, bool, int]:
        return -(fit.share or 0), fit.text != current, TIES.index(fit.model)

    return min(eligible, key=order).text if eligible else None


def closeness(bands: Sequence[Said]) -> list[str]:
    """Models from those in which a CSM has the fewest accounts to those with the most."""
    names = sorted(map(band_name, bands), key=lambda name: edges(name)[0])
    return [TEAM, ONE, *names, POOL]


def texts(found: Mapping[str, Fit], best: str | None) -> Iterator[str]:
    """One reason a model."""
    for model in (ONE, BOOK, TEAM, POOL):
        yield found[model].reason(best)
