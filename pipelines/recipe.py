"""What the tables are made by: the SQL, the programs that run it, the configuration.

Belongs here: telling whether that changed. Does not: what dbt keeps while it did not (its models).
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

from pipelines.home import DBT_PROJECT_DIR

_FOLDERS = ("models", "macros")
_PROGRAMS = ("dbt-core", "dbt-duckdb", "duckdb")


def recipe_version(config_version: str, project_dir: Path = DBT_PROJECT_DIR) -> str:
    """A fingerprint: equal only where the same records on the same day make the same tables."""
    programs = " ".join(f"{name} {version(name)}" for name in _PROGRAMS)
    made_by = "\n".join((_project(project_dir), programs, config_version))
    return hashlib.sha256(made_by.encode()).hexdigest()


@cache
def _project(project_dir: Path) -> str:
    found = hashlib.sha256()
    files = [path for folder in _FOLDERS for path in (project_dir / folder).rglob("*.*")]
    for path in sorted([*files, *project_dir.glob("*.yml")]):
        content = path.read_bytes()
        found.update(f"{path.relative_to(project_dir)} {len(content)}\n".encode())
        found.update(content)
    return found.hexdigest()
