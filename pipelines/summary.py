"""What a refresh came to, for the person at the terminal.

Belongs here: tables of what was loaded, built and found, and where to look next. Does not: any
number that the published tables do not hold.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.home import Home
from pipelines.tables import PEOPLE_SCHEMA, PUBLIC_SCHEMA
from pipelines.warehouse.load import Status

_SEVERITY_STYLE = {"error": "red", "warning": "yellow"}
_SHOWN_FINDINGS = 12


def print_summary(console: Console, home: Home, config_dir: Path) -> None:
    """Streams, tables and findings of the night just published."""
    con = duckdb.connect(str(home.serving_database), read_only=True)
    try:
        con.execute(f"use {PUBLIC_SCHEMA}")
        as_of, status = con.execute(
            "select as_of_date, status from ops_run order by started_at desc limit 1"
        ).fetchall()[0]
        console.print(f"\n[bold]As of {as_of}[/]: {status}.\n")
        console.print(_streams(con))
        console.print(_tables(con))
        _print_findings(console, con)
    finally:
        con.close()
    command = _shortest(Path(sys.executable).with_name("cs-coverage"))
    console.print(
        f"\nReport:   {_shortest(home.report)}"
        f"\nTables:   {_shortest(home.serving_database)} (schema {PUBLIC_SCHEMA})"
        f"\nParquet:  {_shortest(home.parquet)}"
        f"\nPeople:   {_shortest(home.people_database)} (schema {PEOPLE_SCHEMA})"
        f"\nGraph:    {command} dev --home {_shortest(home.root)} "
        f"--config {_shortest(config_dir)}\n",
        highlight=False,
        soft_wrap=True,
    )


def _shortest(path: Path) -> Path:
    """The path as seen from here, where it lies below."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def print_failure(console: Console, home: Home, failures: Sequence[str]) -> None:
    """Why nothing was published, that yesterday's tables stay, and what reading found tonight.

    The table of all findings may be of the night before: dbt skips it when a test fails.
    """
    console.print("\n[bold red]Not published: what was published before stays.[/]")
    for failure in failures:
        console.print(f"- {escape(failure)}", highlight=False, soft_wrap=True)
    if not home.warehouse.exists():
        return
    con = duckdb.connect(str(home.warehouse), read_only=True)
    try:
        found = con.execute(
            "select severity, coalesce(entity, source_name), message from meta.finding "
            "where severity <> 'info' order by severity, rows_failed desc, all"
        ).fetchall()
    except duckdb.Error:
        return  # the failure came before there was a table of them
    finally:
        con.close()
    if found:
        console.print(_findings(found))


def _streams(con: duckdb.DuckDBPyConnection) -> Table:
    table = Table(title="Read", title_justify="left")
    table.add_column("stream", overflow="fold", min_width=26)
    for name in ("records", "new", "changed", "gone", "aside"):
        table.add_column(name, justify="right")
    table.add_column("state")
    rows = con.execute(
        """
        select
            stream, records, records_new, records_changed, records_deleted, records_quarantined,
            status, is_stale, source
        from ops_source_freshness
        order by source, stream
        """
    ).fetchall()
    several = len({row[-1] for row in rows}) > 1
    for stream, *counts, status, is_stale, source in rows:
        name = f"{source}.{stream}" if several else stream
        fresh = "not offered" if status == Status.NOT_AVAILABLE else "fresh"
        state = "[red]stale[/]" if is_stale else fresh
        table.add_row(name, *(f"{c or 0:,}" for c in counts), state)
    return table


def _tables(con: duckdb.DuckDBPyConnection) -> Table:
    table = Table("table", title="Published", title_justify="left")
    table.add_column("rows", justify="right")
    table.add_column("what it holds")
    rows = con.execute(
        "select table_name, comment from duckdb_tables() where schema_name = ? order by 1",
        [PUBLIC_SCHEMA],
    ).fetchall()
    for name, comment in rows:
        count = con.execute(f'select count(*) from "{name}"').fetchall()[0][0]
        table.add_row(name, f"{count:,}", escape((comment or "").split(". ")[0]))
    return table


def _print_findings(console: Console, con: duckdb.DuckDBPyConnection) -> None:
    """What someone should act on; notes are only counted."""
    rows = con.execute(
        """
        select severity, coalesce(entity, source, ''), message
        from ops_data_quality
        order by
            case severity when 'error' then 0 when 'warning' then 1 else 2 end,
            rows_failed desc,
            check_id,
            source,
            entity
        """
    ).fetchall()
    urgent = [row for row in rows if row[0] != "info"]
    if urgent:
        console.print(_findings(urgent[:_SHOWN_FINDINGS]))
    hidden = len(urgent) - _SHOWN_FINDINGS
    more = f"{hidden} more findings and " if hidden > 0 else ""
    console.print(f"{more}{len(rows) - len(urgent)} notes are in ops_data_quality.")


def _findings(rows: Sequence[tuple[str, str, str | None]]) -> Table:
    table = Table("severity", "about", "finding", title="Data quality", title_justify="left")
    for severity, about, message in rows:
        style = _SEVERITY_STYLE.get(severity, "")
        table.add_row(f"[{style}]{severity}[/]", escape(about), escape(message or ""))
    return table
