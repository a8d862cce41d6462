"""What a dbt command says failed, in words for the person who must act.

Belongs here: reading dbt's results. Does not: running dbt. A test that has something to say to
people gives it as the column `message` of the rows it finds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from pipelines.dbt_process import NodeResult

_SHOWN_ROWS = 5


def failures(results: Sequence[NodeResult], warehouse: Path) -> list[str]:
    """Each model or test that failed and why; empty when dbt did not come so far."""
    failed = [result for result in results if result.status in ("fail", "error")]
    if not failed:
        return []
    with duckdb.connect(str(warehouse), read_only=True) as con:
        return [message for result in failed for message in _messages(con, result)]


def _messages(con: duckdb.DuckDBPyConnection, result: NodeResult) -> Iterator[str]:
    if result.status == "fail" and (code := result.compiled_code):
        found = con.execute(f"from ({code}\n) limit {_SHOWN_ROWS}")
        columns = [column[0] for column in found.description or ()]
        if "message" in columns:
            yield from (row[columns.index("message")] for row in found.fetchall())
            return
    yield f"{result.name}: {result.message}"
