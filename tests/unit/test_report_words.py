"""How the report writes numbers.

Belongs here: forms of values. Does not: which values (test_report).
"""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.report.words import hours, listed, money, percent, points, quarter, rate, several


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (None, "–"),
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.431, "43 %"),
        (0.9996, "100.0 %"),
        (0.996, "99.6 %"),
        (0.004, "0.4 %"),
        (1.02, "102 %"),
    ],
)
def test_percent(share: float | None, said: str) -> None:
    assert percent(share) == said


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (None, "–"),
        (0, "$0"),
        (999, "$999"),
        (1_000, "$1k"),
        (905_759.5, "$906k"),
        (999_600, "$1.0M"),
        (1_234_567, "$1.2M"),
        (12_345_678, "$12M"),
        (2.5e9, "$2.5B"),
        (-1_500, "−$2k"),
    ],
)
def test_money(amount: float | None, said: str) -> None:
    assert money(amount, "USD") == said


def test_money_of_a_currency_without_a_sign_names_it_and_of_none_is_bare() -> None:
    assert money(1_234_567, "CHF") == "CHF 1.2M"
    assert money(1_234_567, None) == "1.2M"


@given(st.floats(min_value=1, max_value=9.9e11))
def test_money_is_short_and_not_far_off(amount: float) -> None:
    said = money(amount, None)
    unit = {"k": 1e3, "M": 1e6, "B": 1e9}.get(said[-1], 1)
    told = float(said.rstrip("kMB")) * unit
    assert len(said) <= 5
    assert told == pytest.approx(amount, rel=0.5 if unit == 1 else 0.34)


def test_a_change_has_its_sign_and_no_change_has_none() -> None:
    assert points(-0.0361) == "−3.6 points"
    assert points(0.0026) == "+0.3 points"
    assert points(-0.0001) == "0.0 points"
    assert points(None) == "–"


def test_few_hours_have_a_fraction() -> None:
    assert (hours(0.42), hours(9.96), hours(1289.4), hours(None)) == ("0.4", "10.0", "1,289", "–")


def test_words() -> None:
    assert quarter(date(2026, 4, 1)) == "Q2 2026"
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert several(1, "account") == "1 account"
    assert several(2, "alert is", "alerts are") == "2 alerts are"


def test_a_rate_without_a_denominator_is_no_data() -> None:
    assert "no data" in rate(None, 0, 0)
    assert "0 %" not in rate(None, 0, 0)
