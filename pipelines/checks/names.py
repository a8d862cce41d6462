"""What the names of columns promise of the published tables, and how a broken promise is told.

Belongs here: the conventions, held against what contracts declare. Does not: rows (first_look,
shape).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.tables import Table

TYPES = {
    "varchar": "string",
    "varchar[]": "array<string>",
    "double[]": "array<float64>",
    "date": "date",
    "timestamptz": "timestamp('UTC', 6)",
    "timestamp with time zone": "timestamp('UTC', 6)",
    "double": "float64",
    "integer": "int32",
    "bigint": "int64",
    "boolean": "boolean",
    "json": "json",
}
"""Types of contracts, as ibis names them."""

_TYPE_BY_NAME = {
    ("_id",): {"string"},
    ("_on", "_date", "valid_from", "valid_to", "period_start", "period_end"): {"date"},
    ("_at",): {TYPES["timestamptz"]},
    ("is_", "has_"): {"boolean"},
    ("_rate", "_share"): {"float64"},
    ("_minutes", "_hours"): {"float64"},
}
"""What the ends (or beginnings, where the underscore is last) of a name promise about its type."""


_NOT_WITHIN_ONE = {
    "fx_rate",
    "baseline_rate",
    "net_renewal_rate",
    "expansion_rate",
    "expansion_volume_rate",
    "expansion_price_rate",
}
"""Rates of exchange, events a week, and what grew over what it was."""


@dataclass(frozen=True)
class Breach:
    """A promise that a table breaks."""

    column: str | None
    message: str
    rows: tuple[Mapping[str, Any], ...] = ()
    """The first rows that break it, by key and column; none where it is not about rows."""
    rows_in_all: int = 0


def is_share(name: str) -> bool:
    """True for rates and shares that are fractions."""
    return name.endswith(("_rate", "_share")) and name not in _NOT_WITHIN_ONE


def misnamed_columns(table: Table) -> list[Breach]:
    """Columns of a public table whose name promises another type than they have."""
    return [
        Breach(c.name, f"a column of this name is {' or '.join(types)}, not {c.data_type}")
        for c in table.columns
        for patterns, types in _TYPE_BY_NAME.items()
        if any(_fits(c.name, p) for p in patterns) and TYPES[c.data_type] not in types
    ]


def _fits(name: str, pattern: str) -> bool:
    if pattern.endswith("_"):
        return name.startswith(pattern)
    return name.endswith(pattern) if pattern.startswith("_") else name == pattern
