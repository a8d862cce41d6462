"""The RavenStack example, on the real files: foreign data, mapped.

Belongs here: that what the files hold arrives in the published tables, and that renewals, retention
and health are what a count by hand makes of it. Does not: the mapping's queries themselves
(integration), or that count (ravenstack_by_hand).
"""

from __future__ import annotations

import itertools
import shutil
from collections import Counter, defaultdict
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from company import Company
from conftest import CHECKOUT
from product import Outcome, cs_coverage, in_warehouse, published, value
from ravenstack_by_hand import HEALTH, Files, Renewal

DATA = CHECKOUT.parent / "shared" / "data" / "ravenstack"
CONFIG = CHECKOUT / "examples" / "ravenstack" / "config"
SHIPPED_MODEL = CHECKOUT / "config" / "models" / "2024-01-01.yaml"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="the RavenStack files are not here"),
]

LAST_DAY = "2024-12-31"
AS_OF = date(2024, 12, 31)
OWN_HEALTH_FROM = date(2024, 7, 1)
"""Until here the shipped model's health holds, from here one of what RavenStack has."""

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
def files() -> Files:
    return Files(DATA)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's, with a second coverage model."""
    folder = tmp_path_factory.mktemp("ravenstack") / "config"
    shutil.copytree(CONFIG, folder)
    (folder / "models").mkdir()
    shutil.copy(SHIPPED_MODEL, folder / "models")
    model = yaml.safe_load(SHIPPED_MODEL.read_text(encoding="utf-8"))
    model["health"].update(HEALTH)
    (folder / "models" / f"{OWN_HEALTH_FROM}.yaml").write_text(yaml.safe_dump(model))
    return folder


@pytest.fixture(scope="module")
def refreshed(
    parsed_home: Path, config: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Company, Outcome]:
    company = Company(tmp_path_factory.mktemp("ravenstack"))
    shutil.copytree(parsed_home, company.home)
    outcome = cs_coverage(
        *("refresh", "--home", company.home, "--config", config, "--as-of", LAST_DAY),
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


def test_arr_of_contracts_in_force_is_that_of_the_file(home: Path, files: Files) -> None:
    contracts = published(
        home,
        "select account_id, sum(arr)::bigint, count(*) from fct_contract "
        "where starts_on <= date '2024-06-30' and coalesce(ends_on >= date '2024-06-30', true) "
        "group by account_id order by account_id",
    )
    assert sum(arr for _, arr, _ in contracts) == 46_000_860
    expected: dict[str, tuple[int, int]] = {}
    for held in files.subscriptions.values():
        if held.starts <= date(2024, 6, 30) and (held.ends or AS_OF) >= date(2024, 6, 30):
            arr, number = expected.get(held.account, (0, 0))
            expected[held.account] = (arr + held.arr, number + 1)
    assert {account: (arr, number) for account, arr, number in contracts} == expected


def test_arr_of_the_month_bridges_short_gaps_before_a_successor(home: Path, files: Files) -> None:
    months = published(
        home,
        "select account_id, arr::bigint, contracts_in_force from fct_arr_month "
        "where month_start = date '2024-06-01' and contracts_in_force > 0",
    )
    assert {account: (arr, held) for account, arr, held in months} == files.arr(date(2024, 6, 30))
    assert sum(arr for _, arr, _ in months) == 46_034_832  # the file's dates alone: 46,000,860


def test_each_account_carries_the_arr_in_force_on_the_last_day(home: Path, files: Files) -> None:
    accounts = published(home, "select account_id, arr::bigint from dim_account where is_active")
    assert dict(accounts) == {account: arr for account, (arr, _) in files.arr(AS_OF).items()}


def due_in_2024(files: Files) -> list[Renewal]:
    """Terms of 2024 that have something to renew; what ends on the last day is due on the next."""
    return [
        one
        for one in files.renewals
        if date(2024, 1, 1) < one.due <= AS_OF and one.due.year == 2024 and one.term.arr > 0
    ]


def is_told(one: Renewal) -> bool:
    """Whether it is known what became of a term: it is over, or something took its place."""
    return one.due <= AS_OF or one.outcome != "churned"


def test_what_became_of_each_term_that_ended(home: Path, files: Files) -> None:
    outcomes = dict(published(home, "select contract_id, outcome from fct_renewal"))
    for one in files.renewals:
        assert outcomes.pop(one.term.id) == (one.outcome if is_told(one) else "upcoming"), one
    assert outcomes == {}


def test_renewal_rates_of_2024_by_tier(home: Path, files: Files) -> None:
    """In dollars a quarter is renewed; no logo is lost: each account holds ten subscriptions."""
    tier_of = dict(published(home, "select contract_id, tier_id from fct_renewal"))
    due: dict[str, list[Renewal]] = defaultdict(list)
    accounts: dict[str, dict[tuple[str, str], list[Renewal]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for one in due_in_2024(files):
        tier = tier_of[one.term.id]
        for row in (tier, "ALL"):
            due[row].append(one)
            accounts[row][tier, one.term.account].append(one)
    rows = published(
        home,
        "select tier_id, terms_due, atr, accounts_due, accounts_renewed, gross_renewal_rate, "
        "net_renewal_rate from mart_outcomes_tier_period where basis = 'restated' "
        "and attribution = 'tier_then' and period_type = 'trailing_12m' "
        "and period_start = date '2024-01-01'",
    )
    told = {tier: row for tier, *row in rows}
    assert set(told) == set(due)
    for tier, terms in due.items():
        atr = sum(one.term.arr for one in terms)
        assert told[tier] == [
            len(terms),
            atr,
            len(accounts[tier]),
            sum(files.is_renewed(each) for each in accounts[tier].values()),
            pytest.approx(sum(min(one.renewed_arr, one.term.arr) for one in terms) / atr),
            pytest.approx(sum(one.renewed_arr for one in terms) / atr),
        ], tier
    assert told["ALL"][:4] == [371, 12_332_916, 291, 291]
    assert told["ALL"][4:] == pytest.approx([0.2505, 0.5404], abs=1e-4)


def test_retention_of_2024_by_the_tier_in_which_the_year_began(home: Path, files: Files) -> None:
    tiers = dict(
        published(
            home,
            "select account_id, assigned_tier_id from tier_membership_scd2 "
            "where valid_from <= date '2023-12-31' "
            "and coalesce(valid_to > date '2023-12-31', true)",
        )
    )
    before, after = files.arr(date(2023, 12, 31)), files.arr(AS_OF)
    start: Counter[str] = Counter()
    end: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    accounts: Counter[str] = Counter()
    for account, (arr, _) in before.items():
        if arr == 0:
            continue
        now, _ = after.get(account, (0, 0))
        for tier in (tiers[account], "ALL"):
            accounts[tier] += 1
            start[tier] += arr
            end[tier] += now
            kept[tier] += min(arr, now)
    rows = published(
        home,
        "select tier_id, cohort_accounts, cohort_arr, grr, nrr from mart_outcomes_tier_period "
        "where basis = 'restated' and attribution = 'tier_then' "
        "and period_type = 'trailing_12m' and period_start = date '2024-01-01'",
    )
    assert {tier: row for tier, *row in rows} == {
        tier: [
            accounts[tier],
            start[tier],
            pytest.approx(kept[tier] / start[tier]),
            pytest.approx(end[tier] / start[tier]),
        ]
        for tier in ("ALL", "T1", "T2", "T3", "T4", "T5")
    }
    assert (accounts["ALL"], start["ALL"]) == (185, 15_145_356)
    assert kept["ALL"] / start["ALL"] == pytest.approx(0.9959, abs=1e-4)
    assert end["ALL"] / start["ALL"] == pytest.approx(2.9321, abs=1e-4)


def test_by_the_shipped_model_nobody_can_be_scored(home: Path) -> None:
    """Of its measures only tickets are there: 5 of 100, of 90 in T3, of 55 in the tiers below."""
    rows = published(
        home,
        "select distinct band, computed_score, round(input_coverage, 9) from fct_health_daily "
        f"where as_of_on < date '{OWN_HEALTH_FROM}' order by all",
    )
    assert {(band, score) for band, score, _ in rows} == {("insufficient_data", None)}
    assert {coverage for *_, coverage in rows} == {0, 0.05, round(5 / 90, 9), round(5 / 55, 9)}


def test_by_a_model_of_what_is_there_most_are_scored(home: Path, files: Files) -> None:
    rows = published(
        home,
        "select account_id, computed_score, input_coverage, band from fct_health_daily "
        f"where as_of_on = date '{LAST_DAY}'",
    )
    assert len(rows) == 500
    for account, score, coverage, band in rows:
        expected, expected_coverage = files.health(account, AS_OF)
        assert coverage == pytest.approx(expected_coverage), account
        assert score == (None if expected is None else pytest.approx(expected)), account
        assert band == colour(expected), account
    bands = Counter(band for *_, band in rows)
    assert bands == {"yellow": 438, "insufficient_data": 37, "red": 14, "green": 11}


def colour(score: float | None) -> str:
    if score is None:
        return "insufficient_data"
    return "green" if score >= 75 else "yellow" if score >= 50 else "red"


def test_the_score_a_month_before_tells_nothing_of_renewals(home: Path, files: Files) -> None:
    """The data are made up: whether a term is renewed does not hang on use or tickets."""
    kept, lost = [], []
    for one in files.renewals:
        before = one.due - timedelta(days=31)
        if before < OWN_HEALTH_FROM or not is_told(one) or one.due > AS_OF + timedelta(days=1):
            continue
        score, _ = files.health(one.term.account, before)
        if score is not None and one.term.account in files.arr(before):
            (lost if one.outcome == "churned" else kept).append(score)
    wins = sum((k > x) + (k == x) / 2 for k, x in itertools.product(kept, lost))
    [row] = published(
        home,
        "select renewals, lost, auc, auc_low <= 0.5 and auc_high >= 0.5, status "
        "from mart_health_calibration "
        "where horizon_days = 30 and tier_id = 'ALL' and period_type = 'all'",
    )
    assert row[:2] == (len(kept) + len(lost), len(lost))
    assert row[2] == pytest.approx(wins / len(kept) / len(lost)) == pytest.approx(0.454, abs=1e-3)
    assert row[3:] == (True, "uncalibrated")


def test_the_folder_of_the_data_stays_out_of_the_published_tables(home: Path) -> None:
    folder = value(
        published(home, f"select count(*) from ops_data_quality where message like '%{DATA}%'")
    )
    assert folder == 0
