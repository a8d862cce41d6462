"""Applying a landed batch to its raw table, whole or not at all.

Belongs here: judging a batch, and the one transaction in which its versions, its records set
aside, its counts and its cursor move. Does not: comparing records (versions), or what they mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import duckdb

from connectors.manifest import Manifest
from pipelines.warehouse.connection import frugal, raw_table, transaction
from pipelines.warehouse.incoming import (
    NotAsPlain,
    drop_incoming,
    drop_incoming_view,
    read_incoming,
    read_into,
    within_scope,
)
from pipelines.warehouse.landed import require_unaltered
from pipelines.warehouse.parts import (
    note_superseded,
    note_superseded_finding,
    superseded_records,
)
from pipelines.warehouse.set_aside import note_findings, quarantine_file, set_aside
from pipelines.warehouse.versions import (
    add_versions,
    apply_delete_log,
    create_raw_table,
)


class Status(StrEnum):
    """What became of a stream's latest read."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    NOT_AVAILABLE = "not_available"
    SHORT_READ = "short_read"
    UNUSABLE = "unusable"
    FAILED = "failed"

    @property
    def is_good(self) -> bool:
        """True when the raw table now says what the source says, as far as it may be asked."""
        return self in (Status.APPLIED, Status.UNCHANGED, Status.NOT_AVAILABLE)


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


def sum_of(results: Sequence[LoadResult]) -> LoadResult:
    """What became of a read that was landed in several batches: the last one's, counts summed."""
    counts = ("records", "new", "changed", "deleted", "quarantined", "duplicates")
    return replace(results[-1], **{c: sum(getattr(r, c) for r in results) for c in counts})


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
    try:
        with frugal(con):
            return _judge_and_apply(con, landing, manifest)
    except duckdb.OutOfMemoryException:  # records of many megabytes: as the machine allows
        return _judge_and_apply(con, landing, manifest)


def _judge_and_apply(
    con: duckdb.DuckDBPyConnection, landing: Path, manifest: Manifest
) -> LoadResult:
    try:
        return _apply_or_undo(con, landing, manifest, may_be_whole=True)
    except NotAsPlain:
        return _apply_or_undo(con, landing, manifest, may_be_whole=False)


def _apply_or_undo(
    con: duckdb.DuckDBPyConnection, landing: Path, manifest: Manifest, *, may_be_whole: bool
) -> LoadResult:
    with transaction(con):
        create_raw_table(con, manifest.source, manifest.stream)
        if may_be_whole and _is_first_and_sound(con, manifest):
            return _take_whole(con, landing, manifest)
        read_incoming(con, landing, manifest)
        result = _judge(con, manifest) or _apply(con, manifest)
        set_aside(con, manifest, landing)
        _remember(con, manifest, result)
        drop_incoming(con)
    return result


def _is_first_and_sound(con: duckdb.DuckDBPyConnection, manifest: Manifest) -> bool:
    """Whether nothing is known that the batch could change, and only its keys can be amiss."""
    if (
        not manifest.key
        or manifest.rejected
        or not manifest.records
        or manifest.after_batch is not None
        or manifest.names_deleted is not None
    ):
        return False
    raw = raw_table(manifest.source, manifest.stream)
    return not con.execute(f"select 1 from {raw} limit 1").fetchall()


def _take_whole(con: duckdb.DuckDBPyConnection, landing: Path, manifest: Manifest) -> LoadResult:
    """A stream's first records go into its table as they are read; what comes of it is the same.

    Raises `NotAsPlain` where it would not be the same: what was done is to be undone then.
    """
    read_into(con, landing, manifest, raw_table(manifest.source, manifest.stream))
    con.execute("create or replace temporary view versions as select record_key from incoming")
    deleted = _one(con, "select count(*) from incoming where is_deletion")
    result = LoadResult(
        batch_id=manifest.batch_id,
        status=Status.APPLIED,
        records=manifest.records,
        live=manifest.records - deleted,
        new=manifest.records - deleted,
        deleted=deleted,
        duplicates=note_superseded(con, manifest),
    )
    con.execute("drop view versions")
    _remember(con, manifest, result)
    drop_incoming_view(con)
    return result


def _one(con: duckdb.DuckDBPyConnection, sql: str, parameters: object = None) -> int:
    row = con.execute(sql, parameters).fetchone()
    return int(row[0]) if row and row[0] is not None else 0


def _judge(con: duckdb.DuckDBPyConnection, manifest: Manifest) -> LoadResult | None:
    """The reason not to apply the batch, if there is one (laws 2, 6 and 7 of the design)."""
    live, live_in_scope = con.execute(
        f"""
        select count(*), count(*) filter ({within_scope(manifest)})
        from {raw_table(manifest.source, manifest.stream)}
        where is_current and not is_deleted
        """
    ).fetchall()[0]
    keyless, usable = con.execute(
        """
        select
            count(*) filter (record_key is null),
            count(*) filter (is_last and not is_deletion and is_in_scope)
        from incoming
        """
    ).fetchall()[0]
    unusable = keyless + manifest.rejected
    received = manifest.records + manifest.rejected
    name = f"{manifest.source}.{manifest.stream}"

    def refused(status: Status, message: str) -> LoadResult:
        return LoadResult(
            manifest.batch_id, status, manifest.records, live, quarantined=unusable, message=message
        )

    if manifest.after_batch is not None and not _was_applied(con, manifest, manifest.after_batch):
        return refused(
            Status.UNUSABLE,
            f"{name}: this part of a read continues batch {manifest.after_batch}, which was not "
            "applied. The stream is read again from where it was.",
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
    before, after = live_in_scope, usable
    if manifest.scope is not None and manifest.scope.is_judged_whole:
        before, after = live, live - live_in_scope + usable
    too_short = before and (after == 0 or after < before * (1 - manifest.max_shrink))
    if manifest.is_full_read and too_short and not manifest.accept_short_read:
        return refused(
            Status.SHORT_READ,
            f"{name}: {after} records where there were {before}{_gone(manifest)}. A full read that "
            f"shrinks by more than {manifest.max_shrink:.0%}, or to nothing, is landed but not "
            "applied; what was loaded before stays. If the records are really gone, run: "
            f"cs-coverage refresh --accept-short-read {name}",
        )
    return None


def _gone(manifest: Manifest) -> str:
    """The files that are no longer there, if the read says so."""
    gone = manifest.origin.get("gone") or []
    more = f" and {len(gone) - 3} more" if len(gone) > 3 else ""
    return f"; {', '.join(gone[:3])}{more} {'is' if len(gone) == 1 else 'are'} gone" if gone else ""


def _apply(con: duckdb.DuckDBPyConnection, manifest: Manifest) -> LoadResult:
    changes = add_versions(con, manifest)
    if manifest.names_deleted is not None:
        apply_delete_log(con, manifest, manifest.names_deleted)
    repeated = note_superseded(con, manifest)
    con.execute("drop table versions")
    raw = raw_table(manifest.source, manifest.stream)
    return LoadResult(
        batch_id=manifest.batch_id,
        status=Status.APPLIED,
        records=manifest.records,
        live=_one(con, f"select count(*) from {raw} where is_current and not is_deleted"),
        new=changes.new,
        changed=changes.changed,
        deleted=changes.deleted,
        quarantined=manifest.rejected
        + _one(con, "select count(*) from incoming where record_key is null"),
        duplicates=_one(
            con, "select count(*) from incoming where record_key is not null and not is_last"
        )
        + repeated,
    )


def _was_applied(con: duckdb.DuckDBPyConnection, manifest: Manifest, batch_id: str) -> bool:
    found = _one(
        con,
        "select count(*) from meta.batch "
        "where source_name = ? and stream = ? and batch_id = ? and status = ?",
        [manifest.source, manifest.stream, batch_id, Status.APPLIED],
    )
    return found > 0


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
        superseded = superseded_records(con, manifest.source, manifest.stream)
        note_findings(con, manifest, result.quarantined, result.duplicates - superseded)
        note_superseded_finding(con, manifest, result.live)
