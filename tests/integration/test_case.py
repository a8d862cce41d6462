"""`cs-coverage case`: what is on the page, in both forms, and what is refused.

Belongs here: words, numbers and exit codes, on published tables made by hand. Does not: what the
tables say.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from pipelines.case import case
from pipelines.cli import BAD_CONFIG, NOT_PUBLISHED
from pipelines.home import Home

PUBLISHED = """
create schema coverage;
use coverage;
create table mart_headcount_case as
    select *, 150000 / 1170 as cost_per_net_hour, recoverable_hours * 150000 / 1170
        as recovered_value, 60000.0 as tool_annual_cost, 60000 / recoverable_hours
        as cost_per_recovered_hour, 2.9 as payback_months, 0.5 as infrastructure_rate,
        date '2026-07-15' as as_of_date
    from (values
        ('low', 'ALL', 'mixed', 'A part.', 1142, 11.0, 14.1128, 3.1128, 3642.0, 1000.0, 0.8547,
         0.5983, 2.2581, 2.5145, 377175.0),
        ('mid', 'ALL', 'mixed', 'A part.', 1142, 11.0, 14.1128, 3.1128, 3642.0, 2805.0, 2.3974,
         1.6782, 0.7154, 1.4346, 215190.0),
        ('high', 'ALL', 'mixed', 'A part.', 1142, 11.0, 14.1128, 3.1128, 3642.0, 3291.0, 2.8128,
         1.969, 0.3, 1.1438, 171570.0),
        ('mid', 'T1', 'no_gap', 'Enough.', 12, 2.0, 1.9077, -0.0923, -108.0, 510.0, 0.4359,
         0.3051, 0.0, 0.0, 0.0)
    ) as t (
        scenario, tier_id, verdict, verdict_reason, accounts, fte, needed_fte, gap_fte, gap_hours,
        recoverable_hours, fte_equivalent, fte_equivalent_redeployed, residual_fte_low,
        residual_fte_high, residual_cost_high
    );
create table mart_coverage_tier_period as
    from (values
        ('T1', 'quarter', date '2026-04-01', 'restated', true, 0.625, 0.9),
        ('T1', 'quarter', date '2026-07-01', 'restated', false, 1.0, 0.9),
        ('T1', 'quarter', date '2026-01-01', 'restated', true, 0.1, 0.9),
        ('T1', 'quarter', date '2026-04-01', 'first_reported', true, 0.2, 0.9)
    ) as t (tier_id, period_type, period_start, basis, is_period_closed, account_cts, target_cts);
create table mart_underserved_tier as
    from (values
        ('T1', 'quarter', date '2026-04-01', 'no_owner', 1, 2),
        ('T1', 'quarter', date '2026-04-01', 'over_capacity', 2, 3),
        ('T1', 'quarter', date '2026-04-01', 'late_only', 3, 3),
        ('T1', 'quarter', date '2026-01-01', 'not_attempted', 7, 30)
    ) as t (tier_id, period_type, period_start, cause, cause_order, accounts);
create table mart_tooling_substitution as
    from (values
        ('reporting', 'dashboard', true, false, 1080.0, 0.8, 864.0, 0.7385, 0.0436, null, null,
         null),
        ('ALL', null, true, false, 3840.0, null, 2805.0, 2.3974, 0.1417, 0.2, 0.3, 'below_prior'),
        ('coaching', null, true, true, 20.0, 0.0, 0.0, 0.0, 0.0, null, null, null),
        ('internal_team', null, false, null, 10.0, null, null, null, null, null, null, null)
    ) as t (
        work_type, tool, is_named, is_human_only, manual_hours, automatable_mid,
        recoverable_mid_hours, fte_equivalent, recoverable_share, prior_low, prior_high,
        prior_verdict
    );
create table mart_whatif_summary as
    from (values
        ('uplift', 0.2, 3960.0, 0.35, 'observed', 1386.0, 2574.0, 'tooling', 3642.0, 1068.0),
        ('tooling', null, 2805.0, 0.3, 'redeployment', 841.5, 1963.5, null, 3642.0, 1678.5)
    ) as t (
        scenario, uplift, gross_extra_hours, absorbed_share, absorbed_basis, absorbed_hours,
        net_extra_hours, constraint_kind, unmet_hours, unmet_after_hours
    );
create table mart_whatif_capacity as
    from (values
        ('uplift', 2, 'Pipe | Works', 'T1', 'check_in', null, date '2026-06-01', null, 2.0, 0.5,
         false),
        ('uplift', 1, 'Acme', 'T1', null, 'usage_drop', date '2026-07-01', 52000.0, 0.25, 0.25,
         true),
        ('tooling', 1, 'Twin', 'T1', null, 'usage_drop', date '2026-07-01', 1.0, 0.25, 0.25, true)
    ) as t (
        scenario, work_order, account_name, tier_id, family, rule_id, due_on, arr, hours,
        done_hours, is_done
    );
create table mart_load_outcome as
    from (values
        ('T1', 'coverage', 1, 3.0, 4.0, 10, 0.9, 0.8, 0.95),
        ('T1', 'coverage', 3, 5.0, 6.0, 10, 0.8, 0.7, 0.9),
        ('T1', 'csat', 5, 5.0, 6.0, 10, 4.5, 4.1, 4.9)
    ) as t (
        tier_id, outcome, quintile, load_from, load_to, accounts, value, value_low, value_high
    );
create table mart_infrastructure_check as
    from (values
        ('contracts_live', 1, true, null, 'Connect it.'),
        ('touch_logging', 13, false, 0.82, 'Write meetings down.'),
        ('triggers_acted', 12, null, null, 'Answer triggers.')
    ) as t (check_id, check_order, is_done, measured_rate, what_to_do);
"""

Publish = Callable[[str], Home]


@pytest.fixture
def publish(tmp_path: Path) -> Publish:
    """Publishes tables as SQL makes them, with a change where one is given."""

    def publish(change: str = "") -> Home:
        home = Home(tmp_path / "home")
        home.serving_database.parent.mkdir(parents=True)
        with duckdb.connect(str(home.serving_database)) as con:
            con.execute(PUBLISHED + ";" + change)
        return home

    return publish


def test_the_page_tells_the_worked_example(publish: Publish) -> None:
    code, said = _case(publish(""))
    assert code == 0
    assert "Some of both. A part." in said
    assert (
        "There are 11.00 people, needed are 14.11: 3.11 are missing (3,642 hours a year)." in said
    )
    assert "Tools could give back 2.40, of which 1.68 are believed to reach customers." in said
    assert (
        "That is 14.2% of all hours worked; 20% to 30% is commonly claimed (below_prior)." in said
    )
    assert "An hour for customers costs 128.21; the hours back are worth 359,615 a year." in said
    assert "first year is earned back in 2.9 months" in said
    assert "20% more people are 3,960 hours a year. Internal work takes 1,386 of them" in said
    assert "2,574 reach customers. The constraint: tooling." in said
    assert "Customers miss 3,642 hours; 1,068 would still be missing." in said
    assert "Of 2 pieces of work undone (2 hours) 1 would get done." in said
    # The last closed quarter as it is known now; of two causes alike, the one tried first.
    assert "| T1 | 12 | 2.00 | 1.91 | -0.09 | 62% | 90% | over_capacity | no_gap |" in said
    assert "| mid | 2,805 | 2.40 | 0.72 | 1.43 | 215,190 |" in said


def test_only_what_the_model_lets_tools_do_is_on_the_page(publish: Publish) -> None:
    _, said = _case(publish(""))
    assert "| reporting | dashboard | 1,080 | 80% | 864 | 0.74 |" in said
    assert "coaching" not in said
    assert "internal_team" not in said
    assert "csat" not in said
    assert "Twin" not in said


def test_a_name_does_not_break_the_table_and_nothing_known_is_a_dash(publish: Publish) -> None:
    _, said = _case(publish(""))
    done, left = said.split("## What would still not get done")
    assert "| Acme | T1 | usage_drop | 2026-07-01 | 52,000 | 0.25 |" in done
    assert "| Pipe \\| Works | T1 | check_in | 2026-06-01 | - | 2.00 |" in left
    assert "| triggers_acted | - | - | - |" in left
    assert "| contracts_live | yes | - | - |" in left


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            "update mart_headcount_case set cost_per_net_hour = null",
            "What people cost is not known",
        ),
        (
            "update mart_headcount_case set tool_annual_cost = null",
            "What the tools cost is not known: tooling.annual_cost",
        ),
        (
            "update mart_headcount_case set gap_fte = -1.5, gap_hours = -1755, verdict = 'no_gap'",
            "1.50 are to spare (1,755 hours a year)",
        ),
        (
            "update mart_headcount_case set fte = null, gap_fte = null, gap_hours = null, "
            "fte_equivalent = null, fte_equivalent_redeployed = null, "
            "verdict = 'insufficient_data'",
            "It cannot be told yet",
        ),
        (
            "update mart_whatif_summary set absorbed_hours = null, net_extra_hours = null",
            "Internal work takes unknown of them",
        ),
        ("update mart_whatif_capacity set is_done = true", "Nothing."),
    ],
)
def test_what_is_not_known_is_said(publish: Publish, change: str, words: str) -> None:
    code, said = _case(publish(change))
    assert code == 0
    assert words in said


def test_a_file_is_written_as_its_name_says(publish: Publish, tmp_path: Path) -> None:
    home = publish("")
    printed = _case(home)[1]
    for name in ("case.md", "case.csv"):
        code, said = _case(home, tmp_path / name)
        assert code == 0
        assert f"written to {tmp_path / name}" in said
    assert (tmp_path / "case.md").read_text() == printed

    rows = list(csv.DictReader((tmp_path / "case.csv").open()))
    values = {(row["section"], row["row"], row["column"]): row["value"] for row in rows}
    assert values["People still missing", "2", "tools do"] == "mid"
    assert values["People still missing", "2", "missing, at most"] == "1.4346"
    assert values["What would still not get done", "1", "account"] == "Pipe | Works"
    assert values["What would still not get done", "1", "ARR"] == ""


def test_a_page_of_another_form_is_refused(publish: Publish, tmp_path: Path) -> None:
    code, said = _case(publish(""), tmp_path / "case.pdf")
    assert code == BAD_CONFIG
    assert "case.pdf: the page is written as .md or .csv" in said
    assert not (tmp_path / "case.pdf").exists()


def test_a_folder_that_is_not_there_is_named(publish: Publish, tmp_path: Path) -> None:
    code, said = _case(publish(""), tmp_path / "nowhere" / "case.md")
    assert code == BAD_CONFIG
    assert "nowhere" in said


def test_without_tables_there_is_no_case(publish: Publish, tmp_path: Path) -> None:
    code, said = _case(Home(tmp_path / "empty"))
    assert (code, "run cs-coverage refresh" in said) == (NOT_PUBLISHED, True)
    home = publish("; drop table mart_whatif_capacity")
    code, said = _case(home)
    assert (code, "of an older version: run cs-coverage refresh" in said) == (NOT_PUBLISHED, True)


def test_without_tiers_there_is_no_case(publish: Publish) -> None:
    code, said = _case(publish("; delete from mart_headcount_case"))
    assert code == BAD_CONFIG
    assert "there is no case to make" in said


def _case(home: Home, out: Path | None = None) -> tuple[int, str]:
    console = Console(file=io.StringIO(), width=400)
    code = case(home, out, console)
    assert isinstance(console.file, io.StringIO)
    return code, console.file.getvalue()
