"""How dbt's project looks in Dagster: keys, groups, kinds, descriptions, what its tests mean.

Belongs here: turning what the manifest says into Dagster's words. Does not: running dbt.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from pipelines.assets.columns import lineage_metadata
from pipelines.assets.common import OWNERS
from pipelines.assets.dagster_dbt_alone import DagsterDbtTranslator, DbtProject
from pipelines.home import CHECKOUT, DBT_PROJECT_DIR
from pipelines.lineage import Lineage
from pipelines.model_lineage import relation_of

_PAGES = {"risk": "risks"}
"""Topics whose page below docs/ has another name."""

_NOT_VENDORS = ("files",)


class Translator(DagsterDbtTranslator):
    """Keys are schema and name; groups are the project's layers and topics."""

    def __init__(self, lineage: Mapping[str, Lineage]) -> None:
        """`lineage`: by relation, what is known by now."""
        super().__init__()
        self._lineage = lineage

    def get_metadata(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
        """Columns and what they are; where they come from, once a night has found it."""
        lineage = self._lineage.get(relation_of(dbt_resource_props), {})
        return {**super().get_metadata(dbt_resource_props), **lineage_metadata(lineage)}

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Schema, name; a source by the name that it has in the warehouse."""
        name = dbt_resource_props.get("identifier") or dbt_resource_props["name"]
        return dg.AssetKey([dbt_resource_props["schema"], name])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Layer and topic: the folders under models/."""
        return "_".join(dbt_resource_props["fqn"][1:-1]) or "dbt"

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """Whom to ask."""
        return OWNERS

    def get_tags(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, str]:
        """Layer and topic, to filter by; staging also has the kind of its vendor."""
        layer, *topic = [*dbt_resource_props["fqn"][1:-1], ""][:2]
        tags = {"layer": layer} | ({"topic": topic[0]} if topic and topic[0] else {})
        if layer == "staging" and topic[0] and topic[0] not in _NOT_VENDORS:
            tags[f"dagster/kind/{topic[0]}"] = ""
        return {**super().get_tags(dbt_resource_props), **tags}

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """What the model's YAML says, and where more is written; SQL is a click away."""
        said = [" ".join(dbt_resource_props["description"].split())]
        if (page := docs_page(dbt_resource_props["fqn"][1:-1])) is not None:
            said.append(f"What its numbers mean: `{page}`.")
        if dbt_resource_props["resource_type"] == "model":
            folder = DBT_PROJECT_DIR.relative_to(CHECKOUT)
            said.append(f"Its SQL: `{folder / dbt_resource_props['original_file_path']}`.")
        return "\n\n".join(said)

    def get_asset_check_spec(
        self,
        asset_spec: dg.AssetSpec,
        manifest: Mapping[str, Any],
        unique_id: str,
        project: DbtProject | None,
    ) -> dg.AssetCheckSpec | None:
        """A test, and what it means in words."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        if spec is None:
            return None
        return spec._replace(description=promise_of(manifest["nodes"][unique_id]))


def docs_page(folders: list[str] | tuple[str, ...]) -> Path | None:
    """The page, relative to the checkout, that explains the numbers of a topic; None: there is
    none."""
    for topic in folders[1:]:
        page = Path("docs") / f"{_PAGES.get(topic, topic)}.md"
        if (CHECKOUT / page).exists():
            return page
    return None


def promises_of(manifest: Mapping[str, Any]) -> dict[str, str]:
    """What each test of the manifest promises, by the test's name."""
    nodes = manifest["nodes"].values()
    return {node["name"]: promise_of(node) for node in nodes if node["resource_type"] == "test"}


def promise_of(test: Mapping[str, Any]) -> str:
    """What a test of the manifest promises: its description, else the comment at the head of its
    SQL, else its kind and arguments."""
    if description := test.get("description"):
        return " ".join(description.split())
    about = test.get("test_metadata")
    if not about:
        return _head_comment(test["raw_code"]) or test["name"].replace("_", " ")
    given = about["kwargs"]
    match about["name"]:
        case "holds":
            return f"In every row: `{' '.join(given['condition'].split())}`."
        case "accepted_values":
            return f"{given['column_name']} is one of {', '.join(map(str, given['values']))}."
        case "relationships":
            return f"Every {given['column_name']} is a {given['field']} of {given['to']}."
        case "intervals_do_not_overlap":
            return (
                f"No two intervals [valid_from, valid_to) of one {given['of']} overlap, and none "
                "is empty."
            )
        case "unique_combination":
            return f"One row for each {', '.join(given['columns'])}."
        case "not_null":
            return f"{given['column_name']} is never empty."
        case "unique":
            return f"{given['column_name']} is in one row only."
        case kind:
            arguments = ", ".join(f"{k}={v}" for k, v in given.items() if k != "model")
            return f"{kind.replace('_', ' ')}: {arguments}."


def _head_comment(sql: str) -> str:
    """The comment with which a test of its own begins."""
    lines: list[str] = []
    for line in sql.splitlines():
        if line.startswith("--"):
            lines.append(line.removeprefix("--").strip())
        elif lines:
            break
    return f"{' '.join(lines)} Each row found is a failure." if lines else ""
