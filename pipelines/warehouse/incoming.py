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

_FEW = 10
MAX_RECORD_BYTES = 32 * 1024 * 1024


def pointer(field: str) -> str:
    """JSON pointer to a top-level field, as SQL literal."""
    return literal("/" + field.replace("~", "~0").replace("/", "~1"))


def field_text(field: str, payload: str = "payload") -> str:
    """SQL for a top-level field as text."""
    return f"json_extract_string({payload}, {pointer(field)})"


def within_scope(manifest: Manifest, table: str = "") -> str:
    """SQL that is true for the records that a full read would have listed.

    Asked of the first field of the key, which the key tells, it looks at no payload.
    """
    scope = manifest.scope
    if scope is None:
        return "true"
    of = f"{table}." if table else ""
    if len(manifest.key) > 1 and scope.field == manifest.key[0]:
        keys = [f"json_array({literal(value)}, '')::varchar" for value in scope.values]
        if len(keys) > _FEW:
            return f"{first_of_key(f'{of}record_key')} in ({', '.join(map(first_of_key, keys))})"
        begins = (f"starts_with({of}record_key, left({key}, -3))" for key in keys)
        return f"({' or '.join(begins) or 'false'})"
    values = ", ".join(map(literal, scope.values))
    return f"{field_text(scope.field, f'{of}payload')} in ({values})"


def first_of_key(record_key: str) -> str:
    """SQL for the first part of a key of several, as it stands in `record_key`."""
    return f"left({record_key}, strpos({record_key}, '\",'))"


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
        create or replace temporary table incoming as
        with
            opened as (
                select
                    *,
                    md5(payload::varchar) as payload_hash,
                    {_texts(fields)} as texts
                from landed_payload
            ),
            keyed as (select *, {_key(manifest, texts)} as record_key from opened)
        select
            row_number,
            record_key,
            payload_hash,
            {texts.get(manifest.cursor_field or "", "null::varchar")} as cursor_value,
            {literal(manifest.source + "/" + manifest.stream + "/")}
                || parse_filename(filename) as landing_file,
            {_is_deletion(manifest, texts)} as is_deletion,
            {within_scope(manifest)} as is_in_scope,
            record_key is not null as is_last
        from keyed
        """
    )
    if manifest.key:
        _mark_last(con)
    else:
        _number_equal_rows(con)
    landed = con.execute("select count(*) from incoming").fetchall()[0][0]
    if landed != manifest.records:
        raise RuntimeError(
            f"landing of {manifest.source}/{manifest.stream}, batch {manifest.batch_id}: its "
            f"manifest counts {manifest.records} records but {landed} were read from its files."
        )


def _mark_last(con: duckdb.DuckDBPyConnection) -> None:
    """Of each key that is there more than once, the last record is the one that counts.

    Hashes find the keys that may be: texts of millions of keys would not fit into memory.
    """
    con.execute(
        """
        create or replace temporary table repeated as
        with
            alike as (
                select hash(record_key) as key_hash
                from incoming
                where record_key is not null
                group by key_hash
                having count(*) > 1
            )
        select row_number, max(row_number) over (partition by record_key) as last_row
        from incoming
        where record_key is not null and hash(record_key) in (select key_hash from alike)
        """
    )
    con.execute(
        "update incoming set is_last = false "
        "where row_number in (select row_number from repeated where row_number < last_row)"
    )
    con.execute("drop table repeated")


def _number_equal_rows(con: duckdb.DuckDBPyConnection) -> None:
    """Without a key a record is its own content: equal rows are told apart by their number."""
    con.execute(
        """
        create or replace temporary table incoming as
        select * replace (
            record_key || '#' || row_number() over (
                partition by record_key order by row_number
            ) as record_key
        )
        from incoming
        """
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
