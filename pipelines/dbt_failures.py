"""What dbt's latest command says failed, in words for the person who must act.

Belongs here: reading dbt's results. Does not: running dbt. A test that has something to say to
people gives it as the column `message` of the rows it finds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

_RESULTS = "run_results.json"
_SHOWN_ROWS = 5


def forget_results(target: Path) -> None:
    """So that the results of an earlier command are not taken for those of the next."""
    (target / _RESULTS).unlink(missing_ok=True)


def failures(target: Path, warehouse: Path) -> list[str]:
    """Each model or test that failed and why; empty when dbt did not come so far."""
    path = target / _RESULTS
    if not path.exists():
        return []
    with duckdb.connect(str(warehouse), read_only=True) as con:
        return [
            message
            for result in json.loads(path.read_text())["results"]
            if result["status"] in ("fail", "error")
            for message in _messages(con, result)
        ]


def _messages(con: duckdb.DuckDBPyConnection, result: dict[str, Any]) -> Iterator[str]:
    name = result["unique_id"].split(".")[2]
    if result["status"] == "fail" and (code := result.get("compiled_code")):
        found = con.execute(f"from ({code}\n) limit {_SHOWN_ROWS}")
        columns = [column[0] for column in found.description or ()]
        if "message" in columns:
            yield from (row[columns.index("message")] for row in found.fetchall())
            return
    yield f"{name}: {result['message']}"
