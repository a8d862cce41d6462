"""What systems say of facts made by hand: who knows what since when, and in which words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from oracle.said import calendars, custify, hubspot, salesforce, sheets, zendesk
from oracle.said.reading import Reading
from oracle.truth import read

from sandbox.company.facts import Account, Activity, Contact, Contract, Customer, Ownership, Ticket
from sandbox.company.settings import Settings
from sandbox.company.simulate import families, team
from sandbox.systems.landscape import Whereabouts
from sandbox.truth import write_truth

NOW = datetime(2026, 7, 6, 2, tzinfo=UTC)
AS_OF = date(2026, 7, 5)
ANN, JOE = "ann@northwind.example", "joe@acme.example"
HOUR = timedelta(hours=1)

ACME = Account(
    account_id="acme", family_id="f", parent_account_id=None, name="Acme", domain="acme.example",
    region="amer", country="US", time_zone="America/New_York", business_calendar="US",
    industry="Software", employees=10, segment="smb", complexity="low",
    acquisition_channel="sales", currency="USD", planned_tier="T4",
    created_at=datetime(2025, 1, 1, tzinfo=UTC), started_on=date(2025, 1, 10),
    first_value_on=date(2026, 7, 6), churned_on=None, churn_notice_on=None, churn_reason=None,
    why_churned=None,
)  # fmt: skip
MEETING = Activity(
    activity_id="m", account_id="acme", type="ebr", status="completed", started_at=NOW - 9 * HOUR,
    minutes=30, direction="outbound", channel="meeting", subject="EBR", person_emails=(ANN,),
    contact_emails=(JOE,), notes="Agreed.", notes_at=NOW - 5 * HOUR, follow_up_at=NOW + HOUR,
    is_automated=False, ticket_id=None, recorded_in=("crm", "csp", "calendar"),
    planned_at=NOW - 200 * HOUR, recorded_at=NOW - 8 * HOUR,
)  # fmt: skip
JOES = Contact("joe", "acme", JOE, "Joe", "CTO", ("admin",), ACME.created_at, None)
OWNED = Ownership("acme", ANN, None, date(2025, 1, 10), None, "new", ACME.created_at)
WHERE = Whereabouts(
    crm="salesforce", native_id="001", account_id="001", csp_method="foreign_id",
    desk_method="domain", has_sheet_contracts=False, has_sheet_owners=False, parent_native_id=None,
    parent_account_id=None, contact_ids={JOE: "joe"},
)  # fmt: skip


def acme(*activities: Activity, **facts: Any) -> Customer:
    told: dict[str, Any] = dict.fromkeys(
        ("contracts", "tickets", "surveys", "usage", "success_plans", "assessments"), ()
    )
    return Customer(ACME, (OWNED,), (JOES,), activities=activities, **{**told, **facts})


def reading(before: datetime | None = None) -> Reading:
    return Reading(NOW, {("salesforce", "001"): "001"}, before)


def meeting_in(system: str, activity: Activity, at: Reading | None = None) -> Any:
    customer, at = acme(activity), at or reading()
    said = {
        "crm": lambda: salesforce.of_customer(customer, WHERE, at, "UTC"),
        "hubspot": lambda: hubspot.of_customer(customer, replace(WHERE, crm="hubspot"), at),
        "csp": lambda: custify.of_customer(customer, at),
        "calendar": lambda: calendars.entries(customer.activities, [ANN], at, AS_OF),
        "sheets": lambda: sheets.of_customer(customer, WHERE, at),
    }[system]()
    return next((row for entity, row in said if entity == "activities"), None)


def test_three_systems_say_different_things_of_one_meeting() -> None:
    crm, csp, calendar = (meeting_in(name, MEETING) for name in ("crm", "csp", "calendar"))
    assert crm["calendar_uid"] == csp["calendar_uid"] == calendar["calendar_uid"]
    assert [row["status"] for row in (crm, csp, calendar)] == ["completed"] * 3
    assert [row.get("notes") for row in (crm, csp, calendar)] == ["Agreed.", "Agreed.", None]
    assert calendar["account_id"] is None, "only its guests tell"
    assert crm["follow_up_at"] is None, "that is still to come"


def test_until_it_is_noted_a_meeting_is_only_planned() -> None:
    late = replace(MEETING, recorded_at=NOW + HOUR, notes_at=NOW + HOUR)
    assert meeting_in("crm", late) is None
    assert (meeting_in("csp", late)["status"], meeting_in("csp", late)["notes"]) == (
        "planned",
        None,
    )
    assert meeting_in("calendar", late)["status"] == "completed", "its day has come"


def test_what_is_taken_out_again_is_gone() -> None:
    removed = replace(MEETING, removed_at=NOW - HOUR)
    assert [meeting_in(name, removed) for name in ("crm", "csp", "calendar")] == [None] * 3


@pytest.mark.parametrize(("read_before", "status"), [(None, None), (100, "cancelled"), (1, None)])
def test_of_what_was_called_off_a_calendar_keeps_what_was_read_before(
    read_before: int | None, status: str | None
) -> None:
    off = replace(MEETING, status="cancelled")
    at = reading(None if read_before is None else NOW - read_before * HOUR)
    row = meeting_in("calendar", off, at)
    assert (row and row["status"]) == status


def test_a_meeting_among_guests_who_are_not_named_is_time_kept_free() -> None:
    alone = replace(MEETING, contact_emails=())
    assert meeting_in("calendar", alone) is None
    assert meeting_in("calendar", replace(alone, person_emails=(ANN, "bo@northwind.example")))


def test_hubspot_knows_of_an_email_who_owns_it_and_no_text() -> None:
    email = replace(
        MEETING, channel="email", type="email", person_emails=(ANN, "bo@northwind.example")
    )
    row = meeting_in("hubspot", email)
    assert (row["user_emails"], row["notes"], row["customer_attendees"]) == ([ANN], None, None)


def test_a_first_reply_is_told_by_the_whole_minutes_that_it_took() -> None:
    opened_at = NOW - 3 * HOUR
    ticket = Ticket(
        "t", "acme", JOE, opened_at, opened_at + timedelta(seconds=119), NOW + HOUR, "P2", False,
        100, NOW + 2 * HOUR, "sync", "web", "Help",
    )  # fmt: skip
    [row] = [
        row
        for entity, row in zendesk.of_customer(acme(tickets=(ticket,)), reading())
        if entity == "tickets"
    ]
    assert row["first_response_at"] == opened_at + timedelta(minutes=1)
    assert (row["solved_at"], row["satisfaction"]) == (None, None)


def test_a_contract_stands_where_its_team_keeps_it() -> None:
    contract = Contract(
        "k", "acme", "Platform", "USD", 100.0, date(2026, 1, 1), date(2026, 12, 31),
        date(2025, 12, 1), date(2026, 7, 20), ("a", "b"), False, "co_termed", "open",
        datetime(2025, 12, 1, tzinfo=UTC),
    )  # fmt: skip
    customer = acme(contracts=(contract,))
    for in_sheet in (True, False):
        where = replace(WHERE, has_sheet_contracts=in_sheet)
        crm = dict(salesforce.of_customer(customer, where, reading(), "UTC"))
        sheet = dict(sheets.of_customer(customer, where, reading()))
        assert ("contracts" in crm, "contracts" in sheet) == (not in_sheet, in_sheet)
    assert crm["contracts"]["notice_on"] is None, "nobody has written that down yet"


def test_an_account_says_no_more_than_is_known() -> None:
    [(record, fields)] = salesforce.accounts(acme(), WHERE, reading())
    assert (record.domain, record.is_live, fields["owner_email"]) == ("acme.example", True, ANN)
    assert fields["first_value_on"] is None


def test_the_truth_reads_as_it_was_written(tmp_path: Path) -> None:
    settings = Settings(seed=5, accounts=5)
    write_truth(settings, tmp_path, NOW)
    truth = read(tmp_path)
    assert truth.families == tuple(families(settings))
    assert truth.team == team(settings)
    assert {r.source for r in truth.identities} >= {"salesforce", "custify", "zendesk"}
