"""What Salesforce says (staging/salesforce/salesforce.yml, and the custom fields that are mapped).

Belongs here: its customers, people, deals, owners and what was logged. Does not: other systems.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time
from functools import partial
from zoneinfo import ZoneInfo

from oracle.identity import AccountRecord
from oracle.said.reading import Accounts, Reading, Said, listed, utc_day, word
from oracle.world import Row
from sandbox.company.facts import Activity, Contract, Customer, Person, Team
from sandbox.systems.changes import morning
from sandbox.systems.ids import calendar_uid, salesforce_id, zendesk_id
from sandbox.systems.landscape import SALESFORCE, Whereabouts, kind_noted, native_account_id
from sandbox.systems.seen import (
    churn_at,
    ended_at,
    noticed_at,
    override_at,
    owner_at,
    renews,
    takes_over_at,
)

CARRIES = {
    "accounts": (
        "account_id", "name", "domain", "parent_account_id", "currency", "industry", "country",
        "employees", "lifecycle_stage", "owner_email", "is_partner",
        "time_zone", "business_calendar", "segment", "complexity", "acquisition_channel",
        "started_on", "first_value_on", "churn_notice_on", "churned_on", "churn_reason", "pool",
        "tier_override", "tier_override_reason", "tier_override_by", "tier_override_from",
        "tier_override_to",
    ),
    "contacts": ("contact_id", "account_id", "email", "name", "title", "personas", "left_on"),
    "users": ("user_id", "email", "name", "function", "team", "ended_on", "time_zone"),
    "assignments": ("account_id", "user_email", "role", "function", "valid_from", "valid_to"),
    "contracts": (
        "contract_id", "account_id", "starts_on", "ends_on", "arr", "currency", "product",
        "status", "signed_on", "notice_on", "predecessor_contract_id", "auto_renews",
    ),
    "activities": (
        "activity_id", "account_id", "type", "status", "started_at", "ended_at", "minutes",
        "direction", "channel", "subject", "user_emails", "contact_emails", "customer_attendees",
        "notes", "is_automated", "ticket_id", "logged_at", "notes_at", "follow_up_at",
        "calendar_uid",
    ),
}  # fmt: skip
"""What its staging fills, and what the org's custom fields add."""


def accounts(customer: Customer, where: Whereabouts, reading: Reading) -> Accounts:
    """The customer, and doubles of it: one that was merged is gone, and points to it."""
    if where.crm != SALESFORCE:
        return
    account = customer.account
    if reading.has(account.created_at):
        yield (
            AccountRecord(
                SALESFORCE, where.native_id, account.account_id, account.name, account.country,
                domain=account.domain,
            ),
            account_fields(customer, reading),
        )  # fmt: skip
    for double in customer.doubles:
        if not reading.has(double.created_at):
            continue
        key = native_account_id(SALESFORCE, double.double_id)
        is_merged = reading.has(double.merged_at)
        record = AccountRecord(
            SALESFORCE, key, account.account_id, double.name,
            merged_into=where.native_id if is_merged else None, is_live=not is_merged,
        )  # fmt: skip
        owner = owner_at(customer.ownerships, double.created_at)
        yield (
            record,
            {
                "name": double.name,
                "currency": account.currency,
                "owner_email": owner.person_email if owner else None,
            },
        )


def account_fields(customer: Customer, reading: Reading) -> Row:
    account, churn = customer.account, churn_at(customer, reading.now)
    owner, override = (
        owner_at(customer.ownerships, reading.now),
        override_at(customer.overrides, reading.now),
    )
    return {
        "name": account.name,
        "domain": account.domain,
        "parent": account.parent_account_id,
        "currency": account.currency,
        "industry": account.industry,
        "country": account.country,
        "employees": account.employees,
        "lifecycle_stage": "churned" if churn.is_gone else "customer",
        "owner_email": owner.person_email if owner else None,
        "pool": owner.pool if owner else None,
        "is_partner": False,
        "time_zone": account.time_zone,
        "business_calendar": account.business_calendar,
        "segment": account.segment,
        "complexity": account.complexity,
        "acquisition_channel": account.acquisition_channel,
        "started_on": account.started_on,
        "first_value_on": reading.known(account.first_value_on, morning(account.first_value_on)),
        "churn_notice_on": churn.notice_on,
        "churned_on": churn.churned_on,
        "churn_reason": churn.reason,
        "tier_override": override and override.tier_id,
        "tier_override_reason": override and override.reason,
        "tier_override_by": override and override.set_by,
        "tier_override_from": override and override.from_on,
        "tier_override_to": override and override.to_on,
    }


def of_team(team: Team, reading: Reading, time_zone: str) -> Said:
    """Everybody of the firm, and what they logged that is for no customer."""
    for person in team.people:
        if reading.has(morning(person.started_on)):
            yield "users", _user(person, reading)
    for activity in team.activities:
        yield from _activities(activity, None, reading, time_zone)


def _user(person: Person, reading: Reading) -> Row:
    return {
        "source_name": SALESFORCE,
        "user_id": salesforce_id("users", person.email),
        "email": person.email,
        "name": person.name,
        "function": "Support" if person.role == "support" else "Customer Success",
        "team": person.team,
        "ended_on": reading.known(person.ended_on, morning(person.ended_on)),
        "time_zone": person.time_zone,
    }


def of_customer(customer: Customer, where: Whereabouts, reading: Reading, time_zone: str) -> Said:
    """A customer whose CRM this is."""
    if where.crm != SALESFORCE:
        return
    account_id = reading.account_ids.get((SALESFORCE, where.native_id))
    if not where.has_sheet_owners:
        for row in _owners(customer, reading):
            yield "assignments", {**row, "account_id": account_id}
    for contact in customer.contacts:
        if reading.has(contact.created_at):
            yield (
                "contacts",
                {
                    "source_name": SALESFORCE,
                    "contact_id": salesforce_id("contacts", contact.contact_id),
                    "account_id": account_id,
                    "email": contact.email,
                    "name": contact.name,
                    "title": contact.title,
                    "personas": listed(contact.personas),
                    "left_on": reading.known(contact.left_on, morning(contact.left_on)),
                },
            )
    for contract in customer.contracts:
        if reading.has(contract.recorded_at) and not where.has_sheet_contracts:
            yield "contracts", {**_contract(contract, reading), "account_id": account_id}
    for activity in customer.activities:
        yield from _activities(activity, account_id, reading, time_zone)


def _owners(customer: Customer, reading: Reading) -> Iterator[Row]:
    """Who led the account when; an account that nobody took over has no history."""
    taken = [o for o in customer.ownerships[1:] if reading.has(takes_over_at(o))]
    if not taken:
        return
    days = [utc_day(takes_over_at(each)) for each in taken]
    starts = [utc_day(customer.account.created_at), *days]
    for owner, first_on, end_on in zip(
        (customer.ownerships[0], *taken), starts, (*days, None), strict=True
    ):
        if end_on is None or first_on < end_on:
            yield {
                "source_name": SALESFORCE,
                "user_email": owner.person_email,
                "role": "lead",
                "function": "Account Owner",
                "valid_from": first_on,
                "valid_to": end_on,
            }


def _contract(contract: Contract, reading: Reading) -> Row:
    return {
        "source_name": SALESFORCE,
        "contract_id": salesforce_id("opportunities", contract.contract_id),
        "starts_on": contract.starts_on,
        "ends_on": contract.ends_on,
        "arr": float(contract.arr),
        "currency": contract.currency,
        "product": contract.product,
        "status": "active",
        "signed_on": contract.signed_on,
        "notice_on": reading.known(contract.notice_on, noticed_at(contract)),
        "predecessor_contract_id": renews(contract, partial(salesforce_id, "opportunities")),
        "auto_renews": contract.auto_renews,
    }


def _activities(
    activity: Activity, account_id: str | None, reading: Reading, time_zone: str
) -> Said:
    """A meeting is an event; a call, an email or anything else is a task, without an end."""
    is_there = reading.has(activity.recorded_at, until=activity.removed_at)
    if "crm" not in activity.recorded_in or not is_there:
        return
    is_event = activity.channel in ("meeting", "event")
    stream = "events" if is_event else "tasks"
    yield (
        "activities",
        {
            "source_name": SALESFORCE,
            "activity_id": salesforce_id(stream, activity.activity_id),
            "account_id": account_id,
            "type": word(kind_noted(activity)),
            "status": activity.status,
            "started_at": _began(activity, is_event, time_zone),
            "ended_at": ended_at(activity) if is_event else None,
            "minutes": activity.minutes,
            "direction": activity.direction,
            "channel": activity.channel,
            "subject": activity.subject,
            "user_emails": listed(activity.person_emails),
            "contact_emails": listed(activity.contact_emails),
            "customer_attendees": len(activity.contact_emails),
            "notes": reading.known(activity.notes, activity.notes_at or activity.recorded_at),
            "notes_at": reading.known(activity.notes_at, activity.notes_at),
            "follow_up_at": reading.known(activity.follow_up_at, activity.follow_up_at),
            "is_automated": activity.is_automated,
            "ticket_id": activity.ticket_id
            and f"zendesk:{zendesk_id('tickets', activity.ticket_id)}",
            "calendar_uid": calendar_uid(activity.activity_id)
            if "calendar" in activity.recorded_in
            else None,
            "logged_at": activity.recorded_at,
        },
    )


def _began(activity: Activity, is_event: bool, time_zone: str) -> datetime:
    """A task that is still open has a day only: it is taken to begin with it."""
    if is_event or activity.status != "planned":
        return activity.started_at
    day = utc_day(activity.started_at)
    return datetime.combine(day, time(), ZoneInfo(time_zone)).astimezone(UTC)
