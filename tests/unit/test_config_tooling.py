"""Tooling, what-if and reviews.yaml: what may be written, and what is said of what may not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from config_files import CONFIG, default_data, model_messages

from pipelines.config import ConfigError, CoverageModel, load_config
from pipelines.config.reviews import Reviews
from pipelines.home import CHECKOUT
from pipelines.warehouse.reviews import write_reviews

SOURCES = "time_zone: UTC\n"


def test_a_model_that_says_nothing_of_work_types_has_the_usual_ones() -> None:
    said = default_data()
    required = {"prior_low", "prior_high", "redeployment"}
    for key in said["tooling"].keys() - required:
        del said["tooling"][key]
    del said["whatif"]["trigger_minutes"]
    silent = CoverageModel.read(said, date(2026, 1, 1))
    spoken = CoverageModel.read(default_data(), date(2026, 1, 1))
    assert silent.tooling == spoken.tooling
    assert silent.whatif == spoken.whatif


def test_the_usual_shares_give_back_what_the_specification_says() -> None:
    work_types = CoverageModel.read(default_data(), date(2026, 1, 1)).tooling.work_types
    hours = {
        "renewal_tracking": 620,
        "health_assembly": 540,
        "reporting": 1080,
        "note_reentry": 700,
        "data_entry": 900,
    }
    assert sum(hours[name] * kind.mid for name, kind in work_types.items()) == 2805


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda m: m["tooling"]["work_types"]["reporting"].update(low=0.85),
            "tooling.work_types.reporting.low: must be at most mid",
        ),
        (
            lambda m: m["tooling"]["work_types"]["reporting"].update(high=0.7),
            "tooling.work_types.reporting.mid: must be at most high",
        ),
        (
            lambda m: m["tooling"]["work_types"]["reporting"].update(human_only=True),
            "tooling.work_types.reporting.human_only: leaves nothing to a tool: take low, mid and "
            "high away",
        ),
        (
            lambda m: m["tooling"]["work_types"].update(Reporting={}),
            'tooling.work_types.Reporting: is the same as "reporting"',
        ),
        (
            lambda m: m["tooling"]["work_types"].update(all={}),
            "tooling.work_types.all: is the name of the row of all",
        ),
        (
            lambda m: m["tooling"]["work_types"]["reporting"].update(tol="crm"),
            'tooling.work_types.reporting.tol: unknown key; did you mean "tool"?',
        ),
        (
            lambda m: m["tooling"].update(prior_low=0.4),
            "tooling.prior_low: must be at most prior_high",
        ),
        (
            lambda m: m["whatif"].update(trigger_minutes=0),
            "whatif.trigger_minutes: must be more than 0, not 0",
        ),
    ],
)
def test_a_mistake_is_told_by_its_key(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    assert model_messages(tmp_path, change) == [message]


def test_without_reviews_nothing_was_signed_off_and_the_version_is_what_it_was(
    tmp_path: Path,
) -> None:
    without = load_config(_folder(tmp_path, None))
    assert without.reviews == Reviews()
    versions = [
        load_config(_folder(tmp_path, text)).config_version
        for text in (
            "reviews: []\n",
            "# the same\nreviews: []\nreleases: []\n",
            "releases: [{on: 2026-05-12, name: New dashboards}]\n",
        )
    ]
    assert versions[0] == versions[1]
    assert len({without.config_version, *versions}) == 3


def test_shipped_reviews_are_sound() -> None:
    assert load_config(CONFIG).reviews == Reviews()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "reviews:\n  - {quarter: Q1 2026, signed_off_on: 2026-04-14, by: dana}\n",
            '2: reviews[0].quarter: "Q1 2026" is not a quarter; write it like 2026-Q1',
        ),
        (
            "reviews:\n  - {quarter: 2026-Q1, signed_off_on: 2025-12-31, by: dana}\n",
            "2: reviews[0].signed_off_on: lies before 2026-Q1 began",
        ),
        (
            "reviews:\n"
            "  - {quarter: 2026-Q1, signed_off_on: 2026-04-14, by: dana, tiers: [T1, T11]}\n",
            '2: reviews[0].tiers[1]: "T11" is not a tier; did you mean "T1"?',
        ),
        (
            "releases:\n  - {on: May, name: New dashboards}\n",
            '2: releases[0].on: "May" is not a date; write it like 2026-05-04',
        ),
        ("review: []\n", '1: review: unknown key; did you mean "reviews"?'),
    ],
)
def test_a_mistake_in_reviews_is_told_by_line_and_key(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        load_config(_folder(tmp_path, text))
    assert [f"{p.line}: {p.key}: {p.message}" for p in refused.value.problems] == [message]


def test_reviews_reach_the_warehouse_one_row_a_tier() -> None:
    reviews = Reviews.model_validate(
        {
            "reviews": [
                {"quarter": "2026-Q1", "signed_off_on": "2026-04-14", "by": "dana"},
                {
                    "quarter": "2026-Q4",
                    "signed_off_on": "2027-01-09",
                    "by": "lee",
                    "tiers": ["T1", "T2"],
                },
            ],
            "releases": [{"on": "2026-05-12", "name": "New dashboards"}],
        }
    )
    with duckdb.connect() as con:
        con.execute((CHECKOUT / "pipelines" / "warehouse" / "schema.sql").read_text())
        for _ in range(2):  # a second night replaces what the first one wrote
            write_reviews(con, reviews)
        assert con.execute("from meta.review").fetchall() == [
            (date(2026, 1, 1), None, date(2026, 4, 14), "dana"),
            (date(2026, 10, 1), "T1", date(2027, 1, 9), "lee"),
            (date(2026, 10, 1), "T2", date(2027, 1, 9), "lee"),
        ]
        assert con.execute("from meta.release").fetchall() == [
            (date(2026, 5, 12), "New dashboards")
        ]


def _folder(tmp_path: Path, reviews: str | None) -> Path:
    (tmp_path / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    path = tmp_path / "reviews.yaml"
    path.unlink(missing_ok=True)
    if reviews is not None:
        path.write_text(reviews, encoding="utf-8")
    return tmp_path
