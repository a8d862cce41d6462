"""A file as a table of text: what all formats share once their cells are text.

Belongs here: the rules for headers, blank rows and rows that do not fit. Does not: a format.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, Protocol

import msgspec

from connectors.errors import PermanentSourceError

Cell = str | None
Reject = Callable[[int, Sequence[Cell], str], None]
"""Called with the row's position in the file, its cells, and why it cannot be read."""


_ROWS_AT_ONCE = 1_000


class Lines(NamedTuple):
    """Some rows, each a line that holds a JSON object: {column: text}."""

    text: bytes
    rows: int


class Table(Protocol):
    """A file's columns and, while the file is open, its rows."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names in its header."""
        ...

    def lines(self, also: Mapping[str, str]) -> Iterator[Lines]:
        """All rows in order, many at a time; each object also holds `also`."""
        ...


@dataclass(frozen=True)
class RowTable:
    """A table of which the rows come one by one: a cell for each column."""

    columns: tuple[str, ...]
    rows: Iterator[Sequence[Cell]]

    def lines(self, also: Mapping[str, str]) -> Iterator[Lines]:
        """All rows in order, many at a time; each object also holds `also`."""
        encode = msgspec.json.Encoder().encode_lines
        columns = self.columns
        while some := list(islice(self.rows, _ROWS_AT_ONCE)):
            records = [dict(zip(columns, cells, strict=True)) for cells in some]
            if also:
                for record in records:
                    record.update(also)
            yield Lines(encode(records), len(records))


def header(cells: Iterable[Any], file: str, *, first_column: int = 0) -> tuple[str, ...]:
    """Column names from a header row: trimmed, without nameless columns at its end.

    Raises PermanentSourceError for names that are missing or not unique.
    """
    names = [str(cell).strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    seen: dict[str, int] = {}
    for at, name in enumerate(names):
        letter = column_letter(first_column + at)
        if not name:
            raise PermanentSourceError(
                f"column {letter} of {file} has no name in the header row; name it, or delete it"
            )
        before = seen.setdefault(name.casefold(), at)
        if before != at:
            first = column_letter(first_column + before)
            same = f"both called '{name}'"
            if names[before] != name:
                same = f"called '{names[before]}' and '{name}', which differ only in case"
            raise PermanentSourceError(
                f"columns {first} and {letter} of {file} are {same}; rename one"
            )
    return tuple(names)


def fitted(
    rows: Iterable[tuple[int, Sequence[Cell]]], width: int, reject: Reject
) -> Iterator[Sequence[Cell]]:
    """The rows that fit a header of `width` columns; blank ones are left out.

    A row may run past the header in empty cells. One with other cells there, or with too few
    cells, has lost or gained a separator, so nothing says which cell belongs to which column.
    """
    for position, cells in rows:
        if len(cells) == width:
            if not is_blank(cells):
                yield cells
        elif len(cells) > width and is_blank(cells[width:]):
            if not is_blank(cells):
                yield cells[:width]
        elif not is_blank(cells):
            reject(position, cells, _misfit(cells, width))


def is_blank(cells: Sequence[Cell]) -> bool:
    """Whether there is nothing in the cells but white space."""
    return not any(cell and not cell.isspace() for cell in cells)


def column_letter(index: int) -> str:
    """A column's letter as spreadsheets show it.

    >>> column_letter(0), column_letter(25), column_letter(26)
    ('A', 'Z', 'AA')
    """
    letters = ""
    index += 1
    while index:
        index, remainder = divmod(index - 1, 26)
        letters = chr(ord("A") + remainder) + letters
    return letters


def as_text(cells: Sequence[Cell]) -> str:
    """A row as one line of CSV, to be shown or repaired."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()


def _misfit(cells: Sequence[Cell], width: int) -> str:
    if len(cells) > width:
        return (
            f"{len(cells)} cells where the header has {width} columns: put a cell that contains "
            "the separator in quotes, or name the extra columns"
        )
    return f"{len(cells)} cells where the header has {width} columns: a separator is missing"
