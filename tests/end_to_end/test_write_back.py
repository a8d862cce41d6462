"""A made-up firm has results written back: said first, written once, read again, and then quiet.

Belongs here: nights with three real writers, from published tables to the systems and back. Does
not: running them (write_back_nights), single refusals (unit tests of the connectors).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from product import environment
from write_back_nights import AS_OF, FIRST_DAY, SCORE, TIER

from pipelines.cli import DEGRADED

pytestmark = pytest.mark.slow

RUNNER = Path(__file__).with_name("write_back_nights.py")
CHECKOUT = RUNNER.parents[2]
ACCOUNTS = 24
NOTHING = {"salesforce": 0, "hubspot": 0, "custify": 0, "zendesk": 0, "google_calendar": 0}

Told = dict[str, Any]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("write_back")


@pytest.fixture(scope="module")
def told(root: Path) -> Told:
    """All nights, in a process of their own."""
    done = subprocess.run(
        [sys.executable, RUNNER, root, str(ACCOUNTS)],
        env=environment(None, {"PYTHONPATH": f"{CHECKOUT}:{RUNNER.parent}"}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-5_000:]
    answer: Told = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize(("step", "code"), [("dry", 0), ("not_allowed", 0), ("not_accepted", 3)])
def test_nothing_is_written_before_the_file_and_a_person_say_so(
    step: str, code: int, told: Told
) -> None:
    assert told[step]["writes"] == NOTHING
    assert told[step]["code"] == code


def test_then_every_system_says_what_is_published(told: Told) -> None:
    names = {"salesforce": (SCORE, TIER), "hubspot": ("cs_health", "cs_tier")}
    compared = 0
    assert told["accepted"]["code"] == 0
    for source, key, score, tier in told["published"]:
        if source in names:
            held = told["accepted"][source][key]
            score_field, tier_field = names[source]
            shown = held.get(score_field)
            assert (None if shown is None else int(shown), held.get(tier_field)) == (score, tier)
            compared += score is not None
    assert compared > ACCOUNTS / 2
    scores = {key: score for source, key, score, _ in told["published"] if source == "custify"}
    written = {key: held for key, held in told["accepted"]["custify"].items() if held}
    assert written
    assert all(held["cs_health"] == scores[key] for key, held in written.items())


def test_what_is_written_is_read_again_and_changes_nothing_more(told: Told) -> None:
    accounts = told["accepted"]["salesforce"]
    written = [key for key, held in accounts.items() if held]
    assert told["overwritten"]["changed"]["salesforce.accounts"] == len(written)
    assert told["calm"]["changed"] == {"salesforce.accounts": 1}
    assert told["calm"]["writes"] == NOTHING
    assert told["calm"]["code"] == 0


def test_a_value_that_somebody_overwrote_is_put_right_unless_it_is_refused(told: Told) -> None:
    before, after = told["accepted"]["salesforce"], told["overwritten"]["salesforce"]
    other = {key for key in before if before[key] != after[key]}
    assert told["overwritten"]["code"] == DEGRADED
    assert told["overwritten"]["writes"] == {**NOTHING, "salesforce": 1}
    assert [after[key][SCORE] for key in other] == [1.0]


def test_the_day_is_that_of_the_change(told: Told) -> None:
    held = told["calm"]["salesforce"].values()
    assert {fields[AS_OF] for fields in held if fields} == {FIRST_DAY.isoformat()}


def test_a_rebuild_keeps_its_hands_off(told: Told) -> None:
    assert told["left_by_rebuild"]


def test_all_that_was_sent_is_on_record(told: Told, root: Path) -> None:
    files = sorted((root / "home" / "landing" / "_written" / "salesforce").glob("*.jsonl"))
    lines = [json.loads(line) for path in files for line in path.read_text().splitlines()]
    states = [line["state"] for line in lines]
    [refused] = [line for line in lines if line["state"] == "refused"]
    assert states.count("sending") == states.count("written") + 1
    assert refused["why"] == "FIELD_CUSTOM_VALIDATION_EXCEPTION: Frozen"
    assert refused["old"] == {SCORE: 1.0}
    assert told["accepted"]["salesforce"][refused["record"]][SCORE] == refused["new"][SCORE]
