"""Reading sources ahead of loading: threads that land while the main thread loads.

Belongs here: which streams are read at the same time, and handing over what landed in order.
Does not: how a stream is read (connectors/) or what is done with a batch (loading).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from queue import Empty, SimpleQueue
from time import monotonic

from connectors.landing import LandingWriter
from connectors.manifest import Manifest
from connectors.stream import Stream
from pipelines.clock import now
from pipelines.home import Home
from pipelines.sources import OpenSource


@dataclass(frozen=True)
class Errand:
    """What a run brings from a stream: where it is landed, in whose name, from which cursor on."""

    home: Home
    opened: OpenSource
    stream: Stream
    run_id: str
    cursor: str | None
    accept_short_read: bool = False


def landed(errand: Errand, stopped: threading.Event | None = None) -> Iterator[Manifest]:
    """Every batch of a read, as it lands; none where nothing changed.

    Goes on from batch to batch until the source says that the read is complete. Raises
    `SourceError`.
    """
    source, settings = errand.opened.source, errand.opened.settings
    cursor, before = errand.cursor, None
    for step in count():
        with LandingWriter(
            errand.home.landing,
            source=source.name,
            kind=source.kind,
            stream=errand.stream,
            run_id=errand.run_id,
            extracted_at=now(),
            max_shrink=settings.max_shrink,
            max_quarantined=settings.max_quarantined,
            accept_short_read=errand.accept_short_read,
            after_batch=before,
            step=step,
            stopped=stopped,
        ) as landing:
            result = source.extract(errand.stream, cursor, landing)
            if result is None:
                return
            manifest = landing.commit(result)
        yield manifest
        if result.is_complete:
            return
        cursor, before = result.cursor, manifest.batch_id


@dataclass
class _Underway:
    """A read that has begun: what it landed, in order; then None, or the error that ended it."""

    outcomes: SimpleQueue[Manifest | BaseException | None] = field(default_factory=SimpleQueue)
    stopped: threading.Event = field(default_factory=threading.Event)
    seconds: float | None = None


class ReadAhead:
    """Reads of many streams at once: all sources side by side, each with its own concurrency.

    Leaving the context abandons what is still under way.
    """

    def __init__(self) -> None:
        self._underway: dict[tuple[str, str], _Underway] = {}

    def __enter__(self) -> ReadAhead:
        return self

    def __exit__(self, *error: object) -> None:
        for read in self._underway.values():
            read.stopped.set()

    def begin(self, errands: Sequence[Errand]) -> None:
        """Start reading, in the order given within each source."""
        by_source: dict[str, SimpleQueue[tuple[Errand, _Underway]]] = {}
        workers: dict[str, int] = {}
        for errand in errands:
            name = errand.opened.source.name
            read = self._underway[name, errand.stream.name] = _Underway()
            by_source.setdefault(name, SimpleQueue()).put((errand, read))
            workers[name] = errand.opened.concurrency
        for name, waiting in by_source.items():
            for number in range(min(workers[name], waiting.qsize())):
                # A daemon: a read that nobody waits for any more must not keep the process.
                threading.Thread(
                    target=_work_off, args=(waiting,), name=f"{name}-{number}", daemon=True
                ).start()

    @property
    def has_begun(self) -> bool:
        """Whether any stream is being read, or was."""
        return bool(self._underway)

    def is_reading(self, source: str, stream: str) -> bool:
        """Whether this stream is being read, or was."""
        return (source, stream) in self._underway

    def seconds(self, source: str, stream: str) -> float | None:
        """How long reading this stream took; None while it goes on."""
        return self._underway[source, stream].seconds

    def batches(self, source: str, stream: str) -> Iterator[Manifest]:
        """What a stream lands, as it lands. Closing the iterator stops the read.

        Raises what the read raised.
        """
        read = self._underway[source, stream]
        try:
            while (outcome := read.outcomes.get()) is not None:
                if isinstance(outcome, BaseException):
                    raise outcome
                yield outcome
        finally:
            read.stopped.set()


def _work_off(waiting: SimpleQueue[tuple[Errand, _Underway]]) -> None:
    while True:
        try:
            errand, read = waiting.get_nowait()
        except Empty:
            return
        began_at = monotonic()
        end: BaseException | None = None
        try:
            for manifest in landed(errand, read.stopped):
                read.outcomes.put(manifest)
        except BaseException as error:
            end = error
        read.seconds = monotonic() - began_at
        read.outcomes.put(end)
