"""Reading the lists of the cockpit, whose pages come in no order that holds.

Belongs here: asking for days, fitting days to pages, reading what does not fit until nothing is
missing. Does not: what is remembered from one night to the next.

Gainsight documents no order for `pageNumber`: a record may be on two pages, and another on none.
A slice of days that fits one page cannot suffer from that, so slices are halved until they fit.
A single day that does not fit is read again and again, until as many records are known as the
pages had rows. Slices share their last day with the next one's first, since it is not documented
whether `BTW` includes all of the last day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from connectors.errors import PermanentSourceError, TransientSourceError
from connectors.gainsight.replies import records_in, refused_fields
from connectors.gainsight.times import filter_day
from connectors.http.client import Client
from connectors.http.message import Request
from connectors.http.records import field_reader

CHANGED = "ModifiedDate"

_DAY = timedelta(days=1)
_MOST_PASSES = 12
_read_id = field_reader("Gsid")


@dataclass
class Cockpit:
    """One list of the cockpit. Fields that it refuses are not asked for again.

    `required` are those that a person named: refusing one is an error.
    """

    client: Client
    path: str
    size: int
    wanted: Sequence[str]
    required: Sequence[str] = ()
    _select: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self._select = [*self.wanted, *self.required]

    def between(self, first: date, last: date) -> Iterator[tuple[list[bytes], date]]:
        """Records changed in these days, oldest first, and the day up to which that is all."""
        before: set[bytes] = set()
        for records, day in self._slices(first, last):
            yield [record for record in records if record not in before], day
            before = set(records)

    def _slices(self, first: date, last: date) -> Iterator[tuple[list[bytes], date]]:
        """Records by slice; those of the day that two slices share are in both."""
        slices = [(first, last)]
        while slices:
            begin, end = slices.pop()
            condition = _changed_in(begin, end)
            records = self._page(condition, 1)
            if len(records) < self.size:
                yield records, end
            elif end - begin > _DAY:
                middle = begin + (end - begin) // 2
                slices += [(middle, end), (begin, middle)]
            else:
                yield self._settled(condition, records, f"{begin} to {end}"), end

    def unchanged(self) -> list[bytes]:
        """Records without a time of change."""
        condition = {"fieldName": CHANGED, "alias": "A", "value": [], "operator": "IS_NULL"}
        records = self._page(condition, 1)
        if len(records) < self.size:
            return records
        return self._settled(condition, records, f"those without {CHANGED}")

    def _settled(self, condition: Any, records: list[bytes], what: str) -> list[bytes]:
        """The records of several pages, read until none can be missing."""
        known: dict[object, bytes] = {}
        for _ in range(_MOST_PASSES):
            rows, page, number = 0, records or self._page(condition, 1), 1
            records = []
            while page:
                rows += len(page)
                known.update((_read_id(record), record) for record in page)
                number += 1
                page = self._page(condition, number) if len(page) == self.size else []
            if len(known) >= rows:
                return list(known.values())
        raise TransientSourceError(
            f"{self.path}: the pages of {what} came in another order each time, and after "
            f"{_MOST_PASSES} readings {len(known)} of {rows} records are known. Try again at an "
            "hour when fewer CTAs change"
        )

    def _page(self, condition: Any, number: int) -> list[bytes]:
        while True:
            reply = self.client.send(
                Request(
                    self.path,
                    method="POST",
                    json={
                        "select": self._select,
                        "where": {"conditions": [condition], "expression": "A"},
                        "pageSize": self.size,
                        "pageNumber": number,
                    },
                )
            )
            refused = refused_fields(reply)
            if refused is None:
                return records_in(reply)
            self._leave_out(refused)

    def _leave_out(self, refused: str) -> None:
        """Ask no more for what the cockpit does not know; see COCKPIT_5101."""
        names = {word.strip(".[]\"'").lower() for word in re.split(r"[\s,]+", refused)}
        unknown = [name for name in self._select if name.lower() in names]
        needed = [name for name in unknown if name in self.required]
        if needed or not unknown:
            raise PermanentSourceError(
                f'{self.path} refuses the request and says "{refused}". Correct '
                f"{', '.join(needed) or 'the field'} under fields or extra_fields in sources.yaml"
            )
        self._select = [name for name in self._select if name not in unknown]


def _changed_in(begin: date, end: date) -> dict[str, Any]:
    return {
        "fieldName": CHANGED,
        "alias": "A",
        "value": [filter_day(begin), filter_day(end)],
        "operator": "BTW",
    }
