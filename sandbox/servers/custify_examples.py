"""Lifelike Custify records, always the same for a number, in the shapes that its API answers.

Belongs here: the records. Does not: serving them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

Record = dict[str, Any]

_BEGIN = datetime(2025, 1, 6, 10, 0, tzinfo=UTC)
_INDUSTRIES = ("Software", "Retail", "Logistics", "Healthcare")
_STAGES = ("onboarding", "adopting", "customer", "Renewal")
_COMPANY, _PERSON, _TASK, _NOTE, _MEETING, _SCORE, _VALUE, _SEGMENT, _USER = range(1, 10)
_CSMS = ("ana", "ben", "cleo")
_TASK_STATES = ("open", "done", "not relevant")


def object_id(collection: int, number: int) -> str:
    """A 24-digit hexadecimal id, as Custify's database gives them."""
    return f"5ec50c98{collection:02x}{number:014x}"


def company(number: int) -> Record:
    """A company as `/company/all` lists it."""
    csm = number % len(_CSMS)
    return {
        "id": object_id(_COMPANY, number),
        "company_id": str(1000 + number),
        "name": f"Company {number}",
        "website": f"https://www.company{number}.example",
        "industry": _INDUSTRIES[number % len(_INDUSTRIES)],
        "size": 20 + number if number % 3 else "11-50",
        "plan": "Platinum",
        "monthly_revenue": 500 + 10 * number,
        "churned": number % 10 == 0,
        "status": "active",
        "lifecycle_stage": _STAGES[number % len(_STAGES)],
        "signed_up_at": _time(_BEGIN + timedelta(days=number)),
        "owners_csm": object_id(_USER, csm),
        "owners_csm_name": _CSMS[csm].title(),
        "owners_csm_email": f"{_CSMS[csm]}@vendor.example",
        "owners_account": "sales@vendor.example",
        "parent_companies": [],
        "tags": [],
        "buckets": [object_id(_SEGMENT, 1)],
        "custom_attributes": {"Tier": "gold" if number % 2 else "silver", "restaurants": number},
        "metrics": {
            "health_scores": {
                "global": {"score": 40 + number % 60, "absolute_value": 4},
                object_id(_SCORE, 1): {"score": 30 + number % 70, "absolute_value": 3},
            },
            "people_count": 2,
        },
    }


def person(number: int) -> Record:
    """A person as `/people/all` lists one."""
    return {
        "id": object_id(_PERSON, number),
        "user_id": f"u-{number}",
        "email": f"person{number}@company{number}.example",
        "name": f"Person {number}",
        "phone": "+44 20 7946 0000",
        "signed_up_at": _time(_BEGIN + timedelta(days=number)),
        "unsubscribed_from_emails": False,
        "companies": [object_id(_COMPANY, number)],
        "custom_attributes": {"Persona": "champion"},
        "last_seen_at": _time(_BEGIN + timedelta(days=number, hours=5)),
        "session_count": number,
    }


def nested(flat: Record) -> Record:
    """The person as `/company/people/{id}` lists one."""
    about = {"id", "last_seen_at", "session_count"}
    return {
        "id": flat["id"],
        "details": {key: value for key, value in flat.items() if key not in about},
        "activity": {key: flat.get(key) for key in ("last_seen_at", "session_count")},
    }


def task(number: int) -> Record:
    """A task."""
    status = _TASK_STATES[number % len(_TASK_STATES)]
    csm = number % len(_CSMS)
    due = _BEGIN + timedelta(days=number)
    return {
        "_id": object_id(_TASK, number),
        "name": f"Follow up {number}",
        "description": "Ask about the rollout.",
        "status": status,
        "priority": "medium",
        "dueDate": _time(due),
        "completedAt": _time(due + timedelta(hours=2)) if status == "done" else None,
        "company": object_id(_COMPANY, number),
        "company_id": str(1000 + number),
        "assignedTo": object_id(_USER, csm),
        "assignedToModel": "User",
        "assignedToName": _CSMS[csm].title(),
        "assignedToEmail": f"{_CSMS[csm]}@vendor.example",
        "tags": [],
        "createdBy": object_id(_USER, csm),
        "createdByType": "User",
    }


def note(number: int) -> Record:
    """A note; its text is HTML."""
    return {
        "id": object_id(_NOTE, number),
        "text": f"<p>Spoke about <b>goal {number}</b>&nbsp;&amp; next steps.</p>",
        "entity": object_id(_COMPANY, number),
        "entityModel": "Company",
        "entityName": f"Company {number}",
        "company": [object_id(_COMPANY, number)],
        "people": [object_id(_PERSON, number)],
        "sticky": False,
        "createdBy": object_id(_USER, number % len(_CSMS)),
        "createdByType": "User",
        "externalProvider": "salesforce" if number % 2 else None,
    }


def meeting(number: int) -> Record:
    """A meeting from a calendar, with one of ours and one of the customer's."""
    csm = _CSMS[number % len(_CSMS)]
    start = _BEGIN + timedelta(days=number)
    organizer = {"name": csm.title(), "email": f"{csm}@vendor.example", "organizer": True}
    return {
        "id": object_id(_MEETING, number),
        "title": f"Check-in {number}",
        "description": "Agenda",
        "startAt": _time(start),
        "endAt": _time(start + timedelta(minutes=30)),
        "duration": 1800,
        "recurring": False,
        "organizer": organizer,
        "participants": [
            {**organizer, "status": "accepted"},
            {
                "name": f"Person {number}",
                "email": f"person{number}@company{number}.example",
                "people": object_id(_PERSON, number),
                "status": "accepted",
            },
        ],
        "company": [object_id(_COMPANY, number)],
        "people": [object_id(_PERSON, number)],
        "externalId": f"event{number}",
    }


def health_score(number: int) -> Record:
    """A health score's definition."""
    return {
        "id": object_id(_SCORE, number),
        "name": f"Score {number}",
        "description": "How well the product is used.",
        "ranges": [{"label": "poor", "color": "red", "min": 0, "max": 40}],
    }


def health_score_value(number: int) -> Record:
    """A value of the first score, of one of ten companies."""
    return {
        "id": object_id(_VALUE, number),
        "health_score_id": object_id(_SCORE, 1),
        "company_id": object_id(_COMPANY, (number - 1) % 10 + 1),
        "value": 40 + number % 60,
        "date": f"{_BEGIN + timedelta(days=(number - 1) // 10):%Y-%m-%d}",
    }


def segment(number: int) -> Record:
    """A segment of companies."""
    return {
        "id": object_id(_SEGMENT, number),
        "name": f"Segment {number}",
        "type": "companies",
        "companies_count": 3,
    }


def attribute(number: int) -> Record:
    """A custom field of companies."""
    return {
        "entity": "company",
        "name": f"custom_attributes.Field{number}",
        "niceName": f"Field {number}",
        "fieldType": "String",
    }


EXAMPLES: dict[str, Callable[[int], Record]] = {
    "companies": company,
    "people": person,
    "tasks": task,
    "notes": note,
    "meetings": meeting,
    "health_scores": health_score,
    "health_score_values": health_score_value,
    "segments": segment,
    "attributes": attribute,
}


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"
