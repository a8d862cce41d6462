"""A made-up Salesforce org: OAuth, describe, SOQL over REST, deleted records, Bulk API 2.0.

Belongs here: the name that the servers' registry asks for. Does not: anything else.
"""

from __future__ import annotations

from sandbox.servers.salesforce.system import System

__all__ = ["System"]
