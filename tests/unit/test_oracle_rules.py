"""The oracle's own rules, on facts made by hand: who judges the product must be right."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from oracle.accounts import dim_account, dim_csm, family_heads, stakeholders
from oracle.activities import fct_activity, read_activities
from oracle.canonical import canonical
from oracle.contracts import fct_arr_month, fct_contract
from oracle.health import Health
from oracle.identity import AccountRecord, Matching
from oracle.ledger_facts import Book
from oracle.names import comparable, similarity
from oracle.quality import Night, ops_data_quality
from oracle.world import Source, World

ACTIVITY = ("type", "status", "channel", "contact_emails", "calendar_uid", "notes", "user_emails")
CRM = Source("crm", "salesforce", {"activities": ACTIVITY, "contracts": ("contract_id",)})
CSP = Source("csp", "custify", {"activities": ("type", "channel", "contact_emails")})
DESK = Source("desk", "zendesk", {}, defines_accounts=False)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
Row = dict[str, Any]


def world(**said: list[Row]) -> World:
    return World(
        as_of=date(2026, 6, 30),
        config_version="v",
        time_zone="America/New_York",
        currency="USD",
        rates={"EUR": 1.08},
        sources=(CRM, CSP, DESK),
        said={"accounts": [account("a")], **said},
    )


def account(key: str, source: str = "crm", **fields: object) -> Row:
    return {"source_name": source, "account_id": key, "method": "own", "name": key, **fields}


def activity(key: str, source: str = "crm", after: int = 0, **fields: object) -> Row:
    usual = {"account_id": "a", "type": "meeting", "channel": "meeting", "status": "completed"}
    at = NOON + timedelta(minutes=after)
    return {"source_name": source, "activity_id": key, "started_at": at, **usual, **fields}


def contract(key: str, starts: str, ends: str | None, arr: float, **fields: object) -> Row:
    dates = {"starts_on": date.fromisoformat(starts), "ends_on": ends and date.fromisoformat(ends)}
    return {
        "source_name": "crm", "contract_id": key, "account_id": "a", "arr": arr, **dates, **fields,
    }  # fmt: skip


def held(*records: Row) -> list[Row]:
    night = world(activities=list(records))
    return list(fct_activity(night, read_activities(night, canonical(night))))


def merges(*records: Row) -> list[list[str]]:
    return sorted(sorted(row["source_activity_ids"]) for row in held(*records))


JOE, EVE = ["joe@a.example"], ["eve@a.example"]


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        ({"after": 15, "contact_emails": JOE}, True),
        ({"after": 16, "contact_emails": JOE}, False),
        ({"contact_emails": EVE}, False),
        ({"contact_emails": JOE, "account_id": "b"}, False),
        ({"contact_emails": JOE, "channel": "email"}, False),
        ({"contact_emails": JOE, "channel": None, "type": "ebr"}, True),
        ({"contact_emails": JOE, "channel": None, "type": "note"}, False),
        ({"contact_emails": JOE, "status": "planned"}, True),
        ({"contact_emails": JOE, "status": "cancelled"}, False),
        ({"contact_emails": JOE, "status": "no_show"}, False),
        ({"calendar_uid": "uid"}, True),
        ({"calendar_uid": "uid", "after": 20}, False),
        ({"calendar_uid": "uid", "account_id": "b"}, False),
    ],
    ids=str,
)
def test_two_records_are_one_meeting(other: Row, is_same: bool) -> None:
    first = activity("1", contact_emails=JOE, calendar_uid="uid")
    assert (merges(first, activity("2", **other)) == [["1", "2"]]) is is_same


def test_what_is_the_same_as_the_same_is_the_same() -> None:
    chain = [
        activity("1", contact_emails=JOE),
        activity("2", after=10, contact_emails=JOE + EVE),
        activity("3", after=20, contact_emails=EVE),
    ]
    assert merges(*chain) == [["1", "2", "3"]]


def test_two_internal_meetings_share_that_they_have_no_account() -> None:
    inside = {"account_id": None, "calendar_uid": "uid"}
    assert merges(activity("1", **inside), activity("2", **inside)) == [["1", "2"]]


def test_of_several_records_the_richest_counts_and_the_others_fill_in() -> None:
    [row] = held(
        activity("1", contact_emails=JOE, status="planned", notes="Agreed.", calendar_uid="uid"),
        activity("2", "csp", after=5, contact_emails=EVE + JOE, type="ebr", subject="EBR"),
        activity("3", "csp", contact_emails=JOE, status=None, type="strange"),
    )
    assert row["source_activity_ids"] == ["1", "2", "3"]
    assert (row["started_at"], row["subject"], row["type"]) == (NOON, "EBR", "ebr")
    assert row["status"] == "completed", "csp carries no status: its records tell what took place"
    assert row["contact_emails"] == sorted(EVE + JOE)
    assert (row["customer_attendees"], row["notes_length"]) == (2, 7)
    assert (row["sources"], row["duplicates_merged"]) == (["crm", "csp"], 2)


def test_empty_notes_are_no_absent_notes() -> None:
    rows = {row["activity_id"]: row for row in held(activity("1"), activity("2", "csp", after=60))}
    assert (rows["1"]["notes_length"], rows["2"]["notes_length"]) == (0, None)


def test_a_day_is_the_accounts_and_what_comes_later_is_not_known() -> None:
    late = datetime(2026, 7, 1, 3, tzinfo=UTC)  # 30 June in New York, 1 July in Tokyo
    tokyo = account("b", time_zone="Asia/Tokyo")
    told = {"notes": "Later.", "notes_at": late + timedelta(days=1)}
    facts = canonical(
        world(
            accounts=[account("a"), tokyo],
            activities=[
                activity("1", started_at=late, **told),
                activity("2", started_at=late, account_id="b"),
            ],
        )
    )
    assert [row["activity_id"] for row in facts["activities"]] == ["1"]
    assert facts["activities"][0]["notes"] is None


def test_a_meeting_without_account_is_that_of_its_guests() -> None:
    contacts = [
        {"source_name": "crm", "contact_id": mail, "account_id": key, "email": mail}
        for key, mail in (("a", "joe@a.example"), ("b", "eve@b.example"))
    ]
    guests = {"1": JOE, "2": [*JOE, "eve@b.example"], "3": ["new@b.example"], "4": ["x@y.example"]}
    facts = canonical(
        world(
            accounts=[account("a"), account("b", domain="b.example")],
            contacts=contacts,
            activities=[
                activity(key, account_id=None, contact_emails=mails)
                for key, mails in guests.items()
            ],
        )
    )
    found = {row["activity_id"]: row["account_id"] for row in facts["activities"]}
    assert found == {"1": "a", "2": None, "3": "b", "4": None}


def test_stakeholders_are_those_of_180_days() -> None:
    last, first = date(2026, 6, 30), date(2026, 1, 2)
    days = {"1": last, "2": first, "3": first - timedelta(days=1)}
    rows = [
        {"account_id": "a", "status": "completed", "started_on": on, "contact_emails": [key]}
        for key, on in days.items()
    ]
    missed = {**rows[0], "status": "no_show", "contact_emails": ["4"]}
    assert stakeholders(world(), [*rows, missed]) == {"a": {"1", "2"}}


def months(*contracts: Row) -> list[tuple[Any, ...]]:
    night = world(contracts=list(contracts))
    return [
        (f"{row['month_start']:%Y-%m}", row["arr"], row["arr_local"], row["currency"])
        for row in fct_arr_month(night, list(fct_contract(night, canonical(night))), [])
    ]


def test_arr_stands_on_the_last_day_in_force_and_is_zero_in_a_gap() -> None:
    assert months(
        contract("1", "2026-01-15", "2026-02-28", 100.0),
        contract("2", "2026-04-30", "2026-05-30", 50.0, currency="EUR"),
    ) == [
        ("2026-01", 100.0, 100.0, "USD"),
        ("2026-02", 100.0, 100.0, "USD"),
        ("2026-03", 0, None, None),
        ("2026-04", 54.0, 50.0, "EUR"),
        ("2026-05", 0, None, None),
    ]


def test_arr_is_unknown_not_partial_without_a_rate() -> None:
    kept = contract("1", "2026-06-01", None, 100.0)
    assert months(kept, contract("2", "2026-06-01", None, 1.0, currency="JPY")) == [
        ("2026-06", None, None, None)
    ]
    assert months(kept, contract("2", "2026-06-01", None, 100.0, currency="EUR")) == [
        ("2026-06", 208.0, None, None)
    ]


def test_a_contract_is_known_from_its_signature() -> None:
    assert not months(contract("1", "2026-06-01", None, 9.0, signed_on=date(2026, 7, 1)))
    [row] = fct_contract(
        world(), canonical(world(contracts=[contract("1", "2026-06-01", "2026-06-30", 9.0)]))
    )
    assert (row["is_in_force"], row["scheduled_on"]) == (True, date(2026, 7, 1))


def test_a_circle_of_parents_has_its_smallest_id() -> None:
    parents = {"a": None, "b": "a", "c": "b", "x": "y", "y": "x", "z": "y", "s": "s", "u": "gone"}
    rows = [account(key, parent_account_id=parent) for key, parent in parents.items()]
    assert family_heads(rows) == {
        "a": "a", "b": "a", "c": "a", "x": "x", "y": "x", "z": "x", "s": "s", "u": "u",
    }  # fmt: skip


def test_a_churn_to_come_shows_once_announced() -> None:
    left = {"lifecycle_stage": "churned", "churned_on": date(2026, 8, 1), "churn_reason": "Price"}
    rows = [
        account("a", **left, churn_notice_on=date(2026, 6, 1)),
        account("b", **left, churn_notice_on=date(2026, 7, 15)),
    ]
    told, untold = dim_account(world(), canonical(world(accounts=rows)), [], [])
    names = ("lifecycle_stage", "churned_on", "churn_notice_on", "churn_reason")
    assert [told[n] for n in names] == [None, date(2026, 8, 1), date(2026, 6, 1), "Price"]
    assert [untold[n] for n in names] == [None, None, None, None]


def test_fields_that_go_together_come_from_one_record() -> None:
    [merged] = canonical(
        world(
            accounts=[
                account("a", "csp", arr=5.0, method="foreign_id", name="A Ltd"),
                account("a", currency="EUR", industry=None),
            ]
        )
    )["accounts"]
    assert (merged["name"], merged["arr"], merged["currency"]) == ("a", 5.0, "USD")


def test_who_leads_or_owns_active_accounts_has_a_book() -> None:
    keys = {"user_id": "1", "email": "ann@v.example", "source_name": "crm"}
    lead = {"source_name": "crm", "account_id": "b", "user_email": "ann@v.example", "role": "lead"}
    rows = [account("a", owner_email="ann@v.example"), account("b"), account("c")]
    night = world(
        accounts=rows,
        users=[keys],
        assignments=[
            {**lead, "valid_from": date(2026, 1, 1)},
            {**lead, "account_id": "c", "valid_from": date(2026, 1, 1)},
            {**lead, "account_id": "a", "valid_from": date(2025, 1, 1), "valid_to": night_on()},
        ],
    )
    dims = [{**row, "is_active": row["account_id"] != "c"} for row in rows]
    dims[1]["owner_email"] = dims[2]["owner_email"] = None
    [ann] = dim_csm(night, canonical(night), dims)
    assert (ann["active_accounts"], ann["is_csm"], ann["is_employed"]) == (2, True, True)


def night_on() -> date:
    return world().as_of


def matched(*records: AccountRecord) -> dict[str, tuple[str | None, str]]:
    found = Matching(world(), records)
    return {key: (i.account_id, i.method) for (_, key), i in found.by.items()}


ACME = AccountRecord("crm", "A", "acme", "Acme Inc", domain="acme.example")


def test_an_id_goes_before_a_domain_and_a_domain_before_nothing() -> None:
    beta = AccountRecord("crm", "B", "beta", "Beta", domain="beta.example")
    gamma = AccountRecord("crm", "C", "gamma", "Gamma", domain="gamma.example")
    gone = AccountRecord("crm", "A2", "acme", is_live=False, merged_into="A")
    records = [
        *(ACME, beta, gamma, gone),
        AccountRecord("csp", "1", "acme", domain="gamma.example", foreign_id="A"),
        AccountRecord("csp", "2", "beta", domain="beta.example"),
        AccountRecord("csp", "3", None, "Acme Ltd"),
        AccountRecord("csp", "4", "acme", foreign_id="A2"),
        AccountRecord("desk", "5", "acme", domain="acme.example"),
        AccountRecord("desk", "6", "acme", foreign_id="1"),
        AccountRecord("desk", "7", None, "Nobody"),
    ]
    assert matched(*records) == {
        "A": ("A", "own"),
        "B": ("B", "own"),
        "C": ("C", "own"),
        "A2": ("A", "merged"),
        "1": ("A", "foreign_id"),
        "2": ("B", "domain"),
        "3": ("csp:3", "own"),
        "4": ("A", "foreign_id"),
        "5": ("A", "domain"),
        "6": ("A", "foreign_id"),
        "7": (None, "unmatched"),
    }
    queued = {
        (r["source_account_id"], r["issue"], *r["candidate_account_ids"])
        for r in Matching(world(), records).queue()
    }
    assert queued == {
        ("1", "conflict", "C"),
        ("3", "possible_match", "A"),
        ("7", "unmatched"),
    }


def test_a_domain_that_two_accounts_share_tells_nothing() -> None:
    double = AccountRecord("crm", "A2", "acme", domain="acme.example")
    org = AccountRecord("desk", "5", "acme", domain="acme.example")
    assert matched(ACME, double, org)["5"] == (None, "unmatched")
    [row] = Matching(world(), [ACME, double, org]).queue()
    assert (row["issue"], row["candidate_account_ids"]) == ("ambiguous", ["A", "A2"])
    twice = [org, AccountRecord("desk", "6", "acme", domain="acme.example")]
    csp = AccountRecord("csp", "1", "acme", domain="acme.example")
    assert matched(ACME, csp, *twice) == {
        "A": ("A", "own"),
        "1": ("A", "domain"),
        "5": (None, "unmatched"),
        "6": (None, "unmatched"),
    }


def test_who_is_one_account_by_id_blurs_the_domain_of_another() -> None:
    beta = AccountRecord("crm", "B", "beta", domain="beta.example")
    stray = AccountRecord("csp", "1", "acme", domain="beta.example", foreign_id="A")
    org = AccountRecord("desk", "5", "beta", domain="beta.example")
    assert matched(ACME, beta, org)["5"] == ("B", "domain")
    assert matched(ACME, beta, stray, org)["5"] == (None, "unmatched")


def test_names_are_compared_without_legal_form() -> None:
    assert comparable("Northwind  Traders, Inc.") == "northwind traders"
    assert round(similarity("martha", "marhta"), 4) == 0.9611  # Winkler (1990)
    assert round(similarity("dixon", "dicksonx"), 4) == 0.8133
    assert similarity("abc", "xyz") == 0


def test_quality_counts_what_is_carried_and_empty() -> None:
    night = world(
        activities=[activity("1", user_emails=["x"]), activity("2", "csp", after=99)],
        assignments=[
            {
                "source_name": "crm",
                "account_id": "gone",
                "role": "lead",
                "valid_from": night_on(),
            }
        ],
    )
    facts = canonical(night)
    read = read_activities(night, facts)
    dims = list(dim_account(night, facts, [], []))
    book = Book(night.as_of, (), ())
    seen = Night(facts, dims, [], read, queue=[], book=book, health=Health(book), coverage=[])
    found = {
        (row["check_id"], row["source"]): (row["rows_failed"], row["rows_total"], row["sample"])
        for row in ops_data_quality(night, seen)
    }
    assert found == {
        ("absent_entity:users", None): (1, 1, []),
        ("absent_entity:tickets", None): (1, 1, []),
        ("absent_entity:usage", None): (1, 1, []),
        ("account_unknown:assignments", "crm"): (1, 1, ["gone"]),
        ("empty_field:activities.contact_emails", "crm"): (1, 1, ["1"]),
        ("empty_field:activities.contact_emails", "csp"): (1, 1, ["2"]),
        ("empty_field:activities.calendar_uid", "crm"): (1, 1, ["1"]),
        ("empty_field:activities.notes", "crm"): (1, 1, ["1"]),
    }
