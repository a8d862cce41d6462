"""The dbt models as assets, and their tests as asset checks.

Belongs here: how dbt's project looks in Dagster. Does not: SQL.
"""

import logging
import os
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, DbtProject, dbt_assets
from dagster_dbt.errors import DagsterDbtCliRuntimeError

from pipelines.assets.common import OWNERS, WAREHOUSE_POOL, NightResource
from pipelines.dbt_failures import failures, forget_results
from pipelines.home import DBT_PROJECT_DIR, KINDS_VARIABLE, WAREHOUSE_VARIABLE, Home

BUILD = ["build", "--exclude-resource-type", "unit_test"]
"""Unit tests try the SQL on made-up rows: they belong to the tests, not to the night."""

log = logging.getLogger("cs_coverage")


class Translator(DagsterDbtTranslator):
    """Keys are schema and name; groups are the project's layers."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Schema, name; a source by the name that it has in the warehouse."""
        name = dbt_resource_props.get("identifier") or dbt_resource_props["name"]
        return dg.AssetKey([dbt_resource_props["schema"], name])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The layer: the first folder under models/."""
        layers = list(dbt_resource_props["fqn"][1:-1])
        return layers[0] if layers else "dbt"

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """Whom to ask."""
        return OWNERS


def dbt_project(home: Home) -> DbtProject:
    """The project, compiled into the home."""
    return DbtProject(
        project_dir=DBT_PROJECT_DIR, profiles_dir=DBT_PROJECT_DIR, target_path=home.dbt_target
    )


def dbt_command(project: DbtProject) -> DbtCliResource:
    """dbt as installed beside this Python, whether or not that is on the PATH."""
    return DbtCliResource(
        project_dir=project, dbt_executable=str(Path(sys.executable).with_name("dbt"))
    )


def tell_dbt(home: Home, kinds: Collection[str]) -> None:
    """Set what dbt reads from the environment: the warehouse, and which kinds are connected."""
    os.environ[WAREHOUSE_VARIABLE] = str(home.warehouse)
    os.environ[KINDS_VARIABLE] = ";".join(sorted(kinds))


def prepare_manifest(project: DbtProject, home: Home, kinds: Collection[str]) -> None:
    """Parse the dbt project unless its manifest is newer than every file of it, for these kinds."""
    tell_dbt(home, kinds)
    manifest, parsed_for = project.manifest_path, home.dbt_target / "parsed_for_kinds"
    inputs = [
        path
        for folder in ("models", "macros", "tests")
        for path in (DBT_PROJECT_DIR / folder).rglob("*")
    ]
    newest = max(p.stat().st_mtime for p in [*inputs, *DBT_PROJECT_DIR.glob("*.yml")])
    is_fresh = (
        manifest.exists()
        and manifest.stat().st_mtime >= newest
        and parsed_for.exists()
        and parsed_for.read_text() == os.environ[KINDS_VARIABLE]
    )
    if not is_fresh:
        log.info("parsing the dbt project")
        home.dbt_target.mkdir(parents=True, exist_ok=True)
        dbt_command(project).cli(["parse", "--quiet"], target_path=project.target_path).wait()
        parsed_for.write_text(os.environ[KINDS_VARIABLE])


def model_assets(project: DbtProject, home: Home, kinds: Collection[str]) -> dg.AssetsDefinition:
    """All models and their tests, run by one dbt command."""

    @dbt_assets(
        manifest=project.manifest_path,
        project=project,
        dagster_dbt_translator=Translator(),
        name="dbt_build",
        pool=WAREHOUSE_POOL,
    )
    def models(
        context: dg.AssetExecutionContext, dbt: DbtCliResource, night: NightResource
    ) -> Iterator[Any]:
        tell_dbt(home, kinds)
        forget_results(home.dbt_target)
        built = 0
        try:
            for event in dbt.cli(BUILD, context=context, target_path=home.dbt_target).stream():
                if isinstance(event, dg.Output):
                    built += 1
                    if built % 10 == 0:
                        log.info("%s models built", built)
                yield event
        except DagsterDbtCliRuntimeError:
            if said := failures(home.dbt_target, home.warehouse):
                raise dg.Failure("\n".join(said), allow_retries=False) from None
            raise
        log.info("%s models built and tested", built)

    return models
