"""Where files are: the home folder of runtime files, the configuration, the dbt project.

Belongs here: paths and their defaults. Does not: reading or writing what lies there.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
DBT_PROJECT_DIR = CHECKOUT / "dbt_project"

HOME_VARIABLE = "CS_COVERAGE_HOME"
CONFIG_VARIABLE = "CS_COVERAGE_CONFIG"
WAREHOUSE_VARIABLE = "CS_COVERAGE_WAREHOUSE"
KINDS_VARIABLE = "CS_COVERAGE_KINDS"
"""Tells dbt_project.yml which kinds of source are connected; all of them where it is not set."""


@dataclass(frozen=True)
class Home:
    """One folder that holds everything a run writes; only `landing/` cannot be rebuilt."""

    root: Path

    @property
    def landing(self) -> Path:
        """Every record as received: the truth that all else is computed from."""
        return self.root / "landing"

    @property
    def quarantine(self) -> Path:
        """Records set aside while loading, with the reason, as JSON lines."""
        return self.root / "quarantine"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that only the loader and dbt open."""
        return self.root / "warehouse.duckdb"

    @property
    def serving(self) -> Path:
        """What BI tools and people read."""
        return self.root / "serving"

    @property
    def serving_database(self) -> Path:
        """The published DuckDB file, replaced whole."""
        return self.serving / "serving.duckdb"

    @property
    def parquet(self) -> Path:
        """The published tables again, one folder a table."""
        return self.serving / "parquet"

    @property
    def people(self) -> Path:
        """What is published of single persons; only the pipeline's own user may enter."""
        return self.serving / "people"

    @property
    def people_database(self) -> Path:
        """The published DuckDB file of single persons, replaced whole."""
        return self.people / "people.duckdb"

    @property
    def past_days(self) -> Path:
        """Days of the past that were computed again: `<day>/serving.duckdb` each."""
        return self.serving / "days"

    def past_day(self, day: date) -> Path:
        """The DuckDB file of a past day, replaced whole."""
        return self.past_days / day.isoformat() / self.serving_database.name

    @property
    def unfinished_past_day(self) -> Path:
        """Where a past day is being computed; what a killed run left there is of no use."""
        return self.root / "past_day_unfinished"

    @property
    def report(self) -> Path:
        """The page that people open: one HTML file, made from the published tables."""
        return self.serving / "report.html"

    @property
    def dagster(self) -> Path:
        """Dagster's instance: its settings, runs and events."""
        return self.root / "dagster"

    @property
    def dbt_target(self) -> Path:
        """dbt's manifest, compiled SQL and run results."""
        return self.root / "dbt"

    @property
    def lock(self) -> Path:
        """Held by whoever writes to this home."""
        return self.root / "refresh.lock"


def resolve_home(given: Path | None = None) -> Home:
    """The home given, else the environment's, else `home/` in the checkout."""
    root = given or Path(os.environ.get(HOME_VARIABLE) or CHECKOUT / "home")
    return Home(root.expanduser().absolute())


def resolve_config_dir(home: Home, given: Path | None = None) -> Path:
    """The configuration given, else the environment's, else the home's, else the checkout's."""
    named = given or (Path(v) if (v := os.environ.get(CONFIG_VARIABLE)) else None)
    if named is not None:
        return named.expanduser().absolute()
    own = home.root / "config"
    return own if own.is_dir() else CHECKOUT / "config"


DEFAULT_MODELS_DIR = CHECKOUT / "config" / "models"
"""The coverage models used by a configuration that brings none of its own."""
