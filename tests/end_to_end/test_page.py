"""What Dagster's page shows of a night that went well: rows, ages, where columns come from.

Belongs here: metadata of a whole night. Does not: what is true before any (test_definitions), or
how a query is followed (unit/test_column_lineage).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import dagster as dg
import duckdb
import pytest
from conftest import DEMO_CONFIG, Night

from pipelines.assets.columns import COMES_FROM
from pipelines.definitions import build_defs
from pipelines.home import Home
from pipelines.lineage import Lineage, Origin
from pipelines.lineage_files import known_lineage
from pipelines.model_lineage import ModelLineage
from pipelines.tables import PUBLIC_SCHEMA, Table, tables
from pipelines.warehouse.connection import columns_of

pytestmark = pytest.mark.slow

Metadata = dict[str, Any]


@pytest.fixture(scope="module")
def home(demo: Night) -> Home:
    return Home(demo.company.home)


@pytest.fixture(scope="module")
def public(home: Home) -> list[Table]:
    return tables(home.dbt_target / "manifest.json", PUBLIC_SCHEMA)


@pytest.fixture(scope="module")
def lineage(home: Home) -> ModelLineage:
    manifest = json.loads((home.dbt_target / "manifest.json").read_text())
    return ModelLineage(manifest, home.dbt_target, columns_of(home.warehouse, ("input", "meta")))


@pytest.fixture(scope="module")
def instance(home: Home) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.from_config(str(home.dagster)) as instance:
        yield instance


def shown(instance: dg.DagsterInstance, *key: str) -> Metadata:
    event = instance.get_latest_materialization_event(dg.AssetKey(key))
    assert event is not None and event.asset_materialization is not None, key
    return {name: value.value for name, value in event.asset_materialization.metadata.items()}


def origins(known: dict[str, Lineage], relation: str, column: str) -> set[Origin]:
    """All that a column goes back to, as the night remembered it, relation by relation."""
    found: set[Origin] = set()
    left = [Origin(relation, column)]
    while left:
        name = left.pop()
        new = set(known.get(name.relation, {}).get(name.column, ())) - found
        found |= new
        left += new
    return found


def test_every_column_of_every_public_table_can_be_followed(
    lineage: ModelLineage, public: list[Table]
) -> None:
    for table in public:
        assert list(lineage.of(table.unique_id)) == [c.name for c in table.columns], table.name


def test_every_origin_is_a_column_that_there_is(
    home: Home, lineage: ModelLineage, public: list[Table]
) -> None:
    there = columns_of(
        home.warehouse, ("input", "meta", "staging", "canonical", "core", "coverage")
    )
    for table in public:
        for of_column in lineage.of(table.unique_id).values():
            for origin in of_column:
                assert origin.column in there[origin.relation], (table.name, origin)


def test_a_public_column_goes_back_to_the_column_of_the_file(home: Home) -> None:
    found = origins(known_lineage(home.dbt_target), "coverage.dim_account", "name")
    assert Origin("input.files__accounts", "name") in found
    assert Origin("spreadsheets.accounts", "name") in found
    assert not any(origin.relation == "spreadsheets.tickets" for origin in found)


def test_an_interval_that_may_be_taken_over_goes_back_to_what_it_is_drawn_from(
    lineage: ModelLineage,
) -> None:
    interval = lineage.of("model.cs_coverage.int_health_auc_interval")
    drawn_from = {origin.relation for origin in interval["auc_low"]}
    assert drawn_from == {"core.int_health_outcome"}
    assert Origin("core.int_health_outcome", "right_side_twice") in interval["auc_low"]


def test_a_second_look_finds_the_same_without_following_anything(
    home: Home, lineage: ModelLineage, public: list[Table], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("followed again")

    monkeypatch.setattr("pipelines.column_lineage.column_lineage", refuse)
    manifest = json.loads((home.dbt_target / "manifest.json").read_text())
    inputs = columns_of(home.warehouse, ("input", "meta"))
    again = ModelLineage(manifest, home.dbt_target, inputs)
    for table in public:
        assert again.of(table.unique_id) == lineage.of(table.unique_id)


def test_a_published_table_says_its_rows_its_day_and_how_old_its_data_is(
    instance: dg.DagsterInstance, home: Home
) -> None:
    said = shown(instance, "published", "dim_account")
    with duckdb.connect(str(home.serving_database), read_only=True) as con:
        [(rows,)] = con.execute("select count(*) from coverage.dim_account").fetchall()
    assert said["dagster/row_count"] == rows
    assert said["as of"] == "2026-06-30"
    assert said["dagster/uri"] == home.serving_database.as_uri()
    assert said["age of the oldest data (hours)"] >= 0
    assert said["oldest data"].startswith("spreadsheets.")
    assert "published at" in said


def test_a_stream_says_how_long_it_took_to_read_and_an_input_what_it_lacks(
    instance: dg.DagsterInstance,
) -> None:
    stream = shown(instance, "spreadsheets", "support_export")
    assert 0 <= stream["seconds of reading"] < 60
    assert 0 <= stream["hours since it was last read well"] < 1
    assert shown(instance, "input", "files__tickets")["records set aside"] == 0
    assert "records set aside" not in shown(instance, "meta", "holiday")


def test_models_and_inputs_say_their_rows(instance: dg.DagsterInstance, home: Home) -> None:
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        for relation in ("core.int_account_family", "canonical.contracts", "input.files__accounts"):
            [(rows,)] = con.execute(f"select count(*) from {relation}").fetchall()
            assert shown(instance, *relation.split("."))["dagster/row_count"] == rows, relation


def test_definitions_link_each_table_to_what_it_is_made_of_and_results_do_not_repeat_it(
    instance: dg.DagsterInstance, home: Home
) -> None:
    defs = build_defs(home, DEMO_CONFIG)
    specs = {spec.key: spec.metadata for spec in defs.resolve_all_asset_specs()}
    for key, upstream in [
        (("input", "files__accounts"), "spreadsheets/accounts"),
        (("canonical", "accounts"), "staging/staged_accounts"),
        (("coverage", "dim_account"), "canonical/accounts"),
        (("published", "dim_account"), "coverage/dim_account"),
    ]:
        assert f"](/assets/{upstream})" in specs[dg.AssetKey(key)][COMES_FROM].value
        said = shown(instance, *key)
        assert not said.keys() & {COMES_FROM, "dagster/column_lineage"}, key
