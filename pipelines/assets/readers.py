"""What reads the published tables and is run by others: where the graph ends.

Belongs here: dbt's exposures that say where they are read. Does not: readers that the night makes
(report, postgres, write_back), which are assets of their own.
"""

from __future__ import annotations

import json
from pathlib import Path

import dagster as dg

from pipelines.assets.common import OWNERS, READ_BY
from pipelines.assets.published import PUBLISHED


def outside_readers(manifest_path: Path) -> list[dg.AssetSpec]:
    """An asset, which no run makes, for each exposure whose `meta.read_in` names a tool."""
    manifest = json.loads(manifest_path.read_text())
    return [
        dg.AssetSpec(
            [READ_BY, exposure["name"]],
            deps=[
                dg.AssetKey([PUBLISHED, manifest["nodes"][model]["name"]])
                for model in exposure["depends_on"]["nodes"]
            ],
            description=f"{exposure['label']}: {' '.join(exposure['description'].split())}",
            group_name=READ_BY,
            kinds={tool},
            owners=OWNERS,
        )
        for exposure in manifest["exposures"].values()
        if (tool := exposure["config"]["meta"].get("read_in"))
    ]
