"""Custify: the history of health scores, which is read company by company."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from custify_workspace import COMPANY, SCORE, Stage, Workspace, answering, ids, stage

from connectors.errors import TransientSourceError
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


def with_history(workspace: Workspace, companies: int = 3, days: int = 2) -> None:
    workspace.system.fill("companies", companies)
    workspace.system.fill("health_scores", 1)
    for number in range(1, 10 * days + 1):
        if (number - 1) % 10 < companies:
            workspace.system.fill("health_score_values", 1, first=number)


def history_of(workspace: Workspace) -> list[str]:
    """The companies whose history was asked for, in order, each once."""
    path = f"/health_score/{ids(SCORE, 1)[0]}/values"
    return list(dict.fromkeys(query["companyId"][0] for query in workspace.asked(path)))


def test_a_value_knows_its_score_company_and_day(workspace: Workspace) -> None:
    with_history(workspace, companies=1, days=1)
    (value,) = workspace.night("health_score_values").records
    assert value["_score_id"] == ids(SCORE, 1)[0]
    assert value["_company_id"] == ids(COMPANY, 1)[0]
    assert value["_at"] == value["date"]
    assert list(value)[:3] == ["_score_id", "_company_id", "_at"]


def test_history_is_read_again_only_of_companies_that_changed(workspace: Workspace) -> None:
    with_history(workspace)
    workspace.night("health_score_values", lookback_minutes=0)
    assert history_of(workspace) == ids(COMPANY, 1, 2, 3)
    workspace.system.now += timedelta(days=1)
    workspace.system.fill("companies", 1, first=2)
    workspace.forget()
    workspace.night("health_score_values", lookback_minutes=0)
    assert history_of(workspace) == ids(COMPANY, 3, 2)  # the bookmark is inclusive
    workspace.forget()
    workspace.night("health_score_values", lookback_minutes=0)
    assert history_of(workspace) == ids(COMPANY, 2)


def test_of_a_long_history_only_what_is_new_is_read(workspace: Workspace) -> None:
    with_history(workspace, companies=1, days=120)
    assert len(workspace.night("health_score_values").records) == 120
    workspace.forget()
    workspace.night("health_score_values")
    path = f"/health_score/{ids(SCORE, 1)[0]}/values"
    assert len(workspace.asked(path)) == 1


def test_history_that_comes_oldest_first_is_read_to_the_end(workspace: Workspace) -> None:
    workspace.system.values_newest_first = False
    with_history(workspace, companies=1, days=120)
    workspace.night("health_score_values")
    assert len(workspace.night("health_score_values").records) == 120


def test_the_first_read_goes_back_so_far_and_no_further(workspace: Workspace) -> None:
    with_history(workspace, companies=1, days=200)
    night = workspace.night("health_score_values", health_history_days=250)
    oldest_wanted = f"{workspace.system.now - timedelta(days=250):%Y-%m-%d}"
    assert len([r for r in night.records if r["date"] >= oldest_wanted]) == 86
    assert len(night.records) == 100  # whole pages


def test_a_night_reads_so_many_companies_and_the_next_goes_on(workspace: Workspace) -> None:
    with_history(workspace, companies=5)
    read = []
    for _ in range(3):
        workspace.forget()
        workspace.night("health_score_values", health_history_companies=2)
        read.append(history_of(workspace))
    assert read == [ids(COMPANY, 1, 2), ids(COMPANY, 3, 4), ids(COMPANY, 5)]


def test_a_new_score_is_read_of_every_company(workspace: Workspace) -> None:
    with_history(workspace)
    workspace.night("health_score_values")
    workspace.system.fill("health_scores", 1, first=2)
    workspace.forget()
    workspace.night("health_score_values")
    assert history_of(workspace) == ids(COMPANY, 1, 2, 3)


@pytest.mark.parametrize(
    ("value", "at"),
    [
        ({"id": "v", "date": "2026-01-02", "created_at": "2026-01-03T00:00:00Z"}, "2026-01-02"),
        ({"id": "v", "created_at": "2026-01-03T00:00:00Z"}, "2026-01-03T00:00:00Z"),
        ({"id": "v", "computedOn": "2026-01-04T00:00:00Z"}, "2026-01-04T00:00:00Z"),
        ({"id": "v", "timestamp": 1767225600000}, "2026-01-01T00:00:00.000000Z"),
        ({"id": "v", "score": 5}, "v"),
    ],
    ids=["date", "created", "unknown name", "epoch", "none: its id"],
)
def test_a_value_is_dated_by_whatever_dates_it(
    workspace: Workspace, value: Record, at: str
) -> None:
    with_history(workspace, companies=1, days=1)
    workspace.system.faults = [answering({"data": [value]}, "/values")]
    (landed,) = workspace.night("health_score_values").records
    assert landed["_at"] == at
    workspace.states.clear()
    forced = workspace.night("health_score_values", health_date_field="created_at").records[0]
    assert forced["_at"] == value.get("created_at", "v")


def test_history_of_a_company_that_is_gone_meanwhile_is_none(workspace: Workspace) -> None:
    with_history(workspace)
    gone = json.dumps({"error": "Company: x not found"}).encode()
    workspace.system.faults = [Fault(path="/values", status=404, body=gone)]
    assert len(workspace.night("health_score_values").records) == 4


def test_an_interrupted_history_goes_on_where_it_was(workspace: Workspace) -> None:
    with_history(workspace, companies=3)
    night = workspace.night("health_score_values", records_per_batch=1)
    assert not night.is_complete
    workspace.forget()
    workspace.system.faults = [Fault(path="/values", times=2, status=503)]
    with pytest.raises(TransientSourceError):
        workspace.night("health_score_values", records_per_batch=1)
    workspace.forget()
    rest = workspace.night("health_score_values")
    assert history_of(workspace) == ids(COMPANY, 2, 3)
    assert len(night.records) + len(rest.records) == 6


def test_a_probe_asks_for_little(workspace: Workspace) -> None:
    with_history(workspace, companies=60)
    assert len(workspace.probe("health_score_values")) == 2
    assert len(workspace.system.seen) == 3
