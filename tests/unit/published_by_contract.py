"""A serving file made by hand: every public table as its contract declares it, with the rows given.

Belongs here: making the file. Does not: what is in it (the tests).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from pipelines.home import DBT_PROJECT_DIR, Home

PUBLIC = ("core", "marts", "ops")


@cache
def contracts() -> tuple[str, ...]:
    """Statements that create the public tables, empty, with their comments."""
    files = (path for room in PUBLIC for path in (DBT_PROJECT_DIR / "models" / room).rglob("*.yml"))
    models = (
        model
        for path in sorted(files)
        for model in (yaml.load(path.read_text(), yaml.CSafeLoader) or {}).get("models", [])
    )
    return tuple(line for model in models if "columns" in model for line in _table(model))


def _table(model: dict[str, Any]) -> list[str]:
    name = model["name"]
    columns = [c for c in model["columns"] if "data_type" in c]
    declared = ", ".join(f'"{c["name"]}" {c["data_type"]}' for c in columns)
    comments = [
        f"""comment on column "{name}"."{c["name"]}" is '{_text(c.get("description", ""))}'"""
        for c in columns
    ]
    table = f"comment on table \"{name}\" is '{_text(model.get('description', ''))}'"
    return [f'create table "{name}" ({declared})', table, *comments] if columns else []


def _text(words: str) -> str:
    return " ".join(words.split()).replace("'", "''")


def publish(root: Path, *rows: str) -> Home:
    """A home whose serving file holds the public tables, filled by the statements given."""
    home = Home(root)
    home.serving.mkdir(parents=True)
    with duckdb.connect(str(home.serving_database)) as con:
        con.execute("set TimeZone = 'UTC'; begin; create schema coverage; use coverage")
        con.execute("; ".join([*contracts(), *rows, "commit"]))
    return home
