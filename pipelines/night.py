"""One night's work from lock to published tables, as plain steps that Dagster's assets call.

Belongs here: the steps' order of duties and what a run remembers between them. Does not: Dagster,
which only decides when a step runs and shows what it returned.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import duckdb

from connectors import registry
from connectors.landing import remove_unfinished
from connectors.stream import Stream
from pipelines import canonical
from pipelines.clock import last_complete_day, now
from pipelines.config import Config
from pipelines.config.tools import known_tools
from pipelines.config.write_back import WriteBack
from pipelines.dbt_run import BUILD, Dbt
from pipelines.extraction import ReadAhead
from pipelines.home import Home
from pipelines.loading import ReadReport, errands, load_landed, load_stream
from pipelines.lock import writing
from pipelines.publish import PublishedTable, publish
from pipelines.recipe import recipe_version
from pipelines.sources import (
    OpenSource,
    all_streams,
    files_sources,
    open_sources,
    record_sources,
)
from pipelines.tables import Table
from pipelines.warehouse.connection import limit, warehouse
from pipelines.warehouse.holidays import write_holidays
from pipelines.warehouse.input_views import prepare_inputs
from pipelines.warehouse.load import Status
from pipelines.warehouse.reported import land_first_reports, load_first_reports
from pipelines.warehouse.runs import (
    Run,
    age_of,
    begin_run,
    count_streams,
    end_run,
    forget_unconfigured,
    note_failed_streams,
)
from pipelines.write_back import WRITE_BACK
from pipelines.write_back.run import Report, write_back

log = logging.getLogger("cs_coverage")


@dataclass
class Night:
    """A run that has begun: it holds the home's lock, and its day and settings are set."""

    home: Home
    config: Config
    run: Run
    accept_short_read: Set[str] = frozenset()
    reading: ReadAhead = field(default_factory=ReadAhead)
    reports: list[ReadReport] = field(default_factory=list)
    published: list[PublishedTable] = field(default_factory=list)
    written_back: list[Report] = field(default_factory=list)
    _held: ExitStack = field(default_factory=ExitStack)
    _is_held: bool = False

    @property
    def has_begun(self) -> bool:
        """Whether streams are being read, or were."""
        return self.reading.has_begun

    def read_ahead(self, streams: Iterable[tuple[OpenSource, Stream]]) -> None:
        """Begin to read streams that this run will load, many at a time."""
        self._hold_warehouse()
        self.reading.begin(
            errands(
                self.home,
                streams,
                run_id=self.run.run_id,
                accept_short_read=self.accept_short_read,
            )
        )

    def read(self, opened: OpenSource, stream: Stream) -> ReadReport:
        """Load what is new in one stream, as it lands."""
        name = opened.source.name
        if not self.reading.is_reading(name, stream.name):
            self.read_ahead([(opened, stream)])
        batches = self.reading.batches(name, stream.name)
        report = load_stream(self.home, name, stream, batches)
        with warehouse(self.home.warehouse) as con:
            age = age_of(con, name, stream.name)
        report = replace(
            report,
            seconds=self.reading.seconds(name, stream.name),
            age_hours=None if age is None else age / timedelta(hours=1),
        )
        self.reports.append(report)
        loaded = report.loaded
        if loaded and report.status.is_good:
            counts = (
                f"{loaded.records:,} records: {loaded.new:,} new, {loaded.changed:,} changed, "
                f"{loaded.deleted:,} deleted, {loaded.quarantined:,} set aside"
            )
            log.info("%s.%s: %s", report.source, report.stream, counts)
        elif report.status is Status.NOT_AVAILABLE:
            log.info("%s.%s is not available: %s", report.source, report.stream, report.message)
        elif report.status.is_good:
            log.info("%s.%s: unchanged", report.source, report.stream)
        else:
            log.error("%s.%s: %s", report.source, report.stream, report.message)
        return report

    def _hold_warehouse(self) -> None:
        """Keep the file open while streams are loaded: opening takes longer than a small batch."""
        if not self._is_held:
            self._held.enter_context(warehouse(self.home.warehouse))
            self._is_held = True

    def close(self) -> None:
        """Let go of the file, which dbt opens with settings of its own."""
        self._held.close()
        self._is_held = False

    def prepare_inputs(self) -> list[str]:
        """Remake what dbt reads from the files sources; returns what is wrong with mappings."""
        with warehouse(self.home.warehouse) as con:
            wrong = remake_inputs(con, self.config, self.run.as_of)
            count_streams(con, self.run.run_id)
        self.close()
        return wrong

    def publish(self, tables: Sequence[Table]) -> list[PublishedTable]:
        """Put the checked tables in front of readers, all at once."""
        keep_days = self.config.publishing.people.keep_days
        self.published = publish(self.home, tables, self.run.run_id, now(), keep_days=keep_days)
        land_first_reports(self.home)
        log.info("published %s tables to %s", len(tables), self.home.serving)
        return self.published

    def write_back(self, opened: OpenSource, settings: WriteBack) -> Report:
        """Write to a source what of the published tables it is to have; fails nothing."""
        report = write_back(self.home, self.config, opened, settings, self.run.run_id)
        self.written_back.append(report)
        level = logging.INFO if report.is_good else logging.ERROR
        log.log(level, "%s.%s: %s", report.source, WRITE_BACK, report.message)
        return report

    @property
    def failed(self) -> list[ReadReport]:
        """Streams that keep older data."""
        return [r for r in self.reports if not r.status.is_good]

    @property
    def not_written(self) -> list[Report]:
        """Sources to which not all could be written back."""
        return [report for report in self.written_back if not report.is_good]


def set_run(con: duckdb.DuckDBPyConnection, config: Config, run: Run) -> None:
    """Set the day and settings that every model of a run is a function of."""
    said = config.sources_file
    begin_run(
        con,
        run,
        time_zone=said.time_zone,
        currency=said.currency,
        fx=dict(said.fx),
        fx_history=said.fx_history,
        sources=[o.connected for o in open_sources(config)],
        field_priority=said.field_priority,
        models=config.models,
        reviews=config.reviews,
        tools=known_tools(said.tools, said.sources),
        recipe=recipe_version(config.config_version),
    )


def remake_inputs(con: duckdb.DuckDBPyConnection, config: Config, as_of: date) -> list[str]:
    """Remake what dbt reads, from the records loaded; returns what is wrong with mappings."""
    sources = open_sources(config)
    forget_unconfigured(con, {(o.source.name, s.name) for o, s in all_streams(sources)})
    findings = prepare_inputs(
        con,
        canonical.entities(),
        files_sources(sources),
        [registry.kind(name) for name in registry.kinds()],
        record_sources(sources),
    )
    write_holidays(con, as_of, config.models, record_sources(sources))
    note_failed_streams(con)
    for finding in findings:
        log.error(finding.message)
    return [finding.message for finding in findings]


@contextmanager
def night(
    home: Home,
    config: Config,
    run_id: str,
    *,
    as_of: date | None = None,
    accept_short_read: Set[str] = frozenset(),
    wait_seconds: float = -1,
) -> Iterator[Night]:
    """Hold the home, tidy what a killed run left, set the run's day; close the run at the end."""
    with writing(home, f"refresh {run_id}", wait_seconds):
        limit(config.sources_file.duckdb.options)
        started_at = now()
        day = as_of or last_complete_day(started_at, config.sources_file.time_zone)
        run = Run(run_id, started_at, day, config.config_version)
        kinds = {opened.source.kind for opened in open_sources(config)}
        Dbt(home, kinds).make_ready(BUILD)  # while the sources are read
        remove_unfinished(home.landing)
        shutil.rmtree(home.unfinished_past_day, ignore_errors=True)
        land_first_reports(home)
        with warehouse(home.warehouse) as con:
            set_run(con, config, run)
            load_landed(con, home.landing)
            load_first_reports(con, home.landing)
        this_night = Night(home, config, run, accept_short_read)
        try:
            with this_night.reading, closing(this_night):
                yield this_night
        finally:
            with warehouse(home.warehouse) as con:
                end_run(
                    con,
                    home.landing,
                    run_id,
                    status="published" if this_night.published else "failed",
                    finished_at=now(),
                    message="; ".join(
                        f"{r.source}.{r.stream}: {r.message}" for r in this_night.failed
                    )
                    or None,
                )
