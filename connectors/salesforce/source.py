"""Reading an org: in full through REST or Bulk API 2.0, then by what changed.

Belongs here: which query is asked when, what a state says, going on after a query that was too
much. Does not: signing in, the meaning of errors, the fields of an object, bulk jobs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

from connectors.errors import NotPermitted, PermanentSourceError, TransientSourceError
from connectors.http.budget import Budget
from connectors.http.client import Client
from connectors.http.clock import Clock
from connectors.http.message import Reply, Request
from connectors.http.paginators import NextLink
from connectors.http.records import envelope_value, field_reader, largest, last, records_at
from connectors.http.source import ApiSource, Page, Reading, State, text_of
from connectors.salesforce.bulk import bulk_pages
from connectors.salesforce.replies import RULES, error_words, gave_up, quota_guard
from connectors.salesforce.selection import Types, require, selected, types_of
from connectors.salesforce.settings import Settings
from connectors.salesforce.signin import sign_in
from connectors.salesforce.soql import Query, moment, moment_text
from connectors.salesforce.streams import SObject
from connectors.stream import Stream

_REQUESTS_A_SECOND = 50  # no limit of theirs: a stop for runaway loops
_PROBED_RECORDS = 200
_LONGEST_QUERY = 15_000  # of the 16 KB that Salesforce takes for a whole address
_BEFORE_ALL = datetime(1999, 1, 1, tzinfo=UTC)  # no org is older
_SHORTEST_SPAN = timedelta(seconds=1)

log = logging.getLogger("cs_coverage")


@dataclass(frozen=True)
class UntilDone(NextLink):
    """The next page of a query, until one says that it is the last."""

    def following(self, request: Request, reply: Reply, records: int) -> Request | None:
        """See `Paginator`."""
        if envelope_value(reply, "done") is True:
            return None
        following = super().following(request, reply, records)
        if following is None:
            raise TransientSourceError(
                f"{request.shown} gave a page that neither is the last nor names a next one"
            )
        return following


class SalesforceSource(ApiSource[Settings]):
    """See the module."""

    kind: ClassVar[str] = "salesforce"

    def __init__(
        self, name: str, settings: Settings, base_dir: Path, clock: Clock | None = None
    ) -> None:
        super().__init__(name, settings, base_dir, clock)
        self._root = f"/services/data/v{settings.api_version}"
        self._types: dict[str, Types] = {}

    @property
    def api_version(self) -> str:  # type: ignore[override]
        """A setting here, where for others it is fixed."""
        return self.settings.api_version

    @property
    def streams(self) -> Sequence[Stream]:
        """See `ApiSource`; objects that contracts could be made of but are not are optional."""
        chosen = self.settings.made_of("contracts")
        return [
            replace(stream, is_optional=True)
            if "contracts" in stream.feeds and stream.name not in chosen
            else stream
            for stream in super().streams
        ]

    def connect(self) -> Client:
        """See `ApiSource`."""
        return Client(
            name=self.name,
            base_url=self.settings.base_url,
            authenticator=sign_in(
                self.name,
                self.settings,
                secret=self.secret,
                plain_or_secret=self.plain_or_secret,
                base_dir=self._base_dir,
                patience=self.patience,
                clock=self.clock,
            ),
            budgets={"default": Budget(_REQUESTS_A_SECOND, 1, self.clock)},
            rules=RULES,
            describe=error_words,
            on_reply=quota_guard(self.settings.daily_quota_share),
            headers={"Accept": "application/json"},
            patience=self.patience,
            clock=self.clock,
        )

    def read(self, reading: Reading) -> Iterator[Page]:
        """See `ApiSource`."""
        stream = reading.stream
        assert isinstance(stream, SObject)
        fields = selected(stream, self._types_of(stream), self._custom_fields(stream))
        query = Query(stream.object, fields, stream.changed_in)
        if reading.is_probe:
            yield Page(self._first_records(query))
            return
        progress = _Progress(reading, stream, timedelta(minutes=self.settings.lookback_minutes))
        since = progress.since
        if not stream.is_log and self.full_read_due(progress.full_at, reading.started_at):
            since = None
        is_full = since is None
        if is_full and self._is_for_bulk(query):
            max_wait_s = self.settings.bulk_max_wait_minutes * 60
            for records in bulk_pages(self.client, self._root, query.everything(), max_wait_s):
                progress.see(records)
                yield Page(records)
        else:
            # A full read that is repeated must be whole; any other can go on where it stopped.
            can_stop = not is_full or reading.state is None
            for records in self._changed(query, since, reading.started_at):
                progress.see(records, largest_of=last)
                yield Page(records, progress.so_far(is_full) if can_stop else None)
        yield Page(state=progress.at_end(is_full), everything=is_full and not stream.is_log)

    def _changed(
        self, query: Query, since: datetime | None, now: datetime
    ) -> Iterator[list[bytes]]:
        """Records in the order of change, a page at a time.

        A query that is too much at once is asked again from the last record on, for half of the
        time that it covered; what goes well is followed by a longer time.
        """
        changed_in = field_reader(query.changed_in)
        span: timedelta | None = None
        while True:
            until = None if span is None else (since or _BEFORE_ALL) + span
            until = until if until is not None and until < now else None
            was_too_much = False
            for reply in self._answers(query.changed(since, until)):
                if was_too_much := gave_up(reply):
                    break
                records = records_at(reply, "records")
                latest = last(records, changed_in, None)
                since = max(moment(latest), since or _BEFORE_ALL) if latest else since
                yield records
            if was_too_much:
                span = self._half((until or now) - (since or _BEFORE_ALL), query)
            elif until is None:
                return
            else:
                since, span = until, span * 2 if span else None

    def _half(self, span: timedelta, query: Query) -> timedelta:
        half = timedelta(seconds=span.total_seconds() // 2)
        if half < _SHORTEST_SPAN:
            raise PermanentSourceError(
                f"Salesforce takes too long even for what changed within a second in "
                f"{query.object}. Lower bulk_above in sources.yaml and let the stream be read in "
                "full, or ask for fewer extra_fields"
            )
        log.info("%s: %s takes too long; asking for %s at a time", self.name, query.object, half)
        return half

    def _answers(self, soql: str) -> Iterator[Reply]:
        """The pages of a query; the last may say that it was too much (`gave_up`)."""
        if len(quote(soql)) > _LONGEST_QUERY:
            raise PermanentSourceError(
                f"the list of fields is too long for one query ({len(quote(soql)):,} characters "
                f"of at most {_LONGEST_QUERY:,}). Ask for fewer extra_fields in sources.yaml"
            )
        size = self.settings.page_size
        request = Request(
            f"{self._root}/queryAll",
            params={"q": soql},
            headers={"Sforce-Query-Options": f"batchSize={size}"} if size else {},
        )
        return self.client.pages(request, UntilDone(("nextRecordsUrl",)), lambda reply: 0)

    def _first_records(self, query: Query) -> list[bytes]:
        reply = next(self._answers(f"{query.everything()} LIMIT {_PROBED_RECORDS}"))
        if gave_up(reply):
            raise TransientSourceError(f"{reply.request.shown}: {error_words(reply)}")
        return records_at(reply, "records")

    def _is_for_bulk(self, query: Query) -> bool:
        reply = next(self._answers(query.count()))
        count = reply.at("totalSize")
        return gave_up(reply) or (isinstance(count, int) and count > self.settings.bulk_above)

    def _types_of(self, stream: SObject) -> Types:
        if stream.object not in self._types:
            reply = self.client.send(Request(f"{self._root}/sobjects/{stream.object}/describe"))
            self._types[stream.object] = types_of(reply)
        return self._types[stream.object]

    def _custom_fields(self, stream: SObject) -> list[str]:
        """The fields that the user names and this object has to have, or happens to have."""
        types = self._types_of(stream)
        names = self.settings.custom_fields(stream)
        for name in names:
            if name not in types and self._may_lack(name, stream):
                continue
            require(name, stream, types)
        return [name for name in names if name in types]

    def _may_lack(self, name: str, stream: SObject) -> bool:
        """Whether a field is mapped only for entities that get it from another object."""
        if name in self.settings.extra_fields.get(stream.name, ()):
            return False
        entities = {
            entity
            for entity in stream.feeds
            for ours, theirs in self.settings.fields.items()
            if theirs == name and ours.startswith(f"{entity}.")
        }
        return all(self._has_elsewhere(name, stream, entity) for entity in entities)

    def _has_elsewhere(self, name: str, stream: SObject, entity: str) -> bool:
        makers = self.settings.made_of(entity)
        others = [s for s in self.streams if s.name in makers and s.name != stream.name]
        return stream.name not in makers or any(self._has(name, other) for other in others)

    def _has(self, name: str, stream: Stream) -> bool:
        assert isinstance(stream, SObject)
        try:
            return name in self._types_of(stream)
        except NotPermitted:
            return False


class _Progress:
    """How far a read has come, as the states that are stored: {"since", "full_at"}.

    Bounds never move back: what lay before an earlier one has been read.
    """

    def __init__(self, reading: Reading, stream: SObject, lookback: timedelta) -> None:
        before = text_of(reading.state, "since")
        self.since = moment(before) if before else None
        self.full_at = text_of(reading.state, "full_at")
        self._reading, self._lookback, self._is_log = reading, lookback, stream.is_log
        self._read = field_reader(stream.changed_in)
        self._latest: str | None = None

    def see(
        self, records: Sequence[bytes], largest_of: Callable[..., str | None] = largest
    ) -> None:
        """Note the latest change among some records."""
        self._latest = largest_of(records, self._read, self._latest)

    def so_far(self, is_full: bool) -> State | None:
        """Where a read that stops here goes on: at the last record, or a lookback before the
        start. No lookback before the last record, so that a step always gets somewhere."""
        if self._latest is None:
            return None
        started = self._reading.started_at
        return self._state(min(moment(self._latest), started - self._lookback), is_full)

    def at_end(self, is_full: bool) -> State | None:
        """Where the next read begins."""
        if self._latest is None:
            return self._state(None, is_full)
        latest = min(moment(self._latest), self._reading.started_at)
        return self._state(latest - self._lookback, is_full)

    def _state(self, since: datetime | None, is_full: bool) -> State | None:
        bounds = [bound for bound in (since, self.since) if bound is not None]
        full_at = self._reading.started_at.isoformat() if is_full else self.full_at
        state = {
            "since": moment_text(max(bounds)) if bounds else None,
            "full_at": None if self._is_log else full_at,
        }
        return {key: value for key, value in state.items() if value is not None} or None
