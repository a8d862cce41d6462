"""The configured sources, opened, and reading one of their streams into the warehouse.

Belongs here: cursor, landing, loading in their order, and what is noted when a read fails. Does
not: how a vendor is read (connectors/) or what is done with records (warehouse/).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from connectors.errors import SourceError
from connectors.files.source import FilesSource
from connectors.http.settings import ApiSettings
from connectors.landing import LandingWriter
from connectors.manifest import Manifest, manifests
from connectors.registry import kind
from connectors.stream import Source, Stream
from pipelines.clock import now
from pipelines.config import Config
from pipelines.home import Home
from pipelines.warehouse.connection import warehouse
from pipelines.warehouse.load import LoadResult, Status, apply_batch, is_loaded
from pipelines.warehouse.record_views import RecordSource
from pipelines.warehouse.runs import (
    ConnectedSource,
    cursor_of,
    note_failure,
    note_unchanged,
    records_of,
)


@dataclass(frozen=True)
class OpenSource:
    """A source of sources.yaml with the settings that it was given."""

    source: Source
    settings: Any

    @property
    def connected(self) -> ConnectedSource:
        """What SQL is told about it."""
        return ConnectedSource(
            self.source.name,
            self.source.kind,
            self.settings.freshness_hours,
            self.settings.max_quarantined,
            getattr(self.settings, "sql_options", {}),
        )


def open_sources(config: Config) -> list[OpenSource]:
    """All configured sources in the order of the file; touches no network, resolves no secret."""
    return [
        OpenSource(kind(settings.kind).open_source(name, settings, config.directory), settings)
        for name, settings in _settings(config).items()
    ]


def _settings(config: Config) -> Mapping[str, Any]:
    """By source name; each kind has settings of its own type."""
    return config.sources_file.sources


def all_streams(sources: list[OpenSource]) -> Iterator[tuple[OpenSource, Stream]]:
    """Every stream of every source."""
    for opened in sources:
        for stream in opened.source.streams:
            yield opened, stream


def files_sources(sources: list[OpenSource]) -> list[FilesSource]:
    """The sources of kind files."""
    return [s.source for s in sources if isinstance(s.source, FilesSource)]


def record_sources(sources: list[OpenSource]) -> list[RecordSource]:
    """The sources whose records are JSON objects of a vendor's own shape."""
    return [
        RecordSource(
            s.source.name,
            s.source.kind,
            frozenset(stream.name for stream in s.source.streams),
            s.settings.fields,
            s.settings.extra_fields,
        )
        for s in sources
        if isinstance(s.settings, ApiSettings)
    ]


@dataclass(frozen=True)
class ReadReport:
    """How a stream fared: what became of its read, how many records it has, what was loaded."""

    source: str
    stream: str
    status: Status
    message: str | None = None
    live: int | None = None
    loaded: LoadResult | None = None
    manifest: Manifest | None = None


def load_landed(con: duckdb.DuckDBPyConnection, landing: Path) -> list[LoadResult]:
    """Load what landed but was never judged: a run was killed between the two."""
    return [
        apply_batch(con, landing, manifest)
        for manifest in manifests(landing)
        if not is_loaded(con, manifest)
    ]


def read_stream(
    home: Home,
    opened: OpenSource,
    stream: Stream,
    *,
    run_id: str,
    accept_short_read: Set[str] = frozenset(),
) -> ReadReport:
    """Land what is new in a stream and load it; a failure is noted and reported, not raised.

    Only `SourceError` counts as the source's failure: the night goes on with what was loaded
    before. Anything else is ours, and stops the run.
    """
    source = opened.source
    with warehouse(home.warehouse) as con:
        cursor = cursor_of(con, source.name, stream.name)
    started_at = now()
    try:
        manifest = _land(home, opened, stream, cursor, run_id, started_at, accept_short_read)
    except SourceError as error:
        with warehouse(home.warehouse) as con:
            note_failure(con, source.name, stream.name, stream.entity, str(error), started_at)
        return ReadReport(source.name, stream.name, Status.FAILED, str(error))
    with warehouse(home.warehouse) as con:
        if manifest is None:
            note_unchanged(con, source.name, stream.name, stream.entity, started_at)
            live = records_of(con, source.name, stream.name)
            return ReadReport(source.name, stream.name, Status.UNCHANGED, live=live)
        loaded = apply_batch(con, home.landing, manifest)
    return ReadReport(
        source.name, stream.name, loaded.status, loaded.message, loaded.live, loaded, manifest
    )


def _land(
    home: Home,
    opened: OpenSource,
    stream: Stream,
    cursor: str | None,
    run_id: str,
    at: datetime,
    accept_short_read: Set[str],
) -> Manifest | None:
    source, settings = opened.source, opened.settings
    with LandingWriter(
        home.landing,
        source=source.name,
        kind=source.kind,
        stream=stream,
        run_id=run_id,
        extracted_at=at,
        max_shrink=settings.max_shrink,
        max_quarantined=settings.max_quarantined,
        accept_short_read=f"{source.name}.{stream.name}" in accept_short_read,
    ) as landing:
        result = source.extract(stream, cursor, landing)
        return landing.commit(result) if result is not None else None
