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


class NotAsPlain(Exception):
    """A batch's records cannot all go into a table just as they are."""


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
    con.execute(
        f"""
        create or replace temporary table incoming as
        select
            row_number,
            record_key,
            payload_hash,
            cursor_value,
            landing_file,
            is_deletion,
            {within_scope(manifest)} as is_in_scope,
            record_key is not null as is_last
        from ({_opened(manifest)})
        """
    )
    if manifest.key:
        _mark_last(con)
    else:
        _number_equal_rows(con)
    _require_all(con, manifest)


def read_into(
    con: duckdb.DuckDBPyConnection, landing: Path, manifest: Manifest, table: str
) -> None:
    """Put every landed record into an empty raw table, in order, and name them `incoming`.

    The files are gone through once, where `read_incoming` looks before anything is taken. Raises
    `NotAsPlain` where that is needed: a key is empty, or perhaps there twice.
    """
    _name_payloads(con, landing, manifest)
    into = f"""
        insert into {table}
        select
            record_key,
            payload,
            payload_hash,
            cursor_value,
            ?,
            ?,
            is_deletion,
            landing_file,
            true,
            nextval('raw.record_version')
        from ({_opened(manifest)})
    """
    try:
        con.execute(into, [manifest.extracted_at, manifest.run_id])
    except duckdb.ConstraintException as error:
        raise NotAsPlain from error
    con.execute(
        f"""
        create or replace temporary view incoming as
        select rowid + 1 as row_number, record_key, is_deleted as is_deletion, true as is_last
        from {table}
        """
    )
    _require_all(con, manifest)
    if con.execute(f"{_ALIKE} limit 1").fetchall():
        raise NotAsPlain


def _require_all(con: duckdb.DuckDBPyConnection, manifest: Manifest) -> None:
    """Raise where the files hold another number of records than the manifest says."""
    landed = con.execute("select count(*) from incoming").fetchall()[0][0]
    if landed != manifest.records:
        raise RuntimeError(
            f"landing of {manifest.source}/{manifest.stream}, batch {manifest.batch_id}: its "
            f"manifest counts {manifest.records} records but {landed} were read from its files."
        )


_ALIKE = """
    select hash(record_key) as key_hash
    from incoming
    where record_key is not null
    group by key_hash
    having count(*) > 1
"""
"""Hashes find the keys that may be there twice: texts of millions would not fit into memory."""


def _mark_last(con: duckdb.DuckDBPyConnection) -> None:
    """Of each key that is there more than once, the last record is the one that counts."""
    con.execute(
        f"""
        create or replace temporary table repeated as
        with alike as ({_ALIKE})
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


def drop_incoming_view(con: duckdb.DuckDBPyConnection) -> None:
    """Forget the batch that was put into its table at once."""
    con.execute("drop view incoming")
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


def _opened(manifest: Manifest) -> str:
    """SQL for the landed records with what a load must know of each."""
    fields = _fields(manifest)
    texts = {name: f"texts[{position}]" for position, name in enumerate(fields, start=1)}
    return f"""
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
            payload,
            {_key(manifest, texts)} as record_key,
            payload_hash,
            {texts.get(manifest.cursor_field or "", "null::varchar")} as cursor_value,
            {literal(manifest.source + "/" + manifest.stream + "/")}
                || parse_filename(filename) as landing_file,
            {_is_deletion(manifest, texts)} as is_deletion
        from opened
    """


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
