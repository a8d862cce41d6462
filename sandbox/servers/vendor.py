"""What all the made-up systems share: records with times, a request log, faults, being served.

Belongs here: the parts that no vendor's wire format shapes. Does not: routes.
"""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote_plus

import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Record = dict[str, Any]

EPOCH = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@dataclass
class Fault:
    """A fault switch: what happens, `times` times, to requests whose path matches `path`.

    With `query`, only to those whose query string, decoded, matches that, too. `skip` lets so many
    pass first. With `status` the request is answered with it, `headers` and `body`, and the system
    never sees it. With `truncate` the true answer is cut in half; with `delay_s` it comes late;
    `rewrite` changes the bytes of the true body.
    """

    path: str = ".*"
    times: int = 1
    skip: int = 0
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    truncate: bool = False
    delay_s: float = 0
    rewrite: Any = None
    query: str = ""

    def concerns(self, query: str) -> bool:
        """Whether this is for requests with such a query string."""
        return re.search(self.query, query) is not None

    def applies(self, path: str) -> bool:
        """Whether this request is hit; counts it."""
        if self.times <= 0 or not re.search(self.path, path):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@dataclass(frozen=True)
class Seen:
    """A request that arrived."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes


class Vendor(ABC):
    """A made-up system: records by stream and key, on a clock of its own.

    Streams are called as in the connector's documentation. `put` creates or replaces a record and
    stamps it with the present; `delete` removes it the way the vendor does.
    """

    kind: ClassVar[str]

    def __init__(self) -> None:
        self.now = EPOCH
        self.records: dict[str, dict[str, Record]] = {}
        self.faults: list[Fault] = []
        self.seen: list[Seen] = []
        self.written: dict[tuple[str, str], Record] = {}
        self._lock = threading.RLock()

    @abstractmethod
    def routes(self) -> list[Route]:
        """What the system answers."""

    @abstractmethod
    def settings(self, base_url: str) -> dict[str, Any]:
        """What sources.yaml says of this system when it is served at `base_url`."""

    @abstractmethod
    def secrets(self) -> dict[str, str]:
        """Environment variables that `settings` refers to, with values this system accepts."""

    @abstractmethod
    def example(self, stream: str, number: int) -> Record:
        """A valid, lifelike record of a stream, always the same for a number."""

    @abstractmethod
    def key(self, stream: str, record: Record) -> str:
        """What identifies a record in its stream."""

    @abstractmethod
    def stamp(self, stream: str, record: Record, *, is_new: bool) -> None:
        """Set the record's times of creation and change to the present."""

    @abstractmethod
    def delete(self, stream: str, key: str) -> None:
        """Remove a record as the vendor does: flagged, logged, or gone.

        Raises ValueError where the vendor never removes any.
        """

    @abstractmethod
    def expire_tokens(self) -> None:
        """Refuse from now on the access tokens given so far (long-lived keys stay good)."""

    def forbid(self, stream: str) -> None:
        """Refuse a stream, as if the credentials lacked the permission for it.

        Raises ValueError for one that cannot be refused alone.
        """
        raise NotImplementedError

    def keep_written(self, stream: str, key: str, fields: Record) -> None:
        """Remember what was written through the API: whoever else changes the record keeps it."""
        self.written[stream, key] = {**self.written.get((stream, key), {}), **fields}

    def daily_quota_spent(self) -> Fault | None:
        """How the system refuses requests once those of the day are spent; None: it never does."""
        return None

    def put(self, stream: str, record: Record) -> Record:
        """Create or replace a record; returns it as stored."""
        with self._lock:
            stored: Record = copied(record)
            held = self.records.setdefault(stream, {})
            key = self.key(stream, stored)
            self.stamp(stream, stored, is_new=key not in held)
            held[key] = stored
            return stored

    def fill(self, stream: str, count: int, *, first: int = 1) -> list[Record]:
        """Put examples of a stream, a minute apart."""
        stored = []
        for number in range(first, first + count):
            stored.append(self.put(stream, self.example(stream, number)))
            self.now += timedelta(minutes=1)
        return stored

    def listed(self, stream: str) -> list[Record]:
        """The records of a stream in the order they were created."""
        with self._lock:
            return list(self.records.get(stream, {}).values())

    def app(self) -> ASGIApp:
        """The system as an ASGI application."""
        return _Gate(self, Starlette(routes=self.routes()))


def copied(value: Any) -> Any:
    """A copy of a tree of JSON, quicker than one of anything at all."""
    if isinstance(value, dict):
        return {key: copied(each) for key, each in value.items()}
    return [copied(each) for each in value] if isinstance(value, list) else value


class _Gate:
    """Logs every request and applies the faults that are switched on."""

    def __init__(self, vendor: Vendor, app: ASGIApp) -> None:
        self._vendor, self._app = vendor, app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = await _body(receive)
        path = scope["path"]
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        query_string = scope["query_string"].decode()
        query = parse_qs(query_string, keep_blank_values=True)
        self._vendor.seen.append(Seen(scope["method"], path, query, headers, body))
        asked = unquote_plus(query_string)
        possible = (fault for fault in self._vendor.faults if fault.concerns(asked))
        fault = next((fault for fault in possible if fault.applies(path)), None)
        if fault and fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        if fault and fault.status is not None:
            answer = Response(fault.body, fault.status, dict(fault.headers))
            await answer(scope, receive, send)
            return
        sender = _changed(send, fault) if fault and (fault.truncate or fault.rewrite) else send
        await self._app(scope, _replayed(body), sender)


async def _body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _replayed(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _changed(send: Send, fault: Fault) -> Send:
    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start" and fault.rewrite:
            headers = [h for h in message["headers"] if h[0].lower() != b"content-length"]
            message = {**message, "headers": headers}
        if message["type"] == "http.response.body":
            body = message.get("body", b"")
            if fault.rewrite:
                body = fault.rewrite(body)
            if fault.truncate:
                body = body[: len(body) // 2]
            message = {**message, "body": body}
        await send(message)

    return sender


@contextmanager
def served(vendor: Vendor, port: int = 0) -> Iterator[str]:
    """Serve a system on loopback for a while, at a free port or a given one; gives its base URL."""
    with listening(vendor.app(), port) as address:
        yield address


@contextmanager
def listening(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """Serve any application on loopback for a while; gives its base URL."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen()  # at once: who connects before the server runs is kept waiting, not refused
    config = uvicorn.Config(app, log_level="critical", lifespan="off", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
