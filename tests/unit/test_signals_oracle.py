"""Signals, triggers, crises and fit: the worked examples of the specification, on the oracle."""

from __future__ import annotations

from dataclasses import replace

import pytest
from oracle.crisis import chance
from oracle.model_fit import BOOK, ONE, POOL, TEAM, Case, best_of, fits, fitting_band, texts
from oracle.models import said_models
from oracle.predicates import Term, read_condition, signals_of

SAID = said_models()[0][1]
DISTRIBUTION = SAID["distribution"]
CONCENTRATION = SAID["model_risk"]["arr_concentration"]
T1 = next(tier["models"] for tier in SAID["tiers"] if tier["id"] == "T1")


@pytest.mark.parametrize(
    ("count", "rate", "said"),
    [(2, 0.5, 0.090), (3, 0.5, 0.014), (5, 2.0, 0.053), (6, 2.0, 0.017), (1, 0.1, 0.095)],
)
def test_so_many_in_a_week_by_chance(count: int, rate: float, said: float) -> None:
    assert chance(count, rate) == pytest.approx(said, abs=0.0005)


def test_none_or_more_is_certain_and_more_is_never_likelier() -> None:
    assert chance(0, 0.1) == 1.0
    chances = [chance(count, 1.3) for count in range(12)]
    assert chances == sorted(chances, reverse=True)


def test_a_condition_is_read_by_alternatives_and_terms() -> None:
    condition = read_condition(
        "complexity_points_delta_30d >= 1 level or band == red for 28 days and tier in (T1, T2)"
    )
    assert condition == (
        (Term("complexity_points_delta_30d", ">=", ("1",)),),
        (Term("band", "==", ("red",), 28), Term("tier", "in", ("T1", "T2"))),
    )
    assert signals_of(condition) == {"complexity_points_delta_30d", "band", "tier"}


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [
        ("usage_change_28d <= -0.30", -0.3, True),
        ("usage_change_28d <= -0.30", -0.29, False),
        ("utilisation < 0.75", None, False),
        ("first_value_date is null", None, True),
        ("tier in (T1, T2)", "T2", True),
        ("tier != T2", "T2", False),
        ("payment_failed", False, False),
        ("payment_failed", True, True),
    ],
)
def test_a_term_is_true_of_what_is_known(text: str, value: object, holds: bool) -> None:
    ((term,),) = read_condition(text)
    assert term.is_true_of(value) is holds  # type: ignore[arg-type]


EXAMPLE = Case(
    touch="high",
    arr=120_000.0,
    acv=120_000.0,
    arr_of_all=9_000_000.0,
    active_accounts=400,
    segment="Enterprise",
    contacts_13w=40,
    contacts_p90=22.0,
    expansion_pipeline=30_000.0,
    has_first_value=True,
    is_partner=False,
    is_reference=False,
    required_hours=186.0,
    net_hours_per_fte=1_170.0,
    cost_per_hour=128.21,
)
"""3.13: care yes, solvency no, strategy unknown, upsell yes, time to value no, partner no."""


def test_an_account_of_120k_fits_one_to_one_by_half_and_is_blocked_by_cost() -> None:
    one = fits(EXAMPLE, DISTRIBUTION, T1, CONCENTRATION)[ONE]
    assert one.criteria == {
        "constant_care": True,
        "solvency": False,
        "strategy": None,
        "upsell": True,
        "time_to_value": False,
        "partnership": False,
        "high_touch": True,
    }
    assert (one.satisfied, one.evaluable, one.share) == (3, 6, 0.5)
    assert one.satisfied >= one.least == 2
    assert one.blocked is True
    assert not one.is_eligible


def test_its_band_fits_wholly_and_is_the_best() -> None:
    found = fits(EXAMPLE, DISTRIBUTION, T1, CONCENTRATION)
    assert (found[BOOK].text, found[BOOK].share) == ("1:many[1,10)", 1.0)
    assert best_of(found, "1:many[10,25)") == "1:many[1,10)"
    assert list(texts(found, "1:many[1,10)"))[:2] == [
        "1:1: blocked_by_cost",
        "1:many[1,10): best",
    ]


def test_without_costs_nothing_is_blocked_and_nothing_is_free() -> None:
    found = fits(replace(EXAMPLE, cost_per_hour=None), DISTRIBUTION, T1, CONCENTRATION)
    assert {fit.blocked for fit in found.values()} == {None}
    assert found[ONE].is_eligible


@pytest.mark.parametrize(
    ("acv", "band"),
    [
        (100_000.0, "1:many[1,10)"),
        (99_999.99, "1:many[10,25)"),
        (50_000.0, "1:many[10,25)"),
        (25_000.0, "1:many[25,50)"),
        (10_000.0, "1:many[50,100)"),
        (9_999.0, "1:many[100,inf)"),
        (0.0, "1:many[100,inf)"),
    ],
)
def test_the_lower_edge_belongs_to_the_band(acv: float, band: str) -> None:
    found = fits(replace(EXAMPLE, acv=acv), DISTRIBUTION, T1, CONCENTRATION)
    assert found[BOOK].text == band


def test_an_account_without_known_arr_has_no_band() -> None:
    unknown = replace(EXAMPLE, acv=None)
    assert fitting_band(unknown, DISTRIBUTION["bands"]) is None
    book = fits(unknown, DISTRIBUTION, T1, CONCENTRATION)[BOOK]
    assert (book.share, book.is_eligible) == (None, False)


def test_what_nobody_knows_counts_neither_for_nor_against() -> None:
    team = fits(EXAMPLE, DISTRIBUTION, T1, CONCENTRATION)[TEAM]
    assert (team.satisfied, team.evaluable) == (0, 1)
    assert not team.is_known
    assert team.reason(None) == "many:1: blocked_by_cost"


def test_a_pool_is_not_for_a_firm_with_few_small_customers() -> None:
    pool = fits(EXAMPLE, DISTRIBUTION, T1, CONCENTRATION)[POOL]
    assert pool.criteria["many_low_touch"] is False
    assert pool.reason(None) == "many:many: not_allowed"
