"""Salesforce as a source: SOQL over REST by what changed, Bulk API 2.0 for what is large.

Belongs here: the names that the registry asks for. Does not: anything else.
"""

from __future__ import annotations

from pathlib import Path

from connectors.http.fields import FieldPlaces
from connectors.salesforce.settings import Settings
from connectors.salesforce.source import SalesforceSource
from connectors.salesforce.streams import STREAMS
from connectors.salesforce.write import WRITABLE

__all__ = ["CUSTOM_FIELDS", "STREAMS", "TOOL_TYPE", "WRITABLE", "Settings", "open_source"]

TOOL_TYPE = "crm"

CUSTOM_FIELDS = FieldPlaces(objects=("",))


def open_source(name: str, settings: Settings, base_dir: Path) -> SalesforceSource:
    """The source called `name`; asks nothing and resolves no secret yet."""
    return SalesforceSource(name, settings, base_dir)
