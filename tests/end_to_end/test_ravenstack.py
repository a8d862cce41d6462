"""The RavenStack example, on the real files: foreign data, mapped.

Belongs here: that what the files hold arrives in the published tables. Does not: the mapping's
queries themselves (integration).
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
from company import Company
from conftest import CHECKOUT
from product import Outcome, cs_coverage, in_warehouse, published, value

DATA = CHECKOUT.parent / "shared" / "data" / "ravenstack"
CONFIG = CHECKOUT / "examples" / "ravenstack" / "config"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="the RavenStack files are not here"),
]

LAST_DAY = "2024-12-31"
SUBSCRIPTIONS = DATA / "ravenstack_subscriptions.csv"

FINDINGS = {
    "duplicate_key:ravenstack_feature_usage": 21,
    "flagged_churned_without_event": 35,
    "churn_event_without_flag": 277,
    "flagged_churned_still_subscribed": 110,
    "reactivations": 61,
    "usage_before_subscription_start": 19_129,
    "subscriptions_without_end_date": 4514,
    "trial_subscriptions": 778,
}


@pytest.fixture(scope="module")
def refreshed(
    parsed_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Company, Outcome]:
    company = Company(tmp_path_factory.mktemp("ravenstack"))
    shutil.copytree(parsed_home, company.home)
    outcome = cs_coverage(
        *("refresh", "--home", company.home, "--config", CONFIG, "--as-of", LAST_DAY),
        extra={"RAVENSTACK_DIR": str(DATA)},
    )
    return company, outcome


@pytest.fixture(scope="module")
def home(refreshed: tuple[Company, Outcome]) -> Path:
    company, outcome = refreshed
    assert outcome.exit_code == 0, outcome.err
    return company.home


@pytest.mark.parametrize(
    ("table", "rows"),
    [("dim_account", 500), ("fct_contract", 5000), ("fct_activity", 0), ("dim_csm", 0)],
)
def test_every_row_arrives_and_none_is_made_up(home: Path, table: str, rows: int) -> None:
    assert value(published(home, f"select count(*) from {table}")) == rows


def test_tickets_without_a_satisfaction_have_none(home: Path) -> None:
    counts = in_warehouse(
        home,
        "select count(*), count(*) filter (satisfaction is null), "
        "count(*) filter (satisfaction = 0) from canonical.tickets",
    )
    assert counts == [(2000, 825, 0)]
    assert (
        value(
            published(
                home,
                "select rows_failed from ops_data_quality "
                "where check_id = 'empty_field:tickets.satisfaction'",
            )
        )
        == 825
    )


@pytest.mark.parametrize("check_id", FINDINGS)
def test_known_defect_is_visible(home: Path, check_id: str) -> None:
    rows = published(
        home, f"select rows_failed from ops_data_quality where check_id = '{check_id}'"
    )
    assert value(rows) == FINDINGS[check_id]


def arr_in_the_file(day: str) -> list[tuple[str, int, int]]:
    """ARR by account of the subscriptions in force on a day, straight from the CSV."""
    return duckdb.execute(
        f"""
        select account_id, sum(arr_amount::bigint)::bigint, count(*)
        from read_csv('{SUBSCRIPTIONS}', all_varchar = true, header = true)
        where strptime(start_date, '%d-%m-%Y') <= date '{day}'
            and (end_date is null or strptime(end_date, '%d-%m-%Y') >= date '{day}')
        group by account_id
        order by account_id
        """
    ).fetchall()


def test_arr_of_contracts_in_force_is_that_of_the_file(home: Path) -> None:
    contracts = published(
        home,
        "select account_id, sum(arr)::bigint, count(*) from fct_contract "
        "where starts_on <= date '2024-06-30' and coalesce(ends_on >= date '2024-06-30', true) "
        "group by account_id order by account_id",
    )
    expected = arr_in_the_file("2024-06-30")
    assert contracts == expected
    assert sum(arr for _, arr, _ in expected) == 46_000_860


def test_arr_of_the_month_is_that_of_the_file(home: Path) -> None:
    months = published(
        home,
        "select account_id, arr::bigint, contracts_in_force from fct_arr_month "
        "where month_start = date '2024-06-01' and contracts_in_force > 0 order by account_id",
    )
    assert months == arr_in_the_file("2024-06-30")


def test_each_account_carries_the_arr_in_force_on_the_last_day(home: Path) -> None:
    accounts = published(
        home, "select account_id, arr::bigint from dim_account where is_active order by account_id"
    )
    assert accounts == [(account, arr) for account, arr, _ in arr_in_the_file(LAST_DAY)]


def test_the_folder_of_the_data_stays_out_of_the_published_tables(home: Path) -> None:
    folder = value(
        published(home, f"select count(*) from ops_data_quality where message like '%{DATA}%'")
    )
    assert folder == 0
