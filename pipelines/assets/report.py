"""The report as an asset, after the tables that it is made from.

Belongs here: when it is made, and what Dagster shows of it. Does not: what is on it.
"""

from collections.abc import Sequence
from time import monotonic
from typing import Any

import dagster as dg

from pipelines.assets.common import OWNERS, READ_BY, NightResource
from pipelines.assets.published import EVERY_NIGHT, PUBLISHED, published_key
from pipelines.tables import Table


def report_asset(tables: Sequence[Table]) -> dg.AssetsDefinition:
    """The page that people open in the morning, made from the tables just published."""

    @dg.asset(
        key=[PUBLISHED, "report"],
        deps=[published_key(table) for table in tables],
        group_name=READ_BY,
        kinds={"html"},
        owners=OWNERS,
        freshness_policy=EVERY_NIGHT,
        description="serving/report.html: coverage and outcome by tier, why, health, time, "
        "capacity, renewals at risk, and how far the data can be trusted. One file, opens offline.",
    )
    def report(night: NightResource) -> dg.MaterializeResult[Any]:
        from pipelines.report import make_report  # charts take a second to import

        started = monotonic()
        made = make_report(night.current.home)
        return dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(str(made.path)),
                "size": f"{made.size / 1024:,.0f} KB",
                "seconds": round(monotonic() - started, 1),
                "as of": str(night.current.run.as_of),
                "config version": night.current.run.config_version,
            }
        )

    return report
