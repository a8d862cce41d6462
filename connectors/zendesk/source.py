"""Reading Zendesk: three ways to list records, each going on where the last read ended.

Belongs here: Zendesk's requests, pages, states and replies. Does not: the frame (http.source) or
the list of streams.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import msgspec

from connectors.http.auth import (
    Authenticator,
    FixedHeaders,
    RefreshToken,
    StoredRefreshToken,
    TokenHeaders,
    basic_header,
)
from connectors.http.budget import Budget
from connectors.http.client import Client
from connectors.http.message import Reply, Request
from connectors.http.oauth import refresh_token, token_client
from connectors.http.paginators import BodyCursor, Paginator
from connectors.http.records import (
    envelope_value,
    field_reader,
    is_object,
    largest,
    records_at,
    with_context,
)
from connectors.http.rules import Action, rule
from connectors.http.source import ApiSource, Page, Reading, State, first_text, text_of
from connectors.zendesk.settings import ApiToken, Settings
from connectors.zendesk.streams import (
    CursorExport,
    FilteredList,
    ListedStream,
    TicketExport,
    TimeExport,
)

_EXPORTS = "incremental exports"
_LARGEST_EXPORT_PAGE = 1000
_LARGEST_PAGE = 100
_YOUNGEST_START = timedelta(seconds=60)  # changes of the last minute are not exported yet

_TICKET_ID = field_reader("ticket_id")
_ID = field_reader("id")
_UPDATED_AT = field_reader("updated_at")


def _is_too_recent(reply: Reply) -> bool:
    """The vendor's way to say that there is nothing new yet."""
    return "too recent" in str(reply.at("description") or "").lower()


def _sent_a_cursor(reply: Reply) -> bool:
    return "cursor" in reply.request.params


_RULES = (
    rule(Action.EMPTY, 400, 422, when=_is_too_recent),
    rule(
        Action.EXPIRED,
        *(400, 410, 422),
        when=_sent_a_cursor,
        advice="Zendesk no longer knows where the last read ended",
    ),
    rule(
        Action.FAIL,
        404,
        advice="There is nothing at this address. Check that base_url is "
        "https://<subdomain>.zendesk.com, without a path",
    ),
)


@dataclass(frozen=True)
class _UntilEndOfStream:
    """Pages of an export: `param` takes up the page's `at`, until the page is the end of stream.

    There is always a next page to ask for: only the flag ends the export.
    """

    at: str
    param: str

    def following(self, request: Request, reply: Reply, records: int) -> Request | None:
        """See `Paginator`."""
        position = envelope_value(reply, self.at)
        if position is None or envelope_value(reply, "end_of_stream") is not False:
            return None
        others = {k: v for k, v in request.params.items() if k != "start_time"}
        return Request(request.url, params={**others, self.param: position}, budget=request.budget)


class ZendeskSource(ApiSource[Settings]):
    """A connected Zendesk account."""

    kind: ClassVar[str] = "zendesk"
    api_version: ClassVar[str | None] = "v2"

    def connect(self) -> Client:
        """See `ApiSource`."""
        s = self.settings
        return Client(
            name=self.name,
            base_url=s.base_url,
            authenticator=self._authenticator(),
            budgets={
                "default": Budget(s.requests_per_minute, 60, self.clock),
                _EXPORTS: Budget(s.incremental_exports_per_minute, 60, self.clock),
            },
            rules=_RULES,
            describe=first_text(
                ("description",), ("error", "message"), ("error", "title"), ("error",)
            ),
            patience=self.patience,
            clock=self.clock,
        )

    def read(self, reading: Reading) -> Iterator[Page]:
        """See `ApiSource`."""
        match reading.stream:
            case CursorExport() as stream:
                return self._by_cursor(stream, reading)
            case TimeExport() as stream:
                return self._by_time(stream, reading)
            case FilteredList() as stream:
                return self._by_filter(stream, reading)
        raise ValueError(f"{reading.stream.name} is no stream of Zendesk")

    def _authenticator(self) -> Authenticator:
        auth = self.settings.auth
        if isinstance(auth, ApiToken):
            email = self.plain_or_secret(auth.email, "auth.email")
            token = self.secret(auth.token, "auth.token")
            return FixedHeaders(basic_header(f"{email}/token", token))
        if isinstance(auth, RefreshToken):
            return self._token_headers(auth)
        return FixedHeaders({"Authorization": f"Bearer {self.secret(auth.token, 'auth.token')}"})

    def _token_headers(self, auth: RefreshToken) -> TokenHeaders:
        url = auth.token_url or f"{self.settings.base_url}/oauth/tokens"
        fetch = refresh_token(
            token_client(self.name, url, patience=self.patience, clock=self.clock),
            url,
            self.plain_or_secret(auth.client_id, "auth.client_id"),
            self.secret(auth.client_secret, "auth.client_secret"),
            StoredRefreshToken(
                auth.refresh_token, self._where("auth.refresh_token"), self._base_dir
            ),
        )
        return TokenHeaders(fetch, self.clock)

    def _by_cursor(self, stream: CursorExport, reading: Reading) -> Iterator[Page]:
        """The cursor is kept also at the end of the stream: the next read goes on from there.

        Never a time of change: a record can be exported again without `updated_at` moving.
        """
        known = text_of(reading.state, "cursor")
        start: dict[str, Any] = (
            {"cursor": known} if known else {"start_time": self._first_start(reading)}
        )
        with_metrics = isinstance(stream, TicketExport) and self.settings.with_metric_sets
        include = {"include": "metric_sets"} if with_metrics else {}
        paginator = _UntilEndOfStream("after_cursor", "cursor")
        records = _tickets_with_metrics if with_metrics else _records(stream)
        for reply in self._pages(stream, reading, {**start, **include}, paginator):
            known = _position(reply, "after_cursor") or known
            yield Page(records(reply), {"cursor": known} if known else None)

    def _by_time(self, stream: TimeExport, reading: Reading) -> Iterator[Page]:
        """The export includes its start time, so that records at the boundary come twice."""
        known: int | None = (reading.state or {}).get("start_time")
        lookback = timedelta(minutes=self.settings.lookback_minutes)
        start = (
            self._first_start(reading)
            if known is None
            else max(0, _not_too_recent(known - int(lookback.total_seconds()), reading))
        )
        paginator = _UntilEndOfStream("end_time", "start_time")
        for reply in self._pages(stream, reading, {"start_time": start}, paginator):
            ended = _position(reply, "end_time")
            known = max(known or 0, ended) if isinstance(ended, int) else known
            state: State | None = {"start_time": known} if known is not None else None
            yield Page(_records(stream)(reply), state)

    def _by_filter(self, stream: FilteredList, reading: Reading) -> Iterator[Page]:
        """Whether the filter means the time of asking or of rating is not certain: it starts
        well before the latest change seen."""
        seen = text_of(reading.state, "seen")
        back = timedelta(days=self.settings.ratings_lookback_days)
        start = (
            self._first_start(reading)
            if seen is None
            else max(0, _epoch(datetime.fromisoformat(seen) - back))
        )
        size = min(reading.page_size or _LARGEST_PAGE, _LARGEST_PAGE)
        request = Request(
            stream.path, params={"page[size]": size, "score": "received", "start_time": start}
        )
        paginator = BodyCursor(
            ("meta", "after_cursor"), "page[after]", more_at=("meta", "has_more")
        )
        read = _records(stream)
        latest = seen
        for reply in self.client.pages(request, paginator, _any_number):
            records = read(reply)
            latest = largest(records, _UPDATED_AT, latest)
            yield Page(records)
        if latest is not None:
            started_at = f"{reading.started_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
            yield Page((), {"seen": min(latest, started_at)})

    def _pages(
        self,
        stream: ListedStream,
        reading: Reading,
        params: Mapping[str, Any],
        paginator: Paginator,
    ) -> Iterator[Reply]:
        size = reading.page_size or _LARGEST_EXPORT_PAGE
        request = Request(stream.path, params={"per_page": size, **params}, budget=_EXPORTS)
        return self.client.pages(request, paginator, _any_number)

    def _first_start(self, reading: Reading) -> int:
        first_day = self.settings.first_day
        if first_day is None:
            return 0
        start = datetime(first_day.year, first_day.month, first_day.day, tzinfo=UTC)
        return _not_too_recent(_epoch(start), reading)


def _records(stream: ListedStream) -> Callable[[Reply], list[bytes]]:
    return lambda reply: records_at(reply, stream.records) if reply.body else []


def _tickets_with_metrics(reply: Reply) -> list[bytes]:
    """Tickets; metrics that came in a list beside them are put into them as `_metric_set`."""
    if not reply.body:
        return []
    tickets = records_at(reply, "tickets")
    metrics = {_TICKET_ID(each): msgspec.Raw(each) for each in records_at(reply, "metric_sets")}
    return [
        with_context(ticket, {"_metric_set": metrics[number]})
        if is_object(ticket) and (number := _ID(ticket)) in metrics
        else ticket
        for ticket in tickets
    ]


def _any_number(reply: Reply) -> int:
    """Pages end by what they say, not by how full they are."""
    return 1


def _position(reply: Reply, at: str) -> Any:
    """Where an export goes on after a page; None where the page does not say."""
    return envelope_value(reply, at) if reply.body else None


def _not_too_recent(epoch: int, reading: Reading) -> int:
    return min(epoch, _epoch(reading.started_at - _YOUNGEST_START))


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())
