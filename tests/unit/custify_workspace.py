"""A made-up Custify and a source that reads it night by night, for the tests of the connector.

Belongs here: serving, reading, looking at what was asked and landed. Does not: what is expected.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from scripted_http import QuickClock
from starlette.types import ASGIApp, Receive, Scope, Send

from connectors.custify import STREAMS, Settings
from connectors.custify.source import CustifySource
from connectors.http.source import State
from connectors.landing import LandingWriter
from connectors.stream import ReadResult
from sandbox.servers.custify import System
from sandbox.servers.custify_examples import object_id
from sandbox.servers.vendor import Fault, Record, served

COMPANY, PERSON, TASK, NOTE, MEETING, SCORE = range(1, 7)
BY_NAME = {stream.name: stream for stream in STREAMS}


class Stage:
    """One address at which each test shows a system of its own: starting a server takes time."""

    def __init__(self) -> None:
        self.url = ""
        self._shown: ASGIApp = System().app()

    def workspace(self, folder: Path) -> Workspace:
        """A new, empty workspace at this address, landing in a folder."""
        system = System()
        self._shown = system.app()
        return Workspace(system, self.url, folder)

    def app(self) -> ASGIApp:
        async def current(scope: Scope, receive: Receive, send: Send) -> None:
            await self._shown(scope, receive, send)

        return current


@contextmanager
def stage() -> Iterator[Stage]:
    """A stage that is served."""
    shown = Stage()
    with served(shown) as shown.url:  # type: ignore[arg-type]
        yield shown


@dataclass
class Night:
    """What one read of a stream landed."""

    records: list[Record]
    state: State | None
    is_everything: bool = False
    is_complete: bool = True
    rejected: int = 0

    @property
    def ids(self) -> list[str]:
        return [record["id"] for record in self.records]


@dataclass
class Workspace:
    """A Custify that is served, and a source that reads it night by night."""

    system: System
    url: str
    folder: Path
    clock: QuickClock = field(default_factory=QuickClock)
    states: dict[str, State | None] = field(default_factory=dict)
    nights: int = 0

    def night(self, stream: str, **settings: Any) -> Night:
        """One read, from where the last one of the stream ended. Nothing new: no records."""
        state = self.states.get(stream)
        source = self._source(settings)
        with self._landing(stream) as landing:
            result = source.extract(BY_NAME[stream], json.dumps(state) if state else None, landing)
            if result is None:
                return Night([], state)
            records = self._commit(landing, result)
        self.states[stream] = json.loads(result.cursor) if result.cursor else None
        return Night(
            records,
            self.states[stream],
            bool(result.is_full_read),
            result.is_complete,
            landing.rejected,
        )

    def probe(self, stream: str) -> list[Record]:
        """As little of a stream as shows that it can be read."""
        with self._landing(stream) as landing:
            result = self._source({}).probe(BY_NAME[stream], landing)
            return self._commit(landing, result) if result else []

    def asked(self, path: str) -> list[Mapping[str, list[str]]]:
        """The queries of the requests for a path since the last `forget`."""
        return [seen.query for seen in self.system.seen if seen.path == path]

    def forget(self) -> None:
        self.system.seen.clear()

    def before_page(self, path: str, number: int, change: Callable[[], Any]) -> None:
        """Do something when a page is asked for, before it is answered; once."""
        workspace = self
        done = []

        class Change(Fault):
            def applies(self, asked: str) -> bool:
                if asked == path and not done:
                    page = workspace.asked(path)[-1].get("page")
                    done.extend([change()] if page == [str(number)] else [])
                return False

        self.system.faults.append(Change())

    def _source(self, settings: Mapping[str, Any]) -> CustifySource:
        given = {**self.system.settings(self.url), "attempts": 2, **settings}
        self.clock = QuickClock(self.system.now + timedelta(hours=1))
        return CustifySource("custify", Settings.model_validate(given), Path(), self.clock)

    def _landing(self, stream: str) -> LandingWriter:
        self.nights += 1
        return LandingWriter(
            self.folder,
            source="custify",
            kind="custify",
            stream=BY_NAME[stream],
            run_id=f"night{self.nights}",
            extracted_at=self.clock.now(),
            max_shrink=0.2,
            max_quarantined=0.05,
        )

    def _commit(self, landing: LandingWriter, result: ReadResult) -> list[Record]:
        paths = landing.commit(result).part_paths(self.folder)
        lines = [line for path in paths for line in gzip.decompress(path.read_bytes()).splitlines()]
        return [json.loads(line) for line in lines]


def answering(body: Any, path: str, times: int = 1000) -> Fault:
    """Custify answers something else at a path."""
    return Fault(path=path, times=times, status=200, body=json.dumps(body).encode())


def rewriting(path: str, before: bytes, after: bytes) -> Fault:
    """Custify's true answers at a path, changed in one place."""
    return Fault(path=path, times=1000, rewrite=lambda body: body.replace(before, after))


def ids(collection: int, *numbers: int) -> list[str]:
    """The ids of examples."""
    return [object_id(collection, number) for number in numbers]
