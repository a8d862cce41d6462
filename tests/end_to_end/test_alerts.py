"""People are told: a refresh that fails, a silence, and that it is over, on a real home.

Belongs here: the sensor on Dagster's own records of refreshes, and a channel on loopback. Does
not: what is told when (unit tests of the decision), or mail.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import msgspec
import pytest
from conftest import DEMO_CONFIG, Night
from product import cs_coverage
from scripted_http import Answer, Script, scripted

from pipelines.alerts.delivery import NotDelivered
from pipelines.clock import NOW_VARIABLE
from pipelines.config import load_config
from pipelines.definitions import JOB
from pipelines.home import DEFAULT_MODELS_DIR, Home
from pipelines.sensors.tell_people import alert_sensor
from pipelines.sources import open_sources

pytestmark = pytest.mark.slow

HOOK = "/hook"


@dataclass
class Watched:
    """A home that the sensor looks at, and the channel that it tells."""

    home: Path
    config: Path
    channel: Script
    cursor: str | None = None

    def look(self) -> list[str]:
        """What is told at one look, each message whole."""
        config = load_config(self.config, DEFAULT_MODELS_DIR)
        sensor = alert_sensor(Home(self.home), self.config, open_sources(config), JOB)
        before = len(self.channel.asked)
        with dg.DagsterInstance.from_config(str(self.home / "dagster")) as instance:
            context = dg.build_sensor_context(instance=instance, cursor=self.cursor)
            sensor.evaluate_tick(context)
        self.cursor = context.cursor
        return [msgspec.json.decode(asked.body)["text"] for asked in self.channel.asked[before:]]

    def refresh(self) -> int:
        return cs_coverage(
            *("refresh", "--home", self.home, "--config", self.config, "--as-of", "2026-06-30")
        ).exit_code


@pytest.fixture
def watched(demo: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    """The spreadsheets example, published a moment ago."""
    shutil.copytree(DEMO_CONFIG.parent, tmp_path / "example")
    home = demo.company.copy(tmp_path / "company").home
    config = tmp_path / "example" / "config"
    (config / "alerts.yaml").write_text("webhook: {url: $HOOK}\nlink: https://dagster.example\n")
    with scripted() as channel:
        channel.answers(HOOK, Answer(200, body=b"ok"))
        monkeypatch.setenv("HOOK", channel.base_url + HOOK)
        yield Watched(home, config, channel)


def test_a_stream_that_cannot_be_read_is_told_once_as_soon_as_a_channel_takes_it(
    watched: Watched,
) -> None:
    assert watched.look() == []
    (watched.config.parent / "data" / "contracts.csv").unlink()
    assert watched.refresh() == 3
    watched.channel.answers(HOOK, Answer(503))
    with pytest.raises(NotDelivered):  # the look is shown as failed, and the next tells it
        watched.look()
    watched.channel.answers(HOOK, Answer(200, body=b"ok"))
    [message] = watched.look()
    assert message.startswith("*cs-coverage: Published, but some streams keep older data*")
    assert "What broke: spreadsheets.contracts: " in message
    assert "Affected: ARR, term ends, renewal, retention and expansion (contracts)" in message
    assert message.endswith("Look at it: https://dagster.example")
    assert watched.look() == []


def test_a_silence_is_told_and_so_is_its_end(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert watched.look() == []
    later = datetime.now(UTC) + timedelta(hours=40)
    monkeypatch.setenv(NOW_VARIABLE, later.isoformat())
    [message] = watched.look()
    # The home was published some minutes before this test, or more where others came in between.
    assert re.match(r"\*cs-coverage: Nothing has been published for 4[01] hours\*", message)
    assert watched.look() == []
    monkeypatch.delenv(NOW_VARIABLE)
    [over] = watched.look()
    assert over.startswith("*cs-coverage: Fresh again: published tables*\nWhat to do: nothing")
