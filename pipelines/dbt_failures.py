"""What a dbt command says failed, in words for the person who must act.

Belongs here: reading dbt's results, and the rows that failed tests found. Does not: running dbt. A
test that has something to say to people gives it as the column `message` of the rows it finds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.dbt_process import NodeResult

_SHOWN_MESSAGES = 5
_SHOWN_ROWS = 20


@dataclass(frozen=True)
class FailingRows:
    """The rows that a test found: the first of them, and how many there are."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    total: int

    @property
    def messages(self) -> list[str]:
        """What the first rows say to people; nothing where the test has no such column."""
        if "message" not in self.columns:
            return []
        place = self.columns.index("message")
        return [str(row[place]) for row in self.rows[:_SHOWN_MESSAGES]]

    def broken(self, promise: str) -> str:
        """How many rows break what a test promises."""
        return f"{self.total:,} row{'s' if self.total > 1 else ''} break this: {promise}"


def failing_rows(results: Sequence[NodeResult], warehouse: Path) -> dict[str, FailingRows]:
    """By test that did not pass, the rows it found. A test whose rows cannot be read (any more) is
    not among them."""
    broken = [r for r in results if r.status in ("fail", "warn") and r.compiled_code]
    if not broken:
        return {}
    found = {}
    with duckdb.connect(str(warehouse), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        for result in broken:
            try:
                found[result.name] = _rows(con, result.compiled_code or "")
            except duckdb.Error:
                continue
    return found


def failures(
    results: Sequence[NodeResult],
    rows: Mapping[str, FailingRows],
    promises: Mapping[str, str],
) -> list[str]:
    """Each model or test that failed and why; empty when dbt did not come so far.

    `rows` are those that failed tests found, `promises` what tests mean, both by test.
    """
    failed = [result for result in results if result.status in ("fail", "error")]
    return [line for r in failed for line in _lines(r, rows.get(r.name), promises.get(r.name))]


def _lines(result: NodeResult, rows: FailingRows | None, promise: str | None) -> list[str]:
    if rows is None:
        return [f"{result.name}: {result.message}"]
    return rows.messages or [f"{result.name}: {rows.broken(promise or result.name)}"]


def _rows(con: duckdb.DuckDBPyConnection, code: str) -> FailingRows:
    total = con.execute(f"select count(*) from ({code}\n)").fetchall()[0][0]
    found = con.execute(f"from ({code}\n) order by all limit {_SHOWN_ROWS}")
    columns = tuple(column[0] for column in found.description or ())
    return FailingRows(columns, tuple(found.fetchall()), total)
