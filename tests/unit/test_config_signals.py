"""Playbooks, crises and when signals count, as a coverage model writes them.

Belongs here: what is refused and in which words, what the defaults are. Does not: SQL.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from config_files import DEFAULT_MODEL
from pydantic import ValidationError

from pipelines.config.coverage_model import CoverageModel
from pipelines.config.crisis import CRISIS_TYPES, Crisis
from pipelines.config.predicate import SIGNALS, parse_predicate
from pipelines.config.resolved import resolved
from pipelines.config.signals import Playbook, SignalRules
from pipelines.config.yaml_document import read_document

CRISIS = {
    "window_d": 7,
    "baseline_weeks": 52,
    "watch_p": 0.1,
    "crisis_p": 0.02,
    "arr_share": 0.01,
    "top_n_accounts": 20,
}


def plans(**changed: Any) -> dict[str, Any]:
    plan = {"plan_id": "all_hands", "owner": "head_of_cs"}
    named = {**dict.fromkeys(CRISIS_TYPES, plan), **changed}
    return {kind: said for kind, said in named.items() if said is not None}


def default_model() -> CoverageModel:
    return CoverageModel.read(read_document(DEFAULT_MODEL).data, date(2024, 1, 1))


def test_a_model_without_plans_gets_one_for_every_type_of_crisis() -> None:
    assert set(Crisis.model_validate(CRISIS).plans) == set(CRISIS_TYPES)


def test_a_type_of_crisis_without_a_plan_is_refused() -> None:
    given = {**CRISIS, "plans": plans(public_complaint=None)}
    with pytest.raises(ValidationError, match="every type of crisis needs a plan"):
        Crisis.model_validate(given)


def test_a_plan_for_a_crisis_that_nobody_detects_is_refused_with_those_that_are() -> None:
    given = {**CRISIS, "plans": plans(churn_clutser={"plan_id": "x", "owner": "y"})}
    with pytest.raises(ValidationError, match=r"not a type of crisis; known: churn_cluster, "):
        Crisis.model_validate(given)


def test_a_plan_nobody_owns_is_refused() -> None:
    with pytest.raises(ValidationError, match="owner"):
        Crisis.model_validate({**CRISIS, "plans": plans(churn_cluster={"plan_id": "x"})})


def test_a_crisis_is_less_likely_than_what_is_worth_watching() -> None:
    with pytest.raises(ValidationError, match="must be less than watch_p"):
        Crisis.model_validate({**CRISIS, "crisis_p": 0.1})


def test_what_the_default_model_says_of_signals_is_what_goes_without_saying() -> None:
    model = default_model()

    assert model.signals == SignalRules()
    assert model.crisis == Crisis.model_validate(CRISIS)


def test_a_rule_names_a_playbook_and_functions_where_it_wants() -> None:
    plain = Playbook.model_validate({"id": "spike", "when": "tickets_30d > 15"})
    assert (plain.severity, plain.playbook, plain.functions) == ("medium", None, [])

    full = {"id": "spike", "when": "tickets_30d > 15", "playbook": "call", "functions": ["support"]}
    assert Playbook.model_validate(full).functions == ["support"]


def test_an_account_that_was_never_heard_from_can_be_asked_for() -> None:
    quiet = "age_days > 30 and first_value_date is null and never_heard_from"
    assert [term.signal for term in parse_predicate(quiet).comparisons][-1] == "never_heard_from"
    assert SIGNALS["never_heard_from"].kind == "flag"


@pytest.mark.parametrize(("said", "applies"), [(None, False), (True, True), (False, False)])
def test_answers_to_triggers_decide_coverage_only_where_a_model_says_so(
    said: bool | None, applies: bool
) -> None:
    data = read_document(DEFAULT_MODEL).data
    for standard in data["standards"]["T5"]:
        if standard["family"] == "trigger_response" and said is not None:
            standard["required"] = said
    model = CoverageModel.read(data, date(2024, 1, 1))

    required = {
        standard["family"]: standard["required"] for standard in resolved(model)["standards"]["T5"]
    }
    assert required.pop("trigger_response") is applies
    assert all(required.values())
