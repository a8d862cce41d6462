"""From which columns of a source's streams the columns of schema `input` come.

Belongs here: what sources.yaml maps, as lineage. Does not: making the relations (warehouse/).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.files.names import FROM_FILE
from connectors.files.settings import Entity as Mapped
from connectors.files.source import FilesSource
from pipelines.canonical import Entity
from pipelines.lineage import Lineage, Origin
from pipelines.sources import OpenSource, all_streams, files_sources, is_api
from pipelines.warehouse.mapping import File, column_of
from pipelines.warehouse.record_views import relations_of

_AS_RECEIVED = ("record_key", "payload", "is_deleted", "extracted_at")
"""Columns of an API's relation that are those of the stream."""


def input_lineage(
    sources: Sequence[OpenSource], entities: Mapping[str, Entity], loaded: Sequence[File]
) -> dict[str, Lineage]:
    """By relation (`input.name`), its lineage; a stream is the relation `source.stream`.

    Nothing is said of an entity that a query of the user's own gives.
    """
    found: dict[str, Lineage] = {}
    unknown: set[str] = set()
    for source in files_sources(list(sources)):
        files = [file for file in loaded if file.source == source.name]
        for entity in entities.values():
            how = _mapped(source, entity.name)
            relation = f"input.files__{entity.name}"
            if how is not None and how.query is not None:
                unknown.add(relation)
            elif how is not None:
                used = [f for f in files if f.stream in source.entity_streams[entity.name]]
                _add(found.setdefault(relation, {}), _of_files(entity, how, used))
    for opened, stream in all_streams([s for s in sources if is_api(s)]):
        said = _of_stream(opened, f"{opened.source.name}.{stream.name}", stream.name, stream.feeds)
        for name in relations_of(opened.source.kind, stream):
            _add(found.setdefault(f"input.{name}", {}), said)
    if "input.files__accounts" in found:
        found["input.files__accounts_versions"] = found["input.files__accounts"]
    return {relation: lineage for relation, lineage in found.items() if relation not in unknown}


def _mapped(source: FilesSource, entity: str) -> Mapped | None:
    """How a source maps an entity; by the fields' own names where it says nothing."""
    mapped = source.settings.entities
    return Mapped() if mapped is None else mapped.get(entity)


def _of_files(entity: Entity, how: Mapped, used: Sequence[File]) -> Lineage:
    lineage: Lineage = {}
    for file in used[:1]:  # what the mapping takes: the first file of an entity
        stream = f"{file.source}.{file.stream}"
        taken = {f.name: column_of(f, how, file.columns) for f in entity.fields}
        lineage = {name: [Origin(stream, c)] for name, c in taken.items() if c is not None}
        rest = [c for c in file.columns if c not in taken.values() and c != FROM_FILE]
        lineage["attributes"] = [Origin(stream, c) for c in rest]
    return lineage


def _of_stream(opened: OpenSource, stream: str, name: str, feeds: Sequence[str]) -> Lineage:
    mapped = [
        theirs for ours, theirs in opened.settings.fields.items() if ours.partition(".")[0] in feeds
    ]
    more = opened.settings.extra_fields.get(name, ())
    return {
        **{column: [Origin(stream, column)] for column in _AS_RECEIVED},
        **({"overrides": [Origin(stream, theirs) for theirs in mapped]} if mapped else {}),
        **({"extra": [Origin(stream, theirs) for theirs in more]} if more else {}),
    }


def _add(lineage: Lineage, more: Lineage) -> None:
    for column, origins in more.items():
        lineage[column] = sorted({*lineage.get(column, ()), *origins})
