"""Which physical files a configuration asks for, and the stream each of them is.

Belongs here: what follows from the settings and the names of the files in the folder. Does not:
opening any of the files.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from connectors.canonical import ENTITY_KEYS, OPTIONAL_KEYS
from connectors.files.names import is_link, is_variable, stem_of, stream_name, tables_used
from connectors.files.settings import Entity, FileOptions, Settings
from connectors.stream import Stream


@dataclass(frozen=True)
class KeyColumn:
    """A column of a file that identifies its rows, and why: what it is canonically."""

    column: str
    canonical: str | None = None
    entity: str | None = None

    @property
    def is_optional(self) -> bool:
        """Whether the file may lack it."""
        return self.entity is not None and self.canonical in OPTIONAL_KEYS.get(self.entity, ())


@dataclass(frozen=True)
class PlannedFile:
    """One physical file, and what it is read for.

    `file` is its name in the folder, a link, or a variable that holds a link; None stands for
    whichever file with a known ending is called like the stream.
    """

    stream: str
    file: str | None
    sheet: str | None = None
    key: tuple[KeyColumn, ...] = ()
    entities: tuple[str, ...] = ()
    is_required: bool = True
    is_queried: bool = False

    def as_stream(self) -> Stream:
        """The file's declaration as a stream."""
        name = self.file or f"{self.stream}.csv, .parquet or .xlsx"
        if is_link(name) or is_variable(name):
            name = "A linked sheet"
        uses = [*self.entities, *(["queries and checks"] if self.is_queried else [])]
        return Stream(
            name=self.stream,
            description=f"{name}, for {', '.join(uses)}.",
            key=tuple(key.column for key in self.key),
            entity=self.entities[0] if len(self.entities) == 1 else None,
        )


@dataclass(frozen=True)
class Plan:
    """All files of a source by stream name, and which streams each entity and check reads."""

    files: Mapping[str, PlannedFile]
    entity_streams: Mapping[str, tuple[str, ...]]
    check_streams: Mapping[str, tuple[str, ...]]


def make_plan(settings: Settings, in_folder: Collection[str]) -> Plan:
    """The plan for `settings`, where the folder holds the files called `in_folder`."""
    files: dict[str, PlannedFile] = {}
    entity_streams: dict[str, tuple[str, ...]] = {}
    is_explicit = settings.entities is not None
    mapped = (
        settings.entities if settings.entities is not None else dict.fromkeys(ENTITY_KEYS, Entity())
    )
    sheets = _sheets_by_file(settings)

    for entity, mapping in mapped.items():
        if mapping.query is None:
            planned = _entity_file(entity, mapping, settings.files, sheets, is_explicit)
            files[planned.stream] = _merged(files.get(planned.stream), planned)
            entity_streams[entity] = (planned.stream,)
    for file, options in settings.files.items():
        stream = _stream_of(file, options.sheet, sheets)
        files.setdefault(
            stream,
            PlannedFile(stream, file, options.sheet, _declared_key(options), is_queried=True),
        )

    known = {*files, *(stem_of(file) for file in in_folder)}
    check_streams: dict[str, tuple[str, ...]] = {}
    for entity, mapping in mapped.items():
        if mapping.query is not None:
            entity_streams[entity] = tables_used(mapping.query, known)
            _mark_queried(files, entity_streams[entity])
    for check, rule in settings.checks.items():
        check_streams[check] = tables_used(rule.query, known)
        _mark_queried(files, check_streams[check])
    return Plan(files, entity_streams, check_streams)


def _entity_file(
    entity: str,
    mapping: Entity,
    options: Mapping[str, FileOptions],
    sheets: Mapping[str, set[str | None]],
    is_explicit: bool,
) -> PlannedFile:
    file = mapping.file or next((name for name in options if stem_of(name) == entity), None)
    option = options.get(file or "", FileOptions())
    sheet = mapping.sheet or option.sheet
    if file is None or is_link(file) or is_variable(file):
        stream = entity
    else:
        stream = _stream_of(file, sheet, sheets)
    key = _declared_key(option) or tuple(
        KeyColumn(mapping.columns.get(column, column), column, entity)
        for column in ENTITY_KEYS[entity]
    )
    return PlannedFile(stream, file, sheet, key, (entity,), is_required=is_explicit)


def _sheets_by_file(settings: Settings) -> dict[str, set[str | None]]:
    """The sheets that the configuration reads of each file it names."""
    sheets: dict[str, set[str | None]] = {}
    for mapping in (settings.entities or {}).values():
        if mapping.file is not None:
            options = settings.files.get(mapping.file, FileOptions())
            sheets.setdefault(mapping.file, set()).add(mapping.sheet or options.sheet)
    for file, options in settings.files.items():
        sheets.setdefault(file, set()).add(options.sheet)
    return sheets


def _stream_of(file: str, sheet: str | None, sheets: Mapping[str, set[str | None]]) -> str:
    """A file's stream; a workbook of which several sheets are read is a stream each."""
    if sheet is None or len(sheets.get(file, ())) <= 1:
        return stem_of(file)
    return f"{stem_of(file)}_{stream_name(sheet)}"


def _declared_key(options: FileOptions) -> tuple[KeyColumn, ...]:
    return tuple(KeyColumn(column) for column in options.key)


def _merged(one: PlannedFile | None, other: PlannedFile) -> PlannedFile:
    """A file that several entities are read from: its key tells the rows of all of them apart."""
    if one is None:
        return other
    columns = {key.column: key for key in (*other.key, *one.key)}
    ordered = dict.fromkeys(key.column for key in (*one.key, *other.key))
    return replace(
        one,
        file=one.file or other.file,
        key=tuple(columns[column] for column in ordered),
        entities=(*one.entities, *other.entities),
    )


def _mark_queried(files: dict[str, PlannedFile], streams: Iterable[str]) -> None:
    for stream in streams:
        files[stream] = replace(files.get(stream, PlannedFile(stream, None)), is_queried=True)
