"""How CSMs are distributed: what a model may say of it, and what is said of what may not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from config_files import default_data, model_messages

from pipelines.config import CoverageModel
from pipelines.config.resolved import resolved

EXCEPTION = {
    "account": "A-17",
    "model": "many:1",
    "reason": "migration",
    "by": "Kim",
    "valid_from": date(2026, 1, 1),
    "valid_to": date(2026, 7, 1),
}


def read(data: dict[str, Any]) -> CoverageModel:
    return CoverageModel.read(data, date(2026, 1, 1))


def test_a_model_that_says_nothing_of_the_distribution_has_the_usual_one() -> None:
    said = default_data()
    del said["distribution"]
    silent = resolved(read(said))["distribution"]
    spoken = resolved(read(default_data()))["distribution"]
    assert silent == spoken


def test_a_tier_may_name_a_band_that_is_not_among_the_bands(tmp_path: Path) -> None:
    def change(model: dict[str, Any]) -> None:
        model["tiers"][1]["models"] = ["1:many[12,20)"]

    assert model_messages(tmp_path, change) == []


def test_the_four_models_have_words_and_ones_own_take_their_place() -> None:
    said = default_data()
    said["distribution"]["texts"] = {"1:1": {"best_for": "Our three largest."}}
    models = {m["model"]: m for m in resolved(read(said))["distribution"]["models"]}
    assert list(models) == ["1:1", "1:many", "many:1", "many:many"]
    assert models["1:1"]["best_for"] == "Our three largest."
    for model in models.values():
        assert model["description"] and model["best_for"]
        assert len(model["advantages"]) >= 3 and len(model["challenges"]) >= 3


def test_an_input_without_a_column_of_its_own_keeps_its_name() -> None:
    said = default_data()
    said["distribution"]["attributes"] = {"expansion_pipeline": "open_upsell"}
    attributes = resolved(read(said))["distribution"]["attributes"]
    assert attributes["expansion_pipeline"] == "open_upsell"
    assert attributes["potential_seats"] == "potential_seats"


def test_an_older_model_without_the_playbook_that_marks_a_point_is_valid(tmp_path: Path) -> None:
    def change(model: dict[str, Any]) -> None:
        del model["distribution"]
        model["playbooks"] = []

    assert model_messages(tmp_path, change) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda d: d["bands"][1].update(accounts_from=9),
            "distribution.bands[1].accounts_from: 1:many[9,25) overlaps 1:many[1,10); bands must "
            "not share a number",
        ),
        (
            lambda d: d["bands"][1].update(arr_to=100001),
            "distribution.bands[0].arr_from: 1:many[1,10) overlaps 1:many[10,25); bands must not "
            "share a number",
        ),
        (
            lambda d: d["bands"][1].update(accounts_to=10),
            "distribution.bands[1].accounts_to: must be more than accounts_from",
        ),
        (
            lambda d: d["bands"][1].update(arr_to=50000),
            "distribution.bands[1].arr_to: must be more than arr_from",
        ),
        (
            lambda d: d.update(contributor_share=0.9),
            "distribution.contributor_share: must be at most dominant_share",
        ),
        (
            lambda d: d.update(attributes={"potential_seat": "seats"}),
            'distribution.attributes.potential_seat: no criterion asks for "potential_seat"; did '
            'you mean "potential_seats"?',
        ),
        (
            lambda d: d.update(segment_dimensions=["tier", "sector"]),
            'distribution.segment_dimensions[1]: "sector" is not a column that accounts can be '
            "told apart by; known here: acquisition_channel, complexity, country, currency, "
            "industry, lifecycle_stage, segment, tier, time_zone; a column of your own is "
            "attributes.<its name>",
        ),
        (
            lambda d: d["surge"].update(rules=["complexity_stepup"]),
            'distribution.surge.rules[0]: "complexity_stepup" is not a playbook; did you mean '
            '"complexity_step_up"?',
        ),
        (
            lambda d: d.update(account_models=[EXCEPTION | {"model": "2:1"}]),
            'distribution.account_models[0].model: "2:1" is not a distribution model; known: 1:1, '
            "many:1, many:many, and 1:many[from,to), like 1:many[10,25)",
        ),
        (
            lambda d: d.update(account_models=[EXCEPTION | {"valid_to": date(2026, 1, 1)}]),
            "distribution.account_models[0].valid_to: must be after valid_from",
        ),
        (
            lambda d: d.update(
                account_models=[EXCEPTION, EXCEPTION | {"valid_from": date(2026, 6, 30)}]
            ),
            'distribution.account_models[1].valid_from: "A-17" already has a model until '
            "2026-07-01",
        ),
    ],
)
def test_what_does_not_fit_is_named(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    assert message in model_messages(tmp_path, lambda model: change(model["distribution"]))


def test_the_next_exception_may_begin_where_the_last_one_ends(tmp_path: Path) -> None:
    def change(model: dict[str, Any]) -> None:
        later = {"valid_from": date(2026, 7, 1), "valid_to": date(2026, 8, 1)}
        model["distribution"]["account_models"] = [EXCEPTION | later, EXCEPTION]

    assert model_messages(tmp_path, change) == []
