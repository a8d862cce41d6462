"""What HubSpot says (staging/hubspot/hubspot.yml, and the custom properties that are mapped).

Belongs here: its customers, people, deals, answers and what was logged. Does not: other systems.
"""

from __future__ import annotations

from functools import partial

from oracle.identity import AccountRecord
from oracle.said.reading import Accounts, Reading, Said, listed, once_noted, word
from oracle.said.salesforce import account_fields
from oracle.world import Row
from sandbox.company.facts import Activity, Contract, Customer, Person, Survey, Team
from sandbox.systems.changes import morning
from sandbox.systems.ids import calendar_uid, hubspot_id, zendesk_id
from sandbox.systems.landscape import HUBSPOT, Whereabouts, kind_noted, native_account_id
from sandbox.systems.seen import ended_at, noticed_at, renews

CARRIES = {
    "accounts": (
        "account_id", "name", "domain", "parent_account_id", "industry", "country", "employees",
        "lifecycle_stage", "owner_email", "currency", "time_zone", "business_calendar", "segment",
        "complexity", "acquisition_channel", "started_on", "first_value_on", "churn_notice_on",
        "churned_on", "churn_reason", "pool", "tier_override", "tier_override_reason",
        "tier_override_by", "tier_override_from", "tier_override_to",
    ),
    "contacts": ("contact_id", "account_id", "email", "name", "title", "personas", "left_on"),
    "users": ("user_id", "email", "name", "team"),
    "contracts": (
        "contract_id", "account_id", "starts_on", "arr", "currency", "signed_on", "ends_on",
        "product", "notice_on", "predecessor_contract_id", "auto_renews",
    ),
    "activities": (
        "activity_id", "account_id", "type", "status", "started_at", "ended_at", "minutes",
        "direction", "channel", "subject", "user_emails", "contact_emails", "customer_attendees",
        "notes", "is_automated", "calendar_uid", "logged_at", "notes_at", "follow_up_at",
        "ticket_id",
    ),
    "surveys": (
        "response_id", "account_id", "kind", "score", "responded_at", "contact_email", "comment",
    ),
}  # fmt: skip
"""What its staging fills, and what the account's custom properties add."""

_KINDS = {"meeting": "meeting", "event": "meeting", "call": "call", "email": "email",
          "chat": "note", "in_app": "note"}  # fmt: skip
_STREAMS = {"meeting": "meetings", "call": "calls", "email": "emails", "note": "notes",
            "task": "tasks"}  # fmt: skip


def accounts(customer: Customer, where: Whereabouts, reading: Reading) -> Accounts:
    """The customer, and doubles of it: one that was merged is gone, and the other names it."""
    if where.crm != HUBSPOT:
        return
    account = customer.account
    if reading.has(account.created_at):
        fields = account_fields(customer, reading)
        yield (
            AccountRecord(
                HUBSPOT, where.native_id, account.account_id, account.name, account.country,
                domain=account.domain,
            ),
            {name: value for name, value in fields.items() if name != "is_partner"},
        )  # fmt: skip
    for double in customer.doubles:
        if reading.has(double.created_at):
            is_merged = reading.has(double.merged_at)
            record = AccountRecord(
                HUBSPOT, native_account_id(HUBSPOT, double.double_id), account.account_id,
                double.name, merged_into=where.native_id if is_merged else None,
                is_live=not is_merged,
            )  # fmt: skip
            yield record, {"name": double.name, "currency": account.currency}


def of_team(team: Team, reading: Reading) -> Said:
    """Everybody of the firm; who left is in the archive."""
    for person in team.people:
        if reading.has(morning(person.started_on), until=morning(person.ended_on)):
            yield "users", _user(person)


def _user(person: Person) -> Row:
    return {
        "source_name": HUBSPOT,
        "user_id": _written("owners", person.email),
        "email": person.email,
        "name": person.name,
        "team": person.team,
    }


def of_customer(customer: Customer, where: Whereabouts, reading: Reading) -> Said:
    """A customer whose CRM this is."""
    if where.crm != HUBSPOT:
        return
    account_id = reading.account_ids.get((HUBSPOT, where.native_id))
    for contact in customer.contacts:
        if reading.has(contact.created_at):
            yield (
                "contacts",
                {
                    "source_name": HUBSPOT,
                    "contact_id": _written("contacts", contact.contact_id),
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
    there = {c.email for c in customer.contacts if reading.has(c.created_at)}
    for activity in customer.activities:
        is_noted = reading.has(activity.recorded_at, until=activity.removed_at)
        if "crm" in activity.recorded_in and is_noted:
            row = _activity(activity, reading, sorted(there & {*activity.contact_emails}))
            yield "activities", {**row, "account_id": account_id}
    for survey in customer.surveys:
        if reading.has(survey.responded_at):
            yield "surveys", {**_survey(survey), "account_id": account_id}


def _written(stream: str, true_id: str) -> str:
    return f"{HUBSPOT}:{hubspot_id(stream, true_id)}"


def _contract(contract: Contract, reading: Reading) -> Row:
    return {
        "source_name": HUBSPOT,
        "contract_id": _written("deals", contract.contract_id),
        "starts_on": contract.starts_on,
        "ends_on": contract.ends_on,
        "arr": float(contract.arr),
        "currency": contract.currency,
        "product": contract.product,
        "signed_on": contract.signed_on,
        "notice_on": reading.known(contract.notice_on, noticed_at(contract)),
        "predecessor_contract_id": renews(contract, partial(_written, "deals")),
        "auto_renews": contract.auto_renews,
    }


def _activity(activity: Activity, reading: Reading, guests: list[str]) -> Row:
    """An engagement: its kind is that of the channel, unless somebody picked another."""
    kind = _KINDS.get(activity.channel, "task")
    is_meeting = kind == "meeting"
    ours = activity.person_emails if is_meeting else activity.person_emails[:1]
    notes = reading.known(activity.notes, activity.notes_at or activity.recorded_at)
    if kind == "note":
        notes = notes or activity.subject
    is_in_calendar = is_meeting and "calendar" in activity.recorded_in
    return {
        "source_name": HUBSPOT,
        "activity_id": f"{kind}:{hubspot_id(_STREAMS[kind], activity.activity_id)}",
        "type": word(kind_noted(activity)),
        "status": activity.status,
        "started_at": activity.started_at,
        "ended_at": ended_at(activity) if is_meeting else None,
        "minutes": activity.minutes,
        "direction": activity.direction,
        "channel": activity.channel,
        "subject": None if kind == "note" else activity.subject,
        "user_emails": listed(tuple(sorted({*ours}))),
        "contact_emails": guests or None,
        # Whom nobody is tied to may still have been there.
        "customer_attendees": (len(guests) or None) if kind in ("meeting", "call") else None,
        "notes": None if kind == "email" else notes,
        "notes_at": reading.known(activity.notes_at, activity.notes_at),
        "follow_up_at": reading.known(
            activity.follow_up_at, once_noted(activity.follow_up_at, activity.recorded_at)
        ),
        "is_automated": activity.is_automated,
        "ticket_id": activity.ticket_id and f"zendesk:{zendesk_id('tickets', activity.ticket_id)}",
        "calendar_uid": calendar_uid(activity.activity_id) if is_in_calendar else None,
        "logged_at": activity.recorded_at,
    }


def _survey(survey: Survey) -> Row:
    return {
        "source_name": HUBSPOT,
        "response_id": _written("feedback_submissions", survey.response_id),
        "kind": survey.kind,
        "score": float(survey.score),
        "responded_at": survey.responded_at,
        "contact_email": survey.contact_email,
        "comment": survey.comment,
    }
