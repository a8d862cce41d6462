"""What the firm's support keeps in Zendesk.

Belongs here: its records there, and what sources.yaml says of the custom fields. Does not: how
Zendesk answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial

from sandbox.company.facts import Customer, Person, Team, Ticket
from sandbox.servers.zendesk import iso
from sandbox.systems.changes import Life, Record, instants, morning, same
from sandbox.systems.custify import called
from sandbox.systems.ids import zendesk_id
from sandbox.systems.landscape import ZENDESK, Whereabouts

COMPONENT, ESCALATED = 360001, 360002
FIELDS = {"tickets.component": str(COMPONENT), "tickets.is_escalated": str(ESCALATED)}

_PRIORITIES = {"P1": "urgent", "P2": "high", "P3": "normal", "P4": "low"}


def settings() -> Record:
    """What sources.yaml says of it; ratings are read with the tickets that they rate."""
    return {"streams": ["tickets", "users", "organizations"], "fields": FIELDS}


def of_team(team: Team) -> Iterator[Life]:
    """The people of support, as agents."""
    for person in team.people:
        if person.role == "support":
            yield _agent(person)


def of_customer(customer: Customer, where: Whereabouts) -> Iterator[Life]:
    """A customer's organisation, who wrote, and what."""
    account = customer.account
    is_linked = where.desk_method == "foreign_id"
    yield _organization(
        account.account_id,
        called(account.name, f"desk of {account.account_id}"),
        [] if is_linked else [account.domain],
        where.native_id if is_linked else None,
        account.created_at,
    )
    if twin := where.desk_twin:
        old_name = f"{account.name} (old)"
        yield _organization(twin, old_name, [account.domain], None, account.created_at)
    first_seen: dict[str, datetime] = {}
    for ticket in customer.tickets:
        first_seen.setdefault(ticket.contact_email, ticket.opened_at)
    names = {contact.email: contact.name for contact in customer.contacts}
    for email, at in first_seen.items():
        yield _requester(email, names.get(email, email), account.account_id, at)
    for ticket in customer.tickets:
        yield _ticket(ticket)


def unknown_organization(begun: datetime) -> Life:
    """An organisation that no other system has heard of."""
    return _organization("nobody", "Walk-in Prospects", ["walk-in.example"], None, begun)


def _organization(
    true_id: str, name: str, domains: Sequence[str], external_id: str | None, begun: datetime
) -> Life:
    key = zendesk_id("organizations", true_id)
    record = {
        "id": key,
        "name": name,
        "domain_names": list(domains),
        "external_id": external_id,
        "organization_fields": {},
        "tags": [],
        "deleted_at": None,
        "created_at": iso(begun),
    }
    return Life(ZENDESK, "organizations", str(key), (begun,), partial(same, record))


def _requester(email: str, name: str, account_id: str, at: datetime) -> Life:
    key = zendesk_id("users", email)
    record = {
        "id": key,
        "name": name,
        "email": email,
        "role": "end-user",
        "active": True,
        "organization_id": zendesk_id("organizations", account_id),
        "user_fields": {},
        "created_at": iso(at),
    }
    return Life(ZENDESK, "users", str(key), (at,), partial(same, record))


def _agent(person: Person) -> Life:
    key, begun = zendesk_id("users", person.email), morning(person.started_on)
    record = {
        "id": key,
        "name": person.name,
        "email": person.email,
        "role": "agent",
        "active": True,
        "organization_id": None,
        "iana_time_zone": person.time_zone,
        "user_fields": {},
        "created_at": iso(begun),
    }
    return Life(ZENDESK, "users", str(key), (begun,), partial(same, record))


def _ticket(ticket: Ticket) -> Life:
    key = zendesk_id("tickets", ticket.ticket_id)
    return Life(
        ZENDESK,
        "tickets",
        str(key),
        instants(ticket.opened_at, ticket.first_response_at, ticket.solved_at, ticket.rated_at),
        lambda at: _ticket_at(ticket, key, at),
    )


def _ticket_at(t: Ticket, key: int, at: datetime) -> Record:
    """Zendesk tells the first reply by the whole minutes that it took."""
    is_answered = t.first_response_at is not None and t.first_response_at <= at
    is_solved = t.solved_at is not None and t.solved_at <= at
    is_rated = t.rated_at is not None and t.rated_at <= at
    reply_s = (t.first_response_at - t.opened_at).total_seconds() if t.first_response_at else 0
    rating = "unoffered"
    if is_solved:
        rating = {0: "bad", 100: "good"}.get(t.satisfaction or 0, "good") if is_rated else "offered"
    return {
        "id": key,
        "subject": t.subject,
        "status": "solved" if is_solved else "open" if is_answered else "new",
        "priority": _PRIORITIES[t.priority],
        "requester_id": zendesk_id("users", t.contact_email),
        "organization_id": zendesk_id("organizations", t.account_id),
        "via": {"channel": t.channel},
        "custom_fields": [
            {"id": COMPONENT, "value": t.component},
            {"id": ESCALATED, "value": t.is_escalated},
        ],
        "satisfaction_rating": {"score": rating},
        "metric_set": {
            "reply_time_in_minutes": {"calendar": int(reply_s // 60) if is_answered else None},
            "solved_at": iso(t.solved_at) if is_solved and t.solved_at else None,
        },
        "created_at": iso(t.opened_at),
    }
