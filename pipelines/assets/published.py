"""The tables that BI tools read, published when every blocking check has passed.

Belongs here: the assets at the right edge of the graph: tables, the report, the night's verdict.
Does not: how files are swapped, or what is in the report.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import dagster as dg
from dagster._core.definitions.metadata import TableMetadataSet
from dagster._core.definitions.metadata.metadata_set import UriMetadataSet

from pipelines.assets.columns import same_columns_as, schema_of
from pipelines.assets.common import OWNERS, WAREHOUSE_POOL, NightResource
from pipelines.assets.translator import docs_page
from pipelines.clock import now
from pipelines.instance import forget_old_runs
from pipelines.loading import ReadReport
from pipelines.publish import PublishedTable, oldest_stream
from pipelines.sensors.try_again import PASSING_TROUBLE
from pipelines.tables import PEOPLE_SCHEMA, PUBLIC_SCHEMA, Table
from pipelines.write_back import WRITE_BACK
from pipelines.write_back.run import Report

PUBLISHED = "published"
RUNS_KEPT = timedelta(days=90)
"""How long Dagster keeps a run, its events and its logs."""

EVERY_NIGHT = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=30))
"""What is published is older than it may be after this."""


def published_key(table: Table) -> dg.AssetKey:
    """The asset of a published table."""
    return dg.AssetKey([PUBLISHED, table.name])


def published_assets(tables: Sequence[Table]) -> dg.AssetsDefinition:
    """One step that publishes all tables at once."""
    specs = [
        dg.AssetSpec(
            published_key(table),
            deps=[dg.AssetKey([table.schema, table.name])],
            description=_description(table),
            group_name=PUBLISHED,
            kinds={"duckdb", "parquet"},
            owners=OWNERS,
            tags={"layer": PUBLISHED} | ({"topic": table.folders[1]} if table.folders[1:] else {}),
            freshness_policy=EVERY_NIGHT,
            metadata={
                **TableMetadataSet(
                    table_name=f"{table.schema}.{table.name}",
                    column_schema=schema_of(table),
                    storage_kind="duckdb",
                ),
                **same_columns_as(f"{table.schema}.{table.name}"),
                **places(table),
            },
        )
        for table in tables
    ]

    @dg.multi_asset(name="publish", specs=specs, pool=WAREHOUSE_POOL)
    def publish(night: NightResource) -> Iterator[dg.MaterializeResult[Any]]:
        rows = {(each.name, each.schema): each for each in night.current.publish(tables)}
        common = _of_all(night)
        for table in tables:
            everybodys = rows.get((table.name, PUBLIC_SCHEMA))
            about_persons = rows.get((table.name, PEOPLE_SCHEMA))
            shown = dict(common)
            if (done := everybodys or about_persons) is not None:
                shown |= _metadata(done)
            if about_persons is not None:
                shown["rows in people.duckdb"] = about_persons.rows
            yield dg.MaterializeResult(asset_key=published_key(table), metadata=shown)

    return publish


def _description(table: Table) -> str:
    page = docs_page(table.folders)
    return f"{table.description}\n\nWhat its numbers mean: `{page}`." if page else table.description


def _metadata(done: PublishedTable) -> dict[str, Any]:
    """What became of one table."""
    shown: dict[str, Any] = dict(TableMetadataSet(row_count=done.rows))
    if done.rows_before is not None:
        shown["rows more than before"] = done.rows - done.rows_before
    return shown


def _of_all(night: NightResource) -> dict[str, Any]:
    """What holds for all tables of a night."""
    run, home = night.current.run, night.current.home
    shown: dict[str, Any] = {
        "as of": str(run.as_of),
        "config version": run.config_version,
        "published at": dg.MetadataValue.timestamp(now()),
        **UriMetadataSet(uri=home.serving_database.as_uri()),
    }
    if (oldest := oldest_stream(home)) is not None:
        stream, hours = oldest
        shown |= {"oldest data": stream, "age of the oldest data (hours)": round(hours, 1)}
    return shown


def places(table: Table) -> dict[str, str]:
    """Where a published table is found, below the home."""
    found = {}
    if not (table.people and table.people.is_all):
        found["in serving.duckdb"] = f"{PUBLIC_SCHEMA}.{table.name}"
        found["as parquet"] = f"serving/parquet/{table.name}/{table.name}.parquet"
    if table.people:
        found["about single persons, in people.duckdb"] = f"{PEOPLE_SCHEMA}.{table.name}"
    return found


def verdict(
    tables: Sequence[Table], written: Sequence[dg.AssetsDefinition] = ()
) -> dg.AssetsDefinition:
    """The last step: red when a stream keeps older data, although the rest was published.

    Also when something could not be written back, by the assets in `written`.
    """

    @dg.asset(
        key=[PUBLISHED, "night"],
        deps=[*(published_key(table) for table in tables), *(asset.key for asset in written)],
        group_name="night",
        kinds={"python"},
        owners=OWNERS,
        description="What the night came to. Fails when a stream could not be read: the tables "
        "are published with that stream's older data, and someone must look. Fails too when "
        "something could not be written back.",
    )
    def night_verdict(
        context: dg.AssetExecutionContext, night: NightResource
    ) -> dg.MaterializeResult[Any]:
        forget_old_runs(context.instance, now() - RUNS_KEPT)
        failed: list[tuple[str, ReadReport | Report]] = [
            *((f"{r.source}.{r.stream}", r) for r in night.current.failed),
            *((f"{r.source}.{WRITE_BACK}", r) for r in night.current.not_written),
        ]
        if failed:
            passing = ", ".join(name for name, report in failed if report.may_pass)
            if passing:
                context.instance.add_run_tags(context.run_id, {PASSING_TROUBLE: passing})
            raise dg.Failure(
                description="Published, but these could not be read, and keep older data, or not "
                "be written to:\n" + "\n".join(f"- {name}: {r.message}" for name, r in failed),
                allow_retries=False,
            )
        return dg.MaterializeResult(metadata={"streams read": len(night.current.reports)})

    return night_verdict
