"""What the modules of all systems share: the instant at which systems are read, and how rows look.

Belongs here: shapes. Does not: any system.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar

from oracle.identity import AccountRecord
from oracle.world import Row

Said = Iterator[tuple[str, Row]]
"""Entities and records of them."""

Accounts = Iterator[tuple[AccountRecord, Row]]
"""Records of customers: who they say they are, and what they say of them."""

T = TypeVar("T")


@dataclass(frozen=True)
class Reading:
    """Systems are read at `now`; what was written down later is not in them.

    `account_ids` tells which account a record of a source is taken for, by source and its own id.
    `before` is when they were read the last time, if they were.
    """

    now: datetime
    account_ids: Mapping[tuple[str, str], str]
    before: datetime | None = None

    def has(self, since: datetime | None, until: datetime | None = None) -> bool:
        """Whether what was written down at one instant, and removed at another, is there."""
        return since is not None and since < self.now and (until is None or self.now <= until)

    def had(self, since: datetime, until: datetime | None) -> bool:
        """Whether what is gone by now was there when systems were read the last time."""
        is_gone = until is not None and until < self.now
        return (
            is_gone and self.before is not None and replace(self, now=self.before).has(since, until)
        )

    def known(self, value: T, since: datetime | None) -> T | None:
        """What is written down since an instant; nothing before."""
        return value if self.has(since) else None


def word(text: str) -> str:
    """A kind as the vocabulary writes it: "Health assessment" is health_assessment."""
    return re.sub(r"[\s_-]+", "_", text.lower())


def listed(values: tuple[str, ...]) -> list[str] | None:
    """A list; None where it is empty."""
    return list(values) or None


def utc_day(instant: datetime) -> date:
    """The day of an instant as systems write it down."""
    return instant.date()


def once_noted(at: datetime | None, recorded_at: datetime) -> datetime | None:
    """When a record says what came after a meeting: not before the meeting itself is noted."""
    return at and max(at, recorded_at)
