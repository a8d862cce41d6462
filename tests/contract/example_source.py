"""A connector for the made-up vendor "Example": how a source is written, all of it in one file.

Read this first when you write a connector. A real one is a package of the same parts: settings.py,
streams.py, source.py, and an `__init__.py` that exports `Settings`, `STREAMS`, `CUSTOM_FIELDS` and
`open_source`. The suite beside it (test_http_source_contract.py) then runs on it as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Literal

from connectors.http.auth import ClientCredentials, TokenHeaders
from connectors.http.budget import Budget
from connectors.http.client import Client
from connectors.http.fields import FieldPlaces
from connectors.http.message import Reply, Request
from connectors.http.oauth import client_credentials, token_client
from connectors.http.paginators import BodyCursor, PageNumber
from connectors.http.records import field_reader, largest, records_at
from connectors.http.rules import Action, rule
from connectors.http.settings import ApiSettings
from connectors.http.source import ApiSource, Page, Reading, first_text, text_of
from connectors.stream import DeletedWhen, Deletes, NamesDeleted, Stream

# streams.py: what there is, as declarations. One more stream must cost a few lines.


@dataclass(frozen=True)
class ChangedList(Stream):
    """A list that can be asked for what changed since a time; its name is also its path."""

    key: tuple[str, ...] = ("id",)
    is_full_read: bool = False
    cursor_field: str | None = "changed_at"


STREAMS: tuple[Stream, ...] = (
    ChangedList(
        "companies",
        "Companies.",
        deletes=Deletes.FLAG,
        deleted_when=DeletedWhen("archived", "true"),
        feeds=("accounts",),
        permission="the scope companies.read",
    ),
    ChangedList(
        "visits",
        "Visits to companies.",
        deletes=Deletes.FEED,
        feeds=("activities",),
        permission="the scope visits.read",
    ),
    Stream(
        "removals",
        "What was deleted.",
        key=("id",),
        is_full_read=False,
        deletes=Deletes.NEVER,
        cursor_field="removed_at",
        names_deleted=NamesDeleted("object", "object_id", {"visit": "visits"}),
        permission="the scope visits.read",
    ),
    Stream(
        "people",
        "People at companies; the API lists all of them or none.",
        key=("id",),
        deletes=Deletes.SNAPSHOT,
        feeds=("contacts",),
        permission="the scope people.read",
    ),
)

CUSTOM_FIELDS = FieldPlaces(objects=("",))

# settings.py: what a person may write, beyond what all HTTP sources share.


class Settings(ApiSettings):
    all_streams: ClassVar[tuple[Stream, ...]] = STREAMS
    default_auth_method: ClassVar[str | None] = "client_credentials"

    kind: Literal["example"] = "example"
    auth: ClientCredentials


# source.py: the client, and the pages of each stream.

_RULES = (
    # Only what the common rules do not say already.
    rule(
        Action.STOP_FOR_TODAY,
        429,
        when=lambda reply: reply.at("error") == "daily limit reached",
        advice="The requests of today are spent. Raise the limit, or read fewer streams",
    ),
)
_LARGEST_PAGE = 100
_TIME = "%Y-%m-%dT%H:%M:%SZ"


class ExampleSource(ApiSource[Settings]):
    kind: ClassVar[str] = "example"

    def connect(self) -> Client:
        """Secrets are resolved here: when a run needs them, not before."""
        s = self.settings
        url = s.auth.token_url or f"{s.base_url}/token"
        tokens = client_credentials(
            token_client(self.name, url, patience=self.patience, clock=self.clock),
            url,
            self.plain_or_secret(s.auth.client_id, "auth.client_id"),
            self.secret(s.auth.client_secret, "auth.client_secret"),
        )
        return Client(
            name=self.name,
            base_url=s.base_url,
            authenticator=TokenHeaders(tokens, self.clock),
            budgets={"default": Budget(1000, 1, self.clock)},
            rules=_RULES,
            describe=first_text(("error",)),
            patience=self.patience,
            clock=self.clock,
        )

    def read(self, reading: Reading) -> Iterator[Page]:
        if isinstance(reading.stream, ChangedList):
            return self._changed(reading)
        if reading.stream.name == "removals":
            return self._removals(reading)
        return self._all_people(reading)

    def _changed(self, reading: Reading) -> Iterator[Page]:
        """Ordered by change, so that any page can be the last one of a read."""
        name, field = reading.stream.name, reading.stream.cursor_field or ""
        seen = text_of(reading.state, "seen")
        params: dict[str, Any] = {"limit": self._size(reading)}
        if seen is not None:
            params["changed_since"] = self._with_overlap(seen)
        pages = self.client.pages(
            Request(name, params=params), BodyCursor(("next",), param="after"), _any_number
        )
        for reply in pages:
            records = records_at(reply, name)
            seen = self._bookmark(largest(records, field_reader(field), seen), reading)
            yield Page(records, {"seen": seen} if seen else None)

    def _removals(self, reading: Reading) -> Iterator[Page]:
        seen = text_of(reading.state, "seen")
        params = {"since": self._with_overlap(seen)} if seen else {}
        records = records_at(self.client.send(Request("removals", params=params)), "removals")
        seen = self._bookmark(largest(records, field_reader("removed_at"), seen), reading)
        yield Page(records, {"seen": seen} if seen else None)

    def _all_people(self, reading: Reading) -> Iterator[Page]:
        """No page but the last has anything to go on from: a list by number may shift."""
        size = self._size(reading)
        pages = self.client.pages(
            Request("people", params={"size": size, "page": 1}),
            PageNumber("page", size, total_at=("total",)),
            lambda reply: len(records_at(reply, "people")),
        )
        for reply in pages:
            yield Page(records_at(reply, "people"))
        yield Page(everything=True)

    def _size(self, reading: Reading) -> int:
        return min(reading.page_size or _LARGEST_PAGE, _LARGEST_PAGE)

    def _bookmark(self, seen: str | None, reading: Reading) -> str | None:
        """Not beyond the start of the read: what changes meanwhile may be missing in it."""
        return None if seen is None else min(seen, reading.started_at.strftime(_TIME))

    def _with_overlap(self, seen: str) -> str:
        back = timedelta(minutes=self.settings.lookback_minutes)
        return (datetime.strptime(seen, _TIME) - back).strftime(_TIME)


def _any_number(reply: Reply) -> int:
    """These pages end by what they say, not by how full they are."""
    return 1


def open_source(name: str, settings: Settings, base_dir: Path) -> ExampleSource:
    """The source called `name`; resolves no secret and touches no network yet."""
    return ExampleSource(name, settings, base_dir)
