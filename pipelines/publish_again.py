"""`cs-coverage publish`: send what stands published to PostgreSQL, without a night's work.

Belongs here: the command. Does not: copying (postgres).
"""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from pipelines.cli import BAD_CONFIG, BUSY, NOT_PUBLISHED
from pipelines.config import ConfigError, load_config
from pipelines.home import DEFAULT_MODELS_DIR, Home
from pipelines.lock import HomeIsBusy, writing
from pipelines.postgres.connection import ServerError
from pipelines.postgres.publish import publish_to_postgres
from pipelines.tables import PUBLIC_SCHEMA, tables


def publish_again(home: Home, config_dir: Path, console: Console | None = None) -> int:
    """Returns the exit code; says what was sent, or why nothing was."""
    console = console or Console(stderr=True)

    def refuse(message: object, code: int) -> int:
        console.print(str(message), style="red", highlight=False, soft_wrap=True, markup=False)
        return code

    try:
        settings = load_config(config_dir, default_models=DEFAULT_MODELS_DIR).publishing.postgres
        if settings is None:
            return refuse(
                f"There is nowhere to publish to: write postgres into {config_dir / 'publish.yaml'}"
                "; config/publish.yaml of the checkout shows how.",
                BAD_CONFIG,
            )
        manifest = home.dbt_target / "manifest.json"
        if not (home.people_database.exists() and manifest.exists()):
            return refuse(
                f"Nothing is published in {home.serving} yet: run cs-coverage refresh.",
                NOT_PUBLISHED,
            )
        with writing(home, "publish"):
            sent = publish_to_postgres(home, tables(manifest, PUBLIC_SCHEMA), settings, config_dir)
    except ConfigError as error:
        return refuse(error, BAD_CONFIG)
    except HomeIsBusy as error:
        return refuse(error, BUSY)
    except ServerError as error:
        return refuse(error, NOT_PUBLISHED)
    rows = sum(table.rows for table in sent)
    changed = sum(table.inserted + table.updated + table.deleted for table in sent)
    console.print(f"{len(sent)} tables, {rows:,} rows, {changed:,} of them new, other or gone.")
    return 0
