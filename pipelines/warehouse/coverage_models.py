"""The coverage models as SQL reads them.

Belongs here: schema meta's coverage_model. Does not: what a key means (config), or the tables
made of it (dbt).
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence

import duckdb

from pipelines.config.coverage_model import CoverageModel
from pipelines.config.resolved import resolved


def write_coverage_models(con: duckdb.DuckDBPyConnection, models: Sequence[CoverageModel]) -> None:
    """Replace `meta.coverage_model`: one row a model, in force until the next one."""
    con.execute("delete from meta.coverage_model")
    ordered = sorted(models, key=lambda model: model.effective_from)
    for model, successor in itertools.zip_longest(ordered, ordered[1:]):
        con.execute(
            "insert into meta.coverage_model values (?, ?, ?)",
            [
                model.effective_from,
                successor.effective_from if successor else None,
                json.dumps(resolved(model), ensure_ascii=False),
            ],
        )
