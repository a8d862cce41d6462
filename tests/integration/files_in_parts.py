"""A folder of daily exports of usage, which the tests of tables in many files write and read.

Belongs here: what several of those tests do to it and ask of it. Does not: what should come out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from support import Folder, prepare, rows

from pipelines.home import Home
from pipelines.loading import ReadReport

HEADER = "account_id,on,metric,value"


def folder_of_usage(home: Home, root: Path) -> Folder:
    """An empty one."""
    (root / "exports" / "usage").mkdir(parents=True)
    return Folder(home, root / "exports", settings={"entities": {"usage": {}}})


def part(folder: Folder, name: str, *lines: str, header: str = HEADER) -> Path:
    """Write one part."""
    path = folder.path / "usage" / name
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def day(number: int, accounts: int = 10, value: int = 1) -> list[str]:
    """What a daily export holds."""
    return [f"a{a},2026-01-{number:02d},seats,{value}" for a in range(accounts)]


def days(folder: Folder, *numbers: int) -> None:
    for number in numbers:
        part(folder, f"{number:02d}.csv", *day(number))


def read(folder: Folder) -> ReadReport:
    return folder.read()["usage"]


def counts(report: ReadReport) -> tuple[int, int, int, int]:
    """How many rows were landed, and how many of them are new, changed, gone."""
    assert report.loaded is not None
    loaded = report.loaded
    return (loaded.records, loaded.new, loaded.changed, loaded.deleted)


def usage(folder: Folder) -> list[tuple[Any, ...]]:
    prepare(folder.home, folder)
    return rows(folder.home, "usage", "account_id", "on", "value")


def as_files_say(folder: Folder) -> list[tuple[Any, ...]]:
    """What all parts hold, of each key what the last file says."""
    said: dict[tuple[str, str], str] = {}
    for path in sorted((folder.path / "usage").iterdir()):
        for line in path.read_text().splitlines()[1:]:
            account, on, _, value = line.split(",")
            said[account, on] = value
    return sorted((*key, value) for key, value in said.items())
