"""Past days as partitions of one asset: each is a file of the tables as of that day.

Belongs here: the asset. Does not: computing a day (past_day).
"""

import json
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.definitions.metadata import TableMetadataSet
from dagster._core.definitions.metadata.metadata_set import UriMetadataSet

from pipelines.assets.common import AS_OF, OWNERS, WAREHOUSE_POOL
from pipelines.assets.translator import promises_of
from pipelines.config import Config, load_config
from pipelines.dbt_run import BUILD
from pipelines.home import DEFAULT_MODELS_DIR, Home
from pipelines.instance import process_tags
from pipelines.past_day import NotAPastDay, PastDayFailed, compute_past_day, first_day

GROUP = "history"
PAST_DAY = dg.AssetKey([GROUP, "past_day"])


def past_day_asset(home: Home, config_dir: Path, config: Config) -> dg.AssetsDefinition:
    """One partition a day, from the first that can be computed again up to yesterday."""

    @dg.asset(
        key=PAST_DAY,
        partitions_def=dg.DailyPartitionsDefinition(
            start_date=first_day(home, config).isoformat(),
            timezone=config.sources_file.time_zone,
        ),
        group_name=GROUP,
        kinds={"duckdb"},
        owners=OWNERS,
        tags={"layer": GROUP},
        pool=WAREHOUSE_POOL,
        description="All published tables as of a past day, by what is known now: nothing dated "
        "later is in them. Each day is a file, `serving/days/<day>/serving.duckdb`; what is "
        "published stays as it is, and no source is asked.",
    )
    def past_day(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        day = date.fromisoformat(context.partition_key)
        tags = process_tags(context.run_id) | {AS_OF: day.isoformat()}
        context.instance.add_run_tags(context.run_id, tags)
        manifest = json.loads((home.dbt_target / "manifest.json").read_text())
        try:
            published = compute_past_day(
                home,
                load_config(config_dir, default_models=DEFAULT_MODELS_DIR),
                day,
                context.run_id,
                dbt_arguments=BUILD,
                promises=promises_of(manifest),
            )
        except (NotAPastDay, PastDayFailed) as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        file = home.past_day(day)
        return dg.MaterializeResult(
            metadata={
                "tables": len(published),
                "megabytes": round(file.stat().st_size / 1e6, 1),
                **TableMetadataSet(row_count=sum(table.rows for table in published)),
                **UriMetadataSet(uri=file.as_uri()),
            }
        )

    return past_day
