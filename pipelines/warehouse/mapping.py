"""What sources.yaml says of a file, as SQL that gives canonical columns, still as text.

Belongs here: columns, values, date_format, where, unknown columns; pure text, nothing is run.
Does not: typing and judging values, which is dbt's staging.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from connectors.canonical import ENTITY_KEYS
from connectors.files.names import FROM_FILE
from connectors.files.settings import Entity as Mapped
from pipelines.canonical import Entity, Field
from pipelines.warehouse.connection import identifier, literal, raw_table, stripped
from pipelines.warehouse.parts import not_superseded

NO_ATTRIBUTES = "null::varchar"


@dataclass(frozen=True)
class File:
    """A stream of a files source that has been loaded: its columns as in the file."""

    source: str
    stream: str
    columns: tuple[str, ...]

    def rows(self) -> str:
        """SELECT of the rows that are there now, each column as text under its own name."""
        return self._rows(self._is_there)

    def numbered_rows(self) -> str:
        """The same, each with the number of its version as `__version`."""
        return self._rows(self._is_there, ", version as __version")

    def versions(self, key: Sequence[str]) -> str:
        """SELECT of every version, with the last complete day when it was read.

        `key` are the columns that tell whether rows of two parts are the same record.
        """
        known_on = (
            "(extracted_at at time zone (select time_zone from meta.context))::date - 1 "
            "as __known_on, is_deleted as __is_deleted"
        )
        if not self.is_in_parts or not key:
            return self._rows("", f", {known_on}")
        return _as_one_stream(
            self._rows("", f", {known_on}, record_key as __record_key, extracted_at as __at"), key
        )

    @property
    def is_in_parts(self) -> bool:
        """Whether the stream was read from many files."""
        return FROM_FILE in self.columns

    @property
    def _is_there(self) -> str:
        in_parts = f" and {not_superseded(self.source, self.stream)}" if self.is_in_parts else ""
        return f"where is_current and not is_deleted{in_parts}"

    def _rows(self, where: str, more: str = "") -> str:
        shape = literal(json.dumps(dict.fromkeys(self.columns, "VARCHAR"), ensure_ascii=False))
        return (
            f"select unnest(from_json(payload, {shape})){more} "
            f"from {raw_table(self.source, self.stream)} {where}"
        )


def _as_one_stream(versions: str, key: Sequence[str]) -> str:
    """SELECT of what each record was whenever one of its parts had a new version of it.

    A record that goes from one part to another is there all the time; one that is in several is
    what the last of them says.
    """
    same = ", ".join(f"versions.{identifier(column)}" for column in key)
    equal = " and ".join(f"versions.{c} = moments.{c}" for c in map(identifier, key))
    return f"""
        with
            versions as (
                select
                    *,
                    lead(__at) over (partition by __record_key order by __at) as __until
                from ({versions})
            ),
            moments as (select distinct {same}, __at, __known_on from versions)
        select versions.* replace (moments.__known_on as __known_on)
        from versions
        inner join moments
            on {equal}
            and versions.__at <= moments.__at
            and coalesce(moments.__at < versions.__until, true)
        qualify row_number() over (
            partition by {same}, moments.__at
            order by
                versions.__is_deleted,
                case when versions.__is_deleted then versions.__at end desc,
                versions.{identifier(FROM_FILE)} desc nulls last
        ) = 1
    """


@dataclass(frozen=True)
class QueryResult:
    """The rows of an entity that a query defines, as a table of text columns."""

    table: str
    columns: tuple[str, ...]

    def rows(self) -> str:
        """SELECT of its rows."""
        return f"select * from {self.table}"

    def numbered_rows(self) -> str:
        """The same; what a query gives has no versions, so that nothing of it is ever kept."""
        return f"select *, null::bigint as __version from {self.table}"


class MappingError(Exception):
    """A mapping cannot be run as SQL; the message names its key in sources.yaml."""


Relation = File | QueryResult
"""Where an entity's rows come from; both give `rows()`, `numbered_rows()` and `columns`."""


def empty_select(entity: Entity, *more: str) -> str:
    """SELECT of no row, with the canonical columns as text, attributes, and `more`."""
    nulls = [f"null::varchar as {identifier(f.name)}" for f in entity.fields]
    columns = ", ".join([*nulls, f"{NO_ATTRIBUTES} as attributes", *more])
    return f"select null::varchar as source_name, {columns} where false"


def column_of(field: Field, how: Mapped, columns: Sequence[str]) -> str | None:
    """The source's column for a canonical field, mapped or by its own name; None: not carried."""
    column = how.columns.get(field.name, field.name)
    return column if column in columns else None


def mapped_select(source: str, entity: Entity, how: Mapped, relation: Relation) -> str:
    """SELECT of the entity's rows of today: source_name, canonical columns as text, attributes,
    version.
    """
    expressions = _expressions(source, entity, how, relation.columns)
    return _select([*expressions, "__version as version"], relation.numbered_rows(), how)


def versions_select(source: str, entity: Entity, how: Mapped, relation: Relation) -> str:
    """The same for every version there was, with known_on and is_deleted.

    What a query defines has no versions of its own: it is as it is now, known_on unknown.
    """
    if isinstance(relation, QueryResult):
        rows, more = relation.rows(), ["null::date as known_on", "false as is_deleted"]
    else:
        key = [how.columns.get(column, column) for column in ENTITY_KEYS[entity.name]]
        rows = relation.versions([column for column in key if column in relation.columns])
        more = ["__known_on as known_on", "__is_deleted as is_deleted"]
    expressions = _expressions(source, entity, how, relation.columns)
    return _select([*expressions, *more], rows, how)


def _select(expressions: Iterable[str], rows: str, how: Mapped) -> str:
    condition = f" where {how.where}" if how.where else ""
    return f"select {', '.join(expressions)} from ({rows}){condition}"


def _expressions(source: str, entity: Entity, how: Mapped, columns: Sequence[str]) -> Iterator[str]:
    yield f"{literal(source)} as source_name"
    used = set()
    for field in entity.fields:
        column = column_of(field, how, columns)
        used.add(column)
        yield f"{_value(field, how, column)} as {identifier(field.name)}"
    rest = [c for c in columns if c not in used and c != FROM_FILE]
    yield f"{_attributes(rest)} as attributes"


def _value(field: Field, how: Mapped, column: str | None) -> str:
    if column is None:
        return "null::varchar"
    text = stripped(identifier(column))
    if translations := how.values.get(field.name):
        whens = " ".join(
            f"when lower({literal(theirs.strip())}) then {literal(ours)}"
            for theirs, ours in translations.items()
        )
        text = f"case lower({text}) {whens} else {text} end"
    if how.date_format and field.is_temporal:
        text = f"coalesce({_as_iso(text, field, how.date_format)}, {text})"
    return text


def _as_iso(text: str, field: Field, date_format: str) -> str:
    has_time = any(part in date_format for part in ("%H", "%I", "%X", "%c"))
    endings = [""] if has_time else ["", " %H:%M", " %H:%M:%S", "T%H:%M:%S"]
    formats = ", ".join(literal(date_format + ending) for ending in endings)
    iso = literal("%Y-%m-%d" if field.data_type == "date" else "%Y-%m-%dT%H:%M:%S")
    zone = " || 'Z'" if "%z" in date_format and field.data_type != "date" else ""
    return f"strftime(try_strptime({text}, [{formats}]), {iso}){zone}"


def _attributes(columns: Sequence[str]) -> str:
    if not columns:
        return NO_ATTRIBUTES
    pairs = ", ".join(f"{literal(c)}, {identifier(c)}" for c in columns)
    return f"json_object({pairs})::varchar"
