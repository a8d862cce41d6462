"""What the made-up firm's systems hold of one customer, and how it changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from sandbox_facts import (
    ANA,
    BEN,
    ZOE,
    account,
    activity,
    at,
    contract,
    customer,
    ownership,
    person,
    place,
    ticket,
)

from sandbox.company.facts import Contact, Customer, Double, Leniency, Team
from sandbox.systems import (
    canonical,
    custify,
    google_calendar,
    hubspot,
    salesforce,
    spreadsheets,
    zendesk,
)
from sandbox.systems.changes import Life, instants

PEOPLE = {each.email: each for each in (person(ANA), person(BEN))}
Told = list[tuple[datetime, str]]


def lives(of: Customer) -> list[Life]:
    """All records of a customer in all systems."""
    where = place(of)
    crm = salesforce if where.crm == "salesforce" else hubspot
    return [
        *crm.of_customer(of, where),
        *custify.of_customer(of, where, PEOPLE),
        *zendesk.of_customer(of, where),
        *google_calendar.of_customer(of, tuple(PEOPLE)),
        *spreadsheets.of_customer(of, where),
    ]


def of_stream(of: Customer, source: str, stream: str) -> list[Life]:
    return [each for each in lives(of) if (each.source, each.stream) == (source, stream)]


def history(life: Life, *path: str | int) -> Iterator[tuple[datetime, Any]]:
    """What a record says at a place in it, each time that it changes."""
    for moment in life.moments():
        value: Any = life.change(moment).record
        for step in path:
            value = value[step] if value is not None else None
        yield moment, value


# The life of a record


def test_a_life_begins_with_its_first_instant_and_has_each_once() -> None:
    assert instants(at(2, 1), at(3, 1), None, at(1, 1), at(3, 1)) == (at(2, 1), at(3, 1))


def test_a_record_is_seen_from_after_it_was_put_until_it_is_deleted() -> None:
    life = Life("x", "y", "1", (at(1, 1), at(2, 1)), lambda at: {"month": at.month}, at(3, 1))
    seen = [life.seen(each) for each in (at(1, 1), at(1, 2), at(2, 2), at(3, 1), at(3, 2))]
    assert seen == [None, {"month": 1}, {"month": 2}, {"month": 2}, None]


def test_what_would_end_before_it_begins_never_is() -> None:
    assert Life("x", "y", "1", (at(2, 1),), lambda at: {}, at(1, 1)).moments() == ()


# Support


def test_a_ticket_is_opened_answered_solved_and_rated() -> None:
    (life,) = of_stream(customer(tickets=(ticket(),)), "zendesk", "tickets")
    assert list(history(life, "status")) == [
        (at(3, 2, 9), "new"),
        (at(3, 2, 10, 30), "open"),
        (at(3, 4), "solved"),
        (at(3, 5), "solved"),
    ]
    ratings = [value for _, value in history(life, "satisfaction_rating", "score")]
    assert ratings == ["unoffered", "unoffered", "offered", "good"]
    replies = history(life, "metric_set", "reply_time_in_minutes", "calendar")
    assert [value for _, value in replies] == [None, 90, 90, 90]


def test_a_bad_rating_is_not_taken_for_none() -> None:
    (life,) = of_stream(customer(tickets=(ticket(satisfaction=0),)), "zendesk", "tickets")
    assert [value for _, value in history(life, "satisfaction_rating", "score")][-1] == "bad"


def test_who_writes_to_support_is_known_there_from_the_first_ticket() -> None:
    (life,) = of_stream(
        customer(tickets=(ticket(), ticket(ticket_id="tic-2", opened_at=at(4, 1)))),
        "zendesk",
        "users",
    )
    assert list(history(life, "email")) == [(at(3, 2, 9), ZOE)]


# What was done


def test_a_meeting_lies_in_calendars_when_planned_and_is_noted_when_held() -> None:
    of = customer(activities=(activity(),))
    (entry,) = of_stream(of, "google_calendar", "events")
    assert list(history(entry, "summary")) == [(at(2, 1), "Check-in with Acme")]
    (noted,) = of_stream(of, "custify", "meetings")
    assert list(history(noted, "custom_attributes", "outcome")) == [
        (at(2, 1), "planned"),
        (at(2, 10, 15), "completed"),
        (at(2, 11), "completed"),
        (at(2, 12), "completed"),
    ]
    assert [value for _, value in history(noted, "description")] == [
        None,
        None,
        "<p>All is well</p>",
        "<p>All is well</p>",
    ]
    assert of_stream(of, "salesforce", "events") == []


@pytest.mark.parametrize(
    ("recorded_in", "expected"),
    [
        (("crm",), {"salesforce"}),
        (("csp",), {"custify"}),
        (("calendar",), {"google_calendar"}),
        (("campaigns",), {"sheets"}),
        (("crm", "csp", "calendar"), {"salesforce", "custify", "google_calendar"}),
    ],
)
def test_an_activity_is_where_it_was_recorded_and_nowhere_else(
    recorded_in: tuple[str, ...], expected: set[str]
) -> None:
    before = {(each.source, each.stream, each.key) for each in lives(customer())}
    of = customer(activities=(activity(recorded_in=recorded_in),))
    added = {
        each.source for each in lives(of) if (each.source, each.stream, each.key) not in before
    }
    assert added == expected


def test_all_copies_of_a_meeting_share_one_calendar_entry() -> None:
    of = customer(
        activities=(activity(recorded_in=("crm", "csp", "calendar"), person_emails=(ANA, BEN)),)
    )
    where = {
        ("salesforce", "events"): "Calendar_UID__c",
        ("custify", "meetings"): "externalId",
        ("google_calendar", "events"): "iCalUID",
    }
    named = [
        value
        for (source, stream), name in where.items()
        for life in of_stream(of, source, stream)
        for _, value in list(history(life, name))[:1]
    ]
    assert len(named) == 4
    assert len(set(named)) == 1


def test_a_meeting_called_off_is_taken_out_of_calendars_and_marked_elsewhere() -> None:
    off = activity(status="cancelled", recorded_at=at(2, 8), notes=None, notes_at=None)
    of = customer(activities=(off,))
    (entry,) = of_stream(of, "google_calendar", "events")
    assert entry.change(entry.moments()[-1]).action == "delete"
    assert entry.moments()[-1] == at(2, 8)
    (noted,) = of_stream(of, "custify", "meetings")
    assert [value for _, value in history(noted, "status")][:2] == ["confirmed", "cancelled"]


def test_what_is_taken_out_again_is_deleted_everywhere() -> None:
    of = customer(
        activities=(activity(recorded_in=("crm", "csp", "calendar"), removed_at=at(4, 1)),)
    )
    gone = {
        each.source
        for each in lives(of)
        if each.moments()[-1] == at(4, 1) and each.change(at(4, 1)).action == "delete"
    }
    assert gone == {"salesforce", "custify", "google_calendar"}


def test_only_what_the_subject_does_not_tell_is_picked_from_a_list() -> None:
    told = activity(recorded_in=("crm",))
    picked = activity(activity_id="act-2", type="health_update", recorded_in=("crm",))
    kinds = [
        value
        for life in of_stream(customer(activities=(told, picked)), "salesforce", "events")
        for _, value in list(history(life, "Type"))[:1]
    ]
    assert kinds == ["Meeting", "Health update"]


# Contracts


def test_a_deal_is_open_before_it_is_won_and_tells_of_a_notice_once_given() -> None:
    of = customer(contracts=(contract(recorded_at=at(3, 1), notice_on=date(2026, 9, 1)),))
    (life,) = of_stream(of, "salesforce", "opportunities")
    told = [
        (moment, won, notice)
        for (moment, won), (_, notice) in zip(
            history(life, "IsWon"), history(life, "Notice_On__c"), strict=True
        )
    ]
    assert told == [
        (at(1, 30), False, None),
        (at(3, 1), True, None),
        (at(9, 1, 8), True, "2026-09-01"),
    ]


def test_contracts_of_one_team_are_in_its_sheet_and_in_no_crm() -> None:
    grown = customer(ownerships=(ownership("gus@northwind.example"),))
    where = place(grown, person("gus@northwind.example", team="growth"))
    assert where.has_sheet_contracts is True
    assert not [
        each for each in salesforce.of_customer(grown, where) if each.stream == "opportunities"
    ]
    (life,) = (
        each for each in spreadsheets.of_customer(grown, where) if each.stream == "contracts"
    )
    row = life.seen(at(2, 1))
    assert row is not None
    cells = spreadsheets.FILES["contracts"].cells(row)
    assert cells[3:6] == ["05/01/2026", "04/01/2027", "60,000.00"]


# The customer itself


def test_a_customer_leaves_and_comes_back() -> None:
    gone = account(
        churned_on=date(2026, 5, 1), churn_notice_on=date(2026, 4, 1), churn_reason="Price"
    )
    back = contract(
        contract_id="con-2", starts_on=date(2026, 12, 1), recorded_at=at(11, 20), kind="won_back"
    )
    of = customer(account=gone, contracts=(contract(), back))
    (life,) = of_stream(of, "salesforce", "accounts")
    told = {
        moment: (kind, churned_on)
        for (moment, kind), (_, churned_on) in zip(
            history(life, "Type"), history(life, "Churned_On__c"), strict=True
        )
    }
    assert told == {
        at(1, 5): ("Customer - Direct", None),
        at(1, 5, 12): ("Customer - Direct", None),
        at(4, 1, 8): ("Customer - Direct", "2026-05-01"),
        at(5, 1, 8): ("Former customer", "2026-05-01"),
        at(11, 20): ("Customer - Direct", None),
    }


def test_a_handover_between_people_is_a_change_of_owner_in_the_crm() -> None:
    until = date(2026, 6, 1)
    of = customer(
        ownerships=(
            ownership(to_on=until),
            ownership(BEN, from_on=until, recorded_at=at(6, 1, 9), reason="handover"),
        )
    )
    (change,) = of_stream(of, "salesforce", "account_history")
    told = [(moment, value) for moment, value in history(change, "NewValue")]
    assert told == [(at(6, 1, 9), salesforce.user_id(BEN))]
    (life,) = of_stream(of, "salesforce", "accounts")
    assert list(history(life, "OwnerId"))[-1] == (at(6, 1, 9), salesforce.user_id(BEN))
    assert of_stream(of, "sheets", "assignments") == []


def test_once_a_pool_leads_the_sheet_has_all_the_owners() -> None:
    until = date(2026, 6, 1)
    of = customer(
        ownerships=(
            ownership(to_on=until),
            ownership(None, "scaled-pool", from_on=until, recorded_at=at(6, 1, 9)),
        )
    )
    assert of_stream(of, "salesforce", "account_history") == []
    first, second = of_stream(of, "sheets", "assignments")
    assert [value for _, value in history(first, "valid_to")] == [None, until]
    assert [value for _, value in history(second, "pool")] == ["scaled-pool"]


def test_a_double_is_merged_into_the_account_that_it_is() -> None:
    double = Double("acc-1", "acc-1-double", "ACME Limited", at(2, 2), at(7, 10))
    (merged,) = (
        each
        for each in of_stream(customer(doubles=(double,)), "salesforce", "accounts")
        if each.merged_at
    )
    change = merged.change(at(7, 10))
    assert (change.action, change.into) == ("merge", place(customer()).native_id)


def test_who_leaves_a_customer_is_taken_out_of_custify_and_marked_in_the_crm() -> None:
    left = Contact(
        "cnt-1", "acc-1", ZOE, "Zoe Muster", "CFO", ("economic_buyer",), at(1, 5), date(2026, 4, 1)
    )
    of = customer(contacts=(left,))
    (in_crm,) = of_stream(of, "salesforce", "contacts")
    assert [value for _, value in history(in_crm, "Left_On__c")] == [None, "2026-04-01"]
    (in_csp,) = of_stream(of, "custify", "people")
    assert in_csp.change(in_csp.moments()[-1]).action == "delete"


def test_customers_of_one_region_have_hubspot_for_their_crm() -> None:
    of = customer(account=account(region="apac"), activities=(activity(recorded_in=("crm",)),))
    assert {each.source for each in lives(of)} == {"hubspot", "custify", "zendesk", "sheets"}
    assert place(of).account_id == f"hubspot:{place(of).native_id}"
    assert place(of).csp_method == "domain"


# Sheets


def test_a_pause_ends_with_the_first_day_without_it() -> None:
    pause = Leniency(
        "exc-1",
        "acc-1",
        "pause",
        None,
        date(2026, 3, 1),
        date(2026, 3, 31),
        "merger",
        ANA,
        at(3, 1),
    )
    row = canonical.leniency(pause, "key").seen(at(3, 2))
    assert row is not None
    assert (row["from"], row["to"]) == (date(2026, 3, 1), date(2026, 4, 1))


def test_work_inside_the_firm_belongs_to_no_customer() -> None:
    team = Team((person(ANA), person(BEN)), ())
    inside = activity(
        account_id=None, type="reporting", contact_emails=(), channel="in_app", recorded_in=("csp",)
    )
    (task,) = custify.of_team(Team(team.people, (), (inside,)), PEOPLE)
    assert task.stream == "tasks"
    assert next(value for _, value in history(task, "company")) is None
