"""The canonical vocabulary: which entities and fields every source is mapped into.

Belongs here: reading it from its one home, the YAML beside the canonical models of dbt. Does not:
a second list of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipelines.home import DBT_PROJECT_DIR

_ADDED_BY_US = frozenset({"source_name", "attributes"})


@dataclass(frozen=True)
class Field:
    """A column of a canonical entity; `data_type` as dbt declares it."""

    name: str
    data_type: str
    is_required: bool

    @property
    def is_temporal(self) -> bool:
        """True for dates and instants: what a source's date format applies to."""
        return self.data_type in ("date", "timestamptz")


@dataclass(frozen=True)
class Entity:
    """A canonical entity: its fields in order, and those that identify a row."""

    name: str
    description: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]


@cache
def entities(project_dir: Path = DBT_PROJECT_DIR) -> dict[str, Entity]:
    """All canonical entities by name."""
    models = [
        model
        for path in sorted((project_dir / "models" / "canonical").glob("*.yml"))
        for model in yaml.load(path.read_text(), yaml.CSafeLoader).get("models", [])
    ]
    return {e.name: e for e in map(_entity, models) if e.key}


def _entity(model: dict[str, Any]) -> Entity:
    return Entity(
        name=model["name"],
        description=" ".join(model["description"].split()),
        fields=tuple(_field(c) for c in model["columns"] if c["name"] not in _ADDED_BY_US),
        key=tuple(model.get("config", {}).get("meta", {}).get("key", ())),
    )


def _field(column: dict[str, Any]) -> Field:
    return Field(
        name=column["name"],
        data_type=column["data_type"],
        is_required=bool(column.get("config", {}).get("meta", {}).get("required", False)),
    )
