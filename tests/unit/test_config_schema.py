"""The JSON Schemas that editors use: in step with the models, and true to the shipped files."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from config_files import CONFIG, DEFAULT_MODEL, default_data

from pipelines.config.schema import coverage_model_schema, sources_schema, text_of, write_schemas
from pipelines.config.yaml_document import read_document


def test_committed_schemas_are_in_step(tmp_path: Path) -> None:
    write_schemas(tmp_path)

    for written in tmp_path.iterdir():
        committed = CONFIG / "schema" / written.name
        assert committed.read_text(encoding="utf-8") == written.read_text(encoding="utf-8"), (
            f"{committed.name} is out of step: run pipelines.config.schema.write_schemas on "
            "config/schema"
        )


def test_writing_a_schema_twice_gives_the_same_text() -> None:
    assert text_of(coverage_model_schema()) == text_of(coverage_model_schema())
    assert text_of(sources_schema()).endswith("}\n")


def accepts(schema: dict[str, Any], data: object) -> bool:
    return bool(jsonschema.Draft202012Validator(schema).is_valid(data))


def test_schemas_accept_the_shipped_files() -> None:
    assert accepts(sources_schema(), read_document(CONFIG / "sources.yaml").data)
    assert accepts(coverage_model_schema(), default_data())


def test_shipped_files_name_their_schema() -> None:
    for path in (CONFIG / "sources.yaml", DEFAULT_MODEL):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        name = first.removeprefix("# yaml-language-server: $schema=")
        assert json.loads((path.parent / name).read_text(encoding="utf-8"))["$schema"]


@pytest.mark.parametrize(
    ("sources", "is_good"),
    [
        ({"files": {"path": "."}}, True),
        ({"files": {"kind": "files", "path": "."}}, True),
        ({"sheets": {"kind": "files", "path": "."}}, True),
        (None, True),
        ({"sheets": {"path": "."}}, False),
        ({"files": {"path": ".", "colums": 1}}, False),
        ({"sheets": {"kind": "fax", "path": "."}}, False),
        ({"My Sheets": {"kind": "files", "path": "."}}, False),
    ],
)
def test_kind_may_be_left_out_where_the_name_says_it(sources: object, is_good: bool) -> None:
    assert accepts(sources_schema(), {"sources": sources}) is is_good


def test_a_standard_takes_only_the_keys_of_its_schedule() -> None:
    data = default_data()
    assert accepts(coverage_model_schema(), data)
    data["standards"]["T1"][0]["period"] = "month"

    assert not accepts(coverage_model_schema(), data)


def undescribed(schema: dict[str, Any]) -> Iterator[str]:
    for name, definition in [("", schema), *schema["$defs"].items()]:
        for key, field in definition.get("properties", {}).items():
            if "description" not in field and "$ref" not in field:
                yield f"{name}.{key}"


def test_every_key_of_a_model_has_a_hover_text() -> None:
    assert list(undescribed(coverage_model_schema())) == []


def test_importing_the_configuration_loads_no_orchestrator_and_no_warehouse() -> None:
    heavy = "{'dagster', 'dbt', 'duckdb', 'pandas', 'pyarrow'}"
    code = f"import sys, pipelines.config; print(sorted({heavy} & set(sys.modules)))"

    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert shown.stdout.strip() == "[]"
