"""What was first reported of a period: taken from what was published, kept in landing.

Belongs here: landing first reports, and loading them for dbt. Does not: which periods have closed,
or what their numbers are (the marts in _KEYS).
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
_KEYS = {
    "mart_coverage_tier_period": ("tier_id", "period_type", "period_start"),
    "mart_outcomes_tier_period": ("tier_id", "period_type", "period_start", "attribution"),
}
"""The tables that are first reported, and what tells their rows of one basis apart."""

_FIRST_TABLE = "mart_coverage_tier_period"
"""Reports that name no table are of it: it was the only one when they landed."""

_ABOUT_THE_ROW = {
    "tier_id",
    "period_type",
    "period_start",
    "attribution",
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
    "table_name": "varchar",
    "tier_id": "varchar",
    "period_type": "varchar",
    "period_start": "date",
    "attribution": "varchar",
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
    landed = {_key(report) for report in _landed(home.landing)}
    published, run = _published(home.serving_database)
    new = [report for report in published if _key(report) not in landed]
    if new:
        _write(home.landing / _FOLDER / f"{run}.jsonl", new)
    return len(new)


def load_first_reports(con: duckdb.DuckDBPyConnection, landing: Path) -> None:
    """Make meta.first_report from landing; of two reports of one row the earlier counts."""
    files = _files(landing)
    with transaction(con):
        con.execute("delete from meta.first_report")
        if not files:
            return
        columns = ", ".join(f"{name}: {literal(type_)}" for name, type_ in _COLUMNS.items())
        paths = ", ".join(literal(str(path)) for path in files)
        con.execute(
            f"""
            insert into meta.first_report by name
            with reports as (
                select * replace (coalesce(table_name, {literal(_FIRST_TABLE)}) as table_name)
                from read_json(
                    [{paths}], format = 'newline_delimited', columns = {{{columns}}},
                    filename = true
                )
            )
            select * exclude (filename)
            from reports
            qualify row_number() over (
                partition by table_name, tier_id, period_type, period_start, attribution
                order by filename
            ) = 1
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


def _key(report: dict[str, Any]) -> tuple[str, ...]:
    """What tells landed reports apart."""
    table = report.get("table_name", _FIRST_TABLE)
    return (table, *(str(report[name]) for name in _KEYS[table]))


def _published(serving: Path) -> tuple[list[dict[str, Any]], str]:
    """What the file says was first reported, and the run that published it, its start first."""
    con = duckdb.connect(str(serving), read_only=True)
    try:
        con.execute(f"set TimeZone = 'UTC'; use {PUBLIC_SCHEMA}")
        there = {
            name for (name,) in con.execute("select table_name from duckdb_tables()").fetchall()
        }
        # A version that is older than a table has not published it.
        reports = [r for table in _KEYS if table in there for r in _first_reported(con, table)]
        if not reports:
            return [], ""
        [(started_at, run_id)] = con.execute(
            "select started_at, run_id from ops_run order by started_at desc, run_id limit 1"
        ).fetchall()
    finally:
        con.close()
    return reports, f"{started_at:%Y%m%dT%H%M%S_%fZ}-{run_id}"


def _first_reported(con: duckdb.DuckDBPyConnection, table: str) -> list[dict[str, Any]]:
    """The rows of a table that were first reported, as they land."""
    key = _KEYS[table]
    con.execute(f"select * from {table} where basis = 'first_reported' order by {', '.join(key)}")
    names = [column[0] for column in con.description or ()]
    rows = (dict(zip(names, row, strict=True)) for row in con.fetchall())
    return [
        {
            "table_name": table,
            **{name: row[name] for name in (*key, "period_end")},
            "reported_as_of": row["first_reported_on"],
            "config_version": row["first_reported_config_version"],
            "measures": {
                name: value
                for name, value in row.items()
                if name not in _ABOUT_THE_ROW and value is not None
            },
        }
        for row in rows
    ]


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
