"""One asset a stream: what a source says, landed and loaded.

Belongs here: the assets at the left edge of the graph. Does not: how a stream is read.
"""

from collections.abc import Iterator, Sequence, Set
from datetime import datetime, timedelta
from typing import Any

import dagster as dg

from connectors.stream import Stream
from pipelines.assets.common import OWNERS, WAREHOUSE_POOL, NightResource
from pipelines.loading import ReadReport
from pipelines.sources import OpenSource, all_streams, is_api

READ_CHECK = "read_to_the_end"
RAW_TABLE = "raw table"


def stream_key(opened: OpenSource, stream: Stream) -> dg.AssetKey:
    """The asset of a stream: source, stream."""
    return dg.AssetKey([opened.source.name, stream.name])


def is_stream(spec: dg.AssetSpec) -> bool:
    """True for the assets of this module: what a rebuild leaves alone."""
    return RAW_TABLE in spec.metadata


def stream_assets(sources: Sequence[OpenSource]) -> list[dg.AssetsDefinition]:
    """An asset, with its check, for each stream of each source."""
    everything = list(all_streams(list(sources)))
    return [_source_assets(opened, everything) for opened in sources if opened.source.streams]


def _source_assets(
    opened: OpenSource, everything: Sequence[tuple[OpenSource, Stream]]
) -> dg.AssetsDefinition:
    """One step a source, because each costs time; any of its streams may be run alone."""
    in_order = sorted(opened.source.streams, key=lambda stream: stream.names_deleted is not None)

    @dg.multi_asset(
        name=f"read_{opened.source.name}",
        specs=[_asset(opened, stream) for stream in in_order],
        check_specs=[_check_spec(stream_key(opened, stream)) for stream in in_order],
        pool=WAREHOUSE_POOL,
        can_subset=True,
        # What is here already is loaded while others are still being asked.
        op_tags={} if is_api(opened) else {"dagster/priority": "1"},
    )
    def read(
        context: dg.AssetExecutionContext, night: NightResource
    ) -> Iterator[dg.MaterializeResult[Any]]:
        if not night.current.has_begun:
            night.current.read_ahead(_chosen(everything, context.run.asset_selection))
        for stream in in_order:
            key = stream_key(opened, stream)
            if key in context.selected_asset_keys:
                report = night.current.read(opened, stream)
                yield dg.MaterializeResult(
                    asset_key=key, metadata=_metadata(report), check_results=[_check(key, report)]
                )

    return read


def _asset(opened: OpenSource, stream: Stream) -> dg.AssetSpec:
    raw = f"raw.{opened.source.name}__{stream.name}"
    return dg.AssetSpec(
        stream_key(opened, stream),
        deps=_loaded_before(opened, stream),
        description=f"{stream.description}\n\nEvery version of every record is in `{raw}`.",
        group_name=opened.source.name,
        kinds={opened.source.kind, "duckdb"},
        owners=OWNERS,
        metadata={RAW_TABLE: raw, "key": ", ".join(stream.key) or "the whole record"},
        freshness_policy=dg.FreshnessPolicy.time_window(
            fail_window=timedelta(hours=opened.settings.freshness_hours)
        ),
        skippable=True,
    )


def _check_spec(key: dg.AssetKey) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        READ_CHECK,
        asset=key,
        description="The source was read to the end and what it gave could be loaded. "
        "If not, what was loaded before stays, and the night goes on with it.",
    )


def _loaded_before(opened: OpenSource, stream: Stream) -> list[dg.AssetKey]:
    """A delete log is loaded after the streams that it speaks of."""
    if stream.names_deleted is None:
        return []
    named = set(stream.names_deleted.streams.values())
    return [stream_key(opened, s) for s in opened.source.streams if s.name in named]


def _chosen(
    everything: Sequence[tuple[OpenSource, Stream]], selection: Set[dg.AssetKey] | None
) -> list[tuple[OpenSource, Stream]]:
    """The streams that a run is about: steps come one by one, but reading begins for all.

    A run of everything selects None under a daemon, and an empty set in a process of its own.
    """
    return [pair for pair in everything if not selection or stream_key(*pair) in selection]


def _check(key: dg.AssetKey, report: ReadReport) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=READ_CHECK,
        passed=report.status.is_good,
        severity=dg.AssetCheckSeverity.ERROR,
        description=report.message,
        metadata={"status": report.status.value},
    )


def _metadata(report: ReadReport) -> dict[str, Any]:
    shown: dict[str, Any] = {"status": report.status.value}
    if report.live is not None:
        shown["dagster/row_count"] = report.live
    if report.seconds is not None:
        shown["seconds of reading"] = round(report.seconds, 1)
    if report.age_hours is not None:
        shown["hours since it was last read well"] = round(report.age_hours, 1)
    if report.message:
        shown["message"] = report.message
    if loaded := report.loaded:
        shown |= {
            "records read": loaded.records,
            "new": loaded.new,
            "changed": loaded.changed,
            "deleted": loaded.deleted,
            "quarantined": loaded.quarantined,
            "duplicate keys": loaded.duplicates,
        }
    if manifest := report.manifest:
        shown |= {
            "read at": dg.MetadataValue.timestamp(_instant(manifest.extracted_at)),
            "landed as": manifest.batch_id,
            "origin": dg.MetadataValue.json(dict(manifest.origin)),
        }
    return shown


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
