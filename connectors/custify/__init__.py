"""Custify as a source: companies, people, tasks, notes, meetings and health scores.

Belongs here: the names that the registry asks for. Does not: anything else.
"""

from __future__ import annotations

from pathlib import Path

from connectors.custify.settings import Settings
from connectors.custify.source import CustifySource
from connectors.custify.streams import STREAMS
from connectors.custify.write import WRITABLE
from connectors.http.fields import FieldPlaces

__all__ = ["CUSTOM_FIELDS", "STREAMS", "TOOL_TYPE", "WRITABLE", "Settings", "open_source"]

TOOL_TYPE = "csp"

CUSTOM_FIELDS = FieldPlaces(objects=("custom_attributes", "", "metrics", "details"))
"""Custom attributes first, then Custify's own fields, calculated metrics, a nested person."""


def open_source(name: str, settings: Settings, base_dir: Path) -> CustifySource:
    """The source called `name`; touches no network and no secret yet."""
    return CustifySource(name, settings, base_dir)
