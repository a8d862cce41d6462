"""A refresh killed at any instant loses nothing, doubles nothing, and no reader notices.

Belongs here: SIGKILL of a whole refresh, then another refresh. Does not: input that is bad.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from company import Company, let_a_day_pass
from conftest import Night, refreshed
from killing import Moment, after, killed, once_there_is_another, reading
from product import left_overs, parquet_digests, published, raw_versions

KILLS_IN_A_ROW = 3
FIRST = ["First night", "First night", "2026-06-30"]
SECOND = ["Second night", "Second night", "2026-07-01"]


def unfinished_runs(home: Path) -> list[str]:
    """Runs that Dagster shows as going on."""
    from dagster import DagsterInstance

    with DagsterInstance.from_config(str(home / "dagster")) as instance:
        return [run.run_id for run in instance.get_runs() if not run.is_finished]


def survives(company: Company, undisturbed: Night, moments: list[Moment]) -> int:
    """Kill a refresh at each moment, then let one end; everything must be as if undisturbed.

    Returns how many kills hit. Each refresh starts where the one before it was killed.
    """
    hits = 0
    with reading(company) as readers:
        for minute, moment in enumerate(moments):
            hits += killed(company, moment, now=f"2026-07-02T02:{minute:02}:00+00:00")
        refreshed(company, now="2026-07-02T03:00:00+00:00")

    assert parquet_digests(company.home) == parquet_digests(undisturbed.company.home)
    assert raw_versions(company.home) == raw_versions(undisturbed.company.home)
    assert left_overs(company.home) == []
    assert unfinished_runs(company.home) == []
    assert published(
        company.home, "select count(*) from ops_run where status not in ('published', 'failed')"
    ) == [(0,)]

    nights = {mode: [night_of(answer) for answer in r.seen] for mode, r in readers.items()}
    assert nights["kept"] == [FIRST]
    assert nights["reopened"] == [FIRST, SECOND]
    assert all(reader.asked > 20 for reader in readers.values())
    return hits


def night_of(answer: list[list[str]]) -> list[str]:
    """A reader's answer without the configuration's version; all tables must be of one night."""
    name, product, versions = answer
    assert len(versions) == 1, f"tables of several nights: {versions}"
    return [str(name), str(product), versions[0].split()[0]]


@pytest.fixture
def company(first_night: Night, tmp_path: Path) -> Company:
    """The made-up company after its first night, with the second night's files."""
    company = first_night.company.copy(tmp_path / "company")
    let_a_day_pass(company)
    return company


@pytest.mark.slow
def test_kills_between_landing_and_loading_anywhere_and_while_publishing(
    company: Company, second_night: Night
) -> None:
    moments = [
        once_there_is_another("landing/tiny/contracts/*.manifest.json", company),
        # Half of its time: this refresh may have the machine to itself, the other had not.
        after(random.Random(20260702).uniform(0, second_night.seconds / 2)),
        once_there_is_another("serving/.*.duckdb", company),
    ]
    assert survives(company, second_night, moments) == len(moments)


@pytest.mark.kills
@pytest.mark.parametrize("seed", range(10))
def test_thirty_random_kills(company: Company, second_night: Night, seed: int) -> None:
    chance = random.Random(seed)
    moments = [after(chance.uniform(0, second_night.seconds)) for _ in range(KILLS_IN_A_ROW)]
    assert survives(company, second_night, moments) > 0
