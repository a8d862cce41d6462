"""The health score of an account on a day: 3.7, ruling "Health", readings H1 to H18.

Belongs here: whether a measure counts, drift, the score and what overrides it, which days are
looked at. Does not: raw values, or the tables that show all this.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

from oracle.coverage_models import Model
from oracle.health_models import HealthModel, Measure, whole_months
from oracle.health_values import Inputs, Value, sundays
from oracle.ledger_facts import DAY, Book, days

DAILY_D, WEEKLY_D = 35, 728
DRIFT_ACCOUNTS = 10
"""So many accounts at least must have moved, or a few in a small firm would hold everything."""
DECIMALS = 9


@dataclass(frozen=True)
class Measured:
    """A measure of an account on a day; `score` where its status is ok."""

    measure: Measure
    value: Value
    age_days: int | None
    status: str
    score: float | None
    measured_score: float | None = None
    """What it would be if nothing were held."""
    is_held: bool = False
    weight: float | None = None
    """Of the whole score: the weights of what is available sum to 1."""

    @property
    def contribution(self) -> float | None:
        """What it adds to the score."""
        if self.weight is None or self.score is None:
            return None
        return self.weight * self.score

    @property
    def is_stale_warned(self) -> bool:
        """Applicable, measured, and older than is good."""
        limit = self.measure.stale_warn_d
        if self.status == "not_applicable" or self.age_days is None or limit is None:
            return False
        return self.age_days > limit


@dataclass(frozen=True)
class Scored:
    """What measures come to: `coverage` is the share of the weights that is measured."""

    measured: tuple[Measured, ...]
    coverage: float | None
    computed: float | None


@dataclass(frozen=True)
class Hold:
    """Days [first, end) on which the scores before the first are used, and why.

    `moved` of the `accounts` that had a score on both nights changed it.
    """

    first: date
    end: date
    moved: int
    accounts: int


@dataclass(frozen=True)
class HealthDay:
    """An account's health on a day on which it is active, by one model."""

    account_id: str
    day: date
    model: Model
    tier_id: str | None
    scored: Scored
    override: float | None
    override_kind: str | None
    final: float | None
    band: str
    csp: tuple[float, str] | None

    @property
    def held(self) -> list[str]:
        """Measures of which an earlier score is used."""
        return sorted(one.measure.name for one in self.scored.measured if one.is_held)


def scored(measured: Sequence[Measured], model: HealthModel, *, is_in_grace: bool) -> Scored:
    """The formula of 3.7 over the measures of one account and day; H11."""
    groups: dict[str, list[Measured]] = defaultdict(list)
    for one in measured:
        groups[one.measure.group].append(one)
    covered = whole = weight_there = 0.0
    there: dict[str, float] = {}
    for group, rows in groups.items():
        applicable = sum(r.measure.weight for r in rows if r.status != "not_applicable")
        available = 0.0 if is_in_grace else sum(r.measure.weight for r in rows if r.status == "ok")
        group_weight = rows[0].measure.group_weight
        if applicable:
            covered += group_weight * available / applicable
            whole += group_weight
        if available:
            there[group] = available
            weight_there += group_weight

    def weighed(one: Measured) -> Measured:
        if one.status != "ok" or one.measure.group not in there:
            return one
        of_group = one.measure.group_weight / weight_there
        return replace(one, weight=of_group * one.measure.weight / there[one.measure.group])

    rows_ = tuple(map(weighed, measured))
    coverage = round(covered / whole, DECIMALS) if whole else None
    parts = [one.contribution for one in rows_ if one.contribution is not None]
    is_enough = coverage is not None and coverage >= model.said["min_coverage"] and bool(parts)
    return Scored(rows_, coverage, round(sum(parts), DECIMALS) if is_enough else None)


class Health:
    """Everything about a book's health that the tables show."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.inputs = Inputs(book)
        self.tiers = book.tier_days
        self._models = {model.effective_from: HealthModel(model.health) for model in book.models}
        self._known: dict[tuple[str, date, date], HealthDay] = {}

    def model(self, model: Model) -> HealthModel:
        """The section of a model."""
        return self._models[model.effective_from]

    def is_same_section(self, one: date, other: date) -> bool:
        """HM-I3: whether two days are scored by the same rules."""
        return self.book.model_on(one).health == self.book.model_on(other).health

    @cached_property
    def daily(self) -> list[date]:
        """The last 35 days."""
        return list(days(self.book.as_of - (DAILY_D - 1) * DAY, self.book.as_of + DAY))

    @cached_property
    def spine(self) -> list[date]:
        """H1: every one of the last 35 days, every Sunday of the last 104 weeks."""
        as_of = self.book.as_of
        return sorted({*self.daily, *sundays(as_of - timedelta(days=WEEKLY_D - 1), as_of)})

    def on_or_before(self, day: date) -> date | None:
        """The latest day of the spine that is not after a day."""
        return max((each for each in self.spine if each <= day), default=None)

    def is_active(self, account_id: str, day: date) -> bool:
        """Whether a contract is in force."""
        return day in self.tiers[account_id]

    def tier(self, account_id: str, day: date) -> str | None:
        """The tier that the account is served by."""
        there = self.tiers[account_id].get(day)
        return there.assigned if there else None

    def _age(self, account_id: str, day: date) -> tuple[int, int]:
        start = self.inputs.start(account_id, day)
        return (day - start).days, whole_months(start, day)

    def _as_measured(self, account_id: str, day: date, model: Model) -> list[Measured]:
        """H4, H5: what each measure is by itself, whatever drifts."""
        tier_id = self.tier(account_id, day)
        _, months = self._age(account_id, day)
        return [
            self._one(measure, account_id, day, months, tier_id)
            for measure in self.model(model).measures
        ]

    def _one(
        self, measure: Measure, account_id: str, day: date, months: int, tier_id: str | None
    ) -> Measured:
        value = self.inputs.value(account_id, measure.name, day)
        age = None if value.measured_on is None else (day - value.measured_on).days
        status = "ok"
        if not measure.applies(months, tier_id):
            status = "not_applicable"
        elif value.raw is None or age is None:
            status = "missing"
        elif measure.max_age_d is not None and age > measure.max_age_d:
            status = "stale"
        score = None
        if status == "ok" and value.raw is not None:
            score = measure.score(value.raw, months, tier_id)
        return Measured(measure, value, age, status, score, score)

    @cached_property
    def _daily_scores(self) -> dict[str, dict[date, dict[str, float]]]:
        """By measure and day, the unheld score of every account that has one."""
        found: dict[str, dict[date, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
        for account_id in self.tiers:
            for day in self.daily:
                if self.is_active(account_id, day):
                    for one in self._as_measured(account_id, day, self.book.model_on(day)):
                        if one.score is not None:
                            found[one.measure.name][day][account_id] = one.score
        return found

    @cached_property
    def holds(self) -> dict[str, list[Hold]]:
        """H16: by measure, when it moved for so many at once that it is not believed."""
        found: dict[str, list[Hold]] = {}
        accepted = {
            (each["measure"], _day(each["on"]))
            for model in self._models.values()
            for each in model.drift["accepted"]
        }
        for name, by_day in self._daily_scores.items():
            held: list[Hold] = []
            for day in self.daily[1:]:
                moved, accounts = self._moved(by_day, day)
                share = self.model(self.book.model_on(day)).drift["share"]
                if moved < DRIFT_ACCOUNTS or moved <= share * accounts:
                    continue
                length = self.model(self.book.model_on(day)).drift["hold_d"]
                end = day + timedelta(days=length)
                ends = [on for measure, on in accepted if measure == name and day <= on < end]
                end = min([end, *ends])
                if end == day:
                    continue
                if held and day <= held[-1].end:
                    held[-1] = replace(held[-1], end=max(held[-1].end, end))
                else:
                    held.append(Hold(day, end, moved, accounts))
            found[name] = held
        return found

    def _moved(self, by_day: Mapping[date, Mapping[str, float]], day: date) -> tuple[int, int]:
        """How many accounts went the same way in a night, far enough, of how many that could."""
        model = self.book.model_on(day)
        if model is not self.book.model_on(day - DAY):
            return 0, 0
        points = self.model(model).drift["points"]
        now, before = by_day.get(day, {}), by_day.get(day - DAY, {})
        both = now.keys() & before.keys()
        rose = sum(now[each] - before[each] >= points for each in both)
        fell = sum(before[each] - now[each] >= points for each in both)
        return max(rose, fell), len(both)

    def _held(self, one: Measured, account_id: str, day: date) -> Measured:
        name = one.measure.name
        hold = next((h for h in self.holds.get(name, ()) if h.first <= day < h.end), None)
        if hold is None or one.status == "not_applicable":
            return one
        before = self._daily_scores[name].get(hold.first - DAY, {}).get(account_id)
        return one if before is None else replace(one, status="ok", score=before, is_held=True)

    def on(self, account_id: str, day: date, by: date | None = None) -> HealthDay:
        """Health on an active day, by the model of the day or by that of the day `by`."""
        model = self.book.model_on(by or day)
        key = (account_id, day, model.effective_from)
        if key not in self._known:
            self._known[key] = self._made(account_id, day, model)
        return self._known[key]

    def _made(self, account_id: str, day: date, model: Model) -> HealthDay:
        rules = self.model(model)
        age_days, _ = self._age(account_id, day)
        is_in_grace = age_days < rules.said["account_grace_d"]
        measured = self._as_measured(account_id, day, model)
        if day >= self.daily[0]:
            measured = [self._held(one, account_id, day) for one in measured]
        found = scored(measured, rules, is_in_grace=is_in_grace)
        hand = self._by_hand(account_id, day, rules)
        base = found.computed if hand is None else hand
        is_red = not is_in_grace and any(
            one.measure.name == "csm_sentiment"
            and one.score is not None
            and one.score < rules.yellow
            for one in measured
        )
        override, kind = hand, None if hand is None else "by_hand"
        if is_red and base is not None:
            cap = float(rules.said["override"]["red_sentiment_caps"])
            override, kind = min(base, cap), kind or "red_sentiment"
        final = found.computed if override is None else override
        csp = self.inputs.assessments.get((account_id, "csp_health"))
        said = csp.last(day) if csp else None
        return HealthDay(
            account_id=account_id,
            day=day,
            model=model,
            tier_id=self.tier(account_id, day),
            scored=found,
            override=override,
            override_kind=kind,
            final=final,
            band=rules.band(final),
            csp=(said[1].score, said[1].source_name) if said else None,
        )

    def _by_hand(self, account_id: str, day: date, rules: HealthModel) -> float | None:
        """H12: a score set by hand, as long as it holds."""
        value = self.inputs.assessed(account_id, "health_override", day)
        if value.measured_on is None:
            return None
        longest = timedelta(days=rules.said["override"]["max_days"])
        return value.raw if day < value.measured_on + longest else None

    def live(self, account_id: str) -> Iterator[HealthDay]:
        """Health on the days of the spine on which the account is active."""
        for day in self.spine:
            if self.is_active(account_id, day):
                yield self.on(account_id, day)


def _day(said: date | str) -> date:
    return date.fromisoformat(said) if isinstance(said, str) else said


def weights(rows: Iterable[Measured]) -> dict[str, tuple[float, float]]:
    """By measure, weight and score of what is available."""
    return {
        one.measure.name: (one.weight, one.score)
        for one in rows
        if one.weight is not None and one.score is not None
    }
