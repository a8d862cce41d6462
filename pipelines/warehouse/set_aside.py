"""Records that cannot be loaded: kept where a person can look, and said in meta.finding.

Belongs here: what of a batch is unusable or repeated, in words. Does not: deciding whether the
batch is applied.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from connectors.manifest import Manifest
from pipelines.warehouse.connection import literal


def set_aside(con: duckdb.DuckDBPyConnection, manifest: Manifest, landing: Path) -> None:
    """Keep what cannot be loaded, with the reason, where a person can look at it."""
    parts = [
        f"select row_number as row, {literal(_keyless(manifest))} as reason, payload::varchar "
        "as text from landed_payload "
        "where row_number in (select row_number from incoming where record_key is null)"
    ]
    if rejected := manifest.rejected_path(landing):
        parts.append(
            "select position as row, reason, text from read_json("
            f"{literal(str(rejected))}, format = 'newline_delimited', "
            "columns = {position: 'BIGINT', reason: 'VARCHAR', text: 'VARCHAR'})"
        )
    elif not con.execute("select 1 from incoming where record_key is null limit 1").fetchone():
        return
    target = landing.parent / quarantine_file(manifest)
    target.parent.mkdir(parents=True, exist_ok=True)
    con.execute(
        f"copy (select * from ({' union all '.join(parts)}) order by row, reason) "
        f"to {literal(str(target))} (format json)"
    )


def quarantine_file(manifest: Manifest) -> Path:
    """Where a batch's unusable rows are kept, relative to the home."""
    return Path("quarantine", manifest.source, manifest.stream, f"{manifest.batch_id}.jsonl")


def _keyless(manifest: Manifest) -> str:
    return f"no value in the key ({', '.join(manifest.key)})"


def note_findings(
    con: duckdb.DuckDBPyConnection, manifest: Manifest, quarantined: int, duplicates: int
) -> None:
    """Replace what was found in the stream's data by what this batch shows."""
    con.execute(
        "delete from meta.finding where scope = 'data' and source_name = ? and stream = ?",
        [manifest.source, manifest.stream],
    )
    about = [manifest.source, manifest.stream, manifest.entity]
    total = manifest.records + manifest.rejected
    if duplicates:
        con.execute(
            """
            insert into meta.finding
            with
                repeated as (
                    select
                        record_key,
                        record_key || ' (rows ' || string_agg(row_number, ', ' order by row_number)
                            || ')' as shown
                    from incoming
                    where record_key is not null
                    group by record_key
                    having count(*) > 1
                )
            select
                'data', 'duplicate_key', ?, ?, ?, 'warning', ?, ?,
                list(shown order by record_key)[:5],
                ? || ' rows repeat the key (' || ? || ') of another; the last row of each key is '
                    || 'used.'
            from repeated
            having count(*) > 0
            """,
            [*about, duplicates, total, duplicates, ", ".join(manifest.key)],
        )
    keyless = quarantined - manifest.rejected
    con.execute(
        """
        insert into meta.finding
        select
            'data', 'missing_key', ?, ?, ?, 'error', ?, ?,
            list('row ' || row_number order by row_number)[:5],
            ? || ' rows have no value in the key (' || ? || '); they are set aside in ' || ?
                || '. Fill it in at the source.'
        from incoming
        where record_key is null
        having count(*) > 0
        """,
        [
            *about,
            keyless,
            total,
            keyless,
            ", ".join(manifest.key),
            str(quarantine_file(manifest)),
        ],
    )
    if manifest.rejected:
        con.execute(
            "insert into meta.finding values ('data', 'unreadable_row', ?, ?, ?, 'error', ?, ?, "
            "[]::varchar[], ?)",
            [
                *about,
                manifest.rejected,
                total,
                f"{manifest.rejected} rows could not be read; they are set aside, each with its "
                f"reason, in {quarantine_file(manifest)}.",
            ],
        )
