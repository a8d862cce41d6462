"""What is wrong with the input is said, with where and what to do, and harms nothing else.

Belongs here: exit codes and messages of a refresh on broken files and settings, and what is
published then. Does not: every way in which a file can be broken (unit).
"""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from company import FILES, Company, write_company
from conftest import CHECKOUT, Night
from product import (
    COMMAND,
    Outcome,
    cs_coverage,
    environment,
    in_warehouse,
    parquet_digests,
    published,
    value,
)

pytestmark = pytest.mark.slow

NOT_PUBLISHED, BAD_CONFIG, DEGRADED, BUSY = 1, 2, 3, 4
DEFAULT_MODEL = CHECKOUT / "config" / "models" / "2024-01-01.yaml"


# Settings: nothing is tried.


def refused(company: Company, *options: str) -> str:
    """What is said about a refresh that must end before it begins."""
    outcome = cs_coverage("refresh", "--home", company.home, "--config", company.config, *options)
    assert outcome.exit_code == BAD_CONFIG, outcome.err
    assert outcome.out == ""
    assert not company.home.exists()
    return outcome.err


def test_an_unknown_key_is_named_with_its_line_and_the_key_it_resembles(tmp_path: Path) -> None:
    company = write_company(tmp_path)
    settings = company.config / "sources.yaml"
    settings.write_text(settings.read_text().replace("entities:", "entites:"))
    assert f'{settings}:8: sources.tiny.entites: unknown key; did you mean "entities"?' in refused(
        company
    )


def test_a_target_ratio_is_refused_with_the_reason(tmp_path: Path) -> None:
    company = write_company(tmp_path)
    model = company.config / "models" / "2026-01-01.yaml"
    model.parent.mkdir()
    model.write_text(DEFAULT_MODEL.read_text() + "\ncsm_ratio_target: 40\n")
    line = len(model.read_text().splitlines())
    said = refused(company)
    assert f"{model}:{line}: csm_ratio_target: a target ratio cannot be set" in said
    assert "a result of tiers, standards" in said


def test_without_sources_it_says_where_to_add_one_and_what_to_try(tmp_path: Path) -> None:
    company = write_company(tmp_path)
    settings = company.config / "sources.yaml"
    settings.write_text("sources: {}\n")
    said = refused(company)
    assert f"No source is configured in {settings}" in said
    assert "--config examples/spreadsheets/config" in said


def test_a_day_that_is_none_is_explained(tmp_path: Path) -> None:
    said = refused(write_company(tmp_path), "--as-of", "30.06.2026")
    assert "--as-of 30.06.2026: write the day as YYYY-MM-DD" in said


# A night on which most files are broken at once, each in a way of its own.


@dataclass(frozen=True)
class BadNight:
    """The company after that night, how the refresh ended, and a second one meanwhile."""

    company: Company
    outcome: Outcome
    pid: int
    meanwhile: Outcome


def break_files(company: Company) -> None:
    """Good news in accounts and contacts; everything else is broken in a way of its own."""
    company.edit("accounts", "A1,First night", "A1,Good news")
    company.edit(
        "contracts", "C2,A1,2025-07-01,2026-12-31,30000,USD", "C2,A1,2025-07-01,,30000,CHF"
    )
    company.edit("activities", 'meeting,"Review, second half"', 'meeting,"Review, "second" half"')
    company.edit("activities", "M3,A2,check_in,completed", "M3,A2,check_in,no_show")
    company.file("tickets").unlink()
    company.edit("surveys", "kind,score,responded_at", "kind,score,Score")
    company.file("usage").write_text(FILES["usage"].splitlines()[0] + "\n")
    contacts = company.file("contacts")
    text = contacts.read_text()
    for number in (7, 8, 9):
        text = text.replace(f"\nP{number:03},", "\n,")
    contacts.write_text(text)


@pytest.fixture(scope="module")
def bad_night(first_night: Night, tmp_path_factory: pytest.TempPathFactory) -> BadNight:
    company = first_night.company.copy(tmp_path_factory.mktemp("bad") / "company")
    break_files(company)
    command = ["refresh", "--home", str(company.home), "--config", str(company.config)]
    night = "2026-07-02T02:00:00+00:00"
    process = subprocess.Popen(
        [COMMAND, *command],
        env=environment(night),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        while not (company.home / "refresh.holder.json").exists():
            assert process.poll() is None
            time.sleep(0.05)
        meanwhile = cs_coverage(*command, now=night)
        out, err = process.communicate(timeout=300)
    finally:
        process.kill()
    return BadNight(company, Outcome(process.returncode, out, err), process.pid, meanwhile)


def test_a_second_refresh_says_who_is_at_it_and_changes_nothing(bad_night: BadNight) -> None:
    assert bad_night.meanwhile.exit_code == BUSY
    said = bad_night.meanwhile.err
    assert f"{bad_night.company.home} is being written by process {bad_night.pid}" in said
    assert "(refresh" in said
    assert "--wait" in said
    runs = "select status, count(*) from ops_run group by all"
    assert published(bad_night.company.home, runs) == [("published", 2)]


def test_it_publishes_and_ends_with_the_code_of_a_night_that_lacks_something(
    bad_night: BadNight,
) -> None:
    assert bad_night.outcome.exit_code == DEGRADED, bad_night.outcome.err
    assert "As of 2026-07-01: published" in bad_night.outcome.out


def test_what_is_new_in_the_other_files_is_published(bad_night: BadNight) -> None:
    account = "select name, as_of_date::varchar from dim_account where account_id = 'A1'"
    assert published(bad_night.company.home, account) == [("Good news", "2026-07-01")]


BROKEN = {
    "activities": (
        "failed",
        ["activities.csv, in the row that starts on line 3", "a quote", "Close the quote"],
    ),
    "tickets": (
        "failed",
        ["tickets.csv", "is not in", "Put the file there, or correct its name under sources.tiny"],
    ),
    "surveys": ("failed", ["surveys.csv", "'score'", "'Score'"]),
    "usage": (
        "short_read",
        ["0 records where there were 500", "cs-coverage refresh --accept-short-read tiny.usage"],
    ),
}


@pytest.mark.parametrize("stream", BROKEN)
def test_a_broken_file_is_explained_on_the_terminal_and_in_the_tables(
    bad_night: BadNight, stream: str
) -> None:
    status, parts = BROKEN[stream]
    [(said_status, message, found)] = published(
        bad_night.company.home,
        "select f.status, f.message, q.message from ops_source_freshness as f "
        "join ops_data_quality as q on q.check_id = 'stream_' || f.status || ':' || f.stream "
        f"where f.stream = '{stream}' and q.severity = 'error'",
    )
    assert said_status == status
    for place in (message, found, bad_night.outcome.err):
        for part in parts:
            assert part in place


def test_a_broken_file_keeps_what_was_read_of_it_before(bad_night: BadNight) -> None:
    for entity in ("activities", "tickets", "surveys", "usage"):
        rows = len(FILES[entity].splitlines()) - 1
        home = bad_night.company.home
        assert value(in_warehouse(home, f"select count(*) from canonical.{entity}")) == rows
    status = "select status from fct_activity where activity_id = 'M3'"
    assert value(published(bad_night.company.home, status)) == "completed"


def test_streams_that_keep_older_data_say_since_when(bad_night: BadNight) -> None:
    streams = published(
        bad_night.company.home,
        "select stream, last_success_at::date::varchar, age_hours from ops_source_freshness "
        "where status not in ('applied', 'unchanged') order by stream",
    )
    assert streams == [(stream, "2026-07-01", 24.0) for stream in sorted(BROKEN)]


def test_rows_without_a_key_are_set_aside_and_the_others_count(bad_night: BadNight) -> None:
    home = bad_night.company.home
    assert value(in_warehouse(home, "select count(*) from canonical.contacts")) == 97
    [(rows, sample, message)] = published(
        home,
        "select rows_failed, sample, message from ops_data_quality "
        "where check_id = 'missing_key:contacts'",
    )
    assert (rows, sample) == (3, ["row 8", "row 9", "row 10"])
    assert "3 rows have no value in the key (contact_id)" in message
    [file] = (home / "quarantine" / "tiny" / "contacts").iterdir()
    assert str(file.relative_to(home)) in message
    assert len(file.read_text().splitlines()) == 3


def test_a_currency_without_a_rate_leaves_the_account_s_arr_unknown_not_partial(
    bad_night: BadNight,
) -> None:
    home = bad_night.company.home
    contracts = "select contract_id, arr from fct_contract where account_id = 'A1' order by all"
    assert published(home, contracts) == [("C1", 120_000.0), ("C2", None)]
    accounts = "select account_id, arr from dim_account where account_id <= 'A3' order by all"
    assert published(home, accounts) == [("A1", None), ("A2", 55_000.0), ("A3", 20_000.0)]
    month = "select arr from fct_arr_month where account_id = 'A1' and valued_on = '2026-06-30'"
    assert value(published(home, month)) is None
    [(severity, sample, message)] = published(
        home,
        "select severity, sample, message from ops_data_quality "
        "where check_id = 'currency_without_rate:contracts'",
    )
    assert (severity, sample) == ("error", ["CHF (C2)"])
    assert "Add the currency under fx in sources.yaml" in message


# The night after it: all is put right and the empty file is declared to be meant, but now every
# contract starts on a day that is written in a way nobody announced.


@dataclass(frozen=True)
class WithheldNight:
    """A night that may not be published: the company, what readers had before, what was said."""

    company: Company
    before: dict[str, str]
    outcome: Outcome


@pytest.fixture(scope="module")
def withheld(bad_night: BadNight, tmp_path_factory: pytest.TempPathFactory) -> WithheldNight:
    company = bad_night.company.copy(tmp_path_factory.mktemp("withheld") / "company")
    before = parquet_digests(company.home)
    for name in sorted(FILES.keys() - {"usage"}):
        company.restore(name)
    rows = company.file("contracts").read_text()
    for month in ("01", "03", "07"):
        rows = rows.replace(f",2025-{month}-01,", f",01/{month}/2025,")
    company.file("contracts").write_text(rows)
    outcome = cs_coverage(
        *("refresh", "--home", company.home, "--config", company.config),
        *("--accept-short-read", "tiny.usage"),
        now="2026-07-03T02:00:00+00:00",
    )
    return WithheldNight(company, before, outcome)


def test_a_required_date_that_cannot_be_read_at_all_keeps_yesterday_s_tables(
    withheld: WithheldNight,
) -> None:
    assert withheld.outcome.exit_code == NOT_PUBLISHED
    assert "Not published: what was published before stays" in withheld.outcome.err
    assert parquet_digests(withheld.company.home) == withheld.before
    latest = "select max(as_of_date)::varchar from ops_run"
    assert value(published(withheld.company.home, latest)) == "2026-07-01"


def test_it_says_which_field_what_was_written_there_and_what_to_do(
    withheld: WithheldNight,
) -> None:
    said = withheld.outcome.err
    assert "7 of 7 records of contracts" in said
    assert "starts_on" in said
    assert "01/01/2025" in said
    assert "date_format" in said
    assert "Traceback" not in said


def test_files_that_were_put_right_are_read_again(withheld: WithheldNight) -> None:
    streams = in_warehouse(
        withheld.company.home,
        "select stream from meta.stream_state where status not in ('applied', 'unchanged')",
    )
    assert streams == []


def test_a_short_read_that_is_accepted_is_applied(withheld: WithheldNight) -> None:
    home = withheld.company.home
    assert value(in_warehouse(home, "select count(*) from canonical.usage")) == 0
    versions = "select is_deleted, count(*) from raw.tiny__usage where is_current group by all"
    assert in_warehouse(home, versions) == [(True, 500)]
