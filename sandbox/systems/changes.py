"""How records change: what a system holds of something true, from one instant to the next.

Belongs here: the life of a record, and the changes that it makes of it. Does not: any system.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar, overload

Record = dict[str, Any]
T = TypeVar("T")

_MORNING = time(8, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happens in a system at an instant.

    `action` is put (the record is created or replaced), delete, or merge (the record becomes part
    of the one whose key is `into`). `source` is a source's name, `stream` one of its streams or,
    of spreadsheets, an entity.
    """

    at: datetime
    source: str
    stream: str
    action: str
    key: str
    record: Record | None = None
    into: str | None = None


@dataclass(frozen=True, slots=True)
class Life:
    """A record, and the instants at which it changes, the first of them its creation.

    `render` gives the record as it is from an instant on. At `deleted_at` it is deleted, at
    `merged_at` it becomes part of the record with the key `merged_into`. The past of a record
    that `is_replayed` cannot be put in by its last state alone, as a merge depends on it.
    """

    source: str
    stream: str
    key: str
    instants: tuple[datetime, ...]
    render: Callable[[datetime], Record]
    deleted_at: datetime | None = None
    merged_at: datetime | None = None
    merged_into: str | None = None
    is_replayed: bool = False

    @property
    def end_at(self) -> datetime | None:
        """When the record ends, if it does."""
        return self.deleted_at or self.merged_at

    def moments(self) -> tuple[datetime, ...]:
        """When anything happens to it: none where it would end before it begins."""
        end = self.end_at
        if end is None:
            return self.instants
        if end <= self.instants[0]:
            return ()
        return (*(each for each in self.instants if each < end), end)

    def seen(self, now: datetime) -> Record | None:
        """The record as it is just before an instant; None if it is not there."""
        past = [at for at in self.moments() if at < now]
        return None if not past or past[-1] == self.end_at else self.render(past[-1])

    def change(self, at: datetime) -> Change:
        """What happens at one of its moments."""
        if at != self.end_at:
            return Change(at, self.source, self.stream, "put", self.key, self.render(at))
        action = "delete" if self.deleted_at is not None else "merge"
        return Change(at, self.source, self.stream, action, self.key, into=self.merged_into)


def instants(first: datetime, *others: datetime | None) -> tuple[datetime, ...]:
    """The instants of a life, in order, none before its first."""
    later = {each for each in others if each is not None and each > first}
    return (first, *sorted(later))


@overload
def morning(day: date) -> datetime: ...
@overload
def morning(day: None) -> None: ...
@overload
def morning(day: date | None) -> datetime | None: ...
def morning(day: date | None) -> datetime | None:
    """When what holds from a day on is written down, if nothing says more: that morning."""
    return None if day is None else datetime.combine(day, _MORNING)


def known(value: T, since: datetime | None, now: datetime) -> T | None:
    """A value that is known since an instant, or None before it."""
    return value if since is not None and since <= now else None


def same(record: Record, at: datetime) -> Record:
    """What never changes."""
    return record
