"""What one night is a function of: its day, its settings, and what its sources say.

Belongs here: the shapes that the oracle's modules share, and local days. Does not: what anything
means.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]
"""A record of an entity of the vocabulary, or a row of a table: values by column.

What is not in it, or None, is unknown. Records name their `source_name` and, in `account_id`, the
account that is meant, by the id that every table calls it by.
"""


@dataclass(frozen=True)
class Source:
    """A connected system: `carries` are the fields that it can fill, by entity."""

    name: str
    kind: str
    carries: Mapping[str, tuple[str, ...]]
    defines_accounts: bool = True


@dataclass(frozen=True)
class World:
    """A night: `sources` in the order of sources.yaml, `said` what they say by entity.

    `first_for` names, for a field ("users.role"), sources that go before the others.
    `gone` are records of accounts that a source has no more, by it and its own id: which account
    they are, and how that was found.
    `left_out` are records that make none of an entity: (source, entity, reason) to their keys.
    """

    as_of: date
    config_version: str
    time_zone: str
    currency: str
    rates: Mapping[str, float]
    sources: tuple[Source, ...]
    said: Mapping[str, list[Row]] = field(default_factory=dict)
    first_for: Mapping[str, Sequence[str]] = field(default_factory=dict)
    gone: Mapping[tuple[str, str], tuple[str | None, str]] = field(default_factory=dict)
    left_out: Mapping[tuple[str, str, str], list[str]] = field(default_factory=dict)

    def place(self, source: str) -> int:
        """Where a source stands in sources.yaml: who comes first is believed first."""
        return [s.name for s in self.sources].index(source)

    def rank(self, source: str) -> tuple[bool, int]:
        """The same among accounts, where sources that define none come after all that do."""
        place = self.place(source)
        return not self.sources[place].defines_accounts, place

    def carried(self, source: str, entity: str) -> tuple[str, ...]:
        """The fields of an entity that a source carries."""
        return self.sources[self.place(source)].carries.get(entity, ())

    def is_carried(self, entity: str, name: str | None = None) -> bool:
        """Whether any source carries an entity, or a field of it."""
        return any(
            fields and (name is None or name in fields)
            for fields in (s.carries.get(entity, ()) for s in self.sources)
        )

    def rate(self, currency: str | None) -> float | None:
        """Constant rate to the reporting currency; None where the settings give none."""
        return 1.0 if currency == self.currency else self.rates.get(currency or "")

    def stamped(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Rows with the two columns that every public table ends with."""
        for row in rows:
            yield {**row, "as_of_date": self.as_of, "config_version": self.config_version}


def local_day(instant: datetime, time_zone: str) -> date:
    """The day on which an instant falls, where `time_zone` is."""
    return instant.astimezone(ZoneInfo(time_zone)).date()
