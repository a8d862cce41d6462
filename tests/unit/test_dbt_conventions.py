"""What every model of the dbt project keeps to, read from its files without running dbt.

Belongs here: conventions that no tool checks. Does not: what a model computes.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.home import DBT_PROJECT_DIR

MODELS = DBT_PROJECT_DIR / "models"
SQL = sorted(MODELS.rglob("*.sql"))
CLOCK = re.compile(
    r"\b(now|today|get_current_timestamp|current_timestamp|current_date|current_time)\b\s*(\(|,|$)",
    re.IGNORECASE | re.MULTILINE,
)
DESCRIBED: dict[str, dict[str, Any]] = {
    model["name"]: model
    for path in MODELS.rglob("*.yml")
    for model in yaml.safe_load(path.read_text()).get("models", [])
}


def statement(path: Path) -> str:
    """A model's SQL without its comments."""
    return re.sub(r"--[^\n]*|\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)


@pytest.mark.parametrize(
    "path", [*SQL, *DBT_PROJECT_DIR.glob("macros/**/*.sql")], ids=lambda p: p.name
)
def test_no_sql_calls_a_clock(path: Path) -> None:
    assert not CLOCK.search(statement(path))


def test_the_search_for_clocks_finds_one() -> None:
    assert CLOCK.search("select current_date")
    assert CLOCK.search("select now() as x")
    assert not CLOCK.search("select known_now from runs")


@pytest.mark.parametrize("path", SQL, ids=lambda p: p.stem)
def test_every_model_and_its_columns_are_described(path: Path) -> None:
    model = DESCRIBED[path.stem]
    assert model["description"].strip()
    assert model.get("columns") or "staging" in path.parts
    undescribed = [c["name"] for c in model.get("columns", []) if not c.get("description")]
    assert undescribed == []


@pytest.mark.parametrize(
    "path",
    [p for p in SQL if "staging" not in p.parts and not p.stem.startswith("int_")],
    ids=lambda p: p.stem,
)
def test_contracts_are_enforced_where_others_build_on_a_table(path: Path) -> None:
    assert DESCRIBED[path.stem]["config"]["contract"]["enforced"] is True
