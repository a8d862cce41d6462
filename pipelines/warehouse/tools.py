"""The team's tools as SQL reads them.

Belongs here: meta.tool. Does not: which tools there are (config), which are needed (dbt).
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from pipelines.config.tools import KnownTool


def write_tools(con: duckdb.DuckDBPyConnection, tools: Sequence[KnownTool]) -> None:
    """Replace `meta.tool`: a row a tool and type."""
    con.execute("delete from meta.tool")
    for tool in tools:
        con.execute(
            "insert into meta.tool values (?, ?, ?, ?, ?, ?)",
            [
                tool.name,
                tool.type,
                tool.source,
                tool.is_declared,
                list(tool.capabilities),
                tool.recording_max_min,
            ],
        )
