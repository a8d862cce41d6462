"""A past day's tables: as of that day, by what is known now, in a file beside the published ones.

Belongs here: which days can be had, computing one in a copy of the warehouse, forgetting it. Does
not: what runs it (assets/past), or the command (backfill).
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from pipelines.checks.gate import breaches
from pipelines.clock import last_complete_day, now
from pipelines.config import Config
from pipelines.dbt_failures import failing_rows, failures
from pipelines.dbt_run import Dbt, DbtFailed
from pipelines.home import Home
from pipelines.lock import writing
from pipelines.night import remake_inputs, set_run
from pipelines.publish import PublishedTable, publish_apart
from pipelines.sources import open_sources
from pipelines.tables import CANONICAL_SCHEMA, PUBLIC_SCHEMA, tables
from pipelines.warehouse.connection import copy_warehouse, limit, warehouse
from pipelines.warehouse.reported import load_first_reports
from pipelines.warehouse.runs import Run, first_reported_day

_PARSED = ("manifest.json", "partial_parse.msgpack")
"""dbt's project as it was parsed for the home: parsing it again takes longer than a small night."""

log = logging.getLogger("cs_coverage")


class NotAPastDay(Exception):
    """A day that cannot be asked for; says which can."""


class PastDayFailed(Exception):
    """A day that was computed and cannot be published; says why, a line a cause."""


@dataclass(frozen=True)
class KeptDay:
    """A past day that lies there, and the bytes it takes."""

    day: date
    size: int


def first_day(home: Home, config: Config) -> date:
    """The first day that can be asked for: `history_from`, else that of the first refresh."""
    return (
        config.sources_file.history_from or first_reported_day(home.landing) or _yesterday(config)
    )


def days_between(home: Home, config: Config, first: date, last: date) -> list[date]:
    """Every day from `first` to `last`, both included. Raises `NotAPastDay`."""
    if last < first:
        raise NotAPastDay(f"{last} is before {first}: give the earlier day first.")
    earliest, latest = first_day(home, config), _yesterday(config)
    if first < earliest:
        raise NotAPastDay(
            f"{first} is before {earliest}, the first day that can be computed again: to go "
            f"further back, write history_from: {first} into {config.directory / 'sources.yaml'}."
        )
    if last > latest:
        raise NotAPastDay(f"{last} is not over yet: the last day that can be had is {latest}.")
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def compute_past_day(
    home: Home,
    config: Config,
    day: date,
    run_id: str,
    *,
    dbt_arguments: Sequence[str],
    promises: Mapping[str, str],
) -> list[PublishedTable]:
    """Compute and check the tables as of `day`, and put them in place; what is published stays.

    No source is asked and nothing lands. `promises` says what dbt's tests mean, by their names.
    Raises `NotAPastDay`, and `PastDayFailed` where a check that stops a night does not pass; the
    file that lay there before stays then.
    """
    days_between(home, config, day, day)
    with writing(home, f"past day {day}", -1), _workplace(home) as work:
        limit(config.sources_file.duckdb.options)
        copy_warehouse(home.warehouse, work.warehouse)
        with warehouse(work.warehouse) as con:
            _check_was_read(con, day)
            set_run(con, config, Run(run_id, now(), day, config.config_version))
            load_first_reports(con, home.landing)
            remake_inputs(con, config, day)
            _say_what_it_is(con, config, run_id)
        _build(work, config, dbt_arguments, promises)
        manifest = work.dbt_target / "manifest.json"
        public = tables(manifest, PUBLIC_SCHEMA)
        broken = breaches(work.warehouse, [*tables(manifest, CANONICAL_SCHEMA), *public])
        if broken:
            raise PastDayFailed(
                "\n".join(
                    f"{table}: {breach.column or 'table'}: {breach.message}"
                    for table, found in broken.items()
                    for breach in found
                )
            )
        published = publish_apart(work.warehouse, work.serving_database, public, run_id, now())
        target = home.past_day(day)
        target.parent.mkdir(parents=True, exist_ok=True)
        work.serving_database.replace(target)
        log.info("published %s, %s tables, to %s", day, len(published), target)
        return published


def kept_days(home: Home) -> list[KeptDay]:
    """The past days that lie there, the earliest first."""
    files = sorted(home.past_days.glob(f"*/{home.serving_database.name}"))
    return [KeptDay(date.fromisoformat(f.parent.name), f.stat().st_size) for f in files]


def forget_days(home: Home, first: date, last: date) -> list[KeptDay]:
    """Delete the past days from `first` to `last`; returns those that there were."""
    forgotten = [kept for kept in kept_days(home) if first <= kept.day <= last]
    for kept in forgotten:
        shutil.rmtree(home.past_day(kept.day).parent)
    return forgotten


def _yesterday(config: Config) -> date:
    return last_complete_day(now(), config.sources_file.time_zone)


@contextmanager
def _workplace(home: Home) -> Iterator[Home]:
    """A home below this one in which a day is computed, gone afterwards; the lock is held."""
    if not home.warehouse.exists():
        raise NotAPastDay(f"There is no {home.warehouse}: run cs-coverage refresh or rebuild.")
    work = Home(home.unfinished_past_day)
    shutil.rmtree(work.root, ignore_errors=True)  # what a killed run left
    work.dbt_target.mkdir(parents=True)
    work.serving.mkdir()
    try:
        for name in _PARSED:
            shutil.copy2(home.dbt_target / name, work.dbt_target)
        yield work
    finally:
        shutil.rmtree(work.root, ignore_errors=True)


def _check_was_read(con: duckdb.DuckDBPyConnection, day: date) -> None:
    """Later than the last night, nobody knows what happened."""
    last = con.execute("select max(as_of) from meta.run").fetchall()[0][0]
    if last is None or day > last:
        raise NotAPastDay(
            f"{day} is after {last}, the last day that a refresh reported on: run cs-coverage "
            "refresh first."
        )


def _say_what_it_is(con: duckdb.DuckDBPyConnection, config: Config, run_id: str) -> None:
    con.execute(
        "update meta.run set message = ? where run_id = ?",
        [f"A past day, by what was known on {_yesterday(config)}.", run_id],
    )


def _build(
    work: Home, config: Config, dbt_arguments: Sequence[str], promises: Mapping[str, str]
) -> None:
    dbt = Dbt(work, {opened.source.kind for opened in open_sources(config)})
    try:
        dbt.run(dbt_arguments)
    except DbtFailed as error:
        rows = failing_rows(error.results, work.warehouse)
        said = failures(error.results, rows, promises) or [str(error)]
        raise PastDayFailed("\n".join(said)) from None
