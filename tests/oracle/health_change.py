"""Why a score is another than it was (fct_health_change): 3.7 "Exact decomposition", HM1 to HM3.

Belongs here: the pairs of days, and the effects, which add up to the change. Does not: scores.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from oracle.health import Health, HealthDay, weights
from oracle.ledger_facts import DAY
from oracle.world import Row

MODEL = "(model)"
_OF_A_MEASURE = ("measure_group", "weight_from", "weight_to", "score_from", "score_to")
Weights = Mapping[str, tuple[float, float]]
"""By measure, its weight of the whole score and its own score."""


@dataclass(frozen=True)
class Effect:
    """What one measure did to the score, and its weights and scores on both days."""

    score: float
    availability: float
    weights: tuple[float, float]
    scores: tuple[float, float]


def effects(
    before: Weights, after: Weights, score_before: float, score_after: float
) -> dict[str, Effect]:
    """By measure; together the difference of the two scores."""
    middle = (score_before + score_after) / 2
    found = {}
    for name in {*before, *after}:
        w0, s0 = before.get(name, (0.0, after.get(name, (0.0, 0.0))[1]))
        w1, s1 = after.get(name, (0.0, s0))
        found[name] = Effect(
            score=(w0 + w1) / 2 * (s1 - s0),
            availability=(w1 - w0) * ((s0 + s1) / 2 - middle),
            weights=(w0, w1),
            scores=(s0, s1),
        )
    return found


def pairs(health: Health) -> Iterator[tuple[date, date]]:
    """As_of against the day before, four weeks and a quarter ago."""
    as_of = health.book.as_of
    ago = as_of - DAY, as_of - timedelta(days=28), health.on_or_before(as_of - timedelta(days=90))
    return ((day, as_of) for day in ago if day is not None)


def fct_health_change(health: Health) -> Iterator[Row]:
    """One row an account, pair of days and measure that had a weight on either."""
    for account_id in health.tiers:
        for from_on, to_on in pairs(health):
            if health.is_active(account_id, from_on) and health.is_active(account_id, to_on):
                then, now = health.on(account_id, from_on), health.on(account_id, to_on)
                yield from _pair(health, then, now)


def _pair(health: Health, then: HealthDay, now: HealthDay) -> Iterator[Row]:
    if then.scored.computed is None or now.scored.computed is None:
        return
    common = {
        "account_id": now.account_id,
        "from_on": then.day,
        "to_on": now.day,
        "computed_score_from": then.scored.computed,
        "computed_score_to": now.scored.computed,
        "final_score_from": then.final,
        "final_score_to": now.final,
    }
    nothing = dict.fromkeys(("score_effect", "availability_effect", "config_effect"), 0.0)
    before = then
    if not health.is_same_section(then.day, now.day):
        before = health.on(then.account_id, then.day, by=now.day)
        level = before.scored.computed
        changed = (now.scored.computed if level is None else level) - then.scored.computed
        row = {**common, **dict.fromkeys(_OF_A_MEASURE), "measure": MODEL}
        yield {**row, **nothing, "config_effect": changed}
        if level is None:
            return
    assert before.scored.computed is not None
    w0, w1 = weights(before.scored.measured), weights(now.scored.measured)
    group = {
        one.measure.name: one.measure.group
        for one in (*before.scored.measured, *now.scored.measured)
    }
    found = effects(w0, w1, before.scored.computed, now.scored.computed)
    for name, effect in found.items():
        yield {
            **common,
            **nothing,
            "measure_group": group[name],
            "measure": name,
            "score_effect": effect.score,
            "availability_effect": effect.availability,
            "weight_from": effect.weights[0],
            "weight_to": effect.weights[1],
            "score_from": effect.scores[0],
            "score_to": effect.scores[1],
        }
