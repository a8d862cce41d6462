"""`make bench`: how long each stage of a night takes, beside the least it could take.

Belongs here: measuring on made-up files of a chosen size. Does not: asserting a time; machines
differ, so each stage is shown as a ratio to a bare way of doing the same, in the same run.
"""

from __future__ import annotations

import argparse
import csv
import random
import resource
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stdout
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from rich.console import Console
from rich.table import Table

from pipelines.assets.models import BUILD, dbt_project, prepare_manifest
from pipelines.config import load_config
from pipelines.dbt_process import dbt_process
from pipelines.dbt_run import Dbt
from pipelines.home import DEFAULT_MODELS_DIR, Home
from pipelines.night import night
from pipelines.sources import all_streams, open_sources
from pipelines.tables import PUBLIC_SCHEMA, tables

AS_OF = date(2026, 6, 30)


def main() -> None:
    """Measure one night on new data and one on the same data again."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--accounts", type=int, default=1_000)
    accounts = parser.parse_args().accounts
    with TemporaryDirectory() as folder:
        root = Path(folder)
        rows = write_company(root / "config" / "data", accounts)
        (root / "config" / "sources.yaml").write_text(
            "sources: {sheets: {kind: files, path: data}}"
        )
        table = Table("stage", "seconds", "the least", "ratio", title=f"{rows:,} rows in files")
        with (root / "dbt.log").open("w") as log, redirect_stdout(log):
            for stage in measure(root):
                table.add_row(*stage)
    Console().print(table)
    print(f"peak memory: {peak_memory():,.0f} MiB")


def write_company(folder: Path, accounts: int) -> int:
    """Accounts, a contract each, 20 activities, 10 tickets and 100 usage rows an account."""
    folder.mkdir(parents=True)
    chance = random.Random(1)
    ids = [f"A{n}" for n in range(accounts)]

    def day() -> str:
        return (AS_OF - timedelta(days=chance.randrange(700))).isoformat()

    return sum(
        (
            _write(folder, "accounts", ("account_id", "name"), ((a, f"Company {a}") for a in ids)),
            _write(
                folder,
                "contracts",
                ("contract_id", "account_id", "starts_on", "arr"),
                ((f"C{a}", a, day(), str(chance.randrange(1_000, 200_000))) for a in ids),
            ),
            _write(
                folder,
                "activities",
                ("activity_id", "account_id", "type", "started_at", "contact_emails", "channel"),
                (
                    (
                        f"{a}-{n}",
                        a,
                        "check_in",
                        f"{day()}T10:00:00",
                        f"p{n % 3}@{a}.example",
                        "call",
                    )
                    for a in ids
                    for n in range(20)
                ),
            ),
            _write(
                folder,
                "tickets",
                ("ticket_id", "account_id", "opened_at", "priority"),
                ((f"T{a}-{n}", a, f"{day()}T09:00:00", "P3") for a in ids for n in range(10)),
            ),
            _write(
                folder,
                "usage",
                ("account_id", "on", "metric", "value"),
                (
                    (a, (AS_OF - timedelta(days=n)).isoformat(), "sessions", str(n))
                    for a in ids
                    for n in range(100)
                ),
            ),
        )
    )


def _write(
    folder: Path, entity: str, header: Iterable[str], rows: Iterable[tuple[str, ...]]
) -> int:
    with (folder / f"{entity}.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        written = 0
        for row in rows:
            writer.writerow(row)
            written += 1
    return written


def measure(root: Path) -> Iterator[tuple[str, str, str, str]]:
    """Rows of the result: stage, seconds, seconds of the bare way, their ratio."""
    home, data = Home(root / "home"), root / "config" / "data"
    config = load_config(root / "config", default_models=DEFAULT_MODELS_DIR)
    project = dbt_project(home)
    parse = timed(lambda: prepare_manifest(project, home, ["files"]))
    yield "dbt parse (only after a change of the project)", f"{parse:.2f}", "", ""
    public = tables(project.manifest_path, PUBLIC_SCHEMA)

    def read_all() -> None:
        for opened, stream in all_streams(open_sources(config)):
            this_night.read(opened, stream)

    for name in ("first night", "same again"):
        with night(home, config, name.replace(" ", "_"), as_of=AS_OF) as this_night:
            yield row(f"{name}: read and load", timed(read_all), timed(lambda: bare_load(data)))
            yield row(f"{name}: prepare inputs", timed(this_night.prepare_inputs), None)
            build = timed(lambda: Dbt(home, ["files"]).run(BUILD))
            yield row(f"{name}: dbt build and test", build, None)
            yield row(
                f"{name}: publish",
                timed(lambda: this_night.publish(public)),
                timed(lambda: shutil.copyfile(home.warehouse, root / "copy.duckdb")),
            )


def bare_load(data: Path) -> None:
    """DuckDB alone reading the same files into tables."""
    con = duckdb.connect()
    for path in data.glob("*.csv"):
        con.execute(
            f"create table {path.stem} as "
            f"from read_csv('{path}', header = true, all_varchar = true, delim = ',')"
        )
    con.close()


def row(stage: str, seconds: float, least: float | None) -> tuple[str, str, str, str]:
    """A line of the result."""
    if least is None:
        return stage, f"{seconds:.2f}", "", ""
    return stage, f"{seconds:.2f}", f"{least:.2f}", f"{seconds / least:.1f}"


def peak_memory() -> float:
    """MiB, of this process, which reads and loads, or of dbt's, which computes: the larger."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    status = Path(f"/proc/{dbt_process().pid}/status")
    told = status.read_text().splitlines() if status.exists() else []  # it ends when idle
    return max([own, *(int(line.split()[1]) for line in told if line.startswith("VmHWM"))]) / 1024


def timed(work: Callable[[], object]) -> float:
    """Seconds that `work` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
