"""What dbt's staging models make of the streams: which canonical entities and fields.

Belongs here: reading it from its one home, the YAML beside the staging models. Does not: SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from pipelines.home import DBT_PROJECT_DIR


@dataclass(frozen=True)
class StagingModel:
    """A staging model over the records of an API: what it is made of and which fields it fills."""

    name: str
    kind: str
    entity: str
    streams: tuple[str, ...]
    carries: tuple[str, ...]


@cache
def staging_models(project_dir: Path = DBT_PROJECT_DIR) -> tuple[StagingModel, ...]:
    """All staging models that declare what they carry, in alphabetical order of their files."""
    found = []
    for path in sorted((project_dir / "models" / "staging").glob("*/*.yml")):
        for model in yaml.load(path.read_text(), yaml.CSafeLoader).get("models", []):
            meta = model.get("config", {}).get("meta", {})
            if "carries" in meta:
                found.append(
                    StagingModel(
                        name=model["name"],
                        kind=meta["kind"],
                        entity=meta["entity"],
                        streams=tuple(meta["streams"]),
                        carries=tuple(meta["carries"]),
                    )
                )
    return tuple(found)
