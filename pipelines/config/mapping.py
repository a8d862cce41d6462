"""Whether a files source maps onto columns that there are.

Belongs here: comparing the keys under `entities` with the canonical vocabulary. Does not: whether
the files have the columns; only reading them can tell.
"""

from __future__ import annotations

from collections.abc import Iterator

from connectors.files.settings import Settings
from pipelines.canonical import entities
from pipelines.config.errors import Fault
from pipelines.config.explain import did_you_mean


def mapping_faults(settings: Settings) -> Iterator[Fault]:
    """Columns and values of entities that the canonical vocabulary does not have."""
    for entity, how in (settings.entities or {}).items():
        for key, named in (("columns", how.columns), ("values", how.values)):
            if not named:
                continue
            known = [field.name for field in entities()[entity].fields]
            for column in named:
                if column not in known:
                    yield Fault(
                        ("entities", entity, key, column),
                        f'{entity} has no column "{column}"; {did_you_mean(column, known)}',
                    )
