"""An org with some of everything, for the tests of the Salesforce source.

Belongs here: filling the org, and what tests say of requests and refusals. Does not: what any
test expects.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from vendor_reading import Connected, Read

from connectors.salesforce import STREAMS
from sandbox.servers.salesforce import System
from sandbox.servers.vendor import Fault

ALL = tuple(stream.name for stream in STREAMS)
QUERY = "/queryAll$"
NEXT_PAGE = "/query/"


def filled_org() -> System:
    """An org with 25 records of every object; a page holds 10."""
    system = System()
    system.page_limit = 10
    for stream in ALL:
        system.fill(stream, 25)
    system.now += timedelta(minutes=5)
    return system


def ids(read: Read) -> set[str]:
    """The ids of what was read."""
    return {record["Id"] for record in read.records}


def queries(org: Connected) -> list[str]:
    """The queries for records that arrived, in order."""
    return [query["q"][0] for query in org.seen("/queryAll") if "COUNT()" not in query["q"][0]]


def soql_moment(text: str) -> str:
    """A time of a record as a query writes it."""
    return text.replace(".000+0000", "Z")


def refusal(status: int, code: str, message: str = "", **how: Any) -> Fault:
    """An error as the API writes it."""
    body = msgspec.json.encode([{"message": message, "errorCode": code}])
    return Fault(status=status, body=body, **how)
