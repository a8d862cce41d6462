"""What is wrong with the configuration, in words for the person who edits it.

Belongs here: how a problem is carried and shown. Does not: finding one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One thing to correct: where it is, and what to do about it."""

    file: str
    line: int | None
    key: str
    message: str

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (where, self.key, self.message) if part)


class ConfigError(Exception):
    """The configuration cannot be used; `problems` lists all that is wrong, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems, key=lambda p: (p.file, p.line or 0, p.key, p.message))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True)
class Fault:
    """A problem before its file and line are known; `path` is relative to what was checked."""

    path: KeyPath
    message: str


class Faults(ValueError):
    """Raised by checks that look at several keys, so that each fault keeps its own place."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(fault.message for fault in self.faults))


def raise_if_any(faults: Iterable[Fault]) -> None:
    """Raise `Faults` unless there are none."""
    if found := tuple(faults):
        raise Faults(found)
