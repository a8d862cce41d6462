"""The made-up Custify checks what the real one checks, and answers in its shapes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from custify_workspace import COMPANY, NOTE, PERSON, SCORE, TASK, Stage, ids, stage

from sandbox.servers.custify import API_KEY, READ_ONLY_KEY, System


@pytest.fixture(scope="module")
def served_stage() -> Iterator[Stage]:
    with stage() as shown:
        yield shown


@pytest.fixture
def system(served_stage: Stage, tmp_path: Path) -> System:
    return served_stage.workspace(tmp_path).system


@pytest.fixture
def ask(served_stage: Stage, system: System) -> Any:
    def asking(path: str, *, key: str = API_KEY, method: str = "GET", **params: Any) -> Any:
        texts = {k: json.dumps(v) if isinstance(v, (list, dict)) else v for k, v in params.items()}
        headers = {"Authorization": f"Bearer {key}"}
        return requests.request(
            method, served_stage.url + path, params=texts, headers=headers, timeout=5
        )

    return asking


def test_a_page_is_ten_records_and_no_more_than_the_largest(system: System, ask: Any) -> None:
    system.fill("tasks", 120)
    assert len(ask("/task").json()["tasks"]) == 10
    reply = ask("/task", page=2, itemsPerPage=100).json()
    assert (reply["tasks"][0]["_id"], len(reply["tasks"]), reply["total"]) == (
        ids(TASK, 51)[0],
        50,
        120,
    )


@pytest.mark.parametrize(
    ("kind", "how", "field", "value", "expected"),
    [
        ("Boolean", "true", "churned", None, [10]),
        ("String", "contains", "name", "COMPANY 1", [1, 10, 11, 12]),
        ("String", "is_unknown", "nickname", None, list(range(1, 13))),
        ("Number", "greater", f"metrics.health_scores.{ids(SCORE, 1)[0]}", "40", [11, 12]),
        ("Currency", "between", "monthly_revenue", [510, 520], [1, 2]),
        ("Date", "after", "signed_up_at", "2025-01-16", [11, 12]),
        ("Date", "on", "signed_up_at", "2025-01-08", [2]),
        ("Dropdown", "is_none_of", "industry", ["Retail", "Software", "Logistics"], [3, 7, 11]),
        ("Segment", "is_any_of", "buckets", ids(8, 1), list(range(1, 13))),
        ("User", "is_in", "owners_csm", ids(9, 0), [3, 6, 9, 12]),
    ],
)
def test_filters_of_companies_filter(
    system: System, ask: Any, kind: str, how: str, field: str, value: Any, expected: list[int]
) -> None:
    system.fill("companies", 12)
    asked = {"fieldName": field, "fieldType": kind, "filterType": how, "filterValue": value}
    companies = ask("/company/all", filters=[asked], itemsPerPage=50).json()["companies"]
    assert [company["id"] for company in companies] == ids(COMPANY, *expected)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"field": "status", "values": ["done"]}, [1, 4]),
        ({"field": "status", "values": ["overdue"]}, [3, 6]),
        ({"field": "company", "values": ids(COMPANY, 2, 5)}, [2, 5]),
        ({"field": "dueOn", "startDate": "2025-01-08", "endDate": "2025-01-09"}, [2, 3]),
        ({"field": "dueOn", "values": ["later"]}, []),
    ],
)
def test_filters_of_tasks_filter(
    system: System, ask: Any, asked: dict[str, Any], expected: list[int]
) -> None:
    system.fill("tasks", 6)
    tasks = ask("/task", filters=[asked]).json()["tasks"]
    assert [task["_id"] for task in tasks] == ids(TASK, *expected)


def test_sorting_sorts(system: System, ask: Any) -> None:
    system.fill("tasks", 3)
    system.fill("tasks", 1, first=2)
    sorting = {"field": "updated_at", "direction": "desc"}
    tasks = ask("/task", sorting=sorting).json()["tasks"]
    assert [task["_id"] for task in tasks] == ids(TASK, 2, 3, 1)


def test_notes_come_newest_first_and_sticky_ones_before_them(system: System, ask: Any) -> None:
    system.fill("notes", 3)
    company = ids(COMPANY, 1)[0]
    for number in (2, 3):
        note = system.example("notes", number)
        system.put("notes", {**note, "entity": company, "sticky": number == 2})
    assert [note["id"] for note in ask("/note").json()["notes"]] == ids(NOTE, 3, 2, 1)
    of_company = ask(f"/note/{company}").json()["notes"]
    assert [note["id"] for note in of_company] == ids(NOTE, 2, 3, 1)


def test_people_are_in_an_array_and_those_of_a_company_nested(system: System, ask: Any) -> None:
    system.fill("people", 2)
    (listed,) = ask("/people/all").json()
    assert listed["total"] == 2
    (of_company,) = ask(f"/company/people/{ids(COMPANY, 1)[0]}").json()
    assert of_company["people"][0]["details"]["email"] == "person1@company1.example"
    assert ask(f"/people/{ids(PERSON, 1)[0]}").json()["user_id"] == "u-1"


def test_one_company_comes_as_a_list(system: System, ask: Any) -> None:
    system.fill("companies", 2)
    by_id = ask(f"/company/{ids(COMPANY, 2)[0]}").json()
    assert (by_id["companies"][0]["name"], by_id["total"]) == ("Company 2", 1)
    assert ask("/company", company_id="1002").json() == by_id


def test_a_history_is_of_one_score_and_company(system: System, ask: Any) -> None:
    system.fill("health_scores", 1)
    system.fill("health_score_values", 30)
    values = ask(f"/health_score/{ids(SCORE, 1)[0]}/values", companyId=ids(COMPANY, 3)[0]).json()
    assert [value["date"] for value in values["values"]] == [
        "2025-01-08",
        "2025-01-07",
        "2025-01-06",
    ]
    assert (values["total"], values["min"], values["max"], values["median"]) == (3, 43, 63, 53)


def test_what_is_deleted_leaves_no_trace(system: System, ask: Any) -> None:
    system.fill("companies", 2)
    path = f"/company/{ids(COMPANY, 1)[0]}"
    assert ask(path, method="DELETE").json()["code"] == "Success"
    assert ask("/company/all").json()["total"] == 1
    assert ask(path).status_code == 404
    assert "not found" in ask(path).json()["error"]


def test_a_read_only_key_does_not_delete(system: System, ask: Any) -> None:
    system.fill("people", 1)
    reply = ask("/people", key=READ_ONLY_KEY, method="DELETE", user_id="u-1")
    assert (reply.status_code, reply.json()["statusCode"]) == (403, 403)
    assert ask("/people", method="DELETE", user_id="u-1").status_code == 200
    assert ask("/people", method="DELETE", user_id="u-1").status_code == 404


@pytest.mark.parametrize(
    "params",
    [
        {"page": 0},
        {"itemsPerPage": "many"},
        {"limit": 5},
        {"filters": "not json"},
        {"filters": [{"fieldName": "name", "fieldType": "String", "filterType": "greater"}]},
        {"sorting": {"field": "name", "direction": "up"}},
    ],
)
def test_what_cannot_be_understood_is_refused(ask: Any, params: dict[str, Any]) -> None:
    reply = ask("/company/all", **params)
    assert reply.status_code == 400
    assert set(reply.json()) == {"error", "message", "statusCode"}


def test_a_wrong_key_and_too_many_requests_are_refused(system: System, ask: Any) -> None:
    assert ask("/company/all", key="wrong").json()["statusCode"] == 401
    system.limit_every = 2
    reply = ask("/company/all")
    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "1")
