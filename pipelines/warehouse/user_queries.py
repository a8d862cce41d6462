"""Running the SQL that a person wrote in sources.yaml: queries that define entities, and checks.

Belongs here: the user's own SQL over a source's files, and its failures in words that say where
to look. Does not: SQL that we generate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from connectors.files.settings import Check
from pipelines.warehouse.connection import identifier
from pipelines.warehouse.mapping import File, QueryResult


@dataclass(frozen=True)
class Finding:
    """Something in sources.yaml that a person must put right."""

    check_id: str
    source: str
    entity: str | None
    message: str


@dataclass(frozen=True)
class CheckResult:
    """What a rule of the user's own found: how many rows, and the first few."""

    check_id: str
    source: str
    entity: str | None
    severity: str
    rows: int
    sample: list[str]
    message: str


def run_entity_query(
    con: duckdb.DuckDBPyConnection,
    source: str,
    entity: str,
    query: str,
    files: Mapping[str, File],
) -> tuple[QueryResult | None, Finding | None]:
    """Keep an entity's query as a table of text columns; when it fails, the last result stays."""
    name = f"query__{source}__{entity}"
    table = f"input.{identifier(name)}"
    finding = None
    try:
        columns = _run(con, query, files)
        texts = ", ".join(f"{identifier(c)}::varchar as {identifier(c)}" for c in columns)
        con.execute(f"create or replace table {table} as select {texts} from query_result")
    except duckdb.Error as error:
        finding = _failed(source, entity, f"entities.{entity}", files, error)
        if not _exists(con, name):
            return None, finding
    return QueryResult(table, tuple(_columns(con, table))), finding


def run_check(
    con: duckdb.DuckDBPyConnection,
    source: str,
    name: str,
    check: Check,
    files: Mapping[str, File],
) -> CheckResult | Finding:
    """Count the rows that a check's query returns; its first column names them."""
    try:
        shown = f"{identifier(_run(con, check.query, files)[0])}::varchar"
        rows, sample = con.execute(
            f"select count(*), list({shown} order by {shown})[:5] from query_result"
        ).fetchall()[0]
    except duckdb.Error as error:
        return _failed(source, check.entity, f"checks.{name}", files, error)
    message = check.message.replace("{rows}", str(rows))
    return CheckResult(name, source, check.entity, check.severity, rows, sample or [], message)


def _run(con: duckdb.DuckDBPyConnection, query: str, files: Mapping[str, File]) -> list[str]:
    """Temporary table `query_result`; returns its columns."""
    statements = con.extract_statements(query)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise duckdb.ParserException("it must be one SELECT statement")
    tables = ", ".join(f"{identifier(f.stream)} as ({f.rows()})" for f in files.values())
    within = f"with {tables} select * from (\n{query.strip().rstrip(';')}\n)" if files else query
    con.execute(f"create or replace temporary table query_result as {within}")
    return _columns(con, "query_result")


def _columns(con: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    return [row[0] for row in con.execute(f"describe {table}").fetchall()]


def _exists(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    return bool(
        con.execute(
            "select 1 from duckdb_tables() where schema_name = 'input' and table_name = ?", [table]
        ).fetchone()
    )


def first_line(error: duckdb.Error) -> str:
    """What DuckDB says, without its excerpt of the SQL, most of which nobody wrote."""
    return str(error).strip().splitlines()[0].rstrip(".")


def _failed(
    source: str, entity: str | None, key: str, files: Mapping[str, File], error: duckdb.Error
) -> Finding:
    return Finding(
        "query_failed",
        source,
        entity,
        f"sources.yaml, sources.{source}.{key}.query: {first_line(error)}. The files it can use "
        f"are {', '.join(files) or 'none: no file of this source has been read'}; all columns "
        "are text.",
    )
