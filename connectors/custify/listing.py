"""Turning the pages of a list that changes while it is read.

Belongs here: when a list has ended, and whether records may have slipped from one page to
another unseen. Does not: what is done about it, or with the records.

Pages are numbered. A record that is added in front pushes others onto the next page, where they
are seen again; one that is deleted pulls others onto the page before, where nobody looks again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from connectors.custify.envelope import Answer, own_id

PAGE_SIZE = 50
"""What every list of Custify's allows; some silently cut larger pages down to it."""


def turn_pages(ask: Callable[[int], Answer], size: int) -> Iterator[Answer]:
    """The pages of a list, of which `ask` gives one by its number; `size` were asked for.

    A full page is never the last one, whatever total it states. Where there is no total, only an
    empty page, or one shorter than those before, is the end. A server that gives the same page
    again does not page, and has said all.
    """
    seen = largest = 0
    number, before = 1, None
    while True:
        answer = ask(number)
        if answer.records and answer.records == before:
            return
        yield answer
        length = len(answer.records)
        seen += length
        if _is_last(length, largest, seen, answer.total, size):
            return
        largest = max(largest, length)
        number, before = number + 1, answer.records


def _is_last(length: int, largest: int, seen: int, total: int | None, size: int) -> bool:
    if length == 0:
        return True
    if total is None:
        return length < largest
    return length < min(size, PAGE_SIZE) and seen >= total


@dataclass
class Tally:
    """What one pass through a list has shown of it."""

    ids: set[str] = field(default_factory=set)
    totals: list[int] = field(default_factory=list)

    def count(self, answer: Answer) -> list[bytes]:
        """The records of a page that this pass has not seen before."""
        if answer.total is not None:
            self.totals.append(answer.total)
        fresh = []
        for record in answer.records:
            identity = own_id(record) or record.decode(errors="replace")
            if identity not in self.ids:
                self.ids.add(identity)
                fresh.append(record)
        return fresh

    @property
    def shrank(self) -> bool:
        """Whether records were deleted meanwhile, so that others may have slipped by."""
        return any(later < earlier for earlier, later in pairwise(self.totals))

    @property
    def is_short(self) -> bool:
        """Whether fewer records were seen than the list had when the pass began."""
        return bool(self.totals) and len(self.ids) < self.totals[0]
