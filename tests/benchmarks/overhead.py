"""`make bench`: what a night costs on which little has changed, step by step, beside bare SQL.

Belongs here: processor seconds of the steps of a real refresh. Does not: large data (nightly,
coverage), or asserting a time: machines differ, so the build is shown as a ratio to DuckDB alone
running the same statements in the same minute.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
from nightly import AS_OF, write_company
from rich.console import Console
from rich.table import Table

from pipelines.home import Home

BUILD, STARTED, BARE = "dbt: build and tests", "dbt: start", "the same SQL by DuckDB alone"
STEPS = (
    *("start: imports", "Dagster's definitions", "read and load", "inputs and holidays"),
    *("events stored", "shape checks", "publish", "the rest, Dagster's mostly", "other threads"),
    *(STARTED, BUILD),
)


def main() -> None:
    """A first night, then the same again some times; the cheapest of these is told."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--accounts", type=int, default=200)
    parser.add_argument("--nights", type=int, default=2)
    parser.add_argument("--measured", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measured is not None:
        print(json.dumps(measured(given.measured)))
        return
    with TemporaryDirectory() as folder:
        root = Path(folder)
        rows = write_company(root / "config" / "data", given.accounts)
        (root / "config" / "sources.yaml").write_text(
            "sources: {sheets: {kind: files, path: data}}"
        )
        _night(root)
        costs = min((_night(root) for _ in range(given.nights)), key=_total)
        nodes, least = bare_sql(Home(root / "home"), root / "bare")
    table = Table("step", "processor seconds", title=f"{rows:,} rows in files, nothing new")
    for step in STEPS:
        table.add_row(step, f"{costs[step]:.1f}")
    table.add_section()
    table.add_row("all", f"{_total(costs):.1f}")
    table.add_row(f"{BARE}, {nodes} statements", f"{least:.1f}")
    table.add_row("dbt's build to that", f"{costs[BUILD] / least:.1f} times")
    table.add_row("events stored", f"{costs['events']:,.0f}")
    table.add_row("seconds on the clock", f"{costs['clock']:.0f}")
    Console().print(table)


def _night(root: Path) -> dict[str, float]:
    begun = time.perf_counter()
    told = subprocess.run(
        [sys.executable, __file__, "--measured", str(root)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        stdout=subprocess.PIPE,
        check=True,
    )
    costs: dict[str, float] = json.loads(told.stdout.splitlines()[-1])
    return {**costs, "clock": time.perf_counter() - begun}


def _total(costs: dict[str, float]) -> float:
    return sum(costs[step] for step in STEPS)


def measured(root: Path) -> dict[str, float]:
    """A refresh in this process, which began for it: processor seconds of each step.

    A step's are those of this thread alone; of the steps within it they are taken off.
    """
    spent: dict[str, float] = defaultdict(float)
    within: list[float] = [0.0]

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
        def call(*given: Any, **named: Any) -> Any:
            spent["events"] += function == "store_event"
            with step(name):
                return called(*given, **named)

        setattr(owner, function, call)

    import dagster._core.storage.event_log as event_log

    import pipelines.assets.checks as checks
    import pipelines.definitions as definitions
    from pipelines.dbt_process import dbt_process
    from pipelines.dbt_run import Dbt
    from pipelines.night import Night
    from pipelines.refresh import refresh

    follow = Dbt.follow

    def followed(dbt: Dbt, arguments: Any) -> Generator[Any, None, Any]:
        before = _processor_seconds(dbt_process().pid)
        results = yield from follow(dbt, arguments)
        spent[STARTED] = before
        spent[BUILD] += _processor_seconds(dbt_process().pid) - before
        return results

    Dbt.follow = followed  # type: ignore[method-assign]
    spent["start: imports"] = time.thread_time()
    timed(definitions, "build_defs", "Dagster's definitions")
    timed(event_log.SqliteEventLogStorage, "store_event", "events stored")
    timed(Night, "read", "read and load")
    timed(Night, "prepare_inputs", "inputs and holidays")
    timed(Night, "publish", "publish")
    timed(checks, "doubtful", "shape checks")
    with step("the rest, Dagster's mostly"):
        code = refresh(Home(root / "home"), root / "config", as_of=AS_OF, quietly=True)
    if code:
        raise SystemExit(f"the refresh ended with {code}")
    spent["other threads"] = time.process_time() - time.thread_time()
    return {**dict.fromkeys(STEPS, 0.0), **spent}


def _processor_seconds(pid: int | None) -> float:
    """Of another process, up to now."""
    told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def bare_sql(home: Home, folder: Path) -> tuple[int, float]:
    """How many statements the build ran, and processor seconds of DuckDB running them in turn."""
    manifest = json.loads((home.dbt_target / "manifest.json").read_text())
    folder.mkdir()
    copy = folder / home.warehouse.name  # statements name the database after its file
    shutil.copyfile(home.warehouse, copy)
    statements = list(_statements(manifest["nodes"], home.dbt_target / "compiled" / "cs_coverage"))
    before = resource.getrusage(resource.RUSAGE_SELF)
    with duckdb.connect(str(copy)) as con:
        con.execute("set TimeZone = 'UTC'")
        for statement in statements:
            con.execute(statement).fetchall()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return (
        len(statements),
        after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
    )


def _statements(nodes: dict[str, Any], compiled: Path) -> Iterator[str]:
    """What a night's build runs, each after what it reads: models, and tests but of grain."""
    seen: set[str] = set()

    def after_what_it_reads(name: str) -> Iterator[dict[str, Any]]:
        node = nodes.get(name)
        if name in seen or node is None or "grain" in node["tags"]:
            return
        seen.add(name)
        for parent in node["depends_on"]["nodes"]:
            yield from after_what_it_reads(parent)
        yield node

    for name in nodes:
        for node in after_what_it_reads(name):
            path = compiled / node["original_file_path"]
            query = path / node["path"] if path.is_dir() else path
            if node["resource_type"] == "model" and query.exists():
                relation = f'"{node["schema"]}"."{node["alias"]}"'
                kind = node["config"]["materialized"]
                yield f"create or replace {kind} {relation} as ({query.read_text()}\n)"
            elif node["resource_type"] == "test" and query.exists():
                yield f"select count(*) from ({query.read_text()}\n)"


if __name__ == "__main__":
    main()
