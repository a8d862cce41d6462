"""The shape of canonical and public tables as asset checks that gate publishing.

Belongs here: declaring the checks. Does not: what shape is (pipelines/checks).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from pipelines.assets.common import WAREHOUSE_POOL, NightResource
from pipelines.assets.failing_rows import rows_table
from pipelines.checks.gate import breaches
from pipelines.checks.names import Breach
from pipelines.tables import Table

CHECK = "shape"


def shape_checks(tables: Sequence[Table]) -> dg.AssetChecksDefinition:
    """One blocking check a table; all run in one step, inside DuckDB."""

    @dg.multi_asset_check(
        name="check_shapes",
        specs=[
            dg.AssetCheckSpec(
                CHECK,
                asset=dg.AssetKey([table.schema, table.name]),
                description="Columns, types, key, required values and ranges are as declared. "
                "If not, nothing is published and yesterday's tables stay.",
                blocking=True,
            )
            for table in tables
        ],
        pool=WAREHOUSE_POOL,
    )
    def check_shapes(night: NightResource) -> Iterator[dg.AssetCheckResult]:
        found = breaches(night.current.home.warehouse, tables)
        for table in tables:
            broken = found.get(f"{table.schema}.{table.name}", [])
            yield dg.AssetCheckResult(
                asset_key=[table.schema, table.name],
                check_name=CHECK,
                passed=not broken,
                severity=dg.AssetCheckSeverity.ERROR,
                description="\n".join(f"{b.column or 'table'}: {b.message}" for b in broken)
                or None,
                metadata=_rows(broken),
            )

    return check_shapes


def _rows(broken: Sequence[Breach]) -> dict[str, Any]:
    """The rows to blame, a table for each promise; beside it how many there are in all."""
    shown: dict[str, Any] = {}
    for breach in (b for b in broken if b.rows):
        about = breach.column or "key"
        columns = list(breach.rows[0])
        shown[f"{about}: rows"] = breach.rows_in_all
        shown[f"{about}: first rows"] = rows_table(columns, [list(r.values()) for r in breach.rows])
    return shown
