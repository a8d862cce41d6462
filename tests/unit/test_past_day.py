"""Which past days can be had, which lie there, and what their failures start: nothing."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.clock import NOW_VARIABLE
from pipelines.config import Config, load_config
from pipelines.definitions import JOB, PAST_DAY_JOB
from pipelines.home import DEFAULT_MODELS_DIR, Home
from pipelines.past_day import NotAPastDay, days_between, first_day, forget_days, kept_days
from pipelines.sensors.tell_people import failed_runs
from pipelines.sensors.try_again import PASSING_TROUBLE, retry_sensor

FIRST, YESTERDAY = date(2026, 1, 1), date(2026, 7, 2)


def configured(folder: Path, sources: str) -> Config:
    folder.mkdir(exist_ok=True)
    (folder / "sources.yaml").write_text(sources, encoding="utf-8")
    return load_config(folder, DEFAULT_MODELS_DIR)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """03:00 UTC on 3 July: in New York 2 July has an hour to go."""
    monkeypatch.setenv(NOW_VARIABLE, "2026-07-03T03:00:00+00:00")


@pytest.fixture(scope="module")
def from_january(tmp_path_factory: pytest.TempPathFactory) -> Config:
    return configured(tmp_path_factory.mktemp("config"), f"history_from: {FIRST}\n")


days = st.dates(FIRST - timedelta(days=60), YESTERDAY + timedelta(days=60))


@given(days, days)
def test_days_are_had_all_or_none(from_january: Config, first: date, last: date) -> None:
    def had() -> list[date]:
        return days_between(Home(Path("/nowhere")), from_january, first, last)

    if FIRST <= first <= last <= YESTERDAY:
        found = had()
        assert found[0] == first
        assert found[-1] == last
        assert all(late - early == timedelta(days=1) for early, late in pairwise(found))
    else:
        with pytest.raises(NotAPastDay):
            had()


def test_a_day_is_over_when_it_is_over_in_the_business_time_zone(home: Home) -> None:
    config = configured(home.root.parent / "config", "time_zone: America/New_York\n")
    assert first_day(home, config) == date(2026, 7, 1)
    with pytest.raises(NotAPastDay, match="2026-07-02 is not over yet"):
        days_between(home, config, date(2026, 7, 2), date(2026, 7, 2))


def test_past_days_begin_with_the_first_refresh_unless_somebody_says_when(home: Home) -> None:
    journal = home.landing / "_runs"
    journal.mkdir(parents=True)
    for name, day in (("20260601T020000", "2026-05-31"), ("20260701T020000", "2026-03-31")):
        (journal / f"{name}_000000Z-x.json").write_text(json.dumps({"run": {"as_of": day}}))
    config = home.root.parent / "config"
    assert first_day(home, configured(config, "")) == date(2026, 5, 31)
    assert first_day(home, configured(config, "history_from: 2025-01-01")) == date(2025, 1, 1)


def test_where_past_days_begin_changes_no_number(tmp_path: Path) -> None:
    versions = {
        configured(tmp_path / "config", sources).config_version
        for sources in ("", "history_from: 2025-01-01")
    }
    assert len(versions) == 1


def test_days_lie_there_until_they_are_forgotten(home: Home) -> None:
    for day in (date(2026, 1, 3), date(2026, 1, 1), date(2026, 1, 2)):
        home.past_day(day).parent.mkdir(parents=True)
        home.past_day(day).write_bytes(b"x" * day.day)
    (home.past_days / "2026-01-04").mkdir()  # its run was killed before there was a file

    assert [(kept.day.day, kept.size) for kept in kept_days(home)] == [(1, 1), (2, 2), (3, 3)]
    assert [k.day.day for k in forget_days(home, date(2026, 1, 2), date(2026, 1, 31))] == [2, 3]
    assert [kept.day.day for kept in kept_days(home)] == [1]


@pytest.mark.parametrize(("name", "is_a_night"), [(JOB, True), (PAST_DAY_JOB, False)])
def test_a_past_day_that_fails_is_no_night_that_failed(name: str, is_a_night: bool) -> None:
    """Nobody is told that nothing was published tonight, and nothing is read again."""

    @dg.op
    def fails() -> None:
        raise dg.Failure("It did not work.")

    @dg.job(name=name, tags={PASSING_TROUBLE: "desk.tickets"})
    def work() -> None:
        fails()

    with dg.DagsterInstance.ephemeral() as instance:
        began = datetime.now(UTC) - timedelta(minutes=1)
        assert not work.execute_in_process(instance=instance, raise_on_error=False).success
        told = failed_runs(instance, JOB, began, began + timedelta(hours=1), {})
        looked = retry_sensor(JOB).evaluate_tick(dg.build_sensor_context(instance=instance))

    assert len(told) == is_a_night
    assert ("No refresh has run yet" in (looked.skip_message or "")) is not is_a_night
