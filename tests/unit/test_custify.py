"""Custify: what a night reads of a workspace, on a server that answers as Custify does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from custify_workspace import (
    BY_NAME,
    COMPANY,
    NOTE,
    TASK,
    Stage,
    Workspace,
    answering,
    ids,
    rewriting,
    stage,
)
from pydantic import ValidationError

from connectors.custify import CUSTOM_FIELDS, STREAMS, Settings
from connectors.errors import NotPermitted, PermanentSourceError, TransientSourceError
from sandbox.servers.custify import API_KEY, READ_ONLY_KEY
from sandbox.servers.vendor import Fault, Record


@pytest.fixture(scope="module")
def served_stage() -> Iterator[Stage]:
    with stage() as shown:
        yield shown


@pytest.fixture
def workspace(served_stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    workspace = served_stage.workspace(tmp_path)
    for name, secret in workspace.system.secrets().items():
        monkeypatch.setenv(name, secret)
    return workspace


# --- settings


def test_five_lines_of_settings_are_enough() -> None:
    settings = Settings.model_validate({"auth": {"token": "$CUSTIFY_API_KEY"}})
    assert settings.base_url == "https://api.custify.com"
    assert settings.task_sync == "changes"


def test_a_key_that_is_written_out_is_refused() -> None:
    with pytest.raises(ValidationError, match="environment variable"):
        Settings.model_validate({"auth": {"token": "abc123"}})


# --- the first load


@pytest.mark.parametrize("stream", [s.name for s in STREAMS])
def test_the_first_night_reads_all_of_every_stream(workspace: Workspace, stream: str) -> None:
    workspace.system.fill("companies", 3)
    workspace.system.fill("health_scores", 2)
    if stream not in ("companies", "health_scores"):
        workspace.system.fill(stream, 60 if stream != "health_score_values" else 30)
    night = workspace.night(stream)
    expected = {
        "companies": 3,
        "health_scores": 2,
        "health_score_values": 9,  # 30 values of ten companies, of which three are there
        "attributes": 60 + 4,
    }
    keys = {tuple(record[name] for name in BY_NAME[stream].key) for record in night.records}
    assert len(night.records) == len(keys) == expected.get(stream, 60)
    assert night.is_everything is (stream != "health_score_values")
    assert night.rejected == 0


def test_records_are_landed_as_they_were_received(workspace: Workspace) -> None:
    stored = workspace.system.fill("companies", 1)[0]
    assert workspace.night("companies").records == [stored]


def test_pages_hold_fifty_records_unless_set_otherwise(workspace: Workspace) -> None:
    workspace.system.fill("notes", 120)
    workspace.night("notes")
    assert [query["itemsPerPage"] for query in workspace.asked("/note")] == [["50"]] * 3
    workspace.forget()
    assert len(workspace.night("notes", page_size=25).records) == 120
    assert workspace.asked("/note")[0]["itemsPerPage"] == ["25"]


def test_a_page_that_custify_cuts_down_is_not_the_last(workspace: Workspace) -> None:
    workspace.system.fill("notes", 120)
    assert len(workspace.night("notes", page_size=100).records) == 120
    workspace.system.page_limit = 20
    assert len(workspace.night("notes").records) == 120
    workspace.system.sends_total = False
    assert len(workspace.night("notes").records) == 120


def test_full_pages_go_on_whatever_the_total_says(workspace: Workspace) -> None:
    workspace.system.fill("notes", 120)
    workspace.system.faults = [rewriting("/note", b'"total":120', b'"total":50')]
    assert len(workspace.night("notes").records) == 120


# --- envelopes


ONE = {"id": "a", "email": "a@x.example"}


@pytest.mark.parametrize(
    "body",
    [
        [{"people": [ONE], "total": 1}],
        {"people": [ONE], "total": 1},
        {"data": [ONE], "total": "1"},
        {"items": [ONE]},
        [ONE],
    ],
    ids=["array-wrapped", "plural", "data", "items", "bare"],
)
def test_every_envelope_is_opened(workspace: Workspace, body: Any) -> None:
    workspace.system.faults = [answering(body, "/people/all")]
    assert workspace.night("people").records == [ONE]


@pytest.mark.parametrize("body", [[{"people": [], "total": 0}], [], {"total": 0}])
def test_an_empty_list_is_empty(workspace: Workspace, body: Any) -> None:
    workspace.system.faults = [answering(body, "/people/all")]
    night = workspace.night("people")
    assert night.records == [] and night.is_everything


def test_an_answer_without_a_list_is_not_taken_for_an_empty_one(workspace: Workspace) -> None:
    workspace.system.faults = [answering({"persons": [ONE], "total": 1}, "/people/all")]
    with pytest.raises(TransientSourceError, match="no list of people"):
        workspace.night("people")


def test_a_single_record_is_not_taken_for_an_envelope(workspace: Workspace) -> None:
    score = {"id": "s1", "name": "Adoption", "items": [{"id": "part"}]}
    workspace.system.faults = [answering([score], "/health_score/simple")]
    assert workspace.night("health_scores").records == [score]


def test_what_is_no_object_among_the_records_is_set_aside(workspace: Workspace) -> None:
    workspace.system.faults = [answering(["name"], "/company/attributes")]
    night = workspace.night("attributes")
    assert night.rejected == 1
    assert {record["_entity"] for record in night.records} == {"people"}


# --- identity


def test_a_record_that_has_only_an_underscored_id_is_given_its_id(workspace: Workspace) -> None:
    plain = {"id": "a", "name": "x"}
    underscored = {"_id": "b", "name": "y"}
    both = {"_id": "internal", "id": "c"}
    body = {"companies": [plain, underscored, both], "total": 3}
    workspace.system.faults = [answering(body, "/company/all")]
    records = workspace.night("companies").records
    assert records == [plain, {"id": "b", **underscored}, both]


def test_a_nested_person_has_its_id_at_the_top(workspace: Workspace) -> None:
    nested = {"id": "a", "details": {"email": "a@x.example"}}
    only_inside = {"details": {"_id": "b", "email": "b@x.example"}}
    body = [{"people": [nested, only_inside], "total": 2}]
    workspace.system.faults = [answering(body, "/people/all")]
    assert workspace.night("people").records == [nested, {"id": "b", **only_inside}]


def test_custom_attributes_are_where_the_declaration_says(workspace: Workspace) -> None:
    workspace.system.fill("companies", 1)
    company = workspace.night("companies", fields={"accounts.tier_override": "Tier"}).records[0]
    place = next(p for p in CUSTOM_FIELDS.objects if "Tier" in (company.get(p) if p else company))
    assert (place, company[place]["Tier"]) == ("custom_attributes", "gold")


# --- a list that changes while it is read


def test_a_record_pushed_onto_the_next_page_is_landed_once(workspace: Workspace) -> None:
    workspace.system.fill("notes", 60)
    workspace.before_page("/note", 2, lambda: workspace.system.fill("notes", 1, first=99))
    night = workspace.night("notes")
    assert sorted(night.ids) == sorted(ids(NOTE, *range(1, 61)))
    assert len(workspace.asked("/note")) == 2


def test_a_record_pulled_onto_a_page_already_read_is_found(workspace: Workspace) -> None:
    workspace.system.fill("notes", 60)
    newest = ids(NOTE, 60)[0]
    workspace.before_page("/note", 2, lambda: workspace.system.delete("notes", newest))
    night = workspace.night("notes")
    assert set(ids(NOTE, *range(1, 60))) <= set(night.ids)
    assert len(night.ids) == len(set(night.ids))
    assert night.is_everything


def test_a_list_shorter_than_its_total_deletes_nothing(workspace: Workspace) -> None:
    workspace.system.fill("notes", 60)
    workspace.system.faults = [rewriting("/note", b'"total":60', b'"total":90')]
    with pytest.raises(TransientSourceError, match="states 90 records and listed 60"):
        workspace.night("notes")
    assert list(workspace.folder.rglob("*.gz")) == []
    assert len(workspace.night("notes", trusts_total=False).records) == 60


# --- deletions


def test_what_is_deleted_is_missing_in_a_read_of_everything(workspace: Workspace) -> None:
    workspace.system.fill("companies", 4)
    workspace.night("companies")
    workspace.system.delete("companies", ids(COMPANY, 2)[0])
    night = workspace.night("companies")
    assert night.ids == ids(COMPANY, 1, 3, 4) and night.is_everything


def test_deleted_tasks_are_found_when_the_full_read_is_due(workspace: Workspace) -> None:
    workspace.system.fill("tasks", 5)
    assert workspace.night("tasks").is_everything
    workspace.system.delete("tasks", ids(TASK, 2)[0])
    workspace.system.now += timedelta(days=1)
    assert not workspace.night("tasks").is_everything
    workspace.system.now += timedelta(days=7)
    night = workspace.night("tasks")
    assert night.is_everything and night.ids == ids(TASK, 1, 3, 4, 5)


def test_tasks_can_be_read_in_full_every_night(workspace: Workspace) -> None:
    workspace.system.fill("tasks", 3)
    for _ in range(2):
        assert workspace.night("tasks", task_sync="full").is_everything


# --- tasks by change


def test_tasks_are_read_up_to_the_first_that_did_not_change(workspace: Workspace) -> None:
    workspace.system.fill("tasks", 200)
    workspace.night("tasks")
    workspace.forget()
    workspace.system.now += timedelta(days=1)
    workspace.system.fill("tasks", 2, first=7)  # two change
    night = workspace.night("tasks", page_size=20)
    assert set(ids(TASK, 7, 8)) <= set(night.ids)
    assert len(workspace.asked("/task")) == 1
    assert workspace.asked("/task")[0]["sorting"] == ['{"field":"updated_at","direction":"desc"}']


def test_the_next_night_begins_a_little_before_the_last_change(workspace: Workspace) -> None:
    workspace.system.fill("tasks", 30)  # a minute apart
    state = workspace.night("tasks", lookback_minutes=15).state
    newest = workspace.system.listed("tasks")[-1]["updated_at"]
    assert newest == "2026-01-05T09:29:00.000Z"
    assert state is not None and state["since"] == "2026-01-05T09:14:00.000000Z"
    assert workspace.night("tasks").state == state


def test_a_task_dated_in_the_future_does_not_hide_later_changes(workspace: Workspace) -> None:
    workspace.system.fill("tasks", 1)
    task = workspace.system.records["tasks"][ids(TASK, 1)[0]]
    task["updated_at"] = "2031-01-01T00:00:00.000Z"
    state = workspace.night("tasks", lookback_minutes=0).state
    assert state is not None
    assert state["since"][:13] == f"{workspace.system.now + timedelta(hours=1):%Y-%m-%dT%H}"


def test_tasks_in_another_order_are_read_to_the_end(workspace: Workspace) -> None:
    workspace.system.fill("tasks", 60)
    workspace.night("tasks", lookback_minutes=0)
    listed = workspace.system.listed("tasks")
    workspace.system.faults = [
        answering({"tasks": listed[:50], "total": 60}, "/task", times=1),
        answering({"tasks": listed[50:], "total": 60}, "/task", times=1),
    ]
    assert len(workspace.night("tasks").records) == 60


def test_a_deletion_during_the_read_hides_no_change(workspace: Workspace) -> None:
    workspace.system.fill("tasks", 60)
    workspace.night("tasks")
    workspace.system.now += timedelta(days=1)
    workspace.system.fill("tasks", 60)  # all change
    newest = ids(TASK, 60)[0]
    workspace.before_page("/task", 2, lambda: workspace.system.delete("tasks", newest))
    assert set(ids(TASK, *range(1, 60))) <= set(workspace.night("tasks").ids)


# --- interruptions


def test_an_interrupted_list_leaves_nothing_and_is_read_anew(workspace: Workspace) -> None:
    workspace.system.fill("notes", 120)
    workspace.system.faults = [Fault(path="/note", skip=1, times=2, status=500)]
    with pytest.raises(TransientSourceError):
        workspace.night("notes")
    assert list(workspace.folder.rglob("*.gz")) == []
    night = workspace.night("notes")
    assert len(night.records) == 120 and night.is_everything


def test_half_an_answer_is_asked_for_again(workspace: Workspace) -> None:
    workspace.system.fill("notes", 60)
    workspace.system.faults = [Fault(path="/note", truncate=True)]
    assert len(workspace.night("notes").records) == 60


# --- refusals


def test_a_read_only_key_reads(workspace: Workspace) -> None:
    assert workspace.system.secrets() == {"CUSTIFY_API_KEY": READ_ONLY_KEY}
    workspace.system.fill("people", 2)
    assert len(workspace.night("people").records) == 2


def test_a_bad_key_is_named_and_not_shown(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTIFY_API_KEY", API_KEY)
    workspace.system.revoke(API_KEY)
    with pytest.raises(PermanentSourceError, match="Settings > Developer > API") as caught:
        workspace.night("companies")
    assert API_KEY not in str(caught.value)
    assert len(workspace.system.seen) == 1


def test_a_key_without_access_says_what_the_stream_needs(workspace: Workspace) -> None:
    workspace.system.forbid("meetings")
    with pytest.raises(NotPermitted, match="needs an API key with access to meetings"):
        workspace.night("meetings")


@pytest.mark.parametrize(("hint", "wait"), [("3", 3), (None, 10)])
def test_too_many_requests_are_waited_for(
    workspace: Workspace, hint: str | None, wait: int
) -> None:
    workspace.system.fill("notes", 120)
    workspace.system.limit_every, workspace.system.retry_after = 3, hint
    assert len(workspace.night("notes").records) == 120
    assert workspace.clock.waits == [wait]


@pytest.mark.parametrize(
    "body",
    [
        {"error": "Bad Request", "message": "no such thing", "statusCode": 400},
        {"error": "no such thing"},
        {"msg": "no such thing", "code": "Failed", "params": None},
    ],
)
def test_errors_are_told_in_custifys_words(workspace: Workspace, body: Record) -> None:
    fault = Fault(path="/note", status=400, body=json.dumps(body).encode())
    workspace.system.faults = [fault]
    with pytest.raises(PermanentSourceError, match="no such thing"):
        workspace.night("notes")
