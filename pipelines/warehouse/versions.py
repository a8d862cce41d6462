"""Record versions: what a batch adds to its raw table, and what a delete log adds to others.

Belongs here: the SQL that compares `incoming` with what is known. Does not: deciding whether a
batch may be applied (load).
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from connectors.manifest import Manifest
from connectors.stream import Deletes, NamesDeleted
from pipelines.warehouse.connection import identifier, literal, raw_table
from pipelines.warehouse.incoming import field_text, within_scope

_NUMBER = "version bigint default nextval('raw.record_version')"
"""Of all versions in the warehouse no two have the same, and none ever gets another's."""


@dataclass(frozen=True)
class Changes:
    """How many records are new, changed (or back), and gone."""

    new: int
    changed: int
    deleted: int


def create_raw_table(con: duckdb.DuckDBPyConnection, source: str, stream: str) -> None:
    """The table of every version of every record of a stream, unless it is there."""
    raw = raw_table(source, stream)
    con.execute(
        f"""
        create table if not exists {raw} (
            record_key varchar not null,
            payload json not null using compression zstd,
            payload_hash varchar not null,
            cursor_value varchar,
            extracted_at timestamptz not null,
            first_seen_run varchar not null,
            is_deleted boolean not null,
            landing_file varchar not null,
            is_current boolean not null,
            {_NUMBER}
        )
        """
    )
    con.execute(f"alter table {raw} add column if not exists {_NUMBER}")


def number_versions(con: duckdb.DuckDBPyConnection) -> None:
    """Give the versions of every raw table numbers; those of an older warehouse have none."""
    without = con.execute(
        "select table_name from duckdb_tables() where schema_name = 'raw' and table_name not in "
        "(select table_name from duckdb_columns() "
        "where schema_name = 'raw' and column_name = 'version')"
    ).fetchall()
    for (name,) in without:
        con.execute(f"alter table raw.{identifier(name)} add column {_NUMBER}")


def add_versions(con: duckdb.DuckDBPyConnection, manifest: Manifest) -> Changes:
    """Append a version for each record that is new, changed, back, or gone.

    A deletion that brings little more than the key keeps the content known before. `versions`
    says in which row a version's payload is: of `landed_payload`, or of what is known.
    """
    raw = raw_table(manifest.source, manifest.stream)
    is_bare = bool(manifest.deleted_when and manifest.deleted_when.is_bare)
    keeps = f"{str(is_bare).lower()} and incoming.is_deletion and known.record_key is not null"
    sees_missing = manifest.is_full_read and manifest.deletes in (Deletes.SNAPSHOT, Deletes.FEED)
    con.execute(
        f"""
        create or replace temporary table versions as
        with
            compared as (
                select
                    incoming.record_key,
                    case when not ({keeps}) then incoming.row_number end as incoming_row,
                    case when {keeps} then known.rowid end as known_row,
                    case
                        when {keeps} then known.payload_hash else incoming.payload_hash
                    end as payload_hash,
                    incoming.cursor_value,
                    incoming.landing_file,
                    incoming.is_deletion as is_deleted,
                    known.payload_hash as known_hash,
                    known.is_deleted as was_deleted
                from incoming
                left join {raw} as known
                    on known.record_key = incoming.record_key and known.is_current
                where incoming.is_last
            )
        select
            record_key,
            incoming_row,
            known_row,
            payload_hash,
            cursor_value,
            landing_file,
            is_deleted,
            case
                when is_deleted and not coalesce(was_deleted, false) then 'deleted'
                when known_hash is null then 'new'
                else 'changed'
            end as change
        from compared
        where known_hash is null or was_deleted <> is_deleted or known_hash <> payload_hash
        union all
        select
            known.record_key,
            null as incoming_row,
            known.rowid as known_row,
            known.payload_hash,
            known.cursor_value,
            {_manifest_file(manifest)},
            true as is_deleted,
            'deleted' as change
        from {raw} as known
        where
            {str(sees_missing).lower()}
            and known.is_current
            and not known.is_deleted
            and {within_scope(manifest, "known")}
            and not exists (
                select 1 from incoming where incoming.record_key = known.record_key
            )
        """
    )
    return _append(con, manifest, raw)


def apply_delete_log(
    con: duckdb.DuckDBPyConnection, manifest: Manifest, named: NamesDeleted
) -> None:
    """Mark as deleted what the batch's new log entries name, in the streams that they name.

    Called while `versions` still holds what the batch added, so that an entry read twice deletes
    nothing that came back in between.
    """
    key = field_text(named.key_field)
    for object_name, stream in named.streams.items():
        create_raw_table(con, manifest.source, stream)
        con.execute(
            f"""
            create or replace temporary table entries as
            select {key} as record_key
            from landed_payload
            where
                {field_text(named.object_field)} = {literal(object_name)}
                and row_number in (select incoming_row from versions where change <> 'deleted')
            """
        )
        raw = raw_table(manifest.source, stream)
        con.execute(
            f"""
            create or replace temporary table named as
            select
                known.record_key,
                null::bigint as incoming_row,
                known.rowid as known_row,
                known.payload_hash,
                known.cursor_value,
                {_manifest_file(manifest)} as landing_file,
                true as is_deleted,
                'deleted' as change
            from {raw} as known
            where
                known.is_current
                and not known.is_deleted
                and known.record_key in (select record_key from entries)
            """
        )
        _append(con, manifest, raw, "named")
        con.execute("drop table entries")
        con.execute("drop table named")


def _manifest_file(manifest: Manifest) -> str:
    return literal(f"{manifest.source}/{manifest.stream}/{manifest.batch_id}.manifest.json")


def _append(
    con: duckdb.DuckDBPyConnection, manifest: Manifest, raw: str, added: str = "versions"
) -> Changes:
    """Make the rows of `added` the current versions of their records."""
    con.execute(
        f"""
        update {raw} set is_current = false
        where is_current and record_key in (select record_key from {added})
        """
    )
    _insert(con, manifest, raw, added)
    new, changed, deleted = con.execute(
        f"""
        select
            count(*) filter (change = 'new'),
            count(*) filter (change = 'changed'),
            count(*) filter (change = 'deleted')
        from {added}
        """
    ).fetchall()[0]
    return Changes(new, changed, deleted)


def _insert(con: duckdb.DuckDBPyConnection, manifest: Manifest, raw: str, added: str) -> None:
    """Payloads are by far the most: they stream past the rows that say which are added."""
    for payloads, row, reference in (
        ("landed_payload", "row_number", "incoming_row"),
        (raw, "rowid", "known_row"),
    ):
        is_needed = f"select 1 from {added} where {reference} is not null limit 1"
        if not con.execute(is_needed).fetchone():
            continue
        con.execute(
            f"""
            insert into {raw}
            select
                added.record_key,
                payloads.payload,
                added.payload_hash,
                added.cursor_value,
                ?,
                ?,
                added.is_deleted,
                added.landing_file,
                true,
                nextval('raw.record_version')
            from {payloads} as payloads
            inner join {added} as added on added.{reference} = payloads.{row}
            """,
            [manifest.extracted_at, manifest.run_id],
        )
