"""From which columns others take their values: how it is told.

Belongs here: the words. Does not: finding it (column_lineage, model_lineage, input_lineage).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

Columns = Mapping[str, Sequence[str]]
"""The columns of relations, by `schema.name`."""


class Origin(NamedTuple):
    """A column of a relation that a query reads."""

    relation: str
    """`schema.name`."""
    column: str


Lineage = dict[str, list[Origin]]
"""By column of a query, what its values are computed from; nothing for constants and counts.

What only decides which rows there are (joins, conditions, order) is not part of it.
"""
