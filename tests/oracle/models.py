"""The coverage models as their files say them, with what a file may leave unsaid.

Belongs here: reading them, defaults, and the tables that only repeat them (cfg_*). Does not: what
follows from a model.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from oracle import people_models
from oracle.coverage_models import Model, Playbook, Standard, Tier
from oracle.health_models import HealthModel
from oracle.health_models import cfg_health_measure as measures_of
from oracle.world import Row

FOLDER = Path(__file__).parents[2] / "config" / "models"

ACCEPTS: Mapping[str, tuple[str, ...]] = {
    "check_in": ("check_in", "meeting", "call", "ebr", "business_review", "workshop"),
    "ebr": ("ebr",),
    "business_review": ("business_review", "ebr"),
    "workshop": ("workshop", "training"),
    "renewal_conversation": ("renewal_conversation",),
    "onboarding_engage": ("kickoff", "onboarding_session"),
    "onboarding_first_value": ("first_value",),
    "onboarding_complete": ("onboarding_complete",),
    "health_assessment": ("health_assessment", "health_update", "ebr"),
    "health_update": ("health_update", "health_assessment"),
    "risk_update": ("risk_update", "escalation_call", "check_in"),
    "customer_touch": (
        "check_in", "meeting", "call", "ebr", "business_review", "workshop", "renewal_conversation",
    ),
    "broadcast": ("broadcast", "usage_recap"),
    "onboarding_sequence": ("onboarding_sequence",),
    "usage_recap": ("usage_recap",),
    "onboarding_survey": ("survey_sent",),
    "checkin_90d": ("check_in", "email", "survey_sent"),
    "renewal_notice": ("renewal_notice", "renewal_conversation"),
}  # fmt: skip
"""What settles a family where the model names nothing (canonical_input.md)."""

AUTOMATED = {
    "broadcast", "onboarding_sequence", "usage_recap", "onboarding_survey", "checkin_90d",
    "renewal_notice",
}  # fmt: skip
"""Families that an automated touch settles, unless the model says otherwise."""

Said = Mapping[str, Any]


@cache
def said_models() -> tuple[tuple[date, Said], ...]:
    """Each model with the date from which it holds, in order."""
    files = sorted(FOLDER.glob("*.yaml"))
    return tuple(
        (date.fromisoformat(file.stem), yaml.safe_load(file.read_text(encoding="utf-8")))
        for file in files
    )


def said_on(day: date) -> Said:
    """The model in force; before the first one, the first."""
    models = said_models()
    past = [said for effective_from, said in models if effective_from <= day]
    return past[-1] if past else models[0][1]


def unmeasured(standard: Said) -> str | None:
    """Why nothing that is connected tells of a standard (L14); None where something does.

    Of signals, the band of health is told wherever anything of health is measured.
    """
    if standard["schedule"] == "conditional" and standard["when"].split()[0] != "band":
        return f"no source of the signal {standard['when'].split()[0]}"
    return None


def ledger_models() -> tuple[Model, ...]:
    """The models as the ledger reads them, with the standards that can be held to."""
    return tuple(_model(effective_from, said) for effective_from, said in said_models())


def _model(effective_from: date, said: Said) -> Model:
    tiering, calendar, renewals = said["tiering"], said["calendar"], said["renewals"]
    unresponsive = said["unresponsive"]
    return Model(
        effective_from=effective_from,
        tiers=tuple(
            Tier(t["id"], float(t["arr_from"]), t["arr_to"] and float(t["arr_to"]), t["target_cts"])
            for t in said["tiers"]
        ),
        standards={
            tier: tuple(_standard(each) for each in standards if unmeasured(each) is None)
            for tier, standards in said["standards"].items()
        },
        promote_days=tiering["promote_days"],
        demote_edge=tiering["demote_edge"],
        demote_days=tiering["demote_days"],
        freeze_before_renewal_days=tiering["freeze_before_renewal_days"],
        override_max_days=tiering["override_max_days"],
        grace_bd=calendar["grace_bd"],
        logging_lag_bd=calendar["logging_lag_bd"],
        period_close_bd=calendar["period_close_bd"],
        unresponsive_attempts=unresponsive["attempts"],
        unresponsive_channels=unresponsive["channels"],
        unresponsive_spread_bd=unresponsive["spread_bd"],
        unresponsive_counts_as=unresponsive["counts_as"],
        late_grace_d=renewals["late_grace_d"],
        late_max_d=renewals["late_max_d"],
        overlap_d=renewals["overlap_d"],
        netting=renewals["netting"],
        low_n=said["stats"]["low_n"],
        top1_share_flag=said["stats"]["top1_share_flag"],
        health=said["health"],
        calibration=said["calibration"],
        playbooks=tuple(
            Playbook(
                *(rule["id"], rule["when"], rule.get("severity", "medium"), rule.get("playbook")),
                functions=tuple(rule.get("functions", ())),
            )
            for rule in said["playbooks"]
        ),
        playbook_cooldown_d=said["playbook_cooldown_d"],
        signals=said["signals"],
        crisis=said["crisis"],
        said=said,
        written={
            tier: tuple(map(_standard, standards)) for tier, standards in said["standards"].items()
        },
    )


def _standard(said: Said) -> Standard:
    family = said["family"]
    as_said = (
        "interval_d", "period", "due_d", "open_d", "due_business_hours", "due_business_days",
        "max_age_d", "grace_bd", "version", "when",
    )  # fmt: skip
    return Standard(
        family=family,
        schedule=said["schedule"],
        accepts=accepts(said),
        min_eligible_share=said.get("min_eligible_share", 0.5),
        quality=tuple(said.get("quality", ())),
        allow_automation=said.get("allow_automation", family in AUTOMATED),
        required=is_required(said),
        weight=float(said.get("weight", 1)),
        minutes=float(said["min"]),
        per_year=float(said["per_year"]),
        owner=said.get("owner", "csm"),
        delivery_mode=said.get("delivery_mode", "human"),
        satisfied_by_families=tuple(said.get("satisfied_by_families", ())),
        **{name: said.get(name) for name in as_said},
    )


def is_required(said: Said) -> bool:
    """Whether an account is uncovered without it; S6c: answers to playbooks must say so."""
    return bool(said.get("required", said["family"] != "trigger_response"))


def accepts(said: Said) -> tuple[str, ...]:
    """What settles a standard, whether the model names it or not."""
    return tuple(said.get("accepts") or ACCEPTS.get(said["family"], ()))


def spans_of_models() -> Iterator[tuple[Row, Said]]:
    """Each model with its dates: the first holds before its own, too."""
    models = said_models()
    ends = [*(effective_from for effective_from, _ in models[1:]), None]
    for place, ((effective_from, said), holds_to) in enumerate(zip(models, ends, strict=True)):
        holds_from = effective_from if place else date.min
        dates = {"holds_from": holds_from, "holds_to": holds_to, "effective_from": effective_from}
        yield dates, said


def cfg_model() -> Iterator[Row]:
    """The single settings of each model."""
    for dates, said in spans_of_models():
        unresponsive = {f"unresponsive_{name}": said["unresponsive"][name] for name in _ATTEMPTS}
        row = {**dates, **unresponsive}
        for section, names in _SETTINGS.items():
            row |= {name: said[section][name] for name in names}
        sections = {**_of_health(said["health"]), **_of_calibration(said["calibration"])}
        yield {**row, **sections, **people_models.of_people(said), **_of_signals(said["signals"])}


def _of_signals(said: Said) -> Row:
    ages = {"activities": "activity", "tickets": "ticket", "usage": "usage"}
    names = (
        "act_within_d", "outcome_within_d", "recount_accounts", "recount_change", "recount_share",
        "step_up_hours",
    )  # fmt: skip
    return {
        **{name: said[name] for name in names},
        **{f"{name}_max_age_d": said["max_age_d"][source] for source, name in ages.items()},
    }


def _of_health(said: Said) -> Row:
    drift = HealthModel(said).drift
    return {
        "green_from": said["bands"]["green"],
        "yellow_from": said["bands"]["yellow"],
        "red_sentiment_caps": said["override"]["red_sentiment_caps"],
        "health_override_max_days": said["override"]["max_days"],
        **{name: said[name] for name in ("min_coverage", "account_grace_d", "band_dwell_runs")},
        **{f"drift_{name}": drift[name] for name in ("share", "points", "hold_d")},
    }


def _of_calibration(said: Said) -> Row:
    return {f"calibration_{name}": said[name] for name in ("min_lost", "auc_ok_lower")}


_ATTEMPTS = ("attempts", "channels", "spread_bd", "counts_as")
_SETTINGS = {
    "tiering": (
        "promote_days", "demote_edge", "demote_days", "freeze_before_renewal_days",
        "override_max_days",
    ),
    "calendar": ("grace_bd", "logging_lag_bd", "period_close_bd"),
    "renewals": ("late_grace_d", "late_max_d", "overlap_d", "netting"),
    "stats": ("low_n", "top1_share_flag"),
}  # fmt: skip


def cfg_health_measure() -> Iterator[Row]:
    """The measures of health."""
    return measures_of(list(spans_of_models()))


def cfg_tier() -> Iterator[Row]:
    """The tiers of each model, ranked from the lowest band."""
    for dates, said in spans_of_models():
        ordered = sorted(said["tiers"], key=lambda tier: tier["arr_from"])
        for rank, tier in enumerate(ordered, 1):
            names = ("name", "arr_from", "arr_to", "touch", "models", "target_cts")
            rest = {name: tier[name] for name in names}
            rest |= people_models.of_tier(tier, said)
            yield {**dates, "tier_id": tier["id"], "tier_rank": rank, **rest}


def cfg_capacity() -> Iterator[Row]:
    """What a full-time person has to give."""
    return people_models.cfg_capacity(list(spans_of_models()))


def cfg_tooling() -> Iterator[Row]:
    """What tools could do of each kind of work."""
    return people_models.cfg_tooling(list(spans_of_models()))


def cfg_standard() -> Iterator[Row]:
    """What each tier is owed, defaults filled in."""
    for dates, said in spans_of_models():
        for tier, standards in said["standards"].items():
            for each in standards:
                yield {**dates, "tier_id": tier, **_standard_row(dates, said, each)}


_AS_WRITTEN = (
    "family", "interval_d", "hard_max_d", "period", "due_d", "open_d", "due_business_hours",
    "due_business_days", "max_age_d", "per_year",
)  # fmt: skip


def _standard_row(dates: Row, said: Said, each: Said) -> Row:
    if len(said_models()) > 1:
        raise NotImplementedError("since when a standard is written as it is")
    standard = _standard(each)
    is_calendar = each["schedule"] == "fixed_calendar"
    usual = 0 if each["schedule"] == "response" else said["calendar"]["grace_bd"]
    return {
        **{name: each.get(name) for name in _AS_WRITTEN},
        "standard_version": each.get("version") or dates["effective_from"].isoformat(),
        "schedule_type": each["schedule"],
        "min_eligible_share": standard.min_eligible_share if is_calendar else None,
        "when_predicate": each.get("when"),
        "accepts": list(standard.accepts),
        "is_automation_allowed": standard.allow_automation,
        "quality": list(standard.quality),
        "is_required": standard.required,
        "weight": standard.weight,
        "grace_bd": usual if standard.grace_bd is None else standard.grace_bd,
        "delivery_mode": standard.delivery_mode,
        "owner": standard.owner,
        "satisfied_by_families": list(standard.satisfied_by_families),
        "segment_filter": json.dumps(each.get("segment_filter", {})),
        "expected_minutes": standard.minutes,
    }


def listed(value: Any) -> list[Any] | None:
    """A condition of a rule names one value, or several."""
    if value is None:
        return None
    return list(value) if isinstance(value, list) else [value]


def cfg_activity_rule() -> Iterator[Row]:
    """The rules that say what activities were for, in the order in which they are tried."""
    for dates, said in spans_of_models():
        for number, rule in enumerate(said["activity_rules"], 1):
            match = rule["match"]
            kinds = listed(match.get("kind"))
            yield {
                **dates,
                "rule_number": number,
                "activity_type": rule["type"],
                "sources": listed(match.get("source")),
                "kinds": None if kinds is None else [kind.lower() for kind in kinds],
                "subject_pattern": match.get("subject"),
                "channels": listed(match.get("channel")),
                "directions": listed(match.get("direction")),
                "has_customer": match.get("has_customer"),
                "min_customer_attendees": match.get("min_customer_attendees"),
            }
