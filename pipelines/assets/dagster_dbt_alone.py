"""What we use of dagster-dbt, imported as if dbt itself were not there.

Belongs here: that import. dbt runs in a process of its own; here it would take as long to import as
all of Dagster. dagster-dbt provides for its absence: then all of a manifest can be selected, which
is what we select. Where dbt has been imported before, dagster-dbt uses it, to the same end.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_LOOKED_FOR = "dbt.version"
"""By this import dagster-dbt finds out whether dbt is there."""


@contextmanager
def _dbt_unseen() -> Iterator[None]:
    if _LOOKED_FOR in sys.modules:
        yield
        return
    sys.modules[_LOOKED_FOR] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[_LOOKED_FOR]


with _dbt_unseen():
    from dagster_dbt import DagsterDbtTranslator, DbtProject, dbt_assets
    from dagster_dbt.asset_utils import get_subset_selection_for_context
    from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

__all__ = [
    "DagsterDbtTranslator",
    "DbtCoreCliEventMessage",
    "DbtProject",
    "dbt_assets",
    "get_subset_selection_for_context",
]
