"""The spreadsheets example without its activities: nothing can be said of engagement.

Belongs here: that this is said, with the reason, and never as 0 %. Does not: what is said where
there are activities.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from company import Company
from conftest import DEMO_CONFIG, Night, refreshed
from product import published, value

pytestmark = pytest.mark.slow

REASON = "no activity source"
ABOUT_ENGAGEMENT = (
    "mart_coverage_tier_period",
    "mart_coverage_standard_tier",
    "mart_coverage_account_period",
    "mart_currency_daily",
    "mart_underserved_tier",
)
SAYS_HOW_MUCH = ("_cts", "_cts_low", "_cts_high", "_cts_upper_bound", "_rate", "_share")


@pytest.fixture(scope="module")
def night(parsed_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The example's config and data, but for the entity and its file."""
    root = tmp_path_factory.mktemp("no_activities")
    shutil.copytree(DEMO_CONFIG.parent, root / "example")
    (root / "example" / "data" / "activities.csv").unlink()
    sources = root / "example" / "config" / "sources.yaml"
    config = yaml.safe_load(sources.read_text(encoding="utf-8"))
    del config["sources"]["spreadsheets"]["entities"]["activities"]
    sources.write_text(yaml.safe_dump(config), encoding="utf-8")
    company = Company(root)
    shutil.copytree(parsed_home, company.home)
    return refreshed(company, "--as-of", "2026-06-30", config=sources.parent, now=None)


def shares(home: Path, table: str) -> list[str]:
    columns = published(
        home, f"select column_name from duckdb_columns() where table_name = '{table}'"
    )
    return [name for (name,) in columns if name.endswith(SAYS_HOW_MUCH) and name != "target_cts"]


def test_coverage_is_not_measurable_and_says_why(night: Night) -> None:
    home = night.company.home
    rows = published(
        home,
        "select measurability, not_measurable_reason, accounts_active, account_cts, arr_cts "
        "from mart_coverage_tier_period where tier_id <> 'ALL' and accounts_active > 0",
    )
    assert rows
    assert {row[0] for row in rows} == {"not_measurable"}
    assert all(REASON in row[1] for row in rows), rows[:3]
    assert {row[3:] for row in rows} == {(None, None)}


@pytest.mark.parametrize("table", ABOUT_ENGAGEMENT)
def test_no_share_is_zero(night: Night, table: str) -> None:
    home = night.company.home
    for name in shares(home, table):
        zeros = published(home, f"select count(*) from {table} where {name} = 0")
        assert value(zeros) == 0, name


def test_nobody_has_missed_anything(night: Night) -> None:
    """Whatever is told by other sources (plans, tickets) is still judged; meetings are not."""
    home = night.company.home
    schedules = published(home, "select distinct schedule_type from fct_obligation")
    assert {name for (name,) in schedules} <= {"state", "response"}
    assert value(published(home, "select count(*) from mart_coverage_account_period")) == 0


def test_the_night_says_that_there_is_no_source(night: Night) -> None:
    messages = published(
        night.company.home,
        "select message from ops_data_quality where check_id = 'absent_entity:activities'",
    )
    assert len(messages) == 1
    assert "activities" in messages[0][0]
