"""Everything Dagster knows of this project, for one home and one configuration.

Belongs here: putting assets, job, schedule and resources together. Does not: any of them.
"""

from __future__ import annotations

import json
from pathlib import Path

import dagster as dg

from pipelines.assets.checks import shape_checks
from pipelines.assets.common import night_resource
from pipelines.assets.inputs import input_assets
from pipelines.assets.models import dbt_project, model_assets, prepare_manifest
from pipelines.assets.past import PAST_DAY, past_day_asset
from pipelines.assets.postgres import postgres_asset
from pipelines.assets.published import published_assets, verdict
from pipelines.assets.readers import outside_readers
from pipelines.assets.report import report_asset
from pipelines.assets.streams import stream_assets
from pipelines.assets.write_back import write_back_assets
from pipelines.config import load_config
from pipelines.config.load import load_write_back
from pipelines.home import DEFAULT_MODELS_DIR, Home, resolve_config_dir, resolve_home
from pipelines.lineage_files import known_lineage
from pipelines.sensors import alert_sensor, retry_sensor
from pipelines.sources import open_sources
from pipelines.tables import CANONICAL_SCHEMA, PUBLIC_SCHEMA, tables

JOB = "nightly_refresh"
PAST_DAY_JOB = "past_day"


def build_defs(home: Home | None = None, config_dir: Path | None = None) -> dg.Definitions:
    """Assets, checks, the nightly job, its schedule, and what the daemon does beside it.

    Reads the configuration and dbt's manifest (parsing the project when that is older), but no
    credential and nothing from the network. Raises `ConfigError`.
    """
    home = home or resolve_home()
    config_dir = config_dir or resolve_config_dir(home)
    config = load_config(config_dir, default_models=DEFAULT_MODELS_DIR)
    sources = open_sources(config)
    project = dbt_project(home)
    kinds = {opened.source.kind for opened in sources}
    prepare_manifest(project, home, kinds)
    public = tables(project.manifest_path, PUBLIC_SCHEMA)
    lineage = known_lineage(home.dbt_target)
    written = write_back_assets(sources, load_write_back(config))
    job = dg.define_asset_job(
        JOB,
        selection=dg.AssetSelection.all() - dg.AssetSelection.assets(PAST_DAY),
        description="Read every source, compute every table, check, publish.",
        executor_def=dg.in_process_executor,
        # Started again after a kill, a night begins at its beginning.
        # In the queue it goes before past days, which have time.
        tags={"dagster/retry_strategy": "ALL_STEPS", "dagster/priority": "1"},
    )
    past_day = dg.define_asset_job(
        PAST_DAY_JOB,
        selection=dg.AssetSelection.assets(PAST_DAY),
        description="Compute the published tables as of a past day.",
        executor_def=dg.in_process_executor,
    )
    return dg.Definitions(
        assets=[
            *stream_assets(sources),
            input_assets(sources, _dbt_sources(project.manifest_path), lineage),
            model_assets(project, home, kinds, lineage),
            published_assets(public),
            report_asset(public),
            *([postgres_asset(public)] if config.publishing.postgres else []),
            *written,
            verdict(public, written),
            past_day_asset(home, config_dir, config),
            *outside_readers(project.manifest_path),
        ],
        asset_checks=[shape_checks([*tables(project.manifest_path, CANONICAL_SCHEMA), *public])],
        jobs=[job, past_day],
        schedules=[
            dg.ScheduleDefinition(
                name=JOB,
                job=job,
                cron_schedule=config.sources_file.refresh_cron,
                execution_timezone=config.sources_file.time_zone,
                description=f"Every night at {config.sources_file.refresh_at} in the business time "
                "zone, for the day before.",
                default_status=dg.DefaultScheduleStatus.RUNNING,
            )
        ],
        sensors=[alert_sensor(home, config_dir, sources, JOB), retry_sensor(JOB)],
        resources={"night": night_resource(home, config_dir)},
        # One process a run: starting one a step costs seconds and buys nothing with one writer.
        executor=dg.in_process_executor,
    )


def _dbt_sources(manifest_path: Path) -> dict[tuple[str, str], str]:
    sources = json.loads(manifest_path.read_text())["sources"].values()
    return {(s["schema"], s["identifier"]): " ".join(s["description"].split()) for s in sources}
