"""The report: what it says of published tables, and what it says where there is nothing to say.

Belongs here: pages made from a serving file by hand. Does not: a night's own report (end_to_end).
"""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import duckdb
import pytest
from published_by_contract import publish
from rich.console import Console

from pipelines.cli import NOT_PUBLISHED
from pipelines.home import Home
from pipelines.report.command import report

RUN = """
insert into ops_run by name
    select 'run-7' as run_id, timestamptz '2026-07-06 02:00:00+00' as started_at,
        date '2026-07-05' as as_of_date, 'c0ffee' as config_version, 'published' as status
"""
TIERS = """
insert into cfg_tier by name
    select *, date '0001-01-01' as holds_from, date '2026-07-05' as as_of_date
    from (values ('T1', 'high_touch', 3), ('T2', 'mid', 2), ('T3', 'digital', 1))
        as t (tier_id, name, tier_rank)
"""
# T1 has too few accounts, T2 is covered and loses its customers, T3 falls short.
COVERAGE = """
insert into mart_coverage_tier_period by name
    select *, 'quarter' as period_type, 'measured' as measurability, false as is_period_closed,
        date '2026-07-05' as as_of_date, 166 as obligations_provisional
    from (values
        ('T1', date '2026-04-01', date '2026-06-30', 'restated', 4, 4, 1.0, 0.51, 1.0, true, 0.9),
        ('T2', date '2026-04-01', date '2026-06-30', 'restated', 24, 28, 0.857, 0.685, 0.943,
         false, 0.85),
        ('T3', date '2026-04-01', date '2026-06-30', 'restated', 25, 58, 0.431, 0.312, 0.559,
         false, 0.85),
        ('ALL', date '2026-04-01', date '2026-06-30', 'restated', 53, 90, 0.589, 0.486, 0.685,
         false, null),
        ('T3', date '2026-01-01', date '2026-03-31', 'restated', 33, 60, 0.55, 0.425, 0.669,
         false, 0.85),
        ('T3', date '2026-01-01', date '2026-03-31', 'first_reported', 30, 60, 0.5, 0.377, 0.623,
         false, 0.85)
    ) as t (tier_id, period_start, period_end, basis, accounts_covered, accounts_evaluable,
        account_cts, account_cts_low, account_cts_high, is_low_n, target_cts)
"""
CAUSES = """
insert into mart_underserved_tier by name
    select *, 'quarter' as period_type, date '2026-04-01' as period_start
    from (values
        ('T1', 'over_capacity', 2, 0, 0.0, 0.0, 4, 4, 0.0, 3, 0.0, null, 'covered'),
        ('T2', 'late_only', 3, 4, 1.0, 2e5, 28, 24, 0.0, 2, 2e5, 0.851, 'covered_no_value'),
        ('T3', 'over_capacity', 2, 29, 0.879, 811600.0, 58, 25, 0.419, 1, 905759.5, 0.851,
         'undercovered'),
        ('T3', 'not_attempted', 7, 4, 0.121, 94159.5, 58, 25, 0.419, 1, 905759.5, 0.851,
         'undercovered'),
        ('ALL', 'over_capacity', 2, 29, 0.784, 811600.0, 90, 53, null, null, 1105759.5, null, null)
    ) as t (tier_id, cause, cause_order, accounts, uncovered_share, arr, accounts_evaluable,
        accounts_covered, gap, gap_rank, arr_gap, expected_renewal_rate, verdict)
"""
OUTCOMES = """
insert into mart_outcomes_tier_period by name
    select *, 'trailing_12m' as period_type, 'tier_then' as attribution, 'restated' as basis,
        date '2025-07-01' as period_start, date '2026-06-30' as period_end,
        date '2026-07-05' as as_of_date
    from (values
        ('T2', 25, 17, 0.68, 0.484, 0.828, 28, 18, 0.643, 1527000.0, 0.64, 0.43, 0.81),
        ('T3', 46, 39, 0.848, 0.718, 0.924, 45, 38, 0.844, 1549000.0, 0.843, 0.72, 0.95)
    ) as t (tier_id, accounts_due, accounts_renewed, logo_renewal_rate, logo_renewal_rate_low,
        logo_renewal_rate_high, cohort_accounts, cohort_accounts_kept, logo_retention, cohort_arr,
        grr, grr_low, grr_high)
"""
RENEWALS = """
insert into fct_renewal by name
    select *, 'upcoming' as outcome, date '2026-07-05' as as_of_date, 'T3' as tier_id
    from (values
        ('R1', 'A1', date '2026-07-20', 47000.0, null),
        ('R2', 'A2', date '2026-11-02', 21000.0, date '2026-04-15'),
        ('R3', 'A3', date '2026-11-03', 99000.0, date '2026-04-15'),
        ('R4', 'A4', date '2026-08-01', 12000.0, null)
    ) as t (renewal_id, account_id, term_end_on, atr, notice_on);
insert into mart_account_360 by name
    select *, 'ann.lead@acme.test' as owner_email, 'Ann Lead' as owner_name
    from (values
        ('A1', '<script>alert(1)</script>', 'red'), ('A2', 'Bright & Co', 'green'),
        ('A3', 'Too Late Ltd', 'red'), ('A4', 'Healthy Ltd', 'green')
    ) as t (account_id, name, health_shown_band)
"""
PEOPLE = """
insert into mart_time_balance by name
    select *, date '2026-04-01' as period_start, date '2026-06-30' as period_end,
        date '2026-07-05' as as_of_date
    from (values
        ('tier_quarter', null, 'ALL', 12.0, 11.0, 8.0, 0.0, 31.0, 40.0, 0.3548, 0.225,
         'not_mostly_reactive'),
        ('csm_week', 'ann.lead@acme.test', null, 7.0, 77.0, 7.0, 0.0, 91.0, 40.0, 0.846, 0.0,
         'mostly_reactive')
    ) as t (grain, user_id, tier_id, proactive_hours, reactive_hours, internal_hours,
        unclassified_hours, tracked_hours, contracted_hours, reactive_share, unaccounted_share,
        verdict);
insert into ops_data_quality by name
    select 'orphan' as check_id, 'crm' as source, 'error' as severity, 1 as rows_failed,
        9 as rows_total, ['K7'] as sample,
        'Who is ann.lead@acme.test? Add <b>them</b> to users.' as message
"""
FULL = (RUN, TIERS, COVERAGE, CAUSES, OUTCOMES, RENEWALS, PEOPLE)

SECTIONS = (
    *("headline", "trend", "causes", "outcomes", "health", "time", "capacity", "renewals", "case"),
    *("signals", "data"),
)


def page_of(home: Home) -> str:
    """The page as the command writes it."""
    console = Console(record=True, width=200)
    code = report(home, console=console)
    assert code == 0, console.export_text()
    return home.report.read_text(encoding="utf-8").replace("\N{NO-BREAK SPACE}", " ")


def section(page: str, anchor: str) -> str:
    """One section, without its markup."""
    found = re.search(rf'<section id="{anchor}".*?</section>', page, re.DOTALL)
    assert found, anchor
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found.group())).split())


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return publish(tmp_path_factory.mktemp("report") / "home", *FULL)


@pytest.fixture(scope="module")
def page(home: Home) -> str:
    return page_of(home)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a firm of which nothing is known yet."""
    return page_of(publish(tmp_path_factory.mktemp("empty") / "home", RUN))


def test_the_headline_says_what_stands_out(page: str) -> None:
    said = section(page, "headline")
    assert "T3 digital falls furthest short: 25 of 58 accounts (43 %, 31–56 %) got" in said
    assert "906k of ARR is not covered" in said
    assert "T2 mid is covered, and leaves all the same: 17 of 25 accounts that were due" in said
    assert "Too few accounts to tell: T1 high touch." in said
    assert "not closed: what was done in it may still be logged, and 166 obligations" in said


def test_a_gap_beyond_chance_is_told_however_few_the_accounts(tmp_path: Path) -> None:
    none_of_four = """
        update mart_coverage_tier_period
        set accounts_covered = 0, account_cts = 0, account_cts_low = 0, account_cts_high = 0.49
        where tier_id = 'T1';
        update mart_underserved_tier
        set verdict = 'undercovered', gap = 0.9, gap_rank = 1, arr_gap = null,
            accounts = 4, uncovered_share = 1, arr = null, accounts_covered = 0
        where tier_id = 'T1';
        update mart_underserved_tier set gap_rank = 2 where tier_id = 'T3'
    """
    said = section(page_of(publish(tmp_path / "home", *FULL, none_of_four)), "headline")
    assert "T1 high touch falls furthest short: 0 of 4 accounts (0 %, 0–49 %)" in said
    assert "its target is 90 %. Short of its target, too: T3 digital (25 of 58, 43 %)." in said
    assert "Too few accounts to tell" not in said
    assert "ARR is not covered" not in said  # nobody knows how much


def test_no_ratio_is_in_the_headline(page: str) -> None:
    headline = re.search(r'<section id="headline".*?</section>', page, re.DOTALL)
    assert headline
    assert "mart_capacity" not in headline.group()
    assert "accounts a person" not in headline.group()
    assert page.index('<section id="capacity"') > page.index('<section id="time"')


def test_every_rate_of_accounts_says_of_how_many(page: str) -> None:
    said = section(page, "headline")
    assert "43 % 25 of 58, 31–56 % target 85 %" in said
    assert "68 % 17 of 25, 48–83 %" in said
    assert "100 % 4 of 4, 51–100 % few accounts" in said
    assert "64 % 18 of 28" in section(page, "outcomes")
    assert "39 % 12 of 31 h" in section(page, "time")


def test_a_missing_denominator_is_no_data_never_0(page: str) -> None:
    assert "T1 high touch covered to standard 100 %" in section(page, "headline")
    t1 = section(page, "headline").split("T1 high touch covered to standard")[1].split("T2 mid")[0]
    assert "no data" in t1  # nothing of T1 was due
    assert "0 %" not in t1.replace("100 %", "").replace("90 %", "")


def test_a_quarter_that_was_reported_otherwise_says_so(page: str) -> None:
    assert "where it differs: 1 case." in section(page, "trend")
    assert "Q1 2026 covered to standard 55 % 33 of 60, 42–67 % first reported 50 %" in section(
        page, "trend"
    )


def test_causes_come_with_counts_and_arr(page: str) -> None:
    said = section(page, "causes")
    assert "Why T3 digital falls short" in said
    assert "29 of its 33 uncovered accounts (88 %) with 812k of ARR have one cause" in said
    assert "not attempted 0 0 4" in said.replace("–", "0")


def test_renewals_at_risk_are_those_of_the_next_120_days(page: str) -> None:
    said = section(page, "renewals")
    # R3 ends a day too late for the 120 days; R4 has nothing against it.
    assert "3 terms with 80k of ARR end within 120 days and are still open" in said
    assert "Of these at risk: 2 with 68k of ARR, because" in said
    assert said.index("alert(1)") < said.index("Bright & Co")
    assert "notice given 15 Apr 2026" in said
    assert "Too Late" not in said
    assert "Healthy" not in said


def test_names_from_the_data_are_text_and_never_markup(page: str) -> None:
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&lt;b&gt;them&lt;/b&gt;" in page


def test_nobody_of_the_team_is_in_it(page: str) -> None:
    assert "@" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    assert "Ann" not in page
    assert "77 of 91" not in page  # a person's own week
    assert "Who is (an address) Add" in page


def test_it_opens_offline(page: str) -> None:
    targets = re.findall(r'(?:href|src|srcset|action|poster)="([^"]*)"', page)
    assert targets
    assert [t for t in targets if not t.startswith("#") and t != "data:,"] == []
    assert "<script" not in page
    assert re.findall(r"url\((?!#)|@import|https?://(?!www\.w3\.org/)", page) == []


def test_links_lead_somewhere_and_no_name_is_given_twice(page: str) -> None:
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_definitions_are_those_of_the_published_columns(page: str) -> None:
    said = section(page, "glossary")
    assert "accounts_covered of accounts_evaluable" in said
    assert "Not in the published tables" not in said


def test_pictures_can_be_heard(page: str) -> None:
    pictures = re.findall(r"<svg\b.*?</svg>", page, re.DOTALL)
    assert len(pictures) >= 6
    for picture in pictures:
        named = r'<svg [^>]*role="img" aria-labelledby="(\S+)-title" aria-describedby="\1-about">'
        assert re.match(named, picture)
        assert re.search(r"<title id=\S+>[^<]+</title><desc id=\S+>[^<]+</desc>", picture)
    assert "T3 digital: 43 % covered, target 85 %, 85 % renewed, short of its target" in page


def test_the_same_tables_give_the_same_bytes(home: Home, page: str) -> None:
    first = home.report.read_bytes()
    assert page_of(home) == page
    assert home.report.read_bytes() == first


def test_nothing_known_is_said_section_by_section(empty: str) -> None:
    assert "<svg" not in empty
    for anchor in SECTIONS:
        assert section(empty, anchor)
    assert "No tier's coverage can be told" in section(empty, "headline")
    assert "contracts (id, account, start, end, ARR)" in section(empty, "outcomes")
    assert "No account has a health score." in section(empty, "health")
    assert "Time entries" in section(empty, "time")
    assert "No term end of the next 120 days is known" in section(empty, "renewals")


def test_tiers_without_any_activity_are_not_called_covered(tmp_path: Path) -> None:
    not_measurable = """
        update mart_coverage_tier_period set measurability = 'not_measurable', accounts_covered = 0,
            accounts_evaluable = 0, account_cts = null, account_cts_low = null,
            account_cts_high = null, not_measurable_reason = 'no activity source';
        update mart_underserved_tier set verdict = 'not_measurable', accounts = 0, gap = null
    """
    page = page_of(publish(tmp_path / "home", *FULL, not_measurable))
    assert "Of tiers it is said: no activity source." in section(page, "headline")
    assert "There is no coverage to explain yet." in section(page, "causes")
    assert "18 of 28" in section(page, "outcomes")  # which needs no activities


def test_a_table_that_an_older_version_did_not_publish_is_missing_alone(tmp_path: Path) -> None:
    home = publish(tmp_path / "home", *FULL, "drop table mart_time_balance")
    page = page_of(home)
    assert "of an older version" in section(page, "time")
    assert "falls furthest short" in section(page, "headline")


def test_nothing_published_yet_is_said_and_writes_nothing(tmp_path: Path) -> None:
    console = Console(record=True, width=200)
    assert report(Home(tmp_path), console=console) == NOT_PUBLISHED
    assert "run cs-coverage refresh" in console.export_text()
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_cannot_be_made_leaves_the_one_before(tmp_path: Path) -> None:
    home = publish(tmp_path / "home", RUN)
    before = page_of(home)
    with duckdb.connect(str(home.serving_database)) as con:
        con.execute("drop table coverage.ops_run")
    assert report(home, console=Console(record=True)) != 0
    assert home.report.read_text(encoding="utf-8").replace("\N{NO-BREAK SPACE}", " ") == before
    assert {path.name for path in home.serving.iterdir()} == {"serving.duckdb", "report.html"}
