"""What writing back reads of the published tables, and keeps of its own: on real files.

Belongs here: records and their values, the record of what was written, days gone by. Does not:
what is made of them (unit tests), or vendors.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.clock import NOW_VARIABLE
from pipelines.config import load_config
from pipelines.config.load import load_write_back
from pipelines.home import DEFAULT_MODELS_DIR, Home
from pipelines.sources import open_sources
from pipelines.write_back.command import run_write_back
from pipelines.write_back.ledger import Ledger, State
from pipelines.write_back.plan import Change
from pipelines.write_back.published import published_as_of, read_records
from pipelines.write_back.run import write_back

TABLES = """
    create schema coverage;
    use coverage;
    create table map_account_identity (
        source varchar, source_account_id varchar, account_id varchar, merged_into varchar
    );
    create table mart_account_360 (
        account_id varchar, name varchar, is_active boolean, health_score double,
        health_shown_band varchar, tier_id varchar, tier_since_on date, overdue_obligations integer,
        overdue_families varchar[], next_due_on date, next_due_family varchar,
        open_triggers integer, open_trigger_rules varchar[], as_of_date date
    );
    create table mart_coverage_account_period (
        account_id varchar, tier_id varchar, period_type varchar, period_start date,
        is_covered boolean, cause varchar
    );
"""
ACCOUNT = (
    "insert into mart_account_360 values ({id}, 'Acme', {active}, {score}, 'green', {tier}, "
    "date '2026-01-01', {overdue}, {families}, null, null, null, null, date '2026-07-05')"
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.serving.mkdir(parents=True)
    tell(home, TABLES, is_new=True)
    return home


def tell(home: Home, *statements: str, is_new: bool = False) -> None:
    with duckdb.connect(str(home.serving_database)) as con:
        if not is_new:
            con.execute("use coverage")
        for statement in statements:
            con.execute(statement)


def account(key: str, **values: Any) -> str:
    given = {"active": "true", "score": "81.6", "tier": "'T1'", "overdue": "0", "families": "null"}
    return ACCOUNT.format(id=f"'{key}'", **{**given, **values})


def identity(source: str, record: str, key: str, merged: str = "null") -> str:
    return f"insert into map_account_identity values ('{source}', '{record}', {key}, {merged})"


def quarter(key: str, tier: str, start: str, covered: str, cause: str = "null") -> str:
    return (
        f"insert into mart_coverage_account_period values ('{key}', '{tier}', 'quarter', "
        f"date '{start}', {covered}, {cause})"
    )


def values(home: Home) -> dict[str, Any]:
    [record] = read_records(home, "crm")
    return dict(record.values)


def test_every_record_of_an_account_in_the_source_that_is_still_one_is_written(home: Home) -> None:
    tell(
        home,
        account("A"),
        identity("crm", "1", "'A'"),
        identity("crm", "2", "'A'"),
        identity("crm", "3", "'A'", "'1'"),
        identity("crm", "4", "null"),
        identity("desk", "5", "'A'"),
    )
    assert [(r.key, r.account_id, r.name) for r in read_records(home, "crm")] == [
        ("1", "A", "Acme"),
        ("2", "A", "Acme"),
    ]


def test_values_are_whole_and_in_words(home: Home) -> None:
    tell(
        home,
        account("A", overdue="2", families="['qbr', 'ebr']"),
        identity("crm", "1", "'A'"),
        quarter("A", "T1", "2026-04-01", "false", "'late_only'"),
    )
    found = values(home)
    assert {name: found[name] for name in ("health_score", "tier", "tier_since", "as_of")} == {
        "health_score": 82,
        "tier": "T1",
        "tier_since": "2026-01-01",
        "as_of": "2026-07-05",
    }
    assert (found["overdue_obligations"], found["overdue_families"]) == (2, "ebr;qbr")
    assert (found["coverage_status"], found["coverage_cause"], found["coverage_quarter"]) == (
        "not_covered",
        "late_only",
        "2026-Q2",
    )


def test_what_is_not_known_is_left_out_and_what_there_is_none_of_is_none(home: Home) -> None:
    tell(
        home,
        account("A", active="false", score="null", tier="null", overdue="null"),
        identity("crm", "1", "'A'"),
        quarter("A", "T1", "2026-04-01", "true"),
    )
    found = values(home)
    assert "health_score" not in found
    assert "overdue_families" not in found
    assert "open_playbooks" not in found
    assert found["tier"] is None
    assert found["coverage_cause"] is None


def test_coverage_is_that_of_the_newest_quarter_that_can_be_judged(home: Home) -> None:
    tell(
        home,
        account("A"),
        identity("crm", "1", "'A'"),
        quarter("A", "T1", "2026-01-01", "true"),
        quarter("A", "T2", "2026-04-01", "true"),
        quarter("A", "T1", "2026-04-01", "false", "'no_owner'"),
        quarter("A", "T1", "2026-07-01", "null"),
    )
    found = values(home)
    assert (found["coverage_status"], found["coverage_quarter"]) == ("not_covered", "2026-Q2")


def change(key: str, score: int) -> Change:
    return Change(key, "A", "Acme", {"Score": None}, {"Score": score})


def test_the_ledger_survives_half_a_line_and_keeps_the_last_word(tmp_path: Path) -> None:
    home, at = Home(tmp_path), datetime(2026, 7, 6, 2, tzinfo=UTC)
    ledger = Ledger(home, "crm", "run-1", at)
    assert ledger.is_empty
    ledger.add(State.REFUSED, [(change("1", 80), "Ask sales"), (change("2", 80), "No")], at)
    ledger.add(State.SENDING, [(change("1", 80), None)], at)
    later = Ledger(home, "crm", "run-2", at.replace(hour=3))
    later.add(State.WRITTEN, [(change("2", 81), None)], at)
    [first, _] = sorted((home.landing / "_written" / "crm").iterdir())
    first.write_bytes(first.read_bytes() + b'{"at": "2026-07-06T02:')

    assert not later.is_empty
    assert later.refused() == {"1": ({"Score": 80}, "Ask sales")}
    assert Ledger(home, "desk", "run-3", at).is_empty


CONFIG = """\
sources:
  hubspot: {auth: {token: $NO_SUCH_TOKEN}}
"""


def write_config(folder: Path, written: str) -> Path:
    folder.mkdir()
    (folder / "sources.yaml").write_text(CONFIG)
    (folder / "write_back.yaml").write_text(written)
    return folder


ENABLED = "sources: {hubspot: {enabled: true, dry_run: false, fields: {tier: cs_tier}}}\n"


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ("2026-07-08T02:00:00+00:00", "tell of 2026-07-05, a past day"),
        ("2026-07-07T02:00:00+00:00", "NO_SUCH_TOKEN is not set"),
    ],
)
def test_a_past_day_is_not_written_back_and_no_request_is_sent_for_it(
    now: str, said: str, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(home, account("A"), identity("hubspot", "1", "'A'"))
    monkeypatch.setenv(NOW_VARIABLE, now)
    config = load_config(write_config(tmp_path / "config", ENABLED), DEFAULT_MODELS_DIR)
    [opened] = open_sources(config)
    assert published_as_of(home) == date(2026, 7, 5)

    report = write_back(home, config, opened, load_write_back(config).sources["hubspot"], "run")

    assert said in report.message
    assert report.is_good == ("past day" in said)
    assert not (home.landing / "_written").exists()


@pytest.mark.parametrize(
    ("written", "sources", "said"),
    [
        ("sources: {}\n", [], "names no source"),
        (ENABLED, ["crm"], "says nothing of crm"),
        ("sources: {hubspot: {fields: {teir: cs_tier}}}\n", [], 'did you mean "tier"'),
    ],
)
def test_the_command_says_what_is_wrong_with_the_file(
    written: str,
    sources: list[str],
    said: str,
    home: Home,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = write_config(tmp_path / "config", written)
    code = run_write_back(home, folder, sources, apply=False, accept=False, again=False)
    assert code == 2
    assert said in capsys.readouterr().out
