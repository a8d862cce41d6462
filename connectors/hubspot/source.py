"""Reading HubSpot: lists at first, then searches for what changed, and what was archived.

Belongs here: which requests are sent for a stream. Does not: the streams themselves (streams),
where a read goes on (rounds), what replies mean (rules), properties and associations in detail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from connectors.errors import PermanentSourceError
from connectors.http import oauth
from connectors.http.auth import (
    Authenticator,
    Bearer,
    FixedHeaders,
    StoredRefreshToken,
    TokenHeaders,
)
from connectors.http.budget import Budget
from connectors.http.client import Client
from connectors.http.clock import Clock
from connectors.http.message import Reply, Request
from connectors.http.paginators import BodyCursor
from connectors.http.records import envelope_value, field_reader, largest, records_at
from connectors.http.source import ApiSource, Page, Reading
from connectors.hubspot.associations import with_associations
from connectors.hubspot.properties import LONGEST_LIST, PropertyChoice, chunks, put_together
from connectors.hubspot.rounds import Phase, Round
from connectors.hubspot.rules import RULES, words
from connectors.hubspot.settings import Settings
from connectors.hubspot.streams import ListStream, ObjectStream

LARGEST_LIST_PAGE = 100
LARGEST_SEARCH_PAGE = 200
SEARCH_BUDGET = "search"
ID = "hs_object_id"

_NEXT = ("paging", "next", "after")

Found = tuple[list[bytes], str | None]
"""A page's records, and how far its phase has come with it: None when it was the last."""


class HubSpotSource(ApiSource[Settings]):
    """A HubSpot account. `longest_properties` bounds the names in one address."""

    kind = "hubspot"
    longest_properties = LONGEST_LIST

    def __init__(
        self, name: str, settings: Settings, base_dir: Path, clock: Clock | None = None
    ) -> None:
        super().__init__(name, settings, base_dir, clock)
        objects = (each for each in settings.all_streams if isinstance(each, ObjectStream))
        self._choice = PropertyChoice(settings, objects, self._look_up_properties)

    @property
    def api_version(self) -> str:  # type: ignore[override]
        """The version that the settings ask for."""
        return self.settings.api_version

    def connect(self) -> Client:
        """See `ApiSource`."""
        s = self.settings
        return Client(
            name=self.name,
            base_url=s.base_url,
            authenticator=self._authenticator(),
            budgets={
                "default": Budget(s.requests_per_10_s, 10, self.clock),
                SEARCH_BUDGET: Budget(s.searches_per_s, 1, self.clock),
            },
            rules=RULES,
            describe=words,
            patience=self.patience,
            clock=self.clock,
        )

    def read(self, reading: Reading) -> Iterator[Page]:
        """See `ApiSource`."""
        stream = reading.stream
        if isinstance(stream, ObjectStream):
            return self._objects(stream, reading)
        assert isinstance(stream, ListStream)
        return self._list(stream)

    def _authenticator(self) -> Authenticator:
        auth = self.settings.auth
        if isinstance(auth, Bearer):
            token = self.secret(auth.token, "auth.token")
            return FixedHeaders({"Authorization": f"Bearer {token}"})
        url = auth.token_url or f"{self.settings.base_url}/oauth/v1/token"
        stored = StoredRefreshToken(
            auth.refresh_token, self._where("auth.refresh_token"), self._base_dir
        )
        fetch = oauth.refresh_token(
            oauth.token_client(
                self.name, url, patience=self.patience, clock=self.clock, describe=words
            ),
            url,
            self.plain_or_secret(auth.client_id, "auth.client_id"),
            self.secret(auth.client_secret, "auth.client_secret"),
            stored,
        )
        return TokenHeaders(fetch, self.clock)

    def _list(self, stream: ListStream) -> Iterator[Page]:
        """A list that is read in full."""
        request = Request(self.path(stream.area, stream.object_type))
        following = BodyCursor(_NEXT, param="after")
        for archived in ("false", "true") if stream.has_archived else (None,):
            if archived is not None:
                request = request.with_params(limit=LARGEST_LIST_PAGE, archived=archived)
            for reply in self.client.pages(request, following, lambda reply: 0):
                yield Page(records_at(reply, "results"))
        yield Page(everything=True)

    def _objects(self, stream: ObjectStream, reading: Reading) -> Iterator[Page]:
        """A round of a type of object, from where the last read left it."""
        names = self._choice.of(stream)
        stored = Round.under_way(reading.state)
        asked = sha256(",".join(names).encode()).hexdigest()[:12]
        phase = self._first_phase(reading, asked)
        now = stored or Round.beginning(phase, reading.state, reading.started_at, asked)
        # Only a read that went through all of the list itself can say what is missing.
        lists_everything = stored is None and now.phase is Phase.LIST
        changed = _reader("properties", stream.modified)
        upcoming: Round | None = now
        while upcoming is not None:
            now = upcoming
            ask = self._found if now.phase is Phase.SEARCH else self._listed
            records, reached = ask(stream, names, now, reading.page_size)
            newest = now.newest
            if now.phase is not Phase.ARCHIVED:
                newest = largest(records, changed, newest)
                records = with_associations(
                    self.client.send, self._associations(stream), records, stream.associations
                )
            upcoming = now.after(reached, newest)
            if upcoming is not None:
                yield Page(records, upcoming.as_state())
            else:
                yield Page(records, now.ended(), everything=lists_everything)

    def _first_phase(self, reading: Reading, asked: str) -> Phase:
        """Everything is listed when it is due, and when other properties are asked for."""
        state = reading.state or {}
        is_due = self.full_read_due(state.get("full_at"), reading.started_at)
        is_known = "since" in state and state.get("asked") == asked
        return Phase.SEARCH if is_known and not is_due else Phase.LIST

    def _listed(
        self, stream: ObjectStream, names: Sequence[str], now: Round, page_size: int | None
    ) -> Found:
        """A page of what is live or, in that phase, of what is archived."""
        wanted = chunks(names, self.longest_properties)
        params = {
            "limit": min(page_size or LARGEST_LIST_PAGE, LARGEST_LIST_PAGE),
            "archived": "true" if now.phase is Phase.ARCHIVED else "false",
            "properties": ",".join(wanted[0]),
        }
        if now.reached is not None:
            params["after"] = now.reached
        reply = self.client.send(Request(self.path("objects", stream.name), params=params))
        records = self._whole(reply, wanted[1:])
        after = envelope_value(reply, *_NEXT)
        if after is not None and after == now.reached:
            raise PermanentSourceError(
                f"{reply.request.shown}: HubSpot names the same page again as the next one; "
                "reading would never end. Report it to HubSpot"
            )
        return records, after

    def _whole(self, reply: Reply, others: Sequence[Sequence[str]]) -> list[bytes]:
        """The records of a page, with the properties for which its address had no room."""
        records = records_at(reply, "results")
        if not others:
            return records
        asked = (reply.request.with_params(properties=",".join(names)) for names in others)
        parts = [records_at(self.client.send(request), "results") for request in asked]
        return put_together([records, *parts])

    def _found(
        self, stream: ObjectStream, names: Sequence[str], now: Round, page_size: int | None
    ) -> Found:
        """A page of what changed.

        Each page is a query of its own, for ids past the last: paging by offset ends at 10,000
        results, and skips a record whenever one before it is archived meanwhile.
        """
        assert now.since is not None
        filters = [
            {
                "propertyName": stream.modified,
                "operator": "GTE",
                "value": str(_milliseconds(now.since, self.settings.lookback_minutes)),
            }
        ]
        if now.reached is not None:
            filters.append({"propertyName": ID, "operator": "GT", "value": now.reached})
        request = Request(
            f"{self.path('objects', stream.name)}/search",
            method="POST",
            json={
                "filterGroups": [{"filters": filters}],
                "sorts": [{"propertyName": ID, "direction": "ASCENDING"}],
                "properties": names,
                "limit": min(page_size or LARGEST_SEARCH_PAGE, LARGEST_SEARCH_PAGE),
            },
            budget=SEARCH_BUDGET,
        )
        reply = self.client.send(request)
        records = records_at(reply, "results")
        last = _last_id(map(_reader("id"), records), now.reached, reply)
        is_last_page = not records or envelope_value(reply, *_NEXT) is None
        return records, None if is_last_page else last

    def _look_up_properties(self, object_type: str) -> list[str]:
        reply = self.client.send(Request(self.path("properties", object_type)))
        return [each["name"] for each in envelope_value(reply, "results") or ()]

    def path(self, area: str, object_type: str | None) -> str:
        """Where an area of the API is, in the version that the settings ask for."""
        version = self.settings.api_version
        base = f"crm/v3/{area}" if version == "v3" else f"crm/{area}/{version}"
        return f"{base}/{object_type}" if object_type else base

    def _associations(self, stream: ObjectStream) -> str:
        version = self.settings.api_version
        base = "crm/v4/associations" if version == "v3" else f"crm/associations/{version}"
        return f"{base}/{stream.name}/{{to}}/batch/read"


@cache
def _reader(*path: str) -> Callable[[bytes], Any]:
    return field_reader(*path)


def _milliseconds(since: str, lookback_minutes: float) -> int:
    moment = datetime.fromisoformat(since) - timedelta(minutes=lookback_minutes)
    return int(moment.timestamp() * 1000)


def _last_id(ids: Iterable[Any], last: str | None, reply: Reply) -> str | None:
    """The last id of a page. Without their order, reading on from it would leave records out."""
    reached = last
    for each in filter(None, ids):
        if reached is not None and int(each) <= int(reached):
            raise PermanentSourceError(
                f"{reply.request.shown} answered records that are not sorted by {ID}; nothing "
                "says which are missing. Report it to HubSpot"
            )
        reached = str(each)
    return reached
