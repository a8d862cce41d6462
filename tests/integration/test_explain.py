"""`cs-coverage explain`: what a person is told of one account.

Belongs here: words and exit codes, on published tables made by hand. Does not: what the tables say.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date

import duckdb
import pytest
from rich.console import Console

from pipelines.cli import BAD_CONFIG, NOT_PUBLISHED
from pipelines.explain import explain_coverage, explain_score, explain_tier
from pipelines.home import Home

PUBLISHED = """
create schema coverage;
use coverage;
create table dim_account as
    select *, date '2026-07-20' as as_of_date
    from (values
        ('A1', 'Acme', 52000.0, true),
        ('A2', 'Twin', 10.0, true),
        ('A3', 'twin', null, false),
        ('A4', 'Umbra', 10.0, true),
        ('A5', 'Vexed', 10.0, true),
        ('A6', 'Widow', 10.0, false)
    ) as t (account_id, name, arr, is_active);
create table tier_membership_scd2 as
    from (values
        ('A1', date '2025-01-01', date '2026-02-10', 'T2', 'T2', 'rule', 'first_day', 52000.0,
         '{}', null),
        ('A1', date '2026-02-10', date '2026-03-01', 'T2', 'T3', 'rule', 'kept', 49000.0,
         '{"demoted_below": 45000}', null),
        ('A1', date '2026-03-01', null, 'T1', 'T3', 'override', 'override', 44000.0,
         '{"override_by": "ada@vendor.example", "override_reason": "strategic [logo]"}',
         date '2026-08-28')
    ) as t (
        account_id, valid_from, valid_to, assigned_tier_id, eligible_tier_id, source, reason,
        measure_value, evidence, override_expires_on
    );
create table mart_coverage_account_period as
    from (values
        ('A1', 'T2', 'quarter', date '2026-01-01', date '2026-03-31', 4, 4, true, null, null),
        ('A1', 'T2', 'quarter', date '2026-04-01', date '2026-06-30', 5, 1, false,
         'below_standard', 'notes<=2bd'),
        ('A1', 'T2', 'month', date '2026-06-01', date '2026-06-30', 1, 1, true, null, null)
    ) as t (
        account_id, tier_id, period_type, period_start, period_end, obligations_counted,
        obligations_good, is_covered, cause, cause_condition
    );
create table fct_obligation as
    from (values
        ('good', 'ebr', date '2026-04-30', 'on_time', 'to_standard', 'counted', null,
         date '2026-04-20', 'M1', 0, false, false, true),
        ('below', 'check_in', date '2026-05-07', 'on_time', 'below_standard', 'counted', null,
         date '2026-05-02', 'M2', 0, false, false, true),
        ('silent', 'check_in', date '2026-06-07', 'missed', null, 'counted', null,
         null, null, 3, true, false, true),
        ('waived', 'workshop', date '2026-06-30', 'missed', null, 'excluded', 'waived',
         null, null, 0, false, false, true),
        ('young', 'success_plan', date '2026-07-31', 'open', null, 'counted', null,
         null, null, 0, false, true, false),
        ('held', 'success_plan', date '2026-01-31', 'on_time', 'to_standard', 'counted', null,
         date '2026-01-31', null, 0, false, false, true),
        ('not held', 'success_plan', date '2026-02-28', 'missed', null, 'counted', null,
         null, null, 0, false, false, true),
        ('answered', 'response', date '2026-03-02', 'late', 'to_standard', 'counted', null,
         date '2026-03-03', null, 1, false, false, true),
        ('tried', 'check_in', date '2026-03-06', 'open', null, 'counted', null,
         null, null, 1, false, true, true)
    ) as t (
        obligation_id, family, closes_on, timeliness, quality, disposition, exclusion_reason,
        fulfilled_on, fulfilled_by_activity_id, attempts, is_customer_unresponsive, is_provisional,
        is_required
    );
alter table fct_obligation add column account_id varchar default 'A1';
alter table fct_obligation add column due_on date default date '2026-04-01';
alter table fct_obligation add column schedule_type varchar default 'fixed_calendar';
update fct_obligation set schedule_type = 'state' where family = 'success_plan';
update fct_obligation set schedule_type = 'response' where family = 'response';
create table fct_obligation_evidence as
    from (values
        ('below', 'M2', 'notes<=2bd', 'fail', null),
        ('below', 'M2', 'duration>=60', 'no_data', null),
        ('below', 'M2', 'external_attendees>=1', 'pass', '2')
    ) as t (obligation_id, activity_id, condition, result, value);
create table fct_activity as
    from (values
        ('A1', 'M1', 'ebr', date '2026-04-20', 'Review'),
        ('A1', 'M2', 'check_in', date '2026-05-02', null)
    ) as t (account_id, activity_id, type, started_on, subject);
create table cfg_model as
    from (values
        (date '2026-01-01', 0.5), (date '2026-07-01', 0.6)
    ) as t (effective_from, min_coverage);
create table fct_health_daily as
    from (values
        ('A1', date '2026-07-20', 71.352941176, null, null, 71.352941176, 'yellow', 'green', 0.925,
         -3.385620916, null, null, ['usage'], 90.0, 'csp [eu]'),
        ('A1', date '2026-07-19', 1.0, null, null, 1.0, 'red', 'red', 1, 0, 0,
         null, [], null, null),
        ('A2', date '2026-07-20', null, 80.0, 'by_hand', 80.0, 'green', 'green', 0.4, null, null,
         null, [], null, null),
        ('A3', date '2026-07-20', null, null, null, null, 'insufficient_data', 'insufficient_data',
         0.4, null, null, date '2026-07-01', [], null, null),
        ('A4', date '2026-07-20', 60.0, 49.0, 'red_sentiment', 49.0, 'red', 'red', 1, 2, 3.5,
         null, [], null, null),
        ('A5', date '2026-07-20', 40.0, 40.0, 'red_sentiment', 40.0, 'red', 'red', 1, null, null,
         null, [], null, null)
    ) as t (
        account_id, as_of_on, computed_score, override_score, override_kind, final_score, band,
        shown_band, input_coverage, delta_28d, delta_90d, frozen_on, held_measures, csp_score,
        csp_score_source
    );
alter table fct_health_daily add column config_version_of_day date default date '2026-07-01';
create table fct_health_measure_daily as
    from (values
        ('usage', 'product', 1234.5, 3, 63.0, 63.0, 0.5, 31.5, 'ok', true, false),
        ('sentiment', 'risk', 80.0, 100, 80.0, 80.0, 0.25, 20.0, 'ok', false, true),
        ('plan', 'outcomes', null, null, null, null, null, null, 'missing', false, false),
        ('nps', 'voc', 9.0, 400, null, null, null, null, 'stale', false, false),
        ('persona', 'engagement', 1.0, 2, null, null, null, null, 'not_applicable', false, false)
    ) as t (
        measure, measure_group, raw_value, age_days, score, measured_score, effective_weight,
        contribution, status, is_held, is_stale_warned
    );
alter table fct_health_measure_daily add column account_id varchar default 'A1';
alter table fct_health_measure_daily add column as_of_on date default date '2026-07-20';
create table fct_health_change as
    from (values
        ('A1', 'usage', date '2026-06-22', -4.656862745, -0.048122517, 0.0),
        ('A1', '(model)', date '2026-06-22', 0.0, 0.0, 1.319364346),
        ('A1', 'still', date '2026-06-22', 0.004, 0.0, 0.0),
        ('A1', 'usage', date '2026-07-19', 70.0, 0.0, 0.0),
        ('A1', 'usage', date '2026-04-19', 80.0, 0.0, 0.0),
        ('A4', 'usage', date '2026-06-22', 0.0, 0.0, 0.0)
    ) as t (account_id, measure, from_on, score_effect, availability_effect, config_effect);
alter table fct_health_change add column computed_score_from double default 74.738562092;
alter table fct_health_change add column computed_score_to double default 71.352941176;
"""


@pytest.fixture
def published(home: Home) -> Home:
    home.serving.mkdir(parents=True)
    with duckdb.connect(str(home.serving_database)) as con:
        con.execute(PUBLISHED)
    return home


def told(explain: Callable[..., int], *arguments: object) -> tuple[int, list[str]]:
    """The exit code and what is printed, with single spaces, without borders and headers."""
    out = io.StringIO()
    code = explain(*arguments, console=Console(file=out, width=200, no_color=True))
    lines = (" ".join(line.replace("│", " ").split()) for line in out.getvalue().splitlines())
    return code, [line for line in lines if line and line[0] not in "┏┃┡└"]


def test_each_tier_is_told_with_its_reason(published: Home) -> None:
    code, lines = told(explain_tier, published, "A1")
    assert code == 0
    assert lines[0] == "Acme (A1), active, ARR 52,000, as of 2026-07-20"
    assert lines[-3:] == [
        "2025-01-01 2026-02-10 T2 T2 its first active day 52,000",
        "2026-02-10 2026-03-01 T2 T3 its ARR left the band, the account stays for now: "
        "it moves down below 45,000 49,000",
        "2026-03-01 now T1 T3 set by hand by ada@vendor.example, until 2026-08-28: "
        "strategic [logo] 44,000",
    ]


def test_coverage_is_told_for_the_newest_quarter_that_was_judged(published: Home) -> None:
    code, lines = told(explain_coverage, published, "acme")
    assert code == 0
    assert "2026-Q1 T2 4 4 yes" in lines
    assert "2026-Q2 T2 5 1 no: something was not done to standard (notes<=2bd)" in lines
    owed = lines[lines.index("What closed from 2026-04-01 to 2026-06-30") + 1 :]
    assert owed == [
        'ebr 2026-04-01 2026-04-30 on time, to standard ebr on 2026-04-20 "Review"',
        "check_in 2026-04-01 2026-05-07 on time, below standard check_in on 2026-05-02; "
        "duration>=60: no data; notes<=2bd fails (empty)",
        "check_in 2026-04-01 2026-06-07 missed nothing that settles it by 2026-06-07; "
        "tried 3 times, the customer does not answer",
        "workshop 2026-04-01 2026-06-30 does not count it was waived; "
        "nothing that settles it by 2026-06-30",
    ]


@pytest.mark.parametrize(
    ("period", "closed"),
    [
        ("2026-Q3", ["2026-07-31"]),
        ("2026-07", ["2026-07-31"]),
        ("2026-06", ["2026-06-07", "2026-06-30"]),
    ],
)
def test_a_month_or_quarter_can_be_asked_for(
    published: Home, period: str, closed: list[str]
) -> None:
    code, lines = told(explain_coverage, published, "A1", period)
    assert code == 0
    told_of = [w for line in lines if " 2026-04-01 " in line for w in line.split()[2:3]]
    assert told_of == closed


def test_what_no_activity_settles_is_told_in_its_own_words(published: Home) -> None:
    _, lines = told(explain_coverage, published, "A1", "2026-Q1")
    assert lines[-4:] == [
        "success_plan 2026-04-01 2026-01-31 on time, to standard it held",
        "success_plan 2026-04-01 2026-02-28 missed it did not hold on enough days",
        "response 2026-04-01 2026-03-02 late, to standard answered on 2026-03-03",
        "check_in 2026-04-01 2026-03-06 open tried once; not counted yet",
    ]


def test_what_is_not_counted_yet_or_not_required_says_so(published: Home) -> None:
    _, lines = told(explain_coverage, published, "A1", "2026-Q3")
    assert lines[-1] == "success_plan 2026-04-01 2026-07-31 open not counted yet; not required"


def test_a_score_is_told_with_what_it_is_made_of_and_what_moved_it(published: Home) -> None:
    code, lines = told(explain_score, published, "acme")
    assert code == 0
    assert lines[1:] == [
        "Score 71.35, yellow, shown green; 92.5 % of what counts is known.",
        "It moved -3.39 in 28 days.",
        "Held at what it was, because the source changed for many accounts in one night: usage.",
        "csp [eu] itself gives it 90.00.",
        "What it is made of on 2026-07-20",
        "usage 1,234.50 3 63.00 50.0 % 31.50 held, measured 63.00",
        "sentiment 80.00 100 80.00 25.0 % 20.00 getting old",
        "persona 1.00 2 not expected here",
        "plan no data",
        "nps 9.00 400 too old to count",
        "What moved it since 2026-06-22: 74.74 to 71.35 (-3.39)",
        "usage -4.66 -0.05 -4.70",
        "(model) +1.32 +1.32",
    ]


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (
            "A2",
            [
                "Score 80.00, green; 40.0 % of what counts is known.",
                "It is set by hand: nothing is computed.",
            ],
        ),
        (
            "A3",
            [
                "It left on 2026-07-01; this is its last score.",
                "No score: 40.0 % of what counts is known, 60.0 % is needed.",
            ],
        ),
        (
            "A4",
            [
                "Score 49.00, red; 100.0 % of what counts is known.",
                "It is held down, because the CSM's sentiment is red: 60.00 is computed.",
                "It moved +2.00 in 28 days, +3.50 in 90 days.",
                "What moved it since 2026-06-22: 74.74 to 71.35 (-3.39)",
                "nothing",
            ],
        ),
        ("A5", ["Score 40.00, red; 100.0 % of what counts is known."]),
    ],
    ids=["by hand", "left, and not enough known", "capped, and nothing moved", "below the cap"],
)
def test_what_is_beside_the_computed_score_is_said(
    published: Home, account: str, said: list[str]
) -> None:
    code, lines = told(explain_score, published, account)
    assert (code, lines[1:]) == (0, said)


@pytest.mark.parametrize("explain", [explain_tier, explain_coverage, explain_score])
@pytest.mark.parametrize(
    ("account", "said"),
    [
        ("A11", 'No account has the id or name "A11": did you mean A1 (Acme)?'),
        ("Acne", 'No account has the id or name "Acne": did you mean A1 (Acme)?'),
        ("zzz", 'No account has the id or name "zzz": dim_account lists all accounts.'),
        ("TWIN", 'Several accounts are called "TWIN": give the id, one of A2, A3.'),
    ],
)
def test_an_unknown_account_is_met_with_suggestions(
    published: Home, explain: Callable[..., int], account: str, said: str
) -> None:
    code, lines = told(explain, published, account)
    assert code == BAD_CONFIG
    assert lines == [said]


@pytest.mark.parametrize("period", ["2026-Q5", "2026-13", "Q2", "0000-01", "2026-00"])
def test_a_period_that_is_none_is_refused_with_an_example(published: Home, period: str) -> None:
    code, lines = told(explain_coverage, published, "A1", period)
    assert code == BAD_CONFIG
    assert lines[-1] == (
        f"--period {period}: write a month like 2026-05, or a quarter like 2026-Q2."
    )


def test_where_there_is_nothing_to_tell_that_is_said(published: Home) -> None:
    code, lines = told(explain_tier, published, "A2")
    assert (code, lines[-1]) == (
        BAD_CONFIG,
        "It was never active: without a contract in force there is no tier.",
    )
    code, lines = told(explain_score, published, "A6")
    assert (code, lines[-1]) == (
        BAD_CONFIG,
        "It has no score: it has not been active in the last two years.",
    )
    code, lines = told(explain_coverage, published, "A2")
    assert (code, lines[-1]) == (
        BAD_CONFIG,
        "Nothing that it was owed has been judged yet: nothing has matured.",
    )
    code, lines = told(explain_coverage, published, "A1", f"{date(2020, 1, 1):%Y-%m}")
    assert (code, lines[-1]) == (
        BAD_CONFIG,
        "Nothing that it was owed closed from 2020-01-01 to 2020-01-31.",
    )


@pytest.mark.parametrize("explain", [explain_tier, explain_coverage, explain_score])
def test_without_published_tables_it_says_how_to_get_them(
    home: Home, explain: Callable[..., int]
) -> None:
    code, [line] = told(explain, home, "A1")
    assert code == NOT_PUBLISHED
    assert line == f"Nothing is published in {home.serving} yet: run cs-coverage refresh."
