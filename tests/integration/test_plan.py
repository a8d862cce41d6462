"""`cs-coverage plan`: what is compared, and what is refused.

Belongs here: the comparison on tables made by hand, words and exit codes. Does not: computing
tables under a proposed model (end_to_end).
"""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from pipelines.cli import BAD_CONFIG, NOT_PUBLISHED
from pipelines.config.load import load_model
from pipelines.home import CHECKOUT, Home
from pipelines.plan import Span, Tables, plan, read_tables
from pipelines.plan_words import (
    capacity_changes,
    coverage_turns,
    obligation_changes,
    tell,
    tier_moves,
)

CONFIG = CHECKOUT / "examples" / "spreadsheets" / "config"
DEFAULT_MODEL = CHECKOUT / "config" / "models" / "2024-01-01.yaml"
MODEL = DEFAULT_MODEL.read_text()

PUBLIC = """
create schema coverage;
use coverage;
create table dim_account as
    select *, date '2026-05-20' as as_of_date
    from (values ('A', 'Acme', 10.0), ('B', 'Birch', null)) as t (account_id, name, arr);
create table tier_membership_scd2 as
    select *, date '2026-05-20' as as_of_date
    from (values
        ('A', date '2025-01-01', date '2026-05-20', 'T2'),
        ('A', date '2026-05-20', null, 'T1'),
        ('B', date '2025-01-01', date '2026-05-20', 'T2')
    ) as t (account_id, valid_from, valid_to, assigned_tier_id);
create table fct_obligation as
    from (values
        ('T1', 'ebr', 'counted', date '2025-03-31'),
        ('T1', 'ebr', 'counted', date '2025-04-01'),
        ('T1', 'ebr', 'counted', date '2026-03-31'),
        ('T1', 'ebr', 'counted', date '2026-04-01'),
        ('T1', 'ebr', 'excluded', date '2026-01-01')
    ) as t (tier_id, family, disposition, closes_on);
create table mart_coverage_account_period as
    from (values
        ('A', 'T1', 'quarter', date '2026-01-01', true),
        ('A', 'T2', 'quarter', date '2026-01-01', false),
        ('B', 'T2', 'quarter', date '2026-01-01', null::boolean),
        ('B', 'T2', 'month', date '2026-01-01', true)
    ) as t (account_id, tier_id, period_type, period_start, is_covered);
create table mart_coverage_tier_period as
    from (values
        ('T1', 'quarter', date '2026-01-01', 'restated', 1, 1, 1.0, 0.2, 1.0),
        ('T1', 'quarter', date '2026-01-01', 'first_reported', 0, 1, 0.0, 0.0, 0.8)
    ) as t (
        tier_id, period_type, period_start, basis, accounts_covered, accounts_evaluable,
        account_cts, account_cts_low, account_cts_high
    );
create table mart_capacity_tier as
    from (values
        ('ALL', 2, 108.0, 0.0923, 1.0, null),
        ('T1', 1, 27.0, 0.0231, null, 43.3)
    ) as t (tier_id, accounts, required_hours, needed_fte, fte, implied_accounts_per_fte);
"""

SPAN = Span(date(2026, 5, 20), date(2026, 1, 1), date(2026, 3, 31))


def test_a_row_is_compared_as_of_the_day_and_for_the_closed_quarter_only() -> None:
    with duckdb.connect() as con:
        con.execute(PUBLIC)
        tables = read_tables(con, SPAN)
    assert [(row["account_id"], row["tier_id"]) for row in tables.tiers] == [("A", "T1")]
    assert tables.obligations == [{"tier_id": "T1", "family": "ebr", "obligations": 2}]
    assert [row["accounts_covered"] for row in tables.coverage] == [1]
    # Covered in one of its tiers and not in the other is not covered; nothing required is nothing.
    assert tables.accounts == [{"account_id": "A", "name": "Acme", "is_covered": False}]
    assert [(row["tier_id"], row["required_hours"]) for row in tables.capacity] == [
        ("ALL", 108.0),
        ("T1", 27.0),
    ]


@pytest.mark.parametrize(
    ("quarter", "year_start"),
    [
        (date(2026, 1, 1), date(2025, 4, 1)),
        (date(2026, 7, 1), date(2025, 10, 1)),
        (date(2026, 10, 1), date(2026, 1, 1)),
    ],
)
def test_the_year_is_the_four_quarters_that_end_with_the_last_closed_one(
    quarter: date, year_start: date
) -> None:
    assert Span(quarter, quarter, quarter).year_start == year_start


def test_accounts_are_told_by_the_tier_they_leave_and_enter() -> None:
    present = [{"account_id": a, "tier_id": t} for a, t in [("A", "T1"), ("B", None), ("C", "T2")]]
    proposed = [{"account_id": a, "tier_id": t} for a, t in [("A", "T2"), ("B", "T2"), ("C", "T2")]]
    moved = {
        move: [row["account_id"] for row in rows]
        for move, rows in tier_moves(present, proposed).items()
    }
    assert moved == {("T1", "T2"): ["A"], ("unknown", "T2"): ["B"]}


def test_a_family_that_is_new_or_gone_has_no_number_on_the_other_side() -> None:
    present = [
        {"tier_id": "T1", "family": "ebr", "obligations": 4},
        {"tier_id": "T1", "family": "workshop", "obligations": 2},
        {"tier_id": "T2", "family": "ebr", "obligations": 7},
    ]
    proposed = [
        {"tier_id": "T1", "family": "check_in", "obligations": 9},
        {"tier_id": "T1", "family": "workshop", "obligations": 1},
        {"tier_id": "T2", "family": "ebr", "obligations": 7},
    ]
    assert obligation_changes(present, proposed) == [
        ("T1", "check_in", None, 9),
        ("T1", "ebr", 4, None),
        ("T1", "workshop", 2, 1),
    ]


def test_an_account_that_would_be_owed_nothing_does_not_turn_uncovered() -> None:
    def verdicts(**by_name: bool) -> list[dict[str, object]]:
        return [{"account_id": n, "name": n, "is_covered": v} for n, v in by_name.items()]

    present = verdicts(up=False, down=True, same=True, gone=True)
    proposed = verdicts(up=True, down=False, same=True, new=False)
    assert coverage_turns(present, proposed) == {
        "would turn covered": ["up"],
        "would turn uncovered": ["down"],
        "would be owed nothing": ["gone"],
        "would be owed something, and not covered": ["new"],
    }


def test_what_it_takes_is_told_before_and_after_and_all_tiers_last() -> None:
    def row(tier: str, **numbers: float | None) -> dict[str, object]:
        return {
            "tier_id": tier,
            "accounts": 1,
            "required_hours": 100.0,
            "needed_fte": 0.5,
            "fte": None,
            "implied_accounts_per_fte": None,
            **numbers,
        }

    present = [row("ALL"), row("T1"), row("T9", fte=1.0)]
    proposed = [row("ALL", required_hours=1240.0), row("T1"), row("U1")]
    changes = capacity_changes(present, proposed)
    assert [tier for tier, _, _ in changes] == ["T1", "T9", "U1", "ALL"]
    assert changes[1][2] is None
    assert changes[2][1] is None

    told = _told(present, proposed)
    assert "100 \N{RIGHTWARDS ARROW} 1,240" in told["ALL"]
    assert "\N{RIGHTWARDS ARROW}" not in told["T1"]
    assert "1.00 \N{RIGHTWARDS ARROW} -" in told["T9"]


def _told(present: list[dict[str, object]], proposed: list[dict[str, object]]) -> dict[str, str]:
    """The lines of the table of what it takes, by tier."""
    console = Console(file=io.StringIO(), width=200)
    sides = [
        Tables(tiers=[], obligations=[], coverage=[], accounts=[], capacity=rows)
        for rows in (present, proposed)
    ]
    tell(load_model(DEFAULT_MODEL, date(2026, 5, 21)), SPAN, *sides, console)
    assert isinstance(console.file, io.StringIO)
    lines = (
        line
        for line in console.file.getvalue().splitlines()
        if "\N{BOX DRAWINGS LIGHT VERTICAL}" in line
    )
    return {line.split()[1]: line for line in lines}


def test_tables_of_an_older_version_are_refused(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.serving_database.parent.mkdir(parents=True)
    home.warehouse.touch()
    with duckdb.connect(str(home.serving_database)) as con:
        con.execute(PUBLIC.replace("mart_capacity_tier", "mart_of_old"))
        con.execute("alter table mart_coverage_tier_period add column is_period_closed boolean")
        con.execute("alter table mart_coverage_tier_period add column period_end date")
        con.execute(
            "update mart_coverage_tier_period set is_period_closed = true, "
            "period_end = '2026-03-31'"
        )
    proposed = tmp_path / "proposed.yaml"
    proposed.write_text(MODEL)
    code, said = _plan(tmp_path, proposed)
    assert code == NOT_PUBLISHED
    assert "run cs-coverage refresh" in said


def test_a_mistake_is_told_with_file_line_and_key(tmp_path: Path) -> None:
    proposed = tmp_path / "proposed.yaml"
    proposed.write_text(MODEL.replace("demote_edge:", "demote_egde:"))
    line = 1 + MODEL[: MODEL.index("demote_edge:")].count("\n")
    code, said = _plan(tmp_path, proposed)
    assert code == BAD_CONFIG
    assert f"proposed.yaml:{line}: tiering.demote_egde: " in said
    assert "demote_edge" in said


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    code, said = _plan(tmp_path, tmp_path / "absent.yaml")
    assert code == BAD_CONFIG
    assert "absent.yaml: there is no such file" in said


def test_without_a_refresh_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    proposed = tmp_path / "proposed.yaml"
    proposed.write_text(MODEL)
    code, said = _plan(tmp_path, proposed)
    assert code == NOT_PUBLISHED
    assert "run cs-coverage refresh" in said
    assert not (tmp_path / "home").exists()


def _plan(folder: Path, proposed: Path) -> tuple[int, str]:
    console = Console(file=io.StringIO(), width=1000)
    code = plan(Home(folder / "home"), CONFIG, proposed, console=console)
    assert isinstance(console.file, io.StringIO)
    return code, console.file.getvalue()
