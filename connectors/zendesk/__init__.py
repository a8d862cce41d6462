"""Zendesk Support: tickets, people, organizations and satisfaction ratings.

Belongs here: the names that the registry asks for. Does not: anything else.
"""

from __future__ import annotations

from pathlib import Path

from connectors.http.fields import FieldPlaces
from connectors.zendesk.settings import Settings
from connectors.zendesk.source import ZendeskSource
from connectors.zendesk.streams import STREAMS

__all__ = ["CUSTOM_FIELDS", "STREAMS", "TOOL_TYPE", "Settings", "open_source"]

TOOL_TYPE = "support"

CUSTOM_FIELDS = FieldPlaces(
    objects=("organization_fields", "user_fields", ""), id_value_lists=("custom_fields",)
)


def open_source(name: str, settings: Settings, base_dir: Path) -> ZendeskSource:
    """The source called `name`; resolves no secret and touches no network yet."""
    return ZendeskSource(name, settings, base_dir)
