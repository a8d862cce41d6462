"""One writer at a time for a home.

Belongs here: taking the lock and saying who holds it. Does not: what is done while it is held.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from pipelines.clock import now
from pipelines.home import Home


class HomeIsBusy(Exception):
    """Someone else is writing to this home."""


def _holder_file(home: Home) -> Path:
    return home.lock.with_suffix(".holder.json")


def _describe_holder(home: Home) -> str:
    try:
        holder = json.loads(_holder_file(home).read_text())
        return (
            f"process {holder['pid']} on {holder['host']} ({holder['what']}) "
            f"since {holder['since']}"
        )
    except (OSError, ValueError, KeyError):
        return "another process"


@contextmanager
def writing(home: Home, what: str, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the home's lock; re-entrant within a process. The system frees it if we are killed.

    Raises `HomeIsBusy`, naming the holder, when the lock is not free within `wait_seconds`
    (negative: wait for ever).
    """
    home.root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(str(home.lock), is_singleton=True, thread_local=False)
    already_ours = lock.is_locked
    try:
        lock.acquire(timeout=wait_seconds)
    except Timeout:
        raise HomeIsBusy(
            f"{home.root} is being written by {_describe_holder(home)}. Wait until it ends, or "
            "run again with --wait."
        ) from None
    try:
        if not already_ours:
            _holder_file(home).write_text(
                json.dumps(
                    {
                        "pid": os.getpid(),
                        "host": socket.gethostname(),
                        "what": what,
                        "since": now().isoformat(timespec="seconds"),
                    }
                )
            )
        yield
    finally:
        if not already_ours:
            _holder_file(home).unlink(missing_ok=True)
        lock.release()
