"""Whatever a Parquet file holds, its rows are landed as the spelling of each value says.

Rows are made whole columns at a time; what is expected is made value by value.
"""

from __future__ import annotations

import gzip
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pyarrow
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from connectors.files import Settings, open_source
from connectors.files.cell_text import text_of
from connectors.files.table import is_blank
from connectors.landing import LandingWriter

WORDS = st.sampled_from(
    ["", " ", "\t", "\u00a0", "\x1c", "a", 'say "hi"', "back\\slash", "two\nlines", "\r", "\x00",
     "\x7f", "grün", "😀", "\u2028", "null", ",", "{}", "x" * 300]
)  # fmt: skip
MOMENTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999)) | (
    st.sampled_from([datetime(2026, 1, 5, 9), datetime(1969, 12, 31, 23, 59, 59, 1), datetime.max])
)
# Nanoseconds in 64 bits begin in 1677 and end in 2262.
NEAR = st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1))
ZONED = st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
FLOATS = st.sampled_from([0.0, -0.0, 1.0, 1e16, 1e-7, 0.1, 1 / 3, 5e-324]) | st.floats(width=64)
NUMBERS = st.integers(-(2**63), 2**63 - 1)
MONEY = st.decimals(-(10**9), 10**9, allow_nan=False, allow_infinity=False, places=9)

COLUMNS: list[tuple[pyarrow.DataType, st.SearchStrategy[Any]]] = [
    (pyarrow.string(), WORDS | st.text(st.characters(codec="utf-8"))),
    (pyarrow.large_string(), WORDS),
    (pyarrow.dictionary(pyarrow.int32(), pyarrow.string()), WORDS),
    (pyarrow.dictionary(pyarrow.int8(), pyarrow.int64()), st.integers(0, 9)),
    (pyarrow.bool_(), st.booleans()),
    (pyarrow.int8(), st.integers(-128, 127)),
    (pyarrow.int64(), NUMBERS),
    (pyarrow.uint64(), st.integers(0, 2**64 - 1)),
    (pyarrow.float64(), FLOATS),
    (pyarrow.float32(), st.floats(width=32)),
    (pyarrow.decimal128(20, 9), MONEY),
    (pyarrow.decimal256(40, 9), MONEY),
    (pyarrow.date32(), st.dates()),
    (pyarrow.date64(), st.dates()),
    (pyarrow.time32("s"), st.times().map(lambda t: t.replace(microsecond=0))),
    (pyarrow.time64("us"), st.times()),
    (pyarrow.timestamp("s"), MOMENTS.map(lambda t: t.replace(microsecond=0))),
    (pyarrow.timestamp("ms"), MOMENTS.map(lambda t: t.replace(microsecond=123000))),
    (pyarrow.timestamp("us"), MOMENTS),
    (pyarrow.timestamp("ns"), NEAR),
    (pyarrow.timestamp("us", "UTC"), ZONED),
    (pyarrow.timestamp("ns", "UTC"), ZONED),
    (pyarrow.timestamp("us", "Europe/Berlin"), ZONED),
    (pyarrow.timestamp("us", "+05:30"), ZONED),
    (pyarrow.duration("us"), st.timedeltas(timedelta(days=-9), timedelta(days=9))),
    (pyarrow.binary(), st.binary() | st.just(b"\xff\x00")),
    (pyarrow.list_(pyarrow.string()), st.lists(WORDS | st.none(), max_size=3)),
    (pyarrow.list_(pyarrow.int64()), st.lists(NUMBERS, max_size=3)),
    (
        pyarrow.struct([("a", pyarrow.int64()), ("b", pyarrow.string())]),
        st.fixed_dictionaries({"a": NUMBERS, "b": WORDS}),
    ),
    (pyarrow.null(), st.none()),
]


@st.composite
def tables(draw: st.DrawFn) -> pyarrow.Table:
    """Some columns of any types, with gaps and with values that are there again and again."""
    rows = draw(st.integers(0, 12))
    chosen = draw(st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=5))
    arrays = [
        pyarrow.array(
            draw(st.lists(values | st.none(), min_size=rows, max_size=rows)), type=data_type
        )
        for data_type, values in chosen
    ]
    names = ['with "quotes"', "grün", "c", "d e", "f\\g"][: len(arrays)]
    return pyarrow.table(arrays, names=names)


def landed(table: pyarrow.Table) -> tuple[list[bytes], pyarrow.Table]:
    """The lines that a read of the table lands, and the table as its file holds it."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "things.parquet"
        parquet.write_table(table, path, row_group_size=5)
        source = open_source(
            "sheets",
            Settings.model_validate({"path": ".", "entities": {}, "files": {path.name: {}}}),
            Path(folder),
        )
        (stream,) = source.streams
        with LandingWriter(
            Path(folder) / "landing", source="sheets", kind="files", stream=stream, run_id="run",
            extracted_at=datetime(2026, 1, 1, tzinfo=UTC), max_shrink=0.2, max_quarantined=0.05,
            part_records=4,
        ) as landing:  # fmt: skip
            result = source.extract(stream, None, landing)
            assert result is not None
            manifest = landing.commit(result)
        assert all(part.records <= 4 for part in manifest.parts)
        lines = [
            line
            for part in manifest.part_paths(Path(folder) / "landing")
            for line in gzip.decompress(part.read_bytes()).split(b"\n")[:-1]
        ]
        assert len(lines) == manifest.records
        return lines, parquet.read_table(path)


def expected(table: pyarrow.Table) -> list[bytes]:
    """The same, each value spelt by itself."""
    for at, field in enumerate(table.schema):
        if pyarrow.types.is_timestamp(field.type) and field.type.unit == "ns":
            whole = pyarrow.timestamp("us", field.type.tz)
            table = table.set_column(at, field.name, table.column(at).cast(whole, safe=False))
    return [
        msgspec.json.encode(dict(zip(table.column_names, cells, strict=True)))
        for row in zip(*(column.to_pylist() for column in table.columns), strict=True)
        if not is_blank(cells := [text_of(value) for value in row])
    ]


@settings(max_examples=150, deadline=None)
@given(tables())
def test_rows_are_landed_as_the_spelling_of_each_value_says(table: pyarrow.Table) -> None:
    lines, held = landed(table)
    assert lines == expected(held)


def test_each_type_is_landed_as_a_spreadsheet_would_show_it() -> None:
    moment = datetime(2026, 1, 5, 9, 0, 0, 120)
    table = pyarrow.table(
        {
            "day": pyarrow.array([date(2026, 1, 5)]),
            "instant": pyarrow.array([moment], pyarrow.timestamp("us", "UTC")),
            "there": pyarrow.array([moment], pyarrow.timestamp("us", "Europe/Berlin")),
            "moment": pyarrow.array([datetime(2026, 1, 5, 9)], pyarrow.timestamp("us")),
            "at": pyarrow.array([time(9, 30)]),
            "price": pyarrow.array([Decimal("0.0000001")]),
            "share": pyarrow.array([1e16]),
            "missing": pyarrow.array([float("nan")]),
            "is_open": pyarrow.array([True]),
            "names": pyarrow.array([["a", "b"]]),
        }
    )
    (line,) = landed(table)[0]
    assert msgspec.json.decode(line) == {
        "day": "2026-01-05",
        "instant": "2026-01-05T09:00:00.000120+00:00",
        "there": "2026-01-05T10:00:00.000120+01:00",
        "moment": "2026-01-05T09:00:00",
        "at": "09:30:00",
        "price": "0.0000001",
        "share": "1e+16",
        "missing": None,
        "is_open": "true",
        "names": "a;b",
    }
