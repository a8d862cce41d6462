"""The spreadsheets example: its files agree with each other and with what its README says.

Belongs here: the example's data and mapping, read plainly. Does not: what the pipeline makes of it.
"""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from python_calamine import CalamineWorkbook

from connectors.canonical import ENTITY_KEYS
from connectors.files.settings import Entity, Settings

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "spreadsheets"
DATA = EXAMPLE / "data"
AS_OF = date(2026, 6, 30)
Row = dict[str, str]


@cache
def sources() -> dict[str, Any]:
    text = (EXAMPLE / "config" / "sources.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(text)
    return document


@cache
def settings() -> Settings:
    return Settings.model_validate(sources()["sources"]["spreadsheets"])


def mapping(entity: str) -> Entity:
    entities = settings().entities
    assert entities is not None
    return entities[entity]


@cache
def file_rows(name: str, sheet: str | None = None) -> list[Row]:
    """The file's rows as text, blank ones left out."""
    path = DATA / name
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        rows = [{k: str(v) for k, v in row.items()} for row in table.to_pylist()]
    elif path.suffix == ".xlsx":
        cells = CalamineWorkbook.from_path(path).get_sheet_by_name(sheet or "").to_python()
        header = [str(cell) for cell in cells[0]]
        rows = [dict(zip(header, map(str, line), strict=True)) for line in cells[1:]]
    else:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [dict(row) for row in csv.DictReader(file, strict=True)]
    return [row for row in rows if any(row.values())]


@cache
def rows_of(entity: str) -> list[Row]:
    """The entity's rows under canonical names, values and dates as the file has them."""
    config = mapping(entity)
    theirs = {name: canonical for canonical, name in config.columns.items()}
    rows = file_rows(config.file or f"{entity}.csv", config.sheet)
    return [{theirs.get(name, name): cell for name, cell in row.items()} for row in rows]


def values(entity: str, column: str) -> set[str]:
    return {row[column] for row in rows_of(entity) if row[column]}


def days(entity: str, column: str) -> list[date]:
    date_format = mapping(entity).date_format
    cells = [row[column] for row in rows_of(entity) if row[column]]
    if date_format:
        return [datetime.strptime(cell, date_format).date() for cell in cells]
    return [datetime.fromisoformat(cell).date() for cell in cells]


def day(row: Row, column: str) -> date:
    return datetime.fromisoformat(row[column]).date()


def test_every_entity_is_here_and_every_file_is_used() -> None:
    entities = settings().entities
    assert entities is not None
    assert set(entities) == set(ENTITY_KEYS)
    used = {config.file or f"{name}.csv" for name, config in entities.items()}
    assert used == {path.name for path in DATA.iterdir()}


def test_files_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in DATA.iterdir()}
    assert max(sizes.values()) < 400_000
    assert sum(sizes.values()) < 1_200_000


@pytest.mark.parametrize("entity", ENTITY_KEYS)
def test_every_row_has_as_many_cells_as_the_header(entity: str) -> None:
    for row in rows_of(entity):
        assert None not in row and None not in row.values(), row


@pytest.mark.parametrize("entity", ENTITY_KEYS)
def test_mapped_columns_and_values_are_in_the_file(entity: str) -> None:
    config = mapping(entity)
    header = set(file_rows(config.file or f"{entity}.csv", config.sheet)[0])
    assert set(config.columns.values()) <= header
    for column, known in config.values.items():
        assert values(entity, column) == set(known)


def test_keys_are_unique_but_for_one_ticket_exported_twice() -> None:
    repeated = {}
    for entity, key in ENTITY_KEYS.items():
        counts = Counter(tuple(row[column] for column in key) for row in rows_of(entity))
        if twice := {k: n for k, n in counts.items() if n > 1}:
            repeated[entity] = twice
    assert repeated == {"tickets": {("48981",): 2}}
    last = [row for row in rows_of("tickets") if row["ticket_id"] == "48981"][-1]
    assert last["solved_at"]


@pytest.mark.parametrize(
    "entity", [name for name, key in ENTITY_KEYS.items() if name not in {"users", "user_absences"}]
)
def test_accounts_exist(entity: str) -> None:
    assert values(entity, "account_id") <= {row["account_id"] for row in rows_of("accounts")}


def test_people_contracts_and_tickets_referred_to_exist() -> None:
    users = values("users", "email")
    for entity, column in (
        ("user_absences", "user_email"),
        ("assignments", "user_email"),
        ("time_entries", "user_email"),
        ("assessments", "by_email"),
        ("exceptions", "approved_by"),
        ("accounts", "tier_override_by"),
    ):
        assert values(entity, column) <= users, (entity, column)
    contacts = values("contacts", "email")
    assert values("tickets", "contact_email") | values("surveys", "contact_email") <= contacts
    for row in rows_of("activities"):
        assert set(filter(None, row["user_emails"].split(";"))) <= users
        assert set(filter(None, row["contact_emails"].split(";"))) <= contacts
    assert values("contracts", "predecessor_contract_id") <= values("contracts", "contract_id")
    assert values("accounts", "parent_account_id") <= values("accounts", "account_id")
    assert values("activities", "ticket_id") <= values("tickets", "ticket_id")


def test_contacts_written_to_belong_to_the_account() -> None:
    home = {row["email"]: row["account_id"] for row in rows_of("contacts")}
    for row in rows_of("activities"):
        assert all(home[e] == row["account_id"] for e in row["contact_emails"].split(";") if e)
    assert all(home[row["contact_email"]] == row["account_id"] for row in rows_of("tickets"))


def test_every_account_has_an_owner_or_a_pool_and_one_owner_is_unknown() -> None:
    accounts = rows_of("accounts")
    assert all(bool(row["owner_email"]) != bool(row["pool"]) for row in accounts)
    users = values("users", "email")
    unknown = {row["account_id"] for row in accounts if row["owner_email"] not in {"", *users}}
    assert unknown == {"A016"}


PAST_ONLY = [
    ("accounts", ["started_on", "churned_on", "churn_notice_on", "first_value_on"]),
    ("account_links", ["valid_from"]),
    ("contacts", ["left_on"]),
    ("users", ["started_on", "ended_on"]),
    ("assignments", ["valid_from", "valid_to"]),
    ("contracts", ["signed_on", "notice_on"]),
    ("activities", ["notes_at", "follow_up_at", "logged_at"]),
    ("tickets", ["opened_at", "first_response_at", "solved_at"]),
    ("surveys", ["responded_at"]),
    ("usage", ["on"]),
    ("success_plans", ["updated_on"]),
    ("assessments", ["assessed_at"]),
    ("time_entries", ["started_at"]),
    ("mentions", ["at"]),
    ("projects", ["starts_on", "completed_on"]),
]


@pytest.mark.parametrize(("entity", "columns"), PAST_ONLY)
def test_nothing_that_happened_is_dated_after_the_last_day(entity: str, columns: list[str]) -> None:
    for column in columns:
        assert max(days(entity, column)) <= AS_OF, column


def test_only_planned_meetings_and_signed_renewals_start_after_the_last_day() -> None:
    planned = {row["status"] for row in rows_of("activities") if day(row, "started_at") > AS_OF}
    assert planned == {"planned"}
    future = [row for row in rows_of("contracts") if day(row, "starts_on") > AS_OF]
    assert len(future) == 2
    assert all(day(row, "signed_on") <= AS_OF for row in future)


def test_ranges_run_forwards() -> None:
    for entity, start, end in (
        ("contracts", "starts_on", "ends_on"),
        ("activities", "started_at", "ended_at"),
        ("user_absences", "from", "to"),
        ("assignments", "valid_from", "valid_to"),
        ("exceptions", "from", "to"),
        ("projects", "starts_on", "completed_on"),
    ):
        for row in rows_of(entity):
            assert not row[end] or row[start] < row[end], row


def test_contracts_are_the_cases_the_readme_names() -> None:
    contracts = rows_of("contracts")
    assert {row["currency"] for row in contracts} == {"USD", *sources()["fx"]}
    assert sources()["currency"] == "USD"
    assert any("," in row["arr"] for row in contracts)
    assert all(float(row["arr"].replace(",", "")) >= 2_000 for row in contracts)
    assert sum(not row["ends_on"] for row in contracts) == 1
    by_id = {row["contract_id"]: row for row in contracts}
    gaps = {}
    for row in contracts:
        if row["predecessor_contract_id"]:
            before = by_id[row["predecessor_contract_id"]]
            assert before["account_id"] == row["account_id"]
            gap = (day(row, "starts_on") - day(before, "ends_on")).days - 1
            if gap:
                gaps[row["account_id"]] = gap
    assert gaps == {"A009": -30, "A012": 16, "A037": 47}


def test_churned_accounts_leave_the_day_after_their_last_contract() -> None:
    for row in rows_of("accounts"):
        if row["churned_on"]:
            ends = [
                day(c, "ends_on")
                for c in rows_of("contracts")
                if c["account_id"] == row["account_id"]
            ]
            assert (day(row, "churned_on") - max(ends)).days == 1
            assert row["lifecycle_stage"] == "churned"


def test_the_same_meeting_is_in_two_systems() -> None:
    by_uid = Counter(row["calendar_uid"] for row in rows_of("activities") if row["calendar_uid"])
    assert sum(count == 2 for count in by_uid.values()) == 24
    assert max(by_uid.values()) == 2


def test_the_story_holds_jonas_accounts_are_neglected_once_he_has_left() -> None:
    handed_over = {
        row["account_id"]
        for row in rows_of("assignments")
        if row["reason"] == "hand-over from Jonas Weber"
    }
    assert len(handed_over) == 10

    def met(first: date, last: date) -> set[str]:
        return {
            row["account_id"]
            for row in rows_of("activities")
            if row["status"] == "completed"
            and row["type"] == "check_in"
            and first <= day(row, "started_at") <= last
        }

    assert handed_over <= met(date(2025, 7, 1), date(2025, 9, 30))
    assert len(handed_over & met(date(2026, 4, 1), AS_OF)) == 2
    largest = {f"A{number:03d}" for number in range(1, 20)}
    assert largest <= met(date(2026, 4, 1), AS_OF)


def test_the_readme_counts_the_rows_that_are_there() -> None:
    counted: dict[str, int] = {}
    for line in (EXAMPLE / "README.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            files, rows, *_ = (cell.strip() for cell in line.strip("|").split("|"))
            names = [name.strip("`") for name in files.split(", ")]
            numbers = [int(number.replace(",", "")) for number in rows.split(", ")]
            counted |= dict(zip(names, numbers, strict=True))
    assert counted == {
        path.name: len(file_rows(path.name, mapping("surveys").sheet)) for path in DATA.iterdir()
    }
