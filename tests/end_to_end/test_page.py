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
from conftest import Night

from pipelines.assets.columns import COMES_FROM
from pipelines.column_lineage import Origin
from pipelines.home import Home
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


def origins(instance: dg.DagsterInstance, key: tuple[str, ...], column: str) -> set[Origin]:
    """All that a column goes back to, as the page's metadata says, asset by asset."""
    found: set[Origin] = set()
    left = [(key, column)]
    while left:
        asset, name = left.pop()
        of_asset = shown(instance, *asset).get("dagster/column_lineage")
        for dep in of_asset.deps_by_column.get(name, ()) if of_asset else ():
            origin = Origin(".".join(dep.asset_key.path), dep.column_name)
            if origin not in found:
                found.add(origin)
                left.append((tuple(dep.asset_key.path), dep.column_name))
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


def test_a_published_column_goes_back_to_the_column_of_the_file(
    instance: dg.DagsterInstance,
) -> None:
    found = origins(instance, ("published", "dim_account"), "name")
    assert Origin("coverage.dim_account", "name") in found
    assert Origin("input.files__accounts", "name") in found
    assert Origin("spreadsheets.accounts", "name") in found
    assert not any(origin.relation == "spreadsheets.tickets" for origin in found)


def test_a_second_look_finds_the_same_without_following_anything(
    home: Home, lineage: ModelLineage, public: list[Table], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("followed again")

    monkeypatch.setattr("pipelines.model_lineage.column_lineage", refuse)
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


def test_models_and_inputs_say_their_rows_and_link_to_what_they_are_made_of(
    instance: dg.DagsterInstance, home: Home
) -> None:
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        for relation in ("core.int_account_family", "canonical.contracts", "input.files__accounts"):
            [(rows,)] = con.execute(f"select count(*) from {relation}").fetchall()
            assert shown(instance, *relation.split("."))["dagster/row_count"] == rows, relation
    made_of = shown(instance, "coverage", "dim_account")[COMES_FROM]
    assert "](/assets/" in made_of
