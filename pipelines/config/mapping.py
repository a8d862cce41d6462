"""Whether what sources.yaml maps exists in the canonical vocabulary.

Belongs here: comparing mapping keys with the vocabulary and with the configured sources. Does
not: whether a source has the columns or fields; only reading it can tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.files.settings import Settings
from connectors.http.settings import ApiSettings
from pipelines.canonical import entities
from pipelines.config.errors import Fault
from pipelines.config.explain import did_you_mean


def mapping_faults(settings: Settings) -> Iterator[Fault]:
    """Columns and values of entities that the canonical vocabulary does not have."""
    for entity, how in (settings.entities or {}).items():
        for key, named in (("columns", how.columns), ("values", how.values)):
            for column in named:
                if fault := _unknown_field(entity, column):
                    yield Fault(("entities", entity, key, column), fault)


def field_faults(settings: ApiSettings) -> Iterator[Fault]:
    """Mapped fields that the canonical vocabulary does not have, or that no stream feeds."""
    fed = {entity for stream in settings.all_streams for entity in stream.feeds}
    for name in settings.fields:
        entity, _, field = name.partition(".")
        if fault := _unknown_field(entity, field):
            yield Fault(("fields", name), fault)
        elif entity not in fed:
            message = f"no stream of this source holds {entity}; there are {', '.join(sorted(fed))}"
            yield Fault(("fields", name), message)


def priority_faults(
    priorities: Mapping[str, Sequence[str]], sources: Mapping[str, Any]
) -> Iterator[Fault]:
    """Fields that do not exist, and sources that are not configured."""
    for name, winners in priorities.items():
        entity, _, field = name.partition(".")
        if entity not in entities():
            message = f'"{entity}" is not a canonical entity; {did_you_mean(entity, entities())}'
            yield Fault(("field_priority", name), message)
        elif fault := _unknown_field(entity, field):
            yield Fault(("field_priority", name), fault)
        for place, winner in enumerate(winners):
            if winner not in sources:
                message = f'"{winner}" is not a source; {did_you_mean(winner, sources)}'
                yield Fault(("field_priority", name, place), message)


def _unknown_field(entity: str, field: str) -> str | None:
    known = [f.name for f in entities()[entity].fields]
    return (
        None
        if field in known
        else f'{entity} has no column "{field}"; {did_you_mean(field, known)}'
    )
