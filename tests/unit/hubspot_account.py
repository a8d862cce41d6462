"""A HubSpot account for the tests of its connector, and looking at what was read of it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from vendor_reading import Connected, Read

from connectors.hubspot import STREAMS
from connectors.hubspot.streams import ObjectStream
from sandbox.servers.hubspot import System
from tests.support import records as rows_of

OBJECTS = [stream.name for stream in STREAMS if isinstance(stream, ObjectStream)]


def filled_account() -> System:
    """An account with seven records of each kind; a page holds three."""
    system = System()
    system.page_limit = system.search_limit = 3
    for stream in STREAMS:
        system.fill(stream.name, 7)
    system.now += timedelta(hours=1)
    return system


def example_id(system: System, stream: str, number: int) -> str:
    return str(system.example(stream, number)["id"])


def ids(read: Read) -> list[str]:
    return [record["id"] for record in read.records]


def state(hubspot: Connected, stream: str) -> dict[str, Any]:
    return json.loads(hubspot.cursors[stream] or "{}")


def live_and_deleted(hubspot: Connected, stream: str) -> dict[str, bool]:
    """Which records of a stream the warehouse holds now, and whether each is deleted."""
    sql = f"select record_key, is_deleted from raw.hubspot__{stream} where is_current"
    return {row["record_key"]: row["is_deleted"] for row in rows_of(hubspot.home, sql)}
