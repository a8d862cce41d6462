"""HubSpot CRM as its documentation and recorded replies show it: objects, search, associations.

Belongs here: the system's name. Does not: anything else.
"""

from __future__ import annotations

from sandbox.servers.hubspot.system import System

__all__ = ["System"]
