"""The oracle of health against the specification's worked examples (3.7, 3.8)."""

from __future__ import annotations

import math

import pytest
from oracle.calibration import Judged, brier, interval, of_bands, of_scores, status
from oracle.coverage import wilson
from oracle.health import Measured, Scored, scored, weights
from oracle.health_change import effects
from oracle.health_models import HealthModel
from oracle.health_values import Value

GITLAB = HealthModel(
    {
        "bands": {"green": 75, "yellow": 50},
        "min_coverage": 0.5,
        "groups": {"product": 50, "risk": 25, "outcomes": 10, "voc": 5, "engagement": 10},
        "measures": {
            "product": {
                "licence": 30, "users": 10, "scm": 15, "ci": 15, "devsecops": 15, "cd": 15,
            },
            "risk": {"sentiment": 100},
            "outcomes": {"plan": 100},
            "voc": {"support": 100},
            "engagement": {"cadence": 50, "persona": 50},
        },
        "scoring": {},
    }
)  # fmt: skip
THEN = {
    "licence": 88, "users": 63, "scm": 88, "ci": 63, "devsecops": 25, "sentiment": 80,
    "support": 90, "cadence": 60, "persona": 100,
}  # fmt: skip
NOW = THEN | {"licence": 63, "cadence": 30, "plan": 100}


def of(scores: dict[str, int], *not_applicable: str, is_in_grace: bool = False) -> Scored:
    measured = []
    for measure in GITLAB.measures:
        score = scores.get(measure.name)
        status_ = "missing" if score is None else "ok"
        if measure.name in not_applicable:
            status_ = "not_applicable"
        value = Value(score, None)
        measured.append(Measured(measure, value, None, status_, score))
    return scored(measured, GITLAB, is_in_grace=is_in_grace)


def test_a_score_of_74_74_is_yellow_at_a_coverage_of_82_5_percent() -> None:
    then = of(THEN)
    assert then.computed == pytest.approx(74.74, abs=0.005)
    assert GITLAB.band(then.computed) == "yellow"
    assert then.coverage == 0.825
    weight = {name: weight for name, (weight, _) in weights(then.measured).items()}
    assert weight["licence"] == pytest.approx(0.196, abs=0.0005)
    assert weight["sentiment"] == pytest.approx(0.278, abs=0.0005)
    assert weight["cadence"] == pytest.approx(0.056, abs=0.0005)
    assert math.fsum(weight.values()) == pytest.approx(1)


def test_a_plan_that_appears_raises_the_coverage_to_92_5_percent() -> None:
    now = of(NOW)
    assert now.computed == pytest.approx(71.35, abs=0.005)
    assert now.coverage == 0.925


def test_eleven_effects_add_up_to_the_change() -> None:
    then, now = of(THEN), of(NOW)
    assert then.computed is not None and now.computed is not None
    found = effects(weights(then.measured), weights(now.measured), then.computed, now.computed)
    said = {
        "licence": (-4.66, -0.05),
        "cadence": (-1.58, 0.16),
        "plan": (0, 2.70),
        "devsecops": (0, 0.47),
        "sentiment": (0, -0.19),
        "persona": (0, -0.15),
        "scm": (0, -0.15),
        "ci": (0, 0.10),
        "support": (0, -0.09),
        "users": (0, 0.07),
    }
    shown = {name: (round(e.score, 2), round(e.availability, 2)) for name, e in found.items()}
    assert shown == said
    total = sum(effect.score + effect.availability for effect in found.values())
    assert total == pytest.approx(now.computed - then.computed, abs=1e-9)
    assert total == pytest.approx(-3.39, abs=0.005)


def test_what_a_tier_is_not_expected_to_have_lowers_nothing() -> None:
    assert of(THEN, "cd", "plan").coverage == 1
    assert of(THEN, "cd").coverage == 0.9


def test_with_less_than_half_of_the_weights_there_is_no_score() -> None:
    half = of({"licence": 88, "users": 63, "scm": 88, "ci": 63, "devsecops": 25, "cd": 25})
    assert (half.coverage, half.computed) == (0.5, pytest.approx(62.85))
    less = of({"licence": 88, "users": 63, "scm": 88, "ci": 63, "devsecops": 25})
    assert (less.coverage, less.computed) == (0.425, None)


def test_a_new_account_has_no_score() -> None:
    assert of(THEN, is_in_grace=True).computed is None


def renewals() -> list[Judged]:
    """120 renewals: green 70 (66 renewed), yellow 30 (22), red 20 (9)."""
    counts = {("green", 80.0): (70, 66), ("yellow", 60.0): (30, 22), ("red", 40.0): (20, 9)}
    return [
        Judged(f"{band}{number:02}", number >= kept, score, band)
        for (band, score), (all_, kept) in counts.items()
        for number in range(all_)
    ]


def test_calibration_of_120_renewals() -> None:
    rows = renewals()
    red = [row for row in rows if row.band == "red"]
    lost = [row for row in rows if row.is_lost]
    missed = [row for row in rows if row.band == "green" and row.is_lost]
    assert (len(red), len(lost), len(missed)) == (20, 23, 4)
    assert wilson(11, 20) == pytest.approx((0.342, 0.742), abs=0.0005)
    assert wilson(11, 23) == pytest.approx((0.292, 0.670), abs=0.0005)
    assert wilson(4, 70) == pytest.approx((0.022, 0.138), abs=0.0005)
    assert of_bands(rows) == of_scores(rows) == pytest.approx(0.791, abs=0.0005)
    errors = 66 * 0.2**2 + 4 * 0.8**2 + 22 * 0.4**2 + 8 * 0.6**2 + 9 * 0.6**2 + 11 * 0.4**2
    assert brier(rows) == pytest.approx(errors / 120)


def test_an_interval_above_chance_is_calibrated() -> None:
    rows = renewals()
    low, high = interval(rows, "ALL|90|all|2026-01-01")
    assert low is not None and high is not None
    assert 0.65 < low < 0.75 < 0.82 < high < 0.9
    assert status(23, 97, low, min_lost=10, ok_lower=0.6) == "calibrated"
    assert status(9, 97, low, min_lost=10, ok_lower=0.6) == "insufficient"
    assert status(23, 97, 0.6, min_lost=10, ok_lower=0.6) == "weak"
    assert status(23, 97, 0.5, min_lost=10, ok_lower=0.6) == "uncalibrated"
