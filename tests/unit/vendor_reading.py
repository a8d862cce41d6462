"""Reading a made-up vendor as a night does; shared by the tests of sources that speak HTTP.

Belongs here: serving a system, reading its streams from where the last read ended, loading. Does
not: what any test expects.
"""

from __future__ import annotations

import atexit
import gzip
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
from scripted_http import QuickClock
from starlette.types import ASGIApp, Receive, Scope, Send

from connectors.landing import LandingWriter
from connectors.manifest import Manifest
from connectors.stream import ReadResult, Stream
from pipelines.home import Home
from pipelines.warehouse.connection import warehouse
from pipelines.warehouse.load import LoadResult, apply_batch
from sandbox.servers.vendor import Record, Vendor, served

NIGHT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
_MOST_STEPS = 50


Batch = tuple[Manifest, list[Record], ReadResult]


class SystemClock(QuickClock):
    """Tells the time of a made-up system; waits without waiting."""

    def __init__(self, system: Vendor) -> None:
        super().__init__()
        self._system = system

    def now(self) -> datetime:
        return self._system.now + timedelta(seconds=self.monotonic())


@dataclass
class Read:
    """What one read landed, batch by batch, each with its records and what the read said."""

    batches: list[Batch]

    @property
    def records(self) -> list[Record]:
        """All records, in the order they were landed."""
        return [record for _, records, _ in self.batches for record in records]

    @property
    def result(self) -> ReadResult:
        """What the last batch said."""
        return self.batches[-1][2]


@dataclass
class Connected:
    """A source that is connected to a made-up system; remembers where each stream got to."""

    system: Vendor
    source: Any
    home: Home
    clock: SystemClock
    cursors: dict[str, str | None] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)

    def stream(self, name: str) -> Stream:
        """A declared stream."""
        return next(stream for stream in self.source.streams if stream.name == name)

    def read(self, stream: str) -> Read:
        """Read on, batch by batch until the read is complete."""
        return Read(list(self._batches(stream)))

    def night(self, stream: str) -> list[LoadResult]:
        """Read on and load batch by batch, as a night does: what was loaded before an error is."""
        loaded = []
        for manifest, _, _ in self._batches(stream):
            with warehouse(self.home.warehouse) as con:
                loaded.append(apply_batch(con, self.home.landing, manifest))
        return loaded

    def seen(self, path: str = "") -> list[Mapping[str, list[str]]]:
        """The queries of the requests that arrived, of paths that contain `path`."""
        return [request.query for request in self.system.seen if path in request.path]

    def _batches(self, stream: str) -> Iterator[Batch]:
        for _ in range(_MOST_STEPS):
            batch = self._step(stream)
            if batch is None:
                return
            yield batch
            if batch[2].is_complete:
                return
        raise AssertionError(f"{stream} does not come to an end")

    def _step(self, name: str) -> Batch | None:
        stream = self.stream(name)
        with LandingWriter(
            self.home.landing,
            source=self.source.name,
            kind=self.source.kind,
            stream=stream,
            run_id="run",
            extracted_at=NIGHT + timedelta(minutes=next(self._numbers)),
            max_shrink=self.source.settings.max_shrink,
            max_quarantined=self.source.settings.max_quarantined,
        ) as landing:
            result = self.source.extract(stream, self.cursors.get(name), landing)
            if result is None:
                return None
            manifest = landing.commit(result)
        self.cursors[name] = result.cursor
        return manifest, _records(manifest, self.home.landing), result


class _Exchange:
    """Serves many systems on one port, each below a path of its own: starting a server is slow."""

    def __init__(self) -> None:
        self._apps: dict[str, ASGIApp] = {}

    def below(self, system: Vendor) -> str:
        """The path below which a system is served from now on."""
        path = f"/{len(self._apps)}"
        self._apps[path] = system.app()
        return path

    def app(self) -> ASGIApp:
        """All systems as one application."""

        async def pass_on(scope: Scope, receive: Receive, send: Send) -> None:
            path = "/" + scope["path"].split("/")[1]
            await self._apps[path]({**scope, "root_path": path}, receive, send)

        return pass_on


@cache
def _open_exchange() -> tuple[_Exchange, str]:
    exchange = _Exchange()
    serving = ExitStack()
    atexit.register(serving.close)
    return exchange, serving.enter_context(served(exchange))


@contextmanager
def connected(system: Vendor, folder: Path, **settings: Any) -> Iterator[Connected]:
    """Serve a system and connect to it, with `settings` in place of its own."""
    package = import_module(f"connectors.{system.kind}")
    exchange, address = _open_exchange()
    with patch.dict(os.environ, system.secrets()):
        written = {**system.settings(address + exchange.below(system)), **settings}
        parsed = package.Settings.model_validate(written)
        source = package.open_source(system.kind, parsed, folder)
        source.clock = SystemClock(system)
        yield Connected(system, source, Home(folder / "home"), source.clock)


def _records(manifest: Manifest, landing: Path) -> list[Record]:
    return [
        msgspec.json.decode(line)
        for path in manifest.part_paths(landing)
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ]
