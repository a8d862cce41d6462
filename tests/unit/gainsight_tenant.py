"""A made-up Gainsight tenant and sources that read it, for the tests of the connector.

Belongs here: filling the tenant, connecting, looking at what was asked and loaded. Does not: what
is expected.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from scripted_http import QuickClock
from vendor_reading import Connected, Read, connected

from connectors.gainsight import STREAMS
from sandbox.servers.gainsight import System
from sandbox.servers.gainsight_examples import gsid
from sandbox.servers.vendor import Record
from tests.support import records as rows_of

QUERY = "objects/query/"
MANY = 100_000
LOGS = ("delete_log", "delete_log_high_volume", "deleted_ctas")


class TenantClock(QuickClock):
    """The time is the tenant's, and waiting lets it pass."""

    def __init__(self, system: System) -> None:
        super().__init__()
        self.system = system
        self.waited_s = 0.0

    def now(self) -> datetime:
        return self.system.now

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.waited_s += seconds
        self.system.now += timedelta(seconds=seconds)


class Tenants:
    """Connections to one tenant; pages hold ten records."""

    def __init__(self, folder: Path, open_until: ExitStack) -> None:
        self.system = System()
        self._folder, self._open, self._connections = folder, open_until, 0

    def connect(self, **settings: Any) -> Connected:
        usual = {"page_size": 10, "requests_per_minute": MANY, "ctas_since": "2025-01-01"}
        self._connections += 1
        folder = self._folder / str(self._connections)
        at = self._open.enter_context(connected(self.system, folder, **{**usual, **settings}))
        at.source.clock = at.clock = TenantClock(self.system)
        return at


@contextmanager
def filled(folder: Path) -> Iterator[Tenants]:
    """A tenant with 25 records of everything but logs, an hour ago."""
    with ExitStack() as open_until:
        made = Tenants(folder, open_until)
        for stream in STREAMS:
            if stream.name not in LOGS:
                made.system.fill(stream.name, 25)
        made.system.now += timedelta(hours=1)
        yield made


def ids(read: Read, field: str = "Gsid") -> list[str]:
    return [record[field] for record in read.records]


def asked(at: Connected, path: str = QUERY) -> list[Record]:
    """The bodies of the requests that arrived."""
    return [json.loads(request.body) for request in at.system.seen if path in request.path]


def change(at: Connected, stream: str, number: int, **fields: Any) -> None:
    key = list(at.system.records[stream])[number - 1]
    at.system.put(stream, {**at.system.records[stream][key], **fields})


def all_of(at: Connected, stream: str) -> set[str]:
    return set(at.system.records[stream])


def at_one_second(at: Connected, stream: str, numbers: range) -> None:
    """Let records have changed within one second, as a bulk load does."""
    time = at.system.records[stream][gsid("1P02", numbers[0])]["ModifiedDate"]
    for number in numbers:
        at.system.rewrite(stream, gsid("1P02", number), ModifiedDate=time + number)


def live(at: Connected, stream: str) -> set[str]:
    found = rows_of(
        at.home,
        f"select record_key from raw.gainsight__{stream} where is_current and not is_deleted",
    )
    return {row["record_key"] for row in found}


def a_day_each(system: System) -> None:
    """Let every CTA have changed on a day of its own."""
    for number, key in enumerate(system.records["ctas"]):
        day = datetime(2025, 1, 1) + timedelta(days=number)
        system.rewrite("ctas", key, ModifiedDate=f"{day:%Y-%m-%d}T23:59:59.000Z")
