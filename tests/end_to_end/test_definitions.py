"""What Dagster is told: the graph, its checks, its schedule.

Belongs here: promises that hold for every asset. Does not: running any.
"""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path
from typing import Any, NoReturn

import dagster as dg
import pytest

from connectors.canonical import ENTITY_KEYS
from pipelines.assets.past import PAST_DAY
from pipelines.definitions import JOB, PAST_DAY_JOB, build_defs
from pipelines.home import Home
from pipelines.tables import CANONICAL_SCHEMA, PUBLIC_SCHEMA, Table, tables

pytestmark = pytest.mark.slow

SOURCES = """\
time_zone: America/New_York
sources:
  crm_export:
    kind: files
    path: $NO_SUCH_FOLDER_IS_NAMED
  second_desk:
    kind: files
    path: ./not/there
    entities:
      tickets: {file: desk.csv, columns: {ticket_id: id}}
      surveys: {file: $NO_SUCH_LINK_IS_NAMED}
"""
STREAMS = {
    *(dg.AssetKey(["crm_export", entity]) for entity in ENTITY_KEYS),
    dg.AssetKey(["second_desk", "desk"]),
    dg.AssetKey(["second_desk", "surveys"]),
}


@pytest.fixture(scope="module")
def home(parsed_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("definitions") / "home")
    shutil.copytree(parsed_home, home.root)
    (home.root / "config").mkdir()
    (home.root / "config" / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    return home


@pytest.fixture(scope="module")
def defs(home: Home) -> dg.Definitions:
    """Made where every connection fails, no variable is set and no folder exists."""

    def refuse(*_: Any) -> NoReturn:
        raise AssertionError("building definitions opened a connection")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        patch.delenv("NO_SUCH_FOLDER_IS_NAMED", raising=False)
        patch.setenv("CS_COVERAGE_WAREHOUSE", str(home.warehouse))
        return build_defs(home, home.root / "config")


@pytest.fixture(scope="module")
def public(home: Home) -> list[Table]:
    return tables(home.dbt_target / "manifest.json", PUBLIC_SCHEMA)


@pytest.fixture(scope="module")
def specs(defs: dg.Definitions) -> dict[dg.AssetKey, dg.AssetSpec]:
    return {spec.key: spec for spec in defs.resolve_all_asset_specs()}


def upstream(specs: dict[dg.AssetKey, dg.AssetSpec], key: dg.AssetKey) -> set[dg.AssetKey]:
    """Everything that an asset is made from."""
    found: set[dg.AssetKey] = set()
    left = [key]
    while left:
        for dep in specs[left.pop()].deps:
            if dep.asset_key not in found:
                found.add(dep.asset_key)
                left.append(dep.asset_key)
    return found


def test_definitions_are_valid_and_write_nothing(defs: dg.Definitions, home: Home) -> None:
    dg.Definitions.validate_loadable(defs)
    assert {path.name for path in home.root.iterdir()} == {"dbt", "config"}


def test_every_stream_is_an_asset(specs: dict[dg.AssetKey, dg.AssetSpec]) -> None:
    assert specs.keys() >= STREAMS


def test_every_asset_says_what_it_is_and_whom_to_ask(
    specs: dict[dg.AssetKey, dg.AssetSpec],
) -> None:
    for key, spec in specs.items():
        assert spec.description, f"{key} has no description"
        assert spec.group_name not in (None, "default"), f"{key} has no group"
        assert spec.owners, f"{key} has no owner"
        assert spec.kinds, f"{key} has no kinds"


def test_every_dependency_is_an_asset_of_ours(specs: dict[dg.AssetKey, dg.AssetSpec]) -> None:
    assert {dep.asset_key for spec in specs.values() for dep in spec.deps} <= specs.keys()


def test_every_published_table_goes_back_to_streams_or_the_coverage_model(
    specs: dict[dg.AssetKey, dg.AssetSpec], public: list[Table]
) -> None:
    said_by_the_model = {dg.AssetKey(["meta", "coverage_model"])}
    assert public
    for table in public:
        origins = said_by_the_model if table.name.startswith("cfg_") else STREAMS
        assert upstream(specs, dg.AssetKey(["published", table.name])) & origins, table.name


def test_a_table_goes_back_to_the_streams_it_is_made_from_and_no_others(
    specs: dict[dg.AssetKey, dg.AssetSpec],
) -> None:
    tickets = upstream(specs, dg.AssetKey(["staging", "stg_files__tickets"]))
    inputs = {key for key in tickets if key.path[0] == "input"}
    assert inputs == {dg.AssetKey(["input", "files__tickets"])}
    assert {dep.asset_key for dep in specs[inputs.pop()].deps} == {
        dg.AssetKey(["crm_export", "tickets"]),
        dg.AssetKey(["second_desk", "desk"]),
    }


def test_a_blocking_check_guards_every_public_and_canonical_table(
    defs: dg.Definitions, home: Home, public: list[Table]
) -> None:
    canonical = tables(home.dbt_target / "manifest.json", CANONICAL_SCHEMA)
    graph = defs.resolve_asset_graph()
    blocking = {
        key.asset_key for key in graph.asset_check_keys if graph.get_check_spec(key).blocking
    }
    assert blocking >= {dg.AssetKey([t.schema, t.name]) for t in [*canonical, *public]}


def test_every_check_says_what_it_promises(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    unsaid = [k for k in graph.asset_check_keys if not graph.get_check_spec(k).description]
    assert unsaid == []


def test_every_test_of_the_night_is_a_check(defs: dg.Definitions, home: Home) -> None:
    manifest = json.loads((home.dbt_target / "manifest.json").read_text())
    nightly = {
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and "grain" not in node["tags"]
    }
    assert nightly
    assert nightly <= {key.name for key in defs.resolve_asset_graph().asset_check_keys}


def test_groups_are_the_layers_by_topic(specs: dict[dg.AssetKey, dg.AssetSpec]) -> None:
    def group(*key: str) -> str | None:
        return specs[dg.AssetKey(key)].group_name

    assert group("crm_export", "tickets") == "crm_export"
    assert group("input", "files__tickets") == "input"
    assert group("staging", "stg_files__tickets") == "staging_files"
    assert group("canonical", "tickets") == "canonical"
    assert group("coverage", "fct_obligation") == "core_obligations"
    assert group("coverage", "mart_ratio_tier") == "marts_capacity"
    assert group("published", "mart_ratio_tier") == "published"
    assert group("published", "report") == "read_by"


def test_the_graph_ends_where_people_read_and_no_night_makes_what_others_run(
    defs: dg.Definitions, specs: dict[dg.AssetKey, dg.AssetSpec]
) -> None:
    dashboard = dg.AssetKey(["read_by", "superset_coverage_to_standard"])
    read = {dep.asset_key for dep in specs[dashboard].deps}
    assert dg.AssetKey(["published", "mart_account_360"]) in read
    assert {key.path[0] for key in read} == {"published"}
    graph = defs.resolve_asset_graph()
    nightly = defs.resolve_job_def(JOB).asset_layer.selected_asset_keys
    assert graph.materializable_asset_keys == specs.keys() - {dashboard}
    assert nightly == graph.materializable_asset_keys - {PAST_DAY}


def test_a_table_names_the_page_that_explains_it(
    specs: dict[dg.AssetKey, dg.AssetSpec],
) -> None:
    for schema in ("coverage", "published"):
        described = specs[dg.AssetKey([schema, "mart_ratio_tier"])].description
        assert described is not None and "docs/capacity.md" in described


def test_the_schedule_is_two_at_night_where_the_business_is(defs: dg.Definitions) -> None:
    [schedule] = defs.schedules or []
    assert isinstance(schedule, dg.ScheduleDefinition)
    assert (schedule.cron_schedule, schedule.execution_timezone) == (
        "0 2 * * *",
        "America/New_York",
    )
    assert schedule.job_name == JOB
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING


def test_a_server_is_published_to_after_all_else_and_only_where_one_is_named(
    home: Home, public: list[Table], tmp_path: Path
) -> None:
    (tmp_path / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    key = dg.AssetKey(["published", "postgres"])

    def found() -> dict[dg.AssetKey, dg.AssetSpec]:
        specs = build_defs(home, tmp_path).resolve_all_asset_specs()
        return {spec.key: spec for spec in specs}

    assert key not in found()
    server = "postgres: {host: db, database: d, user: u, password: $NO_SUCH_SECRET_IS_NAMED}"
    (tmp_path / "publish.yaml").write_text(server, encoding="utf-8")
    deps = {dep.asset_key for dep in found()[key].deps}
    assert deps == {dg.AssetKey(["published", table.name]) for table in public}


def test_past_days_are_partitions_that_no_night_computes(defs: dg.Definitions) -> None:
    past = defs.resolve_job_def(PAST_DAY_JOB)
    night = defs.resolve_job_def(JOB)
    assert past.asset_layer.selected_asset_keys == {PAST_DAY}
    assert isinstance(past.partitions_def, dg.DailyPartitionsDefinition)
    assert str(past.partitions_def.timezone) == "America/New_York"
    assert {pool for node in past.nodes for pool in node.definition.pools} == {"warehouse"}
    assert PAST_DAY not in night.asset_layer.selected_asset_keys
    assert night.partitions_def is None


def test_a_night_goes_before_past_days_that_wait(defs: dg.Definitions) -> None:
    priorities = [
        int(defs.resolve_job_def(job).tags.get("dagster/priority", "0"))
        for job in (JOB, PAST_DAY_JOB)
    ]
    assert priorities[0] > priorities[1]


def test_every_step_that_opens_the_warehouse_waits_for_its_turn(defs: dg.Definitions) -> None:
    job = defs.resolve_job_def(JOB)
    pools = {node.name: node.definition.pools for node in job.nodes}
    from_published_tables = {"published__night", "published__report"}
    assert {name for name, held in pools.items() if held != {"warehouse"}} == from_published_tables
    reading = {f"read_{key.path[0]}" for key in STREAMS}
    after = {"prepare_inputs", "dbt_build", "check_shapes", "publish", *from_published_tables}
    assert pools.keys() == reading | after
