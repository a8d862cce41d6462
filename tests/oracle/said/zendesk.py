"""What Zendesk says (staging/zendesk/zendesk.yml, and the custom fields that are mapped).

Belongs here: organisations, who wrote, and what. Does not: other systems.
"""

from __future__ import annotations

from datetime import timedelta

from oracle.identity import AccountRecord
from oracle.said.reading import Accounts, Reading, Said
from oracle.world import Row
from sandbox.company.facts import Customer, Person, Team, Ticket
from sandbox.systems.changes import morning
from sandbox.systems.custify import called
from sandbox.systems.ids import zendesk_id
from sandbox.systems.landscape import ZENDESK, Whereabouts

CARRIES = {
    "accounts": ("account_id", "name", "domain"),
    "contacts": ("contact_id", "account_id", "email", "name", "is_active"),
    "users": ("user_id", "email", "name", "role", "time_zone"),
    "tickets": (
        "ticket_id", "account_id", "opened_at", "first_response_at", "solved_at", "priority",
        "satisfaction", "channel", "subject", "contact_email", "component", "is_escalated",
    ),
}  # fmt: skip
"""What its staging fills, and what the custom fields add."""


def accounts(customer: Customer, where: Whereabouts, reading: Reading) -> Accounts:
    """The customer's organisation, which carries the CRM's id or its domain."""
    account = customer.account
    if reading.has(account.created_at):
        is_linked = where.desk_method == "foreign_id"
        name = called(account.name, f"desk of {account.account_id}")
        domain = None if is_linked else account.domain
        yield (
            AccountRecord(
                ZENDESK, _native("organizations", account.account_id), account.account_id, name,
                domain=domain, foreign_id=where.native_id if is_linked else None,
            ),
            {"name": name, "domain": domain},
        )  # fmt: skip
        if where.desk_twin:
            twin = {"name": f"{account.name} (old)", "domain": account.domain}
            key = _native("organizations", where.desk_twin)
            yield AccountRecord(ZENDESK, key, account.account_id, **twin), twin


def of_team(team: Team, reading: Reading) -> Said:
    """The people of support are agents."""
    for person in team.people:
        if person.role == "support" and reading.has(morning(person.started_on)):
            yield "users", _agent(person)


def _agent(person: Person) -> Row:
    return {
        "source_name": ZENDESK,
        "user_id": _written("users", person.email),
        "email": person.email,
        "name": person.name,
        "role": "support",
        "time_zone": person.time_zone,
    }


def of_customer(customer: Customer, reading: Reading) -> Said:
    """Who wrote for a customer, and what."""
    key = _native("organizations", customer.account.account_id)
    account_id = reading.account_ids.get((ZENDESK, key), f"{ZENDESK}:{key}")
    names = {contact.email: contact.name for contact in customer.contacts}
    wrote = {t.contact_email for t in customer.tickets if reading.has(t.opened_at)}
    for email in sorted(wrote):
        yield (
            "contacts",
            {
                "source_name": ZENDESK,
                "contact_id": _written("users", email),
                "account_id": account_id,
                "email": email,
                "name": names.get(email, email),
                "is_active": True,
            },
        )
    for ticket in customer.tickets:
        if reading.has(ticket.opened_at):
            yield "tickets", {**_ticket(ticket, reading), "account_id": account_id}


def _ticket(ticket: Ticket, reading: Reading) -> Row:
    """A ticket as far as it has come; the first reply is told by the whole minutes it took."""
    answered_at = reading.known(ticket.first_response_at, ticket.first_response_at)
    if answered_at is not None:
        minutes = (answered_at - ticket.opened_at) // timedelta(minutes=1)
        answered_at = ticket.opened_at + timedelta(minutes=minutes)
    solved_at = reading.known(ticket.solved_at, ticket.solved_at)
    satisfaction = reading.known(ticket.satisfaction, ticket.rated_at)
    is_rated = solved_at is not None and satisfaction is not None
    return {
        "source_name": ZENDESK,
        "ticket_id": _written("tickets", ticket.ticket_id),
        "opened_at": ticket.opened_at,
        "first_response_at": answered_at,
        "solved_at": solved_at,
        "priority": ticket.priority,
        "is_escalated": ticket.is_escalated,
        "satisfaction": satisfaction if is_rated else None,
        "component": ticket.component,
        "channel": ticket.channel,
        "subject": ticket.subject,
        "contact_email": ticket.contact_email,
    }


def _native(stream: str, true_id: str) -> str:
    return str(zendesk_id(stream, true_id))


def _written(stream: str, true_id: str) -> str:
    return f"{ZENDESK}:{_native(stream, true_id)}"
