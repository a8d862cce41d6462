"""What a stream is, and what a connector must offer to have its streams read.

Belongs here: the declaration of a stream and the contract between a source and whoever lands
its records. Does not: any vendor's particulars.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from connectors.landing import LandingWriter


class Deletes(StrEnum):
    """How a stream lets us see that a record is gone."""

    FLAG = "flag"
    """Deleted records are still listed, with a flag (`Stream.deleted_when`)."""
    FEED = "feed"
    """A separate stream names the deleted records (its `Stream.names_deleted`); when the log does
    not reach back far enough, a full read stands in for it, as in a snapshot."""
    SNAPSHOT = "snapshot"
    """A full read is compared with what was there before: what is missing was deleted. Between
    full reads, records with a flag may say it earlier (`Stream.deleted_when`)."""
    NEVER = "never"
    """Records are never deleted, or nothing tells."""


@dataclass(frozen=True)
class DeletedWhen:
    """The records that say of themselves that they are deleted.

    They have `value` in the payload field `field`, as text (true, not True); without a `value`,
    anything but null there means deleted (a time of deletion). With `is_bare` such a record holds
    little more than its key, and what was known of it before is kept as its content.
    """

    field: str
    value: str | None = None
    is_bare: bool = False


@dataclass(frozen=True)
class NamesDeleted:
    """How the records of a delete log name what was deleted in other streams of the source.

    `object_field` holds the name of the object, of which `streams` tells the stream;
    `key_field` holds the record's key in that stream.
    """

    object_field: str
    key_field: str
    streams: Mapping[str, str]


@dataclass(frozen=True)
class Scope:
    """The part of a stream that a read covers in full: where `field` has one of `values`.

    Whether so much is missing that the read is not to be believed is asked of what is within the
    scope; where it `is_judged_whole`, of the whole stream.
    """

    field: str
    values: tuple[str, ...]
    is_judged_whole: bool = False


@dataclass(frozen=True)
class Stream:
    """One list of records of a source.

    `key` names the payload fields that identify a record; with no key, a record is identified
    by its whole content. `entity` is the canonical entity it feeds directly, if any; `feeds` are
    the canonical entities of which its records become records (not those that only look something
    up in it), `permission` what a token needs for it, in the
    vendor's words. A stream that `is_optional` may be out of reach (an edition without the
    object, a plan without the feature) without the night being worse for it.
    """

    name: str
    description: str
    key: tuple[str, ...] = ()
    entity: str | None = None
    is_full_read: bool = True
    deletes: Deletes = Deletes.SNAPSHOT
    cursor_field: str | None = None
    deleted_when: DeletedWhen | None = None
    names_deleted: NamesDeleted | None = None
    feeds: tuple[str, ...] = ()
    permission: str | None = None
    is_optional: bool = False


@dataclass(frozen=True)
class ReadResult:
    """What a completed read of a stream says about itself, beside its records.

    `cursor` is where the next read resumes; it is stored in the same transaction as the records.
    `columns` are the payload fields the source carries, also those that are empty in every
    record, in the source's order. `origin` says where the records came from (a file's name and
    hash, a request window); it must hold no secret. `is_full_read` says that this read listed
    everything there is (within `scope`, if given), where the stream itself does not say so. Not
    `is_complete`: there is more to read, from `cursor` on, at once.
    """

    cursor: str | None
    columns: tuple[str, ...]
    origin: dict[str, Any] = field(default_factory=dict)
    api_version: str | None = None
    is_full_read: bool | None = None
    scope: Scope | None = None
    is_complete: bool = True


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
        May be called for several streams at the same time. Raises `SourceError`.
        """
        ...

    def probe(self, stream: Stream, landing: LandingWriter) -> ReadResult | None:
        """Read as little of `stream` as shows that it can be read; for `cs-coverage check`."""
        ...
