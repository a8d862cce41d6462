"""The coverage models' own SQL, run again and again in memory on books made by tests.

Belongs here: compiling once, filling the tables that the models begin with, running the rest in
their order. Does not: making books, or saying what should come out.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
from coverage_tables import Row, carried_fields, coverage_model, given_rows
from filelock import FileLock
from oracle.ledger_facts import Book

from pipelines.home import DBT_PROJECT_DIR, KINDS_VARIABLE, WAREHOUSE_VARIABLE
from pipelines.warehouse.coverage_models import write_coverage_models

SCHEMA_SQL = DBT_PROJECT_DIR.parent / "pipelines" / "warehouse" / "schema.sql"

GIVEN = (
    "accounts",
    "contacts",
    "contracts",
    "activities",
    "users",
    "contacts",
    "assignments",
    "success_plans",
    "exceptions",
    "tickets",
    "account_scd2",
    "fct_activity",
    "int_account_signal_span",
    "fct_playbook_trigger",
    "csm_capacity_week",
)
"""Models that are filled instead of run: what comes before them has its own tests."""

RowsOf = Callable[[Book], Iterable[tuple[str, list[Row]]]]


@dataclass(frozen=True)
class Step:
    """A model: what it is called in the warehouse, and the SELECT that makes it."""

    name: str
    schema: str
    sql: str | None
    columns: Mapping[str, str]
    """By name, the declared type; of given models."""

    @property
    def relation(self) -> str:
        """As other models name it."""
        return f'"warehouse"."{self.schema}"."{self.name}"'


TARGETS = (
    "tier_membership_scd2",
    "fct_obligation",
    "mart_coverage_account_period",
    "mart_coverage_tier_period",
    "fct_arr_month",
    "fct_arr_movement",
    "fct_churn_event",
    "mart_outcomes_tier_period",
    "mart_mix_bridge",
    "fct_health_measure_daily",
    "fct_health_change",
    "int_health_remembered",
    "mart_health_trend_tier",
    "mart_health_calibration",
    "fct_activity_time",
    "mart_time_allocation",
    "csm_capacity_week",
    "int_account_demand",
    "mart_capacity_tier",
    "mart_ratio_bridge",
    "mart_trigger_backtest",
)
"""The tables that are held against the oracle."""


def manifest(folder: Path) -> Mapping[str, Any]:
    """The compiled project; compiled once for what it says and kept in `folder`."""
    said = hashlib.sha256()
    for path in sorted(DBT_PROJECT_DIR.rglob("*")):
        if path.suffix in (".sql", ".yml") and "target" not in path.parts:
            said.update(path.read_bytes())
    target = folder / said.hexdigest()[:16]
    with FileLock(folder / "compiling.lock"):
        if not (target / "done").exists():
            for older in folder.glob("*/done"):
                rmtree(older.parent)
            _compile(target)
            (target / "done").touch()
        read: Mapping[str, Any] = json.loads((target / "manifest.json").read_text())
    return read


def _compile(target: Path) -> None:
    with TemporaryDirectory() as folder:
        warehouse = Path(folder) / "warehouse.duckdb"
        with duckdb.connect(str(warehouse)) as con:
            con.execute(SCHEMA_SQL.read_text())
        dbt = [str(Path(sys.executable).with_name("dbt")), "--quiet", "compile", "--no-introspect"]
        paths = ["--target-path", target, "--log-path", target]
        where = ["--project-dir", DBT_PROJECT_DIR, "--profiles-dir", DBT_PROJECT_DIR]
        done = subprocess.run(
            [*dbt, *where, *paths, "--select", *(f"+{name}" for name in TARGETS)],
            env=os.environ | {WAREHOUSE_VARIABLE: str(warehouse), KINDS_VARIABLE: "files"},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"dbt could not compile the project:\n{done.stdout[-4000:]}")


def steps(manifest: Mapping[str, Any], *targets: str, given: Sequence[str] = GIVEN) -> list[Step]:
    """The targets and all they are made of down to the given models, in the order of running."""
    nodes = {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }
    found: dict[str, Step] = {}

    def add(name: str) -> None:
        if name in found:
            return
        node = nodes[name]
        if name not in given:
            for unique_id in node["depends_on"]["nodes"]:
                if unique_id.startswith("model."):
                    add(unique_id.rsplit(".", 1)[1])
        found[name] = Step(
            name=name,
            schema=node["schema"],
            sql=None if name in given else node["compiled_code"],
            columns={name: column["data_type"] for name, column in node["columns"].items()},
        )

    for name in (*given, *targets):
        add(name)
    return list(found.values())


class Warehouse:
    """A warehouse that holds one book at a time, in memory or in a file; `rows_of` are its given
    tables."""

    def __init__(
        self, steps: list[Step], rows_of: RowsOf = given_rows, file: Path | None = None
    ) -> None:
        self.steps = steps
        self.rows_of = rows_of
        self.schema = {step.name: step.schema for step in steps}
        self.con = duckdb.connect(config={"threads": 2})
        place = file or ":memory:"
        self.con.execute(f"attach '{place}' as warehouse; use warehouse; set TimeZone = 'UTC'")
        self.con.execute(SCHEMA_SQL.read_text())
        for schema in {step.schema for step in steps}:
            self.con.execute(f'create schema if not exists "{schema}"')

    def run(self, book: Book) -> None:
        """Make every table of the book."""
        self._fill_meta(book)
        given = dict(self.rows_of(book))
        with TemporaryDirectory() as folder:
            for step in self.steps:
                if step.sql is None:
                    path = Path(folder) / f"{step.name}.json"
                    _fill(self.con, step, given.get(step.name, ()), path)
                else:
                    self.con.execute(f"create or replace table {step.relation} as {step.sql}")

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """A table's rows by these columns."""
        names = ", ".join(columns)
        sql = f'select {names} from "warehouse"."{self.schema[table]}"."{table}" order by all'
        return self.con.execute(sql).fetchall()

    def table(self, name: str) -> list[Row]:
        """All of a table's rows."""
        found = self.con.execute(f'select * from "warehouse"."{self.schema[name]}"."{name}"')
        columns = [column[0] for column in found.description]
        return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]

    def _fill_meta(self, book: Book) -> None:
        con = self.con
        rates = ("fx_rate", "fx_rate_history")
        for table in ("context", *rates, "source", "carried_field", "holiday"):
            con.execute(f"delete from meta.{table}")
        con.execute("delete from meta.business_calendar")
        con.execute("insert into meta.context values (?, 'book', 'UTC', 'USD')", [book.as_of])
        con.execute("insert into meta.source values ('book', 'files', 1, 30, 0.05)")
        _insert(con, "meta.fx_rate", sorted(book.rates.items()))
        history = [(name, *each) for name, rates in book.rate_history.items() for each in rates]
        _insert(con, "meta.fx_rate_history", history)
        _insert(
            con,
            "meta.carried_field",
            [("book", entity, field) for entity, field in sorted(carried_fields(book))],
        )
        holidays = [(name, day) for name, days in book.holidays.items() for day in sorted(days)]
        _insert(con, "meta.holiday", holidays)
        _insert(con, "meta.business_calendar", [(name.lower(), name) for name in book.holidays])
        write_coverage_models(con, [coverage_model(model) for model in book.models])


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[Any, ...]]) -> None:
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        places = ", ".join("unnest(?)" for _ in columns)
        con.execute(f"insert into {table} select {places}", columns)


def _fill(con: duckdb.DuckDBPyConnection, step: Step, rows: Iterable[Row], path: Path) -> None:
    path.write_text("\n".join(json.dumps(row, default=_as_text) for row in rows) + "\n")
    types = ", ".join(f"'{name}': '{kind}'" for name, kind in step.columns.items())
    con.execute(
        f"create or replace table {step.relation} as select * from "
        f"read_json('{path}', format = 'newline_delimited', columns = {{{types}}})"
    )


def _as_text(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} cannot be written")
