"""The sensor that watches refreshes and sources, and tells people.

Belongs here: looking at runs and published tables, and Dagster's part. Does not: what is worth
telling (alerts.watch), the words (alerts.message), or sending (alerts.delivery).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import dagster as dg
import duckdb

from pipelines.alerts.delivery import deliver
from pipelines.alerts.message import Published, StaleStream
from pipelines.alerts.watch import FailedRun, Seen, Told, worth_telling
from pipelines.assets.streams import READ_CHECK, stream_key
from pipelines.clock import now
from pipelines.config.load import load_alerts
from pipelines.failures import failure_lines, was_published
from pipelines.home import Home
from pipelines.sources import OpenSource, all_streams
from pipelines.tables import PUBLIC_SCHEMA
from pipelines.warehouse.load import Status

NAME = "tell_people"

Entities = Mapping[str, tuple[str, ...]]
"""The canonical entities that each stream feeds, by `source.stream`."""


def alert_sensor(
    home: Home, config_dir: Path, sources: Sequence[OpenSource], job: str
) -> dg.SensorDefinition:
    """Once a minute: refreshes that failed, sources that went stale, nights that never came."""
    feeds = {
        ".".join(stream_key(opened, stream).path): stream.feeds
        or ((stream.entity,) if stream.entity else ())
        for opened, stream in all_streams(list(sources))
    }

    @dg.sensor(
        name=NAME,
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells people when a refresh failed, a source is stale or nothing was "
        "published for too long: config/alerts.yaml says whom.",
    )
    # Dagster looks at the annotation itself, which is text here.
    def tell_people(context) -> dg.SkipReason:  # type: ignore[no-untyped-def]
        config = load_alerts(config_dir)
        if config is None or not config.reaches_anybody:
            return dg.SkipReason("Nobody is to be told: write config/alerts.yaml.")
        instant = now()
        told = Told.read(context.cursor) if context.cursor else Told.begin(instant)
        published, stale = look_at_tables(home, instant, feeds)
        failed = failed_runs(context.instance, job, told.runs_until, instant, feeds)
        alerts, known = worth_telling(Seen(instant, failed, published, stale), told, config)
        for alert in alerts:
            for failure in deliver(alert, config, config_dir):
                context.log.error(failure)
        # Only now: what no channel took is told at the next look.
        context.update_cursor(known.written())
        titles = "; ".join(alert.title for alert in alerts)
        return dg.SkipReason(f"Told: {titles}" if alerts else "All is well, or known.")

    return tell_people


def failed_runs(
    instance: dg.DagsterInstance, job: str, after: datetime, until: datetime, feeds: Entities
) -> list[FailedRun]:
    """Refreshes that ended red in `(after, until]`, in the order in which they ended.

    Not those that Dagster starts again: the last of them tells.
    """
    filters = dg.RunsFilter(
        job_name=job,
        statuses=[dg.DagsterRunStatus.FAILURE],
        updated_after=after,
        updated_before=until,
    )
    records = instance.get_run_records(filters, order_by="update_timestamp", ascending=True)
    runs = [record.dagster_run for record in records]
    return [
        _failed_run(instance, run.run_id, feeds)
        for run in runs
        if run.tags.get("dagster/will_retry") != "true"
    ]


def _failed_run(instance: dg.DagsterInstance, run_id: str, feeds: Entities) -> FailedRun:
    logged = instance.all_logs(run_id)
    events = [entry.dagster_event for entry in logged if entry.dagster_event is not None]
    return FailedRun(
        tuple(failure_lines(events)),
        was_published(events),
        tuple(_entities_not_read(events, feeds)),
    )


def _entities_not_read(events: Iterable[dg.DagsterEvent], feeds: Entities) -> Iterable[str]:
    for event in events:
        if event.event_type_value == "ASSET_CHECK_EVALUATION":
            check = event.asset_check_evaluation_data
            if check.check_name == READ_CHECK and not check.passed:
                yield from feeds.get(".".join(check.asset_key.path), ())


def look_at_tables(
    home: Home, instant: datetime, feeds: Entities
) -> tuple[Published | None, list[StaleStream]]:
    """What was last published, and which streams are older by now than their sources allow."""
    if not home.serving_database.exists():
        return None, []
    with duckdb.connect(str(home.serving_database), read_only=True) as con:
        con.execute(f"set TimeZone = 'UTC'; use {PUBLIC_SCHEMA}")
        # Its own row is still open in the copy that a night publishes.
        runs = con.execute(
            "select as_of_date, coalesce(finished_at, started_at) from ops_run "
            "order by started_at desc limit 1"
        ).fetchall()
        rows = con.execute(
            "select source || '.' || stream, last_success_at, freshness_hours, message "
            "from ops_source_freshness where freshness_hours is not null "
            f"and status <> '{Status.NOT_AVAILABLE}' order by 1"
        ).fetchall()
    stale = [
        StaleStream(name, last, hours, feeds.get(name, ()), message)
        for name, last, hours, message in rows
        if name in feeds and (last is None or (instant - last).total_seconds() > hours * 3600)
    ]
    return (Published(*runs[0]) if runs else None), stale
