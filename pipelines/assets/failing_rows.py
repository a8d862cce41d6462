"""Rows that break a promise, as the page shows them.

Belongs here: turning rows into a table of Dagster's. Does not: finding them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dagster as dg


def rows_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> dg.TableMetadataValue:
    """A table of rows; what Dagster has no type for is shown as text, NULL as such."""
    return dg.MetadataValue.table(
        records=[
            dg.TableRecord({c: _shown(v) for c, v in zip(columns, row, strict=True)})
            for row in rows
        ],
        schema=dg.TableSchema([dg.TableColumn(c) for c in columns]),
    )


def _shown(value: Any) -> str | int | float | bool:
    if value is None:
        return "NULL"
    return value if isinstance(value, (str, int, float, bool)) else str(value)
