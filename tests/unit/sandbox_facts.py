"""A customer of the sandbox's firm, written by hand, for tests of what systems hold of one.

Belongs here: facts with everything filled that a test does not speak of. Does not: what any test
expects.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from sandbox.company.facts import (
    Account,
    Activity,
    Contact,
    Contract,
    Customer,
    Family,
    Ownership,
    Person,
    Ticket,
)
from sandbox.systems.landscape import Whereabouts, whereabouts

ANA, BEN, ZOE = "ana@northwind.example", "ben@northwind.example", "zoe@acme.example"


def at(month: int, day: int, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def person(email: str, team: str = "enterprise", role: str = "csm") -> Person:
    return Person(
        f"p-{email}", email, email.split("@")[0].title() + " Muster", role, team, None,
        "Europe/London", "GB", 1.0, 40.0, date(2024, 1, 1), None, 150_000.0,
    )  # fmt: skip


def account(**changes: Any) -> Account:
    usual = Account(
        "acc-1", "fam-1", None, "Acme", "acme.example", "emea", "GB", "Europe/London", "GB",
        "Software", 120, "mid-market", "low", "sales", "EUR", "T2", at(1, 5), date(2026, 1, 5),
        None, None, None, None, None,
    )  # fmt: skip
    return replace(usual, **changes)


def ownership(email: str | None = ANA, pool: str | None = None, **changes: Any) -> Ownership:
    usual = Ownership("acc-1", email, pool, date(2026, 1, 5), None, "first", at(1, 5))
    return replace(usual, **changes)


def contract(**changes: Any) -> Contract:
    usual = Contract(
        "con-1", "acc-1", "Platform", "EUR", 60_000.0, date(2026, 1, 5), date(2027, 1, 4),
        date(2026, 1, 3), None, (), False, "new", "open", at(1, 5),
    )  # fmt: skip
    return replace(usual, **changes)


def activity(**changes: Any) -> Activity:
    usual = Activity(
        "act-1", "acc-1", "check_in", "completed", at(2, 10, 14), 30, "outbound", "meeting",
        "Check-in with Acme", (ANA,), (ZOE,), "All is well", at(2, 11), at(2, 12), False, None,
        ("csp", "calendar"), at(2, 1), at(2, 10, 15),
    )  # fmt: skip
    return replace(usual, **changes)


def ticket(**changes: Any) -> Ticket:
    usual = Ticket(
        "tic-1", "acc-1", ZOE, at(3, 2, 9), at(3, 2, 10, 30), at(3, 4), "P2", True, 100,
        at(3, 5), "sync", "email", "Nothing arrives",
    )  # fmt: skip
    return replace(usual, **changes)


def customer(**parts: Any) -> Customer:
    """Acme, led by Ana, with Zoe and a contract; `parts` are tuples of facts, or the account."""
    contact = Contact(
        "cnt-1", "acc-1", ZOE, "Zoe Muster", "Head of Operations", ("champion",), at(1, 5), None
    )
    usual: dict[str, Any] = {
        "account": account(),
        "ownerships": (ownership(),),
        "contacts": (contact,),
        "contracts": (contract(),),
        **dict.fromkeys(("activities", "tickets", "surveys", "usage", "success_plans"), ()),
        "assessments": (),
    }
    return Customer(**{**usual, **parts})


def place(of: Customer, *people: Person) -> Whereabouts:
    """Where its records are, in a firm with these people."""
    family = Family(of.account.family_id, (of,))
    by_email = {each.email: each for each in (*people, person(ANA), person(BEN))}
    return whereabouts(family, by_email)[of.account.account_id]
