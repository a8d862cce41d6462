"""The configured sources, opened.

Belongs here: which sources and streams there are, and what SQL is told of them. Does not: reading
them (extraction) or loading what was read (loading).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.files.source import FilesSource
from connectors.http.settings import ApiSettings
from connectors.registry import kind
from connectors.stream import Source, Stream
from pipelines.config import Config
from pipelines.warehouse.record_views import RecordSource
from pipelines.warehouse.runs import ConnectedSource


@dataclass(frozen=True)
class OpenSource:
    """A source of sources.yaml with the settings that it was given."""

    source: Source
    settings: Any

    @property
    def concurrency(self) -> int:
        """How many of its streams may be read at the same time."""
        return getattr(self.settings, "concurrency", 1)

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


def is_api(opened: OpenSource) -> bool:
    """Whether the source's records are JSON objects of a vendor's own shape."""
    return isinstance(opened.settings, ApiSettings)


def record_sources(sources: list[OpenSource]) -> list[RecordSource]:
    """The sources that are APIs, as far as making their input relations needs to know."""
    return [
        RecordSource(
            s.source.name,
            s.source.kind,
            frozenset(stream.name for stream in s.source.streams),
            s.settings.fields,
            s.settings.extra_fields,
        )
        for s in sources
        if is_api(s)
    ]
