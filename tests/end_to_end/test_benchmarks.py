"""`make bench` runs: each of its programs on the smallest firm, to the end of its table.

Belongs here: that they run and tell what they promise. Does not: how long anything takes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"

pytestmark = pytest.mark.slow


def told_by(program: str, *arguments: str) -> str:
    ended = subprocess.run(
        [sys.executable, BENCHMARKS / program, *arguments],
        env={**os.environ, "COLUMNS": "200", "PYTHONPATH": "."},  # as the Makefile has it
        cwd=BENCHMARKS.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_stages_are_told_with_their_floors_and_their_growth() -> None:
    told = told_by("stages.py", "--accounts", "20", "40")
    for night in ("first night", "next night"):
        for stage in ("read and load", "inputs", "build", "publish", "report"):
            assert told.count(f"| {night}: {stage} |") == 3, told  # two sizes, and their growth
    assert "From 20 accounts to 40, 2 times as many" in told


def test_whole_nights_are_told_with_their_overhead() -> None:
    told = told_by("nightly.py", "--accounts", "20", "--nights", "1")
    assert "| 2026-07-05 |" in told
    assert "| 2026-07-06 |" in told
    assert "| overhead |" in told


def test_a_night_without_news_is_told_step_by_step() -> None:
    told = told_by("overhead.py", "--accounts", "20", "--nights", "1")
    assert "| dbt: build and tests |" in told
    assert "statements by DuckDB alone" in told


@pytest.mark.parametrize("shape", ["hubspot", "salesforce"])
def test_landing_and_loading_are_told_beside_the_bare_drain(shape: str) -> None:
    told = told_by("extraction.py", "--records", "4000", "--repeats", "1", "--shape", shape)
    assert "landing and load" in told
