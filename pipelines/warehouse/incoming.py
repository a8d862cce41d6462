"""A landed batch as a table: each record with its key, its hash, and whether it is a deletion.

Belongs here: reading landed files into the temporary table `incoming`. Does not: judging or
applying it (load, versions).
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from connectors.manifest import Manifest
from pipelines.warehouse.connection import literal, stripped

MAX_RECORD_BYTES = 32 * 1024 * 1024


def pointer(field: str) -> str:
    """JSON pointer to a top-level field, as SQL literal."""
    return literal("/" + field.replace("~", "~0").replace("/", "~1"))


def field_text(field: str, payload: str = "payload") -> str:
    """SQL for a top-level field as text."""
    return f"json_extract_string({payload}, {pointer(field)})"


def read_incoming(con: duckdb.DuckDBPyConnection, landing: Path, manifest: Manifest) -> None:
    """Make `incoming`: the landed records in order, and which of each key is the last."""
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
    cursor_value = field_text(manifest.cursor_field) if manifest.cursor_field else "null::varchar"
    con.execute(
        f"""
        create or replace temporary table incoming as
        with
            records as ({records}),
            hashed as (select *, md5(payload::varchar) as payload_hash from records),
            keyed as (select *, {_key(manifest)} as record_key from hashed),
            named as (select * replace ({numbered} as record_key) from keyed)
        select
            row_number,
            record_key,
            payload,
            payload_hash,
            {cursor_value} as cursor_value,
            {literal(manifest.source + "/" + manifest.stream + "/")}
                || parse_filename(filename) as landing_file,
            record_key is not null and row_number = max(row_number) over (
                partition by record_key
            ) as is_last,
            {_is_deletion(manifest)} as is_deletion
        from named
        """
    )
    landed = con.execute("select count(*) from incoming").fetchall()[0][0]
    if landed != manifest.records:
        raise RuntimeError(
            f"landing of {manifest.source}/{manifest.stream}, batch {manifest.batch_id}: its "
            f"manifest counts {manifest.records} records but {landed} were read from its files."
        )


def _key(manifest: Manifest) -> str:
    """SQL for a record's key; NULL when all of its parts are empty."""
    if not manifest.key:
        return "payload_hash"
    parts = [stripped(field_text(field)) for field in manifest.key]
    if len(parts) == 1:
        return parts[0]
    return (
        f"case when coalesce({', '.join(parts)}) is not null "
        f"then json_array({', '.join(parts)})::varchar end"
    )


def _is_deletion(manifest: Manifest) -> str:
    when = manifest.deleted_when
    if when is None:
        return "false"
    text = field_text(when.field)
    return (
        f"{text} is not null"
        if when.value is None
        else f"coalesce({text} = {literal(when.value)}, false)"
    )
