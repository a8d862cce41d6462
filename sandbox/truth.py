"""What is true in the firm, written down for tests.

Belongs here: every fact, as it is, and who is who. Does not: anything that the product may read.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from sandbox.company.facts import Customer, Team
from sandbox.company.settings import Settings
from sandbox.systems.filing import Filing
from sandbox.systems.identities import identities


def write_truth(settings: Settings, folder: Path, now: datetime) -> None:
    """Write each kind of fact to `<kind>.jsonl.gz`, and identities as they are at an instant.

    Facts are told until the end of the simulation, whatever the instant: each says itself since
    when it is known. One customer is held in memory at a time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    filing = Filing(settings)
    with ExitStack() as open_files:
        files = {
            name: open_files.enter_context(_create(folder / f"{name}.jsonl.gz"))
            for name in _names()
        }
        for person in fields(Team):
            _write(files[person.name], getattr(filing.team, person.name))
        for customer, _ in filing.customers():
            _write(files["account"], [customer.account])
            for each in fields(Customer)[1:]:
                _write(files[each.name], getattr(customer, each.name))
        _write(files["identities"], identities(settings, now))


def read_truth(folder: Path, name: str) -> list[dict[str, Any]]:
    """The facts of a kind, or the identities."""
    with gzip.open(folder / f"{name}.jsonl.gz", "rb") as lines:
        return [msgspec.json.decode(line) for line in lines]


def _names() -> tuple[str, ...]:
    of_facts = (each.name for kind in (Customer, Team) for each in fields(kind))
    return tuple(dict.fromkeys([*of_facts, "identities"]))


def _create(path: Path) -> gzip.GzipFile:
    """A file whose bytes do not tell when it was made."""
    return gzip.GzipFile(path, "wb", compresslevel=1, mtime=0)


def _write(file: gzip.GzipFile, facts: Iterable[Any]) -> None:
    for fact in facts:
        file.write(msgspec.json.encode(fact) + b"\n")
