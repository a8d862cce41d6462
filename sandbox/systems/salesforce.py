"""What the firm keeps in Salesforce.

Belongs here: its records there, custom fields included, and what sources.yaml says of those. Does
not: how Salesforce answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from functools import partial
from itertools import pairwise

from sandbox.company.facts import (
    Activity,
    Contact,
    Contract,
    Customer,
    Double,
    Ownership,
    Person,
    Team,
)
from sandbox.servers.salesforce.objects import text_of
from sandbox.systems.changes import Life, Record, instants, known, morning, same
from sandbox.systems.custom_fields import OF_SALESFORCE
from sandbox.systems.ids import calendar_uid, salesforce_id, zendesk_id
from sandbox.systems.landscape import (
    SALESFORCE,
    Whereabouts,
    kind_noted,
    native_account_id,
)
from sandbox.systems.seen import (
    account_instants,
    churn_at,
    ended_at,
    log_instants,
    noticed_at,
    opened_at,
    override_at,
    owner_at,
    renews,
    takes_over_at,
)

_QUEUE_ID = salesforce_id("users", "queue")


def settings() -> Record:
    """What sources.yaml says of it beyond address and credentials."""
    return {
        "streams": [
            *("accounts", "contacts", "users", "opportunities", "tasks", "events"),
            "account_history",
        ],
        "fields": OF_SALESFORCE,
    }


def of_team(team: Team) -> Iterator[Life]:
    """Everybody of the firm, and the queue that owns what no person does."""
    begun = morning(min(person.started_on for person in team.people))
    yield Life(SALESFORCE, "users", _QUEUE_ID, (begun,), _queue)
    for person in team.people:
        yield _user(person)
    for activity in team.activities:
        if "crm" in activity.recorded_in:
            yield _activity(activity, None)


def of_customer(customer: Customer, where: Whereabouts) -> Iterator[Life]:
    """A customer whose CRM this is: account, owners, contacts, deals, what was logged."""
    account = customer.account
    yield Life(
        SALESFORCE,
        "accounts",
        where.native_id,
        account_instants(customer),
        partial(_account, customer, where),
        is_replayed=bool(customer.doubles),
    )
    for double in customer.doubles:
        yield Life(
            SALESFORCE,
            "accounts",
            native_account_id(SALESFORCE, double.double_id),
            (double.created_at,),
            partial(_double, double, customer),
            merged_at=double.merged_at,
            merged_into=where.native_id,
            is_replayed=True,
        )
    if not where.has_sheet_owners:
        yield from _handovers(customer.ownerships, where)
    for contact in customer.contacts:
        yield Life(
            SALESFORCE,
            "contacts",
            salesforce_id("contacts", contact.contact_id),
            instants(contact.created_at, morning(contact.left_on)),
            partial(_contact, contact, where),
        )
    for contract in customer.contracts if not where.has_sheet_contracts else ():
        begun = opened_at(contract, account)
        yield Life(
            SALESFORCE,
            "opportunities",
            salesforce_id("opportunities", contract.contract_id),
            instants(begun, contract.recorded_at, noticed_at(contract)),
            partial(_deal, contract, where, begun),
        )
    for activity in customer.activities:
        if "crm" in activity.recorded_in:
            yield _activity(activity, where)


def user_id(email: str | None) -> str:
    """The org's id of a person; the queue's where nobody is named."""
    return salesforce_id("users", email) if email else _QUEUE_ID


def _queue(at: datetime) -> Record:
    return {
        "Id": _QUEUE_ID,
        "Username": "queue@northwind.example.prod",
        "Email": None,
        "Name": "Unassigned accounts",
        "LastName": "Unassigned accounts",
        "IsActive": True,
        "UserType": "AutomatedProcess",
        "CreatedDate": text_of(at),
    }


def _user(person: Person) -> Life:
    begun, ended = morning(person.started_on), morning(person.ended_on)
    first_name, _, last_name = person.name.partition(" ")
    record = {
        "Id": user_id(person.email),
        "Username": f"{person.email}.prod",
        "Email": person.email,
        "FirstName": first_name,
        "LastName": last_name or first_name,
        "Name": person.name,
        "Title": {"csm": "Customer Success Manager"}.get(person.role, person.role.capitalize()),
        "Department": "Support" if person.role == "support" else "Customer Success",
        "Division": person.team,
        "TimeZoneSidKey": person.time_zone,
        "UserType": "Standard",
        "CreatedDate": text_of(begun),
    }
    return Life(
        SALESFORCE,
        "users",
        user_id(person.email),
        instants(begun, ended),
        lambda at: {**record, "IsActive": ended is None or at < ended},
    )


def _account(customer: Customer, where: Whereabouts, at: datetime) -> Record:
    account, churn = customer.account, churn_at(customer, at)
    owner, override = owner_at(customer.ownerships, at), override_at(customer.overrides, at)
    return {
        "Id": where.native_id,
        "Name": account.name,
        "Type": "Former customer" if churn.is_gone else "Customer - Direct",
        "Website": f"https://www.{account.domain}",
        "Industry": account.industry,
        "BillingCountry": account.country,
        "NumberOfEmployees": account.employees,
        "ParentId": where.parent_native_id,
        "OwnerId": user_id(owner.person_email if owner else None),
        "CurrencyIsoCode": account.currency,
        "CreatedDate": text_of(account.created_at),
        "Parent_Customer__c": where.parent_account_id,
        "Time_Zone__c": account.time_zone,
        "Business_Calendar__c": account.business_calendar,
        "Segment__c": account.segment,
        "Complexity__c": account.complexity,
        "Acquisition_Channel__c": account.acquisition_channel,
        "Customer_Since__c": _day(account.started_on),
        "First_Value_On__c": _day(
            known(account.first_value_on, morning(account.first_value_on), at)
        ),
        "Churn_Notice_On__c": _day(churn.notice_on),
        "Churned_On__c": _day(churn.churned_on),
        "Churn_Reason__c": churn.reason,
        "Pool__c": owner.pool if owner else None,
        "Tier_Override__c": override.tier_id if override else None,
        "Tier_Override_Reason__c": override.reason if override else None,
        "Tier_Override_By__c": override.set_by if override else None,
        "Tier_Override_From__c": _day(override.from_on) if override else None,
        "Tier_Override_To__c": _day(override.to_on) if override else None,
    }


def _double(double: Double, customer: Customer, at: datetime) -> Record:
    """Made in a hurry: it has a name and an owner."""
    owner = owner_at(customer.ownerships, at)
    return {
        "Id": native_account_id(SALESFORCE, double.double_id),
        "Name": double.name,
        "OwnerId": user_id(owner.person_email if owner else None),
        "CurrencyIsoCode": customer.account.currency,
        "CreatedDate": text_of(double.created_at),
    }


def _handovers(ownerships: tuple[Ownership, ...], where: Whereabouts) -> Iterator[Life]:
    for before, after in pairwise(ownerships):
        at = takes_over_at(after)
        key = salesforce_id("account_history", f"{after.account_id}/{after.from_on}")
        record = {
            "Id": key,
            "AccountId": where.native_id,
            "Field": "Owner",
            "DataType": "EntityId",
            "OldValue": user_id(before.person_email),
            "NewValue": user_id(after.person_email),
            "CreatedDate": text_of(at),
        }
        yield Life(SALESFORCE, "account_history", key, (at,), partial(same, record))


def _contact(contact: Contact, where: Whereabouts, at: datetime) -> Record:
    first_name, _, last_name = contact.name.partition(" ")
    return {
        "Id": salesforce_id("contacts", contact.contact_id),
        "AccountId": where.native_id,
        "FirstName": first_name,
        "LastName": last_name or first_name,
        "Name": contact.name,
        "Title": contact.title,
        "Email": contact.email,
        "CreatedDate": text_of(contact.created_at),
        "Personas__c": ";".join(contact.personas) or None,
        "Left_On__c": _day(known(contact.left_on, morning(contact.left_on), at)),
    }


def _deal(contract: Contract, where: Whereabouts, begun: datetime, at: datetime) -> Record:
    is_won = at >= contract.recorded_at
    return {
        "Id": salesforce_id("opportunities", contract.contract_id),
        "AccountId": where.native_id,
        "Name": f"{contract.product} from {contract.starts_on:%B %Y}",
        "StageName": "Closed Won" if is_won else "Negotiation",
        "IsClosed": is_won,
        "IsWon": is_won,
        "Type": "Renewal" if contract.predecessor_ids else "New Business",
        "Amount": contract.arr,
        "CloseDate": _day(contract.signed_on),
        "CurrencyIsoCode": contract.currency,
        "CreatedDate": text_of(begun),
        "ARR__c": contract.arr,
        "Term_Start__c": _day(contract.starts_on),
        "Term_End__c": _day(contract.ends_on),
        "Product__c": contract.product,
        "Signed_On__c": _day(contract.signed_on),
        "Notice_On__c": _day(known(contract.notice_on, noticed_at(contract), at)),
        "Renews__c": renews(contract, partial(salesforce_id, "opportunities")),
        "Auto_Renews__c": contract.auto_renews,
    }


def _activity(activity: Activity, where: Whereabouts | None) -> Life:
    """An event where people met, else a task."""
    is_event = activity.channel in ("meeting", "event")
    stream = "events" if is_event else "tasks"
    shape = _event if is_event else _task
    noted = activity.recorded_at
    return Life(
        SALESFORCE,
        stream,
        salesforce_id(stream, activity.activity_id),
        log_instants(activity, noted),
        lambda at: {**_logged(activity, where, stream, at), **shape(activity)},
        deleted_at=activity.removed_at,
    )


def _logged(a: Activity, where: Whereabouts | None, stream: str, at: datetime) -> Record:
    contact_ids = where.contact_ids if where else {}
    known_to_us = [contact_ids[each] for each in a.contact_emails if each in contact_ids]
    return {
        "Id": salesforce_id(stream, a.activity_id),
        "AccountId": where.native_id if where else None,
        "WhatId": where.native_id if where else None,
        "WhoId": salesforce_id("contacts", known_to_us[0]) if known_to_us else None,
        "WhoCount": len(a.contact_emails),
        "OwnerId": user_id(next(iter(a.person_emails), None)),
        "Subject": a.subject,
        "Description": known(a.notes, a.notes_at or a.recorded_at, at),
        "Type": kind_noted(a),
        "ActivityDate": f"{a.started_at:%Y-%m-%d}",
        "IsRecurrence": False,
        "IsArchived": False,
        "CreatedDate": text_of(a.recorded_at),
        "Outcome__c": a.status,
        "Direction__c": a.direction,
        "Channel__c": a.channel,
        "Team_Emails__c": ";".join(a.person_emails) or None,
        "Attendee_Emails__c": ";".join(a.contact_emails) or None,
        "Notes_At__c": _moment(known(a.notes_at, a.notes_at, at)),
        "Follow_Up_At__c": _moment(known(a.follow_up_at, a.follow_up_at, at)),
        "Automated__c": a.is_automated,
        "Support_Ticket__c": f"zendesk:{zendesk_id('tickets', a.ticket_id)}"
        if a.ticket_id
        else None,
        "Calendar_UID__c": calendar_uid(a.activity_id) if "calendar" in a.recorded_in else None,
    }


def _event(a: Activity) -> Record:
    """A meeting whose length nobody noted has no end."""
    end = ended_at(a)
    return {
        "StartDateTime": text_of(a.started_at),
        "ActivityDateTime": text_of(a.started_at),
        "EndDateTime": text_of(end) if end else None,
        "DurationInMinutes": a.minutes,
        "IsAllDayEvent": False,
        "IsChild": False,
        "IsGroupEvent": False,
        "EventSubtype": "Event",
    }


def _task(a: Activity) -> Record:
    is_open = a.status == "planned"
    return {
        "Status": "Not Started" if is_open else "Completed",
        "IsClosed": not is_open,
        "Priority": "Normal",
        "TaskSubtype": {"call": "Call", "email": "Email"}.get(a.channel, "Task"),
        "CallType": a.direction.capitalize() if a.channel == "call" else None,
        "CallDurationInSeconds": None if a.minutes is None else a.minutes * 60,
        "CompletedDateTime": None if is_open else text_of(a.started_at),
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else text_of(moment)
