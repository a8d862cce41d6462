"""The dbt models as assets, and their tests as asset checks.

Belongs here: how dbt's project looks in Dagster. Does not: SQL.
"""

import json
import logging
from collections.abc import Collection, Iterator, Mapping
from importlib.metadata import version
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject, dbt_assets
from dagster_dbt.asset_utils import get_subset_selection_for_context
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from pipelines.assets.common import OWNERS, WAREHOUSE_POOL, NightResource
from pipelines.dbt_failures import failures
from pipelines.dbt_run import Dbt, DbtFailed
from pipelines.home import DBT_PROJECT_DIR, Home

GRAINS = "tag:grain"
"""Tests of a model's key. The shape check looks at the keys that a night must not get wrong (of
canonical and public tables); those of the models in between are tried by the tests."""

BUILD = [
    *("--no-write-json", "build"),
    *("--exclude-resource-type", "unit_test"),  # they try the SQL on made-up rows
    *("--exclude", GRAINS),
]

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


def prepare_manifest(project: DbtProject, home: Home, kinds: Collection[str]) -> None:
    """Parse the dbt project unless its manifest is newer than every file of it, for these kinds."""
    manifest, stamp = project.manifest_path, home.dbt_target / "parsed_for"
    parsed_for = f"dbt {version('dbt-core')}: {', '.join(sorted(kinds))}"
    inputs = [
        path
        for folder in ("models", "macros", "tests")
        for path in (DBT_PROJECT_DIR / folder).rglob("*")
    ]
    newest = max(p.stat().st_mtime for p in [*inputs, *DBT_PROJECT_DIR.glob("*.yml")])
    is_fresh = (
        manifest.exists()
        and manifest.stat().st_mtime >= newest
        and stamp.exists()
        and stamp.read_text() == parsed_for
    )
    if not is_fresh:
        log.info("parsing the dbt project")
        home.dbt_target.mkdir(parents=True, exist_ok=True)
        stamp.unlink(missing_ok=True)
        Dbt(home, kinds).parse()
        stamp.write_text(parsed_for)


def model_assets(project: DbtProject, home: Home, kinds: Collection[str]) -> dg.AssetsDefinition:
    """All models and their tests, run by one dbt command."""
    manifest = json.loads(project.manifest_path.read_text())
    translator = Translator()

    @dbt_assets(
        manifest=manifest,
        exclude=GRAINS,
        project=project,
        dagster_dbt_translator=translator,
        name="dbt_build",
        pool=WAREHOUSE_POOL,
    )
    def models(context: dg.AssetExecutionContext, night: NightResource) -> Iterator[Any]:
        selection, indirect = get_subset_selection_for_context(
            context, manifest, None, None, None, translator, None
        )
        if indirect is not None:
            selection += ["--indirect-selection", indirect]
        built = 0
        try:
            for event in Dbt(home, kinds).follow([*BUILD, *selection]):
                for shown in DbtCoreCliEventMessage(event, {}).to_default_asset_events(
                    manifest, translator, context, home.dbt_target, project
                ):
                    if isinstance(shown, dg.Output):
                        built += 1
                        if built % 10 == 0:
                            log.info("%s models built", built)
                    yield shown
        except DbtFailed as error:
            said = failures(error.results, home.warehouse) or [str(error)]
            raise dg.Failure("\n".join(said), allow_retries=False) from None
        log.info("%s models built and tested", built)

    return models
