"""dbt on a home's warehouse: parsing the project, running a command, how its nodes end.

Belongs here: what a command of ours says to dbt. Does not: the process that it runs in
(dbt_process), what Dagster makes of it (assets/models), words for people (dbt_failures).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.dbt_process import Command, Ended, Event, NodeResult, dbt_process
from pipelines.home import DBT_PROJECT_DIR, KINDS_VARIABLE, WAREHOUSE_VARIABLE, Home
from pipelines.warehouse.connection import OPTIONS_VARIABLE, limits

GRAIN = "grain"
GRAINS = f"tag:{GRAIN}"
"""Tests of a model's key. The shape check looks at the keys that a night must not get wrong (of
canonical and public tables); those of the models in between are tried by the tests."""

BUILD = [
    *("--no-write-json", "build"),
    *("--exclude-resource-type", "unit_test"),  # they try the SQL on made-up rows
    *("--exclude", GRAINS),
]
"""What a night tells dbt."""


class DbtFailed(Exception):
    """A command failed, in a node or before it came to any; `results` holds each node's."""

    def __init__(self, message: str, results: Sequence[NodeResult]) -> None:
        super().__init__(message)
        self.results = results


@dataclass(frozen=True)
class Dbt:
    """The project as it is for some kinds of source, on the warehouse of a home.

    While a command runs nothing else may have the warehouse open; nothing has it afterwards.
    """

    home: Home
    kinds: Collection[str]
    project_dir: Path = DBT_PROJECT_DIR

    def parse(self) -> None:
        """Read the project; leaves its manifest in the home."""
        _to_the_end(self._ended_well(self._command(["parse", "--quiet"], is_parsed=False)))

    def make_ready(self, arguments: Sequence[str]) -> None:
        """Have dbt's process started, and the project taken in for a command that will come."""
        dbt_process().make_ready(self._command(arguments, is_parsed=True))

    def run(self, arguments: Sequence[str]) -> Sequence[NodeResult]:
        """Run a command on the parsed project: each node's result. Raises `DbtFailed`."""
        return _to_the_end(self.follow(arguments))

    def follow(self, arguments: Sequence[str]) -> Generator[Event, None, Sequence[NodeResult]]:
        """The same, giving how each node ended as it does. Closing the iterator stops dbt."""
        return self._ended_well(self._command(arguments, is_parsed=True))

    def _ended_well(self, command: Command) -> Generator[Event, None, Sequence[NodeResult]]:
        ended: Ended = yield from dbt_process().follow(command)
        if ended.message is not None:
            raise DbtFailed(ended.message, ended.results)
        return ended.results

    def _command(self, arguments: Sequence[str], *, is_parsed: bool) -> Command:
        target = self.home.dbt_target
        options: dict[str, str | Path] = {
            "--target-path": target,
            "--log-path": target,
            "--log-level": "none",  # its process tells what it says, at less cost
            "--log-level-file": "none",  # and whoever runs this keeps it
            "--project-dir": self.project_dir,
            "--profiles-dir": self.project_dir,
        }
        return Command(
            [*arguments, *(str(word) for option in options.items() for word in option)],
            {
                WAREHOUSE_VARIABLE: str(self.home.warehouse),
                KINDS_VARIABLE: ";".join(sorted(self.kinds)),
                OPTIONS_VARIABLE: json.dumps(limits()),
            },
            target / "partial_parse.msgpack" if is_parsed else None,
        )


def _to_the_end(following: Generator[Event, None, Sequence[NodeResult]]) -> Sequence[NodeResult]:
    while True:
        try:
            next(following)
        except StopIteration as ended:
            results: Sequence[NodeResult] = ended.value
            return results
