"""The made-up firm read by the real connectors, as nights do: all of it, and then what changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from support import query

from pipelines.config import load_config
from pipelines.extraction import ReadAhead
from pipelines.home import Home
from pipelines.loading import ReadReport, errands, load_stream
from pipelines.sources import all_streams, open_sources
from sandbox.company.settings import Settings
from sandbox.faults import switch_on
from sandbox.servers.vendor import Record
from sandbox.systems.timeline import Firm, running

pytestmark = pytest.mark.slow

ACCOUNTS = 30
TODAY = date(2026, 7, 5)


def night(home: Home, firm: Firm, number: int) -> dict[str, ReadReport]:
    """Read and load every stream; how each fared."""
    opened = open_sources(load_config(firm.folder))
    streams = list(all_streams(opened))
    with ReadAhead() as reading:
        reading.begin(errands(home, streams, run_id=f"run-{number}"))
        return {
            f"{each.source.name}.{stream.name}": load_stream(
                home,
                each.source.name,
                stream,
                reading.batches(each.source.name, stream.name),
            )
            for each, stream in streams
        }


def live(firm: Firm) -> dict[str, int]:
    """How many records each stream of the systems has that are not deleted."""
    gone: dict[str, Callable[[Record], bool]] = {
        "salesforce": lambda record: record.get("IsDeleted", False),
        "hubspot": lambda record: record.get("archived", False),
        "google_calendar": lambda record: record["status"] == "cancelled",
    }
    return {
        f"{name}.{stream}": sum(not is_gone(each) for each in records.values())
        for name, system in firm.systems.items()
        for is_gone in [gone.get(name, lambda record: False)]
        for stream, records in system.records.items()
    }


def in_warehouse(home: Home, stream: str) -> int:
    table = stream.replace(".", "__")
    ((count,),) = query(
        home, f"select count(*) from raw.{table} where is_current and not is_deleted"
    )
    return int(count)


def compare(home: Home, firm: Firm, reports: dict[str, ReadReport]) -> None:
    """What was read is what there is."""
    there = live(firm)
    read = {stream for stream in reports if not stream.startswith("sheets.")}
    told = {stream: in_warehouse(home, stream) for stream in read if there.get(stream)}
    assert told == {stream: there[stream] for stream in told}
    assert len(told) > 15


def test_all_of_a_firm_is_read_and_then_what_changed(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(Settings(accounts=ACCOUNTS), tmp_path / "firm", TODAY) as firm:
        for name, value in firm.secrets.items():
            monkeypatch.setenv(name, value)
        first = night(home, firm, 1)
        assert {name: r.message for name, r in first.items() if not r.status.is_good} == {}
        assert {name: r.loaded.quarantined for name, r in first.items() if r.loaded} == {
            name: 0 for name, r in first.items() if r.loaded
        }
        compare(home, firm, first)

        firm.advance(12)
        switch_on(firm.systems["zendesk"], "429", "tickets")
        later = night(home, firm, 2)
        assert {name: r.message for name, r in later.items() if not r.status.is_good} == {}
        compare(home, firm, later)
        changed = sum(r.loaded.changed for r in later.values() if r.loaded)
        everything = sum(r.live or 0 for r in later.values())
        assert 0 < changed < everything / 20
