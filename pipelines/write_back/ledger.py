"""The record of all that was written: which fields of which record, from what to what, when.

Belongs here: its lines, adding and reading them. Does not: deciding by them, save that what was
refused is known from here alone.

It lies in landing, because it cannot be made again: `landing/_written/<source>/`, a file a run, a
JSON object a line. What is about to be sent is on disk before it is sent.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from connectors.write import Value
from pipelines.home import Home
from pipelines.write_back.plan import Change, Values

FOLDER = "_written"


class State(StrEnum):
    """How far a write has come."""

    SENDING = "sending"
    """About to be sent. A record's last line where a run was killed: it may have been taken."""
    WRITTEN = "written"
    """The source took it."""
    REFUSED = "refused"
    """The source refused it, and would again."""
    FAILED = "failed"
    """It did not come to anything, and may the next time."""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line: what happened to one record. `old` is what its fields held, `new` what was sent."""

    at: str
    run: str
    state: State
    record: str
    account_id: str
    old: dict[str, Any]
    new: dict[str, Value]
    why: str | None = None


class Ledger:
    """What was written to one source; `run_id` and `began` name this run's file."""

    def __init__(self, home: Home, source: str, run_id: str, began: datetime) -> None:
        self.source = source
        self._folder = home.landing / FOLDER / source
        self._file = self._folder / f"{began.astimezone(UTC):%Y%m%dT%H%M%S_%fZ}-{run_id}.jsonl"
        self._run_id = run_id

    def add(self, state: State, changes: Iterable[tuple[Change, str | None]], at: datetime) -> None:
        """Add a line for each change, with the reason where there is one; on disk on return."""
        lines = [
            msgspec.json.encode(
                Entry(
                    at.astimezone(UTC).isoformat(),
                    self._run_id,
                    state,
                    change.key,
                    change.account_id,
                    dict(change.old),
                    dict(change.new),
                    why,
                )
            )
            for change, why in changes
        ]
        if not lines:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._file.open("ab") as file:
            file.write(b"\n".join(lines) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def entries(self) -> Iterator[Entry]:
        """All lines, the oldest first; half a line, of a run that was killed, is left out."""
        for path in sorted(self._folder.glob("*.jsonl")):
            yield from _entries_in(path)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever sent to the source."""
        return next(self.entries(), None) is None

    def refused(self) -> dict[str, tuple[Values, str]]:
        """The records whose last write was refused: the values, and the reason."""
        last = {entry.record: entry for entry in self.entries() if entry.state is not State.SENDING}
        return {
            key: (entry.new, entry.why or "no reason was given")
            for key, entry in last.items()
            if entry.state is State.REFUSED
        }


def _entries_in(path: Path) -> Iterator[Entry]:
    for line in path.read_bytes().splitlines():
        try:
            yield msgspec.json.decode(line, type=Entry)
        except msgspec.DecodeError:
            continue
