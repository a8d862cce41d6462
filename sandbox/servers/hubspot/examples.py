"""What a HubSpot account holds: types of objects, their properties, lifelike records.

Belongs here: content. Does not: storing or serving it.
"""

from __future__ import annotations

from typing import Any

Record = dict[str, Any]

MODIFIED = "hs_lastmodifieddate"
"""The property with the time of the last change; contacts have `lastmodifieddate`."""

_UNASKED = {
    "companies": ("createdate", "domain", "name"),
    "contacts": ("createdate", "email", "firstname", "lastname"),
    "deals": ("amount", "closedate", "createdate", "dealname", "dealstage", "pipeline"),
    "tickets": (
        "content",
        "createdate",
        "hs_pipeline",
        "hs_pipeline_stage",
        "hs_ticket_category",
        "hs_ticket_priority",
        "subject",
    ),
}
"""What a list returns when it is asked for no property, beside what all have."""

SINGULAR = {
    "companies": "company",
    "contacts": "contact",
    "deals": "deal",
    "tickets": "ticket",
    "calls": "call",
    "meetings": "meeting",
    "emails": "email",
    "notes": "note",
    "tasks": "task",
    "feedback_submissions": "feedback_submission",
}
"""Types of objects, which are streams of the same name, and their names in associations."""

LISTS = {"owners": "owners", "deal_pipelines": "deals", "ticket_pipelines": "tickets"}

_FIRST_ID = {name: 10_000_000_000 * place for place, name in enumerate(SINGULAR, start=1)}
_PERSON = {"hubspot_owner_id": "32779800", "hs_timestamp": "2026-01-05T09:00:00Z"}


def modified_property(stream: str) -> str:
    """Where a type of object keeps the time of its last change."""
    return "lastmodifieddate" if stream == "contacts" else MODIFIED


def created_property(stream: str) -> str:
    """Where a type of object keeps the time of its creation."""
    return "createdate" if stream in _UNASKED else "hs_createdate"


def unasked(stream: str) -> list[str]:
    """The properties that come when a request names none."""
    return [*_UNASKED.get(stream, ()), created_property(stream), modified_property(stream)]


def example(stream: str, number: int) -> Record:
    """A record as HubSpot would return it, without the times that it sets itself."""
    if stream == "owners":
        return _owner(number)
    if stream in LISTS:
        return _pipeline(stream, number)
    record: Record = {
        "id": str(_FIRST_ID[stream] + number),
        "properties": _properties(stream, number),
    }
    if stream in ("contacts", "deals", "tickets"):
        kind = f"{SINGULAR[stream]}_to_company"
        company = str(_FIRST_ID["companies"] + number)
        links = [{"id": company, "type": kind}, {"id": company, "type": f"{kind}_unlabeled"}]
        record["associations"] = {"companies": {"results": links}}
    return record


def _properties(stream: str, number: int) -> dict[str, str | None]:
    match stream:
        case "companies":
            return {
                "name": f"Company {number}",
                "domain": f"company{number}.example",
                "website": f"https://www.company{number}.example/",
                "industry": "COMPUTER_SOFTWARE",
                "country": "Ireland",
                "numberofemployees": str(10 * number),
                "lifecyclestage": "customer",
                "hubspot_owner_id": "32779800",
                "hs_parent_company_id": None,
                "hs_merged_object_ids": None,
                "salesforceaccountid": f"001{number:015d}",
            }
        case "contacts":
            return {
                "email": f"person{number}@company{number}.example",
                "firstname": "Person",
                "lastname": f"Number {number}",
                "jobtitle": "Head of Operations",
                "hs_buying_role": "CHAMPION" if number % 3 == 0 else None,
                "associatedcompanyid": str(_FIRST_ID["companies"] + number),
                "hs_merged_object_ids": None,
            }
        case "deals":
            return {
                "dealname": f"Deal {number}",
                "pipeline": "default",
                "dealstage": "closedwon",
                "amount": str(1000 * number),
                "deal_currency_code": "EUR",
                "closedate": "2026-01-31T00:00:00Z",
                "hs_is_closed_won": "true",
                "hs_merged_object_ids": None,
            }
        case "tickets":
            return {
                "subject": f"Ticket {number}",
                "content": "It does not work",
                "hs_pipeline": "0",
                "hs_pipeline_stage": "1",
                "hs_ticket_priority": "HIGH",
                "hs_ticket_category": None,
                "closed_date": None,
                "first_agent_reply_date": None,
                "time_to_first_agent_reply": "1800000",
                "source_type": "EMAIL",
                "hs_merged_object_ids": None,
            }
        case "calls":
            return {
                **_PERSON,
                "hs_call_title": f"Call {number}",
                "hs_call_body": "<p>All is well</p>",
                "hs_call_direction": "OUTBOUND",
                "hs_call_disposition": "f240bbac-87c9-4f6e-bf70-924b57d47db7",
                "hs_call_duration": "1800000",
                "hs_call_status": "COMPLETED",
                "hs_activity_type": None,
            }
        case "meetings":
            return {
                **_PERSON,
                "hs_meeting_title": f"Meeting {number}",
                "hs_meeting_body": "Agenda",
                "hs_internal_meeting_notes": None,
                "hs_meeting_start_time": "2026-01-05T09:00:00Z",
                "hs_meeting_end_time": "2026-01-05T09:45:00Z",
                "hs_meeting_outcome": "COMPLETED",
                "hs_activity_type": "Business Review",
                "hs_attendee_owner_ids": "32779800;32779801",
                "hs_i_cal_uid": f"{number}@calendar.example",
            }
        case "emails":
            return {
                **_PERSON,
                "hs_email_subject": f"Email {number}",
                "hs_email_direction": "EMAIL",
                "hs_email_status": "SENT",
                "hs_sequence_id": None,
            }
        case "notes":
            return {**_PERSON, "hs_note_body": f"Note {number}"}
        case "tasks":
            return {
                **_PERSON,
                "hs_task_subject": f"Task {number}",
                "hs_task_body": None,
                "hs_task_status": "NOT_STARTED",
                "hs_task_type": "TODO",
                "hs_task_completion_date": None,
            }
        case "feedback_submissions":
            return {
                "hs_survey_type": "NPS",
                "hs_value": str(number % 11),
                "hs_content": "Good",
                "hs_submission_timestamp": "2026-01-05T09:00:00Z",
            }
    raise KeyError(stream)


def _owner(number: int) -> Record:
    return {
        "id": str(32779799 + number),
        "email": f"owner{number}@vendor.example",
        "type": "PERSON",
        "firstName": "Owner",
        "lastName": f"Number {number}",
        "userId": 45670000 + number,
        "userIdIncludingInactive": 45670000 + number,
        "teams": [{"id": "178588", "name": "Success", "primary": True}],
    }


def _pipeline(stream: str, number: int) -> Record:
    is_first = number == 1
    if stream == "deal_pipelines":
        stages = [
            ("qualifiedtobuy", {"isClosed": "false", "probability": "0.4"}),
            ("closedwon", {"isClosed": "true", "probability": "1.0"}),
            ("closedlost", {"isClosed": "true", "probability": "0.0"}),
        ]
        name = "default" if is_first else f"pipeline-{number}"
    else:
        stages = [
            ("1", {"ticketState": "OPEN", "isClosed": "false"}),
            ("4", {"ticketState": "CLOSED", "isClosed": "true"}),
        ]
        name = str(number - 1)
    return {
        "id": name,
        "label": "Sales Pipeline" if is_first else f"Pipeline {number}",
        "displayOrder": number - 1,
        "stages": [
            {
                "id": stage if is_first else f"{name}-{stage}",
                "label": stage.title(),
                "displayOrder": place,
                "metadata": metadata,
                "archived": False,
            }
            for place, (stage, metadata) in enumerate(stages)
        ],
    }
