"""The section `capacity`: what may be written, and what stands where nothing is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from config_files import default_data, model_messages

from pipelines.config import CoverageModel

LATER_KEYS = ("complexity_multiplier", "pools")


def test_a_model_from_before_these_keys_says_the_same() -> None:
    said = default_data()
    for key in LATER_KEYS:
        del said["capacity"][key]
    silent = CoverageModel.read(said, date(2026, 1, 1))
    assert silent.capacity == CoverageModel.read(default_data(), date(2026, 1, 1)).capacity


def test_one_multiplier_can_be_changed_alone() -> None:
    said = default_data()
    said["capacity"]["complexity_multiplier"] = {"high": 1.5}
    multiplier = CoverageModel.read(said, date(2026, 1, 1)).capacity.complexity_multiplier
    assert (multiplier.low, multiplier.medium, multiplier.high) == (0.9, 1.0, 1.5)


def test_several_teams_may_work_for_a_pool_and_be_told_twice(tmp_path: Path) -> None:
    pools = {"north": ["Scale EMEA", "Scale US", "scale emea"], "south": ["Scale APAC"]}
    assert model_messages(tmp_path, lambda data: data["capacity"].update(pools=pools)) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda c: c.update(pools={"north": ["Scale"], "south": ["SCALE"]}),
            'capacity.pools.south[0]: team "SCALE" already works for the pool "north"',
        ),
        (
            lambda c: c.update(complexity_multiplier={"medum": 1.1}),
            'capacity.complexity_multiplier.medum: unknown key; did you mean "medium"?',
        ),
        (
            lambda c: c.update(complexity_multiplier={"high": 0}),
            "capacity.complexity_multiplier.high: must be more than 0, not 0",
        ),
        (
            lambda c: c.update(target_ratio=40),
            "capacity.target_ratio:",
        ),
    ],
)
def test_what_cannot_hold_is_refused_where_it_stands(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    (said,) = model_messages(tmp_path, lambda data: change(data["capacity"]))
    assert said.startswith(message)
