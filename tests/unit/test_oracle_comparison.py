"""Holding published rows against expected ones: any difference is seen and shown."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from oracle.comparison import assert_same_rows, is_same

ROWS: list[dict[str, Any]] = [
    {"id": "a", "on": date(2026, 6, 1), "arr": 30_000 * 1.08, "tags": ["x", "y"], "is_new": True},
    {"id": "b", "on": None, "arr": None, "tags": None, "is_new": False},
]


def changed(**values: object) -> list[dict[str, Any]]:
    return [{**ROWS[0], **values}, ROWS[1]]


def test_the_same_rows_in_another_order_are_the_same() -> None:
    assert_same_rows(ROWS, ROWS[::-1], ["id"])


@pytest.mark.parametrize(
    ("published", "shown"),
    [
        (ROWS[:1], "1 missing, 0 too many, 0 different\nmissing: {'id': 'b'"),
        ([*ROWS, {**ROWS[1], "id": "c"}], "1 too many, 0 different\ntoo many: {'id': 'c'"),
        (changed(arr=None), "arr: expected 32400"),
        (changed(arr=32_400.01), "published 32400.01"),
        (changed(arr=0), "published 0"),
        (changed(tags=["y", "x"]), "published ['y', 'x']"),
        (changed(is_new=1), "published 1"),
        (changed(on="2026-06-01"), "published '2026-06-01'"),
        ([{k: v for k, v in row.items() if k != "tags"} for row in ROWS], "in tags: 2 rows"),
        (changed(more=1), "more: expected None"),
    ],
    ids=str,
)  # fmt: skip
def test_a_difference_is_shown(published: list[dict[str, Any]], shown: str) -> None:
    with pytest.raises(AssertionError) as failure:
        assert_same_rows(ROWS, published, ["id"])
    assert shown in str(failure.value)


def test_of_several_columns_each_is_shown_once() -> None:
    expected = [{"id": n, "one": n, "other": n} for n in range(20)]
    published = [{**row, "one": 99} for row in expected[:19]] + [{**expected[19], "other": 99}]
    with pytest.raises(AssertionError, match=r"in one: 19 rows\ndifferent in other: 1 rows") as e:
        assert_same_rows(expected, published, ["id"])
    assert "  other: expected 19" in str(e.value)


def test_rows_that_the_key_does_not_tell_apart_are_no_rows() -> None:
    with pytest.raises(AssertionError, match="published rows with the same id"):
        assert_same_rows(ROWS, [*ROWS, ROWS[0]], ["id"])


def test_a_column_may_be_left_out_by_name() -> None:
    assert_same_rows(ROWS, changed(arr=1.0), ["id"], but=["arr"])


def test_an_instant_is_the_same_in_any_zone_and_json_in_any_order() -> None:
    instant = datetime(2026, 6, 1, 12, tzinfo=UTC)
    assert is_same(instant, instant.astimezone(timezone(timedelta(hours=9))))
    assert is_same('{"a": 1, "b": 2}', '{"b":2,"a":1}')
    assert not is_same('{"a": 1}', '{"a": 2}')
    assert not is_same(0, None)
