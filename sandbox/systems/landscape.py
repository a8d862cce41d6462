"""Who keeps what where.

Belongs here: in which system each fact has its home, how systems know one another's customers.
Does not: what a record looks like there.

| what | where |
|---|---|
| customers, contacts, people, calls and mails that were logged | CRM: Salesforce, in apac HubSpot |
| the same customers and contacts, meetings and notes of CSMs | Custify |
| meetings as invited | Google calendars of the CSMs |
| tickets, who wrote them, for whom | Zendesk |
| contracts | deals of the CRM; those of one team's customers in its renewals sheet only |
| dated ownership | Salesforce where only people ever owned; else a sheet |
| survey answers | HubSpot for its customers, else the survey tool's export |
| everything else, mass mailings too | spreadsheets |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.company.facts import Activity, Customer, Family, Person
from sandbox.systems.ids import hubspot_id, salesforce_id, share

SALESFORCE, HUBSPOT, CUSTIFY = "salesforce", "hubspot", "custify"
ZENDESK, CALENDARS, SHEETS = "zendesk", "google_calendar", "sheets"

SOURCES = (SALESFORCE, HUBSPOT, CUSTIFY, ZENDESK, CALENDARS, SHEETS)
"""In the order of their priority: the first that defines accounts gives an account its id."""

CRM_OF_REGION = {"amer": SALESFORCE, "emea": SALESFORCE, "apac": HUBSPOT}
SHEET_TEAM = "growth"
"""The team that tracks its renewals in a sheet of its own."""

LINKED_CSP, LINKED_DESK, LINKED_BY_HAND = 0.85, 0.2, 0.02
"""Shares of Salesforce's customers whose id Custify and Zendesk carry, and of customers whom
Custify knows by name alone, so that a person linked them; the rest share a domain."""

TWINS = 0.1
"""The share of customers without tickets that Zendesk has twice, so that no domain tells which."""

CAMPAIGNS = "campaigns"

PLAIN_TYPES = frozenset({"call", "email", "meeting"})
TOLD_BY_SUBJECT = PLAIN_TYPES | {
    *("check_in", "kickoff", "onboarding_session", "onboarding_complete", "ebr"),
    *("business_review", "success_plan_review", "workshop", "training", "renewal_conversation"),
    *("health_assessment", "escalation_call", "internal_team", "internal_prep", "reporting"),
}
"""What nobody picks from a list when a meeting or call is logged: the subject says it."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where an account's records are, and by which ids.

    `account_id` is the product's id of it: that of the CRM. `native_id` is the CRM's own.
    `csp_method` and `desk_method` say how Custify's and Zendesk's records are told to be it:
    foreign_id, domain or manual; unmatched, that nothing tells it: `desk_twin` is a second
    organisation with the domain of the first.
    """

    crm: str
    native_id: str
    account_id: str
    csp_method: str
    desk_method: str
    has_sheet_contracts: bool
    has_sheet_owners: bool
    parent_native_id: str | None
    parent_account_id: str | None
    contact_ids: Mapping[str, str]
    desk_twin: str | None = None


def whereabouts(family: Family, people: Mapping[str, Person]) -> dict[str, Whereabouts]:
    """Where the records of each account of a family are, by the account's true id."""
    ids = {c.account.account_id: _ids(c) for c in family.customers}
    return {c.account.account_id: _whereabouts(c, ids, people) for c in family.customers}


def native_account_id(crm: str, true_id: str) -> str:
    """The CRM's id of an account, or of a double of one."""
    is_salesforce = crm == SALESFORCE
    return salesforce_id("accounts", true_id) if is_salesforce else hubspot_id("companies", true_id)


def _ids(customer: Customer) -> tuple[str, str, str]:
    """The CRM, the id there, and the id past it: a mere number is told with its source."""
    crm = CRM_OF_REGION[customer.account.region]
    native = native_account_id(crm, customer.account.account_id)
    return crm, native, native if crm == SALESFORCE else f"{crm}:{native}"


def _whereabouts(
    customer: Customer, ids: Mapping[str, tuple[str, str, str]], people: Mapping[str, Person]
) -> Whereabouts:
    account = customer.account
    crm, native, account_id = ids[account.account_id]
    parent = ids.get(account.parent_account_id or "")
    is_linkable = crm == SALESFORCE
    is_linked = is_linkable and share("linked in csp", account.account_id) < LINKED_CSP
    is_by_hand = share("linked by hand", account.account_id) < LINKED_BY_HAND
    is_desk_linked = is_linkable and share("linked at desk", account.account_id) < LINKED_DESK
    has_twin = not is_desk_linked and _has_twin(customer)
    first = customer.ownerships[0].person_email if customer.ownerships else None
    return Whereabouts(
        crm=crm,
        native_id=native,
        account_id=account_id,
        csp_method="manual" if is_by_hand else "foreign_id" if is_linked else "domain",
        desk_method=("unmatched" if has_twin else "foreign_id" if is_desk_linked else "domain"),
        has_sheet_contracts=first in people and people[str(first)].team == SHEET_TEAM,
        has_sheet_owners=crm != SALESFORCE or any(o.pool for o in customer.ownerships),
        parent_native_id=parent[1] if parent and parent[0] == crm else None,
        parent_account_id=parent[2] if parent else None,
        contact_ids={c.email: c.contact_id for c in customer.contacts},
        desk_twin=f"twin of {account.account_id}" if has_twin else None,
    )


def _has_twin(customer: Customer) -> bool:
    """Whether support made a second organisation: never of one whose tickets would be nobody's."""
    return not customer.tickets and share("twin", customer.account.account_id) < TWINS


def kind_noted(activity: Activity) -> str:
    """As what an activity is noted: what somebody picked where its subject does not tell, else
    the plain kind of its channel."""
    if activity.channel in ("meeting", "call", "event") and activity.type in TOLD_BY_SUBJECT:
        return "Call" if activity.channel == "call" else "Meeting"
    return activity.type.replace("_", " ").capitalize()
