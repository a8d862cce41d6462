"""A proposed coverage model, tried on the spreadsheets example.

Belongs here: that the tables are computed anew under it, and that the home stays as it was. Does
not: how the difference is told (integration).
"""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

import pytest
from conftest import CHECKOUT, DEMO_CONFIG, Night
from product import Outcome, cs_coverage

pytestmark = pytest.mark.slow

MODEL = CHECKOUT / "config" / "models" / "2024-01-01.yaml"
WORKSHOP = """\
    - family: workshop             # each quarter. GitLab
      schedule: fixed_calendar
      period: quarter
      per_year: 4
      min: 480
"""
BUSINESS_REVIEW = WORKSHOP.replace("family: workshop ", "family: business_review ")


def _files(home: Path) -> dict[str, str]:
    return {
        str(path.relative_to(home)): sha256(path.read_bytes()).hexdigest()
        for path in home.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def planned(demo: Night, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """T2 begins at 60,000, not at 50,000; T1 is owed a business review in place of a workshop."""
    text = MODEL.read_text()
    proposed = tmp_path_factory.mktemp("plan") / "2026-07-01.yaml"
    changed = text.replace("arr_from: 50000", "arr_from: 60000")
    changed = changed.replace("arr_to: 50000", "arr_to: 60000")
    proposed.write_text(changed.replace(WORKSHOP, BUSINESS_REVIEW, 1))
    before = _files(demo.company.home)
    outcome = cs_coverage("plan", proposed, "--home", demo.company.home, "--config", DEMO_CONFIG)
    assert _files(demo.company.home) == before
    return outcome


def test_it_says_that_all_is_as_if(planned: Outcome) -> None:
    assert planned.exit_code == 0, planned.err + planned.out
    assert "would hold from 2026-07-01" in planned.out
    assert "as if it had always held, as of 2026-06-30" in planned.out


def test_accounts_between_the_edges_would_be_in_the_next_tier(planned: Outcome) -> None:
    assert re.search(r"│ T2 +│ T3 +│ +[1-9]", planned.out), planned.out
    assert not re.search(r"│ T3 +│ T2 +│", planned.out)


def test_a_dropped_standard_is_gone_and_an_added_one_new(planned: Outcome) -> None:
    assert re.search(r"│ T1 +│ workshop +│ +[1-9]\d* │ +- │ +-\d+ │ gone", planned.out), planned.out
    assert re.search(r"│ T1 +│ business_review +│ +- │ +[1-9]\d* │ +\+\d+ │ new", planned.out)
