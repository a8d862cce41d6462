"""A source of any kind, connected to its made-up system and loaded by the real loader.

Belongs here: serving systems one after the other, reading a stream as a night does, looking at
what became of it, and changing what a system answers. Does not: what any source must do.
"""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

import duckdb
import example_server
import example_source
import msgspec
import pytest
from pydantic import ValidationError

from connectors import registry
from connectors.errors import SourceError
from connectors.http.clock import Clock
from connectors.http.source import ApiSource
from connectors.landing import LandingWriter
from connectors.manifest import Manifest
from connectors.stream import Stream
from pipelines.extraction import Errand, landed
from pipelines.home import Home
from pipelines.sources import OpenSource
from pipelines.warehouse.connection import raw_table
from pipelines.warehouse.load import LoadResult, Status, apply_batch
from pipelines.warehouse.runs import cursor_of
from sandbox import servers
from sandbox.servers.vendor import Fault, Record, Vendor

KINDS = (*(kind for kind in registry.kinds() if kind in servers.vendors()), "example")


def kind_of(name: str) -> registry.Kind:
    """The kind, also the made-up one that is not in the registry."""
    if name == "example":
        return registry.Kind(name, example_source.Settings, example_source.open_source)
    return registry.kind(name)


def system_of(name: str) -> Vendor:
    """A fresh system of a kind."""
    return example_server.System() if name == "example" else servers.vendor(name)


def streams_of(name: str) -> tuple[Stream, ...]:
    """All streams that a kind can read."""
    streams: tuple[Stream, ...] = kind_of(name).settings.all_streams  # type: ignore[attr-defined]
    return streams


def ways_of(name: str) -> tuple[Stream, ...]:
    """One stream for each way in which a kind reads and sees deletes: the others are alike."""
    ways: dict[tuple[object, ...], Stream] = {}
    for stream in streams_of(name):
        has_cursor = stream.cursor_field is not None
        ways.setdefault((type(stream), stream.deletes, has_cursor), stream)
    return tuple(ways.values())


_sample_system = cache(system_of)


def holds(kind: str, stream: Stream) -> bool:
    """Whether records of the stream can be put; the others follow from what is put."""
    try:
        _sample_system(kind).example(stream.name, 1)
    except (LookupError, ValueError, NotImplementedError):
        return False
    return True


def own_key(stream: Stream) -> tuple[str, ...]:
    """The fields of the key that a record itself has: `_...` says where it was found."""
    return tuple(name for name in stream.key if not name.startswith("_"))


def each_of(streams: Callable[[str], Sequence[Stream]]) -> pytest.MarkDecorator:
    """Run a test for those streams of every kind."""
    return pytest.mark.parametrize(
        ("kind", "stream"),
        [
            pytest.param(kind, stream, id=f"{kind}-{stream.name}")
            for kind in KINDS
            for stream in streams(kind)
        ],
    )


class Stage:
    """What one server serves: systems take turns on it, so that none has to wait for a server."""

    def __init__(self) -> None:
        self._app: Any = None

    def app(self) -> Any:
        async def forward(scope: Any, receive: Any, send: Any) -> None:
            await self._app(scope, receive, send)

        return forward

    def enter(self, vendor: Vendor) -> None:
        self._app = vendor.app()


class VendorClock(Clock):
    """The system's own time, off by so much; waiting takes none."""

    def __init__(self, vendor: Vendor, off: timedelta) -> None:
        self._vendor, self._off = vendor, off
        self._waited = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return self._vendor.now + self._off

    def monotonic(self) -> float:
        with self._lock:
            return self._waited

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._waited += seconds


_NAMES = count(1)


@dataclass
class Reader:
    """One configured source, read as nights read it: each starts where the last one got to."""

    open: Callable[[], ApiSource[Any]]
    settings: Any
    home: Home
    con: duckdb.DuckDBPyConnection
    source: ApiSource[Any] = field(init=False)
    _nights: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.next_night()

    def next_night(self) -> None:
        """Open the source anew: what it remembers of an earlier run is in the warehouse alone."""
        self.source = self.open()

    def stream(self, name: str) -> Stream:
        return next(stream for stream in self.source.streams if stream.name == name)

    def errand(self, name: str) -> Errand:
        """Reading a stream from where it got to."""
        opened = OpenSource(self.source, self.settings)
        cursor = cursor_of(self.con, self.source.name, name)
        run = f"night-{next(self._nights)}"
        return Errand(self.home, opened, self.stream(name), run, cursor)

    def landed_records(self, batches: Iterable[Manifest]) -> list[bytes]:
        """The records of a stream as they were landed, in their order."""
        return [
            record
            for manifest in batches
            for path in manifest.part_paths(self.home.landing)
            for record in gzip.decompress(path.read_bytes()).splitlines()
        ]

    def read(self, name: str) -> list[LoadResult]:
        """Read a stream and load each step; raises what the source raises."""
        results = []
        for manifest in landed(self.errand(name)):
            results.append(apply_batch(self.con, self.home.landing, manifest))
            assert results[-1].status is Status.APPLIED, results[-1].message
        return results

    def read_with_deletes(self, name: str) -> None:
        """Read a stream, then the log that names what is deleted in it, if there is one."""
        self.read(name)
        for stream in self.source.streams:
            if stream.names_deleted and name in stream.names_deleted.streams.values():
                self.read(stream.name)

    def read_on(self, name: str) -> None:
        """Read until a night gets through."""
        for _ in range(200):
            try:
                self.read(name)
            except SourceError:
                continue
            return
        raise AssertionError(f"{name} never gets through")

    def records(self, name: str) -> dict[str, str]:
        """The stream as it now stands: payload by key, what is deleted left out."""
        return dict(self._rows(name, "is_current and not is_deleted", "record_key, payload"))

    def deleted(self, name: str) -> set[str]:
        """Keys of the records that are known to be deleted."""
        return {key for (key,) in self._rows(name, "is_current and is_deleted", "record_key")}

    def versions(self, name: str) -> int:
        """How many versions there are of all records."""
        return len(self._rows(name, "true", "record_key"))

    def landed_bytes(self) -> bytes:
        """Everything that was landed, manifests included, uncompressed."""
        files = sorted(p for p in (self.home.landing / self.source.name).rglob("*") if p.is_file())
        return b"".join(
            gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            for path in files
        )

    def probe(self, name: str) -> int:
        """Probe a stream; how many records that landed."""
        with LandingWriter(
            self.home.root / "probes",
            source=self.source.name,
            kind=self.source.kind,
            stream=self.stream(name),
            run_id=f"probe-{next(self._nights)}",
            extracted_at=self.source.clock.now(),
            max_shrink=1,
            max_quarantined=1,
        ) as landing:
            self.source.probe(self.stream(name), landing)
            return landing.records

    def _rows(self, name: str, where: str, columns: str) -> list[tuple[Any, ...]]:
        table = raw_table(self.source.name, name)
        try:
            return self.con.execute(f"select {columns} from {table} where {where}").fetchall()
        except duckdb.CatalogException:
            return []


@dataclass
class Subject:
    """A kind of source with a system of its own at `base_url`."""

    kind: str
    vendor: Vendor
    base_url: str
    home: Home
    con: duckdb.DuckDBPyConnection

    def settings(self, **changed: Any) -> dict[str, Any]:
        return {**self.vendor.settings(self.base_url), **changed}

    def connect(self, *, off: timedelta = timedelta(0), **changed: Any) -> Reader:
        """Open the source anew, under a name of its own: nothing of it is loaded yet."""
        kind, name = kind_of(self.kind), f"s{next(_NAMES)}"
        settings = kind.settings.model_validate(self.settings(**changed))

        def open_anew() -> ApiSource[Any]:
            source = kind.open_source(name, settings, self.home.root)
            assert isinstance(source, ApiSource)
            source.clock = VendorClock(self.vendor, off)
            return source

        return Reader(open_anew, settings, self.home, self.con)

    def fill(self, records: int) -> None:
        """Put so many records of every stream, and let some time pass."""
        for stream in streams_of(self.kind):
            if holds(self.kind, stream):
                self.vendor.fill(stream.name, records)
        self.later(minutes=10)

    def later(self, **much: float) -> None:
        """Let time pass in the system."""
        self.vendor.now += timedelta(**much)

    def pages_of(self, size: int) -> dict[str, Any]:
        """The setting for pages so small, which the system is told to give as well.

        Some vendors have no pages that small: then it is the system alone that gives them.
        """
        if hasattr(self.vendor, "page_limit"):
            self.vendor.page_limit = size
        try:
            kind_of(self.kind).settings.model_validate(self.settings(page_size=size))
        except ValidationError:
            return {}
        return {"page_size": size}

    def expiring_tokens(self, body: bytes) -> bytes:
        """For a fault that leaves an answer as it is, after which no token is good any more."""
        self.vendor.expire_tokens()
        return body

    def tokens_asked_for(self) -> int:
        """How many tokens were asked for; none where a long-lived key is all that it takes."""
        return sum(seen.path.endswith("/token") for seen in self.vendor.seen)

    def requests_of(self, work: Callable[[], object]) -> int:
        """How many requests some work takes."""
        before = len(self.vendor.seen)
        work()
        return len(self.vendor.seen) - before

    @contextmanager
    def faults(self, *faults: Fault) -> Iterator[None]:
        """Have faults switched on for a while."""
        self.vendor.faults[:] = faults
        try:
            yield
        finally:
            self.vendor.faults.clear()


class OnRecords:
    """Changes the records of a stream in what the system answers, wherever they are found.

    `change` gets each record and may change it. Every answer that is not JSON stays as it is.
    `found` counts the records that were seen. They are known by their key; those that have none
    of their own, by all that is in them.
    """

    def __init__(self, subject: Subject, stream: Stream, change: Callable[[Record], None]) -> None:
        self.found = 0
        self._key, self._change = own_key(stream), change
        self._known = subject.vendor.listed(stream.name)
        self._names = {self._name_of(record) for record in self._known}

    def fault(self, then: Callable[[bytes], bytes] = lambda body: body) -> Fault:
        """To be switched on; `then` changes the bytes of what was changed."""
        return Fault(times=10**6, rewrite=lambda body: then(self._changed(body)))

    def _changed(self, body: bytes) -> bytes:
        try:
            content = msgspec.json.decode(body)
        except msgspec.DecodeError:
            return body
        before = self.found
        self._visit(content)
        return body if self.found == before else msgspec.json.encode(content)

    def _visit(self, value: Any) -> None:
        if isinstance(value, list):
            for each in value:
                if isinstance(each, dict) and self._is_record(each):
                    self.found += 1
                    self._change(each)
                else:
                    self._visit(each)
        elif isinstance(value, dict):
            for each in value.values():
                self._visit(each)

    def _name_of(self, record: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(str(record.get(name)) for name in self._key)

    def _is_record(self, found: Mapping[str, Any]) -> bool:
        if self._key:
            return self._name_of(found) in self._names
        return len(found) > 2 and any(found.items() <= known.items() for known in self._known)
