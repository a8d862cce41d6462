"""The report that a night leaves beside its tables.

Belongs here: that it is there, and of this night. Does not: what it says (unit).
"""

from __future__ import annotations

import re

import pytest
from conftest import Night
from product import cs_coverage, published, value

pytestmark = pytest.mark.slow

MOST_BYTES = 1_500_000


def test_a_night_leaves_a_report_of_its_own_tables(demo: Night) -> None:
    page = demo.company.home / "serving" / "report.html"
    said = page.read_text(encoding="utf-8")
    run_id = value(published(demo.company.home, "select run_id from ops_run"))
    assert run_id in said
    assert "As of 30 Jun 2026" in said
    assert len(page.read_bytes()) < MOST_BYTES
    assert "of an older version" not in said


def test_it_says_what_the_tables_say(demo: Night) -> None:
    said = (demo.company.home / "serving" / "report.html").read_text(encoding="utf-8")
    words = " ".join(re.sub(r"<[^>]+>", " ", said).split())
    tiers = published(
        demo.company.home,
        "select accounts_covered, accounts_evaluable from mart_coverage_tier_period where "
        "period_type = 'quarter' and basis = 'restated' and period_start = '2026-04-01'",
    )
    assert tiers
    for covered, evaluable in tiers:
        assert f"{covered} of {evaluable}" in words


def test_nobody_of_the_team_is_named(demo: Night) -> None:
    said = (demo.company.home / "serving" / "report.html").read_text(encoding="utf-8")
    people = published(demo.company.home, "select user_id, email, name from dim_csm")
    named = {word for row in people for word in row if word and len(word) > 3}
    assert named
    assert [word for word in named if word in said] == []


def test_the_command_makes_it_again_to_the_same_bytes(demo: Night) -> None:
    page = demo.company.home / "serving" / "report.html"
    before = page.read_bytes()
    page.unlink()
    again = cs_coverage("report", "--home", demo.company.home)
    assert again.exit_code == 0, again.err
    assert page.read_bytes() == before
