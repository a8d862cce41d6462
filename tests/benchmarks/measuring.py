"""What a piece of work costs: seconds, processor seconds and memory, here and in dbt's process.

Belongs here: taking these measures, and showing them. Does not: what is measured, or asserting a
time: machines differ, so what is told is compared with something that ran beside it.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import dbt.version
import duckdb

from pipelines.dbt_process import dbt_process

_PEAK = "VmHWM"
_FORGET_PEAK = "5"
"""Written to a process's clear_refs, it makes the peak begin anew (proc(5))."""


@dataclass(frozen=True)
class Cost:
    """Of a piece of work. Memory is the sum of both processes' peaks, so at most that much."""

    seconds: float
    processor_seconds: float
    peak_mib: float


def cost_of(work: Callable[[], object]) -> Cost:
    """Do the work, and tell what it cost in this process and in dbt's."""
    processes = _processes()
    for pid in processes:
        Path(f"/proc/{pid}/clear_refs").write_text(_FORGET_PEAK)
    begun, before = time.perf_counter(), {pid: processor_seconds(pid) for pid in processes}
    work()
    seconds = time.perf_counter() - begun
    after = {pid: processor_seconds(pid) for pid in _processes()}
    spent = sum(now - before.get(pid, 0.0) for pid, now in after.items())
    return Cost(seconds, spent, sum(peak_mib(pid) for pid in after))


def processor_seconds(pid: int) -> float:
    """Of a process, up to now."""
    told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def peak_mib(pid: int) -> float:
    """The most memory that a process had since its peak was last forgotten; 0 of one that ended."""
    # Not getrusage: its peak is inherited from the process that started this one.
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) for line in status if line.startswith(_PEAK)), 0) / 1024


def _processes() -> list[int]:
    others = [
        pid for pid in [dbt_process().pid] if pid is not None and Path(f"/proc/{pid}").exists()
    ]
    return [os.getpid(), *others]


def markdown(title: str, header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table as docs/performance.md has them; all columns but the first are numbers."""
    names = list(header)
    lines = [f"**{title}**", "", _line(names), _line(["---", *["---:"] * (len(names) - 1)])]
    return "\n".join([*lines, *(_line(row) for row in rows), ""])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def this_machine() -> str:
    """What the numbers come from."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}, "
        f"DuckDB {duckdb.__version__}, dbt {dbt.version.__version__}"
    )
