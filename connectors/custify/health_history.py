"""The history of health scores, which Custify tells only for one score and company at a time.

Belongs here: of which companies it is read, how far back, and where the next read goes on. Does
not: asking (source).

Companies are read in the order in which they changed, and the state says how far that has come;
so a read that is interrupted, or has reached the night's bound, goes on there. A round ends when
all companies are read that changed since the one before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from connectors.custify.envelope import Answer, in_context
from connectors.custify.moments import bookmark, date_of, identity_of, instant, written
from connectors.custify.settings import Settings
from connectors.http.records import field_reader
from connectors.http.source import Page, Reading, State

_COMPANIES_PER_STEP = 250  # stored at once, so that a failure does not cost hours of reading

_updated_at = field_reader("updated_at")
_id = field_reader("id")


class AsksHistory(Protocol):
    """Gives the pages of one score's history of one company."""

    def __call__(self, score_id: str, company_id: str) -> Iterable[Answer]:
        """See the class."""
        ...


@dataclass(frozen=True, order=True)
class Changed:
    """A company and when it changed last; "" where it does not say, which comes first."""

    at: str
    company_id: str


def companies_in(records: Sequence[bytes]) -> list[Changed]:
    """The companies among records of `companies`, in the order in which they changed."""
    found = []
    for record in records:
        moment, company_id = instant(_updated_at(record)), _id(record)
        if company_id is not None:
            found.append(Changed(written(moment) if moment else "", str(company_id)))
    return sorted(found)


@dataclass(frozen=True)
class Round:
    """What is left to read: `companies`, of which at most `left` in this night."""

    scores: tuple[str, ...]
    since: str | None
    companies: Sequence[Changed]
    left: int

    def state_after(self, company: Changed, left: int) -> State:
        """The state of a round that is not finished."""
        through = [company.at, company.company_id]
        return {
            "scores": list(self.scores),
            "since": self.since,
            "through": through,
            "left": left,
        }


def plan(
    state: State | None, companies: Sequence[Changed], scores: Sequence[str], settings: Settings
) -> Round:
    """What this read has to read; everything, when a score is new or this is the first read."""
    known = state or {}
    if not set(scores) <= set(known.get("scores", ())):
        known = {}
    since: str | None = known.get("since")
    through: list[str] | None = known.get("through")
    waiting = [
        company
        for company in companies
        if (since is None or not company.at or company.at >= since)
        and (through is None or [company.at, company.company_id] > through)
    ]
    left = known.get("left") or settings.health_history_companies
    return Round(tuple(sorted(scores)), since, waiting, left)


def read_history(
    todo: Round, ask: AsksHistory, reading: Reading, settings: Settings
) -> Iterator[Page]:
    """The pages of the history that is to be read, with a state after each company."""
    horizon = todo.since or written(
        reading.started_at - timedelta(days=settings.health_history_days)
    )
    for number, company in enumerate(todo.companies[: todo.left], start=1):
        for score_id in todo.scores:
            context = {"_score_id": score_id, "_company_id": company.company_id}
            yield from _values(ask(score_id, company.company_id), context, horizon, settings)
        left = todo.left - number
        is_step = number % _COMPANIES_PER_STEP == 0 and left > 0
        yield Page(state=todo.state_after(company, left), ends_step=is_step)
    if len(todo.companies) <= todo.left:
        yield Page(state=_finished(todo, reading.started_at, settings))


def _values(
    answers: Iterable[Answer], context: dict[str, str], horizon: str, settings: Settings
) -> Iterator[Page]:
    for answer in answers:
        dates = [_date(record, settings) for record in answer.records]
        yield Page(
            [
                in_context(record, {**context, "_at": date or identity_of(_decoded(record))})
                for record, date in zip(answer.records, dates, strict=True)
            ]
        )
        if _reaches_back(dates, horizon):
            return


def _reaches_back(dates: Sequence[str | None], horizon: str) -> bool:
    """Whether the list comes newest first and has passed the day from which on it is wanted."""
    known = [date for date in dates if date]
    is_newest_first = known == sorted(known, reverse=True) and len(set(known)) > 1
    return len(known) == len(dates) and is_newest_first and known[-1] < horizon[:10]


def _finished(todo: Round, started_at: datetime, settings: Settings) -> State:
    newest = instant(todo.companies[-1].at) if todo.companies else None
    since = bookmark(newest, started_at, settings.lookback_minutes) if newest else todo.since
    return {"scores": list(todo.scores), "since": since}


def _date(record: bytes, settings: Settings) -> str | None:
    return date_of(_decoded(record), settings.health_date_field)


def _decoded(record: bytes) -> dict[str, Any]:
    value = msgspec.json.decode(record)
    return value if isinstance(value, dict) else {}
