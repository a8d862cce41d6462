"""The section `time`: what may be written, and what stands where nothing is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from config_files import default_data, model_messages

from pipelines.config import CoverageModel
from pipelines.config.resolved import resolved

LATER_KEYS = (
    "usual_minutes",
    "admin_work_types",
    "documented_within_bd",
    "same_motion_distance",
    "deep_from_minutes",
)


def test_a_model_from_before_these_keys_says_the_same() -> None:
    said = default_data()
    for key in LATER_KEYS:
        del said["time"][key]
    silent = CoverageModel.read(said, date(2026, 1, 1))
    assert silent.time == CoverageModel.read(default_data(), date(2026, 1, 1)).time


def test_one_usual_length_can_be_changed_alone() -> None:
    said = default_data()
    said["time"]["usual_minutes"] = {"meeting": 60}
    usual = CoverageModel.read(said, date(2026, 1, 1)).time.usual_minutes
    assert (usual.meeting, usual.call, usual.email, usual.chat) == (60, 20, 10, 10)


def test_kinds_of_work_are_told_in_lower_case_however_they_are_written() -> None:
    said = default_data()
    said["time"]["admin_work_types"] = ["Reporting", "CRM upkeep"]
    told = resolved(CoverageModel.read(said, date(2026, 1, 1)))
    assert told["time"]["admin_work_types"] == ["reporting", "crm upkeep"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda t: t.update(admin_work_types=["reporting", "PTO"]),
            'time.admin_work_types[1]: "pto" is time off, which is never work; leave it out',
        ),
        (
            lambda t: t.update(admin_work_types=["reporting", "Reporting"]),
            'time.admin_work_types[1]: "reporting" is there twice',
        ),
        (
            lambda t: t.update(usual_minutes={"fax": 3}),
            "time.usual_minutes.fax: unknown key; known here: email, chat, call, meeting",
        ),
        (
            lambda t: t.update(usual_minutes={"call": -1}),
            "time.usual_minutes.call: must be at least 0, not -1",
        ),
        (
            lambda t: t.update(same_motion_distance=1.5),
            "time.same_motion_distance: must be at most 1, not 1.5",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_key(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], message: str
) -> None:
    assert model_messages(tmp_path, lambda model: change(model["time"])) == [message]
