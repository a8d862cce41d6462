"""HubSpot CRM: companies, contacts, deals, tickets, engagements, surveys.

Belongs here: the names that the registry asks for. Does not: anything else.
"""

from __future__ import annotations

from pathlib import Path

from connectors.http.fields import FieldPlaces
from connectors.hubspot.settings import Settings
from connectors.hubspot.source import HubSpotSource
from connectors.hubspot.streams import STREAMS
from connectors.hubspot.write import WRITABLE

__all__ = ["CUSTOM_FIELDS", "STREAMS", "TOOL_TYPE", "WRITABLE", "Settings", "open_source"]

TOOL_TYPE = "crm"

CUSTOM_FIELDS = FieldPlaces(objects=("properties",))


def open_source(name: str, settings: Settings, base_dir: Path) -> HubSpotSource:
    """The source called `name`; resolves no secret and asks nobody yet."""
    return HubSpotSource(name, settings, base_dir)
