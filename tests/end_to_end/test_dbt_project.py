"""The dbt project by itself: its unit tests, and that it builds when there is nothing to build on.

Belongs here: what needs dbt but no source. Does not: a whole night.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from connectors import registry
from pipelines.assets.models import dbt_project, prepare_manifest
from pipelines.config import load_config
from pipelines.dbt_run import Dbt
from pipelines.home import DEFAULT_MODELS_DIR, Home
from pipelines.night import night
from pipelines.tables import PUBLIC_SCHEMA, tables

pytestmark = pytest.mark.slow


def test_it_builds_without_any_source_and_its_unit_tests_pass(home: Home, tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").write_text("sources: {}\n")
    config = load_config(tmp_path, default_models=DEFAULT_MODELS_DIR)
    project = dbt_project(home)
    with night(home, config, "no_sources", as_of=date(2026, 6, 30)) as this_night:
        assert this_night.prepare_inputs() == []
        prepare_manifest(project, home, registry.kinds())
        results = Dbt(home, registry.kinds()).run(["build"])
        published = this_night.publish(tables(project.manifest_path, PUBLIC_SCHEMA))

    by_kind: dict[str, set[str]] = {}
    for result in results:
        by_kind.setdefault(result.resource_type, set()).add(result.status)
    unit_tests = json.loads(project.manifest_path.read_text())["unit_tests"]
    ran = [r for r in results if r.resource_type == "unit_test"]
    assert len(ran) == len(unit_tests) > 0
    assert by_kind["unit_test"] == {"pass"}
    assert by_kind["model"] == {"success"}
    rows = {table.name: table.rows for table in published}
    assert rows["ops_run"] == 1
    assert rows["dim_account"] == rows["fct_activity"] == rows["fct_arr_month"] == 0
