"""The firm's systems as time passes.

Belongs here: putting the past in, letting days go by, the sheets of each night, what configures
the product for all of it. Does not: what changes when (filing), or serving it to other processes.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from pathlib import Path

from sandbox.company.settings import Settings
from sandbox.servers import vendor
from sandbox.servers.google_calendar import System as GoogleCalendar
from sandbox.servers.hubspot import System as HubSpot
from sandbox.servers.salesforce import System as Salesforce
from sandbox.servers.vendor import Vendor, served
from sandbox.systems.changes import Change, Life
from sandbox.systems.configuration import write_sources
from sandbox.systems.custom_fields import defined_in_hubspot, defined_in_salesforce
from sandbox.systems.filing import Filing
from sandbox.systems.landscape import CALENDARS, HUBSPOT, SALESFORCE, SHEETS, SOURCES
from sandbox.systems.spreadsheets import Readings, Spreadsheets

HUBSPOT_LAG_S = 20.0
"""How long HubSpot's search does not find what has changed."""

_NIGHT = time(2, 0, tzinfo=UTC)
_Due = tuple[datetime, int, Life]


def night_of(day: date) -> datetime:
    """When the night runs that reports on a day: at two in the next morning, UTC."""
    return datetime.combine(day + timedelta(days=1), _NIGHT)


@dataclass
class Firm:
    """The systems and the folder of sheets, at an instant of the firm's own time.

    `today` is the day that the next night reports on; `now` is that night. `restarts` is how
    often these systems were set up anew in mid-history: what calendars remember of earlier reads
    does not outlive that.
    """

    settings: Settings
    folder: Path
    today: date
    restarts: int = 0
    systems: dict[str, Vendor] = field(init=False)

    def __post_init__(self) -> None:
        self.systems = {name: vendor(name) for name in SOURCES if name != SHEETS}
        self._numbers = count()
        self._due: list[_Due] = []
        filing, usage = Filing(self.settings), Readings()
        self._prepare(filing)
        self._sheets = Spreadsheets(usage)
        for at, _, life in sorted(self._filed(filing, usage)):
            self._happen(life.change(at))
        self._settle()

    @property
    def now(self) -> datetime:
        """The firm's present."""
        return night_of(self.today)

    @property
    def sheets_dir(self) -> Path:
        """Where the sheets lie."""
        return self.folder / SHEETS

    @property
    def secrets(self) -> dict[str, str]:
        """The environment that the configuration refers to."""
        return {name: value for each in self.systems.values() for name, value in _secrets(each)}

    def advance(self, days: int = 1) -> None:
        """Let days go by, with all that happens on them."""
        self.today += timedelta(days=days)
        while self._due and self._due[0][0] < self.now:
            at, number, life = heapq.heappop(self._due)
            self._happen(life.change(at))
            following = next((each for each in life.moments() if each > at), None)
            if following is not None:
                heapq.heappush(self._due, (following, number, life))
        self._settle()

    def _prepare(self, filing: Filing) -> None:
        """What administrators of the systems have set up."""
        org, hub, calendars = (self.systems[name] for name in (SALESFORCE, HUBSPOT, CALENDARS))
        assert isinstance(org, Salesforce)
        assert isinstance(hub, HubSpot)
        assert isinstance(calendars, GoogleCalendar)
        for stream, field_name, kind in defined_in_salesforce():
            org.define(stream, field_name, kind)
        for stream, property_name in defined_in_hubspot():
            hub.define(stream, property_name)
        hub.index_lag_s = HUBSPOT_LAG_S
        calendars.users = set(filing.calendars)
        calendars.calendars = list(filing.calendars)
        for _ in range(self.restarts):
            for calendar in filing.calendars:
                calendars.expire_sync_tokens(calendar)

    def _filed(self, filing: Filing, usage: Readings) -> Iterator[_Due]:
        """The past of every record by its last state; what is to come is kept for its day."""
        for life in filing.of_team():
            yield from self._past(life)
        for customer, where in filing.customers():
            usage.add(customer.usage, where.account_id)
            for life in filing.of_customer(customer, where):
                yield from self._past(life)

    def _past(self, life: Life) -> Iterator[_Due]:
        number, moments, now = next(self._numbers), life.moments(), self.now
        past = [at for at in moments if at < now]
        if len(past) < len(moments):
            heapq.heappush(self._due, (moments[len(past)], number, life))
        if not life.is_replayed:
            past = past[-2:] if past and past[-1] == life.end_at else past[-1:]
        yield from ((at, number, life) for at in past)

    def _happen(self, change: Change) -> None:
        if change.source == SHEETS:
            if change.record is not None:
                self._sheets.put(change.stream, change.key, change.record)
            else:
                self._sheets.delete(change.stream, change.key)
            return
        system = self.systems[change.source]
        system.now = change.at
        match change.action:
            case "put":
                assert change.record is not None
                system.put(change.stream, change.record)
            case "delete":
                system.delete(change.stream, change.key)
            case "merge":
                assert change.into is not None
                assert isinstance(system, Salesforce | HubSpot)
                system.merge(change.stream, change.into, change.key)

    def _settle(self) -> None:
        """The clocks show the night; the sheets lie there as they look in it."""
        for system in self.systems.values():
            system.now = self.now
            system.seen.clear()
            if isinstance(system, Salesforce):
                system.requests_used = 0  # those of the day
        self._sheets.write(self.sheets_dir, self.now)


@contextmanager
def running(
    settings: Settings, folder: Path, today: date, *, restarts: int = 0, port_base: int = 0
) -> Iterator[Firm]:
    """A firm whose systems are served on loopback while it lasts.

    The product's configuration for them is in `folder`, its environment in `Firm.secrets`. Systems
    listen from `port_base` on, or where there is room.
    """
    firm = Firm(settings, folder, today, restarts)
    with ExitStack() as serving:
        addresses = {
            name: serving.enter_context(served(system, port_base + place if port_base else 0))
            for place, (name, system) in enumerate(firm.systems.items())
        }
        write_sources(folder, firm.systems, addresses)
        yield firm


def _secrets(system: Vendor) -> Iterator[tuple[str, str]]:
    """The secrets that a system's own settings name."""
    named = str(system.settings("http://nowhere"))
    yield from ((name, value) for name, value in system.secrets().items() if f"${name}" in named)
