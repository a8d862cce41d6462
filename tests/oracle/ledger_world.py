"""A night in the words of the ledger: the firm's facts as a book of customers.

Belongs here: translating. Does not: any rule of tiers, obligations or coverage.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

import holidays

from oracle.assignments import lead_on
from oracle.canonical import Facts
from oracle.ledger_facts import (
    Account,
    Activity,
    Assessment,
    Book,
    Contact,
    Contract,
    Lead,
    Leave,
    Looks,
    Mention,
    Override,
    Plan,
    Project,
    Survey,
    Ticket,
    Usage,
)
from oracle.models import ledger_models
from oracle.world import Row, World, local_day

YEARS = range(2015, 2031)

_OF_TICKETS = ("priority", "solved_at", "component", "contact_email")
_OF_SURVEYS = ("response_id", "account_id", "responded_at")
_OF_MENTIONS = ("account_id", "at", "sentiment", "source")
_OF_PROJECTS = (
    "project_id", "account_id", "kind", "starts_on", "due_on", "completed_on", "status",
)  # fmt: skip
_OF_LOOKS = ("account_id", "valid_from", "valid_to", "complexity")


def book(
    world: World,
    facts: Facts,
    activities: Sequence[Row],
    history: Sequence[Row],
    assigned: Sequence[Row],
) -> Book:
    """The book of a night.

    `activities`, `history` and `assigned` are fct_activity, account_scd2 and
    account_assignment_scd2.
    """
    there = {account["account_id"] for account in facts["accounts"]}
    accounts = tuple(_account(world, row, history) for row in facts["accounts"])

    def known(entity: str) -> list[Row]:
        return [row for row in facts[entity] if row["account_id"] in there]

    return Book(
        as_of=world.as_of,
        models=ledger_models(),
        accounts=accounts,
        contracts=tuple(map(_contract, known("contracts"))),
        activities=tuple(_activities([a for a in activities if a["account_id"] in there])),
        users=tuple(user["email"] for user in facts["users"]),
        contacts=tuple(map(_contact, known("contacts"))),
        plans=tuple(map(_plan, known("success_plans"))),
        plan_fields=frozenset(
            name
            for name in ("objectives", "is_customer_validated")
            if world.is_carried("success_plans", name)
        ),
        leaves=tuple(map(_leave, known("exceptions"))),
        tickets=tuple(
            Ticket(
                *(row["ticket_id"], row["account_id"], row["opened_at"]),
                row.get("first_response_at"),
                is_answer_told="first_response_at" in world.carried(row["source_name"], "tickets"),
                **{name: row.get(name) for name in _OF_TICKETS},
            )
            for row in known("tickets")
        )
        if world.is_carried("tickets")
        else None,
        usage=tuple(
            Usage(row["account_id"], row["on"], row["metric"], row["value"])
            for row in known("usage")
        )
        if world.is_carried("usage")
        else None,
        assessments=tuple(map(_assessment, known("assessments"))),
        asked_on=tuple(_asked_on(world, facts)),
        asked_at=tuple(row["opened_at"] for row in facts["tickets"]),
        time_zone=world.time_zone,
        recorded_on=tuple(row["started_on"] for row in activities),
        has_personas=any(
            world.is_carried(entity, "personas") for entity in ("activities", "contacts")
        ),
        rates={**world.rates, world.currency: 1.0},
        currency=world.currency,
        holidays=_holidays({account.calendar for account in accounts}),
        leads=tuple(_leads(assigned, world.as_of)),
        surveys=tuple(
            Survey(*(row[n] for n in _OF_SURVEYS), row.get("contact_email"))
            for row in known("surveys")
        ),
        mentions=tuple(
            Mention(row["mention_id"], *(row.get(name) for name in _OF_MENTIONS))
            for row in facts["mentions"]
        ),
        projects=tuple(
            Project(**{name: row.get(name) for name in _OF_PROJECTS}) for row in known("projects")
        ),
        looks=tuple(Looks(**{name: row[name] for name in _OF_LOOKS}) for row in history),
        tells_first_value=world.is_carried("accounts", "first_value_on"),
        recorded_since=min((row["started_on"] for row in activities), default=None),
    )


def contracts_only(world: World, facts: Facts) -> Book:
    """What is needed to see which contract follows which."""
    accounts = (
        Account(
            row["account_id"],
            churned_on=row.get("churned_on"),
            churn_notice_on=row.get("churn_notice_on"),
        )
        for row in facts["accounts"]
    )
    return Book(
        as_of=world.as_of,
        models=ledger_models(),
        accounts=tuple(accounts),
        contracts=tuple(map(_contract, facts["contracts"])),
        rates={**world.rates, world.currency: 1.0},
        currency=world.currency,
    )


def _account(world: World, row: Row, history: Sequence[Row]) -> Account:
    return Account(
        account_id=row["account_id"],
        parent_id=row.get("parent_account_id"),
        calendar=row.get("business_calendar") or row.get("country") or "",
        time_zone=row.get("time_zone") or world.time_zone,
        override=_override(row, history),
        started_on=row.get("started_on"),
        churned_on=row.get("churned_on"),
        churn_notice_on=row.get("churn_notice_on"),
        churn_reason=row.get("churn_reason"),
        first_value_on=row.get("first_value_on"),
    )


def _override(account: Row, history: Sequence[Row]) -> Override | None:
    """As the account's records say it now; from the day it became known, where they do not say."""
    if account.get("tier_override") is None:
        return None
    since = [
        row["known_on"]
        for row in history
        if row["account_id"] == account["account_id"]
        and row["tier_override"] == account["tier_override"]
        and row["tier_override_to"] == account.get("tier_override_to")
    ]
    return Override(
        tier_id=account["tier_override"],
        starts_on=account.get("tier_override_from") or min(since, default=None),
        ends_on=account.get("tier_override_to"),
        reason=account.get("tier_override_reason") or "",
        by=account.get("tier_override_by") or "",
    )


def _contract(row: Row) -> Contract:
    return Contract(
        contract_id=row["contract_id"],
        account_id=row["account_id"],
        starts_on=row["starts_on"],
        ends_on=row.get("ends_on"),
        arr=row["arr"],
        currency=row["currency"],
        product=row.get("product"),
        predecessor_id=row.get("predecessor_contract_id"),
        status=row.get("status"),
        signed_on=row.get("signed_on"),
        notice_on=row.get("notice_on"),
        auto_renews=row.get("auto_renews"),
    )


def _activities(rows: Sequence[Row]) -> Iterator[Activity]:
    for row in rows:
        yield Activity(
            activity_id=row["activity_id"],
            account_id=row["account_id"],
            type=row["type"],
            started_at=row["started_at"],
            status=row["status"],
            channel=row["channel"],
            direction=row["direction"],
            user_emails=tuple(row["user_emails"] or ()),
            contact_emails=tuple(row["contact_emails"] or ()),
            customer_attendees=row["customer_attendees"],
            personas=tuple(row["personas"] or ()),
            minutes=row["minutes"],
            has_notes=bool(row["notes_length"]),
            notes_at=row["notes_at"],
            follow_up_at=row["follow_up_at"],
            is_automated=row["is_automated"],
            ticket_id=row["ticket_id"],
            carried=frozenset(row["carried_fields"]),
        )


def _contact(row: Row) -> Contact:
    return Contact(
        row["account_id"],
        row.get("email"),
        tuple(row.get("personas") or ()),
        is_active=row.get("is_active"),
        left_on=row.get("left_on"),
    )


def _assessment(row: Row) -> Assessment:
    names = ("assessment_id", "account_id", "assessed_at", "kind", "score", "source_name")
    return Assessment(**{name: row[name] for name in names})


def _asked_on(world: World, facts: Facts) -> Iterator[date]:
    zones = {account["account_id"]: account.get("time_zone") for account in facts["accounts"]}
    for row in facts["tickets"]:
        zone = zones.get(row["account_id"]) or world.time_zone
        yield local_day(row["opened_at"], zone)


def _plan(row: Row) -> Plan:
    objectives = row.get("objectives")
    return Plan(
        plan_id=row["plan_id"],
        account_id=row["account_id"],
        updated_on=row["updated_on"],
        objectives=None if objectives is None else len(objectives),
        is_validated=row.get("is_customer_validated"),
        status=row.get("status"),
    )


def _leave(row: Row) -> Leave:
    return Leave(
        exception_id=row["exception_id"],
        account_id=row["account_id"],
        kind=row["kind"],
        family=row.get("family"),
        starts_on=row["from"],
        ends_on=row["to"],
    )


def _leads(assigned: Sequence[Row], as_of: date) -> Iterator[Lead]:
    """Stretches of days with one lead, an address where no source has the person as a user."""
    by_account = defaultdict(list)
    for row in assigned:
        by_account[row["account_id"]].append(row)
    for account_id, rows in by_account.items():
        turns = sorted({day for row in rows for day in (row["valid_from"], row["valid_to"]) if day})
        for start, end in zip(turns, [*turns[1:], None], strict=True):
            lead = lead_on(rows, start)
            if lead is not None:
                person = lead["user_id"] or lead["user_email"]
                yield Lead(account_id, start, end, person, lead["pool"])


def _holidays(calendars: set[str]) -> dict[str, frozenset[date]]:
    """Public holidays of the countries, whose ISO codes the firm's calendars are."""
    return {
        name: frozenset(holidays.country_holidays(name, years=YEARS)) for name in calendars if name
    }
