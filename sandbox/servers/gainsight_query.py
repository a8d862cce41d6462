"""The query engine behind Gainsight's object API: conditions, order, limit.

Belongs here: what `where`, `orderBy`, `limit` and `offset` do to the rows of one object. Does not:
HTTP, or which objects and fields there are.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.servers.vendor import Record

Read = Callable[[Record, str], Any]
"""Gives a field of a row, also one behind a lookup."""

_TIME = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}")
_RANGES = ("GT", "GTE", "LT", "LTE", "EQ")
_LAST = chr(0x10FFFF)


class Refused(Exception):
    """The query is wrong: an error code and what it says."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code, self.words = code, words


def epoch_ms(value: Any) -> int | None:
    """A stored time, as the milliseconds that rows are compared by."""
    if value is None or isinstance(value, int | float):
        return None if value is None else int(value)
    at = datetime.fromisoformat(str(value))
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


class Table:
    """The rows of one object, with an order by each field that anyone asks for."""

    def __init__(self, rows: Iterable[Record], times: frozenset[str], id_field: str) -> None:
        self._rows = list(rows)
        self._times, self._id = times, id_field
        self._orders: dict[str, tuple[list[tuple[Any, str]], list[Record]]] = {}
        self._without: dict[str, list[Record]] = {}

    def select(
        self,
        conditions: list[dict[str, Any]],
        order: list[tuple[str, bool]],
        offset: int,
        limit: int,
        zone: ZoneInfo,
        read: Read,
    ) -> list[Record]:
        """The rows that meet all conditions, in order."""
        tests = [self._test(condition, zone, read) for condition in conditions]
        candidates, by = self._candidates(conditions, zone)
        found: Iterator[Record] = (row for row in candidates if all(test(row) for test in tests))
        ascending = [name for name, descends in order if not descends]
        natural: list[str | None] = [by] if by == self._id else [by, self._id]
        if order and (len(ascending) < len(order) or ascending != natural[: len(order)]):
            found = iter(self._sorted(list(found), order, read))
        return list(islice(found, offset, offset + limit))

    def comparable(self, name: str, value: Any) -> Any:
        """A value of a row as it is compared."""
        return epoch_ms(value) if name in self._times else value

    def _candidates(
        self, conditions: list[dict[str, Any]], zone: ZoneInfo
    ) -> tuple[Iterator[Record], str | None]:
        """The fewest rows that an order narrows the question to, and the field they are in."""
        best: tuple[int, Callable[[], Iterator[Record]], str | None] = (
            len(self._rows) + 1,
            lambda: iter(self._rows),
            None,
        )
        for condition in conditions:
            name, operator = condition["name"], condition["operator"]
            if operator == "IS_NULL":
                rows = self._nulls(name)
                if len(rows) < best[0]:
                    best = (len(rows), partial(iter, rows), self._id)
        for name in {c["name"] for c in conditions if c["operator"] in (*_RANGES, "IS_NOT_NULL")}:
            if name not in self._times and name != self._id:
                continue
            keys, ordered = self._order(name)
            low, high = 0, len(keys)
            for c in conditions:
                if c["name"] == name and c["operator"] in _RANGES:
                    bound = self._bound(name, c["value"][0], zone)
                    if c["operator"] in ("GTE", "EQ"):
                        low = max(low, bisect_left(keys, (bound, "")))
                    if c["operator"] == "GT":
                        low = max(low, bisect_left(keys, (bound, _LAST)))
                    if c["operator"] == "LT":
                        high = min(high, bisect_left(keys, (bound, "")))
                    if c["operator"] in ("LTE", "EQ"):
                        high = min(high, bisect_left(keys, (bound, _LAST)))
            if max(0, high - low) < best[0]:
                best = (
                    max(0, high - low),
                    partial(islice, ordered, low, high),
                    name,
                )
        return best[1](), best[2]

    def _order(self, name: str) -> tuple[list[tuple[Any, str]], list[Record]]:
        if name not in self._orders:
            pairs = sorted(
                (
                    ((self.comparable(name, row[name]), row[self._id]), row)
                    for row in self._rows
                    if row.get(name) is not None
                ),
                key=lambda pair: pair[0],
            )
            self._orders[name] = ([key for key, _ in pairs], [row for _, row in pairs])
        return self._orders[name]

    def _nulls(self, name: str) -> list[Record]:
        if name not in self._without:
            rows = [row for row in self._rows if row.get(name) is None]
            self._without[name] = sorted(rows, key=lambda row: row[self._id])
        return self._without[name]

    def _sorted(
        self, rows: list[Record], order: list[tuple[str, bool]], read: Read
    ) -> list[Record]:
        for name, descends in reversed(order):
            held = [row for row in rows if read(row, name) is not None]
            lacking = [row for row in rows if read(row, name) is None]
            held.sort(key=lambda row: self.comparable(name, read(row, name)), reverse=descends)
            rows = held + lacking
        return rows

    def _bound(self, name: str, value: Any, zone: ZoneInfo) -> Any:
        if name not in self._times:
            return value
        if not _TIME.fullmatch(str(value)):
            raise Refused("GSOBJ_1005", f"Invalid dateTime format ({name}= {value})")
        local = datetime.strptime(value, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)
        return int(local.timestamp() * 1000)

    def _test(
        self, condition: dict[str, Any], zone: ZoneInfo, read: Read
    ) -> Callable[[Record], bool]:
        name, operator = condition["name"], condition["operator"]
        if operator in ("IS_NULL", "IS_NOT_NULL"):
            return lambda row: (read(row, name) is None) == (operator == "IS_NULL")
        wanted = [self._bound(name, value, zone) for value in condition["value"]]
        compare = _COMPARISONS.get(operator)
        if compare is None:
            raise Refused("GSOBJ_1012", f"Invalid operator {operator}")

        def test(row: Record) -> bool:
            held = self.comparable(name, read(row, name))
            return held is not None and compare(held, wanted)

        return test


_COMPARISONS: dict[str, Callable[[Any, list[Any]], bool]] = {
    "EQ": lambda held, wanted: held == wanted[0],
    "NE": lambda held, wanted: held != wanted[0],
    "GT": lambda held, wanted: held > wanted[0],
    "GTE": lambda held, wanted: held >= wanted[0],
    "LT": lambda held, wanted: held < wanted[0],
    "LTE": lambda held, wanted: held <= wanted[0],
    "IN": lambda held, wanted: held in wanted,
    "NOT_IN": lambda held, wanted: held not in wanted,
    "CONTAINS": lambda held, wanted: str(wanted[0]).lower() in str(held).lower(),
    "BTW": lambda held, wanted: wanted[0] <= held <= wanted[1],
}


def parsed_where(where: Any) -> list[dict[str, Any]]:
    """The conditions of a `where`, all of which must hold; only AND is spoken here."""
    if where is None:
        return []
    conditions = where.get("conditions") or []
    aliases = [condition.get("alias") for condition in conditions]
    said = [word for word in re.split(r"\s+", where.get("expression") or "") if word]
    if said != " AND ".join(map(str, aliases)).split():
        raise Refused("GSOBJ_1013", f"Invalid expression {where.get('expression')}")
    return conditions
