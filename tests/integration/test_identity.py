"""Customers that several systems know, from their files to the published tables.

Belongs here: what identity means for what people read. Does not: each rule by itself; those are
dbt's unit tests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from support import records

from pipelines.assets.models import dbt_project, prepare_manifest
from pipelines.config import load_config
from pipelines.dbt_run import BUILD, Dbt
from pipelines.home import DEFAULT_MODELS_DIR, Home
from pipelines.night import night
from pipelines.sources import all_streams, open_sources

pytestmark = pytest.mark.slow

CRM = {
    "accounts": """
        account_id,name,domain,segment,country
        A1,Fernwood,fernwood.example,large,GB
        A2,Globex,globex.example,small,US
        A3,Initech,,small,US
        A4,Umbrella North,umbrella.example,,US
        A5,Umbrella South,umbrella.example,,US
    """,
    "contacts": """
        contact_id,account_id,email,name
        C1,A1,joe@fernwood.example,Joe
    """,
    "users": """
        user_id,email,name,role
        U1,ann@vendor.example,Ann,csm
    """,
    "contracts": """
        contract_id,account_id,starts_on,ends_on,arr
        K1,A1,2026-01-01,2026-12-31,100
        K2,cust-9,2026-01-01,2026-12-31,40
    """,
    "activities": """
        activity_id,account_id,type,started_at,channel,contact_emails,user_emails
        E1,A1,ebr,2026-06-01T10:00:00Z,meeting,joe@fernwood.example,ann@vendor.example
    """,
    "account_links": """
        account_id,source,source_account_id
        A1,csp,cust-9
    """,
}
CSP = {
    "accounts": """
        account_id,name,domain,segment,industry
        cust-1,Fernwood Ltd,www.fernwood.example,gold,retail
        cust-2,Globex,gmail.com,gold,
        cust-4,Umbrella,umbrella.example,gold,
        cust-9,Fernwood's old name,,,
    """,
    "contacts": """
        contact_id,account_id,email,title
        P1,cust-1,joe@fernwood.example,CFO
    """,
    "users": """
        user_id,email,team
        V1,ann@vendor.example,north
    """,
    "activities": """
        activity_id,account_id,type,started_at,channel,contact_emails,notes
        T1,cust-1,meeting,2026-06-01T10:05:00Z,meeting,joe@fernwood.example,Went well
    """,
}
CALENDAR = {
    "activities": """
        activity_id,type,status,started_at,ended_at,channel,calendar_uid,contact_emails
        M1,meeting,planned,2026-06-01T10:00:00Z,2026-06-01T11:00:00Z,meeting,u1,ann@vendor.example;joe@fernwood.example;new@fernwood.example
        M2,meeting,planned,2026-06-02T10:00:00Z,2026-06-02T11:00:00Z,meeting,u2,joe@fernwood.example;kim@globex.example
    """,
}


def write(folder: Path, tables: Mapping[str, str]) -> None:
    folder.mkdir()
    for name, text in tables.items():
        lines = [line.strip() for line in text.strip().splitlines()]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A night over a CRM, a CSP and a calendar that know the same customers."""
    folder = tmp_path_factory.mktemp("identity")
    sources = {"crm": CRM, "csp": CSP, "calendar": CALENDAR}
    for name, tables in sources.items():
        write(folder / name, tables)
    config = {
        "sources": {name: {"kind": "files", "path": f"./{name}"} for name in sources},
        "field_priority": {"accounts.segment": ["csp"]},
    }
    (folder / "sources.yaml").write_text(json.dumps(config), encoding="utf-8")
    home = Home(folder / "home")
    loaded = load_config(folder, default_models=DEFAULT_MODELS_DIR)
    with night(home, loaded, "identity", as_of=date(2026, 6, 30)) as this_night:
        for opened, stream in all_streams(open_sources(loaded)):
            this_night.read(opened, stream)
        assert this_night.prepare_inputs() == []
        project = dbt_project(home)
        prepare_manifest(project, home, ["files"])
        Dbt(home, ["files"]).run(BUILD)
    return home


def test_each_record_is_one_account_and_says_why(home: Home) -> None:
    identities = records(
        home,
        "select source, source_account_id, account_id, method from coverage.map_account_identity",
    )
    found = {
        (r["source"], r["source_account_id"]): (r["account_id"], r["method"]) for r in identities
    }
    assert found == {
        ("crm", "A1"): ("A1", "own"),
        ("crm", "A2"): ("A2", "own"),
        ("crm", "A3"): ("A3", "own"),
        ("crm", "A4"): ("A4", "own"),
        ("crm", "A5"): ("A5", "own"),
        ("csp", "cust-1"): ("A1", "domain"),
        ("csp", "cust-2"): ("cust-2", "own"),
        ("csp", "cust-4"): ("cust-4", "own"),
        ("csp", "cust-9"): ("A1", "manual"),
    }


def test_what_is_in_doubt_is_left_to_a_person(home: Home) -> None:
    queue = records(
        home,
        "select issue, source_account_id, candidate_account_ids, action "
        "from coverage.ops_identity_queue order by all",
    )
    assert [(r["issue"], r["source_account_id"], r["candidate_account_ids"]) for r in queue] == [
        ("ambiguous", "cust-4", ["A4", "A5"]),
        ("possible_match", "cust-2", ["A2"]),
    ]
    assert "add a row to account_links: account_id A2" in queue[1]["action"]
    (check,) = records(
        home,
        "select rows_failed, sample from coverage.ops_data_quality "
        "where check_id = 'identity_ambiguous:accounts' and source = 'csp'",
    )
    assert check == {"rows_failed": 1, "sample": ["cust-4"]}


def test_a_customer_has_the_fields_and_the_revenue_of_all_its_records(home: Home) -> None:
    (account,) = records(
        home,
        "select name, segment, industry, country, arr, source_name "
        "from coverage.dim_account where account_id = 'A1'",
    )
    assert account == {
        "name": "Fernwood",  # the CRM is named first,
        "segment": "gold",  # but field_priority says otherwise here,
        "industry": "retail",  # and the CRM has none
        "country": "GB",
        "arr": 140.0,
        "source_name": "crm",
    }


def test_people_are_one_whoever_knows_them(home: Home) -> None:
    assert records(home, "select user_id, email, role, team from coverage.dim_csm") == [
        {"user_id": "U1", "email": "ann@vendor.example", "role": "csm", "team": "north"}
    ]
    assert records(home, "select contact_id, account_id, name, title from canonical.contacts") == [
        {"contact_id": "C1", "account_id": "A1", "name": "Joe", "title": "CFO"}
    ]


def test_a_meeting_that_three_systems_saw_is_one(home: Home) -> None:
    (meeting,) = records(
        home,
        "select account_id, type, status, minutes, notes_length, user_emails, contact_emails, "
        "sources from coverage.fct_activity where account_id is not null",
    )
    assert meeting == {
        "account_id": "A1",
        "type": "ebr",
        "status": "completed",
        "minutes": 60.0,
        "notes_length": 9,
        "user_emails": ["ann@vendor.example"],
        "contact_emails": ["joe@fernwood.example", "new@fernwood.example"],
        "sources": ["calendar", "crm", "csp"],
    }


def test_a_meeting_with_two_customers_counts_for_none_and_is_reported(home: Home) -> None:
    (check,) = records(
        home,
        "select source, rows_failed, rows_total, sample from coverage.ops_data_quality "
        "where check_id = 'attendees_of_several_accounts:activities'",
    )
    assert check == {"source": "calendar", "rows_failed": 1, "rows_total": 2, "sample": ["M2"]}
