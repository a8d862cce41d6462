"""How much of the machine the computing may take.

Belongs here: the keys below `duckdb` of sources.yaml. Does not: opening anything with them
(warehouse/connection).
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from pipelines.config.base import Positive, Section, Text

_MEMORY = re.compile(r"^[1-9]\d*(\.\d+)? ?[KMGT]i?B$")


def _memory(value: Any) -> Any:
    if not _MEMORY.fullmatch(str(value)):
        raise ValueError(f'"{value}" is not an amount of memory; write it like 8GB')
    return value


Memory = Annotated[
    Text,
    BeforeValidator(_memory),
    WithJsonSchema({"type": "string", "pattern": _MEMORY.pattern}),
]


class DuckDB(Section):
    """What a night's tables are computed with."""

    memory: Memory | None = Field(
        None,
        description="What DuckDB may hold in memory, as 8GB; the rest goes to files beside the "
        "warehouse, for the time of a night. Default: 80 % of what the machine, or its container, "
        "has. Python takes up to 1 GB besides.",
    )
    threads: Positive | None = Field(
        None, description="How many cores it computes on. Default: all that there are."
    )

    @property
    def options(self) -> dict[str, str | int]:
        """What of it is said, by DuckDB's names."""
        said = {"memory_limit": self.memory, "threads": self.threads}
        return {name: value for name, value in said.items() if value is not None}
