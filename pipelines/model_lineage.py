"""From which columns each dbt model's columns come, from the SQL that dbt compiled.

Belongs here: which queries there are, what their relations hold, which were followed before. Does
not: following one query (column_lineage), the file between nights (lineage_files).
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.lineage import Columns, Lineage
from pipelines.lineage_files import MODELS, as_lineage, read, write

log = logging.getLogger("cs_coverage")

_VERSION = 2
"""Of how a query is followed: what an older one found is found anew."""


class ModelLineage:
    """The lineage of the models of a manifest, as far as dbt has compiled them.

    What was found is remembered beside the manifest, and found anew only for a model whose
    compiled SQL, or whose parents' columns, are others.
    """

    def __init__(self, manifest: Mapping[str, Any], target: Path, inputs: Columns) -> None:
        """`target`: where dbt compiles to; `inputs`: the columns of what dbt calls sources."""
        self._manifest = manifest
        self._target = target
        self._inputs = inputs
        self._remembered = read(target / MODELS)
        self._found: dict[str, Lineage] = {}
        self._digests: dict[str, str] = {}

    def of(self, unique_id: str) -> Lineage:
        """By column of a model; without those, or without any, that cannot be followed."""
        if unique_id not in self._found:
            self._found[unique_id] = {}  # also where dbt's graph went in a circle
            self._found[unique_id] = self._find(unique_id)
        return self._found[unique_id]

    def remember(self) -> None:
        """Write down what was found, for the next night."""
        nodes = self._manifest["nodes"]
        there = {relation_of(node) for node in nodes.values()}
        new = {
            relation_of(nodes[unique_id]): {"digest": digest, "columns": self._found[unique_id]}
            for unique_id, digest in self._digests.items()
        }
        known = {name: was for name, was in self._remembered.items() if name in there} | new
        if _digests(known) != _digests(self._remembered):
            write(self._target / MODELS, known)

    def _find(self, unique_id: str) -> Lineage:
        node = self._manifest["nodes"][unique_id]
        file = self._target / "compiled" / node["package_name"] / node["original_file_path"]
        if not file.exists():
            return {}
        sql = file.read_text()
        parents = {
            relation_of(parent): self._columns(parent_id, parent)
            for parent_id in node["depends_on"]["nodes"]
            if (parent := self._relation(parent_id)) is not None
        }
        known = self._kept_tables(sql) | parents
        digest = _digest(sql, known)
        remembered = self._remembered.get(relation_of(node), {})
        if remembered.get("digest") == digest:
            found = as_lineage(remembered["columns"])
        else:
            from pipelines.column_lineage import column_lineage  # its parser is slow to start

            try:
                found = _only_of(parents, column_lineage(sql, known))
            except Exception as error:  # also the parser's own: no night may fail for its page
                log.debug("where the columns of %s come from is not known: %s", unique_id, error)
                found = {}
        self._digests[unique_id] = digest
        return found

    def _kept_tables(self, sql: str) -> dict[str, list[str]]:
        """What the night before left and a query reads; dbt's graph does not know of it."""
        return {
            relation: list(columns)
            for relation, columns in self._inputs.items()
            if relation.startswith("meta.") and f'"{relation.removeprefix("meta.")}"' in sql
        }

    def _relation(self, unique_id: str) -> Mapping[str, Any] | None:
        node = self._manifest["nodes"].get(unique_id) or self._manifest["sources"].get(unique_id)
        return node if node and node["resource_type"] in ("model", "source") else None

    def _columns(self, unique_id: str, node: Mapping[str, Any]) -> list[str]:
        """The columns a relation has, in order: as its contract says, else as its query gives."""
        if node["resource_type"] == "source":
            return list(self._inputs.get(relation_of(node), ()))
        declared = [name.strip('"') for name in node["columns"]]
        if node["config"].get("contract", {}).get("enforced"):
            return declared
        return list(self.of(unique_id)) or declared


def relation_of(node: Mapping[str, Any]) -> str:
    """`schema.name` of a model or a source of the manifest."""
    return f"{node['schema']}.{node.get('identifier') or node['name']}"


def _only_of(parents: Columns, found: Lineage) -> Lineage:
    """Without what was kept from the night before: it was computed from the same parents."""
    return {
        column: [origin for origin in origins if origin.relation in parents]
        for column, origins in found.items()
    }


def _digests(known: Mapping[str, Any]) -> dict[str, str]:
    return {relation: said["digest"] for relation, said in known.items()}


def _digest(sql: str, known: Columns) -> str:
    told = json.dumps([_VERSION, sql, {k: list(known[k]) for k in sorted(known)}])
    return hashlib.sha1(told.encode(), usedforsecurity=False).hexdigest()
