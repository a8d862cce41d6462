"""Applying a landed batch to its raw table, whole or not at all.

Belongs here: new versions, deletions, records set aside, the short-read guard, the cursor; all in
one transaction. Does not: reading sources, or what a record means.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import duckdb

from connectors.landing import Manifest
from connectors.stream import Deletes
from pipelines.warehouse.connection import literal, raw_table, stripped, transaction
from pipelines.warehouse.landed import require_unaltered
from pipelines.warehouse.set_aside import note_findings, quarantine_file, set_aside

MAX_RECORD_BYTES = 32 * 1024 * 1024


class Status(StrEnum):
    """What became of a stream's latest read."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    SHORT_READ = "short_read"
    UNUSABLE = "unusable"
    FAILED = "failed"

    @property
    def is_good(self) -> bool:
        """True when the raw table now says what the source says."""
        return self in (Status.APPLIED, Status.UNCHANGED)


@dataclass(frozen=True)
class LoadResult:
    """What became of a batch; counts are records. `message` is set when it was not applied."""

    batch_id: str
    status: Status
    records: int
    live: int
    new: int = 0
    changed: int = 0
    deleted: int = 0
    quarantined: int = 0
    duplicates: int = 0
    message: str | None = None


def is_loaded(con: duckdb.DuckDBPyConnection, manifest: Manifest) -> bool:
    """True when the batch was judged before, applied or not."""
    found = _one(
        con,
        "select count(*) from meta.batch where source_name = ? and stream = ? and batch_id = ?",
        [manifest.source, manifest.stream, manifest.batch_id],
    )
    return found > 0


def apply_batch(con: duckdb.DuckDBPyConnection, landing: Path, manifest: Manifest) -> LoadResult:
    """Judge a landed batch and, if it is sound, make its records the current versions.

    One transaction: record versions, counts, findings and the cursor move together, so a kill at
    any instant loses nothing and doubles nothing. Depends on nothing but the batch and what was
    applied before it, so that replaying landing gives the same tables. Raises `LandingError` if
    the batch's files are not as they were landed.
    """
    require_unaltered(landing, manifest)
    with transaction(con):
        _create_raw_table(con, manifest)
        _read_incoming(con, landing, manifest)
        live = _one(
            con,
            f"select count(*) from {_raw(manifest)} where is_current and not is_deleted",
        )
        result = _judge(con, manifest, live) or _merge(con, manifest)
        set_aside(con, manifest, landing)
        _remember(con, manifest, result)
        con.execute("drop table incoming")
    return result


def _raw(manifest: Manifest) -> str:
    return raw_table(manifest.source, manifest.stream)


def _one(con: duckdb.DuckDBPyConnection, sql: str, parameters: object = None) -> int:
    row = con.execute(sql, parameters).fetchone()
    return int(row[0]) if row and row[0] is not None else 0


def _create_raw_table(con: duckdb.DuckDBPyConnection, manifest: Manifest) -> None:
    con.execute(
        f"""
        create table if not exists {_raw(manifest)} (
            record_key varchar not null,
            payload json not null,
            payload_hash varchar not null,
            cursor_value varchar,
            extracted_at timestamptz not null,
            first_seen_run varchar not null,
            is_deleted boolean not null,
            landing_file varchar not null,
            is_current boolean not null
        )
        """
    )


def _pointer(field: str) -> str:
    """JSON pointer to a top-level field, as SQL literal."""
    return literal("/" + field.replace("~", "~0").replace("/", "~1"))


def _key_expression(manifest: Manifest) -> str:
    """SQL for a record's key; NULL when all of its parts are empty."""
    if not manifest.key:
        return "payload_hash"
    parts = [stripped(f"json_extract_string(payload, {_pointer(field)})") for field in manifest.key]
    if len(parts) == 1:
        return parts[0]
    return (
        f"case when coalesce({', '.join(parts)}) is not null "
        f"then json_array({', '.join(parts)})::varchar end"
    )


def _read_incoming(con: duckdb.DuckDBPyConnection, landing: Path, manifest: Manifest) -> None:
    """Temporary table `incoming`: each landed record, its key, and which of its key is last."""
    files = ", ".join(literal(str(path)) for path in manifest.part_paths(landing))
    records = (
        f"""
        select row_number() over () as row_number, json::json as payload, filename
        from read_ndjson_objects(
            [{files}], filename = true, maximum_object_size = {MAX_RECORD_BYTES}
        )
        """
        if manifest.parts
        else "select 1 as row_number, null::json as payload, '' as filename where false"
    )
    # Without a key a record is its own content: equal rows are told apart by their number.
    numbered = (
        "record_key"
        if manifest.key
        else "record_key || '#' || row_number() over (partition by record_key order by row_number)"
    )
    con.execute(
        f"""
        create or replace temporary table incoming as
        with
            records as ({records}),
            hashed as (select *, md5(payload::varchar) as payload_hash from records),
            keyed as (select *, {_key_expression(manifest)} as record_key from hashed),
            named as (select * replace ({numbered} as record_key) from keyed)
        select
            row_number,
            record_key,
            payload,
            payload_hash,
            {literal(manifest.source + "/" + manifest.stream + "/")}
                || parse_filename(filename) as landing_file,
            record_key is not null and row_number = max(row_number) over (
                partition by record_key
            ) as is_last
        from named
        """
    )
    landed = _one(con, "select count(*) from incoming")
    if landed != manifest.records:
        raise RuntimeError(
            f"landing of {manifest.source}/{manifest.stream}, batch {manifest.batch_id}: its "
            f"manifest counts {manifest.records} records but {landed} were read from its files."
        )


def _judge(con: duckdb.DuckDBPyConnection, manifest: Manifest, live: int) -> LoadResult | None:
    """The reason not to apply the batch, if there is one (laws 6 and 7 of the design)."""
    keyless, usable = con.execute(
        "select count(*) filter (record_key is null), count(*) filter (is_last) from incoming"
    ).fetchall()[0]
    unusable = keyless + manifest.rejected
    received = manifest.records + manifest.rejected
    name = f"{manifest.source}.{manifest.stream}"

    def refused(status: Status, message: str) -> LoadResult:
        return LoadResult(
            manifest.batch_id, status, manifest.records, live, quarantined=unusable, message=message
        )

    if received and unusable / received > manifest.max_quarantined:
        return refused(
            Status.UNUSABLE,
            f"{name}: {unusable} of {received} records cannot be used, more than the "
            f"{manifest.max_quarantined:.0%} allowed; what was loaded before stays. "
            f"{keyless} have no value in the "
            f"key ({', '.join(manifest.key)}), {manifest.rejected} could not be read: they are in "
            f"{quarantine_file(manifest)}. Correct the source, or allow more (max_quarantined).",
        )
    too_short = live and (usable == 0 or usable < live * (1 - manifest.max_shrink))
    if manifest.is_full_read and too_short and not manifest.accept_short_read:
        return refused(
            Status.SHORT_READ,
            f"{name}: {usable} records where there were {live}. A full read that shrinks by more "
            f"than {manifest.max_shrink:.0%}, or to nothing, is landed but not applied; what was "
            "loaded before stays. If the records are really gone, run: "
            f"cs-coverage refresh --accept-short-read {name}",
        )
    return None


def _merge(con: duckdb.DuckDBPyConnection, manifest: Manifest) -> LoadResult:
    """Append a version for each record that is new, changed, back, or gone."""
    raw = _raw(manifest)
    sees_deletes = manifest.is_full_read and manifest.deletes == Deletes.SNAPSHOT
    con.execute(
        f"""
        create or replace temporary table versions as
        select
            incoming.record_key,
            incoming.payload,
            incoming.payload_hash,
            incoming.landing_file,
            false as is_deleted,
            case when known.record_key is null then 'new' else 'changed' end as change
        from incoming
        left join {raw} as known
            on known.record_key = incoming.record_key and known.is_current
        where
            incoming.is_last
            and (
                known.record_key is null
                or known.is_deleted
                or known.payload_hash <> incoming.payload_hash
            )
        union all
        select
            known.record_key,
            known.payload,
            known.payload_hash,
            {literal(f"{manifest.source}/{manifest.stream}/{manifest.batch_id}.manifest.json")},
            true as is_deleted,
            'deleted' as change
        from {raw} as known
        where
            {str(sees_deletes).lower()}
            and known.is_current
            and not known.is_deleted
            and not exists (
                select 1 from incoming where incoming.record_key = known.record_key
            )
        """
    )
    con.execute(
        f"""
        update {raw} set is_current = false
        where is_current and record_key in (select record_key from versions where change <> 'new')
        """
    )
    con.execute(
        f"""
        insert into {raw}
        select
            record_key, payload, payload_hash, null, ?, ?, is_deleted, landing_file, true
        from versions
        order by record_key
        """,
        [manifest.extracted_at, manifest.run_id],
    )
    new, changed, deleted = con.execute(
        """
        select
            count(*) filter (change = 'new'),
            count(*) filter (change = 'changed'),
            count(*) filter (change = 'deleted')
        from versions
        """
    ).fetchall()[0]
    con.execute("drop table versions")
    return LoadResult(
        batch_id=manifest.batch_id,
        status=Status.APPLIED,
        records=manifest.records,
        live=_one(con, f"select count(*) from {raw} where is_current and not is_deleted"),
        new=new,
        changed=changed,
        deleted=deleted,
        quarantined=manifest.rejected
        + _one(con, "select count(*) from incoming where record_key is null"),
        duplicates=_one(
            con, "select count(*) from incoming where record_key is not null and not is_last"
        ),
    )


def _remember(con: duckdb.DuckDBPyConnection, manifest: Manifest, result: LoadResult) -> None:
    applied = result.status is Status.APPLIED
    con.execute(
        "insert into meta.batch values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            manifest.batch_id,
            manifest.source,
            manifest.stream,
            manifest.run_id,
            manifest.extracted_at,
            result.status,
            result.message,
            result.records,
            result.new,
            result.changed,
            result.deleted,
            result.quarantined,
            result.duplicates,
        ],
    )
    con.execute(
        """
        insert into meta.stream_state values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        on conflict (source_name, stream) do update set
            entity = excluded.entity,
            status = excluded.status,
            message = excluded.message,
            cursor = case when ? then excluded.cursor else stream_state.cursor end,
            columns = case when ? then excluded.columns else stream_state.columns end,
            last_attempt_at = excluded.last_attempt_at,
            last_success_at = coalesce(excluded.last_success_at, stream_state.last_success_at),
            records = excluded.records,
            records_new = excluded.records_new,
            records_changed = excluded.records_changed,
            records_deleted = excluded.records_deleted,
            records_quarantined = excluded.records_quarantined
        """,
        [
            manifest.source,
            manifest.stream,
            manifest.entity,
            result.status,
            result.message,
            manifest.cursor if applied else None,
            list(manifest.columns) if applied else None,
            manifest.extracted_at,
            manifest.extracted_at if applied else None,
            result.live,
            result.new,
            result.changed,
            result.deleted,
            result.quarantined,
            applied,
            applied,
        ],
    )
    if applied:
        note_findings(con, manifest, result.quarantined, result.duplicates)
