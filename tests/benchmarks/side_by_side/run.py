"""The same pages by each tool, one after another, in environments of their own; see README.md.

Belongs here: making environments, serving pages, watching a tool and everything it starts. Does
not: what a tool is told to do (a small file each).
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import duckdb

HERE = Path(__file__).parent
PAGES = HERE.parent / "extraction.py"
SIZE = {"hubspot": 100, "salesforce": 2_000}
COUNTED = """
    select schema_name, table_name from duckdb_tables()
    where schema_name in ('loaded', 'raw') and not starts_with(table_name, '_')
"""


@dataclass(frozen=True)
class Tool:
    """`command` is for a shell; {target} is the DuckDB file, {folder} where it lies."""

    name: str
    command: str
    environments: tuple[str, ...] = ()
    loads: bool = True


ARGUMENTS = "{shape} {url} {records} {size} {target}"
TOOLS = {
    "drain": Tool(
        "bare drain: read and dropped", f"{{own}} {{here}}/drain.py {ARGUMENTS}", loads=False
    ),
    "ours": Tool("this project", f"{{own}} {{here}}/ours.py {ARGUMENTS}"),
    "dlt-arrow": Tool(
        "dlt, Arrow tables by Parquet", f"{{dlt}} {{here}}/dlt_arrow.py {ARGUMENTS}", ("dlt",)
    ),
    "dlt-advised": Tool(
        "dlt rest_api, Parquet, two workers",
        f"{{dlt}} {{here}}/dlt_rest_api.py advised {ARGUMENTS}",
        ("dlt",),
    ),
    "dlt": Tool(
        "dlt rest_api, as it comes",
        f"{{dlt}} {{here}}/dlt_rest_api.py default {ARGUMENTS}",
        ("dlt",),
    ),
    "singer": Tool(
        "Singer tap to target-duckdb",
        f"{{singer-tap}} {{here}}/singer_tap.py {ARGUMENTS} | "
        '"$(dirname {singer-target})"/target-duckdb --config "{folder}/target.json"',
        ("singer-tap", "singer-target"),
    ),
    "airbyte": Tool(
        "Airbyte CDK, extraction alone",
        f'{{airbyte}} {{here}}/airbyte_cdk_read.py {ARGUMENTS} > "{{folder}}/messages.jsonl"',
        ("airbyte",),
        loads=False,
    ),
}


@dataclass(frozen=True)
class Run:
    """What one run of a tool took, its start included."""

    seconds: float
    processor_seconds: float
    peak_mb: float


def main() -> None:
    """Run the tools in turns and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--shape", choices=[*SIZE], action="append")
    parser.add_argument("--tool", choices=[*TOOLS], action="append")
    parser.add_argument("--environments", type=Path, help="kept there; default: made and removed")
    given = parser.parse_args()
    keys = given.tool or [*TOOLS]
    if "drain" not in keys:
        keys = ["drain", *keys]
    with TemporaryDirectory() as passing:
        pythons = environments(given.environments or Path(passing), keys)
        print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}\n")
        print("| shape | tool | records/s | processor seconds | ratio to the drain | peak MB |")
        print("|---|---|---|---|---|---|")
        for shape in given.shape or SIZE:
            runs: dict[str, list[Run]] = {key: [] for key in keys}
            with served(shape, given.records) as url:
                for number in range(given.repeats):
                    for key in keys if number % 2 == 0 else reversed(keys):
                        runs[key].append(once(TOOLS[key], shape, url, given.records, pythons))
            drained = median(run.seconds for run in runs["drain"])
            spent = median(run.processor_seconds for run in runs["drain"])
            for key, done in runs.items():
                seconds = median(run.seconds for run in done)
                processor = median(run.processor_seconds for run in done)
                print(
                    f"| {shape} | {TOOLS[key].name} | {given.records / seconds:,.0f} "
                    f"| {processor:.1f} | {seconds / drained:.1f} ({processor / spent:.1f}) "
                    f"| {median(run.peak_mb for run in done):,.0f} |",
                    flush=True,
                )


def environments(folder: Path, keys: list[str]) -> dict[str, str]:
    """The interpreter of each environment, made where it is not there yet."""
    uv = Path(sys.executable).with_name("uv")
    program = str(uv) if uv.exists() else shutil.which("uv")
    if program is None:
        sys.exit("uv is needed: it comes with `make venv`, or install it where PATH finds it.")
    pythons = {"own": sys.executable}
    for name in sorted({name for key in keys for name in TOOLS[key].environments}):
        python = folder / name / "bin" / "python"
        if not python.exists():
            made = [program, "venv", "--quiet", "--python", sys.executable, str(folder / name)]
            subprocess.run(made, check=True)
            pinned = str(HERE / "requirements" / f"{name}.txt")
            install = [program, "pip", "install", "--quiet", "--python", str(python)]
            subprocess.run([*install, "--no-deps", "--requirement", pinned], check=True)
        pythons[name] = str(python.absolute())
    return pythons


@contextmanager
def served(shape: str, records: int) -> Iterator[str]:
    """The address of the pages, from a process of its own."""
    server = subprocess.Popen(
        [sys.executable, str(PAGES), "--serve", shape, "--records", str(records)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(HERE.parents[2])},
    )
    assert server.stdout is not None
    try:
        yield server.stdout.readline().decode().strip()
    finally:
        server.terminate()
        server.wait()


def once(tool: Tool, shape: str, url: str, records: int, pythons: dict[str, str]) -> Run:
    """Run a tool from nothing; raises where it did not bring every record."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        target = folder / "brought.duckdb"
        singer = {"path": str(target), "default_target_schema": "loaded"}
        (folder / "target.json").write_text(str(singer).replace("'", '"'))
        command = tool.command.format(
            shape=shape, url=url, records=records, size=SIZE[shape], target=target,
            folder=folder, here=shlex.quote(str(HERE)),
            **{key: shlex.quote(python) for key, python in pythons.items()},
        )  # fmt: skip
        run = watched(command, folder)
        brought = count(tool, folder, target, records)
        assert brought == records, f"{tool.name} brought {brought} of {records} records"
        return run


def watched(command: str, folder: Path) -> Run:
    """Run a command, with all it starts in a session of its own, whose memory is summed."""
    environment = {**os.environ, "DO_NOT_TRACK": "1", "HOME": str(folder)}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["bash", "-c", f"set -o pipefail; {command}"],
            stdout=log, stderr=log, cwd=folder, env=environment, start_new_session=True,
        )  # fmt: skip
        peak = [0.0]
        watcher = threading.Thread(target=_watch, args=(process, peak))
        watcher.start()
        process.wait()
        seconds = time.perf_counter() - began
        watcher.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        sys.exit(f"{command}\n{(folder / 'log').read_text()[-3000:]}")
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(seconds, processor, peak[0])


def _watch(process: subprocess.Popen[bytes], peak: list[float]) -> None:
    while process.returncode is None:
        peak[0] = max(peak[0], sum(_memory_mb(process.pid)))
        time.sleep(0.05)


def _memory_mb(session: int) -> Iterator[float]:
    page = os.sysconf("SC_PAGE_SIZE")
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            told = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended since
        if int(told[3]) == session:
            yield int(told[21]) * page / 2**20


def count(tool: Tool, folder: Path, target: Path, records: int) -> int:
    """How many records a tool brought."""
    messages = folder / "messages.jsonl"
    if messages.exists():
        with messages.open() as lines:
            return sum('"type":"RECORD"' in line for line in lines)
    if not tool.loads:
        return records
    with duckdb.connect(str(target), read_only=True) as con:
        [(schema, table)] = con.execute(COUNTED).fetchall()
        return int(con.execute(f'select count(*) from "{schema}"."{table}"').fetchall()[0][0])


if __name__ == "__main__":
    main()
