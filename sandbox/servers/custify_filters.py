"""Custify's two filter languages and its sorting, as its API takes them in the query.

Belongs here: which records a `filters` value lets through, and their order by `sorting`. Does
not: routes, pages.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

Record = dict[str, Any]
Test = Callable[[Record], bool]


class BadQuery(Exception):
    """The query cannot be understood; the message is what Custify answers."""


def entity_filter(text: str, today: date) -> Test:
    """The filters of companies and people (fieldName, fieldType, filterType, filterValue)."""
    tests = [_entity_test(each, today) for each in _objects(text)]
    return lambda record: all(test(record) for test in tests)


def task_filter(text: str, today: date) -> Test:
    """The filters of tasks: {field, values} or {field, startDate, endDate}, ANDed."""
    tests = [_task_test(each, today) for each in _objects(text)]
    return lambda record: all(test(record) for test in tests)


def in_order(records: Sequence[Record], text: str) -> list[Record]:
    """The records by a `sorting` value {field, direction}; what has no value comes last."""
    asked = _json(text, "sorting")
    if not isinstance(asked, dict) or not isinstance(asked.get("field"), str):
        raise BadQuery("sorting must be an object with field and direction")
    if asked.get("direction") not in ("asc", "desc"):
        raise BadQuery("sorting.direction must be asc or desc")
    field = asked["field"]
    have = [record for record in records if value_at(record, field) is not None]
    rest = [record for record in records if value_at(record, field) is None]
    have.sort(key=lambda r: _sortable(value_at(r, field)), reverse=asked["direction"] == "desc")
    return have + rest


def value_at(record: Record, path: str) -> Any:
    """The value at a dotted path; of a health score, its score."""
    value: Any = record
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    if isinstance(value, dict):
        return value.get("score", value.get("value"))
    return value


def _objects(text: str) -> list[Record]:
    given = _json(text, "filters")
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise BadQuery("filters must be an array of objects")
    return given


def _json(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise BadQuery(f"{name} is not valid JSON") from None


def _sortable(value: Any) -> tuple[bool, Any]:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return (not is_number, value if is_number else str(value))


def _entity_test(asked: Record, today: date) -> Test:
    field, kind, how = asked.get("fieldName"), asked.get("fieldType"), asked.get("filterType")
    compare = _COMPARE.get(str(kind), {}).get(str(how))
    if not isinstance(field, str) or compare is None:
        raise BadQuery(f"filter {kind}.{how} on {field} is not supported")
    wanted = asked.get("filterValue")
    return lambda record: compare(value_at(record, field), wanted, today)


Compare = Callable[[Any, Any, date], bool]


def _number(holds: Callable[[float, Any], bool]) -> Compare:
    def compare(value: Any, wanted: Any, today: date) -> bool:
        return value is not None and holds(float(value), wanted)

    return compare


def _text(holds: Callable[[str, str], bool]) -> Compare:
    def compare(value: Any, wanted: Any, today: date) -> bool:
        return holds(str(value or "").lower(), str(wanted).lower())

    return compare


def _day(holds: Callable[[str, Any, date], bool]) -> Compare:
    def compare(value: Any, wanted: Any, today: date) -> bool:
        return value is not None and holds(str(value)[:10], wanted, today)

    return compare


def _members(holds: Callable[[set[str], set[str]], bool]) -> Compare:
    def compare(value: Any, wanted: Any, today: date) -> bool:
        held = value if isinstance(value, list) else [] if value is None else [value]
        return holds(set(map(str, held)), set(map(str, wanted or [])))

    return compare


def _ago(today: date, days: Any) -> str:
    return (today - timedelta(days=int(days))).isoformat()


_KNOWN: dict[str, Compare] = {
    "is_unknown": lambda value, wanted, today: value in (None, "", []),
    "any_value": lambda value, wanted, today: value not in (None, "", []),
}
_SETS: dict[str, Compare] = {
    "is_any_of": _members(lambda held, wanted: bool(held & wanted)),
    "is_all_of": _members(lambda held, wanted: wanted <= held),
    "is_none_of": _members(lambda held, wanted: not held & wanted),
}
_NUMBERS: dict[str, Compare] = {
    "greater": _number(lambda value, wanted: value > float(wanted)),
    "lower": _number(lambda value, wanted: value < float(wanted)),
    "between": _number(lambda value, wanted: float(wanted[0]) <= value <= float(wanted[1])),
    **_KNOWN,
}
_COMPARE: dict[str, dict[str, Compare]] = {
    "Boolean": {
        "true": lambda value, wanted, today: value is True,
        "false": lambda value, wanted, today: not value,
    },
    "Number": _NUMBERS,
    "Currency": _NUMBERS,
    "String": {
        "contains": _text(lambda value, wanted: wanted in value),
        "does_not_contain": _text(lambda value, wanted: wanted not in value),
        "starts_with": _text(lambda value, wanted: value.startswith(wanted)),
        "ends_with": _text(lambda value, wanted: value.endswith(wanted)),
        **_KNOWN,
    },
    "Date": {
        "after": _day(lambda day, wanted, today: day > str(wanted)[:10]),
        "before": _day(lambda day, wanted, today: day < str(wanted)[:10]),
        "on": _day(lambda day, wanted, today: day == str(wanted)[:10]),
        "between": _day(lambda day, wanted, today: wanted[0][:10] <= day <= wanted[1][:10]),
        "more_than": _day(lambda day, wanted, today: day < _ago(today, wanted)),
        "less_than": _day(lambda day, wanted, today: day > _ago(today, wanted)),
        "exactly": _day(lambda day, wanted, today: day == _ago(today, wanted)),
        **_KNOWN,
    },
    "Dropdown": {**_SETS, **_KNOWN},
    "Segment": _SETS,
    "Tag": {**_SETS, **_KNOWN},
    "User": {"is_in": _SETS["is_any_of"], "is_not_in": _SETS["is_none_of"], **_KNOWN},
}


def _task_test(asked: Record, today: date) -> Test:
    field = asked.get("field")
    if not isinstance(field, str):
        raise BadQuery("a task filter needs a field")
    if "startDate" in asked or "endDate" in asked:
        first, last = str(asked.get("startDate", ""))[:10], str(asked.get("endDate", "9"))[:10]
        held = "dueDate" if field == "dueOn" else field
        return lambda task: first <= str(task.get(held) or "")[:10] <= last
    values = asked.get("values")
    if not isinstance(values, list):
        raise BadQuery(f"the task filter on {field} needs values, or startDate and endDate")
    if field == "status":
        return lambda task: any(_has_status(task, str(value), today) for value in values)
    if field == "dueOn":
        return lambda task: any(_is_due(task, str(value), today) for value in values)
    held_in = _members(lambda held, wanted: bool(held & wanted))
    return lambda task: held_in(task.get(field), values, today)


def _has_status(task: Record, status: str, today: date) -> bool:
    due = str(task.get("dueDate") or "")[:10]
    is_open = task.get("status") == "open"
    yesterday = _ago(today, 1)
    if status == "overdue":
        return is_open and "" < due <= yesterday
    if status == "on time":
        return is_open and (not due or due > yesterday)
    if status == "outstanding":
        return is_open and "" < due <= today.isoformat()
    return task.get("status") == status


def _is_due(task: Record, window: str, today: date) -> bool:
    due = str(task.get("dueDate") or "")[:10]
    end_of_week = (today + timedelta(days=6 - today.weekday())).isoformat()
    windows = {
        "past_due": due < today.isoformat(),
        "today": due == today.isoformat(),
        "this_week": today.isoformat() <= due <= end_of_week,
        "this_month": due[:7] == today.isoformat()[:7],
        "later": due > end_of_week,
    }
    if window not in windows:
        raise BadQuery(f"dueOn knows no {window}")
    return bool(due) and windows[window]
