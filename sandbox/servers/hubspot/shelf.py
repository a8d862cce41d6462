"""The records of one type of object, in the orders in which HubSpot lists and finds them.

Belongs here: storage. Does not: wire formats.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable
from datetime import datetime
from typing import Any

Record = dict[str, Any]


class Shelf:
    """Live and archived records by id, and what each is associated with."""

    def __init__(self, records: dict[str, Record]) -> None:
        self.records = records
        self.live: list[int] = []
        self.archived: list[int] = []
        self.links: dict[tuple[str, str], list[Record]] = {}
        self.indexed_at: dict[str, datetime] = {}
        self._changes = 0
        self._found: tuple[Any, list[int]] = (None, [])

    def place(self, record: Record, now: datetime) -> None:
        """File a new or changed record where its `archived` says."""
        number = int(record["id"])
        self.remove(number)
        insort(self.archived if record["archived"] else self.live, number)
        self.records[record["id"]] = record
        self.indexed_at[record["id"]] = now

    def remove(self, number: int) -> None:
        """Take an id out of the lists, if it is there."""
        self._changes += 1
        for ids in (self.live, self.archived):
            place = bisect_left(ids, number)
            if place < len(ids) and ids[place] == number:
                del ids[place]

    def page(self, after: int, limit: int, *, archived: bool) -> tuple[list[Record], bool]:
        """The records with ids past `after`, and whether there are more."""
        ids = self.archived if archived else self.live
        start = bisect_right(ids, after)
        chosen = ids[start : start + limit]
        return [self.records[str(each)] for each in chosen], start + limit < len(ids)

    def found(self, question: Any, passes: Callable[[Record], bool]) -> list[int]:
        """Ids of the live records that pass, in order; the answer to the same question is kept."""
        asked = (question, self._changes)
        if self._found[0] != asked:
            chosen = [each for each in self.live if passes(self.records[str(each)])]
            self._found = (asked, chosen)
        return self._found[1]
