"""Records that are in several parts of one stream: of each key, that of the last part counts.

Belongs here: which records another part supersedes, and saying so. Does not: what a part is
(connectors/files), or loading its records, which stay what they are in raw.
"""

from __future__ import annotations

import duckdb

from connectors.files.names import FROM_FILE
from connectors.manifest import Manifest
from pipelines.warehouse.connection import literal, raw_table
from pipelines.warehouse.incoming import first_of_key

_SAME_KEY = f"substr(record_key, length({first_of_key('record_key')}))"
"""What of a key is left without the name of the part."""


def not_superseded(source: str, stream: str) -> str:
    """SQL that is true for the records which no later part has too."""
    return (
        "record_key not in (select record_key from meta.superseded_record "
        f"where source_name = {literal(source)} and stream = {literal(stream)})"
    )


def note_superseded(con: duckdb.DuckDBPyConnection, manifest: Manifest) -> int:
    """Bring meta.superseded_record up to what `versions` changed; how many there are now.

    Only keys that came or went are looked at.
    """
    about = [manifest.source, manifest.stream]
    if manifest.key[:1] != (FROM_FILE,):
        con.execute(
            "delete from meta.superseded_record where source_name = ? and stream = ?", about
        )
        return 0
    raw = raw_table(manifest.source, manifest.stream)
    same_key = f"hash({_SAME_KEY})"
    # Hashes find the keys that may be there twice: millions of keys would not fit into memory.
    is_touched = f"{same_key} in (select {same_key} from versions)" if manifest.scope else "true"
    con.execute(
        f"delete from meta.superseded_record where source_name = ? and stream = ? and {is_touched}",
        about,
    )
    present = f"from {raw} where is_current and not is_deleted"
    con.execute(
        f"""
        create or replace temporary table alike as
        select {same_key} as key_hash {present} and {is_touched}
        group by key_hash
        having count(*) > 1
        """
    )
    if con.execute("select 1 from alike limit 1").fetchone():
        con.execute(
            f"""
            insert into meta.superseded_record
            with
                met as (
                    select
                        record_key, max(record_key) over (partition by {_SAME_KEY}) as last_key
                    {present} and {same_key} in (select key_hash from alike)
                )
            select ?, ?, record_key, last_key
            from met
            where record_key < last_key
            """,
            about,
        )
    con.execute("drop table alike")
    return superseded_records(con, manifest.source, manifest.stream)


def superseded_records(con: duckdb.DuckDBPyConnection, source: str, stream: str) -> int:
    """How many records of a stream another part supersedes."""
    found: int = con.execute(
        "select count(*) from meta.superseded_record where source_name = ? and stream = ?",
        [source, stream],
    ).fetchall()[0][0]
    return found


def note_superseded_finding(con: duckdb.DuckDBPyConnection, manifest: Manifest, total: int) -> None:
    """Say that records are in several parts; the stream's other findings are noted before."""
    con.execute(
        """
        insert into meta.finding
        select
            'data', 'key_in_several_files', ?, ?, ?, 'warning', count(*), ?,
            list(record_key || ' and ' || superseded_by order by record_key)[:5],
            count(*) || ' rows have the key (' || ? || ') of a row in another file of the same '
                || 'table; that of the last file, by name, is used.'
        from meta.superseded_record
        where source_name = ? and stream = ?
        having count(*) > 0
        """,
        [
            manifest.source,
            manifest.stream,
            manifest.entity,
            total,
            ", ".join(manifest.key[1:]),
            manifest.source,
            manifest.stream,
        ],
    )
