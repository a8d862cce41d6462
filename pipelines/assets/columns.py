"""The columns of tables as the page shows them: what they are, and what they are computed from.

Belongs here: column schema and column lineage as Dagster's metadata. Does not: finding either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dagster as dg

from pipelines.lineage import Lineage, Origin
from pipelines.tables import Table

COMES_FROM = "where its columns come from"


def lineage_metadata(lineage: Lineage) -> dict[str, Any]:
    """The lineage as a table that links to each asset; nothing where nothing is known.

    Metadata of a definition: it changes with SQL and mappings, not from night to night.
    """
    return {COMES_FROM: dg.MetadataValue.md(_as_table(lineage))} if lineage else {}


def same_columns_as(relation: str) -> dict[str, Any]:
    """That each column is the one of the same name of another relation."""
    return {COMES_FROM: dg.MetadataValue.md(f"the columns of the same names of {_link(relation)}")}


def schema_of(table: Table) -> dg.TableSchema:
    """A table's columns, with their descriptions and what is promised of them."""
    return dg.TableSchema(
        [
            dg.TableColumn(
                c.name,
                c.data_type,
                c.description,
                dg.TableColumnConstraints(
                    nullable=not (c.is_required or c.name in table.primary_key)
                ),
                tags={"key": ""} if c.name in table.primary_key else {},
            )
            for c in table.columns
        ]
    )


def _as_table(lineage: Lineage) -> str:
    lines = ["| column | computed from |", "|---|---|"]
    for column, origins in lineage.items():
        lines.append(f"| `{column}` | {_links(origins) or 'counted, or the same in every row'} |")
    return "\n".join(lines)


def _links(origins: Sequence[Origin]) -> str:
    by_relation: dict[str, list[str]] = {}
    for origin in origins:
        by_relation.setdefault(origin.relation, []).append(f"`{origin.column}`")
    return "; ".join(
        f"{', '.join(columns)} of {_link(relation)}" for relation, columns in by_relation.items()
    )


def _link(relation: str) -> str:
    return f"[{relation}](/assets/{relation.replace('.', '/', 1)})"
