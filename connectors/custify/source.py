"""Reading Custify.

Belongs here: the connection, and how each kind of stream is read. Does not: envelopes, paging,
or which companies' health history is due.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import ClassVar

from connectors.custify.envelope import Answer, answer_in, identified, in_context, own_id
from connectors.custify.health_history import companies_in, plan, read_history
from connectors.custify.listing import PAGE_SIZE, Tally, turn_pages
from connectors.custify.moments import bookmark, instant
from connectors.custify.settings import Settings
from connectors.custify.streams import (
    COMPANIES,
    HEALTH_SCORE_VALUES,
    HEALTH_SCORES,
    TASKS,
    CustifyStream,
)
from connectors.errors import TransientSourceError
from connectors.http.auth import FixedHeaders
from connectors.http.budget import Budget
from connectors.http.client import Client
from connectors.http.message import Reply, Request
from connectors.http.records import field_reader
from connectors.http.rules import Action, rule
from connectors.http.source import ApiSource, Page, Reading, first_text, text_of

_ONE_COMPANY = re.compile(r"/company/[0-9a-f]{24}")


words = first_text(("message",), ("error",), ("msg",))
"""What an error says, in whichever of Custify's shapes."""


def _is_one_company(reply: Reply) -> bool:
    return _ONE_COMPANY.fullmatch(reply.request.url) is not None


def _is_write(reply: Reply) -> bool:
    return reply.request.method == "POST"


_RULES = (
    rule(
        Action.FAIL,
        401,
        advice="The API key was refused. Make a new one in Custify (Settings > Developer > API "
        "Access) and put it where auth.token in sources.yaml says",
    ),
    rule(
        Action.NOT_PERMITTED,
        403,
        when=_is_write,
        advice="The API key may only read. Make one that may write, or take the source out of "
        "write_back.yaml",
    ),
    rule(Action.ACCEPT, 400, 404, 422, when=_is_write),
    rule(Action.EMPTY, 404, when=_is_one_company),
    rule(
        Action.NOT_PERMITTED,
        403,
        advice="The API key has no access to this. Ask a Custify administrator for a key that "
        "has, or leave the stream out under streams in sources.yaml",
    ),
    rule(Action.EMPTY, 404, when=lambda reply: reply.request.url.endswith("/values")),
)
"""A score or company that is deleted while its history is read has none; a company that is asked
for by its id may be gone."""

_NEWEST_FIRST = '{"field":"updated_at","direction":"desc"}'
_OLDEST_FIRST = '{"field":"created_at","direction":"asc"}'

_updated_at = field_reader("updated_at")

log = logging.getLogger("cs_coverage")


class CustifySource(ApiSource[Settings]):
    """A Custify workspace."""

    kind: ClassVar[str] = "custify"

    def connect(self) -> Client:
        """See `ApiSource`."""
        key = self.secret(self.settings.auth.token, "auth.token")
        return Client(
            name=self.name,
            base_url=self.settings.base_url,
            authenticator=FixedHeaders({"Authorization": f"Bearer {key}"}),
            budgets={"default": Budget(self.settings.requests_per_minute, 60, self.clock)},
            rules=_RULES,
            describe=words,
            headers={"Accept": "application/json"},
            patience=self.patience,
            clock=self.clock,
        )

    def read(self, reading: Reading) -> Iterator[Page]:
        """See `ApiSource`."""
        stream = reading.stream
        assert isinstance(stream, CustifyStream)
        if stream == HEALTH_SCORE_VALUES:
            return self._history(reading)
        if stream == TASKS:
            return self._tasks(reading)
        if stream.is_paged:
            return self._list(stream, self._size(reading))
        return self._whole(stream)

    def companies(self) -> Iterator[Sequence[bytes]]:
        """All companies as they are now, a page at a time."""
        for page in self._list(COMPANIES, self.settings.page_size or PAGE_SIZE):
            yield page.records

    def _size(self, reading: Reading) -> int:
        return reading.page_size or PAGE_SIZE

    def _pages(self, stream: CustifyStream, size: int, **params: str) -> Iterator[Answer]:
        path, _ = stream.paths[0]
        request = Request(path, params={**stream.params, **params})
        return turn_pages(self._asking(request, stream.plural, size), size)

    def _asking(self, request: Request, plural: str, size: int) -> Callable[[int], Answer]:
        def ask(number: int) -> Answer:
            page = request.with_params(page=number, itemsPerPage=size)
            answer = answer_in(self.client.send(page), plural)
            return Answer([identified(record) for record in answer.records], answer.total)

        return ask

    def _whole(self, stream: CustifyStream) -> Iterator[Page]:
        for path, context in stream.paths:
            answer = answer_in(self.client.send(Request(path)), stream.plural)
            yield Page([in_context(identified(record), context) for record in answer.records])
        yield Page(everything=True)

    def _list(self, stream: CustifyStream, size: int, **params: str) -> Iterator[Page]:
        """All of a list, in a second pass too where the first may have missed records."""
        seen = Tally()
        for _ in range(2):
            tally = Tally()
            for answer in self._pages(stream, size, **params):
                yield Page(seen.count(Answer(tally.count(answer), answer.total)))
            if not tally.shrank and not self._is_short(tally):
                break
            log.info("%s.%s: the list changed while it was read", self.name, stream.name)
        else:
            seen.totals = tally.totals
            self._require_all(seen, stream)
        yield Page(everything=True)

    def _is_short(self, tally: Tally) -> bool:
        return self.settings.trusts_total and tally.is_short

    def _require_all(self, seen: Tally, stream: CustifyStream) -> None:
        if self._is_short(seen):
            raise TransientSourceError(
                f"Custify states {seen.totals[0]} records and listed {len(seen.ids)} in two "
                f"passes, so that nothing was taken as deleted, and nothing stored. If its total "
                f"for {stream.name} is always wrong, set trusts_total: false in sources.yaml"
            )

    # --- tasks

    def _tasks(self, reading: Reading) -> Iterator[Page]:
        size, state = self._size(reading), reading.state
        since_text, full_at = text_of(state, "since"), text_of(state, "full_at")
        since = instant(since_text)
        is_due = self.full_read_due(full_at, reading.started_at)
        is_full = since is None or is_due or self.settings.task_sync == "full"
        if since is None or is_full:
            pages, full_at = self._list(TASKS, size, sorting=_OLDEST_FIRST), None
        else:
            pages = self._changed_tasks(since, size)
        newest = since
        for page in pages:
            times = [moment for record in page.records if (moment := instant(_updated_at(record)))]
            newest = max([*times, *([newest] if newest else [])], default=None)
            yield Page(page.records)
        yield Page(
            state={
                "since": self._bookmark(newest, since_text, reading.started_at),
                "full_at": full_at or reading.started_at.isoformat(),
            },
            everything=is_full,
        )

    def _bookmark(
        self, newest: datetime | None, since: str | None, started_at: datetime
    ) -> str | None:
        if newest is None or newest == instant(since):
            return since
        return bookmark(newest, started_at, self.settings.lookback_minutes)

    def _changed_tasks(self, since: datetime, size: int) -> Iterator[Page]:
        """The tasks changed since then; again where a deletion may have hidden one."""
        seen = Tally()
        for _ in range(2):
            tally = Tally()
            for answer in self._until(since, size):
                yield Page(seen.count(Answer(tally.count(answer), answer.total)))
            if not tally.shrank:
                return

    def _until(self, since: datetime, size: int) -> Iterator[Answer]:
        """Pages from the newest change on, up to the first with one from before `since`.

        If they do not come in that order, nothing says where the changes end: then all pages.
        """
        before: datetime | None = None
        is_ordered = True
        for answer in self._pages(TASKS, size, sorting=_NEWEST_FIRST):
            yield answer
            times = [instant(_updated_at(record)) for record in answer.records]
            is_ordered = is_ordered and _is_descending([*([before] if before else []), *times])
            if is_ordered and times and (before := times[-1]) and before < since:
                return
        if not is_ordered:
            log.warning(
                "%s.tasks: Custify did not list tasks by their last change, so all were read",
                self.name,
            )

    # --- health scores' history

    def _history(self, reading: Reading) -> Iterator[Page]:
        size = self._size(reading)
        listed = self._pages(COMPANIES, size)
        wanted = islice(listed, 1) if reading.is_probe else listed
        records = {own_id(record): record for answer in wanted for record in answer.records}
        companies = companies_in(list(records.values()))
        todo = plan(reading.state, companies, self._score_ids(), self.settings)

        def ask(score_id: str, company_id: str) -> Iterator[Answer]:
            request = Request(f"/health_score/{score_id}/values", params={"companyId": company_id})
            pages = self._asking(request, HEALTH_SCORE_VALUES.plural, size)
            return turn_pages(pages, size)

        yield from read_history(todo, ask, reading, self.settings)

    def _score_ids(self) -> list[str]:
        records = (record for page in self._whole(HEALTH_SCORES) for record in page.records)
        return [found for record in records if (found := own_id(record)) is not None]


def _is_descending(times: Sequence[datetime | None]) -> bool:
    known = [moment for moment in times if moment is not None]
    return len(known) == len(times) and known == sorted(known, reverse=True)
