"""The files source: a folder of tables that people export, or links to them.

Belongs here: finding a stream's file, noticing that it changed, landing its rows. Does not: the
formats, and applying the mapping, which happens in the warehouse so that it can be corrected
without a new read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from os.path import normpath
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

import msgspec

from connectors.errors import PermanentSourceError, TransientSourceError
from connectors.files.csv_file import read_csv
from connectors.files.names import (
    CSV_ENDINGS,
    PARQUET_ENDING,
    is_link,
    is_pattern,
    is_readable,
    is_variable,
    link_label,
    stem_of,
)
from connectors.files.parquet_file import read_parquet
from connectors.files.parts import Found, PartReading, read_parts
from connectors.files.plan import KeyColumn, Plan, PlannedFile, make_plan
from connectors.files.settings import Settings
from connectors.files.table import Cell, Reject, Table, as_text
from connectors.files.xlsx_file import read_xlsx
from connectors.landing import LandingWriter
from connectors.secrets import resolve
from connectors.stream import ReadResult, Stream
from connectors.wording import did_you_mean


class FilesSource:
    """A folder of files, each of which is a stream; some are in many parts."""

    kind = "files"

    def __init__(self, name: str, settings: Settings, base_dir: Path) -> None:
        self.name = name
        self.freshness_hours = settings.freshness_hours
        self.max_shrink = settings.max_shrink
        self.max_quarantined = settings.max_quarantined
        self.settings = settings
        self._base_dir = base_dir

    @property
    def streams(self) -> Sequence[Stream]:
        """One stream for each file that the configuration names or uses."""
        return [planned.as_stream() for planned in self._plan().files.values()]

    @property
    def entity_streams(self) -> Mapping[str, tuple[str, ...]]:
        """The streams that each entity is read from: one, or those that its query uses."""
        return self._plan().entity_streams

    @property
    def check_streams(self) -> Mapping[str, tuple[str, ...]]:
        """The streams that each check of the user's own uses."""
        return self._plan().check_streams

    def extract(
        self, stream: Stream, cursor: str | None, landing: LandingWriter
    ) -> ReadResult | None:
        """Land all rows of the stream's file, unless it is the one that `cursor` describes.

        Of a file in many parts, those that changed.
        """
        planned = self._plan().files.get(stream.name)
        if planned is None:
            raise PermanentSourceError(
                f"sources.{self.name} has no file for {stream.name} any more: it is neither in "
                f"{self._folder()} nor in sources.yaml. Put the file back, or name it under "
                f"sources.{self.name}.files."
            )
        parts = self._parts_of(planned)
        if parts is not None:
            return self._read_parts(planned, parts, cursor, landing)
        with self._opened(planned, was_read=cursor is not None) as found:
            if found is None:
                return None
            before = found.state()
            digest = _sha256(found)
            new_cursor = _cursor(digest, planned)
            if new_cursor == cursor:
                return None
            table = _read(found, planned.sheet, _rejecting(landing))
            landing.identify_by(self._key(planned, table, found.label))
            for lines in table.lines({}):
                landing.write_lines(lines.text, lines.rows)
            if found.state() != before:
                raise TransientSourceError(
                    f"{found.label} changed while it was read; it will be read again"
                )
            origin = {"file": found.label, "sha256": digest, "bytes": before[0]}
            return ReadResult(cursor=new_cursor, columns=table.columns, origin=origin)

    def probe(self, stream: Stream, landing: LandingWriter) -> ReadResult | None:
        """Land the stream's file, whole: only that shows that it can be read."""
        result = self.extract(stream, None, landing)
        if result is not None and not result.is_complete:
            self.extract(stream, result.cursor, landing)  # says which part cannot be read
        return result

    def _plan(self) -> Plan:
        try:
            folder = self._folder()
            return make_plan(self.settings, [*_files_in(folder), *_folders_in(folder)])
        except PermanentSourceError:
            # What the configuration names is known without the folder; reading it will complain.
            return make_plan(self.settings, ())

    def _folder(self) -> Path:
        configured = self._from_environment(self.settings.path, "path")
        # Without `..`, as a person would write it.
        folder = Path(normpath(self._base_dir / Path(configured).expanduser()))
        if not folder.is_dir():
            raise PermanentSourceError(
                f"the folder {folder} (sources.{self.name}.path in sources.yaml) does not exist; "
                "create it, or correct the path"
            )
        return folder

    def _from_environment(self, value: str, key: str) -> str:
        if not is_variable(value):
            return value
        return resolve(value, f"sources.{self.name}.{key} in sources.yaml")

    @contextmanager
    def _opened(self, planned: PlannedFile, *, was_read: bool) -> Iterator[Found | None]:
        """The file of a stream; None if it may be absent and always was."""
        file = planned.file
        if file is not None and is_variable(file):
            file = self._from_environment(file, f"entities.{planned.stream}.file")
            if not is_link(file):
                raise PermanentSourceError(
                    f"sources.{self.name}.entities.{planned.stream}.file takes its value from "
                    f"{planned.file}, which must hold an http(s) link"
                )
        if file is not None and is_link(file):
            # Only links need the HTTP library, which takes a quarter of a second to load.
            from connectors.files.link import download

            with TemporaryDirectory() as folder:
                path = Path(folder) / "linked.csv"
                download(file, path)
                yield Found(path, link_label(file))
        else:
            yield self._find(planned, was_read=was_read)

    def _find(self, planned: PlannedFile, *, was_read: bool) -> Found | None:
        folder = self._folder()
        if planned.file is not None:
            path = folder / planned.file
            if path.is_file():
                return Found(path, planned.file)
            raise self._absent(planned.file, path.parent)
        there = self._called_like(planned)
        if len(there) > 1:
            raise PermanentSourceError(
                f"{' and '.join(there)} in {folder} are both {planned.stream}; remove one, or "
                f"name the one to read under sources.{self.name}.files in sources.yaml"
            )
        if there:
            return Found(folder / there[0], there[0])
        if planned.is_required or was_read:
            raise self._absent(f"{planned.stream}.csv (or .parquet, .xlsx)", folder)
        return None

    def _called_like(self, planned: PlannedFile) -> list[str]:
        """The files and folders that are called like a stream."""
        folder = self._folder()
        return [
            name
            for name in (*_files_in(folder), *_folders_in(folder))
            if stem_of(name) == planned.stream
        ]

    def _parts_of(self, planned: PlannedFile) -> list[Found] | None:
        """The parts of a stream's file, by name; None where it is one file."""
        file = planned.file
        if file is None:
            there = self._called_like(planned)
            if len(there) != 1 or not there[0].endswith("/"):
                return None
            file = f"{there[0]}*"
        elif not is_pattern(file):
            return None
        folder = self._folder()
        found = [
            Found(path, path.relative_to(folder).as_posix())
            for path in folder.glob(file.replace("[", "[[]"))
            if is_readable(path.name) and not _is_hidden(path.name) and path.is_file()
        ]
        return sorted(found, key=lambda part: part.label)

    def _read_parts(
        self,
        planned: PlannedFile,
        parts: Sequence[Found],
        cursor: str | None,
        landing: LandingWriter,
    ) -> ReadResult | None:
        if not parts:
            if cursor is None and not planned.is_required:
                return None
            raise PermanentSourceError(
                f"no file in {self._folder()} fits {planned.file}. Put the files there, or correct "
                f"the pattern under sources.{self.name} in sources.yaml; until then their last "
                "versions are kept."
            )
        for part in parts:
            if any(sign in part.label for sign in '"\\\n'):
                raise PermanentSourceError(
                    f"{part.label!r} has a quote, a backslash or a line break in its name, which "
                    "names of parts may not have; rename it"
                )
        how = PartReading(
            hash_of=_sha256,
            open_table=lambda part: _read(part, planned.sheet, _rejecting(landing, part.label)),
            require_key=lambda table, part: self._key(planned, table, part.label),
            key=tuple(key.column for key in planned.key),
            sheet=planned.sheet,
        )
        return read_parts(parts, cursor, how, landing)

    def _absent(self, file: str, folder: Path) -> PermanentSourceError:
        near = did_you_mean(PurePath(file.split(" (")[0]).name, _files_in(folder))
        return PermanentSourceError(
            f"{file} is not in {folder}.{near} Put the file there, or correct its name under "
            f"sources.{self.name} in sources.yaml; until then its last version is kept."
        )

    def _key(self, planned: PlannedFile, table: Table, label: str) -> tuple[str, ...]:
        there = tuple(key.column for key in planned.key if key.column in table.columns)
        for key in planned.key:
            if key.column not in there and not (key.is_optional and there):
                raise PermanentSourceError(self._keyless(key, planned, table, label))
        return there

    def _keyless(self, key: KeyColumn, planned: PlannedFile, table: Table, label: str) -> str:
        near = did_you_mean(key.column, table.columns)
        if key.entity is None:
            place, remedy = f"files.{planned.file}.key", "correct the key"
        else:
            place = f"entities.{key.entity}.columns"
            remedy = f"name the column that holds {key.canonical}"
        return (
            f"{label} has no column '{key.column}', which identifies its rows.{near} In "
            f"sources.yaml, under sources.{self.name}.{place}, {remedy}. The file has "
            f"{', '.join(table.columns)}."
        )


def _files_in(folder: Path) -> list[str]:
    """Names of the files to read, without the hidden ones that open spreadsheets leave."""
    if not folder.is_dir():
        return []
    return sorted(
        entry.name
        for entry in folder.iterdir()
        if is_readable(entry.name) and not _is_hidden(entry.name) and entry.is_file()
    )


def _folders_in(folder: Path) -> list[str]:
    """Names, each with a slash, of the folders in which there are files to read."""
    if not folder.is_dir():
        return []
    return sorted(
        f"{entry.name}/"
        for entry in folder.iterdir()
        if not _is_hidden(entry.name) and entry.is_dir() and _holds_files(entry)
    )


def _holds_files(folder: Path) -> bool:
    try:
        return any(is_readable(e.name) and not _is_hidden(e.name) for e in folder.iterdir())
    except OSError:
        return False


def _is_hidden(name: str) -> bool:
    """What begins like this open spreadsheets leave."""
    return name.startswith((".", "~"))


def _read(found: Found, sheet: str | None, reject: Reject) -> Table:
    ending = found.path.suffix.lower()
    if ending in CSV_ENDINGS:
        return read_csv(found.path, found.label, reject)
    if ending == PARQUET_ENDING:
        return read_parquet(found.path, found.label)
    return read_xlsx(found.path, found.label, sheet, reject)


def _rejecting(landing: LandingWriter, part: str | None = None) -> Reject:
    def reject(position: int, cells: Sequence[Cell], reason: str) -> None:
        where = f"{part}: " if part else ""
        landing.reject(text=as_text(cells), position=position, reason=f"{where}{reason}")

    return reject


def _sha256(found: Found) -> str:
    try:
        with found.path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise PermanentSourceError(
            f"{found.label} cannot be read ({error.strerror}); check who may read the file, and "
            "that no other program holds it open"
        ) from error
    if found.path.stat().st_size == 0:
        raise PermanentSourceError(
            f"{found.label} is empty (0 bytes): not even a header row. Export it again; until "
            "then its last version is kept."
        )
    return digest


def _cursor(digest: str, planned: PlannedFile) -> str:
    key = [column.column for column in planned.key]
    return msgspec.json.encode({"sha256": digest, "key": key, "sheet": planned.sheet}).decode()
