"""What of the public tables is about single persons: every model that says so says it soundly.

Belongs here: laws over the models' YAML. Does not: dividing rows (integration/test_people.py).
"""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from pipelines.home import DBT_PROJECT_DIR

MODELS: dict[str, dict[str, Any]] = {
    model["name"]: model
    for folder in ("core", "marts", "config", "ops")
    for path in (DBT_PROJECT_DIR / "models" / folder).rglob("*.yml")
    for model in yaml.safe_load(path.read_text()).get("models", [])
    if not model["name"].startswith("int_")
}
DECLARED = {
    name: model["config"]["meta"]["people"]
    for name, model in MODELS.items()
    if "people" in model["config"].get("meta", {})
}
HOURS = re.compile(r"^minutes$|_minutes$|_hours$|^utilisation|service_ratio")
ROSTER = {"dim_csm"}
"""Contracted hours say who works here, not how anybody spends the time."""


def columns(name: str) -> dict[str, dict[str, Any]]:
    return {column["name"]: column for column in MODELS[name]["columns"]}


def test_a_table_of_persons_and_their_hours_is_declared() -> None:
    """A person's id in the key, or in place of it, and hours beside it."""
    of_persons = {
        name
        for name in MODELS
        if "user_id" in columns(name) and any(map(HOURS.search, columns(name)))
    }
    assert len(of_persons) > 5
    assert of_persons - ROSTER <= DECLARED.keys()


@pytest.mark.parametrize("name", DECLARED)
def test_what_is_declared_is_there(name: str) -> None:
    said, there = DECLARED[name], columns(name)
    assert said.keys() <= {"rows", "columns", "dated"}
    assert ("rows" in said) != ("columns" in said)
    assert set(said.get("columns", ())) <= there.keys()
    assert not set(said.get("columns", ())) & set(MODELS[name]["config"]["meta"]["primary_key"])
    if "dated" in said:
        assert there[said["dated"]]["data_type"] == "date"
    else:
        dates = {column for column in there if re.search(r"(_start|_end|_on)$", column)}
        of_today = {"peak_week_start", "since_on"}
        assert dates <= of_today, "rows of other days than today need a date to grow old by"
