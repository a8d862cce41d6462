"""Typed columns as lines of JSON, whole columns at a time.

Belongs here: the text of a column, where the column library spells it as `cell_text` does, and
that of `cell_text` where not. Does not: opening files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pyarrow
from pyarrow import compute, types

from connectors.files.cell_text import text_of
from connectors.files.table import Lines, is_blank

_MUST_BE_ESCAPED = r'["\\\x00-\x1f]'
_ESCAPED_BYTES = bytes([*range(32), *b'"\\'])
_VISIBLE = "[!-~]"
_PERHAPS_BLANK = bytes([*range(33), *range(127, 256)])
_FIRST_DAY, _LAST_DAY = date(1, 1, 1), date(9999, 12, 31)
_FIRST_INSTANT = datetime(1, 1, 1, tzinfo=UTC)
_LAST_INSTANT = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)

_json = msgspec.json.Encoder().encode


def json_lines(batch: Any, columns: Sequence[str], also: Mapping[str, str]) -> Lines:
    """The rows of a batch that are not blank, each as {column: text}, and `also` in each."""
    batch.validate(full=True)  # what is not UTF-8 is an error here, not in what was landed
    texts = [column_text(column) for column in batch.columns]
    texts = _without_blank_rows(texts)
    if not texts or not len(texts[0]):
        return Lines(b"", 0)
    pieces: list[Any] = []
    between = "{"
    for column, text in zip(columns, texts, strict=True):
        pieces += [f"{between}{_json(column).decode()}:", _quoted(text)]
        between = ","
    constant = "".join(f",{_json(k).decode()}:{_json(v).decode()}" for k, v in also.items())
    pieces.append(f"{constant}}}\n")
    lines = compute.binary_join_element_wise(
        *pieces, "", null_handling="replace", null_replacement="null"
    )
    return Lines(_bytes_of(lines), len(lines))


def column_text(column: Any) -> Any:
    """The column as an array of strings: of each value what `cell_text.text_of` says."""
    kind = column.type
    if types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if types.is_string(kind):
        return column
    if types.is_large_string(kind) or types.is_boolean(kind) or types.is_integer(kind):
        return column.cast(pyarrow.string())
    if types.is_date32(kind) and _is_within(column, _FIRST_DAY, _LAST_DAY):
        return column.cast(pyarrow.string())
    if types.is_timestamp(kind):
        return _instants(column)
    if types.is_float64(kind):
        return _each_once(column.view(pyarrow.int64()), kind)
    if types.is_decimal(kind):
        return _each_once(column, kind)
    return _one_by_one(column)


def _instants(column: Any) -> Any:
    """ISO, with a fraction of six digits where there is one, as Python writes it."""
    zone = column.type.tz
    if column.type.unit != "us":
        # Python's own instants end at microseconds; nanoseconds would need a data frame library.
        column = column.cast(pyarrow.timestamp("us", zone), safe=column.type.unit != "ns")
    first, last = _FIRST_INSTANT, _LAST_INSTANT
    if zone is None:
        first, last = first.replace(tzinfo=None), last.replace(tzinfo=None)
    if zone not in (None, "UTC") or not _is_within(column, first, last):
        return _one_by_one(column)
    seconds = compute.floor_temporal(column, unit="second")
    whole = compute.strftime(seconds.cast(pyarrow.timestamp("s", zone)), format="%Y-%m-%dT%H:%M:%S")
    micros = compute.subtract(column.view(pyarrow.int64()), seconds.view(pyarrow.int64()))
    ending = "" if zone is None else "+00:00"
    if not compute.any(compute.not_equal(micros, 0)).as_py():
        return compute.binary_join_element_wise(whole, ending, "") if ending else whole
    digits = compute.utf8_lpad(micros.cast(pyarrow.string()), width=6, padding="0")
    fraction = compute.if_else(
        compute.equal(micros, 0), "", compute.binary_join_element_wise(".", digits, "")
    )
    return compute.binary_join_element_wise(whole, fraction, ending, "")


def _each_once(column: Any, kind: Any) -> Any:
    """Each value that occurs is spelt once; floats come as their bits, which tell all apart."""
    encoded = column.dictionary_encode()
    spelt = _one_by_one(encoded.dictionary.view(kind))
    return spelt.take(encoded.indices)


def _one_by_one(column: Any) -> Any:
    return pyarrow.array([text_of(value) for value in column.to_pylist()], pyarrow.string())


def _is_within(column: Any, first: object, last: object) -> bool:
    """Whether Python's own dates can hold all of the values."""
    ends = compute.min_max(column)
    low = pyarrow.scalar(first, column.type)
    high = pyarrow.scalar(last, column.type)
    inside = compute.and_(
        compute.greater_equal(ends["min"], low), compute.less_equal(ends["max"], high)
    )
    return inside.as_py() is not False


def _without_blank_rows(texts: Sequence[Any]) -> list[Any]:
    """Columns without the rows in which nothing is to be seen."""
    if any(map(_is_seen_throughout, texts)):
        return list(texts)
    is_filled: Any = None
    for text in texts:
        visible = compute.fill_null(compute.match_substring_regex(text, _VISIBLE), False)
        is_filled = visible if is_filled is None else compute.or_(is_filled, visible)
        if compute.all(is_filled).as_py():
            return list(texts)
    keep = [
        filled or not is_blank([text[row].as_py() for text in texts])
        for row, filled in enumerate(is_filled.to_pylist() if texts else [])
    ]
    return [text.filter(pyarrow.array(keep, pyarrow.bool_())) for text in texts]


def _is_seen_throughout(text: Any) -> bool:
    """Whether each value has something to be seen, where that is told without a closer look."""
    is_everywhere = not text.null_count and compute.min(compute.binary_length(text)).as_py()
    return bool(is_everywhere) and not _holds_any(text, _PERHAPS_BLANK)


def _quoted(text: Any) -> Any:
    """Texts as JSON strings; null where there is none."""
    quoted = compute.binary_join_element_wise('"', text, '"', "")
    if not _holds_any(text, _ESCAPED_BYTES):
        return quoted
    must = compute.fill_null(compute.match_substring_regex(text, _MUST_BE_ESCAPED), False)
    escaped = [_json(value).decode() for value in text.filter(must).to_pylist()]
    return compute.replace_with_mask(quoted, must, pyarrow.array(escaped, pyarrow.string()))


def _holds_any(strings: Any, some: bytes) -> bool:
    text = _bytes_of(strings)
    return len(text.translate(None, some)) < len(text)


def _bytes_of(strings: Any) -> bytes:
    """All strings of an array, one after the other."""
    _, ends, data = strings.buffers()
    if data is None:
        return b""
    first, last = (
        int.from_bytes(ends[4 * at : 4 * at + 4].to_pybytes(), "little")
        for at in (strings.offset, strings.offset + len(strings))
    )
    return bytes(data[first:last])
