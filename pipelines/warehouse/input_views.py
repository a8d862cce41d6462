"""What dbt's staging reads, whatever is configured: of files one relation a canonical entity.

Belongs here: schema `input` and meta.carried_field, remade each night from sources.yaml and what
is loaded. Does not: how a mapping becomes SQL (mapping), records of APIs (record_views), or
running the user's own queries (user_queries).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field

import duckdb

from connectors.files.settings import Entity as Mapped
from connectors.files.source import FilesSource
from connectors.registry import Kind
from pipelines.canonical import Entity
from pipelines.staging import staging_models
from pipelines.warehouse.connection import identifier, transaction
from pipelines.warehouse.mapping import (
    File,
    MappingError,
    Relation,
    column_of,
    empty_select,
    mapped_select,
    versions_select,
)
from pipelines.warehouse.record_views import RecordSource, carried_fields, create_record_views
from pipelines.warehouse.user_queries import (
    CheckResult,
    Finding,
    first_line,
    run_check,
    run_entity_query,
)
from pipelines.warehouse.versions import number_versions


@dataclass
class _Prepared:
    """What the sources give, gathered before anything is replaced."""

    selects: dict[str, list[str]] = field(default_factory=dict)
    account_versions: list[str] = field(default_factory=list)
    carried: list[tuple[str, str, str]] = field(default_factory=list)
    checks: list[CheckResult] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def prepare_inputs(
    con: duckdb.DuckDBPyConnection,
    entities: Mapping[str, Entity],
    sources: Sequence[FilesSource],
    kinds: Sequence[Kind] = (),
    record_sources: Sequence[RecordSource] = (),
) -> list[Finding]:
    """Make `input.files__<entity>` for every entity, `input.<kind>__<stream>` for every stream of
    the kinds, `input.source_checks`, `meta.carried_field`.

    What no source has is an empty view. Returns what is wrong with the mappings; it is
    also kept in meta.finding. Raises `MappingError`, with nothing replaced, for a `where` or a
    `date_format` that cannot be run.
    """
    number_versions(con)
    prepared = _Prepared()
    loaded = loaded_files(con)
    for source in sources:
        files = {f.stream: f for f in loaded if f.source == source.name}
        for entity in entities.values():
            mapped = source.settings.entities
            how = Mapped() if mapped is None else mapped.get(entity.name)
            if how is not None:
                used = [files[s] for s in source.entity_streams[entity.name] if s in files]
                _prepare_entity(con, prepared, source.name, entity, how, files, used)
        for name, check in source.settings.checks.items():
            outcome = run_check(con, source.name, name, check, files)
            if isinstance(outcome, Finding):
                prepared.findings.append(outcome)
            elif outcome.rows:
                prepared.checks.append(outcome)
    loaded_streams = {(f.source, f.stream) for f in loaded}
    prepared.carried += carried_fields(record_sources, staging_models(), loaded_streams)
    with transaction(con):
        _replace_all(con, entities, prepared)
        create_record_views(con, kinds, record_sources)
    return prepared.findings


def loaded_files(con: duckdb.DuckDBPyConnection) -> list[File]:
    """The streams of files sources that were read at least once, with their columns."""
    return [
        File(source, stream, tuple(columns))
        for source, stream, columns in con.execute(
            "select source_name, stream, columns from meta.stream_state "
            "where columns is not null order by all"
        ).fetchall()
    ]


def _prepare_entity(
    con: duckdb.DuckDBPyConnection,
    prepared: _Prepared,
    source: str,
    entity: Entity,
    how: Mapped,
    files: Mapping[str, File],
    used: Sequence[File],
) -> None:
    relation: Relation | None = used[0] if used else None
    if how.query is not None:
        relation, failure = run_entity_query(con, source, entity.name, how.query, files)
        prepared.findings += [failure] if failure else []
    if relation is None:
        return
    _require_runnable(con, source, entity, how, relation)
    prepared.findings += _misnamed_columns(source, entity, how, relation.columns)
    prepared.carried += [
        (source, entity.name, f.name)
        for f in entity.fields
        if column_of(f, how, relation.columns) is not None
    ]
    prepared.selects.setdefault(entity.name, []).append(
        mapped_select(source, entity, how, relation)
    )
    if entity.name == "accounts":
        prepared.account_versions.append(versions_select(source, entity, how, relation))


def _require_runnable(
    con: duckdb.DuckDBPyConnection, source: str, entity: Entity, how: Mapped, relation: Relation
) -> None:
    """Raise `MappingError` where a view could not be made, or would fail when dbt reads it.

    Leaving the entity empty instead would look as if all of its records were gone.
    """
    # The condition runs over all that dbt will read: a cast in it fails on some rows only.
    select = versions_select if entity.name == "accounts" else mapped_select
    unfiltered = how.model_copy(update={"where": None})
    there = f"The columns it can use are {', '.join(relation.columns)}; all are text."
    probes = []
    if how.date_format:
        sql = f"describe {select(source, entity, unfiltered, relation)}"
        probes.append(("date_format", sql, "Write it like %d-%m-%Y."))
    if how.where:
        sql = f"select count(*) from ({select(source, entity, how, relation)}\n)"
        probes.append(("where", sql, there))
    for key, sql, remedy in probes:
        try:
            con.execute(sql).fetchall()
        except duckdb.Error as error:
            raise MappingError(
                f"sources.yaml, sources.{source}.entities.{entity.name}.{key}: "
                f"{first_line(error)}. {remedy}"
            ) from error


def _misnamed_columns(
    source: str, entity: Entity, how: Mapped, columns: Sequence[str]
) -> Iterator[Finding]:
    place = f"sources.yaml, sources.{source}.entities.{entity.name}.columns"
    has = ", ".join(columns)
    for f in entity.fields:
        if column_of(f, how, columns) is not None:
            continue
        if theirs := how.columns.get(f.name):
            yield Finding(
                "mapped_column_missing",
                source,
                entity.name,
                f"{place}.{f.name}: there is no column {theirs!r}; there is {has}. Until this is "
                f"put right, {f.name} counts as not carried.",
            )
        elif f.is_required:
            yield Finding(
                "required_column_missing",
                source,
                entity.name,
                f"{entity.name} needs a column {f.name}; there is {has}. Say which one it is "
                f"under {place}.",
            )


def _replace_all(
    con: duckdb.DuckDBPyConnection, entities: Mapping[str, Entity], prepared: _Prepared
) -> None:
    for entity in entities.values():
        nothing = empty_select(entity, "null::bigint as version")
        selects = prepared.selects.get(entity.name) or [nothing]
        _create_view(con, f"files__{entity.name}", selects)
    no_versions = empty_select(
        entities["accounts"], "null::date as known_on", "false as is_deleted"
    )
    _create_view(con, "files__accounts_versions", prepared.account_versions or [no_versions])
    con.execute("delete from meta.carried_field")
    for row in prepared.carried:
        con.execute("insert into meta.carried_field values (?, ?, ?)", row)
    con.execute(
        """
        create or replace table input.source_checks (
            check_id varchar, source_name varchar, entity varchar, severity varchar,
            rows_failed bigint, rows_total bigint, sample varchar[], message varchar
        )
        """
    )
    for check in prepared.checks:
        con.execute(
            "insert into input.source_checks values (?, ?, ?, ?, ?, null, ?, ?)", astuple(check)
        )
    con.execute("delete from meta.finding where scope = 'input'")
    for finding in prepared.findings:
        con.execute(
            "insert into meta.finding values "
            "('input', ?, ?, null, ?, 'error', 1, null, []::varchar[], ?)",
            astuple(finding),
        )


def _create_view(con: duckdb.DuckDBPyConnection, name: str, selects: Sequence[str]) -> None:
    con.execute(
        f"create or replace view input.{identifier(name)} as\n" + "\nunion all\n".join(selects)
    )
