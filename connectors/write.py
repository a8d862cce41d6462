"""What a connector offers whose records can be written to: fields of an account's record.

Belongs here: the contract between a writer and whoever decides what is written. Does not: any
vendor's particulars, or that decision.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Value = str | int | float | bool | None
"""What a field is set to; a day is written like 2026-05-04, several words are joined by `;`."""


@dataclass(frozen=True)
class Held:
    """A record as the vendor has it now: the fields asked for, by name.

    `obstacle` says why it cannot be written to, where that shows before trying.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    obstacle: str | None = None


@dataclass(frozen=True)
class Write:
    """Fields of one record, and what they are to be. None empties a field."""

    key: str
    fields: Mapping[str, Value]


@dataclass(frozen=True)
class Answer:
    """What became of a write. `problem` holds the vendor's reason; None: it was taken.

    `may_pass`: the same may be taken later, because the record was locked, for one.
    """

    key: str
    problem: str | None = None
    may_pass: bool = False


class Writer(Protocol):
    """Writes to the account records of one source. All its methods raise `SourceError`."""

    batch_size: int

    def field_problems(self, fields: Sequence[str]) -> Mapping[str, str]:
        """The fields that cannot be written to, each with the reason; none where nothing tells."""
        ...

    def held(self, keys: Sequence[str], fields: Sequence[str]) -> Mapping[str, Held]:
        """What the records hold now; those that are not there any more are left out."""
        ...

    def write(self, batch: Sequence[Write]) -> Sequence[Answer]:
        """Set fields of at most `batch_size` records; an answer for each, in any order.

        Sending the same again changes nothing. A `SourceError` leaves unknown which were taken.
        """
        ...


@dataclass(frozen=True)
class Writable:
    """What may be written in a kind of source, and how.

    `stream` reads the same records; `reads` are the fields that the connector reads on its own, so
    that writing them would feed results back into themselves. A field's name must match
    `name_pattern`, which `name_hint` tells in words. `open_writer` takes a source of the kind.
    """

    stream: str
    reads: frozenset[str]
    name_pattern: str
    name_hint: str
    permission: str
    open_writer: Callable[[Any], Writer]

    def name_fault(self, name: str) -> str | None:
        """Why a field of this name is never written; None where it may be."""
        if name in self.reads:
            return f"{name} is read by this source: a result written there would come back as input"
        if not re.fullmatch(self.name_pattern, name):
            return f'"{name}" cannot be written: {self.name_hint}'
        return None
