"""A table in many files: night after night, the warehouse says what the files together say."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from files_in_parts import (
    HEADER,
    as_files_say,
    counts,
    day,
    days,
    folder_of_usage,
    part,
    read,
    usage,
)
from support import Folder, prepare, query, rows

from connectors.landing import LandingWriter
from connectors.manifest import manifests
from pipelines import extraction
from pipelines.home import Home
from pipelines.loading import load_landed
from pipelines.warehouse.connection import warehouse
from pipelines.warehouse.load import Status
from pipelines.warehouse.rebuild import replay_landing


@pytest.fixture
def folder(home: Home, tmp_path: Path) -> Folder:
    return folder_of_usage(home, tmp_path)


def landed_files(folder: Folder) -> list[str]:
    """Which parts the latest batch holds."""
    latest = manifests(folder.home.landing, "sheets", "usage")[-1]
    return sorted(latest.origin["files"])


def test_a_folder_called_like_an_entity_is_read_as_one_table(folder: Folder) -> None:
    folder.settings = {}
    days(folder, 1, 2, 3)
    assert counts(read(folder)) == (30, 30, 0, 0)
    assert usage(folder) == as_files_say(folder)
    prepared = query(folder.home, "select distinct attributes from input.files__usage")
    assert prepared == [(None,)], "which file a row is from is no attribute of it"


def test_a_pattern_names_the_parts(folder: Folder) -> None:
    days(folder, 1, 2)
    (folder.path / "usage" / "readme.txt").write_text("not\nread\n")
    folder.settings = {"entities": {"usage": {"file": "usage/*.csv"}}}
    assert counts(read(folder)) == (20, 20, 0, 0)


def test_parts_that_did_not_change_are_not_read_again(folder: Folder) -> None:
    days(folder, 1, 2, 3)
    read(folder)
    assert read(folder).status is Status.UNCHANGED
    days(folder, 4)
    report = read(folder)
    assert counts(report) == (10, 10, 0, 0)
    assert report.live == 40
    assert landed_files(folder) == ["usage/04.csv"]
    assert usage(folder) == as_files_say(folder)


def test_a_part_that_is_as_it_was_is_not_even_opened(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    days(folder, 1, 2)
    an_hour_on = time.time() + 3600
    monkeypatch.setattr("connectors.files.parts.time.time", lambda: an_hour_on)
    read(folder)
    opened: list[str] = []
    monkeypatch.setattr("connectors.files.source._sha256", lambda found: opened.append(found.label))
    assert read(folder).status is Status.UNCHANGED
    assert opened == []


def test_a_part_that_was_written_just_before_is_looked_at_again(folder: Folder) -> None:
    days(folder, 1)
    path = folder.path / "usage" / "01.csv"
    read(folder)
    before = path.stat()
    days_text = path.read_text().replace("seats,1", "seats,2")
    path.write_text(days_text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert counts(read(folder)) == (10, 0, 10, 0)
    assert usage(folder) == as_files_say(folder)


def test_a_change_of_one_part_changes_its_own_rows_only(folder: Folder) -> None:
    days(folder, 1, 2, 3)
    read(folder)
    part(folder, "02.csv", *day(2, accounts=8), "a8,2026-01-02,seats,7")
    assert counts(read(folder)) == (9, 0, 1, 1)
    assert usage(folder) == as_files_say(folder)


def test_rows_of_a_part_that_disappears_are_gone(folder: Folder) -> None:
    days(folder, *range(1, 8))
    read(folder)
    (folder.path / "usage" / "01.csv").unlink()
    assert counts(read(folder)) == (0, 0, 0, 10)
    assert usage(folder) == as_files_say(folder)


def test_too_much_that_disappears_is_landed_not_applied_and_told(folder: Folder) -> None:
    days(folder, 1, 2, 3)
    read(folder)
    (folder.path / "usage" / "03.csv").unlink()
    before = usage(folder)
    report = read(folder)
    assert report.status is Status.SHORT_READ
    assert "20 records where there were 30; usage/03.csv is gone." in (report.message or "")
    assert usage(folder) == before
    accepted = folder.read(accept_short_read=["sheets.usage"])["usage"]
    assert counts(accepted) == (0, 0, 0, 10)
    assert usage(folder) == as_files_say(folder)


def test_a_part_that_is_emptied_takes_its_rows_with_it_and_no_others(folder: Folder) -> None:
    days(folder, *range(1, 8))
    read(folder)
    part(folder, "03.csv")
    assert counts(read(folder)) == (0, 0, 0, 10)
    assert usage(folder) == as_files_say(folder)


def test_parts_may_be_renamed_all_at_once(folder: Folder) -> None:
    days(folder, 1, 2, 3)
    read(folder)
    before = usage(folder)
    for path in (folder.path / "usage").iterdir():
        path.rename(path.with_name(f"day-{path.name}"))
    report = read(folder)
    assert report.status is Status.APPLIED
    assert report.live == 30
    assert usage(folder) == before


def test_no_part_at_all_is_an_error_and_the_rows_stay(folder: Folder) -> None:
    folder.settings = {"entities": {"usage": {"file": "usage/*.csv"}}}
    days(folder, 1, 2)
    read(folder)
    before = usage(folder)
    for path in (folder.path / "usage").iterdir():
        path.unlink()
    report = read(folder)
    assert report.status is Status.FAILED
    assert "usage/*.csv" in (report.message or "")
    assert usage(folder) == before


# Columns


def test_parts_may_have_columns_that_others_lack(folder: Folder) -> None:
    part(folder, "a.csv", "a1,2026-01-01,seats,1")
    part(folder, "b.csv", "a1,2026-01-02,seats,1,7", header=f"{HEADER},grade")
    read(folder)
    prepare(folder.home, folder)
    told = rows(folder.home, "usage", "on", "attributes")
    assert told == [("2026-01-01", '{"grade":null}'), ("2026-01-02", '{"grade":"7"}')]
    part(folder, "a.csv", "a1,2026-01-01,seats,2")
    read(folder)
    prepare(folder.home, folder)
    assert rows(folder.home, "usage", "on", "attributes") == told


def test_a_column_that_is_written_in_two_ways_is_an_error(folder: Folder) -> None:
    part(folder, "a.csv", "a1,2026-01-01,seats,1,x", header=f"{HEADER},grade")
    part(folder, "b.csv", "a1,2026-01-02,seats,1,x", header=f"{HEADER},Grade")
    message = read(folder).message or ""
    assert "'grade' in usage/a.csv and 'Grade' in usage/b.csv differ only in case" in message


# What cannot be read


def test_a_part_that_cannot_be_read_does_not_take_the_others_with_it(folder: Folder) -> None:
    days(folder, 1, 2, 3)
    read(folder)
    part(folder, "02.csv", 'a1,2026-01-02,seats,"1')
    days(folder, 4)
    report = read(folder)
    assert report.status is Status.FAILED
    assert "usage/02.csv, in the row that starts on line 2: a quote" in (report.message or "")
    assert [row[1] for row in usage(folder)].count("2026-01-02") == 10, "as it was read last"
    assert [row[1] for row in usage(folder)].count("2026-01-04") == 10
    days(folder, 2)
    read(folder)
    assert usage(folder) == as_files_say(folder)


def test_rows_that_cannot_be_read_are_told_as_long_as_they_are_there(folder: Folder) -> None:
    part(folder, "01.csv", *day(1, accounts=50), "too,short")
    read(folder)
    days(folder, 2)
    read(folder)
    message, kept = query(
        folder.home,
        "select message, rows_failed from meta.finding where check_id = 'unreadable_row'",
    )[0]
    assert kept == 1
    set_aside = folder.home.root / message.rpartition(" in ")[2].rstrip(".")
    assert "usage/01.csv: 2 cells where the header has 4" in set_aside.read_text()


def test_a_part_that_is_saved_meanwhile_is_read_again(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    days(folder, 1, 2)
    whole = LandingWriter.write_lines

    def saved_while_read(landing: LandingWriter, lines: bytes, records: int) -> None:
        whole(landing, lines, records)
        if b"02.csv" in lines:
            part(folder, "02.csv", *day(2, value=5))

    monkeypatch.setattr(LandingWriter, "write_lines", saved_while_read)
    report = read(folder)
    assert report.status is Status.FAILED
    assert report.may_pass
    monkeypatch.undo()
    read(folder)
    assert usage(folder) == as_files_say(folder)


def test_two_that_could_be_meant_are_an_error(folder: Folder) -> None:
    days(folder, 1)
    folder.write(usage=f"{HEADER}\n")
    assert "usage.csv and usage/ in" in (read(folder).message or "")


# Kills, and making all of it again


def test_a_kill_between_landing_and_loading_loses_nothing(folder: Folder) -> None:
    days(folder, 1, 2)
    read(folder)
    days(folder, 3)
    opened = folder.opened
    (stream,) = [s for s in opened.source.streams if s.name == "usage"]
    with warehouse(folder.home.warehouse) as con:
        ((cursor,),) = con.execute(
            "select cursor from meta.stream_state where stream = 'usage'"
        ).fetchall()
    errand = extraction.Errand(folder.home, opened, stream, "killed", cursor)
    assert len(list(extraction.landed(errand))) == 1
    with warehouse(folder.home.warehouse) as con:
        load_landed(con, folder.home.landing)
    assert read(folder).status is Status.UNCHANGED
    assert usage(folder) == as_files_say(folder)


def everything(home: Home) -> list[list[tuple[Any, ...]]]:
    return [
        query(home, f"select * from {table} order by all")
        for table in ("raw.sheets__usage", "meta.superseded_record", "meta.batch", "meta.finding")
    ]


def test_a_rebuild_gives_the_same_from_landing_alone(folder: Folder) -> None:
    days(folder, *range(1, 8))
    read(folder)
    part(folder, "02.csv", *day(2, value=3), *day(1, accounts=2, value=3))
    (folder.path / "usage" / "07.csv").unlink()
    read(folder)
    before = everything(folder.home)
    replay_landing(folder.home)
    assert everything(folder.home) == before
    assert len(before[1]) == 2


def test_one_file_may_become_many_and_many_one(folder: Folder) -> None:
    (folder.path / "usage").rename(folder.path / "later")
    folder.write(usage="\n".join([HEADER, *day(1), *day(2)]))
    read(folder)
    before = usage(folder)
    (folder.path / "usage.csv").unlink()
    (folder.path / "later").rename(folder.path / "usage")
    days(folder, 1, 2)
    assert read(folder).live == 20
    assert usage(folder) == before
    for path in (folder.path / "usage").iterdir():
        path.unlink()
    folder.write(usage="\n".join([HEADER, *day(1), *day(2)]))
    assert read(folder).live == 20
    assert usage(folder) == before


def test_rows_without_a_key_are_told_apart_in_parts_too(folder: Folder) -> None:
    folder.settings = {"entities": {}, "files": {"usage/*.csv": {}}}
    part(folder, "a.csv", "x,2026-01-01,seats,1", "x,2026-01-01,seats,1", *day(1))
    part(folder, "b.csv", "x,2026-01-01,seats,1")
    assert read(folder).live == 13
    part(folder, "b.csv")
    assert counts(read(folder)) == (0, 0, 0, 1)
