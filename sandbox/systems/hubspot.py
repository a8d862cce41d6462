"""What the firm keeps in HubSpot, the CRM of one region.

Belongs here: its records there, custom properties included, and what sources.yaml says of those.
Does not: how HubSpot answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from functools import partial

from sandbox.company.facts import (
    Activity,
    Contact,
    Contract,
    Customer,
    Double,
    Person,
    Survey,
    Team,
)
from sandbox.servers.hubspot.examples import SINGULAR, example
from sandbox.systems.changes import Life, Record, instants, known, morning, same
from sandbox.systems.custom_fields import OF_HUBSPOT
from sandbox.systems.ids import calendar_uid, hubspot_id, zendesk_id
from sandbox.systems.landscape import HUBSPOT, Whereabouts, kind_noted, native_account_id
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
)

_STREAM_OF_CHANNEL = {
    "meeting": "meetings",
    "event": "meetings",
    "call": "calls",
    "email": "emails",
    "chat": "notes",
    "in_app": "notes",
}
_OUTCOMES = {
    "completed": "COMPLETED",
    "planned": "SCHEDULED",
    "no_show": "NO_SHOW",
    "cancelled": "CANCELED",
}
_NO_ANSWER = "73a0d17f-1163-4015-bdd5-ec830791da20"
_CONNECTED = "f240bbac-87c9-4f6e-bf70-924b57d47db7"


def settings() -> Record:
    """What sources.yaml says of it beyond address and credentials."""
    return {
        "streams": [
            *("companies", "contacts", "owners", "deals", "deal_pipelines"),
            *("calls", "meetings", "emails", "notes", "tasks", "feedback_submissions"),
        ],
        "fields": OF_HUBSPOT,
    }


def of_team(team: Team) -> Iterator[Life]:
    """Everybody of the firm, and the pipeline of deals."""
    for person in team.people:
        yield _owner(person)
    begun = morning(min(person.started_on for person in team.people))
    pipeline = example("deal_pipelines", 1)
    yield Life(HUBSPOT, "deal_pipelines", pipeline["id"], (begun,), partial(same, pipeline))


def of_customer(customer: Customer, where: Whereabouts) -> Iterator[Life]:
    """A customer whose CRM this is."""
    account = customer.account
    yield Life(
        HUBSPOT,
        "companies",
        where.native_id,
        account_instants(customer),
        partial(_company, customer, where),
        is_replayed=bool(customer.doubles),
    )
    for double in customer.doubles:
        key = native_account_id(HUBSPOT, double.double_id)
        yield Life(
            HUBSPOT,
            "companies",
            key,
            (double.created_at,),
            partial(_double, key, double),
            merged_at=double.merged_at,
            merged_into=where.native_id,
            is_replayed=True,
        )
    for contact in customer.contacts:
        yield Life(
            HUBSPOT,
            "contacts",
            hubspot_id("contacts", contact.contact_id),
            instants(contact.created_at, morning(contact.left_on)),
            partial(_contact, contact, where),
        )
    for contract in customer.contracts if not where.has_sheet_contracts else ():
        begun = opened_at(contract, account)
        yield Life(
            HUBSPOT,
            "deals",
            hubspot_id("deals", contract.contract_id),
            instants(begun, contract.recorded_at, noticed_at(contract)),
            partial(_deal, contract, where, begun),
        )
    for activity in customer.activities:
        if "crm" in activity.recorded_in:
            yield _engagement(activity, where)
    for survey in customer.surveys:
        yield _feedback(survey, where)


def _record(
    key: str,
    created_at: datetime,
    properties: Mapping[str, str | None],
    links: Mapping[str, Record] | None = None,
) -> Record:
    record = {"id": key, "createdAt": _moment(created_at), "properties": dict(properties)}
    return {**record, "associations": links} if links else record


def _double(key: str, double: Double, at: datetime) -> Record:
    """Made in a hurry: it has a name."""
    return _record(key, double.created_at, {"name": double.name})


def _links(stream: str, to: str, ids: list[str]) -> Mapping[str, Record]:
    """Associations with some records, the first company being the primary one."""
    kind = f"{SINGULAR[stream]}_to_{SINGULAR[to]}"
    primary = [{"id": each, "type": kind} for each in ids[:1]] if to == "companies" else []
    return {to: {"results": [*primary, *({"id": i, "type": f"{kind}_unlabeled"} for i in ids)]}}


def _owner_id(email: str | None) -> str | None:
    return hubspot_id("owners", email) if email else None


def _owner(person: Person) -> Life:
    begun = morning(person.started_on)
    first_name, _, last_name = person.name.partition(" ")
    key = hubspot_id("owners", person.email)
    record = {
        "id": key,
        "email": person.email,
        "type": "PERSON",
        "firstName": first_name,
        "lastName": last_name,
        "userId": int(key[-8:]),
        "teams": [{"id": "178588", "name": person.team, "primary": True}],
        "createdAt": _moment(begun),
    }
    return Life(
        HUBSPOT, "owners", key, (begun,), partial(same, record), deleted_at=morning(person.ended_on)
    )


def _company(customer: Customer, where: Whereabouts, at: datetime) -> Record:
    account, churn = customer.account, churn_at(customer, at)
    owner, override = owner_at(customer.ownerships, at), override_at(customer.overrides, at)
    first_value = known(account.first_value_on, morning(account.first_value_on), at)
    properties = {
        "name": account.name,
        "domain": account.domain,
        "website": f"https://www.{account.domain}/",
        "industry": account.industry,
        "country": account.country,
        "numberofemployees": str(account.employees),
        "lifecyclestage": "churned" if churn.is_gone else "customer",
        "hubspot_owner_id": _owner_id(owner.person_email if owner else None),
        "hs_parent_company_id": where.parent_native_id,
        "parent_customer": where.parent_account_id,
        "billing_currency": account.currency,
        "time_zone": account.time_zone,
        "business_calendar": account.business_calendar,
        "segment": account.segment,
        "complexity": account.complexity,
        "acquisition_channel": account.acquisition_channel,
        "customer_since": _day(account.started_on),
        "first_value_on": _day(first_value),
        "churn_notice_on": _day(churn.notice_on),
        "churned_on": _day(churn.churned_on),
        "churn_reason": churn.reason,
        "success_pool": owner.pool if owner else None,
        "tier_override": override.tier_id if override else None,
        "tier_override_reason": override.reason if override else None,
        "tier_override_by": override.set_by if override else None,
        "tier_override_from": _day(override.from_on) if override else None,
        "tier_override_to": _day(override.to_on) if override else None,
    }
    return _record(where.native_id, account.created_at, properties)


def _contact(contact: Contact, where: Whereabouts, at: datetime) -> Record:
    first_name, _, last_name = contact.name.partition(" ")
    properties = {
        "email": contact.email,
        "firstname": first_name,
        "lastname": last_name,
        "jobtitle": contact.title,
        "associatedcompanyid": where.native_id,
        "personas": ";".join(contact.personas) or None,
        "left_on": _day(known(contact.left_on, morning(contact.left_on), at)),
    }
    key = hubspot_id("contacts", contact.contact_id)
    links = _links("contacts", "companies", [where.native_id])
    return _record(key, contact.created_at, properties, links)


def _deal(contract: Contract, where: Whereabouts, begun: datetime, at: datetime) -> Record:
    is_won = at >= contract.recorded_at
    properties = {
        "dealname": f"{contract.product} from {contract.starts_on:%B %Y}",
        "pipeline": "default",
        "dealstage": "closedwon" if is_won else "qualifiedtobuy",
        "hs_is_closed_won": "true" if is_won else "false",
        "amount": f"{contract.arr:.2f}",
        "deal_currency_code": contract.currency,
        "closedate": _moment(datetime.combine(contract.signed_on, time(), UTC)),
        "term_start": _day(contract.starts_on),
        "term_end": _day(contract.ends_on),
        "product": contract.product,
        "signed_on": _day(contract.signed_on),
        "notice_on": _day(known(contract.notice_on, noticed_at(contract), at)),
        "renews_deal": renews(contract, partial(hubspot_id, "deals")),
        "auto_renews": _flag(contract.auto_renews),
    }
    key = hubspot_id("deals", contract.contract_id)
    return _record(key, begun, properties, _links("deals", "companies", [where.native_id]))


def _engagement(activity: Activity, where: Whereabouts) -> Life:
    stream = _STREAM_OF_CHANNEL.get(activity.channel, "tasks")
    key = hubspot_id(stream, activity.activity_id)
    contact_ids = [
        hubspot_id("contacts", where.contact_ids[email])
        for email in activity.contact_emails
        if email in where.contact_ids
    ]
    links = {
        **_links(stream, "companies", [where.native_id]),
        **(_links(stream, "contacts", contact_ids) if contact_ids else {}),
    }

    def render(at: datetime) -> Record:
        properties = {**_noted(activity, at), **_own(stream, activity, at)}
        return _record(key, activity.recorded_at, properties, links)

    return Life(
        HUBSPOT,
        stream,
        key,
        log_instants(activity, activity.recorded_at),
        render,
        deleted_at=activity.removed_at,
    )


def _noted(a: Activity, at: datetime) -> dict[str, str | None]:
    return {
        "hs_timestamp": _moment(a.started_at),
        "hubspot_owner_id": _owner_id(next(iter(a.person_emails), None)),
        "success_kind": kind_noted(a),
        "direction": a.direction,
        "channel": a.channel,
        "success_outcome": a.status,
        "minutes": None if a.minutes is None else str(a.minutes),
        "notes_at": _moment(known(a.notes_at, a.notes_at, at)),
        "follow_up_at": _moment(known(a.follow_up_at, a.follow_up_at, at)),
        "automated": _flag(a.is_automated),
        "support_ticket": f"zendesk:{zendesk_id('tickets', a.ticket_id)}" if a.ticket_id else None,
    }


def _own(stream: str, a: Activity, at: datetime) -> dict[str, str | None]:
    """What a type of engagement has of its own."""
    notes = known(a.notes, a.notes_at or a.recorded_at, at)
    text = f"<p>{notes}</p>" if notes else None
    match stream:
        case "meetings":
            owners = [hubspot_id("owners", email) for email in a.person_emails]
            is_invited = "calendar" in a.recorded_in
            return {
                "hs_meeting_title": a.subject,
                "hs_meeting_start_time": _moment(a.started_at),
                "hs_meeting_end_time": _moment(ended_at(a)),
                "hs_meeting_outcome": _OUTCOMES.get(a.status),
                "hs_internal_meeting_notes": text,
                "hs_attendee_owner_ids": ";".join(owners) or None,
                "hs_i_cal_uid": calendar_uid(a.activity_id) if is_invited else None,
            }
        case "calls":
            return {
                "hs_call_title": a.subject,
                "hs_call_body": text,
                "hs_call_direction": "INBOUND" if a.direction == "inbound" else "OUTBOUND",
                "hs_call_duration": None if a.minutes is None else str(a.minutes * 60_000),
                "hs_call_disposition": _NO_ANSWER if a.status == "unanswered" else _CONNECTED,
                "hs_call_status": "COMPLETED",
            }
        case "emails":
            return {
                "hs_email_subject": a.subject,
                "hs_email_direction": "INCOMING_EMAIL" if a.direction == "inbound" else "EMAIL",
                "hs_email_status": "BOUNCED" if a.status == "bounced" else "SENT",
                "hs_sequence_id": "1" if a.is_automated else None,
            }
        case "notes":
            return {"hs_note_body": text or f"<p>{a.subject}</p>"}
    return {
        "hs_task_subject": a.subject,
        "hs_task_body": text,
        "hs_task_status": "NOT_STARTED" if a.status == "planned" else "COMPLETED",
        "hs_task_completion_date": _moment(a.started_at),
    }


def _feedback(survey: Survey, where: Whereabouts) -> Life:
    """An answer belongs to a customer through the contact who gave it."""
    key = hubspot_id("feedback_submissions", survey.response_id)
    properties = {
        "hs_survey_type": survey.kind.upper(),
        "hs_value": str(survey.score),
        "hs_content": survey.comment,
        "hs_submission_timestamp": _moment(survey.responded_at),
    }
    contact_id = where.contact_ids.get(survey.contact_email)
    links = (
        _links("feedback_submissions", "contacts", [hubspot_id("contacts", contact_id)])
        if contact_id
        else {}
    )
    at = survey.responded_at
    return Life(
        HUBSPOT,
        "feedback_submissions",
        key,
        (at,),
        lambda at: _record(key, at, properties, links),
    )


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _moment(moment: datetime | None) -> str | None:
    return (
        None if moment is None else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def _flag(value: bool) -> str:
    return "true" if value else "false"
