"""Servers on loopback that speak the vendors' wire formats, one module a vendor.

Belongs here: what the vendors' own systems do, as their documentation and recorded replies show
it. Does not: anything taken from the connectors' code.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from sandbox.servers.vendor import Vendor

_MODULES = {
    "custify": "sandbox.servers.custify",
    "gainsight": "sandbox.servers.gainsight",
    "google_calendar": "sandbox.servers.google_calendar",
    "hubspot": "sandbox.servers.hubspot",
    "salesforce": "sandbox.servers.salesforce",
    "zendesk": "sandbox.servers.zendesk",
}


def vendor(kind: str) -> Vendor:
    """A fresh, empty system of a kind of source."""
    make: Callable[[], Vendor] = import_module(_MODULES[kind]).System
    return make()


def vendors() -> tuple[str, ...]:
    """The kinds for which there is a system."""
    return tuple(_MODULES)
