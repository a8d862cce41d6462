"""Gainsight CS, put into the frame of all HTTP sources.

Belongs here: connecting, and what each stream remembers from one read to the next. Does not:
how an object (queries) or a list of the cockpit (ctas) is read.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from connectors.errors import DailyQuotaSpent, PermanentSourceError
from connectors.gainsight.ctas import CHANGED, Cockpit
from connectors.gainsight.describe import Description, describe
from connectors.gainsight.queries import Position, Query
from connectors.gainsight.replies import RULES, words
from connectors.gainsight.settings import FULL_TIMELINE, Settings
from connectors.gainsight.streams import CtaStream, ObjectStream, PicklistStream
from connectors.gainsight.times import moment, stored
from connectors.http.auth import Authenticator, FixedHeaders, HeaderKey, TokenHeaders
from connectors.http.budget import Budget
from connectors.http.client import Client
from connectors.http.message import Reply
from connectors.http.oauth import client_credentials, refusal, token_client
from connectors.http.records import field_reader, with_context
from connectors.http.source import ApiSource, Page, Reading, State
from connectors.stream import Stream
from connectors.wording import did_you_mean

_TOKEN_PATH = "/v1/users/m2m/oauth/token"  # noqa: S105
_MOST_ROWS, _MOST_CTAS = 5000, 1000
_LOG_REMEMBERS = timedelta(days=14)  # 15 documented; a day is left for the read itself
_DAYS_AHEAD = timedelta(days=2)  # so that today is inside the last slice in every time zone


class GainsightSource(ApiSource[Settings]):
    """One tenant."""

    kind: ClassVar[str] = "gainsight"
    api_version: ClassVar[str | None] = "v1"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._descriptions: dict[str, Description] = {}
        self._describing = threading.Lock()

    def connect(self) -> Client:
        """See `ApiSource`."""
        per_minute = self.settings.requests_per_minute
        return Client(
            name=self.name,
            base_url=self.settings.base_url,
            authenticator=self._authenticator(),
            budgets={"default": Budget(per_minute, 60, self.clock)},
            rules=RULES,
            describe=words,
            on_reply=self._stop_at(self.settings.requests_per_day),
            patience=self.patience,
            clock=self.clock,
        )

    def read(self, reading: Reading) -> Iterator[Page]:
        """See `ApiSource`."""
        stream = reading.stream
        if isinstance(stream, ObjectStream):
            return self._object(stream, reading)
        if isinstance(stream, CtaStream):
            return self._ctas(stream, reading)
        assert isinstance(stream, PicklistStream)
        return self._picklists(stream)

    def _authenticator(self) -> Authenticator:
        auth = self.settings.auth
        if isinstance(auth, HeaderKey):
            return FixedHeaders({"accesskey": self.secret(auth.key, "auth.key")})
        url = auth.token_url or self.settings.base_url + _TOKEN_PATH
        client = token_client(
            self.name,
            url,
            patience=self.patience,
            clock=self.clock,
            describe=lambda reply: words(reply) or refusal(reply),
        )
        client_id = self.plain_or_secret(auth.client_id, "auth.client_id")
        client_secret = self.secret(auth.client_secret, "auth.client_secret")
        return TokenHeaders(client_credentials(client, url, client_id, client_secret), self.clock)

    def _stop_at(self, most: int) -> Callable[[Reply], None]:
        requests = count(1)

        def counted(reply: Reply) -> None:
            if next(requests) > most:
                raise DailyQuotaSpent(
                    f"this run has sent the {most:,} requests that requests_per_day in "
                    "sources.yaml allows it; the streams that are left are read tomorrow"
                )

        return counted

    # Objects of the data model

    def _object(self, stream: ObjectStream, reading: Reading) -> Iterator[Page]:
        select, cursor = self._asked_for(stream)
        query = Query(
            client=self.client,
            object_name=stream.object_name,
            select=select,
            id_field=stream.id_field,
            size=reading.page_size or _MOST_ROWS,
            zone=ZoneInfo(self.settings.filter_time_zone),
        )
        if cursor is None:
            for rows in query.by_id():
                yield Page(rows)
            began = stored(reading.started_at)
            yield Page(state={"read_at": began, "full_at": began}, everything=True)
            return
        memory = self._memory(stream, reading, cursor)
        newest = _Newest(cursor)
        if stream.described_as and not memory.is_halfway and not reading.is_probe:
            for rows in query.by_id((cursor, "IS_NULL", [])):
                yield Page(rows)
        position = memory.position
        for rows, reached in query.by_change(cursor, position):
            newest.see(rows)
            position = reached or position
            yield Page(rows, state=memory.at(reached, reading) if reached else None)
        seen = newest.at or (position.second if position and memory.is_halfway else None)
        yield Page(
            state=memory.after(reading, seen, self._lookback(stream)),
            everything=memory.is_full and not memory.is_halfway,
        )

    def _asked_for(self, stream: ObjectStream) -> tuple[tuple[str, ...], str | None]:
        """The fields to select, and the one by which changes are found."""
        if stream.described_as is None:
            return stream.fields, stream.cursors[0]
        description = self._described(stream.described_as)
        self._require_known(stream, description)
        named = [name for name in self.settings.custom_fields(stream) if description.has(name)]
        cursor = description.cursor(self._cursors(stream, description))
        select = dict.fromkeys(
            [*description.spelled(stream.fields), *named, *([cursor] if cursor else [])]
        )
        return tuple(select), cursor

    def _cursors(self, stream: ObjectStream, description: Description) -> tuple[str, ...]:
        chosen = self.settings.timeline_cursor
        if stream.name != "timeline" or chosen is None:
            return stream.cursors
        if chosen == FULL_TIMELINE:
            return ()
        if description.cursor([chosen]) is None:
            raise PermanentSourceError(
                f"timeline_cursor: {chosen} is no time by which the timeline can be filtered."
                f"{did_you_mean(chosen, description.names)} Correct it in sources.yaml"
            )
        return (chosen,)

    def _lookback(self, stream: Stream) -> timedelta:
        usual = timedelta(minutes=self.settings.lookback_minutes)
        if stream.name == "timeline" and self.settings.timeline_cursor:
            return max(usual, timedelta(days=self.settings.timeline_lookback_days))
        return usual

    def _described(self, name: str) -> Description:
        with self._describing:
            if name not in self._descriptions:
                self._descriptions[name] = describe(self.client, name)
            return self._descriptions[name]

    def _require_known(self, stream: ObjectStream, description: Description) -> None:
        """Every field that a person named exists, here or in a stream that feeds the same."""
        ctas = [s for s in self.streams if isinstance(s, CtaStream)]
        perhaps = {name for s in ctas for name in self.settings.custom_fields(s)}
        certain = self.settings.extra_fields.get(stream.name, [])
        missing = [
            name
            for name in self._named_only_for(stream)
            if not description.has(name) and (name in certain or name not in perhaps)
        ]
        if missing:
            raise PermanentSourceError(
                f"{stream.object_name} has no field {missing[0]}."
                f"{did_you_mean(missing[0], description.names)} Correct it in sources.yaml, or "
                "let the administrator show the field to this key"
            )

    def _named_only_for(self, stream: Stream) -> list[str]:
        """Fields that a person named, and that no other stream which is described has."""
        extra = self.settings.extra_fields.get(stream.name, [])
        return [
            name
            for name in self.settings.custom_fields(stream)
            if name in extra
            or not any(
                self._described(other.described_as).has(name)
                for other in self.streams
                if isinstance(other, ObjectStream)
                and other.described_as
                and other is not stream
                and name in self.settings.custom_fields(other)
            )
        ]

    # Lists of the cockpit

    def _ctas(self, stream: CtaStream, reading: Reading) -> Iterator[Page]:
        required = self._named_only_for(stream)
        mapped = self.settings.custom_fields(stream)
        cockpit = Cockpit(
            client=self.client,
            path=stream.path,
            size=min(reading.page_size or _MOST_CTAS, _MOST_CTAS),
            wanted=[*stream.fields, *(name for name in mapped if name not in required)],
            required=required,
        )
        follows = bool(stream.feeds)
        memory = self._memory(stream, reading, CHANGED) if follows else _Memory({}, CHANGED)
        newest = _Newest(CHANGED)
        if follows and not memory.is_halfway and not reading.is_probe:
            yield Page(cockpit.unchanged())
        # A deleted CTA keeps the time of its last change, which says nothing of when it went.
        first = memory.position.second.date() if memory.position else self.settings.ctas_since
        last = (reading.started_at + _DAYS_AHEAD).date()
        for records, day in cockpit.between(min(first, last), last):
            newest.see(records)
            position = Position(_midnight(day, reading.started_at))
            yield Page(
                [with_context(record, {"_object": stream.mark}) for record in records]
                if stream.mark
                else records,
                state=memory.at(position, reading) if follows and day < last else None,
            )
        seen = newest.at or (memory.position.second if memory.position else None)
        yield Page(
            state=memory.after(reading, seen, self._lookback(stream)) if follows else None,
            everything=follows and memory.is_full and not memory.is_halfway,
        )

    def _picklists(self, stream: PicklistStream) -> Iterator[Page]:
        for name in stream.objects:
            for field, items in self._described(name).picklists:
                context = {"_object": name, "_field": field}
                yield Page([with_context(item, context) for item in items])
        yield Page(everything=True)

    def _memory(self, stream: Stream, reading: Reading, cursor: str) -> _Memory:
        """What the last read left, and whether everything must be read in spite of it."""
        state, now = reading.state or {}, reading.started_at
        memory = _Memory(state, cursor)
        if not stream.feeds:
            return memory
        began = moment(state.get("read_at") or state.get("began"))
        forgotten = began is not None and now - began > _LOG_REMEMBERS
        due = not memory.is_halfway and self.full_read_due(state.get("full_at"), now)
        if forgotten or due or state.get("by", cursor) != cursor:
            return _Memory({}, cursor, is_full=True, is_first=not state)
        return memory


@dataclass(frozen=True)
class _Memory:
    """What a stream remembers, and by which field it sees changes.

    `since`: from when on to read; `from`, `after`: where a read that is not over goes on, and
    `began`, when it began; `read_at`, `full_at`: when the last read, and the last one of
    everything, began; `by`: the field that these are times of. A full read in place of what is
    remembered cannot be continued later: it must list everything at once, so that what is missing
    from it counts as deleted.
    """

    state: Mapping[str, Any]
    cursor: str
    is_full: bool = False
    is_first: bool = True

    @property
    def is_halfway(self) -> bool:
        return "from" in self.state

    @property
    def position(self) -> Position | None:
        at = moment(self.state.get("from") or self.state.get("since"))
        return None if at is None else Position(at, self.state.get("after"))

    def at(self, position: Position, reading: Reading) -> State | None:
        """The state halfway through a read; None where it cannot be continued."""
        if self.is_full and not self.is_first:
            return None
        kept = {key: self.state[key] for key in ("read_at", "full_at") if key in self.state}
        began = self.state.get("began") or stored(reading.started_at)
        state = {**kept, "by": self.cursor, "began": began, "from": stored(position.second)}
        return state if position.after is None else {**state, "after": position.after}

    def after(self, reading: Reading, seen: datetime | None, lookback: timedelta) -> State:
        """The state after a whole read that saw changes up to `seen`."""
        began = stored(reading.started_at)
        full_at = began if self.is_full else self.state.get("full_at") or began
        state: State = {"by": self.cursor, "read_at": began, "full_at": full_at}
        if seen is not None:
            state["since"] = stored(min(seen, reading.started_at) - lookback)
        elif since := self.state.get("since"):
            state["since"] = since
        return state


class _Newest:
    """The latest change among the records seen."""

    def __init__(self, field: str) -> None:
        self.at: datetime | None = None
        self._read = field_reader(field)

    def see(self, records: list[bytes]) -> None:
        for record in records:
            at = moment(self._read(record))
            if at is not None and (self.at is None or at > self.at):
                self.at = at


def _midnight(day: Any, now: datetime) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=now.tzinfo)
