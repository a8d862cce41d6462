"""Loading what streams land: in order, each batch in its own transaction, with a report.

Belongs here: from which cursor a stream is read, and what is noted when its read fails. Does not:
reading (extraction), or how a batch becomes record versions (warehouse/).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path

import duckdb

from connectors.errors import NotPermitted, SourceError
from connectors.manifest import Manifest, manifests
from connectors.stream import Stream
from pipelines.clock import now
from pipelines.extraction import Errand
from pipelines.home import Home
from pipelines.sources import OpenSource
from pipelines.warehouse.connection import warehouse
from pipelines.warehouse.load import LoadResult, Status, apply_batch, is_loaded, sum_of
from pipelines.warehouse.runs import (
    cursor_of,
    note_failure,
    note_unavailable,
    note_unchanged,
    records_of,
)


@dataclass(frozen=True)
class ReadReport:
    """How a stream fared: what became of its read, how many records it has, what was loaded.

    `may_pass`: its failure may pass by itself, so that a later read can go well. `seconds`: how
    long reading took, `age_hours`: how long ago the latest read that went well ended.
    """

    source: str
    stream: str
    status: Status
    message: str | None = None
    live: int | None = None
    loaded: LoadResult | None = None
    manifest: Manifest | None = None
    may_pass: bool = False
    seconds: float | None = None
    age_hours: float | None = None


def load_landed(con: duckdb.DuckDBPyConnection, landing: Path) -> list[LoadResult]:
    """Load what landed but was never judged: a run was killed between the two."""
    return [
        apply_batch(con, landing, manifest)
        for manifest in manifests(landing)
        if not is_loaded(con, manifest)
    ]


def errands(
    home: Home,
    streams: Iterable[tuple[OpenSource, Stream]],
    *,
    run_id: str,
    accept_short_read: Set[str] = frozenset(),
) -> list[Errand]:
    """What a run brings from each of the streams: from where the last one got to."""
    with warehouse(home.warehouse) as con:
        return [
            Errand(
                home,
                opened,
                stream,
                run_id,
                cursor_of(con, opened.source.name, stream.name),
                f"{opened.source.name}.{stream.name}" in accept_short_read,
            )
            for opened, stream in streams
        ]


def load_stream(home: Home, source: str, stream: Stream, batches: Iterator[Manifest]) -> ReadReport:
    """Load what a stream lands, batch by batch; a failure is noted and reported, not raised.

    Only `SourceError` counts as the source's failure: the night goes on with what was loaded
    before. Anything else is ours, and stops the run. A batch that cannot be applied ends the
    read: what follows it must not move the cursor.
    """
    began_at = now()
    loaded: list[tuple[LoadResult, Manifest]] = []
    try:
        for manifest in batches:
            with warehouse(home.warehouse) as con:
                loaded.append((apply_batch(con, home.landing, manifest), manifest))
            if not loaded[-1][0].status.is_good:
                break
    except SourceError as error:
        is_no_loss = stream.is_optional and isinstance(error, NotPermitted)
        note = note_unavailable if is_no_loss else note_failure
        with warehouse(home.warehouse) as con:
            note(con, source, stream.name, stream.entity, str(error), began_at)
        status = Status.NOT_AVAILABLE if is_no_loss else Status.FAILED
        return ReadReport(
            source, stream.name, status, str(error), may_pass=error.is_transient and not is_no_loss
        )
    if not loaded:
        with warehouse(home.warehouse) as con:
            note_unchanged(con, source, stream.name, stream.entity, began_at)
            live = records_of(con, source, stream.name)
        return ReadReport(source, stream.name, Status.UNCHANGED, live=live)
    total = sum_of([result for result, _ in loaded])
    last = loaded[-1][1]
    return ReadReport(source, stream.name, total.status, total.message, total.live, total, last)
