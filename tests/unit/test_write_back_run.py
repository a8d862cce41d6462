"""Writing what differs: to a made-up org over HTTP, and what is reported of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from vendor_reading import connected

from connectors.salesforce import WRITABLE
from pipelines.config.write_back import WriteBack
from pipelines.home import Home
from pipelines.write_back.ledger import Ledger
from pipelines.write_back.published import Record
from pipelines.write_back.run import Asked, Report, settle
from sandbox.servers.salesforce import System

SETTINGS = WriteBack(enabled=True, dry_run=False, fields={"tier": "CS_Tier__c"})


def org() -> System:
    system = System()
    system.fill("accounts", 3)
    system.define("accounts", "CS_Tier__c", "string")
    return system


def key(system: System, number: int) -> str:
    return system.key("accounts", system.example("accounts", number))


def tiers(system: System) -> list[str | None]:
    return [account.get("CS_Tier__c") for account in system.listed("accounts")]


def write(
    system: System, folder: Path, asked: Asked, *, settings: WriteBack = SETTINGS, run: str = "run"
) -> Report:
    records = [Record(key(system, n), f"A{n}", f"Acme {n}", {"tier": f"T{n}"}) for n in (1, 2, 3)]
    with connected(system, folder) as source:
        ledger = Ledger(Home(folder), "crm", run, datetime(2026, 7, 6, 2, tzinfo=UTC))
        writer = WRITABLE.open_writer(source.source)
        return settle(records, writer, ledger, settings, asked)


def test_nothing_is_written_without_a_word_the_first_time(tmp_path: Path) -> None:
    system = org()
    report = write(system, tmp_path, Asked())
    assert not report.is_good
    assert "held back: it would be the first time" in report.message
    assert "cs-coverage write-back --apply --accept" in report.message
    assert tiers(system) == [None] * 3


def test_in_a_dry_run_a_word_does_not_help_and_nothing_is_wrong(tmp_path: Path) -> None:
    system = org()
    dry = SETTINGS.model_copy(update={"dry_run": True})
    report = write(system, tmp_path, Asked(accept=True), settings=dry)
    assert report.is_good
    assert report.message == (
        "3 of 3 records differ; not written: dry_run is true in write_back.yaml"
    )
    assert tiers(system) == [None] * 3


def test_after_the_first_time_only_what_differs_is_written(tmp_path: Path) -> None:
    system = org()
    assert write(system, tmp_path, Asked(accept=True)).message == "3 records written"
    assert tiers(system) == ["T1", "T2", "T3"]
    assert write(system, tmp_path, Asked(), run="next").message == "0 records written"
    system.put("accounts", {**system.records["accounts"][key(system, 2)], "CS_Tier__c": "T9"})
    assert write(system, tmp_path, Asked(), run="third").message == "1 record written"
    assert tiers(system) == ["T1", "T2", "T3"]


def test_a_locked_record_is_tried_once_more_and_then_left_for_later(tmp_path: Path) -> None:
    system = org()
    system.rules.locked = {key(system, 1): 1, key(system, 2): 2}
    report = write(system, tmp_path, Asked(accept=True))
    assert tiers(system) == ["T1", None, "T3"]
    assert (report.written, report.is_good, report.may_pass) == (2, False, True)
    assert f"1 record could not be written now: {key(system, 2)}" in report.message
    assert write(system, tmp_path, Asked(), run="next").is_good
    assert tiers(system) == ["T1", "T2", "T3"]


def test_what_was_refused_is_told_once_and_tried_again_when_asked(tmp_path: Path) -> None:
    system = org()
    system.rules.validation = lambda record: (
        "Ask\nsales" if record["Name"] == "Acme 1 Ltd." else None
    )
    first = write(system, tmp_path, Asked(accept=True))
    assert not first.is_good
    assert "1 refused" in first.message and "Ask sales" in first.message
    later = write(system, tmp_path, Asked(), run="next")
    assert later.is_good
    assert later.plan is not None and "Ask sales" in later.plan.skipped[0].why
    system.rules.validation = lambda record: None
    assert write(system, tmp_path, Asked(again=True), run="third").written == 1
    assert tiers(system) == ["T1", "T2", "T3"]
