"""Queries as text, and times as queries and states write them.

Belongs here: the one shape of query that streams need. Does not: asking it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

MOMENT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Query:
    """Fields of an object, by the time of change in `changed_in`."""

    object: str
    fields: Sequence[str]
    changed_in: str

    def everything(self) -> str:
        """All records, in no order."""
        return f"SELECT {', '.join(self.fields)} FROM {self.object}"  # noqa: S608 (no database)

    def changed(self, since: datetime | None, until: datetime | None) -> str:
        """Records that changed from `since` on and before `until`, in the order of change."""
        bounds = [
            f"{self.changed_in} {operator} {moment_text(bound)}"
            for operator, bound in ((">=", since), ("<", until))
            if bound is not None
        ]
        where = f" WHERE {' AND '.join(bounds)}" if bounds else ""
        return f"{self.everything()}{where} ORDER BY {self.changed_in} ASC"

    def count(self) -> str:
        """How many records there are."""
        return f"SELECT COUNT() FROM {self.object}"  # noqa: S608 (no database)


def moment(text: str) -> datetime:
    """A time as records (2026-01-05T09:00:00.000+0000, or with Z in bulk) and states write it.

    Cut to the second: a bound that is a little early costs an overlap, a late one a record.
    """
    return datetime.fromisoformat(text).astimezone(UTC).replace(microsecond=0)


def moment_text(when: datetime) -> str:
    """A time as queries and states write it."""
    return when.astimezone(UTC).strftime(MOMENT)
