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
