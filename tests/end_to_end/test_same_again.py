"""The same in gives the same out.

Belongs here: refreshing again, rebuilding from landing. Does not: changed files (test_next_night),
interrupted refreshes (test_kills).
"""

from __future__ import annotations

import shutil

import pytest
from conftest import DEMO_CONFIG, Night, refreshed
from product import (
    WITH_WALL_CLOCK,
    cs_coverage,
    left_overs,
    parquet_digests,
    published,
    raw_versions,
    tables,
    tables_of_people,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def again(demo: Night, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The demo's home, refreshed a second time on another day, for the same day."""
    company = demo.company.copy(tmp_path_factory.mktemp("again") / "company")
    return refreshed(company, "--as-of", "2026-06-30", config=DEMO_CONFIG, now=None)


@pytest.fixture(scope="module")
def rebuilt(demo: Night, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The demo's home with its warehouse deleted, rebuilt where no source's file is in reach."""
    company = demo.company.copy(tmp_path_factory.mktemp("rebuilt") / "company")
    shutil.copytree(DEMO_CONFIG, company.config)
    (company.home / "warehouse.duckdb").unlink()
    shutil.rmtree(company.home / "serving")
    outcome = cs_coverage("rebuild", "--home", company.home, "--config", company.config)
    assert outcome.exit_code == 0, outcome.err
    return Night(company, outcome, 0)


def test_nothing_new_is_read_from_the_same_files(again: Night) -> None:
    counts = published(
        again.company.home,
        "select streams_read, streams_unchanged, streams_failed, records_new, records_changed, "
        "records_deleted from ops_run order by started_at",
    )
    assert counts[-1] == (0, 17, 0, 0, 0, 0)
    assert len(counts) == 2


def test_refreshing_again_publishes_the_same_bytes(demo: Night, again: Night) -> None:
    first = parquet_digests(demo.company.home)
    of_people = {f"people/{table}" for table in tables_of_people(demo.company.home)}
    assert first.keys() == (tables(demo.company.home) - WITH_WALL_CLOCK) | of_people
    assert parquet_digests(again.company.home) == first


def test_rebuilding_publishes_the_same_bytes(demo: Night, rebuilt: Night) -> None:
    assert parquet_digests(rebuilt.company.home) == parquet_digests(demo.company.home)


def test_rebuilding_restores_every_version_of_every_record(demo: Night, rebuilt: Night) -> None:
    assert raw_versions(rebuilt.company.home) == raw_versions(demo.company.home)


def test_rebuilding_knows_the_earlier_runs_and_reports_on_the_latest_one_s_day(
    demo: Night, rebuilt: Night
) -> None:
    runs = "select run_id, as_of_date, status from ops_run order by started_at"
    earlier, latest = published(rebuilt.company.home, runs)
    assert published(demo.company.home, runs) == [earlier]
    assert latest[1:] == earlier[1:]


def test_nothing_is_left_over(again: Night, rebuilt: Night) -> None:
    for night in (again, rebuilt):
        assert left_overs(night.company.home) == []
