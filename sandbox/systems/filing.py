"""All that reaches the firm's systems, customer by customer or in the order of time.

Belongs here: bringing the systems together. Does not: any one of them, or letting time pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from sandbox.company.facts import Customer, Family, Person, Team
from sandbox.company.settings import Settings
from sandbox.company.simulate import families, team
from sandbox.systems import custify, google_calendar, hubspot, salesforce, spreadsheets, zendesk
from sandbox.systems.changes import Change, Life, morning
from sandbox.systems.landscape import SALESFORCE, Whereabouts, whereabouts


@dataclass(frozen=True)
class Filing:
    """A firm's facts, told as what its systems hold of them."""

    settings: Settings

    @cached_property
    def team(self) -> Team:
        """The firm's own people."""
        return team(self.settings)

    @cached_property
    def people(self) -> dict[str, Person]:
        """The same by email."""
        return {person.email: person for person in self.team.people}

    @cached_property
    def calendars(self) -> tuple[str, ...]:
        """Whose calendars are read."""
        return google_calendar.owners(self.team)

    def customers(self) -> Iterator[tuple[Customer, Whereabouts]]:
        """Every customer with where its records are."""
        for family in families(self.settings):
            yield from self.of_family(family)

    def of_family(self, family: Family) -> Iterator[tuple[Customer, Whereabouts]]:
        """The customers of a family with where their records are."""
        places = whereabouts(family, self.people)
        for customer in family.customers:
            yield customer, places[customer.account.account_id]

    def of_team(self) -> Iterator[Life]:
        """What systems hold of the firm's own people, and the records that nobody can match."""
        begun = morning(self.settings.history_from)
        yield from salesforce.of_team(self.team)
        yield from hubspot.of_team(self.team)
        yield from custify.of_team(self.team, self.people)
        yield custify.unknown_company(begun)
        yield from zendesk.of_team(self.team)
        yield zendesk.unknown_organization(begun)
        yield from google_calendar.of_team(self.team)
        yield from spreadsheets.of_team(self.team)

    def of_customer(self, customer: Customer, where: Whereabouts) -> Iterator[Life]:
        """What systems hold of a customer, usage apart."""
        crm = salesforce if where.crm == SALESFORCE else hubspot
        yield from crm.of_customer(customer, where)
        yield from custify.of_customer(customer, where, self.people)
        yield from zendesk.of_customer(customer, where)
        yield from google_calendar.of_customer(customer, self.calendars)
        yield from spreadsheets.of_customer(customer, where)


def lives(settings: Settings) -> Iterator[Life]:
    """Every record that any system ever holds, usage apart, customer by customer."""
    filing = Filing(settings)
    yield from filing.of_team()
    for customer, where in filing.customers():
        yield from filing.of_customer(customer, where)


def changes(settings: Settings) -> list[Change]:
    """All that ever happens in the systems, in order; for firms that fit in memory."""
    found = [life.change(at) for life in lives(settings) for at in life.moments()]
    return sorted(found, key=lambda change: change.at)
