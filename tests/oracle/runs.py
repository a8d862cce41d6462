"""What a first run says of itself and of the streams that it read (ops_run, ops_source_freshness).

Belongs here: counts. Does not: anything that only a clock or chance tells.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from oracle.world import Row, World

FRESHNESS_HOURS = 30.0
"""From this age on a stream is stale, unless sources.yaml says otherwise."""

CLOCKED = {
    "ops_run": ("run_id", "started_at", "finished_at"),
    "ops_source_freshness": ("last_attempt_at", "last_success_at", "age_hours"),
}
"""Columns that only a clock or chance tells."""

Held = Mapping[tuple[str, str], tuple[int, int]]
"""By source and stream: how many records a system lists, and how many it says are gone."""


def ops_source_freshness(world: World, config: Mapping[str, Any], held: Held) -> list[Row]:
    """Every stream that sources.yaml asks for was read for the first time, and found right."""
    rows = []
    for source, stream, entity in _streams(config):
        live, gone = held.get((source, stream), (0, 0))
        if entity is not None:
            live = sum(row["source_name"] == source for row in world.said.get(entity, ()))
        rows.append(
            {
                "source": source,
                "stream": stream,
                "entity": entity,
                "status": "applied",
                "message": None,
                "freshness_hours": FRESHNESS_HOURS,
                "is_stale": False,
                "records": live,
                "records_new": live,
                "records_changed": 0,
                "records_deleted": gone,
                "records_quarantined": 0,
            }
        )
    return rows


def ops_run(world: World, streams: Sequence[Row]) -> list[Row]:
    """The one run, which read and published all of it."""
    totals: Counter[str] = Counter()
    for row in streams:
        totals.update({name: row[name] for name in row if name.startswith("records_")})
    run = {
        "status": "published",
        "message": None,
        "streams_read": len(streams),
        "streams_unchanged": 0,
        "streams_failed": 0,
        **totals,
    }
    return list(world.stamped([run]))


def _streams(config: Mapping[str, Any]) -> Iterator[tuple[str, str, str | None]]:
    """Source, stream and, of spreadsheets, the entity that a file holds."""
    for source, settings in config["sources"].items():
        if settings["kind"] == "files":
            for entity, said in settings["entities"].items():
                file = PurePath(said.get("file", entity)).stem
                yield source, re.sub(r"[^a-z0-9]+", "_", file.lower()), entity
        else:
            for stream in settings.get("streams", ["events"]):
                yield source, stream, None
