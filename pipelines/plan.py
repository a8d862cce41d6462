"""`cs-coverage plan`: what a proposed coverage model would change, before anyone is held to it.

Belongs here: computing the tables again on a copy of the warehouse, and comparing them with the
published ones. Does not: the words (plan_words), or anything of the home but reading it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
from rich.console import Console

from pipelines.cli import BAD_CONFIG, BUSY, NOT_PUBLISHED
from pipelines.clock import now
from pipelines.config import Config, ConfigError, load_config
from pipelines.config.coverage_model import CoverageModel
from pipelines.config.load import load_model
from pipelines.dbt_run import Dbt, DbtFailed
from pipelines.home import DEFAULT_MODELS_DIR, Home
from pipelines.lock import HomeIsBusy, writing
from pipelines.plan_words import tell
from pipelines.sources import open_sources, record_sources
from pipelines.tables import PUBLIC_SCHEMA
from pipelines.warehouse.connection import copy_warehouse, warehouse
from pipelines.warehouse.coverage_models import write_coverage_models
from pipelines.warehouse.holidays import write_holidays

Row = Mapping[str, Any]

_COMPARED = ("mart_coverage_tier_period", "mart_coverage_account_period", "mart_capacity_tier")
_MODEL_DECIDES = ("coverage_model", "holiday")
"""What a coverage model says to SQL, as tables of the source meta."""

_TIERS = """
    select account_id, dim_account.name, tiers.assigned_tier_id as tier_id, dim_account.arr
    from tier_membership_scd2 as tiers
    inner join dim_account using (account_id)
    where valid_from <= tiers.as_of_date
        and coalesce(valid_to, date '9999-12-31') > tiers.as_of_date
    order by account_id
"""
_OBLIGATIONS = """
    select tier_id, family, count(*) as obligations
    from fct_obligation
    where disposition = 'counted' and closes_on between $first and $last
    group by tier_id, family
    order by tier_id, family
"""
_COVERAGE = """
    select tier_id, accounts_covered, accounts_evaluable, account_cts, account_cts_low,
        account_cts_high
    from mart_coverage_tier_period
    where basis = 'restated' and period_type = 'quarter' and period_start = $quarter
    order by tier_id
"""
# An account that changed tier within the quarter is covered if it is in each.
_ACCOUNTS = """
    select account_id, dim_account.name, bool_and(is_covered) as is_covered
    from mart_coverage_account_period
    inner join dim_account using (account_id)
    where period_type = 'quarter' and period_start = $quarter and is_covered is not null
    group by account_id, dim_account.name
    order by account_id
"""
_CAPACITY = """
    select tier_id, accounts, required_hours, needed_fte, fte, implied_accounts_per_fte
    from mart_capacity_tier
    order by tier_id
"""
_NEWEST_QUARTER = """
    select max(period_start), max(period_end)
    from mart_coverage_tier_period
    where basis = 'restated' and period_type = 'quarter' and is_period_closed
"""


class CannotPlan(Exception):
    """There is nothing to compare with; says why and what to do."""


@dataclass(frozen=True)
class Span:
    """What is compared: the last closed quarter, and the year that ends with it."""

    as_of: date
    quarter: date
    quarter_end: date

    @property
    def year_start(self) -> date:
        """The first day of the four quarters, of which `quarter` is the last."""
        first = self.quarter.month + 3
        return date(self.quarter.year - (first <= 12), first if first <= 12 else 1, 1)


@dataclass(frozen=True)
class Tables:
    """One side of the comparison; the rows as they were selected."""

    tiers: list[Row]
    obligations: list[Row]
    coverage: list[Row]
    accounts: list[Row]
    capacity: list[Row]


def plan(
    home: Home,
    config_dir: Path,
    proposed: Path,
    *,
    effective_from: date | None = None,
    console: Console | None = None,
) -> int:
    """Print what the model in the file `proposed` would change. Returns the exit code.

    `effective_from` is the day from which it would hold: that of the file's name, else today.
    """
    console = console or Console()
    try:
        model = load_model(proposed, effective_from or now().date(), effective_from is None)
        config = load_config(config_dir, default_models=DEFAULT_MODELS_DIR)
        span, present = _published(home)
        with _as_if(home, config, model, span, console) as con:
            tell(model, span, present, read_tables(con, span), console)
    except ConfigError as error:
        return _refuse(console, error, BAD_CONFIG)
    except HomeIsBusy as error:
        return _refuse(console, error, BUSY)
    except (CannotPlan, DbtFailed) as error:
        return _refuse(console, error, NOT_PUBLISHED)
    return 0


def _refuse(console: Console, error: Exception, code: int) -> int:
    console.print(str(error), style="red", highlight=False, soft_wrap=True, markup=False)
    return code


def _published(home: Home) -> tuple[Span, Tables]:
    """What the published tables say. Raises `CannotPlan` where they cannot be compared with."""
    if not (home.serving_database.exists() and home.warehouse.exists()):
        raise CannotPlan(f"Nothing is published in {home.serving} yet: run cs-coverage refresh.")
    with duckdb.connect(str(home.serving_database), read_only=True) as con:
        con.execute(f"set TimeZone = 'UTC'; use {PUBLIC_SCHEMA}")
        as_of = con.execute("select max(as_of_date) from dim_account").fetchall()[0][0]
        quarter, quarter_end = con.execute(_NEWEST_QUARTER).fetchall()[0]
        if as_of is None or quarter is None:
            raise CannotPlan("No quarter has closed in the published tables: nothing to compare.")
        span = Span(as_of, quarter, quarter_end)
        try:
            return span, read_tables(con, span)
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise CannotPlan(
                "The published tables are of an older version: run cs-coverage refresh, then plan "
                "again."
            ) from error


def read_tables(con: duckdb.DuckDBPyConnection, span: Span) -> Tables:
    """What is compared, from the public tables in the schema in use."""
    quarter = {"quarter": span.quarter}
    year = {"first": span.year_start, "last": span.quarter_end}
    return Tables(
        tiers=_rows(con, _TIERS, {}),
        obligations=_rows(con, _OBLIGATIONS, year),
        coverage=_rows(con, _COVERAGE, quarter),
        accounts=_rows(con, _ACCOUNTS, quarter),
        capacity=_rows(con, _CAPACITY, {}),
    )


def _rows(con: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, date]) -> list[Row]:
    con.execute(sql, parameters)
    names = [column[0] for column in con.description or ()]
    return [dict(zip(names, row, strict=True)) for row in con.fetchall()]


@contextmanager
def _as_if(
    home: Home, config: Config, model: CoverageModel, span: Span, console: Console
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The public tables as if the model had always held, in a copy that is then thrown away."""
    with TemporaryDirectory(prefix="cs-coverage-plan-") as folder:
        scratch = Home(Path(folder))
        with console.status("Copying the warehouse"), writing(home, "plan"):
            copy_warehouse(home.warehouse, scratch.warehouse)
        sources = open_sources(config)
        with warehouse(scratch.warehouse) as con:
            _check_same_day(con, span)
            write_coverage_models(con, [model])
            write_holidays(con, span.as_of, [model], record_sources(sources))
        dbt = Dbt(scratch, {opened.source.kind for opened in sources})
        with console.status("Reading the dbt project") as status:
            dbt.parse()
            models = dbt.follow(["run", "--quiet", "--select", *_selection()])
            for built, _ in enumerate(models, 1):
                status.update(f"Computing as if the proposed model held: {built} models")
        with warehouse(scratch.warehouse, read_only=True) as con:
            con.execute(f"use {PUBLIC_SCHEMA}")
            yield con


def _check_same_day(con: duckdb.DuckDBPyConnection, span: Span) -> None:
    """A night that failed leaves the warehouse ahead of what is published."""
    as_of = con.execute("select max(as_of) from meta.context").fetchall()[0][0]
    if as_of != span.as_of:
        raise CannotPlan(
            f"The warehouse stands at {as_of}, the published tables at {span.as_of}: the last "
            "refresh did not publish. Run cs-coverage refresh, then plan again."
        )


def _selection() -> Iterable[str]:
    """What depends on a coverage model and is needed for what is compared."""
    return [
        f"source:cs_coverage.meta.{table}+,+{mart}"
        for table in _MODEL_DECIDES
        for mart in _COMPARED
    ]
