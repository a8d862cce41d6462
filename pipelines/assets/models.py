"""The dbt models as assets, and their tests as asset checks.

Belongs here: how dbt's project looks in Dagster. Does not: SQL.
"""

import json
import logging
import re
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import dagster as dg
from dagster._core.definitions.metadata import TableMetadataSet

from pipelines.assets.common import WAREHOUSE_POOL, NightResource
from pipelines.assets.dagster_dbt_alone import (
    DbtCoreCliEventMessage,
    DbtProject,
    dbt_assets,
    get_subset_selection_for_context,
)
from pipelines.assets.failing_rows import rows_table
from pipelines.assets.translator import Translator, promises_of
from pipelines.dbt_failures import FailingRows, failing_rows, failures
from pipelines.dbt_process import Event, NodeResult
from pipelines.dbt_run import BUILD, GRAIN, Dbt, DbtFailed
from pipelines.home import DBT_PROJECT_DIR, Home
from pipelines.lineage import Lineage
from pipelines.model_lineage import ModelLineage
from pipelines.warehouse.connection import columns_of

_DBTS_OWN = ("invocation_id", "unique_id", "status")
"""What dagster-dbt says of a model each night that tells nobody anything."""

DBT_SOURCE_SCHEMAS = ("input", "meta")
"""What the project reads and did not make."""

log = logging.getLogger("cs_coverage")


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


def model_assets(
    project: DbtProject, home: Home, kinds: Collection[str], lineage: Mapping[str, Lineage]
) -> dg.AssetsDefinition:
    """All models and their tests, run by one dbt command; `lineage` is what is known by now."""
    manifest = _without_grains(json.loads(project.manifest_path.read_text()))
    translator = Translator(lineage)
    promises = promises_of(manifest)

    @dbt_assets(
        manifest=manifest,
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
        followed = ModelLineage(
            manifest, home.dbt_target, columns_of(home.warehouse, DBT_SOURCE_SCHEMAS)
        )
        results: list[NodeResult] = []
        failed_checks: list[dg.AssetCheckResult] = []
        failure: DbtFailed | None = None
        built = 0
        try:
            for event in _followed(Dbt(home, kinds), [*BUILD, *selection], results):
                for shown in DbtCoreCliEventMessage(event, {}).to_default_asset_events(
                    manifest, translator, context, home.dbt_target, project
                ):
                    if isinstance(shown, dg.Output):
                        built += 1
                        if built % 10 == 0:
                            log.info("%s models built", built)
                        followed.of(_node(event))  # while dbt computes the next
                        kept = {k: v for k, v in shown.metadata.items() if k not in _DBTS_OWN}
                        yield shown.with_metadata({**kept, **_rows_built(event)})
                    elif isinstance(shown, dg.AssetCheckResult) and not shown.passed:
                        failed_checks.append(shown)  # its rows can be read once dbt has ended
                    else:
                        yield shown
        except DbtFailed as error:
            failure = error
            results += error.results
        followed.remember()
        rows = failing_rows(results, home.warehouse)
        for check in failed_checks:
            yield _explained(check, promises, rows)
        if failure is not None:
            said = failures(results, rows, promises) or [str(failure)]
            raise dg.Failure("\n".join(said), allow_retries=False)
        log.info("%s models built and tested", built)

    return models


def _without_grains(manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest with no more than a night runs."""
    nodes = {name: n for name, n in manifest["nodes"].items() if GRAIN not in n["tags"]}
    gone = manifest["nodes"].keys() - nodes.keys()
    maps = {
        which: {
            name: [other for other in others if other not in gone]
            for name, others in manifest[which].items()
            if name not in gone
        }
        for which in ("child_map", "parent_map")
    }
    return {**manifest, "nodes": nodes, **maps}


def _followed(
    dbt: Dbt, arguments: Sequence[str], results: list[NodeResult]
) -> Generator[Event, None, None]:
    """dbt's events; once it has ended well, `results` holds those of all nodes."""
    results += yield from dbt.follow(arguments)


def _node(event: Event) -> str:
    unique_id: str = event["data"]["node_info"]["unique_id"]
    return unique_id


def _rows_built(event: Event) -> dict[str, Any]:
    """How many rows a table got, as its materialization says (macros/materializations)."""
    said = re.fullmatch(r"(\d+) rows", str(event["data"].get("status")))
    return dict(TableMetadataSet(row_count=int(said[1]))) if said else {}


def _explained(
    check: dg.AssetCheckResult, promises: Mapping[str, str], rows: Mapping[str, FailingRows]
) -> dg.AssetCheckResult:
    """A failed test with what it promises and the rows that break it."""
    assert check.check_name is not None
    found = rows.get(check.check_name)
    if found is None:
        return check._replace(description=promises[check.check_name])
    return check._replace(
        description="\n".join([found.broken(promises[check.check_name]), *found.messages]),
        metadata={**check.metadata, "failing rows": rows_table(found.columns, found.rows)},
    )
