"""A made-up firm in a process of its own: what its folder says, and telling it what to do."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import requests
from typer.testing import CliRunner

from sandbox.cli import app
from sandbox.company.settings import Settings
from sandbox.control import NotRunning, Refused, ask, controlled, read_state
from sandbox.systems.timeline import Firm

SMALL = Settings(accounts=5)
TODAY = date(2026, 7, 5)


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    with controlled(SMALL, tmp_path_factory.mktemp("firm"), TODAY) as (firm, _):
        yield firm


def sandbox(*arguments: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(each) for each in arguments])
    return done.exit_code, done.output


def test_secrets_are_in_a_file_that_only_its_owner_reads(firm: Firm) -> None:
    path = firm.folder / "env"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    assert all(f"export {name}=" in text for name in (*firm.secrets, "CS_COVERAGE_NOW"))
    others = [p for p in firm.folder.rglob("*") if p.is_file() and p != path]
    secrets = [line.encode() for each in firm.secrets.values() for line in each.splitlines()]
    assert not [p for p in others for s in secrets if len(s) > 12 and s in p.read_bytes()]


def test_days_go_by_when_told_and_the_folder_says_so(firm: Firm) -> None:
    before = firm.today
    code, said = sandbox("advance", "2", firm.folder)
    assert code == 0, said
    assert (firm.today - before).days == 2
    state = read_state(firm.folder)
    assert state is not None
    assert state.today == firm.today.isoformat()
    assert firm.now.isoformat() in (firm.folder / "env").read_text()
    assert firm.now.isoformat() in said


def test_a_fault_is_switched_on_and_all_are_off_again(firm: Firm) -> None:
    assert sandbox("fault", "5xx", "zendesk", "tickets", firm.folder, "--times", "3")[0] == 0
    (fault,) = firm.systems["zendesk"].faults
    assert (fault.times, fault.status) == (3, 503)
    assert sandbox("repair", firm.folder)[0] == 0
    assert firm.systems["zendesk"].faults == []


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("fault", "5xx", "pipedrive", "deals"), "pipedrive is no system; there are salesforce"),
        (("fault", "gremlins", "zendesk", "tickets"), "gremlins is no fault; there are 429"),
        (("fault", "5xx", "zendesk", "invoices"), "zendesk has no stream invoices"),
        (("advance", "4000"), "the firm's story ends on 2026-12-31"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(
    firm: Firm, command: tuple[str, ...], why: str
) -> None:
    code, said = sandbox(*command, firm.folder)
    assert (code, why in said) == (2, True), said


def test_nothing_can_be_told_where_no_firm_lives(tmp_path: Path) -> None:
    code, said = sandbox("advance", "1", tmp_path)
    assert code == 1
    assert f"sandbox serve {tmp_path}" in said
    with pytest.raises(NotRunning):
        ask(tmp_path, "repair")


def test_a_firm_that_ended_says_how_to_start_it_again(tmp_path: Path) -> None:
    with controlled(SMALL, tmp_path, TODAY):
        pass
    with pytest.raises(NotRunning, match="is not running"):
        ask(tmp_path, "repair")


def test_a_firm_set_up_again_asks_calendars_to_be_read_anew(tmp_path: Path) -> None:
    with controlled(SMALL, tmp_path, TODAY, restarts=1) as (firm, _):
        address = (firm.folder / "sources.yaml").read_text()
        assert "google_calendar" in address
        epochs = firm.systems["google_calendar"]._epochs  # type: ignore[attr-defined]
        assert set(epochs.values()) == {1}


def test_days_must_be_a_number(firm: Firm) -> None:
    state = read_state(firm.folder)
    assert state is not None
    reply = requests.post(f"{state.control}/advance", json={"days": 0}, timeout=30)
    assert reply.status_code == 400
    with pytest.raises(Refused, match="at least 1"):
        ask(firm.folder, "advance", days=-1)


def test_truth_and_export_are_written_where_asked(tmp_path: Path) -> None:
    assert sandbox("truth", tmp_path, "--accounts", "5")[0] == 0
    assert (tmp_path / "truth" / "activities.jsonl.gz").exists()
    assert sandbox("export", tmp_path / "out", "--accounts", "5")[0] == 0
    assert (tmp_path / "out" / "usage.parquet").exists()
    code, said = sandbox("export", tmp_path / "out", "--today", "5 July")
    assert (code, "YYYY-MM-DD" in said) == (2, True)
