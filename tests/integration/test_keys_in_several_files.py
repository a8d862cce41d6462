"""A key in several files of one table: the last file counts, and it is told."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from files_in_parts import as_files_say, counts, day, folder_of_usage, part, read, usage
from support import NIGHT, Folder, prepare, query, rows

from pipelines.home import Home


@pytest.fixture
def folder(home: Home, tmp_path: Path) -> Folder:
    return folder_of_usage(home, tmp_path)


def superseded(folder: Folder) -> list[tuple[Any, ...]]:
    return query(
        folder.home,
        "select rows_failed, message from meta.finding where check_id = 'key_in_several_files'",
    )


def test_of_a_key_in_two_parts_the_last_file_counts_and_it_is_told(folder: Folder) -> None:
    part(folder, "a.csv", *day(1, value=1))
    part(folder, "b.csv", *day(1, accounts=2, value=2))
    report = read(folder)
    assert report.loaded is not None
    assert report.loaded.duplicates == 2
    assert usage(folder) == as_files_say(folder)
    assert superseded(folder) == [
        (
            2,
            "2 rows have the key (account_id, on, metric) of a row in another file of the same "
            "table; that of the last file, by name, is used.",
        )
    ]


def test_what_a_later_part_no_longer_has_is_as_the_earlier_one_says(folder: Folder) -> None:
    part(folder, "a.csv", *day(1, value=1))
    part(folder, "b.csv", *day(1, accounts=2, value=2))
    read(folder)
    part(folder, "b.csv", *day(1, accounts=1, value=2))
    assert counts(read(folder)) == (1, 0, 0, 1)
    assert usage(folder) == as_files_say(folder)
    part(folder, "c.csv", *day(1, accounts=5, value=3))
    read(folder)
    part(folder, "a.csv", *day(1, value=9))
    read(folder)
    assert usage(folder) == as_files_say(folder)
    (folder.path / "usage" / "b.csv").unlink()
    part(folder, "c.csv", *day(2, accounts=5))
    read(folder)
    assert usage(folder) == as_files_say(folder)
    assert superseded(folder) == []


def write_accounts(folder: Folder, region: str, *lines: str) -> None:
    folder.settings = {"entities": {"accounts": {}}}
    (folder.path / "accounts").mkdir(exist_ok=True)
    text = "\n".join(["account_id,name", *lines])
    (folder.path / "accounts" / f"{region}.csv").write_text(f"{text}\n")


def account_over_time(folder: Folder, account: str) -> list[tuple[Any, ...]]:
    """What was known of an account, by nights."""
    prepare(folder.home, folder)
    return query(
        folder.home,
        "select name, is_deleted from input.files__accounts_versions where account_id = ? "
        "order by known_on",
        account,
    )


@pytest.fixture
def nights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each read is a day after the one before."""
    passing = count()
    monkeypatch.setattr(
        "pipelines.extraction.now", lambda: NIGHT + timedelta(hours=next(passing) * 24)
    )


@pytest.mark.usefixtures("nights")
def test_an_account_that_moves_to_another_part_was_there_all_the_time(folder: Folder) -> None:
    write_accounts(folder, "emea", "1,Acme", "2,Beta")
    write_accounts(folder, "us", "3,Gamma")
    folder.read()
    write_accounts(folder, "emea", "2,Beta")
    write_accounts(folder, "us", "1,Acme", "3,Gamma")
    folder.read()
    assert account_over_time(folder, "1") == [("Acme", False), ("Acme", False)]
    assert rows(folder.home, "accounts", "account_id") == [("1",), ("2",), ("3",)]


@pytest.mark.usefixtures("nights")
def test_an_account_is_over_time_what_its_last_part_said(folder: Folder) -> None:
    others = [f"{n},x" for n in range(2, 9)]
    write_accounts(folder, "a", "1,first", *others)
    folder.read()
    write_accounts(folder, "b", "1,second", "9,x")
    folder.read()
    write_accounts(folder, "a", "1,not seen", *others)
    folder.read()
    write_accounts(folder, "b", "9,x")
    folder.read()
    write_accounts(folder, "a", *others)
    folder.read()
    assert account_over_time(folder, "1") == [
        ("first", False),
        ("second", False),
        ("second", False),
        ("not seen", False),
        ("not seen", True),
    ]
