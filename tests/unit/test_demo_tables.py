"""What the demo says of coverage, on tables made by hand.

Belongs here: the words at its end. Does not: how the numbers come about.
"""

from __future__ import annotations

import io
import os
import shlex
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from pipelines.home import Home
from sandbox.demo_tables import (
    coverage_table,
    last_closed_quarter,
    print_results,
    sentence,
    standing_out,
    where_next,
)

COVERAGE = """
    create schema coverage;
    create table coverage.mart_coverage_tier_period as
    select *, date '2026-07-15' as as_of_date
    from (values
        ('T1', 'quarter', date '2026-04-01', date '2026-06-30', 'restated', 'measured', null,
         12, 12, 1.0, 0.757, 1.0, 0.95, 0.98, 0.97),
        ('T2', 'quarter', date '2026-04-01', date '2026-06-30', 'restated', 'measured', null,
         36, 25, 0.694, 0.531, 0.82, 0.9, 0.95, 0.9),
        ('T3', 'quarter', date '2026-04-01', date '2026-06-30', 'restated', 'measured', null,
         10, 5, 0.5, 0.237, 0.763, 0.75, 0.6, 0.7),
        ('T4', 'quarter', date '2026-04-01', date '2026-06-30', 'restated', 'measured', null,
         200, 124, 0.62, 0.551, 0.684, 0.85, 0.8, 0.9),
        ('T5', 'quarter', date '2026-04-01', date '2026-06-30', 'restated', 'not_measurable',
         'nobody logs mail', null, null, null, null, null, 0.8, null, null),
        ('ALL', 'quarter', date '2026-04-01', date '2026-06-30', 'restated', 'measured', null,
         258, 166, 0.643, 0.583, 0.699, null, 0.85, 0.9),
        ('T4', 'quarter', date '2026-04-01', date '2026-06-30', 'first_reported', 'measured', null,
         1, 1, 0.111, 0.1, 0.2, 0.85, 0.1, 0.1),
        ('T4', 'month', date '2026-06-01', date '2026-06-30', 'restated', 'measured', null,
         1, 1, 0.222, 0.1, 0.2, 0.85, 0.1, 0.1),
        ('T4', 'quarter', date '2026-07-01', date '2026-09-30', 'restated', 'measured', null,
         1, 1, 0.333, 0.1, 0.2, 0.85, 0.1, 0.1)
    ) as t(
        tier_id, period_type, period_start, period_end, basis, measurability,
        not_measurable_reason, accounts_evaluable, accounts_covered, account_cts, account_cts_low,
        account_cts_high, target_cts, on_time_rate, to_standard_rate
    )
"""
CAUSES = """
    create table coverage.mart_underserved_tier as
    select 'T4' as tier_id, 'quarter' as period_type, date '2026-04-01' as period_start, *
    from (values ('no_owner', 6, 1e5), ('late_only', 31, 5e6), ('unverifiable', 3, 2e4))
    as t(cause, accounts, arr)
"""
ACCOUNTS = """
    create table coverage.dim_account as
    select * from (values ('a1', 'Small "S" Ltd', 10.0, true), ('a2', 'Birch', 20.0, true),
        ('a3', 'Covered', 30.0, true), ('a4', 'Gone', 40.0, false))
    as t(account_id, name, arr, is_active);
    create table coverage.mart_coverage_account_period as
    select 'T4' as tier_id, 'quarter' as period_type, date '2026-04-01' as period_start,
        account_id, account_id = 'a3' as is_covered
    from coverage.dim_account
"""
AS_INTERVALS_GO = "update coverage.mart_coverage_tier_period set account_cts_high = 1"


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    for sql in (COVERAGE, CAUSES, ACCOUNTS):
        made.execute(sql)
    return made


def shown(con: duckdb.DuckDBPyConnection) -> list[list[str]]:
    """The table's rows, cell by cell."""
    table = coverage_table(last_closed_quarter(con))
    return [list(row) for row in zip(*(column.cells for column in table.columns), strict=True)]


def test_the_last_closed_quarter_is_shown_as_it_is_known_now(
    con: duckdb.DuckDBPyConnection,
) -> None:
    assert shown(con) == [
        ["T1", "12", "100%", "76% to 100%", "95%", "98%", "97%"],
        ["T2", "36", "69%", "53% to 82%", "90%", "95%", "90%"],
        ["T3", "10", "50%", "24% to 76%", "75%", "60%", "70%"],
        ["T4", "200", "62%", "55% to 68%", "85%", "80%", "90%"],
        ["T5", "", "not measurable", "nobody logs mail", "80%", "", ""],
        ["ALL", "258", "64%", "58% to 70%", "", "85%", "90%"],
    ]


def test_the_tier_furthest_below_its_target_beyond_chance_stands_out(
    con: duckdb.DuckDBPyConnection,
) -> None:
    """T3 is 25 points short, more than T4, but of ten accounts that may be chance."""
    assert sentence(con, standing_out(last_closed_quarter(con))) == (
        "T4 stands out: 62% of its 200 accounts are covered (55% to 68%), where 85% is the target; "
        "most often the cause is: late only (31 of 76)."
    )


def test_what_chance_explains_does_not_stand_out(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(AS_INTERVALS_GO)
    nothing = standing_out(last_closed_quarter(con))
    assert nothing is None
    assert sentence(con, nothing) == "No tier is further below its target than chance explains."


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.serving.mkdir(parents=True)
    with duckdb.connect(str(home.serving_database)) as made:
        for sql in (COVERAGE, CAUSES, ACCOUNTS):
            made.execute(sql)
    return home


def test_all_of_it_is_printed_with_the_report_where_there_is_one(home: Home) -> None:
    def said() -> str:
        console = Console(file=io.StringIO(), width=200)
        print_results(console, home)
        assert isinstance(console.file, io.StringIO)
        return console.file.getvalue()

    assert "T4 stands out" in said()
    assert "report.html" not in said()
    (home.serving / "report.html").touch()
    assert str(home.serving / "report.html") in said()


def lines(home: Home) -> list[str]:
    with duckdb.connect(str(home.serving_database), read_only=True) as con:
        tiers = last_closed_quarter(con)
        return where_next(con, home, tiers[0].quarter, standing_out(tiers))


def test_the_line_to_paste_works(home: Home) -> None:
    line = lines(home)[-1]
    done = subprocess.run(
        shlex.split(line), capture_output=True, text=True, check=False, env=os.environ.copy()
    )
    assert done.returncode == 0, done.stderr
    assert "late_only" in done.stdout
    assert sys.executable in line or ".venv" in line


def test_the_largest_uncovered_account_that_is_still_a_customer_is_to_be_explained(
    home: Home,
) -> None:
    [line] = [line for line in lines(home) if "explain" in line]
    assert shlex.split(line)[1:4] == ["explain", "coverage", "Birch"]
