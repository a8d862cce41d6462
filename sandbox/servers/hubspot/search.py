"""HubSpot's search: filter groups, sorting, and which requests it refuses.

Belongs here: judging one record or one request. Does not: storage, paging, HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

Record = dict[str, Any]
Value = float | str

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "EQ": lambda held, asked: held == asked,
    "NEQ": lambda held, asked: held != asked,
    "LT": lambda held, asked: held < asked,
    "LTE": lambda held, asked: held <= asked,
    "GT": lambda held, asked: held > asked,
    "GTE": lambda held, asked: held >= asked,
}
_MOST_GROUPS = 6


class Refused(Exception):
    """The request is not one that search accepts; the text says why."""


def comparable(text: str) -> Value:
    """A property's text as search compares it: instants as milliseconds, numbers as numbers."""
    try:
        return float(text)
    except ValueError:
        pass
    if len(text) > 9 and text[4:5] == "-" and text[7:8] == "-":
        try:
            return datetime.fromisoformat(text).timestamp() * 1000
        except ValueError:
            pass
    return text


def matches(record: Record, groups: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a record satisfies all filters of one of the groups."""
    return not groups or any(
        all(_passes(record, each) for each in group["filters"]) for group in groups
    )


def without_id_bound(groups: Sequence[Mapping[str, Any]]) -> tuple[int, list[dict[str, Any]]]:
    """The id past which a single group asks for records, and the group's other filters.

    Records are kept by id, so that the next page of the same question costs no new search.
    """
    past, others = -1, [dict(group) for group in groups]
    if len(others) == 1:
        filters = others[0]["filters"]
        bounds = [f for f in filters if (f["propertyName"], f["operator"]) == _PAST_ID]
        past = max((int(each["value"]) for each in bounds), default=-1)
        others[0]["filters"] = [each for each in filters if each not in bounds]
    return past, others


_PAST_ID = ("hs_object_id", "GT")


def require_valid(body: Mapping[str, Any], known: frozenset[str]) -> None:
    """Raises `Refused` for what HubSpot answers with 400."""
    groups = body.get("filterGroups", [])
    if len(groups) > _MOST_GROUPS:
        raise Refused(f"Maximum number of filter groups is {_MOST_GROUPS}")
    for group in groups:
        for each in group.get("filters", []):
            if each.get("propertyName") not in known:
                raise Refused(f"Invalid property name: {each.get('propertyName')}")
            if each.get("operator") not in {*_COMPARE, "BETWEEN", "IN", "NOT_IN"} | _PRESENCE:
                raise Refused(f"operator {each.get('operator')} is not valid")
    for sort in body.get("sorts", []):
        if sort.get("propertyName") not in known:
            raise Refused(f"Invalid property name: {sort.get('propertyName')}")


_PRESENCE = {"HAS_PROPERTY", "NOT_HAS_PROPERTY"}


def _passes(record: Record, each: Mapping[str, Any]) -> bool:
    held: str | None = record["properties"].get(each["propertyName"])
    operator: str = each["operator"]
    if operator in _PRESENCE:
        return (held is not None) == (operator == "HAS_PROPERTY")
    if held is None:
        return operator in ("NEQ", "NOT_IN")
    if operator in ("IN", "NOT_IN"):
        return bool(held in each["values"]) == (operator == "IN")
    value, asked = comparable(held), comparable(str(each["value"]))
    if isinstance(value, str) or isinstance(asked, str):
        value, asked = str(held), str(each["value"])
    if operator == "BETWEEN":
        return bool(asked <= value <= comparable(str(each["highValue"])))  # type: ignore[operator]
    return bool(_COMPARE[operator](value, asked))
