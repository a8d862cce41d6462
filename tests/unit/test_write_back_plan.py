"""What is to be written: only what differs, nothing twice, nothing that looks wrong."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.write import Held, Value
from pipelines.config.write_back import WriteBack
from pipelines.write_back.plan import Change, Plan, is_held, plan, reason_to_hold
from pipelines.write_back.published import Record

SETTINGS = WriteBack(
    enabled=True, fields={"health_score": "Score", "tier": "Tier", "as_of": "As_Of"}
)


def record(key: str = "1", **values: Value) -> Record:
    return Record(key, f"account {key}", f"Acme {key}", {"as_of": "2026-07-05", **values})


def planned(of: Record, held: dict[str, Any] | None, settings: WriteBack = SETTINGS) -> Plan:
    return plan([of], {} if held is None else {of.key: Held(held)}, settings, {})


def new(found: Plan) -> dict[str, Value]:
    [change] = found.changes
    return dict(change.new)


def test_only_what_differs_is_written_and_the_day_goes_with_it() -> None:
    found = planned(record(health_score=81, tier="T1"), {"Score": 78.0, "Tier": "T1"})

    assert found.changes == (
        Change(
            "1",
            "account 1",
            "Acme 1",
            {"Score": 78.0, "As_Of": None},
            {"Score": 81, "As_Of": "2026-07-05"},
        ),
    )


def test_the_day_alone_is_no_change() -> None:
    found = planned(record(health_score=81), {"Score": "81", "As_Of": "2026-06-30"})

    assert (found.changes, found.same) == ((), 1)


def test_what_is_not_known_any_more_stays_or_is_emptied_as_the_file_says() -> None:
    held = {"Score": 81, "Tier": "T1"}
    clearing = SETTINGS.model_copy(update={"when_unknown": "clear"})

    assert planned(record(tier="T1"), held).changes == ()
    assert new(planned(record(tier="T1"), held, clearing))["Score"] is None


def test_what_is_known_to_be_none_is_emptied_always() -> None:
    assert new(planned(record(tier=None), {"Score": 81, "Tier": "T1"}))["Tier"] is None


def test_a_record_that_is_gone_and_one_that_cannot_be_written_to_are_left_alone() -> None:
    gone = planned(record(tier="T1"), None)
    no_address = plan([record(tier="T1")], {"1": Held({}, "no address")}, SETTINGS, {})
    as_published = plan([record(tier="T1")], {"1": Held({"Tier": "T1"}, "no")}, SETTINGS, {})

    assert [each.why for each in gone.skipped] == ["the source has no such record any more"]
    assert [each.why for each in no_address.skipped] == ["no address"]
    assert (as_published.skipped, as_published.same) == ((), 1)


def test_what_was_refused_is_not_tried_again_until_it_is_something_else() -> None:
    held = {"1": Held({"Tier": "T1"})}
    refused: dict[str, Any] = {"1": ({"Tier": "T2", "As_Of": "2026-07-01"}, "Ask sales")}

    same = plan([record(tier="T2")], held, SETTINGS, refused)
    other = plan([record(tier="T3")], held, SETTINGS, refused)

    assert [each.why for each in same.skipped] == ["refused before: Ask sales"]
    assert new(other)["Tier"] == "T3"


@pytest.mark.parametrize(
    ("wanted", "held", "is_same"),
    [
        (81, 81.0, True),
        (81, "81", True),
        (81, "81.4", False),
        (81, "eighty", False),
        (0, None, False),
        (0, "0", True),
        ("T1", "T1", True),
        ("T1", "t1", False),
        ("b;a", "a;b", True),
        ("a;b", "a", False),
        (None, "", True),
        (None, None, True),
        (None, "T1", False),
        ("T1", "", False),
    ],
)
def test_values_are_compared_as_sources_write_them(
    wanted: Value, held: object, is_same: bool
) -> None:
    assert is_held(wanted, held) is is_same


def many(changing: int, of: int) -> Plan:
    changes = tuple(Change(str(n), "", None, {}, {"Tier": "T1"}) for n in range(changing))
    return Plan(changes, (), of, of - changing)


@pytest.mark.parametrize(
    ("changing", "of", "is_first", "is_accepted", "is_held_back"),
    [
        (20, 100, False, False, False),
        (21, 100, False, False, True),
        (21, 100, False, True, False),
        (9, 9, False, False, False),
        (10, 10, False, False, True),
        (1, 100, True, False, True),
        (100, 100, True, True, False),
        (0, 100, True, False, False),
    ],
)
def test_the_first_time_and_a_great_change_want_a_persons_word(
    changing: int, of: int, is_first: bool, is_accepted: bool, is_held_back: bool
) -> None:
    why = reason_to_hold(many(changing, of), SETTINGS, is_first=is_first, is_accepted=is_accepted)
    assert (why is not None) is is_held_back
