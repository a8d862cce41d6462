"""XLSX and Parquet: typed cells arrive as the text a CSV would hold."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from files_reading import Read, read_file
from pyarrow import parquet

from connectors.errors import PermanentSourceError


def read_sheet(folder: Path, rows: list[list[Any]], **settings: Any) -> Read:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "First"
    for row, cells in enumerate(rows, start=1):
        for column, value in enumerate(cells, start=1):
            cell = sheet.cell(row, column, value)
            if value == "#N/A":
                cell.data_type = "e"
    workbook.create_sheet("Second").append(["other"])
    workbook.create_sheet("Third")
    workbook.save(folder / "t.xlsx")
    return read_file(folder, "t.xlsx", (folder / "t.xlsx").read_bytes(), **settings)


def test_cells_of_a_sheet_are_written_as_in_csv(tmp_path: Path) -> None:
    cells = [
        (5, "5"),
        (5.0, "5"),
        (0.1, "0.1"),
        (True, "TRUE"),
        (False, "FALSE"),
        (date(2024, 1, 2), "2024-01-02"),
        (datetime(2024, 1, 2), "2024-01-02"),
        (datetime(2024, 1, 2, 3, 4, 5), "2024-01-02T03:04:05"),
        (time(9, 30), "09:30:00"),
        (timedelta(hours=30), "30:00:00"),
        ("#N/A", ""),
        (" text ", " text "),
        (None, ""),
    ]
    header = [f"c{number}" for number in range(len(cells))]
    done = read_sheet(tmp_path, [header, [value for value, _ in cells]])
    assert list(done.rows[0].values()) == [text for _, text in cells]


def test_a_table_may_begin_anywhere_and_end_in_blank_rows(tmp_path: Path) -> None:
    done = read_sheet(
        tmp_path, [[], [], [None, " id ", 2024], [None, "a", 1], [None, " "], [None, "b", 2], []]
    )
    assert done.rows == [{"id": "a", "2024": "1"}, {"id": "b", "2024": "2"}]


def test_content_past_the_header_is_set_aside_with_its_row(tmp_path: Path) -> None:
    done = read_sheet(tmp_path, [["id"], ["a"], ["b", "note"]])
    assert done.rows == [{"id": "a"}]
    assert [(r["position"], r["text"]) for r in done.rejected] == [(3, "b,note")]


def test_a_sheet_is_taken_by_its_name(tmp_path: Path) -> None:
    done = read_sheet(tmp_path, [["id"]], files={"t.xlsx": {"sheet": "Second"}})
    assert done.manifest.columns == ("other",)


@pytest.mark.parametrize(
    ("sheet", "message"),
    [
        ("Nope", "t.xlsx has no sheet called 'Nope'; it has First, Second, Third. Correct the key"),
        ("Third", "t.xlsx, sheet Third is empty"),
        (None, "columns B and C of t.xlsx, sheet First are both called 'id'; rename one"),
    ],
)
def test_sheets_that_cannot_be_read(tmp_path: Path, sheet: str | None, message: str) -> None:
    with pytest.raises(PermanentSourceError) as error:
        read_sheet(tmp_path, [[], [None, "id", "id"]], files={"t.xlsx": {"sheet": sheet}})
    assert message in str(error.value)


def test_values_of_parquet_are_written_as_in_csv(tmp_path: Path) -> None:
    nanoseconds = pa.array([1704164645123456789, None], pa.timestamp("ns"))
    table = pa.table(
        {
            "text": ["a", "b"],
            "whole": pa.array([2**62 + 1, None], pa.int64()),
            "number": [0.1, float("nan")],
            "money": pa.array([Decimal("10.50"), None], pa.decimal128(10, 2)),
            "flag": [True, None],
            "day": pa.array([date(2024, 1, 2), None]),
            "at": pa.array([datetime(2024, 1, 2, 3, tzinfo=UTC), None], pa.timestamp("us", "UTC")),
            "exact": nanoseconds,
            "many": [["x", "y"], []],
            "kind": pa.array(["k", None]).dictionary_encode(),
            "nested": [{"a": 1}, None],
        }
    )
    parquet.write_table(table, tmp_path / "t.parquet")
    done = read_file(tmp_path, "t.parquet", (tmp_path / "t.parquet").read_bytes())
    assert done.manifest.columns == tuple(table.column_names)
    assert list(done.rows[0].values()) == [
        "a",
        "4611686018427387905",
        "0.1",
        "10.50",
        "true",
        "2024-01-02",
        "2024-01-02T03:00:00+00:00",
        "2024-01-02T03:04:05.123456",
        "x;y",
        "k",
        '{"a":1}',
    ]
    empty = dict.fromkeys(table.column_names) | {"text": "b", "many": ""}
    assert done.rows[1] == empty


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("t.parquet", "t.parquet is not a complete Parquet file"),
        ("t.xlsx", "t.xlsx is not a readable XLSX workbook"),
    ],
)
def test_files_that_are_not_what_their_ending_says(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(PermanentSourceError, match=message):
        read_file(tmp_path, name, b"id\n1\n")
