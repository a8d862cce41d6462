"""What Custify says (staging/custify/custify.yml, and the custom attributes that are mapped).

Belongs here: its companies, people and what CSMs did. Does not: other systems.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from oracle.identity import AccountRecord
from oracle.said.reading import Accounts, Reading, Said, listed, once_noted, word
from oracle.world import Row
from sandbox.company.facts import Activity, Customer, Person, Team
from sandbox.systems.changes import morning
from sandbox.systems.custify import called, company_id
from sandbox.systems.ids import calendar_uid, custify_id
from sandbox.systems.landscape import CUSTIFY, Whereabouts, kind_noted
from sandbox.systems.seen import churn_at, ended_at, is_invited, owner_at

CARRIES = {
    "accounts": (
        "account_id", "name", "domain", "parent_account_id", "arr", "industry", "employees",
        "lifecycle_stage", "started_on", "owner_email",
    ),
    "contacts": ("contact_id", "account_id", "email", "name", "title"),
    "users": ("user_id", "email", "name", "role"),
    "activities": (
        "activity_id", "account_id", "type", "status", "started_at", "ended_at", "minutes",
        "direction", "channel", "subject", "user_emails", "contact_emails", "customer_attendees",
        "notes", "notes_at", "is_automated", "calendar_uid", "logged_at", "follow_up_at",
    ),
    "usage": ("account_id", "on", "metric", "value"),
    "assessments": ("assessment_id", "account_id", "assessed_at", "kind", "score"),
}  # fmt: skip
"""What its staging fills, and what the workspace's custom attributes add."""


def accounts(
    customer: Customer, where: Whereabouts, reading: Reading, people: Mapping[str, Person]
) -> Accounts:
    """Every customer is kept here; most carry the CRM's id."""
    account = customer.account
    if not reading.has(account.created_at):
        return
    name = called(account.name, account.account_id)
    owner = owner_at(customer.ownerships, reading.now)
    is_by_hand = where.csp_method == "manual"
    domain = None if is_by_hand else account.domain
    yield (
        AccountRecord(
            CUSTIFY, company_id(account.account_id), account.account_id, name,
            domain=domain,
            foreign_id=where.native_id if where.csp_method == "foreign_id" else None,
            linked_to=where.account_id if is_by_hand else None,
        ),
        {
            "name": name,
            "domain": domain,
            "parent": account.parent_account_id,
            "industry": account.industry,
            "employees": account.employees,
            "lifecycle_stage": "churned" if churn_at(customer, reading.now).is_gone else None,
            "owner_email": owner.person_email if owner and owner.person_email in people else None,
        },
    )  # fmt: skip


def users(
    customers: Iterable[Customer], team: Team, reading: Reading, people: Mapping[str, Person]
) -> Said:
    """Whom companies name as their CSM, and whom tasks are assigned to."""
    owners = [
        owner_at(customer.ownerships, reading.now)
        for customer in customers
        if reading.has(customer.account.created_at)
    ]
    csms = {owner.person_email for owner in owners if owner}
    assigned = {
        activity.person_emails[0]
        for activity in team.activities
        if activity.person_emails
        and "csp" in activity.recorded_in
        and reading.has(activity.recorded_at, until=activity.removed_at)
    }
    for email in sorted({email for email in csms | assigned if email in people}):
        yield (
            "users",
            {
                "source_name": CUSTIFY,
                "user_id": custify_id("users", email),
                "email": email,
                "name": people[email].name,
                "role": "csm" if email in csms else None,
            },
        )


def of_team(team: Team, reading: Reading) -> Said:
    """Work inside the firm is kept as tasks."""
    for activity in team.activities:
        if "csp" in activity.recorded_in:
            yield from _activity(activity, "task", None, reading)


def of_customer(customer: Customer, reading: Reading) -> Said:
    """A customer's people, until they leave, and what was done with them."""
    key = company_id(customer.account.account_id)
    account_id = reading.account_ids.get((CUSTIFY, key), key)
    for contact in customer.contacts:
        if reading.has(contact.created_at, until=morning(contact.left_on)):
            yield (
                "contacts",
                {
                    "source_name": CUSTIFY,
                    "contact_id": custify_id("people", contact.contact_id),
                    "account_id": account_id,
                    "email": contact.email,
                    "name": contact.name,
                    "title": contact.title,
                },
            )
    for activity in customer.activities:
        if "csp" in activity.recorded_in:
            is_meeting = activity.channel in ("meeting", "call", "event")
            kind = "meeting" if is_meeting else "note"
            yield from _activity(activity, kind, account_id, reading)


def _activity(activity: Activity, kind: str, account_id: str | None, reading: Reading) -> Said:
    """A meeting is there from when it was planned, and says until it is noted no more than that."""
    is_meeting = kind == "meeting"
    is_planned = is_meeting and is_invited(activity)
    first = min(
        activity.recorded_at,
        activity.planned_at if is_planned and activity.planned_at else activity.recorded_at,
    )
    if not reading.has(first, until=activity.removed_at):
        return
    ours, guests = activity.person_emails, activity.contact_emails
    if is_meeting:
        ours, guests = tuple(sorted({*ours})), tuple(sorted({*guests}))
    row: Row = {
        "source_name": CUSTIFY,
        "activity_id": f"{kind}:{custify_id(f'{kind}s', activity.activity_id)}",
        "account_id": account_id,
        "type": word(kind_noted(activity)),
        "status": reading.known(activity.status, activity.recorded_at) or "planned",
        "started_at": activity.started_at,
        "ended_at": ended_at(activity) if is_meeting else None,
        "minutes": activity.minutes,
        "direction": activity.direction,
        "channel": activity.channel,
        "subject": activity.subject,
        "user_emails": listed(ours),
        "contact_emails": listed(guests),
        "customer_attendees": len(guests) if is_meeting else None,
        "notes": reading.known(activity.notes, activity.notes_at or activity.recorded_at),
        "notes_at": reading.known(activity.notes_at, activity.notes_at),
        "follow_up_at": reading.known(
            activity.follow_up_at, once_noted(activity.follow_up_at, activity.recorded_at)
        ),
        "is_automated": True if kind == "note" and activity.is_automated else None,
        "calendar_uid": calendar_uid(activity.activity_id)
        if is_meeting and "calendar" in activity.recorded_in
        else None,
        "logged_at": reading.known(activity.recorded_at, activity.recorded_at) or first,
    }
    yield "activities", row
