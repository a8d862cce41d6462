"""What sources.yaml says of files, as dbt's staging then sees them: schema `input`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support import Folder, carried, prepare, query, rows

from pipelines import canonical
from pipelines.home import Home
from pipelines.warehouse.mapping import MappingError
from pipelines.warehouse.user_queries import Finding


@pytest.fixture
def folder(home: Home, tmp_path: Path) -> Folder:
    return Folder(home, tmp_path / "exports")


def columns_of(home: Home, view: str) -> list[tuple[str, str]]:
    """Names and types of a view's columns."""
    return [(name, kind) for name, kind, *_ in query(home, f"describe input.files__{view}")]


def mapped(folder: Folder, entity: str, text: str, **mapping: Any) -> list[Finding]:
    """Read `<entity>.csv` with this content and this mapping, and prepare the views."""
    folder.write(**{entity: text})
    folder.settings = {"entities": {entity: mapping}}
    folder.read()
    return prepare(folder.home, folder)


# What there is


def test_every_entity_has_a_view_of_text_columns_whatever_is_configured(home: Home) -> None:
    assert prepare(home) == []
    for entity in canonical.entities().values():
        names = ["source_name", *(f.name for f in entity.fields), "attributes"]
        texts = [(name, "VARCHAR") for name in names]
        assert columns_of(home, entity.name) == [*texts, ("version", "BIGINT")]
        assert query(home, f"select count(*) from input.files__{entity.name}") == [(0,)]
    assert columns_of(home, "accounts_versions") == [
        *columns_of(home, "accounts")[:-1],
        ("known_on", "DATE"),
        ("is_deleted", "BOOLEAN"),
    ]
    assert carried(home) == set()


def test_a_view_has_the_same_columns_with_rows_as_without(folder: Folder) -> None:
    prepare(folder.home)
    empty = columns_of(folder.home, "accounts_versions")
    mapped(folder, "accounts", "name,account_id,extra\nAcme,1,x\n")
    assert columns_of(folder.home, "accounts_versions") == empty
    assert columns_of(folder.home, "accounts") == [*empty[:-2], ("version", "BIGINT")]


def test_columns_with_their_canonical_names_need_no_mapping(folder: Folder) -> None:
    assert mapped(folder, "accounts", "account_id,name,arr\n1, Acme ,12\n2,Bolt,  \n") == []
    assert rows(folder.home, "accounts", "source_name", "account_id", "name", "arr") == [
        ("sheets", "1", "Acme", "12"),
        ("sheets", "2", "Bolt", None),
    ]


def test_what_a_file_lacks_is_null_and_not_carried_but_what_is_empty_is_carried(
    folder: Folder,
) -> None:
    mapped(folder, "accounts", "account_id,name,domain\n1,Acme,\n")
    assert rows(folder.home, "accounts", "domain", "industry") == [(None, None)]
    assert carried(folder.home) == {
        ("accounts", "account_id"),
        ("accounts", "name"),
        ("accounts", "domain"),
    }


def test_a_header_alone_is_carried_too(folder: Folder) -> None:
    mapped(folder, "accounts", "account_id,name\n")
    assert rows(folder.home, "accounts", "name") == []
    assert ("accounts", "name") in carried(folder.home)


def test_unknown_columns_are_kept_as_attributes(folder: Folder) -> None:
    mapped(folder, "accounts", 'account_id,name,Plan,Net "Promo"\n1,Acme,gold,\n')
    ((attributes,),) = rows(folder.home, "accounts", "attributes")
    assert json.loads(attributes) == {"Plan": "gold", 'Net "Promo"': ""}


def test_without_unknown_columns_there_are_no_attributes(folder: Folder) -> None:
    mapped(folder, "accounts", "account_id,name\n1,Acme\n")
    assert rows(folder.home, "accounts", "attributes") == [(None,)]


def test_two_sources_of_an_entity_are_one_view(folder: Folder, tmp_path: Path) -> None:
    other = Folder(folder.home, tmp_path / "more", "more", {"entities": {"accounts": {}}})
    folder.settings = {"entities": {"accounts": {}}}
    folder.write(accounts="account_id,name\n1,Acme\n")
    other.write(accounts="name,account_id,plan\nBolt,1,x\n")
    folder.read()
    other.read()
    prepare(folder.home, folder, other)
    assert rows(folder.home, "accounts", "source_name", "account_id", "name") == [
        ("more", "1", "Bolt"),
        ("sheets", "1", "Acme"),
    ]
    assert rows(folder.home, "accounts_versions", "source_name") == [("more",), ("sheets",)]


@pytest.mark.parametrize("name", ["files", "accounts", "s", "input"])
def test_a_source_may_have_any_name(home: Home, tmp_path: Path, name: str) -> None:
    same = {"query": "select * from list", "values": {}}
    settings = {"entities": {"accounts": {"file": "list.csv"}, "contacts": same}}
    folder = Folder(home, tmp_path, name, settings)
    folder.write(list="account_id,name,contact_id\n1,Acme,9\n")
    folder.read()
    for _ in range(2):
        assert prepare(home, folder) == []
    assert rows(home, "contacts", "source_name", "contact_id") == [(name, "9")]


def test_a_source_that_is_gone_from_the_configuration_gives_nothing(folder: Folder) -> None:
    mapped(folder, "accounts", "account_id,name\n1,Acme\n")
    prepare(folder.home)
    assert rows(folder.home, "accounts", "name") == []
    assert carried(folder.home) == set()


# columns


def test_columns_are_found_under_the_names_they_have_in_the_file(folder: Folder) -> None:
    columns = {"account_id": "Customer No.", "name": "select"}
    mapped(folder, "accounts", "Customer No.,select,name\n1,Acme,other\n", columns=columns)
    assert rows(folder.home, "accounts", "account_id", "name", "attributes") == [
        ("1", "Acme", '{"name":"other"}')
    ]
    assert ("accounts", "name") in carried(folder.home)


@pytest.mark.parametrize(
    "header",
    [
        "select",
        "Account Name",
        'the "name"',
        "it's",
        "a/b",
        "$name",
        "$.name",
        "Größe €",
        "名前",
        "a.b",
        "~",
        "back\\slash",
        "x[0]",
        "*",
        "%",
        "source_name",
        "attributes",
        "known_on",
        "is_deleted",
        "payload",
        "industry",
    ],
)
def test_a_column_may_have_any_name(folder: Folder, header: str) -> None:
    quoted = '"' + header.replace('"', '""') + '"'
    text = f"account_id,{quoted}\n1,Acme\n2,Bolt\n"
    assert mapped(folder, "accounts", text, columns={"name": header}) == []
    assert rows(folder.home, "accounts", "name", "industry", "attributes")[0] == (
        "Acme",
        "Acme" if header == "industry" else None,
        None,
    )
    folder.settings["entities"]["accounts"] = {}
    prepare(folder.home, folder)
    ((attributes,), _) = rows(folder.home, "accounts", "attributes")
    expected = None if header == "industry" else {header: "Acme"}
    assert (json.loads(attributes) if attributes else None) == expected
    assert len(rows(folder.home, "accounts_versions", "source_name")) == 2


def test_a_column_may_feed_several_canonical_ones(folder: Folder) -> None:
    text = "account_id,company\n1,Acme\n"
    mapped(folder, "accounts", text, columns={"name": "company", "domain": "company"})
    assert rows(folder.home, "accounts", "name", "domain", "attributes") == [("Acme", "Acme", None)]


def test_headers_that_differ_only_in_case_are_refused_by_the_read(folder: Folder) -> None:
    folder.settings = {"entities": {"accounts": {}}}
    folder.write(accounts="account_id,name,Name\n1,a,b\n")
    message = folder.read()["accounts"].message or ""
    assert "columns B and C of accounts.csv are called 'name' and 'Name'" in message


def test_a_mapped_column_that_is_not_there_is_named_and_counts_as_not_carried(
    folder: Folder,
) -> None:
    columns = {"name": "Company"}
    findings = mapped(folder, "accounts", "account_id,name\n1,Acme\n", columns=columns)
    assert findings == [
        Finding(
            "mapped_column_missing",
            "sheets",
            "accounts",
            "sources.yaml, sources.sheets.entities.accounts.columns.name: there is no column "
            "'Company'; there is account_id, name. Until this is put right, name counts as not "
            "carried.",
        )
    ]
    assert rows(folder.home, "accounts", "account_id", "name") == [("1", None)]
    assert ("accounts", "name") not in carried(folder.home)
    kept = query(folder.home, "select scope, check_id, severity, message from meta.finding")
    assert kept == [("input", "mapped_column_missing", "error", findings[0].message)]


def test_a_required_column_that_is_not_there_is_named(folder: Folder) -> None:
    (finding,) = mapped(folder, "accounts", "account_id,Company\n1,Acme\n")
    assert (finding.check_id, finding.message) == (
        "required_column_missing",
        "accounts needs a column name; there is account_id, Company. Say which one it is under "
        "sources.yaml, sources.sheets.entities.accounts.columns.",
    )


def test_findings_go_when_the_mapping_is_put_right_without_another_read(folder: Folder) -> None:
    mapped(folder, "accounts", "account_id,Company\n1,Acme\n")
    folder.settings["entities"]["accounts"] = {"columns": {"name": "Company"}}
    assert prepare(folder.home, folder) == []
    assert query(folder.home, "select * from meta.finding") == []
    assert rows(folder.home, "accounts", "name") == [("Acme",)]
    assert len(folder.batches) == 1


# values


def test_values_are_translated_whatever_their_case(folder: Folder) -> None:
    text = "ticket_id,account_id,opened_at,priority\n" + "".join(
        f"{n},1,2026-01-01,{priority}\n"
        for n, priority in enumerate(["urgent", " URGENT ", "Straße", "STRAßE", "P2", "", "It's"])
    )
    values = {"priority": {"Urgent": "P1", "straße": "P3", "IT'S": "P4"}}
    mapped(folder, "tickets", text, values=values)
    assert rows(folder.home, "tickets", "ticket_id", "priority") == [
        ("0", "P1"),
        ("1", "P1"),
        ("2", "P3"),
        ("3", "P3"),
        ("4", "P2"),
        ("5", None),
        ("6", "P4"),
    ]


# date_format


@pytest.mark.parametrize(
    ("date_format", "written", "is_read_as"),
    [
        ("%d-%m-%Y", "05-01-2024", "2024-01-05"),
        ("%d-%m-%Y", "5-1-2024", "2024-01-05"),
        ("%d-%m-%Y", "05-01-2024 13:45", "2024-01-05"),
        ("%d-%m-%Y", "05-01-2024 13:45:10", "2024-01-05"),
        ("%d-%m-%Y", "05-01-2024T13:45:10", "2024-01-05"),
        ("%d-%m-%Y", "2024-01-05", "2024-01-05"),
        ("%d-%m-%Y", "31-02-2024", "31-02-2024"),
        ("%d-%m-%Y", "soon", "soon"),
        ("%d-%m-%Y", "", None),
        ("%m/%d/%Y", "12/31/2024", "2024-12-31"),
        ("%d.%m.%y", "05.01.24", "2024-01-05"),
        ("%d %B %Y", "5 January 2024", "2024-01-05"),
        ("%d %b '%y", "5 Jan '24", "2024-01-05"),
        ("%Y-%m-%d %H:%M", "2024-01-05 13:45", "2024-01-05"),
    ],
)
def test_a_date_in_the_given_format_becomes_iso_and_any_other_text_stays(
    folder: Folder, date_format: str, written: str, is_read_as: str | None
) -> None:
    text = f'account_id,name,started_on\n1,Acme,"{written}"\n'
    mapped(folder, "accounts", text, date_format=date_format)
    assert rows(folder.home, "accounts", "started_on") == [(is_read_as,)]


@pytest.mark.parametrize(
    ("date_format", "written", "is_read_as"),
    [
        ("%d-%m-%Y", "05-01-2024", "2024-01-05T00:00:00"),
        ("%d-%m-%Y", "05-01-2024 13:45", "2024-01-05T13:45:00"),
        ("%d-%m-%Y", "05-01-2024 13:45:10", "2024-01-05T13:45:10"),
        ("%d-%m-%Y", "2024-01-05T13:45:00Z", "2024-01-05T13:45:00Z"),
        ("%d-%m-%Y", "later", "later"),
        ("%d-%m-%Y %I:%M %p", "05-01-2024 01:45 PM", "2024-01-05T13:45:00"),
        ("%d-%m-%Y %H:%M %z", "05-01-2024 13:45 +0200", "2024-01-05T11:45:00Z"),
    ],
)
def test_an_instant_in_the_given_format_becomes_iso_and_any_other_text_stays(
    folder: Folder, date_format: str, written: str, is_read_as: str
) -> None:
    text = f"ticket_id,account_id,opened_at,subject\n1,1,{written},05-01-2024\n"
    mapped(folder, "tickets", text, date_format=date_format)
    assert rows(folder.home, "tickets", "opened_at", "subject") == [(is_read_as, "05-01-2024")]


def test_a_date_format_that_is_none_stops_the_night_and_is_named(folder: Folder) -> None:
    with pytest.raises(MappingError) as error:
        mapped(folder, "accounts", "account_id,name,started_on\n1,Acme,x\n", date_format="%Q")
    message = str(error.value)
    assert message.startswith("sources.yaml, sources.sheets.entities.accounts.date_format: ")
    assert "%Q" in message
    assert message.endswith("Write it like %d-%m-%Y.")


# where


def test_where_keeps_rows_by_the_files_own_columns(folder: Folder) -> None:
    text = 'account_id,name,Is Test,plan\n1,a,yes,x\n2,b,no,x\n3,c,no,y\n4,d,"",\n'
    mapped(folder, "accounts", text, where="\"Is Test\" = 'no' or plan = '' -- not tests")
    assert rows(folder.home, "accounts", "account_id") == [("2",), ("3",), ("4",)]
    assert rows(folder.home, "accounts_versions", "account_id") == [("2",), ("3",), ("4",)]


@pytest.mark.parametrize("where", ["plan = 'x'", "name =", "name::int > 1"])
def test_a_where_that_cannot_be_run_stops_the_night_and_is_named(
    folder: Folder, where: str
) -> None:
    mapped(folder, "accounts", "account_id,name\n1,Acme\n")
    with pytest.raises(MappingError) as error:
        mapped(folder, "accounts", "account_id,name\n1,Bolt\n", where=where)
    message = str(error.value)
    assert message.startswith("sources.yaml, sources.sheets.entities.accounts.where: ")
    assert message.endswith("The columns it can use are account_id, name; all are text.")
    assert "LINE" not in message


def test_a_where_also_has_to_run_on_what_accounts_once_were(folder: Folder) -> None:
    mapped(folder, "accounts", "account_id,name\n1,Acme\n")
    with pytest.raises(MappingError, match="'Acme'"):
        mapped(folder, "accounts", "account_id,name\n1,7\n", where="name::int > 1")


# Versions of accounts


def test_every_version_of_an_account_is_there_with_the_day_it_was_known(folder: Folder) -> None:
    columns = {"name": "Company"}
    settings = {"columns": columns, "values": {"segment": {"BIG": "large"}}}
    first = "account_id,Company,segment\n1,Acme,big\n2,Bolt,\n"
    mapped(folder, "accounts", first, **settings)
    folder.settings["max_shrink"] = 1
    folder.write(accounts="account_id,Company,segment\n1,Acme,small\n")
    folder.read()
    with_days = "account_id", "segment", "is_deleted"
    prepare(folder.home, folder)
    assert rows(folder.home, "accounts", *with_days[:2]) == [("1", "small")]
    assert rows(folder.home, "accounts_versions", *with_days) == [
        ("1", "large", False),
        ("1", "small", False),
        ("2", None, False),
        ("2", None, True),
    ]


@pytest.mark.parametrize(
    ("now", "time_zone", "known_on"),
    [
        ("2026-11-22T02:00:00Z", "UTC", "2026-11-21"),
        ("2026-11-22T02:00:00Z", "America/New_York", "2026-11-20"),
        ("2026-11-22T22:00:00Z", "Asia/Tokyo", "2026-11-22"),
    ],
)
def test_a_version_is_known_on_the_last_complete_day_where_business_is_done(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, now: str, time_zone: str, known_on: str
) -> None:
    monkeypatch.setenv("CS_COVERAGE_NOW", now)
    folder.settings = {"entities": {"accounts": {}}}
    folder.write(accounts="account_id,name\n1,Acme\n")
    folder.read()
    prepare(folder.home, folder, time_zone=time_zone)
    ((found,),) = rows(folder.home, "accounts_versions", "known_on")
    assert found.isoformat() == known_on
