"""The published tables in PostgreSQL, copied there when they stand in the files.

Belongs here: the asset, and what its failure does to the night. Does not: copying.
"""

import logging
from collections.abc import Sequence
from typing import Any

import dagster as dg

from pipelines.assets.common import OWNERS, READ_BY, NightResource
from pipelines.assets.published import PUBLISHED, published_key
from pipelines.postgres.connection import NAME, ServerError
from pipelines.postgres.publish import publish_to_postgres
from pipelines.sensors.try_again import PASSING_TROUBLE
from pipelines.tables import Table

log = logging.getLogger("cs_coverage")


def postgres_asset(tables: Sequence[Table]) -> dg.AssetsDefinition:
    """One step that copies all tables at once; red when the server did not take them."""

    @dg.asset(
        key=[PUBLISHED, "postgres"],
        deps=[published_key(table) for table in tables],
        group_name=READ_BY,
        kinds={"postgres"},
        owners=OWNERS,
        description="The published tables in PostgreSQL, for tools that want a server. Readers "
        "there see last night's or this one's, all at once. Fails when the server did not take "
        "them: it has those of the night before, and the files are published all the same.",
    )
    def in_postgres(
        context: dg.AssetExecutionContext, night: NightResource
    ) -> dg.MaterializeResult[Any]:
        settings = night.current.config.publishing.postgres
        if settings is None:  # taken out of publish.yaml since the graph was made
            return dg.MaterializeResult(metadata={"tables": 0})
        try:
            sent = publish_to_postgres(
                night.current.home, tables, settings, night.current.config.directory
            )
        except ServerError as error:
            log.error("%s", error)
            if error.may_pass:
                context.instance.add_run_tags(context.run_id, {PASSING_TROUBLE: NAME})
            raise dg.Failure(description=f"- {error}", allow_retries=False) from None
        return dg.MaterializeResult(
            metadata={
                "tables": len(sent),
                "dagster/row_count": sum(table.rows for table in sent),
                "rows inserted": sum(table.inserted for table in sent),
                "rows updated": sum(table.updated for table in sent),
                "rows deleted": sum(table.deleted for table in sent),
                "as of": str(night.current.run.as_of),
            }
        )

    return in_postgres
