"""A server on loopback that answers what a test tells it to, and a clock that waits in no time.

Belongs here: scripting answers, seeing requests, making a client that asks them. Does not: any
vendor's ways.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from connectors.http.auth import FixedHeaders
from connectors.http.budget import Budget
from connectors.http.client import Client, Patience
from connectors.http.clock import Clock

STARTED = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
SECRET = "s3cr3t-t0ken"


class QuickClock(Clock):
    """Waiting moves it on at once; `naps` are the waits, in seconds."""

    def __init__(self, now: datetime = STARTED) -> None:
        self.naps: list[float] = []
        self._started = now
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return self._started + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        with self._lock:
            return sum(self.naps)

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.naps.append(seconds)

    @property
    def waits(self) -> list[float]:
        """The naps that were longer than nothing."""
        return [nap for nap in self.naps if nap > 0]


@dataclass(frozen=True)
class Answer:
    """One answer. `cut` leaves out the second half; `silent_s` pauses before that half."""

    status: int = 200
    json: Any = None
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    silent_s: float = 0

    @property
    def content(self) -> bytes:
        if self.body is not None:
            return self.body
        return msgspec.json.encode({} if self.json is None else self.json)


@dataclass(frozen=True)
class Asked:
    """A request that arrived, and the connection it came by."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    connection: tuple[str, int]


class Script:
    """Answers in the order they were given for a path; the last one for ever."""

    def __init__(self) -> None:
        self.base_url = ""
        self.asked: list[Asked] = []
        self.clock = QuickClock()
        self._answers: dict[str, list[Answer]] = {}
        self._lock = threading.Lock()

    def answers(self, path: str, *answers: Answer) -> None:
        self._answers[path] = list(answers)

    def answer(self, asked: Asked) -> Answer:
        with self._lock:
            self.asked.append(asked)
            left = self._answers.get(asked.path, [Answer(404)])
            return left.pop(0) if len(left) > 1 else left[0]

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def client(self, **how: Any) -> Client:
        """A client with this server's clock and a budget that never makes it wait."""
        given = {
            "name": "acme",
            "base_url": self.base_url,
            "authenticator": FixedHeaders({"Authorization": f"Bearer {SECRET}"}),
            "budgets": {"default": Budget(1_000_000, 1, self.clock)},
            "clock": self.clock,
            "patience": Patience(attempts=4, max_wait_s=600),
        }
        return Client(**{**given, **how})


@contextmanager
def scripted(script: Script | None = None) -> Iterator[Script]:
    """Serve a script for a while."""
    script = script or Script()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_any(self) -> None:
            url = urlsplit(self.path)
            length = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = script.answer(
                Asked(
                    self.command,
                    url.path,
                    parse_qs(url.query, keep_blank_values=True),
                    headers,
                    self.rfile.read(length),
                    self.client_address,
                )
            )
            content = answer.content
            self.send_response_only(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if not (answer.cut or answer.silent_s):
                self.wfile.write(content)
                return
            half = len(content) // 2
            self.wfile.write(content[:half])
            if answer.cut:
                self.close_connection = True
                return
            time.sleep(answer.silent_s)
            self.wfile.write(content[half:])

        do_GET = do_POST = handle_any  # noqa: N815

        def log_message(self, *args: object) -> None:
            """Nothing: the test shows what matters."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *args: object) -> None:
            """A client that hangs up is part of the script."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    script.base_url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
