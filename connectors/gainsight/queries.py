"""Reading an object of the data model: every row, or what changed, in an order that holds.

Belongs here: the query API's requests and the order of reading. Does not: which fields, or what
is remembered from one night to the next.

Rows that are edited while they are read move to the end of an order by their last change, so
counting rows from the start (`offset`) skips others. Instead each request begins where the last
one's order ended. Filters know whole seconds only, and no OR: so the second in which a page ends
is read again with the next page, and one that fills a page is read by identifier.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from connectors.errors import PermanentSourceError
from connectors.gainsight.replies import records_in
from connectors.gainsight.times import filter_time, moment, whole_second
from connectors.http.client import Client
from connectors.http.message import Request
from connectors.http.records import field_reader

_PATH = "v1/data/objects/query/"
_SECOND = timedelta(seconds=1)

Condition = tuple[str, str, Sequence[str]]
"""A field, an operator, and its values."""


@dataclass(frozen=True)
class Position:
    """How far a read by last change has come: all before `second` is read.

    `after` is the identifier up to which the second itself is read; None: not begun; empty:
    it is to be read by identifier, from the first on.
    """

    second: datetime
    after: str | None = None


@dataclass(frozen=True)
class Query:
    """Questions about one object: its fields, its identifier, and how many rows at a time."""

    client: Client
    object_name: str
    select: tuple[str, ...]
    id_field: str
    size: int
    zone: ZoneInfo

    def ask(self, conditions: Sequence[Condition], order: Sequence[str]) -> list[bytes]:
        """The first rows that meet all the conditions. Raises `SourceError`."""
        aliases = [chr(ord("A") + number) for number in range(len(conditions))]
        where = {
            "conditions": [
                {"name": name, "alias": alias, "value": list(values), "operator": operator}
                for alias, (name, operator, values) in zip(aliases, conditions, strict=True)
            ],
            "expression": " AND ".join(aliases),
        }
        return records_in(
            self.client.send(
                Request(
                    _PATH + self.object_name,
                    method="POST",
                    json={
                        "select": list(self.select),
                        "where": where,
                        "orderBy": dict.fromkeys(order, "asc"),
                        "limit": self.size,
                        "offset": 0,
                    },
                )
            )
        )

    def by_id(self, *conditions: Condition) -> Iterator[list[bytes]]:
        """All rows that meet the conditions, by identifier."""
        after = ""
        while True:
            rows = self.ask([*conditions, self._beyond(after)], [self.id_field])
            yield rows
            if len(rows) < self.size:
                return
            after = self._last_id(rows, after)

    def by_change(
        self, field: str, start: Position | None
    ) -> Iterator[tuple[list[bytes], Position | None]]:
        """Rows in the order of `field`, from `start` on, and how far that brought us.

        None as position: it was the last page. Rows without a time are not among them. Raises
        `PermanentSourceError` when the tenant reads times in another zone than configured.
        """
        position, anchor, is_last = start, None, False
        seconds = _Seconds(field)
        while not is_last:
            if position is not None and position.after is not None:
                rows, position = self._within_second(field, position)
                anchor = None
                yield rows, position
                continue
            rows = self.ask(self._from(field, position), [field, self.id_field])
            if anchor is not None and position is not None:
                self._require_same_zone(field, position.second, anchor, rows)
            is_last = len(rows) < self.size
            if is_last:
                yield rows, None
                continue
            last = seconds.of(rows[-1])
            if position is not None and last < position.second:
                raise self._another_zone(position.second)
            if position is not None and last == position.second:
                position = Position(last, after="")
                continue
            anchor = self.id_of(rows[-1])
            position = Position(last)
            yield [row for row in rows if seconds.of(row) < last], position

    def id_of(self, row: bytes) -> str:
        """A row's identifier. Raises `PermanentSourceError` for a row without."""
        value = self._read_id(row)
        if not isinstance(value, str) or not value:
            raise PermanentSourceError(
                f"{self.object_name}: a row has no {self.id_field}, so that reading cannot go on "
                "from it. Ask Gainsight's support about such rows"
            )
        return value

    @cached_property
    def _read_id(self) -> Callable[[bytes], object]:
        return field_reader(self.id_field)

    def _beyond(self, after: str) -> Condition:
        return (self.id_field, "GT", [after]) if after else (self.id_field, "IS_NOT_NULL", [])

    def _from(self, field: str, position: Position | None) -> list[Condition]:
        if position is None:
            return [(field, "IS_NOT_NULL", [])]
        return [(field, "GTE", [filter_time(position.second, self.zone)])]

    def _within_second(self, field: str, position: Position) -> tuple[list[bytes], Position]:
        second, after = position.second, position.after or ""
        rows = self.ask(
            [
                (field, "GTE", [filter_time(second, self.zone)]),
                (field, "LT", [filter_time(second + _SECOND, self.zone)]),
                self._beyond(after),
            ],
            [self.id_field],
        )
        if len(rows) < self.size:
            return rows, Position(second + _SECOND)
        return rows, Position(second, after=self._last_id(rows, after))

    def _last_id(self, rows: list[bytes], before: str) -> str:
        """Where a page by identifier ends; it must be beyond the end of the one before."""
        last = self.id_of(rows[-1])
        if last == before:
            raise PermanentSourceError(
                f"{self.object_name}: the tenant gives the same page again and again; reading "
                f"would never end. Ask Gainsight's support about filters on {self.id_field}"
            )
        return last

    def _require_same_zone(
        self, field: str, second: datetime, anchor: str, rows: list[bytes]
    ) -> None:
        """The second that ended the last page must begin this one, unless its rows changed."""
        seconds = _Seconds(field)
        first = min((seconds.of(row) for row in rows), default=None)
        if first == second:
            return
        if first is None or first > second:
            known = self.ask([(self.id_field, "EQ", [anchor])], [self.id_field])
            if not any(seconds.of(row) == second for row in known):
                return
        raise self._another_zone(second)

    def _another_zone(self, second: datetime) -> PermanentSourceError:
        return PermanentSourceError(
            f"{self.object_name}: asked for changes from {filter_time(second, self.zone)} on, the "
            "tenant answers from another time on. Set filter_time_zone in sources.yaml to the "
            "zone of the tenant (Gainsight: Administration > Application Settings)"
        )


class _Seconds:
    """Reads the second in which a row changed."""

    def __init__(self, field: str) -> None:
        self._field, self._read = field, field_reader(field)

    def of(self, row: bytes) -> datetime:
        at = moment(self._read(row))
        if at is None:
            raise PermanentSourceError(
                f"a row's {self._field} cannot be read as a time, so that reading cannot go on "
                "from it. Name another field as timeline_cursor, or ask Gainsight's support"
            )
        return whole_second(at)
