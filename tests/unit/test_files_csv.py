"""CSV as spreadsheets write it: what is kept, what is set aside, what is an error."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pytest
from files_reading import read_file
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import PermanentSourceError

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    names = st.text("abcdefgh é\",;'|\n", min_size=1).map(str.strip).filter(bool)
    columns = draw(st.lists(names, min_size=1, max_size=5, unique_by=str.casefold))
    row = st.lists(TEXT, min_size=len(columns), max_size=len(columns))
    return columns, draw(st.lists(row.filter(lambda cells: "".join(cells).strip()), max_size=8))


@settings(max_examples=150, deadline=None)
@given(table=tables(), encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_every_table_of_text_comes_back_as_it_was(
    table: tuple[list[str], list[list[str]]], encoding: str
) -> None:
    columns, rows = table
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([columns, *rows])
    with tempfile.TemporaryDirectory() as folder:
        done = read_file(Path(folder), "t.csv", text.getvalue().encode(encoding))
    assert done.manifest.columns == tuple(columns)
    assert done.rows == [dict(zip(columns, row, strict=True)) for row in rows]
    assert done.rejected == []


def test_values_are_not_touched(tmp_path: Path) -> None:
    done = read_file(
        tmp_path, "t.csv", 'a,b,c\n 1 ,"x ""y""\r\nz",\n"1,000",TRUE,31-12-2024\n5" pipe,,0\n'
    )
    assert done.rows == [
        {"a": " 1 ", "b": 'x "y"\r\nz', "c": ""},
        {"a": "1,000", "b": "TRUE", "c": "31-12-2024"},
        {"a": '5" pipe', "b": "", "c": "0"},
    ]


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ("a;b\n1;2\n", ("a", "b")),
        ("a\tb\n1\t2\n", ("a", "b")),
        ('a;"b, c"\n1;2\n', ("a", "b, c")),
        ("a,b;c\n1,2\n", ("a", "b;c")),
        ("﻿a , b\r\n1,2\r\n", ("a", "b")),
        ("\n,,\na,b\n1,2\n", ("a", "b")),
        ("a,b,,\n1,2,,\n", ("a", "b")),
        ("a,b,\n1,2\n", ("a", "b")),
    ],
)
def test_the_header_tells_the_columns(
    tmp_path: Path, content: str, columns: tuple[str, ...]
) -> None:
    done = read_file(tmp_path, "t.csv", content)
    assert done.manifest.columns == columns
    assert done.rows == [dict(zip(columns, ("1", "2"), strict=True))]


def test_blank_rows_are_no_rows(tmp_path: Path) -> None:
    done = read_file(tmp_path, "t.csv", "a,b\n1,2\n,\n\n , \n3,4\n,,,\n\n\n")
    assert done.rows == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]
    assert done.rejected == []


def test_a_header_alone_is_a_file_without_rows(tmp_path: Path) -> None:
    done = read_file(tmp_path, "t.csv", "a,b\n")
    assert (done.rows, done.manifest.columns) == ([], ("a", "b"))


def test_rows_that_do_not_fit_are_set_aside_with_their_line(tmp_path: Path) -> None:
    done = read_file(tmp_path, "t.csv", 'a,b\n1,"x\ny"\n2\n3,4,,\n"5, 6",7,8\n9,10\n')
    assert [row["a"] for row in done.rows] == ["1", "3", "9"]
    assert [(r["position"], r["text"]) for r in done.rejected] == [(4, "2"), (6, '"5, 6",7,8')]
    assert (
        "1 cells where the header has 2 columns: a separator is missing"
        in (done.rejected[0]["reason"])
    )
    assert "put a cell that contains the separator in quotes" in done.rejected[1]["reason"]
    assert (done.manifest.records, done.manifest.rejected) == (3, 2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "t.csv is empty (0 bytes)"),
        (b"\n\n,,\n", "t.csv has no header row"),
        (b"id,x,name,y,z,ID \n", "columns A and F of t.csv are called 'id' and 'ID', which differ"),
        (b"a,id,b,c,d, id\n", "columns B and F of t.csv are both called 'id'; rename one"),
        (b"a,,b\n1,2,3\n", "column B of t.csv has no name in the header row; name it, or"),
        (b'a,b\n1,2\n3,"open\n4,5\n', "t.csv, in the row that starts on line 3: a quote is not"),
        (b'a,b\n1,"x\ny"\n3,"x"y\n4,5\n', "t.csv, in the row that starts on line 4: a quote"),
        (
            b"a,b\n1,2\n3,M\xfcller\n",
            "t.csv is not UTF-8: line 3 holds the byte 0xfc (byte 12 of the file). Save it as",
        ),
        (b"M\xfcller,b\n1,2\n", "line 1 holds the byte 0xfc (byte 2 of the file)"),
        ("a,b\n".encode("utf-16") + b"\x00", "t.csv is not valid UTF-16. Save it as"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_an_error(
    tmp_path: Path, content: bytes, message: str
) -> None:
    with pytest.raises(PermanentSourceError) as error:
        read_file(tmp_path, "t.csv", content)
    assert message in str(error.value)
    assert not list((tmp_path / "landing").rglob("*.*"))


def test_a_cell_that_never_ends_is_an_open_quote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.files.csv_file._LONGEST_CELL", 1000)
    with pytest.raises(PermanentSourceError, match="row that starts on line 2: a quote"):
        read_file(tmp_path, "t.csv", 'a,b\n1,"open\n' + "2,3\n" * 1000)
