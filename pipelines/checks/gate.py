"""What keeps tables from being published: every table is looked at, and pandera asked of few.

Belongs here: the order of the two. Does not: either of them (first_look, shape).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pipelines.checks.first_look import doubtful
from pipelines.checks.names import Breach
from pipelines.tables import Table


def breaches(warehouse: Path, tables: Sequence[Table]) -> Mapping[str, Sequence[Breach]]:
    """What each table breaks, by its name with schema; no entry means nothing."""
    broken = doubtful(warehouse, tables)
    if not broken:
        return {}
    from pipelines.checks import shape  # pandera is slow to start

    return shape.breaches(warehouse, broken)
