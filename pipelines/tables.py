"""The tables that are checked and published, as dbt's manifest declares them.

Belongs here: reading the manifest. Does not: a second declaration of a table.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CANONICAL_SCHEMA = "canonical"
PUBLIC_SCHEMA = "coverage"
PEOPLE_SCHEMA = "coverage_people"
"""Of the published file that holds what is about single persons. It cannot be called like the file:
DuckDB would not know which of the two `people.` means."""


@dataclass(frozen=True)
class Column:
    """A column as its contract declares it."""

    name: str
    data_type: str
    description: str
    is_required: bool


@dataclass(frozen=True)
class AboutPeople:
    """What of a table says how one person spends time, or how loaded one person is.

    `rows` is a condition in SQL, None where no whole row does; `columns` do in all rows. `dated` is
    the column by which such rows grow old, None where all are of today.
    """

    rows: str | None
    columns: tuple[str, ...]
    dated: str | None

    @property
    def is_all(self) -> bool:
        """Whether nothing of the table is about anything else."""
        return self.rows == "all"


@dataclass(frozen=True)
class Table:
    """A dbt model that is a table with a contract."""

    unique_id: str
    schema: str
    name: str
    description: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    folders: tuple[str, ...] = ()
    """Where its model lies below models/: layer and topic."""
    people: AboutPeople | None = None


def tables(manifest_path: Path, schema: str) -> list[Table]:
    """The models of one schema, by name."""
    nodes = json.loads(manifest_path.read_text())["nodes"].values()
    models = [n for n in nodes if n["resource_type"] == "model" and n["schema"] == schema]
    return sorted((_table(n) for n in models), key=lambda t: t.name)


def _table(node: dict[str, Any]) -> Table:
    meta = node["config"].get("meta", {})
    key = tuple(meta.get("primary_key") or meta.get("key") or ())
    return Table(
        unique_id=node["unique_id"],
        schema=node["schema"],
        name=node["name"],
        description=" ".join(node["description"].split()),
        columns=tuple(_column(c, key) for c in node["columns"].values()),
        primary_key=key,
        folders=tuple(node["fqn"][1:-1]),
        people=_about_people(meta.get("people")),
    )


def _about_people(said: Mapping[str, Any] | None) -> AboutPeople | None:
    if said is None:
        return None
    return AboutPeople(said.get("rows"), tuple(said.get("columns", ())), said.get("dated"))


def _column(column: dict[str, Any], key: tuple[str, ...]) -> Column:
    required = column.get("config", {}).get("meta", {}).get("required", False)
    not_null = any(c["type"] == "not_null" for c in column.get("constraints", ()))
    return Column(
        name=column["name"].strip('"'),
        data_type=column["data_type"].lower(),
        description=" ".join(column["description"].split()),
        is_required=bool(required or not_null),
    )
