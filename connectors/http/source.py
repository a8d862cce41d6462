"""The frame of every source that speaks HTTP: what a vendor's reader is put into.

Belongs here: opening the client when a run needs it, landing the pages that a reader gives,
storing a long read in steps, progress, naming the stream in errors. Does not: asking (client), or
what to ask for (each vendor's `read`).
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar, Generic, TypeVar

import msgspec

from connectors.errors import CursorExpired, NotPermitted, SourceError
from connectors.http.client import Client, Patience
from connectors.http.clock import Clock
from connectors.http.message import Reply
from connectors.http.records import is_object
from connectors.http.settings import ApiSettings
from connectors.landing import LandingWriter
from connectors.secrets import is_reference, resolve
from connectors.stream import ReadResult, Scope, Stream

PROGRESS_EVERY = timedelta(seconds=10)

_S = TypeVar("_S", bound=ApiSettings)

State = dict[str, Any]
"""Where a stream's next read goes on: a small JSON object, kept as the stream's cursor."""

log = logging.getLogger("cs_coverage")


@dataclass(frozen=True)
class Page:
    """Some records, and what is known once they are landed.

    `state` says where the next read would go on if this one ended here; None: it cannot end here.
    `everything` is set on the last page of a read that listed all there is (all within `scope`).
    With `ends_step` all up to here is stored, also where it is everything within `scope`, and the
    read goes on from `state` at once, as a new read: so that a failure later on costs nothing.
    """

    records: Sequence[bytes] = ()
    state: State | None = None
    everything: bool = False
    scope: Scope | None = None
    ends_step: bool = False


@dataclass(frozen=True)
class Reading:
    """One read of one stream, as a vendor's reader is told of it.

    `state` is what the last read left, None before the first. With `is_probe` a first page is
    enough. `page_size` is the configured one, or None.
    """

    stream: Stream
    state: State | None
    started_at: datetime
    page_size: int | None = None
    is_probe: bool = False


class ApiSource(ABC, Generic[_S]):
    """A source over HTTP. A vendor gives `kind`, `api_version`, `connect` and `read`."""

    kind: ClassVar[str]
    api_version: ClassVar[str | None] = None

    def __init__(self, name: str, settings: _S, base_dir: Path, clock: Clock | None = None) -> None:
        self.name = name
        self.settings = settings
        self.clock = clock or Clock()
        self._base_dir = base_dir
        self._opening = Lock()

    @abstractmethod
    def connect(self) -> Client:
        """The client, with its secrets resolved; called once, when a run first needs it."""

    @abstractmethod
    def read(self, reading: Reading) -> Iterator[Page]:
        """The pages of a stream. Raises `SourceError`; `CursorExpired` starts it from nothing."""

    @property
    def streams(self) -> Sequence[Stream]:
        """The streams that the configuration asks for, in the order they are declared."""
        wanted = self.settings.streams
        return [s for s in self.settings.all_streams if wanted is None or s.name in wanted]

    @property
    def client(self) -> Client:
        """The open client."""
        with self._opening:
            return self._client

    @cached_property
    def _client(self) -> Client:
        return self.connect()

    def extract(
        self, stream: Stream, cursor: str | None, landing: LandingWriter
    ) -> ReadResult | None:
        """Land what is new in `stream` since `cursor`; see `Source`."""
        state = msgspec.json.decode(cursor, type=State) if cursor else None
        with self._named(stream):
            try:
                return self._land(self._reading(stream, state), landing)
            except CursorExpired as expired:
                if landing.records or state is None:
                    raise
                log.warning("%s.%s: %s; reading everything", self.name, stream.name, expired)
                return self._land(self._reading(stream, None), landing)

    def probe(self, stream: Stream, landing: LandingWriter) -> ReadResult | None:
        """Land a first page of `stream`; see `Source`."""
        with self._named(stream):
            return self._land(self._reading(stream, None, is_probe=True), landing)

    def secret(self, value: str, key: str) -> str:
        """The secret that `value` refers to; `key` is its place below this source."""
        return resolve(value, self._where(key), self._base_dir)

    def plain_or_secret(self, value: str, key: str) -> str:
        """The value as written, or what it refers to: for names that need not be secret."""
        return self.secret(value, key) if is_reference(value) else value

    @property
    def patience(self) -> Patience:
        """How much trouble the settings allow a request."""
        s = self.settings
        return Patience(s.attempts, s.max_wait_minutes * 60, s.connect_timeout_s, s.read_timeout_s)

    def full_read_due(self, last_full_read_at: str | None, now: datetime) -> bool:
        """Whether `full_read_every_days` have passed since the last full read (ISO text)."""
        days = self.settings.full_read_every_days
        if last_full_read_at is None or days is None:
            return last_full_read_at is None
        return now - datetime.fromisoformat(last_full_read_at) >= timedelta(days=days)

    def _where(self, key: str) -> str:
        return f"sources.{self.name}.{key} in sources.yaml"

    def _reading(self, stream: Stream, state: State | None, is_probe: bool = False) -> Reading:
        return Reading(stream, state, self.clock.now(), self.settings.page_size, is_probe)

    def _land(self, reading: Reading, landing: LandingWriter) -> ReadResult | None:
        stream, state = reading.stream, reading.state
        last = Page()
        is_complete = True
        progress = _Progress(f"{self.name}.{stream.name}", self.clock)
        pages = self.read(reading)
        for page in pages:
            self._write(page.records, landing)
            progress.show(landing.records)
            last, state = page, page.state if page.state is not None else state
            if reading.is_probe:
                break
            if self._is_step(landing.records, page, reading):
                is_complete = not (page.ends_step or _has_more(pages))
                break
        if not (landing.records or landing.rejected or last.everything) and state == reading.state:
            return None
        return ReadResult(
            cursor=msgspec.json.encode(state, order="sorted").decode() if state else None,
            columns=(),
            origin={"base_url": self.settings.base_url, "read_on_from": reading.state},
            api_version=self.api_version,
            is_full_read=last.everything,
            scope=last.scope,
            is_complete=is_complete,
        )

    def _is_step(self, records: int, page: Page, reading: Reading) -> bool:
        """Whether to store what there is and read on later: never without having moved on."""
        is_long = records >= self.settings.records_per_batch and not page.everything
        moved_on = page.state is not None and page.state != reading.state
        return moved_on and (is_long or page.ends_step)

    def _write(self, records: Sequence[bytes], landing: LandingWriter) -> None:
        if all(map(is_object, records)):
            landing.write(records)
            return
        for record in records:
            if is_object(record):
                landing.write([record])
            else:
                landing.reject(
                    text=record.decode(errors="replace"),
                    position=landing.records + landing.rejected + 1,
                    reason="not a JSON object",
                )

    def _named(self, stream: Stream) -> _NamedErrors:
        return _NamedErrors(self.name, stream)


class _NamedErrors:
    """Puts the stream, and what it needs, in front of what went wrong."""

    def __init__(self, source: str, stream: Stream) -> None:
        self._source, self._stream = source, stream

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if not isinstance(error, SourceError) or kind is None:
            return
        needs = (
            f" This stream needs {self._stream.permission}."
            if isinstance(error, NotPermitted) and self._stream.permission
            else ""
        )
        words = str(error).rstrip(".")
        raise type(error)(f"{self._source}.{self._stream.name}: {words}.{needs}") from None


@dataclass
class _Progress:
    """Says now and then how far a read has come."""

    name: str
    clock: Clock
    shown_at: float = field(init=False)

    def __post_init__(self) -> None:
        self.shown_at = self.clock.monotonic()

    def show(self, records: int) -> None:
        now = self.clock.monotonic()
        if now - self.shown_at >= PROGRESS_EVERY.total_seconds():
            self.shown_at = now
            log.info("%s: %s records so far", self.name, f"{records:,}")


def _has_more(pages: Iterator[Page]) -> bool:
    """Whether a page follows. It is read again by the step that goes on from here.

    Without this look, a last page that fills a step would be followed by a step that begins
    where the next night would: with the overlap again, and so for ever.
    """
    try:
        return next(pages, None) is not None
    except SourceError:
        return True  # what there is can be stored; the step that goes on meets the error again


def first_text(*places: tuple[str | int, ...]) -> Callable[[Reply], str | None]:
    """A `Client.describe`: the text at the first of the places that an error reply has."""

    def describe(reply: Reply) -> str | None:
        for place in places:
            if isinstance(text := reply.at(*place), str) and text:
                return text
        return None

    return describe


def text_of(state: Mapping[str, Any] | None, key: str) -> str | None:
    """A text in a state, or None."""
    value = (state or {}).get(key)
    return value if isinstance(value, str) else None
