"""Past days of the spreadsheets example: what a night would publish, and nothing else is touched.

Belongs here: the command, its files, its refusals. Does not: what any number is.
"""

from __future__ import annotations

import re
import shutil
from hashlib import sha256
from pathlib import Path

import duckdb
import pytest
from company import Company
from conftest import DEMO_CONFIG, Night
from product import WITH_WALL_CLOCK, Outcome, cs_coverage, tables, tables_of_people

from pipelines.cli import BAD_CONFIG, NOT_PUBLISHED
from pipelines.home import Home

pytestmark = pytest.mark.slow

NOW = "2026-07-03T02:00:00+00:00"
DAYS = ["2026-03-31", "2026-04-01"]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's configuration, whose past days begin in March."""
    shutil.copytree(DEMO_CONFIG.parent, copy := tmp_path_factory.mktemp("past") / "example")
    sources = copy / "config" / "sources.yaml"
    sources.write_text(f"history_from: 2026-03-01\n{sources.read_text()}")
    return sources.parent


def backfill(home: Path, config: Path, *arguments: str) -> Outcome:
    return cs_coverage("backfill", *arguments, "--home", home, "--config", config, now=NOW)


def _digests(home: Path) -> dict[str, str]:
    """What is published and what it was computed from: all but Dagster's and dbt's own files."""
    return {
        str(path.relative_to(home)): sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.rglob("*"))
        if path.is_file() and not path.is_relative_to(home / "serving" / "days")
        if path.relative_to(home).parts[0] not in ("dagster", "dbt")
    }


@pytest.fixture(scope="module")
def backfilled(
    demo: Night, config: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Company, Outcome]:
    """The example as of 30 June, and two past days."""
    company = demo.company.copy(tmp_path_factory.mktemp("backfilled") / "company")
    before = _digests(company.home)
    outcome = backfill(company.home, config, *DAYS)
    assert outcome.exit_code == 0, outcome.err
    assert _digests(company.home) == before
    return company, outcome


def test_a_past_day_is_what_a_rebuild_as_of_that_day_publishes(
    demo: Night, backfilled: tuple[Company, Outcome], config: Path, tmp_path: Path
) -> None:
    """From landing alone, in a warehouse of its own."""
    rebuilt = demo.company.copy(tmp_path / "company").home
    outcome = cs_coverage(
        *("rebuild", "--home", rebuilt, "--config", config, "--as-of", DAYS[0]), now=NOW
    )
    assert outcome.exit_code == 0, outcome.err

    with duckdb.connect() as con:
        _attach(con, "past", backfilled[0].home / "serving" / "days" / DAYS[0])
        _attach(con, "rebuilt", rebuilt / "serving")
        compared = tables(rebuilt) - WITH_WALL_CLOCK
        differ = [name for name in sorted(compared) if _differs(con, name, "past", "rebuilt")]

    assert len(compared) > 70
    assert differ == []


def _attach(con: duckdb.DuckDBPyConnection, name: str, folder: Path) -> None:
    con.execute(f"attach '{folder / 'serving.duckdb'}' as {name} (read_only)")


def _differs(con: duckdb.DuckDBPyConnection, table: str, one: str, other: str) -> bool:
    """Whether a table's rows or their order differ."""
    of_one, of_other = (
        con.execute(f"from {name}.coverage.{table}").fetchall() for name in (one, other)
    )
    return of_one != of_other


def test_each_day_says_which_it_is_and_that_it_was_computed_later(
    backfilled: tuple[Company, Outcome],
) -> None:
    for day in DAYS:
        with duckdb.connect() as con:
            _attach(con, "past", backfilled[0].home / "serving" / "days" / day)
            assert con.execute(
                "select as_of_date::text, status, message from past.coverage.ops_run "
                "where message like 'A past day%'"
            ).fetchall() == [(day, "published", "A past day, by what was known on 2026-07-02.")]
            assert con.execute(
                "select distinct as_of_date::text from past.coverage.dim_account"
            ).fetchall() == [(day,)]


def test_nothing_about_single_persons_is_kept_of_a_past_day(
    backfilled: tuple[Company, Outcome],
) -> None:
    home = backfilled[0].home
    files = [p.name for p in (home / "serving" / "days").rglob("*") if p.is_file()]
    assert files == ["serving.duckdb"] * len(DAYS)
    with duckdb.connect() as con:
        _attach(con, "past", home / "serving" / "days" / DAYS[0])
        kept = {
            name for (name,) in con.execute("select table_name from duckdb_tables()").fetchall()
        }
    assert kept == tables(home)
    assert tables_of_people(home) - kept


def test_days_are_listed_with_their_sizes_and_can_be_forgotten(
    backfilled: tuple[Company, Outcome], config: Path, tmp_path: Path
) -> None:
    company = backfilled[0].copy(tmp_path / "company")
    assert all(day in backfilled[1].out for day in DAYS)

    outcome = backfill(company.home, config, DAYS[0], "--forget")

    assert outcome.exit_code == 0
    assert outcome.err.startswith("Days forgotten: 1, ")
    assert DAYS[0] not in (listed := backfill(company.home, config).out)
    assert DAYS[1] in listed


@pytest.mark.parametrize(
    ("days", "code", "said"),
    [
        (["2026-07-03"], BAD_CONFIG, "2026-07-03 is not over yet: the last day that can be had is"),
        (["2026-02-28"], BAD_CONFIG, "write history_from: 2026-02-28 into"),
        (["2026-05-02", "2026-05-01"], BAD_CONFIG, "give the earlier day first"),
        (["31.3.2026"], BAD_CONFIG, "write the day as YYYY-MM-DD"),
        (
            ["2026-07-01"],
            NOT_PUBLISHED,
            "after 2026-06-30, the last day that a refresh reported on",
        ),
    ],
)
def test_a_day_that_cannot_be_had_is_refused(
    days: list[str], code: int, said: str, demo: Night, config: Path
) -> None:
    outcome = backfill(demo.company.home, config, *days)
    assert outcome.exit_code == code, outcome.err
    assert said in outcome.err.replace("\n", " ")
    assert not (demo.company.home / "serving" / "days").exists()


def test_what_stops_a_night_stops_a_past_day_and_leaves_the_file_that_was_there(
    backfilled: tuple[Company, Outcome], config: Path, tmp_path: Path
) -> None:
    """Two accounts get one key in raw: what stops a night stops a past day."""
    company = backfilled[0].copy(tmp_path / "company")
    home = Home(company.home)
    days = home.past_days
    before = {p: sha256(p.read_bytes()).hexdigest() for p in days.rglob("*.duckdb")}
    with duckdb.connect(str(home.warehouse)) as con:
        con.execute(
            "update raw.spreadsheets__contracts set version = nextval('raw.record_version'), "
            "payload = regexp_replace("
            """payload::varchar, '"starts_on": *"[^"]*"', '"starts_on": "soon"')"""
        )

    outcome = backfill(company.home, config, DAYS[0])

    assert outcome.exit_code == NOT_PUBLISHED, outcome.err
    assert re.search(f"{DAYS[0]}: .* cannot be used; max_quarantined allows", outcome.err)
    assert {p: sha256(p.read_bytes()).hexdigest() for p in days.rglob("*.duckdb")} == before
    assert not home.unfinished_past_day.exists()
