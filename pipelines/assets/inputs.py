"""The relations that dbt reads: schema `input` by mapping, schema `meta` by the run.

Belongs here: the assets between streams and staging. Does not: the SQL of a mapping.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
import duckdb
from dagster._core.definitions.metadata import TableMetadataSet

from pipelines.assets.columns import lineage_metadata
from pipelines.assets.common import OWNERS, WAREHOUSE_POOL, NightResource
from pipelines.assets.streams import stream_key
from pipelines.canonical import entities
from pipelines.input_lineage import input_lineage
from pipelines.lineage import Lineage
from pipelines.lineage_files import remember_inputs
from pipelines.sources import OpenSource, all_streams, files_sources, is_api
from pipelines.warehouse.connection import identifier, literal, warehouse
from pipelines.warehouse.input_views import loaded_files
from pipelines.warehouse.record_views import relations_of
from pipelines.warehouse.runs import set_aside

_ABOUT_STREAMS = ("run", "stream_state", "finding")
"""Tables of schema `meta` that say how streams fared; the others follow from configuration."""


def input_assets(
    sources: Sequence[OpenSource],
    dbt_sources: Mapping[tuple[str, str], str],
    lineage: Mapping[str, Lineage],
) -> dg.AssetsDefinition:
    """One step that remakes every relation that dbt declares as a source.

    `dbt_sources` maps (schema, table) to its description; `lineage` is what is known by now.
    """
    upstream = _streams_by_input(sources)
    every_stream = [stream_key(o, s) for o, s in all_streams(list(sources))]
    upstream |= dict.fromkeys(_ABOUT_STREAMS, every_stream)
    specs = [
        dg.AssetSpec(
            [schema, table],
            deps=upstream.get(table, []),
            description=description,
            group_name=schema,
            kinds={"duckdb"},
            owners=OWNERS,
            tags={"layer": schema},
            metadata={
                **TableMetadataSet(table_name=f"{schema}.{table}", storage_kind="duckdb"),
                **lineage_metadata(lineage.get(f"{schema}.{table}", {})),
            },
        )
        for (schema, table), description in sorted(dbt_sources.items())
    ]

    @dg.multi_asset(name="prepare_inputs", specs=specs, pool=WAREHOUSE_POOL)
    def prepare_inputs(night: NightResource) -> Iterator[dg.MaterializeResult[Any]]:
        wrong = night.current.prepare_inputs()
        names = [".".join(spec.key.path) for spec in specs]
        with warehouse(night.current.home.warehouse, read_only=True) as con:
            found = input_lineage(sources, entities(), loaded_files(con))
            rows = _rows(con, names)
            aside = set_aside(con)
        remember_inputs(night.current.home.dbt_target, found)
        for spec, name in zip(specs, names, strict=True):
            concerned = [message for message in wrong if f".{_entity(spec)}" in message]
            yield dg.MaterializeResult(
                asset_key=spec.key,
                metadata={
                    **TableMetadataSet(row_count=rows[name]),
                    **_set_aside(upstream.get(spec.key.path[-1], ()), aside),
                    **({"to put right": "\n".join(concerned)} if concerned else {}),
                },
            )

    return prepare_inputs


def _set_aside(
    streams: Sequence[dg.AssetKey], aside: Mapping[tuple[str, str], int]
) -> dict[str, int]:
    """How many records of the streams that a relation reads are not in it."""
    counts = [aside[name] for key in streams if (name := (key.path[0], key.path[1])) in aside]
    return {"records set aside": sum(counts)} if counts else {}


def _rows(con: duckdb.DuckDBPyConnection, relations: Sequence[str]) -> dict[str, int]:
    """How many rows each relation has, by its name."""
    counts = (
        f"select {literal(name)}, count(*) from {'.'.join(map(identifier, name.split('.', 1)))}"
        for name in relations
    )
    return dict(con.execute(" union all ".join(counts)).fetchall())


def _entity(spec: dg.AssetSpec) -> str:
    return spec.key.path[-1].removeprefix("files__")


def _streams_by_input(sources: Sequence[OpenSource]) -> dict[str, list[dg.AssetKey]]:
    """The streams that each relation of schema `input` reads."""
    feeding: dict[str, list[dg.AssetKey]] = {}
    for source in files_sources(list(sources)):
        relations = {f"files__{entity}": used for entity, used in source.entity_streams.items()}
        for relation, streams in [
            *relations.items(),
            *(("source_checks", used) for used in source.check_streams.values()),
        ]:
            keys = feeding.setdefault(relation, [])
            keys += [k for s in streams if (k := dg.AssetKey([source.name, s])) not in keys]
    if "files__accounts" in feeding:
        feeding["files__accounts_versions"] = feeding["files__accounts"]
    for opened, stream in all_streams([s for s in sources if is_api(s)]):
        for name in relations_of(opened.source.kind, stream):
            feeding.setdefault(name, []).append(stream_key(opened, stream))
    return feeding
