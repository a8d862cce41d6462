"""The product's configuration for the firm's systems.

Belongs here: sources.yaml. Does not: what each system adds to it (its own module).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from sandbox.servers.vendor import Vendor
from sandbox.systems import custify, hubspot, salesforce, spreadsheets, zendesk
from sandbox.systems.landscape import (
    CALENDARS,
    CUSTIFY,
    HUBSPOT,
    SALESFORCE,
    SHEETS,
    SOURCES,
    ZENDESK,
)

_HEAD = """\
# The systems of a made-up firm, served on loopback. Secrets are in the file `env` beside this one.
"""
_OWN = {
    SALESFORCE: salesforce.settings,
    HUBSPOT: hubspot.settings,
    CUSTIFY: custify.settings,
    ZENDESK: zendesk.settings,
    CALENDARS: dict,
}
_PRIORITY = {
    field: [SHEETS] for field in ("users.role", "users.team", "users.ended_on", "users.time_zone")
}
"""The list of people is right where systems only guess."""
_TOOLS: list[dict[str, Any]] = [
    {"name": "Salesforce", "type": "crm", "source": SALESFORCE, "can": ["csp_integrated"]},
    {"name": "HubSpot", "type": "crm", "source": HUBSPOT},
    {
        "name": "Custify",
        "type": "csp",
        "source": CUSTIFY,
        "can": ["calculated_metrics", "collaboration"],
    },
    {"name": "Zendesk", "type": "support", "source": ZENDESK, "can": ["chat"]},
    {"name": "Post", "type": "email", "can": ["crm_integrated"]},
    {"name": "Screen", "type": "video", "recording_max_min": 45},
]
"""What the team works with: enough for some ways to distribute CSMs, too little for others."""


def sources_yaml(systems: Mapping[str, Vendor], addresses: Mapping[str, str]) -> str:
    """The text of sources.yaml for systems at their addresses, and the folder of sheets."""
    sources: dict[str, Any] = {
        name: {**systems[name].settings(addresses[name]), **_OWN[name]()}
        for name in SOURCES
        if name != SHEETS
    }
    sources[SHEETS] = {"kind": "files", "path": SHEETS, **spreadsheets.settings()}
    written = {
        "time_zone": "UTC",
        "currency": "USD",
        "fx": {"EUR": 1.08, "GBP": 1.27},
        "field_priority": _PRIORITY,
        "tools": _TOOLS,
        "sources": sources,
    }
    return _HEAD + yaml.safe_dump(written, sort_keys=False, allow_unicode=True, width=100)


def write_sources(
    folder: Path, systems: Mapping[str, Vendor], addresses: Mapping[str, str]
) -> None:
    """Write sources.yaml into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sources.yaml").write_text(sources_yaml(systems, addresses), encoding="utf-8")
