"""A coverage model as the warehouse reads it: every default filled in, every short form spelt out.

Belongs here: the form of `meta.coverage_model.model`. Does not: writing it, or what a key means.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pipelines.config.coverage_model import CoverageModel
from pipelines.config.quality import QualityCondition
from pipelines.config.standards import Response, Standard


def resolved(model: CoverageModel) -> dict[str, Any]:
    """The model's keys as written, defaults filled in.

    In `standards`, `accepts`, `allow_automation`, `required` and `grace_bd` hold what applies,
    whether the standard or a default says it, and `quality` lists each condition's parts beside
    its text.
    What is tried or shown in order has its `position`, from 1.
    """
    said = model.model_dump(mode="json")
    said["activity_rules"] = [
        {"position": position, **rule}
        for position, rule in enumerate(said["activity_rules"], start=1)
    ]
    said["distribution"] |= {
        "models": model.distribution.models,
        "attributes": model.distribution.attribute_names,
    }
    said["model_risk"]["burnout_weeks"] = asdict(model.model_risk.burnout_weeks)
    said["standards"] = {
        tier: [_resolved_standard(standard, model.calendar.grace_bd) for standard in standards]
        for tier, standards in model.standards.items()
    }
    return said


def _resolved_standard(standard: Standard, grace_bd: int) -> dict[str, Any]:
    return {
        **standard.model_dump(mode="json"),
        "accepts": list(standard.accepted_types),
        "allow_automation": standard.is_automation_allowed,
        "required": standard.is_required,
        "grace_bd": _grace_bd(standard, grace_bd),
        "quality": [
            {"position": position, **_resolved_condition(condition)}
            for position, condition in enumerate(standard.quality, start=1)
        ],
    }


def _grace_bd(standard: Standard, usual: int) -> int:
    if standard.grace_bd is not None:
        return standard.grace_bd
    # Who waits for an answer waits in hours.
    return 0 if isinstance(standard, Response) else usual


def _resolved_condition(condition: QualityCondition) -> dict[str, Any]:
    return {"condition": str(condition), **asdict(condition)}
