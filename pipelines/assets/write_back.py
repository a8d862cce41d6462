"""Writing back as assets: one a source that write_back.yaml enables, after publishing.

Belongs here: the assets and what they show. Does not: what is written (pipelines/write_back).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from pipelines.assets.common import OWNERS, READ_BY, NightResource
from pipelines.assets.published import PUBLISHED
from pipelines.config.write_back import WriteBack, WriteBackFile
from pipelines.sources import OpenSource
from pipelines.write_back import WRITE_BACK
from pipelines.write_back.run import Report
from pipelines.write_back.values import VALUES

FIELDS = "fields written to"
WRITTEN_CHECK = "written_as_published"
_IDENTITY = "map_account_identity"


def write_back_key(source: str) -> dg.AssetKey:
    """The asset of writing to a source."""
    return dg.AssetKey([source, WRITE_BACK])


def is_write_back(spec: dg.AssetSpec) -> bool:
    """True for the assets of this module: what a rebuild leaves alone."""
    return FIELDS in spec.metadata


def write_back_assets(
    sources: Sequence[OpenSource], to_write: WriteBackFile
) -> list[dg.AssetsDefinition]:
    """An asset for each source that results are written to, or would be."""
    return [
        _asset(opened, settings)
        for opened in sources
        if (settings := to_write.sources.get(opened.source.name)) and settings.enabled
    ]


def _asset(opened: OpenSource, settings: WriteBack) -> dg.AssetsDefinition:
    name = opened.source.name
    key = write_back_key(name)
    tables = {_IDENTITY, *(VALUES[ours].table for ours in settings.fields)}

    @dg.multi_asset(
        name=f"write_back_to_{name}",
        specs=[
            dg.AssetSpec(
                key,
                deps=[dg.AssetKey([PUBLISHED, table]) for table in sorted(tables)],
                description=f"Results written into fields of {name}'s account records, as "
                "write_back.yaml says: changed values only.",
                group_name=READ_BY,
                kinds={opened.source.kind},
                owners=OWNERS,
                metadata={FIELDS: _fields(settings.fields)},
            )
        ],
        check_specs=[
            dg.AssetCheckSpec(
                WRITTEN_CHECK,
                asset=key,
                description="Nothing was refused or held back. If not, the records concerned keep "
                "what they have, and what is published is as it should be.",
            )
        ],
    )
    def write_to(night: NightResource) -> Iterator[dg.MaterializeResult[Any]]:
        report = night.current.write_back(opened, settings)
        check = dg.AssetCheckResult(
            asset_key=key,
            check_name=WRITTEN_CHECK,
            passed=report.is_good,
            severity=dg.AssetCheckSeverity.ERROR,
            description=report.message,
        )
        yield dg.MaterializeResult(asset_key=key, metadata=_metadata(report), check_results=[check])

    return write_to


def _fields(fields: Mapping[str, str]) -> str:
    return "\n".join(f"{theirs} ← {ours}" for ours, theirs in fields.items())


def _metadata(report: Report) -> dict[str, Any]:
    shown: dict[str, Any] = {"records written": report.written, "message": report.message}
    if planned := report.plan:
        shown |= {
            "records": planned.records,
            "differ": len(planned.changes),
            "as published": planned.same,
            "left alone": len(planned.skipped),
        }
    if report.refused:
        told = [f"- {change.key}: {why}" for change, why in report.refused]
        shown["refused"] = dg.MetadataValue.md("\n".join(told))
    return shown
