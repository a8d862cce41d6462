"""What staging keeps of the nights before, held against parsing everything anew.

Belongs here: nights after which kept tables could be wrong, and when what was kept is void. Does
not: how a text is parsed, which is dbt's unit tests.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
from support import NIGHT, Folder, Record, load, query

from connectors import registry
from connectors.landing import LandingWriter
from connectors.stream import ReadResult
from pipelines import canonical
from pipelines.assets.models import dbt_project, prepare_manifest
from pipelines.dbt_run import Dbt, DbtFailed
from pipelines.home import Home
from pipelines.sources import files_sources
from pipelines.warehouse.connection import copy_warehouse, warehouse
from pipelines.warehouse.input_views import prepare_inputs
from pipelines.warehouse.record_views import RecordSource
from pipelines.warehouse.runs import Run, begin_run

pytestmark = pytest.mark.slow

APIS = ("custify", "google_calendar", "hubspot", "salesforce", "zendesk")
KEPT = (
    "stg_files__tickets",
    "stg_files__usage",
    "int_custify__meeting",
    "int_custify__note",
    "int_google_calendar__meeting",
    "int_hubspot__engagement",
    "int_salesforce__activity",
    "int_zendesk__ticket",
)
TICKETS = {"T1": "Broken", "T2": " Slow ", "T3": "Odd"}


@dataclass
class Firm:
    """Two spreadsheets and some systems, and the nights on which they were read."""

    home: Home
    path: Path
    parsed: Path
    settings: Record = field(default_factory=dict)
    recipe: str = "first"
    nights: int = 0

    @property
    def sheets(self) -> Folder:
        return Folder(self.home, self.path, settings=self.settings)

    def tickets(self, rows: dict[str, str], **columns: str) -> None:
        """Write the sheet of tickets; `columns` are further ones, the same in every row."""
        heads = ",".join(["ticket_id", "account_id", "opened_at", "subject", *columns])
        values = "".join("," + value for value in columns.values())
        lines = [f"{key},A,2026-06-01,{subject}{values}" for key, subject in rows.items()]
        self.sheets.write(tickets="\n".join([heads, *lines, ""]))

    def usage(self, values: Iterable[str]) -> None:
        lines = [f"A,2026-06-{day:02},logins,{value}" for day, value in enumerate(values, 1)]
        self.sheets.write(usage="\n".join(["account_id,on,metric,value", *lines, ""]))

    def system(self, kind: str, stream: str, *rows: Record) -> None:
        """Some records of a system, changed or new; the source is called as its kind."""
        declared = next(s for s in registry.kind(kind).streams if s.name == stream)
        with LandingWriter(
            self.home.landing,
            source=kind,
            kind=kind,
            stream=declared,
            run_id=f"run-{self.nights}",
            extracted_at=NIGHT + timedelta(days=self.nights),
            max_shrink=1,
            max_quarantined=1,
        ) as landing:
            landing.write(msgspec.json.encode(row) for row in rows)
            manifest = landing.commit(ReadResult(cursor=None, columns=()))
        load(self.home, manifest)

    def night(self, *arguments: str) -> None:
        """Read the sheets and stage all records."""
        self.nights += 1
        self.sheets.read(accept_short_read=["sheets.tickets", "sheets.usage"])
        self.stage(*arguments)

    def stage(self, *arguments: str) -> None:
        run = Run(f"run-{self.nights}", NIGHT, NIGHT.date(), "test")
        kinds = [registry.kind(name) for name in APIS]
        systems = [
            RecordSource(k.name, k.name, frozenset(s.name for s in k.streams), {}, {})
            for k in kinds
        ]
        with warehouse(self.home.warehouse) as con:
            begin_run(
                con, run, time_zone="UTC", currency="USD", fx={}, sources=[], recipe=self.recipe
            )
            prepare_inputs(
                con,
                canonical.entities(),
                files_sources([self.sheets.opened]),
                kinds,
                systems,
            )
        _dbt(self.home, *arguments)

    def kept(self) -> dict[str, Counter[tuple[Any, ...]]]:
        """The rows of the kept tables."""
        return _rows(self.home)

    def made_anew(self, folder: Path) -> dict[str, Counter[tuple[Any, ...]]]:
        """The rows that the same tables have when nothing is kept."""
        other = Home(folder / f"anew-{self.nights}")
        shutil.copytree(self.parsed, other.root)
        copy_warehouse(self.home.warehouse, other.warehouse)
        _dbt(other, "--full-refresh")
        return _rows(other)

    def mark(self) -> None:
        """Write into what is kept of tickets: a row that is parsed again does not show it."""
        with duckdb.connect(str(self.home.warehouse)) as con:
            con.execute("update staging.stg_files__tickets set subject = 'kept'")

    def subjects(self) -> list[str]:
        return [s for (s,) in query(self.home, "select subject from staging.stg_files__tickets")]


def _dbt(home: Home, *arguments: str) -> None:
    Dbt(home, ["files", *APIS]).run(["run", "--select", *KEPT, *arguments])


def _rows(home: Home) -> dict[str, Counter[tuple[Any, ...]]]:
    return {
        table: Counter((str(row),) for row in query(home, f"select * from staging.{table}"))
        for table in KEPT
    }


def call(number: int, body: str, **more: Any) -> Record:
    """A call as HubSpot gives it."""
    properties = {"hs_timestamp": "2026-06-01T10:00:00Z", "hs_call_body": body}
    made = "2026-06-01T10:00:00Z"
    return {
        "id": str(number),
        "properties": properties,
        "createdAt": made,
        "updatedAt": made,
        "archived": False,
        **more,
    }


def note(number: int, text: str) -> Record:
    """A note as Custify gives it."""
    return {"id": str(number), "text": text, "updated_at": "2026-06-01T10:00:00Z"}


def custify_meeting(number: int, *emails: str) -> Record:
    """A meeting as Custify gives it."""
    participants = [{"email": email} for email in emails]
    return {
        "id": str(number),
        "startAt": "2026-06-01T10:00:00Z",
        "updated_at": "2026-06-01T10:00:00Z",
        "participants": participants,
    }


def event(number: int, start: str) -> Record:
    """An event of a calendar as Google gives it."""
    return {
        "_calendar": "ann@v.example",
        "id": str(number),
        "updated": "2026-06-01T10:00:00Z",
        "start": {"dateTime": start},
        "attendees": [{"email": "kim@acme.example"}],
    }


def task(number: int, subject: str, **more: Any) -> Record:
    """A task as Salesforce gives it."""
    modified = "2026-06-01T10:00:00.000+0000"
    return {"Id": f"T{number}", "SystemModstamp": modified, "Subject": subject, **more}


def ticket(number: int, subject: str, **more: Any) -> Record:
    """A ticket as Zendesk gives it."""
    made = "2026-06-01T10:00:00Z"
    return {"id": number, "created_at": made, "updated_at": made, "subject": subject, **more}


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with dbt's project in it, parsed, and nothing else."""
    home = Home(tmp_path_factory.mktemp("parsed") / "home")
    prepare_manifest(dbt_project(home), home, ["files", *APIS])
    yield home.root


def firm_at(folder: Path, parsed: Path) -> Firm:
    shutil.copytree(parsed, folder / "home")
    firm = Firm(Home(folder / "home"), folder / "sheets", parsed)
    firm.tickets(TICKETS)
    firm.usage(["1", "2", "x"])
    firm.system("hubspot", "calls", call(1, "<p>Hello</p>"), call(2, "Bye"))
    firm.system("custify", "notes", note(1, "Hello"), note(2, "<b>Bye</b>"))
    firm.system("custify", "meetings", custify_meeting(1, "ann@v.example", "kim@acme.example"))
    firm.system("google_calendar", "events", event(1, "2026-06-01T10:00:00Z"))
    firm.system("salesforce", "tasks", task(1, "Hello"), task(2, "Bye"))
    firm.system("salesforce", "events", {**task(3, "Met"), "WhatId": "500K"})
    firm.system("zendesk", "tickets", ticket(1, "Hello"), ticket(2, "Bye"))
    firm.night()
    return firm


@pytest.fixture
def firm(tmp_path: Path, parsed: Path) -> Firm:
    """The firm after its first night."""
    return firm_at(tmp_path, parsed)


def test_every_change_gives_what_parsing_all_anew_gives(firm: Firm, tmp_path: Path) -> None:
    def compare() -> None:
        assert firm.kept() == firm.made_anew(tmp_path)

    firm.tickets({**TICKETS, "T1": "Mended", "T4": "New"})
    firm.usage(["1", "2", "3", "4"])  # what could not be read is corrected
    firm.system("hubspot", "calls", call(2, "Changed"), call(3, "New"))
    firm.system("custify", "notes", note(2, "Changed"), note(3, "New"))
    firm.system("custify", "meetings", custify_meeting(1, "kim@acme.example"), custify_meeting(2))
    firm.system(
        "google_calendar",
        "events",
        event(1, "2026-06-02T10:00:00Z"),
        event(2, "2030-01-01T10:00:00Z"),
    )
    firm.system("salesforce", "tasks", task(1, "Hello", IsRecurrence=True), task(4, "New"))
    firm.system("salesforce", "events", {**task(3, "Met"), "IsDeleted": True})
    firm.system("zendesk", "tickets", ticket(2, "Bye", status="solved"), ticket(3, "New"))
    firm.night()
    compare()
    assert {table: rows.total() for table, rows in firm.kept().items()} == {
        "stg_files__tickets": 4,
        "stg_files__usage": 4,
        "int_custify__meeting": 2,
        "int_custify__note": 3,
        "int_google_calendar__meeting": 2,
        "int_hubspot__engagement": 3,
        "int_salesforce__activity": 2,
        "int_zendesk__ticket": 3,
    }

    firm.tickets({"T1": "Mended"})
    firm.system("hubspot", "calls", call(1, "<p>Hello</p>", archived=True))
    firm.night()
    assert firm.subjects() == ["Mended"]
    compare()

    firm.tickets(TICKETS)  # back as they were
    firm.system("hubspot", "calls", call(1, "<p>Hello</p>"))
    firm.night()
    assert len(firm.subjects()) == 3
    compare()

    firm.tickets(TICKETS, priority="P1", mood="cross")  # columns appear
    firm.night()

    firm.tickets({**TICKETS, "": "Nobody's"})  # one has no key
    firm.usage([])
    firm.night()
    compare()

    firm.settings = {"entities": {"tickets": {"where": "subject <> 'Odd'"}, "usage": {}}}
    firm.recipe = "second"
    firm.night()
    assert "Odd" not in firm.subjects()
    compare()

    firm.settings = {"entities": {"tickets": {"query": "select * from tickets limit 2"}}}
    firm.recipe = "third"
    firm.night()
    firm.night()
    assert len(firm.subjects()) == 2
    compare()


def test_a_record_that_did_not_change_is_not_parsed_again(firm: Firm) -> None:
    firm.mark()
    firm.tickets({**TICKETS, "T1": "Mended"})
    firm.night()
    assert sorted(firm.subjects()) == ["Mended", "kept", "kept"]


@pytest.mark.parametrize("what", ["recipe", "columns", "mapping", "without comment", "table"])
def test_what_was_kept_is_void_when_it_was_made_by_something_else(firm: Firm, what: str) -> None:
    firm.mark()
    if what == "recipe":
        firm.recipe = "second"
    elif what == "columns":
        firm.tickets(TICKETS, mood="cross")
    elif what == "mapping":  # as if the configuration's version had not seen it
        firm.settings = {"entities": {"tickets": {"values": {"subject": {"slow": "Late"}}}}}
    else:
        change = {
            "without comment": "comment on table staging.stg_files__tickets is null",
            "table": "create or replace table staging.stg_files__tickets as "
            "select 'kept' as subject",
        }[what]
        with duckdb.connect(str(firm.home.warehouse)) as con:
            con.execute(change)
    firm.night()
    assert "kept" not in firm.subjects()
    assert len(firm.subjects()) == 3


def test_a_night_that_fails_in_between_leaves_what_was_there(firm: Firm, tmp_path: Path) -> None:
    before = firm.kept()
    firm.tickets({**TICKETS, "T1": "Mended", "T4": ""})
    refuses = "alter table staging.stg_files__tickets alter column subject {} not null"
    with duckdb.connect(str(firm.home.warehouse)) as con:
        con.execute(refuses.format("set"))
    with pytest.raises(DbtFailed):
        firm.night()  # T1's old row is taken away, then T4's cannot be put there
    assert firm.kept() == before
    with duckdb.connect(str(firm.home.warehouse)) as con:
        con.execute(refuses.format("drop"))
    firm.night()
    assert firm.kept() == firm.made_anew(tmp_path) != before


def test_a_warehouse_from_before_versions_had_numbers_is_read_on(
    firm: Firm, tmp_path: Path
) -> None:
    with duckdb.connect(str(firm.home.warehouse)) as con:
        for stream in ("sheets__tickets", "sheets__usage", "hubspot__calls"):
            con.execute(f"alter table raw.{stream} drop column version")
    firm.tickets({**TICKETS, "T1": "Mended"})
    firm.night()
    assert firm.kept() == firm.made_anew(tmp_path)
    numbers = "select count(version), count(distinct version) from raw.sheets__tickets"
    assert query(firm.home, numbers) == [(4, 4)]
