"""What the warehouse is told of a coverage model: nothing that a default says is left out."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from config_files import default_data

from pipelines.config import CoverageModel
from pipelines.config.resolved import resolved


def told(standard: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """How the warehouse sees a standard of the highest tier, in JSON."""
    data = default_data()
    data["standards"]["T1"] = [{"per_year": 1, "min": 1, **standard}]
    data |= changes
    model = resolved(CoverageModel.read(data, date(2026, 1, 1)))
    (seen,) = json.loads(json.dumps(model))["standards"]["T1"]
    assert isinstance(seen, dict)
    return seen


def test_what_a_standard_does_not_say_is_what_its_family_and_the_calendar_say() -> None:
    seen = told({"family": "usage_recap", "schedule": "fixed_calendar", "period": "month"})

    assert seen["accepts"] == ["usage_recap"]
    assert seen["allow_automation"] is True
    assert seen["grace_bd"] == 5
    assert seen["required"] is True
    assert seen["min_eligible_share"] == 0.5


def test_what_a_standard_says_goes_before_any_default() -> None:
    seen = told(
        {
            "family": "usage_recap",
            "schedule": "fixed_calendar",
            "period": "month",
            "accepts": ["email"],
            "allow_automation": False,
            "grace_bd": 0,
        }
    )

    assert seen["accepts"] == ["email"]
    assert seen["allow_automation"] is False
    assert seen["grace_bd"] == 0


def test_a_response_has_no_grace_unless_it_says_so() -> None:
    response = {"family": "response", "schedule": "response", "due_business_hours": 8}

    assert told(response)["grace_bd"] == 0
    assert told({**response, "grace_bd": 2})["grace_bd"] == 2


def test_quality_conditions_are_read_apart_in_their_order() -> None:
    seen = told(
        {
            "family": "ebr",
            "schedule": "fixed_calendar",
            "period": "half",
            "quality": ["persona_any(champion|admin)", "notes<=2bd"],
        }
    )

    assert seen["quality"] == [
        {
            "position": 1,
            "condition": "persona_any(champion|admin)",
            "name": "persona_any",
            "operator": "",
            "value": None,
            "unit": "personas",
            "personas": ["champion", "admin"],
        },
        {
            "position": 2,
            "condition": "notes<=2bd",
            "name": "notes",
            "operator": "<=",
            "value": 2,
            "unit": "business_days",
            "personas": [],
        },
    ]


def test_activity_rules_keep_their_order() -> None:
    data = default_data()
    rules = resolved(CoverageModel.read(data, date(2026, 1, 1)))["activity_rules"]

    assert [rule["position"] for rule in rules] == list(range(1, len(rules) + 1))
    assert [rule["type"] for rule in rules] == [r["type"] for r in data["activity_rules"]]
