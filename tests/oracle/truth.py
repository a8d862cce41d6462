"""The truth of a made-up firm, read from the files that the sandbox writes it to.

Belongs here: facts put together again, by customer. Does not: what systems or the product make of
them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from sandbox.company.facts import (
    Absence,
    Account,
    Activity,
    Assessment,
    Contact,
    Contract,
    Customer,
    Double,
    Family,
    Leniency,
    Mention,
    Ownership,
    Person,
    Project,
    SuccessPlan,
    Survey,
    Team,
    Ticket,
    TierOverride,
    TimeEntry,
    UsageReading,
)
from sandbox.systems.identities import RecordOf
from sandbox.systems.landscape import Whereabouts, whereabouts
from sandbox.truth import read_truth

OF_CUSTOMERS: Mapping[str, type[Any]] = {
    "ownerships": Ownership,
    "contacts": Contact,
    "contracts": Contract,
    "activities": Activity,
    "tickets": Ticket,
    "surveys": Survey,
    "usage": UsageReading,
    "success_plans": SuccessPlan,
    "assessments": Assessment,
    "leniencies": Leniency,
    "overrides": TierOverride,
    "doubles": Double,
    "projects": Project,
    "mentions": Mention,
    "time_entries": TimeEntry,
}
"""What is told of customers, by file; what names no account is the team's own."""


@dataclass(frozen=True)
class Truth:
    """What is true, where the firm keeps it, and who is who in its systems on the night."""

    team: Team
    families: tuple[Family, ...]
    identities: tuple[RecordOf, ...]

    @cached_property
    def people(self) -> dict[str, Person]:
        """Everybody of the firm, by email."""
        return {person.email: person for person in self.team.people}

    @cached_property
    def customers(self) -> tuple[tuple[Customer, Whereabouts], ...]:
        """Every customer, with the landscape's declaration of where its records are."""
        found = []
        for family in self.families:
            places = whereabouts(family, self.people)
            found += [(c, places[c.account.account_id]) for c in family.customers]
        return tuple(found)


def read(folder: Path) -> Truth:
    """The truth as it was written to a folder."""
    told: dict[str, dict[str | None, list[Any]]] = {}
    for name, shape in OF_CUSTOMERS.items():
        told[name] = defaultdict(list)
        for fact in _facts(folder, name, shape):
            told[name][fact.account_id].append(fact)
    families = defaultdict(list)
    for account in _facts(folder, "account", Account):
        facts = {name: tuple(told[name][account.account_id]) for name in OF_CUSTOMERS}
        families[account.family_id].append(Customer(account=account, **facts))
    team = Team(
        people=tuple(_facts(folder, "people", Person)),
        absences=tuple(_facts(folder, "absences", Absence)),
        activities=tuple(told["activities"][None]),
        time_entries=tuple(told["time_entries"][None]),
    )
    return Truth(
        team,
        tuple(Family(key, tuple(customers)) for key, customers in families.items()),
        tuple(_facts(folder, "identities", RecordOf)),
    )


def _facts(folder: Path, name: str, shape: type[Any]) -> list[Any]:
    return msgspec.convert(read_truth(folder, name), list[shape])  # type: ignore[valid-type]
