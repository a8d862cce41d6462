"""Reading Google Calendar: each calendar from its own sync token on.

Belongs here: Google's requests, pages, sync tokens and replies. Does not: the frame (http.source)
or signing in.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import quote

from connectors.errors import CursorExpired, NotPermitted, PermanentSourceError
from connectors.google_calendar.settings import Settings
from connectors.google_calendar.sign_in import TOKEN_URL, private_key_of, statement
from connectors.google_calendar.streams import CALENDAR
from connectors.http.auth import (
    Authenticator,
    JwtBearer,
    RefreshToken,
    StoredRefreshToken,
    TokenHeaders,
)
from connectors.http.budget import Budget
from connectors.http.client import Client
from connectors.http.message import Reply, Request
from connectors.http.oauth import jwt_bearer, refresh_token, token_client
from connectors.http.paginators import BodyCursor
from connectors.http.records import (
    envelope_value,
    field_reader,
    is_object,
    records_at,
    with_context,
)
from connectors.http.rules import Action, rule
from connectors.http.source import ApiSource, Page, Reading, State, first_text, text_of
from connectors.stream import Scope

_LARGEST_PAGE = 2500
_TOO_FAST = {"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"}
_UNHINTED_WAIT_S = 10

_END = field_reader("end", "dateTime")
_LAST_DAY = field_reader("end", "date")

log = logging.getLogger("cs_coverage")


def _reason(reply: Reply) -> Any:
    return reply.at("error", "errors", 0, "reason")


def _sent_a_sync_token(reply: Reply) -> bool:
    return "syncToken" in reply.request.params


_RULES = (
    rule(Action.WAIT, 403, when=lambda reply: _reason(reply) in _TOO_FAST, wait_s=_UNHINTED_WAIT_S),
    rule(Action.STOP_FOR_TODAY, 403, when=lambda reply: _reason(reply) == "dailyLimitExceeded"),
    rule(Action.EXPIRED, 400, 410, when=_sent_a_sync_token),
    rule(
        Action.FAIL,
        404,
        advice="There is no such calendar, or it is not shared with the account that it is read "
        "as. Correct calendars in sources.yaml, or take it out",
    ),
)


@dataclass
class _Progress:
    """How far a read of all calendars has come.

    `since` is the first day of which events are known in all calendars; it only moves back.
    """

    since: date | None
    tokens: dict[str, str]
    records: int = 0
    listed: list[str] = field(default_factory=list)
    failures: dict[str, PermanentSourceError] = field(default_factory=dict)

    @property
    def state(self) -> State:
        """Where the next read goes on."""
        since = self.since.isoformat() if self.since else None
        return {"since": since, "sync_tokens": dict(self.tokens)}

    def page(self, *, ends_step: bool) -> Page:
        """What to say between two calendars: which are done, and which of them were listed."""
        scope = Scope(CALENDAR, tuple(self.listed)) if self.listed else None
        return Page((), self.state, bool(self.listed), scope, ends_step)


class GoogleCalendarSource(ApiSource[Settings]):
    """Some connected calendars."""

    kind: ClassVar[str] = "google_calendar"
    api_version: ClassVar[str | None] = "v3"

    _stopped_at: tuple[State, PermanentSourceError] | None = None

    @cached_property
    def _clients(self) -> dict[str, Client]:
        return {}

    def connect(self) -> Client:
        """See `ApiSource`."""
        s = self.settings
        return Client(
            name=self.name,
            base_url=s.base_url,
            authenticator=self._authenticator(s.calendars[0]),
            budgets={"default": Budget(s.requests_per_minute, 60, self.clock)},
            rules=_RULES,
            describe=first_text(("error", "message"), ("error",)),
            patience=self.patience,
            clock=self.clock,
        )

    def read(self, reading: Reading) -> Iterator[Page]:
        """Events of every calendar; the states are sync tokens, one a calendar.

        A calendar that cannot be read holds up none of the others: what they gave is stored
        first, and then the read fails, so that nobody overlooks the gap.
        """
        if reading.is_probe:
            yield self._sample()
            return
        self._raise_what_stopped(reading.state)
        calendars = self.settings.calendars
        progress = self._begun(reading.state)
        for calendar in calendars:
            try:
                yield from self._changes(calendar, progress, reading)
            except PermanentSourceError as failure:
                log.warning("%s: calendar %s cannot be read: %s", self.name, calendar, failure)
                progress.failures[calendar] = failure
            is_long = progress.records >= self.settings.records_per_batch
            if calendar != calendars[-1]:
                yield progress.page(ends_step=is_long)
        if not progress.failures:
            yield progress.page(ends_step=False)
            return
        summed_up = self._summed_up(progress.failures)
        if progress.records or progress.listed:
            self._stopped_at = progress.state, summed_up
            yield progress.page(ends_step=True)
        raise summed_up

    def _raise_what_stopped(self, state: State | None) -> None:
        """Fail, now that what could be read is stored: there is nothing else to go on with."""
        stopped_at, self._stopped_at = self._stopped_at, None
        if stopped_at is not None and stopped_at[0] == state:
            raise stopped_at[1]

    def _begun(self, state: State | None) -> _Progress:
        """Where a read begins. An earlier first day makes the sync tokens useless: what they
        continue began later. A later one changes nothing: what is known stays."""
        wanted = self.settings.first_day
        if state is None:
            return _Progress(wanted, {})
        known = text_of(state, "since")
        since = date.fromisoformat(known) if known else None
        if since is not None and (wanted is None or wanted < since):
            return _Progress(wanted, {})
        tokens = {c: t for c, t in state["sync_tokens"].items() if c in self.settings.calendars}
        return _Progress(since, tokens)

    def _changes(self, calendar: str, progress: _Progress, reading: Reading) -> Iterator[Page]:
        token = progress.tokens.get(calendar)
        if token is not None:
            try:
                yield from self._events(calendar, {"syncToken": token}, progress, reading)
                return
            except CursorExpired as expired:
                log.warning("%s: %s; reading all of %s again", self.name, expired, calendar)
                del progress.tokens[calendar]
        start = {"timeMin": f"{progress.since}T00:00:00Z"} if progress.since else {}
        yield from self._events(calendar, start, progress, reading)
        progress.listed.append(calendar)

    def _events(
        self, calendar: str, start: Mapping[str, str], progress: _Progress, reading: Reading
    ) -> Iterator[Page]:
        request = _request(calendar, reading.page_size or _LARGEST_PAGE, **start)
        paginator = BodyCursor(("nextPageToken",), "pageToken")
        client = self._client_for(calendar)
        for reply in client.pages(request, paginator, _any_number):
            records = _records(reply, calendar, progress.since)
            progress.records += len(records)
            if token := envelope_value(reply, "nextSyncToken"):
                progress.tokens[calendar] = token
            yield Page(records)

    def _sample(self) -> Page:
        """An event of each calendar: a check shows every calendar that cannot be read."""
        records: list[bytes] = []
        failures: dict[str, PermanentSourceError] = {}
        for calendar in self.settings.calendars:
            try:
                reply = self._client_for(calendar).send(_request(calendar, 1))
                records += _records(reply, calendar, None)
            except PermanentSourceError as failure:
                failures[calendar] = failure
        if failures:
            raise self._summed_up(failures)
        return Page(records)

    def _summed_up(self, failures: Mapping[str, PermanentSourceError]) -> PermanentSourceError:
        count, total = len(failures), len(self.settings.calendars)
        words = "; ".join(f"{calendar}: {failure}" for calendar, failure in failures.items())
        kind = (
            NotPermitted
            if all(isinstance(failure, NotPermitted) for failure in failures.values())
            else PermanentSourceError
        )
        others = "" if count == total else "; the others were"
        return kind(f"{count} of {total} calendars could not be read{others}. {words}")

    def _client_for(self, calendar: str) -> Client:
        """The client that acts as the calendar's owner, where nobody else is named to act as."""
        shared = self.client
        auth = self.settings.auth
        if isinstance(auth, RefreshToken) or auth.subject is not None:
            return shared
        if calendar not in self._clients:
            authenticator = self._authenticator(calendar)
            self._clients[calendar] = replace(shared, authenticator=authenticator)
        return self._clients[calendar]

    def _authenticator(self, owner: str) -> Authenticator:
        auth = self.settings.auth
        url = auth.token_url or TOKEN_URL
        tokens = token_client(self.name, url, patience=self.patience, clock=self.clock)
        if isinstance(auth, JwtBearer):
            issuer = self.plain_or_secret(auth.issuer, "auth.issuer")
            where = self._where("auth.private_key")
            key = private_key_of(self.secret(auth.private_key, "auth.private_key"), where)
            fetch = jwt_bearer(
                tokens,
                url,
                lambda: statement(
                    issuer=issuer,
                    subject=auth.subject or owner,
                    audience=auth.audience or url,
                    private_key=key,
                    clock=self.clock,
                    where=where,
                ),
            )
        else:
            fetch = refresh_token(
                tokens,
                url,
                self.plain_or_secret(auth.client_id, "auth.client_id"),
                self.secret(auth.client_secret, "auth.client_secret"),
                StoredRefreshToken(
                    auth.refresh_token, self._where("auth.refresh_token"), self._base_dir
                ),
            )
        return TokenHeaders(fetch, self.clock)


def _any_number(reply: Reply) -> int:
    """Pages end by what they say, not by how full they are: an empty one may go on."""
    return 1


def _request(calendar: str, page_size: int, **start: str) -> Request:
    params = {"singleEvents": "true", "showDeleted": "true", "maxResults": page_size, **start}
    return Request(f"calendars/{quote(calendar, safe='')}/events", params=params)


def _records(reply: Reply, calendar: str, since: date | None) -> list[bytes]:
    return [
        with_context(record, {CALENDAR: calendar}) if is_object(record) else record
        for record in records_at(reply, "items")
        if since is None or not _ended_before(record, since)
    ]


def _ended_before(record: bytes, day: date) -> bool:
    """Whether an event ended before `day`: changes of such events are reported, too, though
    listing all events again would not show them."""
    first = datetime(day.year, day.month, day.day, tzinfo=UTC)
    try:
        if isinstance(ended := _END(record), str):
            return datetime.fromisoformat(ended) <= first
        if isinstance(ended := _LAST_DAY(record), str):
            return date.fromisoformat(ended) <= day  # the first day that is not part of it
    except (ValueError, TypeError):
        return False
    return False
