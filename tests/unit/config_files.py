"""What the tests of the configuration share: the shipped files, and folders made from them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from pipelines.config import ConfigError, load_config, load_models
from pipelines.config.yaml_document import read_document

CONFIG = Path(__file__).parents[2] / "config"
DEFAULT_MODEL = CONFIG / "models" / "2024-01-01.yaml"


def default_data() -> dict[str, Any]:
    """The shipped model as plain data, free to be changed."""
    return copy.deepcopy(read_document(DEFAULT_MODEL).data)


def model_messages(tmp_path: Path, change: Callable[[dict[str, Any]], object]) -> list[str]:
    """What is said about the default model after a change: `key: message`."""
    data = default_data()
    change(data)
    path = tmp_path / "models" / "2026-01-01.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    try:
        load_models(path.parent)
    except ConfigError as error:
        return [f"{problem.key}: {problem.message}" for problem in error.problems]
    return []


def sources_messages(tmp_path: Path, text: str) -> list[str]:
    """What is said about a `sources.yaml`: `line: key: message`."""
    (tmp_path / "sources.yaml").write_text(text, encoding="utf-8")
    try:
        load_config(tmp_path)
    except ConfigError as error:
        return [f"{p.line}: {p.key}: {p.message}" for p in error.problems]
    return []
