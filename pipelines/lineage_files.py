"""What was found of where columns come from, remembered in the home from one night to the next.

Belongs here: two files beside dbt's manifest, one of what mappings give, one of what models do.
Does not: finding it (input_lineage, model_lineage), or showing it (assets/).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.lineage import Lineage, Origin

INPUTS = "input_lineage.json"
MODELS = "column_lineage.json"


def known_lineage(target: Path) -> dict[str, Lineage]:
    """By relation (`schema.name`), its lineage as the latest night found it; empty before any."""
    return {
        relation: as_lineage(found["columns"])
        for name in (INPUTS, MODELS)
        for relation, found in read(target / name).items()
    }


def remember_inputs(target: Path, found: Mapping[str, Lineage]) -> None:
    """Write down what mappings give."""
    write(target / INPUTS, {relation: {"columns": columns} for relation, columns in found.items()})


def as_lineage(columns: Mapping[str, Any]) -> Lineage:
    """The lineage of one relation, as it was written down."""
    return {column: [Origin(*origin) for origin in origins] for column, origins in columns.items()}


def read(path: Path) -> dict[str, Any]:
    """By relation, what was written down of it."""
    try:
        remembered: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):  # never written, or cut short: found anew
        return {}
    return remembered


def write(path: Path, found: Mapping[str, Any]) -> None:
    """Replace the file, all at once: definitions may be loading."""
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(found))
    beside.replace(path)
