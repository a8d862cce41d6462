"""CSV files as spreadsheets write them.

Belongs here: encodings, separators, quotes. Does not: what the rows are used for.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from connectors.errors import PermanentSourceError
from connectors.files.table import Reject, RowTable, Table, fitted, header, is_blank

_LONGEST_CELL = 16 * 1024 * 1024
_QUOTED = re.compile(r'"(?:[^"]|"")*("|$)')
_SAVE_AS_UTF8 = (
    'Save it as "CSV UTF-8" (Excel: File > Save As; LibreOffice: character set Unicode (UTF-8)).'
)


def read_csv(path: Path, file: str, reject: Reject) -> Table:
    """Open a CSV file, called `file` in messages; its cells are passed on exactly as they are.

    Raises PermanentSourceError, also while the rows are read.
    """
    rows = _rows(path, file)
    for _, cells in rows:
        if not is_blank(cells):
            columns = header(cells, file)
            return RowTable(columns, fitted(rows, len(columns), reject))
    raise PermanentSourceError(f"{file} has no header row: its first row must name the columns")


def _rows(path: Path, file: str) -> Iterator[tuple[int, list[str]]]:
    """All rows, each with the number of the line that it starts on."""
    encoding = _encoding(path)
    csv.field_size_limit(_LONGEST_CELL)
    start = 1
    try:
        with path.open(encoding=encoding, newline="") as stream:
            reader = csv.reader(stream, strict=True, delimiter=_delimiter(stream))
            for cells in reader:
                yield start, cells
                start = reader.line_num + 1
    except csv.Error as error:
        raise PermanentSourceError(
            f"{file}, in the row that starts on line {start}: a quote is not closed, or stands "
            f"inside a quoted cell without being doubled ({error}). Nothing of the file was "
            'taken. Close the quote, or write "" for a quote that is part of the text.'
        ) from None
    except UnicodeError:
        raise PermanentSourceError(_bad_encoding(path, file, encoding)) from None


def _encoding(path: Path) -> str:
    with path.open("rb") as stream:
        start = stream.read(2)
    return "utf-16" if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"


def _delimiter(stream: TextIO) -> str:
    """Told by the header line alone, where names rarely hold separators of another kind."""
    line = next((line for line in stream if line.strip()), "")
    stream.seek(0)
    unquoted = _QUOTED.sub("", line)
    if "," in unquoted:
        return ","
    return max(";\t", key=unquoted.count) if re.search(r"[;\t]", unquoted) else ","


def _bad_encoding(path: Path, file: str, encoding: str) -> str:
    if encoding == "utf-16":
        return f"{file} is not valid UTF-16. {_SAVE_AS_UTF8}"
    before = 0
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                at = before + error.start + 1
                return (
                    f"{file} is not UTF-8: line {number} holds the byte 0x{line[error.start]:02x} "
                    f"(byte {at} of the file). {_SAVE_AS_UTF8}"
                )
            before += len(line)
    return f"{file} is not UTF-8. {_SAVE_AS_UTF8}"
