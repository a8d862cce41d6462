"""Lifelike records of a Zendesk account, always the same for a number.

Belongs here: what the records look like. Does not: serving them.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.servers.vendor import Record


def _organization(number: int) -> Record:
    return {
        "id": 1000 + number,
        "name": f"Customer {number}",
        "domain_names": [f"customer{number}.example"],
        "external_id": f"CRM-{number}",
        "organization_fields": {"tier": "gold" if number % 2 else "silver"},
        "tags": [],
        "deleted_at": None,
    }


def _user(number: int) -> Record:
    is_agent = number % 10 == 0
    domain = "northwind.example" if is_agent else f"customer{number}.example"
    return {
        "id": 5000 + number,
        "name": f"Person {number}",
        "email": f"person{number}@{domain}",
        "role": "agent" if is_agent else "end-user",
        "active": True,
        "organization_id": None if is_agent else 1000 + number,
        "time_zone": "London",
        "iana_time_zone": "Europe/London",
        "user_fields": {"is_champion": number % 3 == 0},
    }


def _ticket(number: int) -> Record:
    return {
        "id": number,
        "subject": f"Question {number}",
        "status": "solved" if number % 2 else "open",
        "priority": ("urgent", "high", "normal", "low")[number % 4],
        "requester_id": 5000 + number,
        "organization_id": 1000 + number,
        "via": {"channel": "email"},
        "custom_fields": [
            {"id": 360001, "value": "billing"},
            {"id": 360002, "value": number % 5 == 0},
        ],
        "satisfaction_rating": {"score": "good" if number % 3 == 0 else "unoffered"},
        "metric_set": {
            "reply_time_in_minutes": {"calendar": 30 + number, "business": 10},
            "solved_at": "2026-01-06T10:00:00Z" if number % 2 else None,
        },
    }


def _satisfaction_rating(number: int) -> Record:
    return {
        "id": 9000 + number,
        "ticket_id": number,
        "requester_id": 5000 + number,
        "score": ("good", "bad", "offered")[number % 3],
        "comment": "Thank you" if number % 3 == 0 else None,
    }


EXAMPLES: dict[str, Callable[[int], Record]] = {
    "tickets": _ticket,
    "users": _user,
    "organizations": _organization,
    "satisfaction_ratings": _satisfaction_rating,
}
