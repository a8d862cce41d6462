"""What dbt's staging of APIs reads: one relation a stream of each kind, whatever is configured.

Belongs here: `input.<kind>__<stream>`, the union over all sources of the kind, with the fields
that sources.yaml maps beside each record. Does not: what a record means, which is dbt's staging.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from connectors.http.fields import FieldPlaces
from connectors.registry import Kind
from connectors.stream import Stream
from pipelines.staging import StagingModel
from pipelines.warehouse.connection import identifier, literal, raw_table
from pipelines.warehouse.incoming import pointer

_COLUMNS = {
    "source_name": "varchar",
    "record_key": "varchar",
    "payload": "json",
    "is_deleted": "boolean",
    "extracted_at": "timestamptz",
    "known_on": "date",
    "overrides": "map(varchar, varchar)",
    "extra": "json",
    "version": "bigint",
}
_VERSIONED = "accounts"
"""The entity of which dbt keeps history: streams that feed it are also given as all versions."""


@dataclass(frozen=True)
class RecordSource:
    """A configured source of a kind: its streams, mapped fields and extra fields."""

    name: str
    kind: str
    streams: frozenset[str]
    fields: Mapping[str, str]
    extra_fields: Mapping[str, Sequence[str]]


def has_versions(stream: Stream) -> bool:
    """Whether the stream is also given with all versions of its records."""
    return _VERSIONED in stream.feeds


def relations_of(kind: str, stream: Stream) -> list[str]:
    """The relations of a stream: with its records as they are and, of some, with all versions."""
    name = f"{kind}__{stream.name}"
    return [name, f"{name}_versions"] if has_versions(stream) else [name]


def create_record_views(
    con: duckdb.DuckDBPyConnection, kinds: Sequence[Kind], sources: Sequence[RecordSource]
) -> None:
    """Make the relations of every stream of every kind; one that nobody has is empty."""
    raw = {
        name
        for (name,) in con.execute(
            "select table_name from information_schema.tables where table_schema = 'raw'"
        ).fetchall()
    }
    for kind in kinds:
        for stream in kind.streams:
            having = [
                s
                for s in sources
                if s.kind == kind.name
                and stream.name in s.streams
                and f"{s.name}__{stream.name}" in raw
            ]
            name, *versions = relations_of(kind.name, stream)
            _create_view(
                con, name, [_select(s, stream, kind.custom_fields) for s in having], _COLUMNS
            )
            for name_of_versions in versions:
                _create_view(
                    con,
                    name_of_versions,
                    [_select(s, stream, kind.custom_fields, versions=True) for s in having],
                    {**_COLUMNS, "is_current": "boolean"},
                )


def carried_fields(
    sources: Sequence[RecordSource], models: Sequence[StagingModel], loaded: set[tuple[str, str]]
) -> Iterator[tuple[str, str, str]]:
    """Source, entity and field of all that the sources carry, be it filled or not.

    `loaded` are the (source, stream) pairs that were read at least once: before, or where a
    stream is not asked for, its fields are absent, not empty.
    """
    for source in sources:
        for model in models:
            is_read = any((source.name, stream) in loaded for stream in model.streams)
            if model.kind != source.kind or not is_read:
                continue
            mapped = [
                field
                for entity, _, field in (name.partition(".") for name in source.fields)
                if entity == model.entity
            ]
            for field in sorted({*model.carries, *mapped}):
                yield source.name, model.entity, field


def _create_view(
    con: duckdb.DuckDBPyConnection,
    name: str,
    selects: Sequence[str],
    columns: Mapping[str, str],
) -> None:
    nulls = ", ".join(f"null::{kind} as {column}" for column, kind in columns.items())
    sql = "\nunion all\n".join(selects) or f"select {nulls} where false"
    con.execute(f"create or replace view input.{identifier(name)} as\n{sql}")


def _select(
    source: RecordSource, stream: Stream, places: FieldPlaces, *, versions: bool = False
) -> str:
    return f"""
        select
            {literal(source.name)} as source_name,
            record_key,
            payload,
            is_deleted,
            extracted_at,
            (extracted_at at time zone (select time_zone from meta.context))::date - 1
                as known_on,
            {_overrides(source, stream, places)} as overrides,
            {_extra(source, stream, places)} as extra,
            version
            {", is_current" if versions else ""}
        from {raw_table(source.name, stream.name)}
        {"" if versions else "where is_current"}
    """


def _overrides(source: RecordSource, stream: Stream, places: FieldPlaces) -> str:
    """A map from entity.field to the mapped text; empty text where theirs is there but empty."""
    mapped = {
        ours: theirs
        for ours, theirs in source.fields.items()
        if ours.partition(".")[0] in stream.feeds
    }
    if not mapped:
        return "null::map(varchar, varchar)"
    keys = ", ".join(map(literal, mapped))
    return f"map([{keys}], [{', '.join(_texts(list(mapped.values()), places))}])"


def _extra(source: RecordSource, stream: Stream, places: FieldPlaces) -> str:
    names = source.extra_fields.get(stream.name, ())
    if not names:
        return "null::json"
    pairs = zip(map(literal, names), _texts(names, places), strict=True)
    return f"json_object({', '.join(part for pair in pairs for part in pair)})"


def _texts(names: Sequence[str], places: FieldPlaces) -> list[str]:
    """SQL for fields of theirs: NULL where a record has no such field, else its text or ''."""
    found = [_texts_inside(place, names) for place in places.objects]
    found += [_texts_listed(place, names) for place in places.id_value_lists]
    if len(found) == 1:
        return found[0]
    return [f"coalesce({', '.join(texts)})" for texts in zip(*found, strict=True)]


def _texts_inside(place: str, names: Sequence[str]) -> list[str]:
    # All fields at once: what is said the same way is computed once, so a record is parsed once.
    inside = f"json_extract(payload, {pointer(place)})" if place else "payload"
    fields = f"json_extract({inside}, [{', '.join(map(pointer, names))}])"
    text = "coalesce(json_extract_string(field, '$'), '')"
    texts = f"list_transform({fields}, lambda field: case when field is not null then {text} end)"
    return [f"{texts}[{at}]" for at, _ in enumerate(names, 1)]


def _texts_listed(place: str, names: Sequence[str]) -> list[str]:
    shape = literal('[{"id": "VARCHAR", "value": "VARCHAR"}]')
    listed = f"from_json(json_extract(payload, {pointer(place)}), {shape})"
    matches = [f"list_filter({listed}, lambda x: x.id = {literal(name)})" for name in names]
    return [f"case when len({m}) > 0 then coalesce({m}[1].value, '') end" for m in matches]
