"""What may be written under a files source, and the streams it asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.canonical import ENTITY_KEYS, OPTIONAL_KEYS
from connectors.files import Settings, open_source
from connectors.files.plan import Plan, make_plan


def plan(*in_folder: str, **settings: Any) -> Plan:
    return make_plan(Settings.model_validate({"path": "x", **settings}), in_folder)


def streams(made: Plan) -> dict[str, tuple[tuple[str, ...], str | None]]:
    declared = [planned.as_stream() for planned in made.files.values()]
    return {stream.name: (stream.key, stream.entity) for stream in declared}


def test_optional_key_columns_are_key_columns_and_never_all_of_them() -> None:
    for entity, optional in OPTIONAL_KEYS.items():
        assert optional < set(ENTITY_KEYS[entity])


def test_without_entities_each_entity_is_a_stream_whether_or_not_its_file_is_there() -> None:
    expected = {entity: (key, entity) for entity, key in ENTITY_KEYS.items()}
    assert streams(plan()) == expected
    assert streams(plan("accounts.csv", "other.csv")) == expected
    assert not any(planned.is_required for planned in plan().files.values())


def test_a_mapped_file_is_a_stream_with_the_files_own_key() -> None:
    made = plan(entities={"tickets": {"file": "Support.csv", "columns": {"ticket_id": "ID"}}})
    assert streams(made) == {"support": (("ID",), "tickets")}
    assert made.entity_streams == {"tickets": ("support",)}
    assert made.files["support"].is_required


def test_a_file_of_two_entities_is_one_stream_whose_key_tells_both_apart() -> None:
    made = plan(
        entities={
            "accounts": {"file": "all.csv"},
            "contracts": {"file": "all.csv", "columns": {"contract_id": "id"}},
        }
    )
    assert streams(made) == {"all": (("account_id", "id"), None)}


def test_a_declared_key_replaces_the_canonical_one() -> None:
    made = plan(entities={"usage": {"file": "u.csv"}}, files={"u.csv": {"key": ["row"]}})
    assert streams(made) == {"u": (("row",), "usage")}


def test_files_of_queries_and_checks_come_from_the_folder_and_from_files() -> None:
    query = "select * from feature_usage join subs using (id) join nowhere using (id)"
    made = plan(
        "feature_usage.csv",
        "unused.csv",
        entities={"usage": {"query": query}, "tickets": {}},
        files={"subs.csv": {"key": ["id"]}},
        checks={"late": {"query": "select 1 from tickets, events", "message": "m"}},
    )
    assert streams(made) == {
        "tickets": (("ticket_id",), "tickets"),
        "subs": (("id",), None),
        "feature_usage": ((), None),
    }
    assert made.entity_streams == {"tickets": ("tickets",), "usage": ("feature_usage", "subs")}
    assert made.check_streams == {"late": ("tickets",)}


def test_a_file_still_feeds_its_own_entity_when_another_ones_query_uses_it() -> None:
    made = plan(entities={"tickets": {}, "surveys": {"query": "select * from tickets"}})
    assert streams(made) == {"tickets": (("ticket_id",), "tickets")}
    assert made.entity_streams == {"tickets": ("tickets",), "surveys": ("tickets",)}
    assert made.files["tickets"].as_stream().description.endswith("tickets, queries and checks.")


def test_sheets_of_one_workbook_are_streams_of_their_own() -> None:
    made = plan(
        entities={
            "accounts": {"file": "all.xlsx"},
            "users": {"file": "all.xlsx", "sheet": "The Team"},
        }
    )
    assert made.entity_streams == {"accounts": ("all",), "users": ("all_the_team",)}
    alone = plan(entities={"users": {"file": "all.xlsx", "sheet": "The Team"}})
    assert alone.entity_streams == {"users": ("all",)}


@pytest.mark.parametrize("file", ["https://x.example/y?z=1", "$SHEET"])
def test_a_link_is_called_like_its_entity_and_never_shown(file: str) -> None:
    made = plan(entities={"surveys": {"file": file}})
    (stream,) = [planned.as_stream() for planned in made.files.values()]
    assert (stream.name, stream.entity) == ("surveys", "surveys")
    assert stream.description == "A linked sheet, for surveys."


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"entities": {"tikets": {}}}, "tikets is not a canonical entity. Did you mean tickets?"),
        ({"entities": {"tickets": {"file": "a.ods"}}}, "Save the file as .csv or .xlsx"),
        ({"entities": {"tickets": {"file": "../a.csv"}}}, "outside the folder"),
        ({"entities": {"tickets": {"file": "顧客.csv"}}}, "at least one letter"),
        ({"files": {"usage": {}}}, "usage cannot be read: its ending is none of .csv"),
        (
            {"entities": {"tickets": {"file": "Support.csv"}}, "files": {"support.xlsx": {}}},
            "would both be called support: rename one",
        ),
        (
            {"checks": {"c": {"query": "q", "message": "m", "entity": "user"}}},
            "Did you mean users?",
        ),
        (
            {"entities": {"tickets": {"file": "a.csv", "query": "select 1"}}},
            "query replaces file",
        ),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate({"path": "x", **settings})
    assert message in str(refused.value)


def test_a_link_in_a_message_has_lost_its_secret() -> None:
    linked = {"file": "https://x.example/y?token=abc"}
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate(
            {"path": "x", "entities": {"surveys": linked}, "files": {"surveys.csv": {}}}
        )
    (error,) = refused.value.errors(include_input=False)
    assert "x.example/y" in error["msg"]
    assert "abc" not in error["msg"]


def test_streams_need_neither_the_folder_nor_its_variable(tmp_path: Path) -> None:
    for path in ("missing", "$NOT_SET_ANYWHERE"):
        settings = Settings.model_validate({"path": path, "files": {"a.csv": {}}, "entities": {}})
        assert [s.name for s in open_source("sheets", settings, tmp_path).streams] == ["a"]


def test_a_date_format_without_signs_is_refused_with_an_example() -> None:
    with pytest.raises(ValidationError, match=r'"dd-mm-yyyy" says nothing .* like "%d-%m-%Y"'):
        plan(entities={"tickets": {"date_format": "dd-mm-yyyy"}})
