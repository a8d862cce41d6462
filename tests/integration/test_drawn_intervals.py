"""Bootstrap intervals that were drawn the night before are taken over, and only those.

Belongs here: when an interval is drawn again. Does not: how, which is dbt's unit tests.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines.assets.models import dbt_project, prepare_manifest
from pipelines.dbt_run import Dbt
from pipelines.home import Home
from pipelines.warehouse.connection import warehouse

pytestmark = pytest.mark.slow

MODEL = "int_coverage_bootstrap"
MODEL_OF_AUC = "int_health_auc_interval"
REMEMBERED = 0.125
"""An end that no draw gives: where it is shown, it was taken over."""


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("parsed"))
    prepare_manifest(dbt_project(home), home, ["files"])
    return home


@pytest.fixture
def home(tmp_path: Path, parsed: Home) -> Home:
    """T1 and T2 of 20 accounts each, not all of them covered alike; drawn once."""
    home = Home(tmp_path / "home")
    shutil.copytree(parsed.dbt_target, home.dbt_target)
    execute(
        home,
        "insert into meta.recipe values ('first')",
        "create schema core",
        "create schema coverage",
        """
        create table coverage.mart_coverage_account_period as
        select 'T' || tier as tier_id, 'month' as period_type, date '2026-05-01' as period_start,
            'A' || account as account_id, 4 as obligations_counted,
            account % 3 as obligations_good
        from range(20) as accounts(account), range(1, 3) as tiers(tier)
        """,
    )
    draw(home)
    return home


def execute(home: Home, *statements: str) -> None:
    with warehouse(home.warehouse) as con:
        for statement in statements:
            con.execute(statement)


def draw(home: Home) -> dict[str, float]:
    """The lower end of each tier's interval, as another night tells it."""
    Dbt(home, ["files"]).run(["run", "--select", MODEL])
    with warehouse(home.warehouse) as con:
        return dict(con.execute(f"select tier_id, obligation_cts_low from core.{MODEL}").fetchall())


def remember_otherwise(home: Home) -> None:
    execute(home, f"update meta.drawn_interval set low = {REMEMBERED}")


def test_the_same_accounts_are_not_drawn_again(home: Home) -> None:
    remember_otherwise(home)
    assert draw(home) == {"ALL": REMEMBERED, "T1": REMEMBERED, "T2": REMEMBERED}


def test_a_changed_account_is_drawn_again_with_all_that_it_is_in(home: Home) -> None:
    before = draw(home)
    remember_otherwise(home)
    change = "update coverage.mart_coverage_account_period set obligations_good = 4 "
    execute(home, change + "where tier_id = 'T1' and account_id = 'A0'")
    after = draw(home)
    assert after["T2"] == REMEMBERED
    assert after["T1"] > before["T1"]
    assert after["ALL"] > before["ALL"]


def test_accounts_that_change_places_are_drawn_again(home: Home) -> None:
    remember_otherwise(home)
    change = "update coverage.mart_coverage_account_period set account_id = 'B' || account_id "
    execute(home, change + "where tier_id = 'T1' and account_id in ('A0', 'A1')")
    after = draw(home)
    assert after["T1"] != REMEMBERED
    assert after["T2"] == REMEMBERED


def test_another_recipe_draws_all_again(home: Home) -> None:
    before = draw(home)
    remember_otherwise(home)
    execute(home, "update meta.recipe set version = 'second'")
    assert draw(home) == before


def test_what_is_no_longer_asked_for_is_forgotten(home: Home) -> None:
    execute(home, "delete from coverage.mart_coverage_account_period where tier_id = 'T2'")
    draw(home)
    with warehouse(home.warehouse) as con:
        [(kept,)] = con.execute("select count(*) from meta.drawn_interval").fetchall()
    assert kept == 2  # T1 and ALL


@pytest.fixture
def home_of_scores(home: Home) -> Home:
    """T1 and T2 of 20 renewals each, 7 of them lost; drawn once."""
    execute(
        home,
        "insert into meta.context values (date '2026-06-30', '', 'UTC', 'EUR')",
        """
        create table coverage.cfg_model as
        select date '2026-01-01' as holds_from, cast(null as date) as holds_to,
            5 as calibration_min_lost
        """,
        """
        create table core.int_health_outcome as
        select 'T' || tier as tier_id, 90 as horizon_days, 'all' as period_type,
            date '2026-01-01' as period_start, 'A' || account as account_id,
            account % 2 = 0 and account < 14 as is_lost, account * 5.0 as score,
            account % 7 as right_side_twice
        from range(20) as accounts(account), range(1, 3) as tiers(tier)
        """,
    )
    draw_auc(home)
    return home


def draw_auc(home: Home) -> dict[str, tuple[float, float]]:
    """Each tier's interval of the AUC, as another night tells it."""
    Dbt(home, ["files"]).run(["run", "--select", MODEL_OF_AUC])
    query = f"select tier_id, (auc_low, auc_high) from core.{MODEL_OF_AUC}"
    with warehouse(home.warehouse) as con:
        return dict(con.execute(query).fetchall())


def test_the_auc_of_the_same_placements_is_not_drawn_again(home_of_scores: Home) -> None:
    remembered_high = 2.0
    change = f"update meta.drawn_interval set low = {REMEMBERED}, high = {remembered_high}"
    execute(home_of_scores, change)
    interval = (REMEMBERED, remembered_high)
    assert draw_auc(home_of_scores) == {"T1": interval, "T2": interval}


@pytest.mark.parametrize(
    "change",
    [
        "right_side_twice = right_side_twice + 1",
        "is_lost = not is_lost",
        "account_id = 'B'",  # drawn in another place
        "score = null",  # drawn no more
    ],
)
def test_an_auc_of_other_placements_is_drawn_again(home_of_scores: Home, change: str) -> None:
    before = draw_auc(home_of_scores)
    execute(home_of_scores, f"update meta.drawn_interval set low = {REMEMBERED}")
    where = "where tier_id = 'T1' and account_id = 'A6'"
    execute(home_of_scores, f"update core.int_health_outcome set {change} {where}")
    after = draw_auc(home_of_scores)
    assert after["T1"][0] != REMEMBERED
    assert after["T2"] == (REMEMBERED, before["T2"][1])


def test_another_recipe_draws_each_auc_again(home_of_scores: Home) -> None:
    before = draw_auc(home_of_scores)
    execute(
        home_of_scores,
        f"update meta.drawn_interval set low = {REMEMBERED}",
        "update meta.recipe set version = 'second'",
    )
    assert draw_auc(home_of_scores) == before


def test_each_model_forgets_its_own_intervals_alone(home_of_scores: Home) -> None:
    execute(home_of_scores, "delete from core.int_health_outcome where tier_id = 'T2'")
    draw_auc(home_of_scores)
    with warehouse(home_of_scores.warehouse) as con:
        query = "select model, count(*) from meta.drawn_interval group by model"
        kept = dict(con.execute(query).fetchall())
    assert kept == {MODEL: 3, MODEL_OF_AUC: 1}
