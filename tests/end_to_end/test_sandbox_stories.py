"""What was planted in the made-up firm is found, named by the table whose question it is, and
nothing else is raised as loudly.

Belongs here: the plot of sandbox/company/story.py, as the published tables tell it. Does not:
whether each number is right to the row (test_sandbox_truth).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from product import published
from test_sandbox_demo import demo

pytestmark = pytest.mark.slow

QUARTER = "date '2026-04-01'"
"""The last one that is over when the night reports on 5 July 2026."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A firm that is large enough for its tiers to say something."""
    home = tmp_path_factory.mktemp("stories") / "home"
    done = demo(home, "--accounts", "900", "--nights", "0")
    assert done.returncode == 0, done.stderr
    return home


def by_tier(home: Path, sql: str) -> dict[str, Any]:
    """The second column by the first, without all tiers together."""
    return {tier: said for tier, said in published(home, sql) if tier not in ("ALL", "NONE")}


def test_one_tier_is_covered_and_gets_nothing_from_it(home: Path) -> None:
    verdicts = by_tier(
        home,
        "select distinct tier_id, verdict from mart_underserved_tier "
        f"where period_type = 'quarter' and period_start = {QUARTER}",
    )
    assert {t for t, verdict in verdicts.items() if verdict == "covered_no_value"} == {"T2"}
    assert {t for t, verdict in verdicts.items() if verdict == "undercovered"} == {"T3", "T4"}


def test_one_tier_has_too_few_people_since_one_of_them_left(home: Path) -> None:
    load = by_tier(home, "select tier_id, utilisation from mart_capacity_tier")
    assert {tier for tier, utilisation in load.items() if utilisation > 1} == {"T3"}
    of_t3 = dict(
        published(
            home,
            "select month_start, utilisation from mart_ratio_tier "
            "where tier_id = 'T3' and month_start >= date '2025-06-01'",
        )
    )
    before = [load for month, load in of_t3.items() if month < date(2025, 10, 1)]
    since = [load for month, load in of_t3.items() if month >= date(2025, 10, 1)]
    assert max(before) < 1.2 < min(since), of_t3
    [(cause, accounts, uncovered)] = published(
        home,
        "select cause, accounts, accounts_evaluable - accounts_covered from mart_underserved_tier "
        f"where tier_id = 'T3' and period_type = 'quarter' and period_start = {QUARTER} "
        "order by accounts desc limit 1",
    )
    assert cause == "over_capacity"
    assert accounts > uncovered / 2


def test_only_that_tier_has_a_case_for_more_people(home: Path) -> None:
    verdicts = by_tier(
        home, "select tier_id, verdict from mart_headcount_case where scenario = 'mid'"
    )
    assert {tier for tier, verdict in verdicts.items() if verdict != "no_gap"} == {"T3"}


def test_one_tier_drowns_in_its_own_questions(home: Path) -> None:
    quarter = f"where grain = 'tier_quarter' and period_start = {QUARTER}"
    verdicts = by_tier(home, f"select tier_id, verdict from mart_time_balance {quarter}")
    assert {tier for tier, verdict in verdicts.items() if verdict == "mostly_reactive"} == {"T4"}
    index = by_tier(home, f"select tier_id, reactive_share from mart_time_balance {quarter}")
    assert max(index, key=lambda tier: index[tier]) == "T4"
    reasons = by_tier(home, f"select tier_id, top_reasons[1] from mart_time_balance {quarter}")
    assert reasons["T4"].startswith("ticket_help")


def test_a_failing_product_is_a_crisis_and_so_are_those_who_leave_because_of_it(
    home: Path,
) -> None:
    loudest = published(
        home,
        "select alert_type, scope, first_on, last_on, unexpected_events, plan_id, owner "
        "from fct_crisis_alert where level = 'crisis' and p_value < 1e-7 and "
        "(scope = 'ALL' or scope like 'component:%' or scope like 'reason:%') order by first_on",
    )
    named = {(kind, scope) for kind, scope, *_ in loudest}
    assert named == {
        ("product_issue_cluster", "component:sync"),
        ("negative_review_burst", "ALL"),
        ("churn_cluster", "ALL"),
        ("churn_cluster", "reason:Product reliability"),
    }
    assert len(loudest) == 4
    days = {(kind, scope): (first, last) for kind, scope, first, last, *_ in loudest}
    begun, over = days["product_issue_cluster", "component:sync"]
    assert (begun, over) == (date(2026, 3, 9), date(2026, 3, 21))
    begun, over = days["churn_cluster", "reason:Product reliability"]
    assert date(2026, 4, 13) <= begun and over <= date(2026, 4, 23)
    unexpected = {(kind, scope): count for kind, scope, _, _, count, *_ in loudest}
    assert unexpected["churn_cluster", "reason:Product reliability"] >= 10
    assert all(plan and owner for *_, plan, owner in loudest)


def test_the_recount_of_users_is_a_fault_of_the_data_and_no_alarm(home: Path) -> None:
    [(fired, accounts)] = published(
        home,
        "select (select count(*) from fct_playbook_trigger where rule_id = 'usage_drop' "
        "and fired_on >= date '2026-06-15'), (select count(*) from dim_account where is_active)",
    )
    assert fired < accounts / 20  # where the counts of nearly all of them fell by four tenths


def test_the_quarters_page_says_what_changed_and_waits_for_a_signature(home: Path) -> None:
    pages = published(
        home,
        "select tier_id, what_changed, is_signed_off, is_review_overdue from mart_quarterly_review "
        "where period_start = date '2026-01-01' order by tier_id",  # the newest that has closed
    )
    assert [tier for tier, *_ in pages] == ["ALL", "T1", "T2", "T3", "T4", "T5"]
    assert all(sentences for _, sentences, *_ in pages)
    assert {(signed, overdue) for *_, signed, overdue in pages} == {(False, True)}
