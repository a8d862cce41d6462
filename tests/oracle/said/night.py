"""A night: all that the firm's systems say when it runs, and whose records they are.

Belongs here: bringing the systems together under the configuration that the product is given.
Does not: what any of them says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from oracle.identity import AccountRecord, Matching
from oracle.said import calendars, custify, hubspot, salesforce, sheets, zendesk
from oracle.said.reading import Reading, Said
from oracle.truth import Truth
from oracle.world import Row, Source, World
from sandbox.systems.ids import custify_id, zendesk_id
from sandbox.systems.landscape import (
    CALENDARS,
    CUSTIFY,
    HUBSPOT,
    SALESFORCE,
    SHEETS,
    ZENDESK,
)

CARRIES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    SALESFORCE: salesforce.CARRIES,
    HUBSPOT: hubspot.CARRIES,
    CUSTIFY: custify.CARRIES,
    ZENDESK: zendesk.CARRIES,
    CALENDARS: calendars.CARRIES,
    SHEETS: sheets.CARRIES,
}


def night(
    truth: Truth,
    config: Mapping[str, Any],
    as_of: date,
    now: datetime,
    version: str,
    before: datetime | None = None,
) -> tuple[World, Matching]:
    """What a night on `as_of` that reads the systems at `now` is a function of.

    `config` is sources.yaml as the product reads it; `before` is when it read the systems for the
    first time, where that was on an earlier night.
    """
    world = World(
        as_of=as_of,
        config_version=version,
        time_zone=config["time_zone"],
        currency=config["currency"],
        rates=config["fx"],
        sources=tuple(_source(name, said) for name, said in config["sources"].items()),
        first_for=config.get("field_priority", {}),
    )
    reading = Reading(now, {}, before)
    accounts = list(_accounts(truth, reading))
    matching = Matching(world, [record for record, _ in accounts])
    reading = replace(reading, account_ids=_account_ids(matching))
    said = defaultdict(list)
    for record, fields in accounts:
        if record.is_live:
            said["accounts"].append(_account(matching, record, fields, accounts))
    for entity, row in _said(truth, reading, world):
        said[entity].append(row)
    for row in _links(accounts, reading):
        said["account_links"].append(row)
    gone = {
        key: (found.account_id, found.method)
        for key, found in matching.by.items()
        if not found.record.is_live
    }
    return replace(world, said=dict(said), gone=gone), matching


def _source(name: str, settings: Mapping[str, Any]) -> Source:
    """A source with what it carries: its usual fields, and those that are mapped."""
    carries = defaultdict(set, {entity: {*names} for entity, names in CARRIES[name].items()})
    for mapped in settings.get("fields", {}):
        entity, _, column = mapped.partition(".")
        carries[entity].add(column)
    defines = settings.get("defines_accounts", settings["kind"] != "zendesk")
    return Source(
        name,
        settings["kind"],
        {entity: tuple(sorted(names)) for entity, names in carries.items()},
        defines_accounts=defines,
    )


def _accounts(truth: Truth, reading: Reading) -> Iterator[tuple[AccountRecord, Row]]:
    for customer, where in truth.customers:
        yield from salesforce.accounts(customer, where, reading)
        yield from hubspot.accounts(customer, where, reading)
        yield from custify.accounts(customer, where, reading, truth.people)
        yield from zendesk.accounts(customer, where, reading)
    trial = {"name": "Trial workspace", "domain": "trial-workspace.example"}
    yield AccountRecord(CUSTIFY, custify_id("companies", "nobody"), None, **trial), trial
    walk_in = {"name": "Walk-in Prospects", "domain": "walk-in.example"}
    key = str(zendesk_id("organizations", "nobody"))
    yield AccountRecord(ZENDESK, key, None, **walk_in), walk_in


def _account_ids(matching: Matching) -> dict[tuple[str, str], str]:
    return {key: matching.whose(found.record) for key, found in matching.by.items()}


def _account(
    matching: Matching,
    record: AccountRecord,
    fields: Row,
    accounts: Sequence[tuple[AccountRecord, Row]],
) -> Row:
    """A record of a customer; its parent is the account that its own source's record of it is."""
    found = matching.by[record.source, record.native_id]
    parent = fields.get("parent")
    parents = [other for other, _ in accounts if parent is not None and other.account == parent]
    # The parent's record in the same system, else the one that gives the parent its id.
    parents.sort(key=lambda r: (r.source != record.source, matching.rank(r), not r.is_live))
    return {
        "source_name": record.source,
        "source_account_id": record.native_id,
        "account_id": found.account_id,
        "method": found.method,
        **{name: value for name, value in fields.items() if name != "parent"},
        "parent_account_id": matching.whose(parents[0]) if parents else None,
    }


def _said(truth: Truth, reading: Reading, world: World) -> Said:
    team, zone = truth.team, world.time_zone
    read = calendars.calendars(team)
    yield from salesforce.of_team(team, reading, zone)
    yield from hubspot.of_team(team, reading)
    yield from custify.users((c for c, _ in truth.customers), team, reading, truth.people)
    yield from custify.of_team(team, reading)
    yield from zendesk.of_team(team, reading)
    yield from calendars.entries(team.activities, read, reading, world.as_of)
    yield from sheets.of_team(team, reading)
    for customer, where in truth.customers:
        yield from salesforce.of_customer(customer, where, reading, zone)
        yield from hubspot.of_customer(customer, where, reading)
        yield from custify.of_customer(customer, reading)
        yield from zendesk.of_customer(customer, reading)
        yield from calendars.entries(customer.activities, read, reading, world.as_of)
        yield from sheets.of_customer(customer, where, reading)


def _links(accounts: Iterable[tuple[AccountRecord, Row]], reading: Reading) -> Iterator[Row]:
    """Customers whom Custify knows by name alone are linked by hand, in a sheet."""
    for record, _ in accounts:
        if record.linked_to is not None:
            yield {
                "source_name": SHEETS,
                "account_id": reading.account_ids[record.source, record.native_id],
                "source": record.source,
                "source_account_id": record.native_id,
            }
