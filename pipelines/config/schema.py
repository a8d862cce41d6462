"""JSON Schemas of the configuration files, for completion and checks in editors.

Belongs here: how the models become schemas. Does not: what is allowed, which the models say.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from connectors import registry
from pipelines.config.alerts import AlertsFile
from pipelines.config.coverage_model import CoverageModel
from pipelines.config.publishing import PublishFile
from pipelines.config.reviews import Reviews
from pipelines.config.sources import SOURCE_NAME, SourcesFile
from pipelines.config.write_back import WriteBackFile

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _WithoutTitles(GenerateJsonSchema):
    """A title that repeats the key hides the description in editors."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def coverage_model_schema() -> dict[str, Any]:
    """The schema of a file in `models/`."""
    schema = CoverageModel.model_json_schema(schema_generator=_WithoutTitles)
    return {"$schema": _DIALECT, **schema, "title": "Coverage model"}


def reviews_schema() -> dict[str, Any]:
    """The schema of `reviews.yaml`."""
    schema = Reviews.model_json_schema(schema_generator=_WithoutTitles)
    return {"$schema": _DIALECT, **schema, "title": "Reviews"}


def alerts_schema() -> dict[str, Any]:
    """The schema of `alerts.yaml`."""
    schema = AlertsFile.model_json_schema(schema_generator=_WithoutTitles)
    return {"$schema": _DIALECT, **schema, "title": "Alerts"}


def publishing_schema() -> dict[str, Any]:
    """The schema of `publish.yaml`."""
    schema = PublishFile.model_json_schema(schema_generator=_WithoutTitles)
    return {"$schema": _DIALECT, **schema, "title": "Publishing"}


def write_back_schema() -> dict[str, Any]:
    """The schema of `write_back.yaml`."""
    schema = WriteBackFile.model_json_schema(schema_generator=_WithoutTitles)
    return {"$schema": _DIALECT, **schema, "title": "Write back"}


def sources_schema() -> dict[str, Any]:
    """The schema of `sources.yaml`; a source named like its kind needs no `kind`."""
    schema = SourcesFile.model_json_schema(schema_generator=_WithoutTitles)
    definitions = schema.setdefault("$defs", {})
    named: list[dict[str, Any]] = []
    by_own_name: dict[str, Any] = {}
    for kind in registry.kinds():
        settings = registry.kind(kind).settings.model_json_schema(
            schema_generator=_WithoutTitles, ref_template=f"#/$defs/{kind}.{{model}}"
        )
        for name, definition in settings.pop("$defs", {}).items():
            definitions[f"{kind}.{name}"] = definition
        definitions[kind] = settings
        reference = {"$ref": f"#/$defs/{kind}"}
        named.append({**reference, "required": ["kind"]})
        by_own_name[kind] = reference
    others = {
        kind: {
            "oneOf": [reference, *(entry for entry in named if entry["$ref"] != reference["$ref"])]
        }
        for kind, reference in by_own_name.items()
    }
    schema["properties"]["sources"] |= {
        "type": ["object", "null"],
        "properties": others,
        "additionalProperties": {"oneOf": named},
        "propertyNames": {"pattern": SOURCE_NAME},
    }
    return {"$schema": _DIALECT, **schema, "title": "Sources"}


def write_schemas(directory: Path) -> None:
    """Write the schemas into a folder."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, schema in (
        ("sources", sources_schema()),
        ("coverage_model", coverage_model_schema()),
        ("reviews", reviews_schema()),
        ("alerts", alerts_schema()),
        ("publish", publishing_schema()),
        ("write_back", write_back_schema()),
    ):
        path = directory / f"{name}.schema.json"
        path.write_text(text_of(schema), encoding="utf-8")


def text_of(schema: dict[str, Any]) -> str:
    """A schema as it is written: the same on every machine."""
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
