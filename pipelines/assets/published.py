"""The tables that BI tools read, published when every blocking check has passed.

Belongs here: the assets at the right edge of the graph, and the night's verdict. Does not: how
files are swapped.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import dagster as dg

from pipelines.assets.common import OWNERS, WAREHOUSE_POOL, NightResource
from pipelines.clock import now
from pipelines.instance import forget_old_runs
from pipelines.loading import ReadReport
from pipelines.sensors.try_again import PASSING_TROUBLE
from pipelines.tables import Table
from pipelines.write_back import WRITE_BACK
from pipelines.write_back.run import Report

GROUP = PUBLISHED = "published"
RUNS_KEPT = timedelta(days=90)
"""How long Dagster keeps a run, its events and its logs."""

_EVERY_NIGHT = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=30))


def published_key(table: Table) -> dg.AssetKey:
    """The asset of a published table."""
    return dg.AssetKey(["published", table.name])


def published_assets(tables: Sequence[Table]) -> dg.AssetsDefinition:
    """One step that publishes all tables at once."""
    specs = [
        dg.AssetSpec(
            published_key(table),
            deps=[dg.AssetKey([table.schema, table.name])],
            description=table.description,
            group_name=GROUP,
            kinds={"duckdb", "parquet"},
            owners=OWNERS,
            freshness_policy=_EVERY_NIGHT,
            metadata={
                "in serving.duckdb": f"{table.schema}.{table.name}",
                "as parquet": f"serving/parquet/{table.name}/{table.name}.parquet",
            },
        )
        for table in tables
    ]

    @dg.multi_asset(name="publish", specs=specs, pool=WAREHOUSE_POOL)
    def publish(night: NightResource) -> Iterator[dg.MaterializeResult[Any]]:
        for table in night.current.publish(tables):
            yield dg.MaterializeResult(
                asset_key=["published", table.name],
                metadata={
                    "dagster/row_count": table.rows,
                    "as of": str(night.current.run.as_of),
                    "config version": night.current.run.config_version,
                },
            )

    return publish


def verdict(
    tables: Sequence[Table], written: Sequence[dg.AssetsDefinition] = ()
) -> dg.AssetsDefinition:
    """The last step: red when a stream keeps older data, although the rest was published.

    Also when something could not be written back, by the assets in `written`.
    """

    @dg.asset(
        key=["published", "night"],
        deps=[*(published_key(table) for table in tables), *(asset.key for asset in written)],
        group_name=GROUP,
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
