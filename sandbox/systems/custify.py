"""What the firm keeps in Custify: all its customers, their people, what CSMs did.

Belongs here: its records there, custom attributes included, and what sources.yaml says of those.
Does not: how Custify answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from html import escape

from sandbox.company.facts import Activity, Contact, Customer, Person, Team
from sandbox.systems.changes import Life, Record, known, morning, same
from sandbox.systems.custom_fields import OF_CUSTIFY
from sandbox.systems.ids import calendar_uid, custify_id, number
from sandbox.systems.landscape import CUSTIFY, Whereabouts, kind_noted
from sandbox.systems.seen import (
    account_instants,
    churn_at,
    ended_at,
    is_invited,
    log_instants,
    owner_at,
)

_ENDINGS = ("", " Inc.", " Ltd", " Group")


def settings() -> Record:
    """What sources.yaml says of it beyond address and credentials."""
    return {
        "defines_accounts": False,
        "streams": ["companies", "people", "tasks", "notes", "meetings"],
        "fields": OF_CUSTIFY,
        "requests_per_minute": 100_000,
    }


def company_id(account_id: str) -> str:
    """Custify's id of an account."""
    return custify_id("companies", account_id)


def of_team(team: Team, people: Mapping[str, Person]) -> Iterator[Life]:
    """Work inside the firm, for no single customer."""
    for activity in team.activities:
        if "csp" in activity.recorded_in:
            yield _activity(activity, None, {}, people)


def of_customer(
    customer: Customer, where: Whereabouts, people: Mapping[str, Person]
) -> Iterator[Life]:
    """A customer: every one is kept here."""
    account_id = customer.account.account_id
    yield Life(
        CUSTIFY,
        "companies",
        company_id(account_id),
        account_instants(customer),
        lambda at: _company(customer, where, people, at),
    )
    for contact in customer.contacts:
        yield _person(contact)
    for activity in customer.activities:
        if "csp" in activity.recorded_in:
            yield _activity(activity, account_id, where.contact_ids, people)


def unknown_company(begun: datetime) -> Life:
    """A workspace that somebody tries the product in: no other system has heard of it."""
    key = company_id("nobody")
    record: Record = {
        "id": key,
        "company_id": None,
        "name": "Trial workspace",
        "website": "https://trial-workspace.example",
        "churned": False,
        "created_at": _time(begun),
        "custom_attributes": {},
    }
    return Life(CUSTIFY, "companies", key, (begun,), partial(same, record))


def called(name: str, account_id: str) -> str:
    """What the team calls a customer here: now and then with another legal form."""
    bare = name.rsplit(" ", 1)[0] if name.endswith((" Inc", " Ltd", " GmbH", " AG")) else name
    ending = _ENDINGS[number("ending", account_id, 100) % len(_ENDINGS)]
    return f"{bare}{ending}" if ending else name


def _company(
    customer: Customer, where: Whereabouts, people: Mapping[str, Person], at: datetime
) -> Record:
    account, owner = customer.account, owner_at(customer.ownerships, at)
    lead = people.get(owner.person_email or "") if owner else None
    is_linked = where.csp_method == "foreign_id"
    parent = account.parent_account_id
    return {
        "id": company_id(account.account_id),
        "company_id": where.native_id if is_linked else None,
        "name": called(account.name, account.account_id),
        "website": None if where.csp_method == "manual" else f"https://{account.domain}",
        "industry": account.industry,
        "size": account.employees,
        "churned": churn_at(customer, at).is_gone,
        "status": "active",
        "owners_csm": custify_id("users", lead.email) if lead else None,
        "owners_csm_name": lead.name if lead else None,
        "owners_csm_email": lead.email if lead else None,
        "parent_companies": [{"id": company_id(parent)}] if parent else [],
        "tags": [],
        "buckets": [],
        "custom_attributes": {"Segment": account.segment},
        "metrics": {"people_count": len(customer.contacts)},
        "created_at": _time(account.created_at),
    }


def _person(contact: Contact) -> Life:
    """A person is taken out when they leave their company."""
    key = custify_id("people", contact.contact_id)
    record = {
        "id": key,
        "user_id": contact.contact_id,
        "email": contact.email,
        "name": contact.name,
        "title": contact.title,
        "companies": [company_id(contact.account_id)],
        "custom_attributes": {},
        "created_at": _time(contact.created_at),
    }
    return Life(
        CUSTIFY,
        "people",
        key,
        (contact.created_at,),
        partial(same, record),
        deleted_at=morning(contact.left_on),
    )


def _activity(
    activity: Activity,
    account_id: str | None,
    contact_ids: Mapping[str, str],
    people: Mapping[str, Person],
) -> Life:
    """People met: a meeting, from the calendar if it was planned there; else a note or a task."""
    is_spoken = activity.channel in ("meeting", "call", "event")
    stream = "tasks" if account_id is None else "meetings" if is_spoken else "notes"
    planned_at = activity.planned_at if stream == "meetings" and is_invited(activity) else None
    first = min(planned_at or activity.recorded_at, activity.recorded_at)
    key = custify_id(stream, activity.activity_id)

    def render(at: datetime) -> Record:
        record = {
            "custom_attributes": _attributes(activity, stream, at),
            "created_at": _time(first),
        }
        if account_id is None:
            return {"_id": key, **_task(activity, people, at), **record}
        if stream == "notes":
            return {"id": key, **_note(activity, account_id, at), **record}
        return {"id": key, **_meeting(activity, account_id, contact_ids, people, at), **record}

    return Life(
        CUSTIFY,
        stream,
        key,
        log_instants(activity, first),
        render,
        deleted_at=activity.removed_at,
    )


def _attributes(a: Activity, stream: str, at: datetime) -> Record:
    """What the team notes in attributes of its own; of what is only planned, nothing yet.

    A meeting lacks an attribute that is not filled. Notes and tasks have them empty, as what
    Custify says by itself, of the note as of a text, would be wrong of what was done.
    """
    is_noted = at >= a.recorded_at
    noted: Record = {
        "kind": kind_noted(a),
        "channel": a.channel,
        "direction": a.direction,
        "outcome": a.status if is_noted else "planned",
        "logged_at": _time(a.recorded_at) if is_noted else None,
        "notes_at": _moment(known(a.notes_at, a.notes_at, at)),
        "follow_up_at": _moment(known(a.follow_up_at, a.follow_up_at, at)),
    }
    if stream == "meetings":
        return {name: value for name, value in noted.items() if value is not None}
    return {
        **noted,
        "happened_at": _time(a.started_at),
        "minutes": a.minutes,
        "team": ";".join(a.person_emails) or None,
        "attendees": ";".join(a.contact_emails) or None,
    }


def _text(a: Activity, at: datetime) -> str | None:
    notes = known(a.notes, a.notes_at or a.recorded_at, at)
    return f"<p>{escape(notes)}</p>" if notes else None


def _meeting(
    a: Activity,
    account_id: str,
    contact_ids: Mapping[str, str],
    people: Mapping[str, Person],
    at: datetime,
) -> Record:
    ours = [
        {"name": people[email].name if email in people else email, "email": email}
        for email in a.person_emails
    ]
    theirs = [
        {"email": email, "people": custify_id("people", contact_ids[email])}
        if email in contact_ids
        else {"email": email}
        for email in a.contact_emails
    ]
    end = ended_at(a)
    is_over = at >= a.recorded_at
    return {
        "title": a.subject,
        "description": _text(a, at),
        "startAt": _time(a.started_at),
        "endAt": _moment(end),
        "duration": None if a.minutes is None else a.minutes * 60,
        "recurring": False,
        "status": "cancelled" if a.status == "cancelled" and is_over else "confirmed",
        "organizer": {**ours[0], "organizer": True} if ours else None,
        "participants": [{**each, "status": "accepted"} for each in (*ours, *theirs)],
        "company": [company_id(account_id)],
        "people": [each["people"] for each in theirs if "people" in each],
        "externalId": calendar_uid(a.activity_id) if "calendar" in a.recorded_in else None,
    }


def _note(a: Activity, account_id: str, at: datetime) -> Record:
    company = company_id(account_id)
    return {
        "subject": a.subject,
        "text": _text(a, at),
        "entity": company,
        "entityModel": "Company",
        "company": [company],
        "people": [],
        "sticky": False,
        "createdBy": custify_id("users", a.person_emails[0]) if a.person_emails else None,
        "createdByType": "Playbook" if a.is_automated else "User",
    }


def _task(a: Activity, people: Mapping[str, Person], at: datetime) -> Record:
    lead = people.get(next(iter(a.person_emails), ""))
    return {
        "name": a.subject,
        "description": _text(a, at),
        "status": "open" if a.status == "planned" else "done",
        "priority": "medium",
        "dueDate": _time(a.started_at),
        "completedAt": None if a.status == "planned" else _time(a.started_at),
        "company": None,
        "assignedTo": custify_id("users", lead.email) if lead else None,
        "assignedToModel": "User",
        "assignedToName": lead.name if lead else None,
        "assignedToEmail": lead.email if lead else None,
        "tags": [],
    }


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else _time(moment)
