"""A made-up firm's nights: read one by one or rebuilt at once, through faults or without, the same.

Belongs here: what two homes that read the same firm come to. Does not: running them
(sandbox_nights), or what the numbers mean.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from product import environment
from sandbox_nights import LASTING, NIGHTS, PASSING, PAST_NIGHT

from pipelines.cli import DEGRADED, NOT_PUBLISHED

pytestmark = pytest.mark.slow

RUNNER = Path(__file__).with_name("sandbox_nights.py")
CHECKOUT = RUNNER.parents[2]
ACCOUNTS = 40

Night = dict[str, Any]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """All nights, in a process of their own, which saves starting one for each."""
    done = subprocess.run(
        [sys.executable, RUNNER, tmp_path_factory.mktemp("nights"), str(ACCOUNTS)],
        env=environment(None, {"PYTHONPATH": f"{CHECKOUT}:{RUNNER.parent}"}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-5_000:]
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture(scope="module")
def steady(told: dict[str, Any]) -> list[Night]:
    """Nights in which nothing went wrong, from the first on."""
    nights: list[Night] = told["steady"]
    return nights


@pytest.fixture(scope="module")
def troubled(told: dict[str, Any]) -> dict[str, Night]:
    """The nights after the first in a home whose sources were failing, by what was wrong."""
    return dict(zip(("passing", "lasting", "mistyped", "nothing"), told["troubled"], strict=True))


def test_every_night_finds_every_source_well(steady: list[Night]) -> None:
    assert [night["code"] for night in steady] == [0] * (NIGHTS + 1)
    assert [night["not_fresh"] for night in steady] == [{}] * (NIGHTS + 1)


def test_no_two_nights_are_the_same(steady: list[Night]) -> None:
    activities = [night["digests"]["fct_activity"] for night in steady]
    assert len(set(activities)) == NIGHTS + 1


def test_a_metric_that_is_counted_anew_is_held_for_a_week_and_told(steady: list[Night]) -> None:
    """From 15 June on fewer users count as active: on 6 July the last old count is 28 days old."""
    drift = {"health_measure_drift:active_users_28d_over_billable": "error"}

    assert [night["held"] for night in steady] == [{}] + [drift] * 7 + [{}] * 3
    for night in steady:
        scores, other_scores = night["held_scores"]
        assert (scores > 10) == bool(night["held"])
        assert other_scores == 0


def test_ten_nights_read_one_by_one_are_one_rebuild(
    steady: list[Night], told: dict[str, Any]
) -> None:
    assert told["rebuilt"] == {"code": 0, "digests": steady[-1]["digests"]}


DATED = (
    "fct_arr_month",
    "fct_arr_movement",
    "fct_contract",
    "fct_renewal",
    "mart_outcomes_tier_period",
    "tier_membership_scd2",
)
"""Tables of facts that carry their own dates: of these, nothing was written down late."""


def test_a_past_day_told_again_is_as_its_own_night_told_it(
    steady: list[Night], told: dict[str, Any]
) -> None:
    """What was signed, given notice of or left since does not reach back."""
    then, now, last = steady[PAST_NIGHT]["digests"], told["past"]["digests"], steady[-1]["digests"]
    assert told["past"]["code"] == 0
    assert {table: now[table] for table in DATED} == {table: then[table] for table in DATED}
    assert all(last[table] != then[table] for table in DATED)


@pytest.mark.parametrize("kind", PASSING)
def test_what_passes_is_tried_again_and_leaves_no_trace(
    kind: str, steady: list[Night], troubled: dict[str, Night]
) -> None:
    assert ".".join(PASSING[kind]) not in troubled["passing"]["not_fresh"]
    assert troubled["passing"] == steady[1]


@pytest.mark.parametrize("kind", LASTING)
def test_a_stream_that_stays_broken_keeps_its_older_data_and_is_named(
    kind: str, troubled: dict[str, Night]
) -> None:
    night = troubled["lasting"]
    expected = "short_read" if kind == "empty" else "failed"
    assert night["code"] == DEGRADED
    assert night["not_fresh"][".".join(LASTING[kind])] == expected


def test_only_what_is_broken_is_older(troubled: dict[str, Night]) -> None:
    assert troubled["lasting"]["not_fresh"].keys() == {".".join(at) for at in LASTING.values()}


def test_many_unusable_records_stop_the_night_and_the_tables_before_stay(
    troubled: dict[str, Night],
) -> None:
    assert troubled["mistyped"]["code"] == NOT_PUBLISHED
    assert troubled["mistyped"]["digests"] == troubled["lasting"]["digests"]


def test_the_next_good_night_is_as_if_nothing_had_been(
    steady: list[Night], troubled: dict[str, Night]
) -> None:
    assert troubled["nothing"] == steady[4]
