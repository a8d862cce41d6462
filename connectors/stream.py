"""What a stream is, and what a connector must offer to have its streams read.

Belongs here: the declaration of a stream and the contract between a source and whoever lands
its records. Does not: any vendor's particulars.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from connectors.landing import LandingWriter


class Deletes(StrEnum):
    """How a stream lets us see that a record is gone."""

    FLAG = "flag"
    """Deleted records are still listed, with a flag."""
    FEED = "feed"
    """A separate stream names the deleted records."""
    SNAPSHOT = "snapshot"
    """A full read is compared with what was there before: what is missing was deleted."""
    NEVER = "never"
    """Records are never deleted, or nothing tells."""


@dataclass(frozen=True)
class Stream:
    """One list of records of a source.

    `key` names the payload fields that identify a record; with no key, a record is identified
    by its whole content. `entity` is the canonical entity it feeds directly, if any.
    """

    name: str
    description: str
    key: tuple[str, ...] = ()
    entity: str | None = None
    is_full_read: bool = True
    deletes: Deletes = Deletes.SNAPSHOT


@dataclass(frozen=True)
class ReadResult:
    """What a completed read of a stream says about itself, beside its records.

    `cursor` is where the next read resumes; it is stored in the same transaction as the records.
    `columns` are the payload fields the source carries, also those that are empty in every
    record, in the source's order. `origin` says where the records came from (a file's name and
    hash, a request window); it must hold no secret.
    """

    cursor: str | None
    columns: tuple[str, ...]
    origin: dict[str, Any] = field(default_factory=dict)
    api_version: str | None = None


class Source(Protocol):
    """A connected system: its streams, and how to read one."""

    name: str
    kind: str

    @property
    def streams(self) -> Sequence[Stream]:
        """All streams that the configuration asks for; known without a connection."""
        ...

    def extract(
        self, stream: Stream, cursor: str | None, landing: LandingWriter
    ) -> ReadResult | None:
        """Read `stream` from `cursor` on, writing each record to `landing`.

        Returns None when nothing changed since `cursor`, in which case nothing was written.
        Raises `SourceError`.
        """
        ...
