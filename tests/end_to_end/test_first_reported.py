"""A period is first reported once: what is learnt later restates it, and a rebuild keeps both.

Belongs here: nights around the day on which a quarter closes. Does not: how first reports are
landed (test_first_reports), or what coverage is.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from company import Company, write_company
from conftest import Night, refreshed
from product import cs_coverage, parquet_digests, published

pytestmark = pytest.mark.slow

# The second quarter of 2026 closes ten business days after its end.
BEFORE_CLOSE, CLOSE, AFTER_CLOSE = "2026-07-13", "2026-07-14", "2026-07-15"
LOGGED_LATE = (
    "M9,A2,check_in,completed,2026-04-15T10:00,30,outbound,call,Found in a notebook,"
    "ada@vendor.example\n"
)

SECOND_QUARTER = """
    select
        basis, first_reported_on::varchar, obligations_on_time
    from mart_coverage_tier_period
    where tier_id = 'ALL' and period_type = 'quarter' and period_start = date '2026-04-01'
    order by basis desc
"""


@pytest.fixture(scope="module")
def closing(parsed_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The night on which the quarter closes."""
    company = write_company(tmp_path_factory.mktemp("closing") / "company")
    shutil.copytree(parsed_home, company.home)
    return refreshed(company, "--as-of", CLOSE, now=None)


@pytest.fixture(scope="module")
def after(closing: Night, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The next night, to which a check-in in April has become known."""
    company = closing.company.copy(tmp_path_factory.mktemp("after") / "company")
    file = company.file("activities")
    file.write_text(file.read_text(encoding="utf-8") + LOGGED_LATE, encoding="utf-8")
    return refreshed(company, "--as-of", AFTER_CLOSE, now=None)


def test_on_the_day_on_which_it_closes_both_numbers_are_the_same(closing: Night) -> None:
    [restated, first] = published(closing.company.home, SECOND_QUARTER)
    assert restated[0] == "restated"
    assert first == ("first_reported", CLOSE, restated[2])
    assert published(closing.company.home, "select count(*) from ops_restatement") == [(0,)]


def test_what_becomes_known_later_restates_but_does_not_rewrite(
    closing: Night, after: Night
) -> None:
    [_, reported] = published(closing.company.home, SECOND_QUARTER)
    [restated, first] = published(after.company.home, SECOND_QUARTER)
    assert first == reported
    assert restated[2] > first[2]
    causes = published(
        after.company.home,
        "select distinct cause from ops_restatement where metric = 'on_time_rate' "
        "and tier_id = 'ALL' and period_type = 'quarter' and period_start = date '2026-04-01'",
    )
    assert causes == [("other",)]  # the file does not say when it was logged


def test_a_rebuild_knows_what_was_first_reported(
    after: Night, tmp_path_factory: pytest.TempPathFactory
) -> None:
    company = after.company.copy(tmp_path_factory.mktemp("rebuilt") / "company")
    (company.home / "warehouse.duckdb").unlink()
    shutil.rmtree(company.home / "serving")
    outcome = cs_coverage("rebuild", "--home", company.home, "--config", company.config)
    assert outcome.exit_code == 0, outcome.err
    assert parquet_digests(company.home) == parquet_digests(after.company.home)


def test_an_earlier_day_does_not_see_later_reports_and_rewrites_none(
    after: Night, tmp_path_factory: pytest.TempPathFactory
) -> None:
    company = after.company.copy(tmp_path_factory.mktemp("earlier") / "company")
    landed = reports(company)
    refreshed(company, "--as-of", BEFORE_CLOSE, now=None)
    assert [row[0] for row in published(company.home, SECOND_QUARTER)] == ["restated"]
    [first_quarter] = published(
        company.home,
        "select first_reported_on::varchar from mart_coverage_tier_period "
        "where tier_id = 'ALL' and period_type = 'quarter' and basis = 'first_reported' "
        "and period_start = date '2026-01-01'",
    )
    assert first_quarter == (BEFORE_CLOSE,)
    assert reports(company) == landed


def reports(company: Company) -> dict[str, bytes]:
    """What has landed of first reports."""
    folder = company.home / "landing" / "_reported"
    return {path.name: path.read_bytes() for path in folder.iterdir()}
