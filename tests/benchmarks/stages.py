"""`make bench`: what each stage of a night costs at several sizes, beside the least it could cost.

Belongs here: the stages of a first night and of the next one, on a firm in files; how they and the
models grow with the firm. Does not: a whole night as it runs, Dagster included (nightly).
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from bare import Bare, bare_sql, copy_warehouse, dearest
from firm import FIRST_NIGHT, NEXT_NIGHT, a_day_later, write_firm
from measuring import Cost, cost_of, markdown, this_machine

from pipelines.assets.models import dbt_project, prepare_manifest
from pipelines.config import load_config
from pipelines.dbt_run import BUILD, Dbt
from pipelines.home import DEFAULT_MODELS_DIR, Home
from pipelines.night import night
from pipelines.report.write import make_report
from pipelines.sources import all_streams, open_sources
from pipelines.tables import PUBLIC_SCHEMA, tables

KINDS = ["files"]
READ, INPUTS, BUILT, PUBLISHED, REPORT = "read and load", "inputs", "build", "publish", "report"
LEAST = {
    READ: "DuckDB reading the same files into tables of text",
    BUILT: "the same statements by DuckDB alone",
    PUBLISHED: "copying the published files",
}
WORTH_TELLING = 0.5
"""Processor seconds below which a model's growth says little."""

N_LOG_N = 0.15
"""How much faster than in proportion a model may grow, as an exponent: n log n from 1,000 accounts
to 10,000 is 0.12; the rest is what measuring leaves open."""


_TICK = 0.001
"""What a clock may miss of a model that costs next to nothing."""


@dataclass(frozen=True)
class Size:
    """What was measured at one size."""

    accounts: int
    records: int
    stages: dict[tuple[str, str], tuple[Cost, float | None]] = field(default_factory=dict)
    """By night and stage: what it cost, and the least, in seconds."""
    bare: dict[str, Bare] = field(default_factory=dict)


def main() -> None:
    """Measure all sizes, and print Markdown."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--accounts", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--memory", help="DuckDB's limit, as in sources.yaml: 8GB")
    parser.add_argument("--folder", type=Path, help="where the firms are made, and left")
    given = parser.parse_args()
    sizes = []
    for accounts in given.accounts:
        with TemporaryDirectory(dir=given.folder) as folder:
            sizes.append(measured(Path(folder), accounts, given.memory))
        print(_stages(sizes[-1]), flush=True)
        for name, bare in sizes[-1].bare.items():
            title = f"{accounts:,} accounts, {name}: the dearest statements"
            print(markdown(title, ("model", "processor seconds"), dearest(bare)), flush=True)
    for smaller, larger in pairwise(sizes):
        print(_growth(smaller, larger), flush=True)
    print(this_machine())


def measured(root: Path, accounts: int, memory: str | None) -> Size:
    """A first night, and the next one, on a firm of a size."""
    size = Size(accounts, write_firm(root, accounts))
    if memory:
        with (root / "config" / "sources.yaml").open("a") as file:
            file.write(f"duckdb: {{memory: {memory}}}\n")
    with (root / "dbt.log").open("w") as log, redirect_stdout(log):
        _measure(size, root, "first night", FIRST_NIGHT)
        a_day_later(root, accounts)
        _measure(size, root, "next night", NEXT_NIGHT)
    return size


def _measure(size: Size, root: Path, name: str, as_of: date) -> None:
    home, data = Home(root / "home"), root / "config" / "data"
    config = load_config(root / "config", default_models=DEFAULT_MODELS_DIR)
    project = dbt_project(home)
    prepare_manifest(project, home, KINDS)
    public = tables(project.manifest_path, PUBLIC_SCHEMA)

    def told(stage: str, work: Callable[[], object], least: Callable[[], float] | None) -> None:
        cost = cost_of(work)
        size.stages[name, stage] = (cost, least() if least else None)

    with night(home, config, name.replace(" ", "_"), as_of=as_of) as this_night:

        def read_all() -> None:
            streams = list(all_streams(open_sources(config)))
            this_night.read_ahead(streams)
            for opened, stream in streams:
                this_night.read(opened, stream)

        def bare() -> float:
            size.bare[name] = bare_sql(home, before)
            before.unlink()
            return size.bare[name].seconds

        told(READ, read_all, lambda: cost_of(lambda: _bare_load(data)).seconds)
        told(INPUTS, this_night.prepare_inputs, None)
        before = copy_warehouse(home, root / "before")
        told(BUILT, lambda: Dbt(home, KINDS).run(BUILD), bare)
        told(
            PUBLISHED,
            lambda: this_night.publish(public),
            lambda: cost_of(lambda: _copy(home.serving, root / "copy")).seconds,
        )
        told(REPORT, lambda: make_report(home), None)


def _bare_load(data: Path) -> None:
    with duckdb.connect() as con:
        for entry in sorted(data.iterdir()):
            files = entry / "*.parquet" if entry.is_dir() else entry
            con.execute(f"create table {entry.stem} as select columns(*)::varchar from '{files}'")


def _copy(folder: Path, to: Path) -> None:
    """All that is published, to disk."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(folder, to, symlinks=True)
    os.sync()


def _stages(size: Size) -> str:
    rows = []
    for (name, stage), (cost, least) in size.stages.items():
        rows.append(
            (
                f"{name}: {stage}",
                *(f"{cost.seconds:.1f}", f"{cost.processor_seconds:.1f}", f"{cost.peak_mib:,.0f}"),
                *(("", "") if least is None else (f"{least:.1f}", f"{cost.seconds / least:.1f}")),
            )
        )
    title = f"{size.accounts:,} accounts, {size.records:,} records"
    header = ("stage", "seconds", "processor seconds", "peak MiB", "the least, seconds", "ratio")
    return markdown(title, header, rows)


def _growth(smaller: Size, larger: Size) -> str:
    factor = larger.accounts / smaller.accounts
    rows = [
        _times(f"{name}: {stage}", was.processor_seconds, now.processor_seconds)
        for ((name, stage), (was, _)), (now, _) in zip(
            smaller.stages.items(), larger.stages.values(), strict=True
        )
    ]
    rows += _fast_growing(smaller, larger)
    title = f"From {smaller.accounts:,} accounts to {larger.accounts:,}, {factor:.0f} times as many"
    header = ("", "processor seconds", "processor seconds", "times")
    return markdown(title, header, rows)


def _fast_growing(smaller: Size, larger: Size) -> Iterator[tuple[str, ...]]:
    """The models that grew faster than n log n, run by DuckDB alone on the first night.

    Time grows faster than work where a table no longer fits into the processor's cache, or into
    memory; beside it stands how many times as many rows the model handed from step to step.
    """
    first, then = (size.bare["first night"].by_statement for size in (smaller, larger))
    was = {name: spent.processor_seconds for name, spent in first.items()}
    now = {name: spent.processor_seconds for name, spent in then.items()}
    factor = larger.accounts / smaller.accounts
    for model in sorted(now, key=lambda name: -now[name]):
        is_large = now[model] >= WORTH_TELLING
        if is_large and math.log(now[model] / max(was[model], _TICK), factor) > 1 + N_LOG_N:
            rows = then[model].rows / max(first[model].rows, 1)
            what = f"faster than n log n: {model} (rows: {rows:.1f} times)"
            yield _times(what, was[model], now[model])


def _times(what: str, was: float, now: float) -> tuple[str, ...]:
    return what, f"{was:.2f}", f"{now:.2f}", f"{now / was:.1f}" if was else ""


if __name__ == "__main__":
    main()
