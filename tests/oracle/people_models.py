"""What a coverage model says of people and their time, as the tables that only repeat it.

Belongs here: cfg_capacity, cfg_tooling, and the columns of cfg_model and cfg_tier of capacity, time
and tooling. Does not: what follows from them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from oracle.world import Row

Said = Mapping[str, Any]
Spans = Sequence[tuple[Row, Said]]

_BANDED = re.compile(r"1:many\[(\d+),(\d+|inf)\)")


def of_people(said: Said) -> Row:
    """The single settings of time, tooling and what-if, as cfg_model has them."""
    time, tooling, whatif = said["time"], said["tooling"], said["whatif"]
    as_written = (
        "mostly_reactive", "max_unaccounted", "prep_counts_as", "admin_work_types",
        "documented_within_bd", "same_motion_distance", "deep_from_minutes",
    )  # fmt: skip
    of_tooling = (
        "prior_low", "prior_high", "redeployment", "mixed_from", "live_share", "fresh_d",
        "annual_cost", "setup_cost", "change_on",
    )  # fmt: skip
    return {
        **{name: time[name] for name in as_written},
        **{f"usual_{name}_minutes": minutes for name, minutes in time["usual_minutes"].items()},
        **{f"tooling_{name}": tooling[name] for name in of_tooling},
        **{
            name: whatif[name]
            for name in ("capacity_uplift", "tooling_constraint_share", "trigger_minutes")
        },
    }


def of_tier(tier: Said, said: Said) -> Row:
    """What is expected of a tier's accounts beside the standards, as cfg_tier has it."""
    low, high = reference(tier)
    by_tier = ("reactive_hours_per_year", "onboarding_hours", "over_service_cap_per_quarter")
    return {
        **{name: said[name].get(tier["id"]) for name in by_tier},
        "reference_low": low,
        "reference_high": high,
    }


def reference(tier: Said) -> tuple[int | None, int | None]:
    """Fewest and most accounts of one CSM that the tier's models name; None: none, or no edge."""
    bands = [m.groups() for name in tier["models"] if (m := _BANDED.fullmatch(name))]
    highs = [None if high == "inf" else int(high) for _, high in bands]
    known = [high for high in highs if high is not None]
    is_open = len(known) < len(highs)
    return (
        min((int(low) for low, _ in bands), default=None),
        None if is_open else max(known, default=None),
    )


def net_hours_per_fte(settings: Said) -> float:
    """Hours that a full-time person has for customers in a year (C1)."""
    gross: float = settings["work_days"] * settings["hours_day"]
    return gross * (1 - settings["internal_share"])


def cfg_capacity(spans: Spans) -> Iterator[Row]:
    """What a full-time person has to give."""
    as_written = (
        "work_days", "hours_day", "internal_share", "reactive_shrink_k", "over_util", "under_util",
        "ramp_by_quarter",
    )  # fmt: skip
    for dates, said in spans:
        capacity, reference_ = said["capacity"], said["ratio_reference"]
        yield {
            **dates,
            **{name: capacity[name] for name in as_written},
            "net_hours_per_fte": net_hours_per_fte(capacity),
            **{
                f"complexity_multiplier_{level}": times
                for level, times in capacity["complexity_multiplier"].items()
            },
            "reference_low": reference_["high_touch"],
            "reference_high": reference_["tech_touch"],
            "lead_fully_booked": said["model_risk"]["lead_fully_booked"],
            "under_service": said["model_risk"]["under_service"],
            "over_service": said["model_risk"]["over_service"],
        }


def cfg_tooling(spans: Spans) -> Iterator[Row]:
    """What tools could do of each kind of work."""
    for dates, said in spans:
        for name, work in said["tooling"]["work_types"].items():
            human_only = work.get("human_only", False)
            yield {
                **dates,
                "work_type": name.lower(),
                "tool": work.get("tool"),
                **{
                    f"automatable_{level}": 0.0 if human_only else work[level]
                    for level in ("low", "mid", "high")
                },
                "is_human_only": human_only,
            }
