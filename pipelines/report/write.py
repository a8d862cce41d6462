"""Making the report of a home: read what is published, write one file, put it in place whole.

Belongs here: opening the published file, the file written. Does not: what is on the page.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.cli import NOT_PUBLISHED
from pipelines.explain.published import Unanswerable
from pipelines.home import Home
from pipelines.tables import PUBLIC_SCHEMA


@dataclass(frozen=True)
class Report:
    """The file as it now lies there."""

    path: Path
    size: int


def make_report(home: Home) -> Report:
    """Write `home.report` anew from what is published; a reader sees the old page or the new one.

    Raises `Unanswerable` where nothing is published yet.
    """
    if not home.serving_database.exists():
        message = f"Nothing is published in {home.serving} yet: run cs-coverage refresh."
        raise Unanswerable(message, NOT_PUBLISHED)
    from pipelines.report.page import page  # charts take a second to import

    with duckdb.connect(str(home.serving_database), read_only=True) as con:
        con.execute(f"set TimeZone = 'UTC'; use {PUBLIC_SCHEMA}")
        html = page(con).encode()
    beside = home.report.with_name(f".{home.report.name}")
    with beside.open("wb") as file:
        file.write(html)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(home.report)
    return Report(home.report, len(html))
