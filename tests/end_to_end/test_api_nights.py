"""Nights over six systems at once, through real HTTP: one customer across them is one account.

Belongs here: what only all of them together show. Does not: what a single vendor's tests show.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from product import (
    FIRST_NIGHT,
    SECOND_NIGHT,
    Outcome,
    cs_coverage,
    in_warehouse,
    left_overs,
    parquet_digests,
    published,
    value,
)

from pipelines.cli import DEGRADED
from sandbox.servers import vendor, vendors
from sandbox.servers.vendor import Record, Vendor, served

pytestmark = pytest.mark.slow

ACME = "001Qy0000000001IAA"
GLOBEX = "001Qy0000000002IAA"
GLOBEX_AGAIN = "001Qy0000000003IAA"
ANNA, ZOE = "anna@northwind.example", "zoe@acme.example"
STARTS, ENDS = "2026-06-15T14:00:00Z", "2026-06-15T14:30:00Z"


@dataclass
class Company:
    """A made-up company, the systems it runs on, and a home that reads them."""

    root: Path
    systems: dict[str, Vendor] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.root / "home"

    def put(self, kind: str, stream: str, number: int, **changes: object) -> Record:
        system = self.systems[kind]
        record = system.example(stream, number)
        for name, given in changes.items():
            held = record.get(name)
            is_part = isinstance(held, dict) and isinstance(given, dict)
            record[name] = {**held, **given} if is_part else given
        return system.put(stream, record)

    def run(self, command: str, now: str) -> Outcome:
        places = ("--home", self.home, "--config", self.root)
        return cs_coverage(command, *places, now=now, extra=self.secrets)

    def later(self) -> None:
        for system in self.systems.values():
            system.now += timedelta(days=1)


def furnish(company: Company) -> None:
    """Acme is in five systems, Globex in two, Initech in HubSpot alone; someone else asks."""
    put = company.put
    put("salesforce", "users", 1, Email=ANNA)
    for number, (key, name) in enumerate(
        [(ACME, "Acme"), (GLOBEX, "Globex"), (GLOBEX_AGAIN, "Globex (double)")], 1
    ):
        site = f"https://www.{name.split()[0].lower()}{'-double' * (number == 3)}.example"
        put("salesforce", "accounts", number, Id=key, Name=name, Website=site)
        put("salesforce", "opportunities", number, AccountId=key, Amount=number * 1000.0)
    put("salesforce", "contacts", 1, AccountId=ACME, Email=ZOE)
    put(
        "salesforce", "events", 1, AccountId=ACME, Subject="EBR", WhatId=None,
        StartDateTime="2026-06-15T14:00:00.000+0000", EndDateTime="2026-06-15T14:30:00.000+0000",
        ActivityDate="2026-06-15", DurationInMinutes=30,
    )  # fmt: skip
    put(
        "custify", "companies", 1, company_id=ACME, name="ACME Ltd", website="https://acme.example",
        owners_csm_email=ANNA,
    )  # fmt: skip
    put(
        "custify", "meetings", 1, title="EBR", startAt=STARTS, endAt=ENDS,
        participants=[
            {"name": "Anna", "email": ANNA, "organizer": True, "status": "accepted"},
            {"name": "Zoe", "email": ZOE, "status": "accepted"},
        ],
    )  # fmt: skip
    put("gainsight", "companies", 1, SfdcAccountId=GLOBEX, Name="Globex Corp", Website=None)
    put("hubspot", "companies", 1, properties={
        "name": "Initech", "domain": "initech.example", "salesforceaccountid": None,
        "website": None,
    })  # fmt: skip
    put("hubspot", "deals", 1)
    put("zendesk", "organizations", 1, name="acme", domain_names=["acme.example"], external_id=None)
    put("zendesk", "organizations", 2, name="Nobody we know", domain_names=["who.example"],
        external_id=None)  # fmt: skip
    put("zendesk", "tickets", 1)
    put(
        "google_calendar", "events", 1, _calendar=ANNA, summary="EBR",
        start={"dateTime": STARTS}, end={"dateTime": ENDS},
        attendees=[
            {"email": ANNA, "self": True, "organizer": True, "responseStatus": "accepted"},
            {"email": ZOE, "responseStatus": "accepted"},
        ],
        organizer={"email": ANNA}, creator={"email": ANNA},
    )  # fmt: skip


def a_day_passes(company: Company) -> None:
    """Globex's double is merged into it, the ticket is closed, a calendar entry is removed."""
    company.later()
    salesforce = company.systems["salesforce"]
    salesforce.merge("accounts", GLOBEX, GLOBEX_AGAIN)  # type: ignore[attr-defined]
    company.put("hubspot", "companies", 1, properties={
        "name": "Initech Inc", "domain": "initech.example", "salesforceaccountid": None,
        "website": None,
    })  # fmt: skip
    company.systems["hubspot"].forbid("tickets")


@pytest.fixture(scope="module")
def company(parsed_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    made = Company(tmp_path_factory.mktemp("six"))
    shutil.copytree(parsed_home, made.home)
    with ExitStack() as serving:
        sources = {}
        for kind in vendors():
            system = made.systems[kind] = vendor(kind)
            made.secrets |= system.secrets()
            sources[kind] = system.settings(serving.enter_context(served(system)))
        order = ["salesforce", "hubspot", "custify", "gainsight", "zendesk", "google_calendar"]
        written = {"time_zone": "UTC", "sources": {kind: sources[kind] for kind in order}}
        (made.root / "sources.yaml").write_text(yaml.safe_dump(written, sort_keys=False))
        furnish(made)
        for system in made.systems.values():
            system.now += timedelta(minutes=10)  # Zendesk holds back what changed just now
        yield made


@pytest.fixture(scope="module")
def first(company: Company) -> Outcome:
    return company.run("refresh", FIRST_NIGHT)


def test_the_first_night_reads_all_systems_and_publishes(first: Outcome, company: Company) -> None:
    assert first.exit_code == 0, first.err
    kinds = {kind for (kind,) in published(company.home, "select source from ops_source_freshness")}
    assert kinds == set(vendors())
    assert left_overs(company.home) == []


def test_one_customer_is_one_account_however_many_systems_know_it(
    first: Outcome, company: Company
) -> None:
    rows = published(company.home, "select account_id, name, arr from dim_account order by name")
    assert rows == [
        (ACME, "Acme", 1000.0),
        (GLOBEX, "Globex", 2000.0),
        (GLOBEX_AGAIN, "Globex (double)", 3000.0),
        ("hubspot:10000000001", "Initech", rows[-1][2]),
    ]
    found = published(
        company.home,
        "select source, account_id, method from map_account_identity "
        f"where account_id in ('{ACME}', '{GLOBEX}') order by account_id, source",
    )
    assert found == [
        ("custify", ACME, "foreign_id"),
        ("salesforce", ACME, "own"),
        ("zendesk", ACME, "domain"),
        ("gainsight", GLOBEX, "foreign_id"),
        ("salesforce", GLOBEX, "own"),
    ]


def test_whom_nobody_knows_is_queued_and_is_no_account(first: Outcome, company: Company) -> None:
    rows = published(
        company.home, "select source, name from ops_identity_queue where source = 'zendesk'"
    )
    assert rows == [("zendesk", "Nobody we know")]


def test_a_meeting_that_three_systems_saw_is_one_activity(first: Outcome, company: Company) -> None:
    rows = published(
        company.home,
        "select account_id, sources, duplicates_merged, contact_emails from fct_activity "
        "where started_at = '2026-06-15 14:00:00+00'",
    )
    assert rows == [(ACME, ["custify", "google_calendar", "salesforce"], 2, [ZOE])]


def test_no_secret_is_left_anywhere(first: Outcome, company: Company) -> None:
    secrets = [secret.encode() for secret in company.secrets.values()]
    lines = [line for secret in secrets for line in secret.splitlines() if len(line) > 8]
    assert len(lines) > len(vendors())
    said = (first.out + first.err).encode()
    for path in company.home.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert not [path for line in lines if line in content]
    assert not [line for line in lines if line in said]


@pytest.fixture(scope="module")
def second(first: Outcome, company: Company) -> Outcome:
    a_day_passes(company)
    return company.run("refresh", SECOND_NIGHT)


def test_one_stream_out_of_reach_leaves_the_rest_and_turns_the_night_red(
    second: Outcome, company: Company
) -> None:
    assert second.exit_code == DEGRADED, second.err
    stale = published(
        company.home,
        "select source, stream, status from ops_source_freshness "
        "where status not in ('applied', 'unchanged', 'not_available')",
    )
    assert stale == [("hubspot", "tickets", "failed")]
    assert "hubspot.tickets" in second.err + second.out
    assert (
        value(
            published(
                company.home, "select name from dim_account where account_id like 'hubspot:%'"
            )
        )
        == "Initech Inc"
    )


def test_merged_accounts_become_one_with_the_revenue_of_both(
    second: Outcome, company: Company
) -> None:
    rows = published(
        company.home, "select account_id, arr from dim_account where name ilike 'globex%'"
    )
    assert rows == [(GLOBEX, 5000.0)]


def test_a_rebuild_without_any_system_gives_the_same(second: Outcome, company: Company) -> None:
    before = parquet_digests(company.home)
    cursors = "select source_name, stream, cursor from meta.stream_state order by all"
    resumed_from = in_warehouse(company.home, cursors)
    nobody = dict.fromkeys(company.secrets, "revoked")
    done = cs_coverage(
        *("rebuild", "--home", company.home, "--config", company.root),
        now=SECOND_NIGHT,
        extra=nobody,
    )
    assert done.exit_code == 0, done.err
    assert parquet_digests(company.home) == before
    assert in_warehouse(company.home, cursors) == resumed_from
