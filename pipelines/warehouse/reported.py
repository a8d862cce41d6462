"""What was first reported of a period: taken from what was published, kept in landing.

Belongs here: landing first reports, and loading them for dbt. Does not: which periods have closed,
or what their numbers are (dbt's mart_coverage_tier_period).
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import duckdb

from pipelines.home import Home
from pipelines.tables import PUBLIC_SCHEMA
from pipelines.warehouse.connection import literal, transaction

_FOLDER = "_reported"
_TABLE = "mart_coverage_tier_period"
_KEY = ("tier_id", "period_type", "period_start")
_ABOUT_THE_ROW = {
    *_KEY,
    "period_end",
    "basis",
    "is_period_closed",
    "first_reported_on",
    "first_reported_config_version",
    "as_of_date",
    "config_version",
}
"""Columns that are not measures."""

_COLUMNS = {
    "tier_id": "varchar",
    "period_type": "varchar",
    "period_start": "date",
    "period_end": "date",
    "reported_as_of": "date",
    "config_version": "varchar",
    "measures": "json",
}


def land_first_reports(home: Home) -> int:
    """Land what the serving file says of closed periods that no night has reported before.

    Called after publishing, and again when a run begins, for the night that was killed in between.
    What has landed is never replaced: a period is first reported once. Returns the number of rows.
    """
    for unfinished in (home.landing / _FOLDER).glob("*.tmp"):  # by a killed run
        unfinished.unlink()
    if not home.serving_database.exists():
        return 0
    landed = {tuple(report[name] for name in _KEY) for report in _landed(home.landing)}
    published, run = _published(home.serving_database)
    new = [row for row in published if tuple(str(row[name]) for name in _KEY) not in landed]
    if new:
        _write(home.landing / _FOLDER / f"{run}.jsonl", [_report(row) for row in new])
    return len(new)


def load_first_reports(con: duckdb.DuckDBPyConnection, landing: Path) -> None:
    """Make meta.reported_coverage from landing; of two reports of one row the earlier counts."""
    files = _files(landing)
    with transaction(con):
        con.execute("delete from meta.reported_coverage")
        if not files:
            return
        columns = ", ".join(f"{name}: {literal(type_)}" for name, type_ in _COLUMNS.items())
        paths = ", ".join(literal(str(path)) for path in files)
        con.execute(
            f"""
            insert into meta.reported_coverage by name
            select {", ".join(_COLUMNS)}
            from read_json(
                [{paths}], format = 'newline_delimited', columns = {{{columns}}}, filename = true
            )
            qualify row_number() over (partition by {", ".join(_KEY)} order by filename) = 1
            """
        )


def _files(landing: Path) -> list[Path]:
    return sorted((landing / _FOLDER).glob("*.jsonl"))


def _landed(landing: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for path in _files(landing)
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def _published(serving: Path) -> tuple[list[dict[str, Any]], str]:
    """The rows first reported, and the run that published them, its start first."""
    con = duckdb.connect(str(serving), read_only=True)
    try:
        con.execute(f"set TimeZone = 'UTC'; use {PUBLIC_SCHEMA}")
        is_there = con.execute(
            "select count(*) from duckdb_tables() where table_name = ?", [_TABLE]
        ).fetchone()
        if is_there == (0,):  # published by a version that had no such table
            return [], ""
        con.execute(
            f"select * from {_TABLE} where basis = 'first_reported' order by {', '.join(_KEY)}"
        )
        names = [column[0] for column in con.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in con.fetchall()]
        [(started_at, run_id)] = con.execute(
            "select started_at, run_id from ops_run order by started_at desc, run_id limit 1"
        ).fetchall()
    finally:
        con.close()
    return rows, f"{started_at:%Y%m%dT%H%M%S_%fZ}-{run_id}"


def _report(row: dict[str, Any]) -> dict[str, Any]:
    measures = {k: v for k, v in row.items() if k not in _ABOUT_THE_ROW and v is not None}
    return {
        **{name: row[name] for name in (*_KEY, "period_end")},
        "reported_as_of": row["first_reported_on"],
        "config_version": row["first_reported_config_version"],
        "measures": measures,
    }


def _write(target: Path, reports: list[dict[str, Any]]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_suffix(".tmp")
    with temporary.open("w", encoding="utf-8") as file:
        if target.exists():  # the run's publishing was repeated
            file.write(target.read_text(encoding="utf-8"))
        for report in reports:
            file.write(json.dumps(report, default=str, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(target)
