"""A file in many parts: which of them changed since they were last read, and landing those.

Belongs here: what is remembered of each part, and one batch of the parts that changed. Does not:
finding the parts (source), the formats, or what becomes of a key that is in two parts (loading).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from connectors.errors import PermanentSourceError, SourceError, TransientSourceError
from connectors.files.names import FROM_FILE
from connectors.files.table import Table
from connectors.landing import LandingWriter
from connectors.stream import ReadResult, Scope

_SETTLED_SECONDS = 2.0
"""File systems tell times apart only so far: what changed later than this before it was read may
change again without being seen to."""

_State = tuple[int, int, int]


@dataclass(frozen=True)
class Found:
    """A file to read, and what messages call it."""

    path: Path
    label: str

    def state(self) -> _State:
        """What a write changes: size, and when content and entry were last changed."""
        stat = self.path.stat()
        return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


class _Part(msgspec.Struct, frozen=True, array_like=True):
    """A part as it was read; `columns` says which of the cursor's lists it has.

    Without a `state` its bytes must be looked at to see whether they changed. A part of which
    rows could not be read is read again with others, so that it goes on being told.
    """

    sha256: str
    columns: int
    state: _State | None
    is_whole: bool = True


class _Cursor(msgspec.Struct, frozen=True, kw_only=True):
    key: tuple[str, ...]
    sheet: str | None
    columns: tuple[tuple[str, ...], ...]
    parts: dict[str, _Part]


@dataclass(frozen=True)
class PartReading:
    """How one part is read: its hash, its table, and the key that its columns must hold.

    `key` is what identifies a row within a part; it raises for columns that lack it.
    """

    hash_of: Callable[[Found], str]
    open_table: Callable[[Found], Table]
    require_key: Callable[[Table, Found], object]
    key: tuple[str, ...]
    sheet: str | None


def read_parts(
    found: Sequence[Found], cursor: str | None, how: PartReading, landing: LandingWriter
) -> ReadResult | None:
    """Land the parts that changed, and say which are gone; None where all are as they were.

    What can be read is landed although another part cannot: the read is then not complete, and
    going on with it raises what is wrong with that part. Raises SourceError.
    """
    known = _known(cursor, how)
    before = known or _Cursor(key=how.key, sheet=how.sheet, columns=(), parts={})
    looks, errors = _looked_at(found, before, how)
    gone = sorted(before.parts.keys() - {part.label for part in found})
    read: dict[str, _Read] = {}
    wanted = [part for part in found if part.label in looks]
    if all(_is_known(before, looks[part.label]) for part in wanted) and not gone:
        wanted = []
    # Where all must be read anew, what is left out would look as if it were gone.
    all_or_none = cursor is not None and known is None
    while wanted and not (errors and all_or_none):
        try:
            read = _land(wanted, looks, how, landing)
            break
        except _PartError as error:
            errors[error.part.label] = error.cause
            wanted = [part for part in wanted if part is not error.part]
            landing.start_over()
    if not read and not gone:
        if errors:
            raise next(iter(errors.values()))
        return None
    kept = {
        part.label: _Read(known_part, before.columns[known_part.columns])
        for part in found
        if part.label not in read and (known_part := before.parts.get(part.label))
    }
    now = dict(sorted({**kept, **read}.items()))
    landing.identify_by((FROM_FILE, *how.key) if how.key else ())
    return ReadResult(
        cursor=_cursor(now, how),
        columns=(*_united(now), FROM_FILE),
        origin={"files": {name: r.part.sha256 for name, r in read.items()}, "gone": gone},
        scope=Scope(FROM_FILE, (*read, *gone), is_judged_whole=True) if known else None,
        is_complete=not errors,
    )


@dataclass(frozen=True)
class _Look:
    """A part as it is: its hash, and its state where that will tell a change."""

    name: str
    sha256: str
    state: _State
    is_settled: bool


@dataclass(frozen=True)
class _Read:
    """A part as it was read, and its columns."""

    part: _Part
    columns: tuple[str, ...]


class _PartError(Exception):
    """A part that could not be read, and why."""

    def __init__(self, part: Found, cause: SourceError) -> None:
        super().__init__(str(cause))
        self.part, self.cause = part, cause


def _known(cursor: str | None, how: PartReading) -> _Cursor | None:
    """What the last read remembered; None where it read something else, or by another key."""
    if cursor is None:
        return None
    try:
        known = msgspec.json.decode(cursor, type=_Cursor)
    except msgspec.MsgspecError:
        return None
    return known if (known.key, known.sheet) == (how.key, how.sheet) else None


def _cursor(now: Mapping[str, _Read], how: PartReading) -> str:
    lists = tuple(dict.fromkeys(read.columns for read in now.values()))
    parts = {
        name: msgspec.structs.replace(read.part, columns=lists.index(read.columns))
        for name, read in now.items()
    }
    cursor = _Cursor(key=how.key, sheet=how.sheet, columns=lists, parts=parts)
    return msgspec.json.encode(cursor).decode()


def _is_known(before: _Cursor, look: _Look) -> bool:
    part = before.parts.get(look.name)
    return part is not None and part.sha256 == look.sha256


def _looked_at(
    found: Sequence[Found], before: _Cursor, how: PartReading
) -> tuple[dict[str, _Look], dict[str, SourceError]]:
    """The parts that may have changed or are to be told again, and what is wrong with others."""
    looks: dict[str, _Look] = {}
    errors: dict[str, SourceError] = {}
    for part in found:
        known = before.parts.get(part.label)
        try:
            now = time.time()
            state = part.state()
            if known is not None and known.is_whole and known.state == state:
                continue
            look = _Look(
                part.label,
                how.hash_of(part),
                state,
                is_settled=max(state[1:]) / 1e9 < now - _SETTLED_SECONDS,
            )
        except FileNotFoundError:
            errors[part.label] = _changed_meanwhile(part)
        except SourceError as error:
            errors[part.label] = error
        else:
            if known is None or not known.is_whole or not _is_known(before, look):
                looks[part.label] = look
    return looks, errors


def _land(
    parts: Sequence[Found],
    looks: Mapping[str, _Look],
    how: PartReading,
    landing: LandingWriter,
) -> dict[str, _Read]:
    """Write the rows of the parts, one part after the other. Raises `_PartError`."""
    read: dict[str, _Read] = {}
    for part in parts:
        look = looks[part.label]
        rejected = landing.rejected
        try:
            table = how.open_table(part)
            how.require_key(table, part)
            for lines in table.lines({FROM_FILE: part.label}):
                landing.write_lines(lines.text, lines.rows)
            if part.state() != look.state:
                raise _changed_meanwhile(part)
            kept = _Part(
                look.sha256,
                0,
                look.state if look.is_settled else None,
                is_whole=landing.rejected == rejected,
            )
            read[part.label] = _Read(kept, table.columns)
            _united(read)
        except FileNotFoundError:
            raise _PartError(part, _changed_meanwhile(part)) from None
        except SourceError as error:
            raise _PartError(part, error) from None
    return read


def _united(parts: Mapping[str, _Read]) -> tuple[str, ...]:
    """The columns of all parts, in the order in which they first come."""
    united: dict[str, tuple[str, str]] = {}
    for name, read in parts.items():
        for column in read.columns:
            before, where = united.setdefault(column.casefold(), (column, name))
            if before != column:
                raise PermanentSourceError(
                    f"'{before}' in {where} and '{column}' in {name} differ only in case, and are "
                    "columns of one table; give them one name"
                )
    return tuple(column for column, _ in united.values())


def _changed_meanwhile(part: Found) -> TransientSourceError:
    return TransientSourceError(f"{part.label} changed while it was read; it will be read again")
