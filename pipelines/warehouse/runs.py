"""What a run is told and what it reports: its day, its settings, how each stream fared.

Belongs here: meta.context, meta.run, the state of streams, and their journal in landing, so that
a rebuild knows them too. Does not: records.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from pipelines.clock import now
from pipelines.config import CoverageModel
from pipelines.config.reviews import Reviews
from pipelines.config.tools import KnownTool
from pipelines.warehouse.connection import transaction
from pipelines.warehouse.coverage_models import write_coverage_models
from pipelines.warehouse.load import Status
from pipelines.warehouse.reviews import write_reviews
from pipelines.warehouse.tools import write_tools

_JOURNAL = "_runs"
_STREAM_COUNTS = ("streams_read", "streams_unchanged", "streams_failed")
_COUNTS = ("records_new", "records_changed", "records_deleted", "records_quarantined")


@dataclass(frozen=True)
class Run:
    """One night's work: which, since when, on which day it reports, by which configuration."""

    run_id: str
    started_at: datetime
    as_of: date
    config_version: str


@dataclass(frozen=True)
class ConnectedSource:
    """A source of sources.yaml, as far as SQL needs to know it."""

    name: str
    kind: str
    freshness_hours: float
    max_quarantined: float
    options: Mapping[str, str] = field(default_factory=dict)


def begin_run(
    con: duckdb.DuckDBPyConnection,
    run: Run,
    *,
    time_zone: str,
    currency: str,
    fx: dict[str, float],
    fx_history: Mapping[str, Mapping[date, float]] | None = None,
    sources: list[ConnectedSource],
    field_priority: Mapping[str, Sequence[str]] | None = None,
    models: Sequence[CoverageModel] = (),
    reviews: Reviews | None = None,
    tools: Sequence[KnownTool] = (),
    recipe: str = "",
) -> None:
    """Set what every model of this run is a function of, and note that the run began."""
    with transaction(con):
        for table in (
            *("context", "recipe", "fx_rate", "fx_rate_history"),
            *("source", "source_option", "field_priority"),
        ):
            con.execute(f"delete from meta.{table}")
        con.execute(
            "insert into meta.context values (?, ?, ?, ?)",
            [run.as_of, run.config_version, time_zone, currency],
        )
        con.execute("insert into meta.recipe values (?)", [recipe])
        for code, rate in {**fx, currency: 1.0}.items():
            con.execute("insert into meta.fx_rate values (?, ?)", [code, rate])
        for code, rates in (fx_history or {}).items():
            for holds_from, rate in rates.items():
                con.execute(
                    "insert into meta.fx_rate_history values (?, ?, ?)", [code, holds_from, rate]
                )
        for priority, s in enumerate(sources):
            con.execute(
                "insert into meta.source values (?, ?, ?, ?, ?)",
                [s.name, s.kind, priority, s.freshness_hours, s.max_quarantined],
            )
            for option, value in sorted(s.options.items()):
                con.execute(
                    "insert into meta.source_option values (?, ?, ?)", [s.name, option, value]
                )
        for name, winners in (field_priority or {}).items():
            entity, _, field_name = name.partition(".")
            for rank, winner in enumerate(winners):
                con.execute(
                    "insert into meta.field_priority values (?, ?, ?, ?)",
                    [entity, field_name, winner, rank],
                )
        write_coverage_models(con, models)
        write_reviews(con, reviews or Reviews())
        write_tools(con, tools)
        # We hold the home's lock, so whoever is still "running" was killed.
        con.execute(
            "update meta.run set status = 'failed', message = 'The run was interrupted.' "
            "where status = 'running'"
        )
        con.execute(
            "insert or replace into meta.run (run_id, started_at, as_of, config_version, status) "
            "values (?, ?, ?, ?, 'running')",
            [run.run_id, run.started_at, run.as_of, run.config_version],
        )


def note_unchanged(
    con: duckdb.DuckDBPyConnection, source: str, stream: str, entity: str | None, at: datetime
) -> None:
    """The source says that nothing changed since the stream's cursor."""
    _note(con, source, stream, entity, Status.UNCHANGED, None, at, at)


def note_unavailable(
    con: duckdb.DuckDBPyConnection,
    source: str,
    stream: str,
    entity: str | None,
    message: str,
    at: datetime,
) -> None:
    """The source does not offer this stream to us, which it need not: nothing is missing."""
    _note(con, source, stream, entity, Status.NOT_AVAILABLE, message, at, at)


def note_failure(
    con: duckdb.DuckDBPyConnection,
    source: str,
    stream: str,
    entity: str | None,
    message: str,
    at: datetime,
) -> None:
    """The stream could not be read; what was loaded before stays."""
    _note(con, source, stream, entity, Status.FAILED, message, at, None)


def _note(
    con: duckdb.DuckDBPyConnection,
    source: str,
    stream: str,
    entity: str | None,
    status: Status,
    message: str | None,
    attempted_at: datetime | str,
    succeeded_at: datetime | str | None,
) -> None:
    con.execute(
        """
        insert into meta.stream_state values (?, ?, ?, ?, ?, null, null, ?, ?, 0, 0, 0, 0, 0)
        on conflict (source_name, stream) do update set
            entity = excluded.entity,
            status = excluded.status,
            message = excluded.message,
            last_attempt_at = excluded.last_attempt_at,
            last_success_at = coalesce(excluded.last_success_at, stream_state.last_success_at),
            records_new = 0,
            records_changed = 0,
            records_deleted = 0
        """,
        [source, stream, entity, status, message, attempted_at, succeeded_at],
    )


def cursor_of(con: duckdb.DuckDBPyConnection, source: str, stream: str) -> str | None:
    """Where the stream's next read resumes."""
    row = con.execute(
        "select cursor from meta.stream_state where source_name = ? and stream = ?",
        [source, stream],
    ).fetchone()
    return row[0] if row else None


def records_of(con: duckdb.DuckDBPyConnection, source: str, stream: str) -> int:
    """How many records the stream has now."""
    row = con.execute(
        "select records from meta.stream_state where source_name = ? and stream = ?",
        [source, stream],
    ).fetchone()
    return row[0] if row else 0


def age_of(con: duckdb.DuckDBPyConnection, source: str, stream: str) -> timedelta | None:
    """How long ago the stream was last read well; None if it never was."""
    row = con.execute(
        "select last_success_at from meta.stream_state where source_name = ? and stream = ?",
        [source, stream],
    ).fetchone()
    return now() - row[0] if row and row[0] else None


def set_aside(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], int]:
    """How many records of each stream, by source and stream, could not be loaded."""
    counts = con.execute(
        "select source_name, stream, records_quarantined from meta.stream_state"
    ).fetchall()
    return {(source, stream): count for source, stream, count in counts}


def forget_unconfigured(con: duckdb.DuckDBPyConnection, streams: set[tuple[str, str]]) -> None:
    """Streams that sources.yaml no longer has are no longer reported; their records stay in raw."""
    for source, stream in con.execute(
        "select source_name, stream from meta.stream_state"
    ).fetchall():
        if (source, stream) not in streams:
            con.execute(
                "delete from meta.stream_state where source_name = ? and stream = ?",
                [source, stream],
            )
            con.execute(
                "delete from meta.finding where source_name = ? and stream = ?", [source, stream]
            )


def note_failed_streams(con: duckdb.DuckDBPyConnection) -> None:
    """Every stream that keeps older data, or is not offered, is a finding until it is read."""
    con.execute("delete from meta.finding where scope = 'stream'")
    con.execute(
        """
        insert into meta.finding
        select
            'stream', 'stream_' || status, source_name, stream, entity,
            case when status = 'not_available' then 'info' else 'error' end, 1, 1,
            [source_name || '.' || stream], message
        from meta.stream_state
        where status not in ('applied', 'unchanged')
        """
    )


def end_run(
    con: duckdb.DuckDBPyConnection,
    landing: Path,
    run_id: str,
    *,
    status: str,
    finished_at: datetime,
    message: str | None = None,
) -> None:
    """Count what the run's streams brought, close it, and journal it beside what it landed."""
    count_streams(con, run_id)
    con.execute(
        "update meta.run set status = ?, finished_at = ?, message = ? where run_id = ?",
        [status, finished_at, message, run_id],
    )
    _write_journal(con, landing, run_id)


def count_streams(con: duckdb.DuckDBPyConnection, run_id: str) -> None:
    """Sum up the streams' latest reads in the run's row."""
    sums = ", ".join(f"sum({c}) as {c}" for c in _COUNTS)
    assignments = ", ".join(f"{c} = total.{c}" for c in (*_STREAM_COUNTS, *_COUNTS))
    con.execute(
        f"""
        update meta.run set {assignments}
        from (
            select
                count(*) filter (status = 'applied') as streams_read,
                count(*) filter (status = 'unchanged') as streams_unchanged,
                count(*) filter (
                    status not in ('applied', 'unchanged', 'not_available')
                ) as streams_failed,
                {sums}
            from meta.stream_state
        ) as total
        where run_id = ?
        """,
        [run_id],
    )


def _rows(con: duckdb.DuckDBPyConnection, sql: str, parameters: list[Any]) -> list[dict[str, Any]]:
    con.execute(sql, parameters)
    names = [d[0] for d in con.description or ()]
    return [dict(zip(names, row, strict=True)) for row in con.fetchall()]


def _write_journal(con: duckdb.DuckDBPyConnection, landing: Path, run_id: str) -> None:
    rows = _rows(con, "select * from meta.run where run_id = ?", [run_id])
    if not rows:
        return
    entry = {
        "run": rows[0],
        "streams": _rows(con, "select * from meta.stream_state order by source_name, stream", []),
    }
    folder = landing / _JOURNAL
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{rows[0]['started_at']:%Y%m%dT%H%M%S_%fZ}-{run_id}.json"
    temporary = target.with_suffix(".tmp")
    with temporary.open("w") as file:
        json.dump(entry, file, default=str, indent=1)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(target)


def first_reported_day(landing: Path) -> date | None:
    """The day that the first run of all reported on, by the journal; None before any."""
    first = min((landing / _JOURNAL).glob("*.json"), default=None)
    if first is None:
        return None
    return date.fromisoformat(json.loads(first.read_text())["run"]["as_of"])


def replay_journal(con: duckdb.DuckDBPyConnection, landing: Path) -> date | None:
    """Restore runs and the streams' latest states; returns the day the latest run reported on."""
    latest: dict[str, Any] | None = None
    for path in sorted((landing / _JOURNAL).glob("*.json")):
        latest = json.loads(path.read_text())
        run = latest["run"]
        con.execute(
            f"insert or replace into meta.run ({', '.join(run)}) "
            f"values ({', '.join('?' * len(run))})",
            list(run.values()),
        )
    if latest is None:
        return None
    for state in latest["streams"]:
        if state["status"] != Status.APPLIED:
            _note(
                con,
                state["source_name"],
                state["stream"],
                state["entity"],
                Status(state["status"]),
                state["message"],
                state["last_attempt_at"],
                state["last_success_at"],
            )
    return date.fromisoformat(latest["run"]["as_of"])
