"""A firm that runs in one process and is told from others what to do.

Belongs here: the small server for that, and the files that say where everything is. Does not:
the command line.
"""

from __future__ import annotations

import json
import os
import shlex
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import requests
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.company.settings import Settings
from sandbox.faults import KINDS, switch_off, switch_on
from sandbox.servers.vendor import listening
from sandbox.systems.timeline import Firm, running

STATE_FILE, SECRETS_FILE = "state.json", "env"
_LONGEST_S = 600


class NotRunning(Exception):
    """No firm is served from this folder; the text says what to do."""


class Refused(Exception):
    """The firm cannot do that; the text says why."""


@dataclass(frozen=True)
class State:
    """What a folder says of the firm that lives in it."""

    seed: int
    accounts: int
    today: str
    restarts: int = 0
    control: str | None = None


def read_state(folder: Path) -> State | None:
    """The state that a folder holds, if it holds one."""
    path = folder / STATE_FILE
    return State(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None


@contextmanager
def controlled(
    settings: Settings, folder: Path, today: date, *, restarts: int = 0, port_base: int = 0
) -> Iterator[tuple[Firm, str]]:
    """Serve a firm together with its control server; gives the firm and that server's address."""
    with running(settings, folder, today, restarts=restarts, port_base=port_base) as firm:
        app = _app(firm, lambda: _write(firm, address))
        with listening(app, port_base + len(firm.systems) if port_base else 0) as address:
            _write(firm, address)
            yield firm, address


def ask(folder: Path, path: str, **what: Any) -> dict[str, Any]:
    """Tell the firm that is served from a folder to do something; gives what it answers.

    Raises `NotRunning` or `Refused`.
    """
    state = read_state(folder)
    if state is None or state.control is None:
        raise NotRunning(f"no firm lives in {folder}: start one with `sandbox serve {folder}`")
    try:
        reply = requests.post(f"{state.control}/{path}", json=what, timeout=_LONGEST_S)
    except requests.ConnectionError:
        raise NotRunning(
            f"the firm in {folder} is not running: start it with `sandbox serve {folder}`"
        ) from None
    answer: dict[str, Any] = reply.json()
    if not reply.ok:
        raise Refused(answer["error"])
    return answer


def _app(firm: Firm, changed: Callable[[], None]) -> Starlette:
    one_at_a_time = threading.Lock()

    def advance(days: int) -> None:
        with one_at_a_time:
            firm.advance(days)
            changed()

    async def on_advance(request: Request) -> Response:
        days = (await request.json())["days"]
        if not isinstance(days, int) or days < 1:
            return _no(f"{days} is no number of days to let pass: at least 1 is")
        if firm.today.toordinal() + days > firm.settings.until.toordinal():
            return _no(f"the firm's story ends on {firm.settings.until}")
        await run_in_threadpool(advance, days)
        return JSONResponse({"today": firm.today.isoformat(), "now": firm.now.isoformat()})

    async def on_fault(request: Request) -> Response:
        asked = await request.json()
        kind, source, stream = asked["kind"], asked["source"], asked["stream"]
        if source not in firm.systems:
            return _no(f"{source} is no system; there are {', '.join(firm.systems)}")
        if kind not in KINDS:
            return _no(f"{kind} is no fault; there are {', '.join(KINDS)}")
        try:
            switch_on(firm.systems[source], kind, stream, asked["times"])
        except KeyError:
            return _no(f"{source} has no stream {stream}")
        return JSONResponse({"source": source, "stream": stream, "kind": kind})

    async def on_repair(request: Request) -> Response:
        for system in firm.systems.values():
            switch_off(system)
        return JSONResponse({})

    return Starlette(
        routes=[
            Route("/advance", on_advance, methods=["POST"]),
            Route("/fault", on_fault, methods=["POST"]),
            Route("/repair", on_repair, methods=["POST"]),
        ]
    )


def _no(why: str) -> Response:
    return JSONResponse({"error": why}, 400)


def _write(firm: Firm, address: str) -> None:
    """Say in the folder which day it is, and what the environment of a refresh must hold."""
    state = State(
        firm.settings.seed,
        firm.settings.accounts,
        firm.today.isoformat(),
        firm.restarts,
        address,
    )
    _replace(firm.folder / STATE_FILE, json.dumps(asdict(state), indent=2) + "\n", 0o644)
    environment = {**firm.secrets, "CS_COVERAGE_NOW": firm.now.isoformat()}
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in environment.items()]
    _replace(firm.folder / SECRETS_FILE, "".join(lines), 0o600)


def _replace(path: Path, text: str, mode: int) -> None:
    unfinished = path.with_name(f".{path.name}.tmp")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)
    unfinished.replace(path)
