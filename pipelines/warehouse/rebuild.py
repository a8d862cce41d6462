"""Making the warehouse again from landing alone.

Belongs here: replaying every batch in order into a new file that then replaces the old one. Does
not: anything a normal night does.
"""

from __future__ import annotations

import logging
from datetime import date
from pathlib import Path

from connectors.landing import remove_unfinished
from connectors.manifest import manifests
from pipelines.home import Home
from pipelines.warehouse.connection import warehouse
from pipelines.warehouse.load import apply_batch
from pipelines.warehouse.runs import replay_journal

log = logging.getLogger("cs_coverage")


def replay_landing(home: Home) -> date | None:
    """Replace the warehouse by one made from landing; returns the latest run's as_of, if any.

    Each batch is judged again as the night judged it: its limits are in its manifest. A kill
    leaves the old warehouse in place.
    """
    remove_unfinished(home.landing)
    batches = manifests(home.landing)
    new = home.warehouse.with_suffix(".rebuilding.duckdb")
    _remove(new)
    with warehouse(new) as con:
        for number, manifest in enumerate(batches, 1):
            apply_batch(con, home.landing, manifest)
            if number % 50 == 0 or number == len(batches):
                log.info("replayed %s of %s batches", number, len(batches))
        last_as_of = replay_journal(con, home.landing)
        con.execute("checkpoint")
    # What a killed writer left beside the old file must not be read as part of the new one.
    home.warehouse.with_name(home.warehouse.name + ".wal").unlink(missing_ok=True)
    new.replace(home.warehouse)
    return last_as_of


def _remove(database: Path) -> None:
    database.unlink(missing_ok=True)
    database.with_name(database.name + ".wal").unlink(missing_ok=True)
