"""Killing a refresh with everything it started, and readers that watch.

Belongs here: choosing the moment, the kill, the readers' processes. Does not: what must hold
afterwards.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from company import Company
from product import COMMAND, environment

READER = Path(__file__).with_name("reader.py")
POLL_SECONDS = 0.005
DYING_SECONDS = 3

Moment = Callable[[Company, float], bool]
"""Whether the moment to kill has come, given the company and the seconds since the start."""


def after(seconds: float) -> Moment:
    """So long after the start."""
    return lambda _, elapsed: elapsed >= seconds


def once_there_is_another(pattern: str, company: Company) -> Moment:
    """As soon as the home holds a file that it does not hold now."""
    before = set(company.home.glob(pattern))
    return lambda now, _: any(path not in before for path in now.home.glob(pattern))


def killed(company: Company, moment: Moment, *, now: str) -> bool:
    """Start a refresh and kill it with all it started; False if it ended before the moment."""
    log = company.root / "killed.log"
    with log.open("a") as output:
        process = subprocess.Popen(
            [COMMAND, "refresh", "--home", company.home, "--config", company.config],
            env=environment(now),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        start = time.monotonic()
        while process.poll() is None and not moment(company, time.monotonic() - start):
            time.sleep(POLL_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        was_killed = process.wait() == -signal.SIGKILL
    assert _can_be_opened(company.home / "warehouse.duckdb"), "something it started still writes"
    return was_killed


def _can_be_opened(warehouse: Path) -> bool:
    """Whether nobody has the file open for writing, within the time that dying takes."""
    deadline = time.monotonic() + DYING_SECONDS
    while True:
        try:
            duckdb.connect(str(warehouse), read_only=True).close()
        except duckdb.IOException:
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
        else:
            return True


@dataclass
class Reader:
    """A process that polls the serving file."""

    process: subprocess.Popen[str]
    asked: int = 0
    seen: list[list[Any]] = field(default_factory=list)

    def stop(self) -> None:
        """End it and take down what it saw; it must not have failed."""
        out, err = self.process.communicate("stop\n", timeout=60)
        assert self.process.returncode == 0, err
        answers = json.loads(out)
        self.asked, self.seen = answers["asked"], answers["seen"]


@contextmanager
def reading(company: Company) -> Iterator[dict[str, Reader]]:
    """Two readers that run during the block: one keeps its connection, one opens it anew."""
    database = company.home / "serving" / "serving.duckdb"
    readers = {
        mode: Reader(
            subprocess.Popen(
                [sys.executable, READER, mode, database],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        for mode in ("kept", "reopened")
    }
    try:
        for reader in readers.values():
            assert reader.process.stdout is not None
            assert reader.process.stdout.readline() == "reading\n"
        yield readers
        for reader in readers.values():
            reader.stop()
    finally:
        for reader in readers.values():
            reader.process.kill()
            reader.process.wait()
