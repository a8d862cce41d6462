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
from pipelines.sensors.try_again import PASSING_TROUBLE
from pipelines.tables import PEOPLE_SCHEMA, PUBLIC_SCHEMA, Table

GROUP = "published"
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
            metadata=places(table),
        )
        for table in tables
    ]

    @dg.multi_asset(name="publish", specs=specs, pool=WAREHOUSE_POOL)
    def publish(night: NightResource) -> Iterator[dg.MaterializeResult[Any]]:
        rows = {(each.name, each.schema): each.rows for each in night.current.publish(tables)}
        for table in tables:
            about_persons = rows.get((table.name, PEOPLE_SCHEMA))
            yield dg.MaterializeResult(
                asset_key=["published", table.name],
                metadata={
                    "dagster/row_count": rows.get((table.name, PUBLIC_SCHEMA), about_persons),
                    **({} if about_persons is None else {"rows in people.duckdb": about_persons}),
                    "as of": str(night.current.run.as_of),
                    "config version": night.current.run.config_version,
                },
            )

    return publish


def places(table: Table) -> dict[str, str]:
    """Where a published table is found, below the home."""
    found = {}
    if not (table.people and table.people.is_all):
        found["in serving.duckdb"] = f"{PUBLIC_SCHEMA}.{table.name}"
        found["as parquet"] = f"serving/parquet/{table.name}/{table.name}.parquet"
    if table.people:
        found["about single persons, in people.duckdb"] = f"{PEOPLE_SCHEMA}.{table.name}"
    return found


def verdict(tables: Sequence[Table]) -> dg.AssetsDefinition:
    """The last step: red when a stream keeps older data, although the rest was published."""

    @dg.asset(
        key=["published", "night"],
        deps=[published_key(table) for table in tables],
        group_name=GROUP,
        kinds={"python"},
        owners=OWNERS,
        description="What the night came to. Fails when a stream could not be read: the tables "
        "are published with that stream's older data, and someone must look.",
    )
    def night_verdict(
        context: dg.AssetExecutionContext, night: NightResource
    ) -> dg.MaterializeResult[Any]:
        forget_old_runs(context.instance, now() - RUNS_KEPT)
        failed = night.current.failed
        if failed:
            passing = ", ".join(f"{r.source}.{r.stream}" for r in failed if r.may_pass)
            if passing:
                context.instance.add_run_tags(context.run_id, {PASSING_TROUBLE: passing})
            raise dg.Failure(
                description="Published, but these streams keep older data:\n"
                + "\n".join(f"- {r.source}.{r.stream}: {r.message}" for r in failed),
                allow_retries=False,
            )
        return dg.MaterializeResult(metadata={"streams read": len(night.current.reports)})

    return night_verdict
