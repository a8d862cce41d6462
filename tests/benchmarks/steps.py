"""What the steps of a real refresh cost: a process of its own, in which their time is taken.

Belongs here: starting it, and the division into steps. Does not: firms, floors, tables to read.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Any

from bare import copy_warehouse
from measuring import peak_mib, processor_seconds

from pipelines.garbage import collect_rarely
from pipelines.home import Home

STARTED, BUILD = "dbt: start", "dbt: build and tests"
READ, PUBLISHED, REPORT, OTHERS = "read and load", "publish", "report", "other threads"
STEPS = (
    *("start: imports", "Dagster's definitions", READ, "inputs and holidays"),
    *("events stored", "shape checks", PUBLISHED, REPORT, "the rest, Dagster's mostly"),
    *(OTHERS, STARTED, BUILD),
)


@dataclass(frozen=True)
class Night:
    """Of a refresh: processor seconds by step, seconds on the clock, events, peak memory."""

    steps: dict[str, float]
    until_published: float
    until_the_end: float
    reading: float
    building: float
    events: int
    peak_mib: float

    @property
    def processor_seconds(self) -> float:
        """Of all steps."""
        return sum(self.steps.values())


def refresh_apart(
    home: Home, config: Path, as_of: date, keep_warehouse_in: Path | None = None
) -> Night:
    """Refresh in a new process; with a folder, the warehouse as it was before the build is kept.

    Keeping it takes time, which is taken off.
    """
    begun = time.time()
    kept = [] if keep_warehouse_in is None else ["--keep", str(keep_warehouse_in)]
    told = subprocess.run(
        [sys.executable, __file__, str(home.root), str(config), str(as_of), str(begun), *kept],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        stdout=subprocess.PIPE,
        check=True,
    )
    return Night(**json.loads(told.stdout.splitlines()[-1]))


def main() -> None:
    """The process: refresh, and print what it cost."""
    collect_rarely()  # as the command line does
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("config", type=Path)
    parser.add_argument("as_of", type=date.fromisoformat)
    parser.add_argument("begun", type=float)
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    print(json.dumps(asdict(_refresh(Home(given.home), given))))


def _refresh(home: Home, given: argparse.Namespace) -> Night:
    """A step's processor seconds are this thread's; those of steps within it are taken off."""
    spent: dict[str, float] = defaultdict(float)
    within: list[float] = [0.0]
    clock = dict.fromkeys(("kept", "reading", READ, "building", PUBLISHED), 0.0)
    events = 0

    @contextmanager
    def step(name: str) -> Iterator[None]:
        begun = time.thread_time()
        within.append(0.0)
        try:
            yield
        finally:
            took = time.thread_time() - begun
            spent[name] += took - within.pop()
            within[-1] += took

    def timed(owner: Any, function: str, name: str) -> None:
        called: Callable[..., Any] = getattr(owner, function)

        @wraps(called)
        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal events
            events += function == "store_event"
            if name == READ:
                clock["reading"] = clock["reading"] or time.time()
            with step(name):
                result = called(*arguments, **named)
            if name in (READ, PUBLISHED):
                clock[name] = time.time()
            return result

        setattr(owner, function, call)

    import dagster._core.storage.event_log as event_log

    import pipelines.assets.checks as checks
    import pipelines.definitions as definitions
    import pipelines.report as report
    from pipelines.dbt_process import dbt_process
    from pipelines.dbt_run import Dbt
    from pipelines.night import Night as NightAtWork
    from pipelines.refresh import refresh

    follow = Dbt.follow

    def followed(dbt: Dbt, arguments: Any) -> Generator[Any, None, Any]:
        begun = time.time()
        if given.keep:
            copy_warehouse(home, given.keep)
            clock["kept"] = time.time() - begun
        pid = dbt_process().pid
        assert pid is not None
        spent[STARTED] = processor_seconds(pid)
        results = yield from follow(dbt, arguments)
        spent[BUILD] += processor_seconds(pid) - spent[STARTED]
        clock["building"] = time.time() - begun - clock["kept"]
        return results

    Dbt.follow = followed  # type: ignore[assignment]
    spent["start: imports"] = time.thread_time()
    timed(definitions, "build_defs", "Dagster's definitions")
    timed(event_log.SqliteEventLogStorage, "store_event", "events stored")
    timed(NightAtWork, "read", READ)
    timed(NightAtWork, "prepare_inputs", "inputs and holidays")
    timed(NightAtWork, "publish", PUBLISHED)
    timed(report, "make_report", REPORT)
    timed(checks, "breaches", "shape checks")
    with step("the rest, Dagster's mostly"):
        code = refresh(home, given.config, as_of=given.as_of, quietly=True)
    if code:
        raise SystemExit(f"the refresh ended with {code}")
    spent[OTHERS] = time.process_time() - time.thread_time()
    pid = dbt_process().pid
    peak = peak_mib(os.getpid()) + (peak_mib(pid) if pid else 0.0)
    return Night(
        steps={name: spent[name] for name in STEPS},
        until_published=clock[PUBLISHED] - given.begun - clock["kept"],
        until_the_end=time.time() - given.begun - clock["kept"],
        reading=clock[READ] - clock["reading"],
        building=clock["building"],
        events=events,
        peak_mib=peak,
    )


if __name__ == "__main__":
    main()
