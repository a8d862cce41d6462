"""A landed batch as a table: each record with its key, its hash, and whether it is a deletion.

Belongs here: reading landed files into the temporary table `incoming`. Does not: judging or
applying it (load, versions).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def within_scope(manifest: Manifest, payload: str = "payload") -> str:
    """SQL that is true for the records that a full read would have listed."""
    if manifest.scope is None:
        return "true"
    values = ", ".join(map(literal, manifest.scope.values))
    return f"{field_text(manifest.scope.field, payload)} in ({values})"


def read_incoming(con: duckdb.DuckDBPyConnection, landing: Path, manifest: Manifest) -> None:
    """Make `incoming`: the landed records in order, and which of each key is the last.

    Payloads are not kept: `landed_payload` reads those that are wanted from the files again,
    by their row numbers. That takes less time than to put all of them somewhere, and no room.
    """
    _name_payloads(con, landing, manifest)
    fields = _fields(manifest)
    texts = {name: f"texts[{position}]" for position, name in enumerate(fields, start=1)}
    con.execute(
        f"""
        create or replace temporary table landed as
        with
            opened as (
                select
                    *,
                    md5(payload::varchar) as payload_hash,
                    {_texts(fields)} as texts
                from landed_payload
            )
        select
            row_number,
            {_key(manifest, texts)} as record_key,
            payload_hash,
            {texts.get(manifest.cursor_field or "", "null::varchar")} as cursor_value,
            {literal(manifest.source + "/" + manifest.stream + "/")}
                || parse_filename(filename) as landing_file,
            {_is_deletion(manifest, texts)} as is_deletion,
            {within_scope(manifest)} as is_in_scope
        from opened
        """
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
        with named as (select * replace ({numbered} as record_key) from landed)
        select
            *,
            record_key is not null and row_number = max(row_number) over (
                partition by record_key
            ) as is_last
        from named
        """
    )
    con.execute("drop table landed")
    landed = con.execute("select count(*) from incoming").fetchall()[0][0]
    if landed != manifest.records:
        raise RuntimeError(
            f"landing of {manifest.source}/{manifest.stream}, batch {manifest.batch_id}: its "
            f"manifest counts {manifest.records} records but {landed} were read from its files."
        )


def drop_incoming(con: duckdb.DuckDBPyConnection) -> None:
    """Forget the batch."""
    con.execute("drop table incoming")
    con.execute("drop view landed_payload")


def _name_payloads(con: duckdb.DuckDBPyConnection, landing: Path, manifest: Manifest) -> None:
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
    con.execute(f"create or replace temporary view landed_payload as {records}")


def _fields(manifest: Manifest) -> list[str]:
    """The top-level fields that tell of a record what a load must know."""
    when = manifest.deleted_when
    others = [manifest.cursor_field, when.field if when else None]
    return list(dict.fromkeys([*manifest.key, *(field for field in others if field)]))


def _texts(fields: Sequence[str]) -> str:
    """SQL for some fields as texts, in a list: the record is gone through once for all of them."""
    if not fields:
        return "[]::varchar[]"
    return f"json_extract_string(payload, [{', '.join(map(pointer, fields))}])"


def _key(manifest: Manifest, texts: Mapping[str, str]) -> str:
    """SQL for a record's key; NULL when all of its own parts are empty.

    What the connector put in front of a record (names beginning with `_`) is no part of its own.
    """
    if not manifest.key:
        return "payload_hash"
    parts = {field: stripped(texts[field]) for field in manifest.key}
    if len(parts) == 1:
        return next(iter(parts.values()))
    own = [text for field, text in parts.items() if not field.startswith("_")]
    return (
        f"case when coalesce({', '.join(own or parts.values())}) is not null "
        f"then json_array({', '.join(parts.values())})::varchar end"
    )


def _is_deletion(manifest: Manifest, texts: Mapping[str, str]) -> str:
    when = manifest.deleted_when
    if when is None:
        return "false"
    text = texts[when.field]
    return (
        f"{text} is not null"
        if when.value is None
        else f"coalesce({text} = {literal(when.value)}, false)"
    )
