"""Gainsight CS (NXT) as a source.

Belongs here: the names that the registry asks for. Does not: anything else.
"""

from __future__ import annotations

from pathlib import Path

from connectors.gainsight.settings import Settings
from connectors.gainsight.source import GainsightSource
from connectors.gainsight.streams import STREAMS
from connectors.http.fields import FieldPlaces

__all__ = ["CUSTOM_FIELDS", "STREAMS", "TOOL_TYPE", "Settings", "open_source"]

TOOL_TYPE = "csp"

CUSTOM_FIELDS = FieldPlaces(objects=("",))


def open_source(name: str, settings: Settings, base_dir: Path) -> GainsightSource:
    """The source called `name`; asks nothing and resolves no secret yet."""
    return GainsightSource(name, settings, base_dir)
