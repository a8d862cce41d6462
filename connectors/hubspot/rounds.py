"""Where the reading of a type of object stands, from one night to the next.

A round reads what changed, or everything, and then the archived records. It may be stored and
continued after any page: then it keeps the lower bound that it began with, because its pages are
sorted by id and not by time.

Belongs here: the state and how it moves. Does not: asking.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import msgspec

from connectors.http.source import State


class Phase(StrEnum):
    """The parts of a round. It begins with one of the first two and ends with the third."""

    LIST = "list"
    SEARCH = "search"
    ARCHIVED = "archived"


@dataclass(frozen=True)
class Round:
    """A round under way.

    `since` is the time up to which everything was read when it began (None: nothing was),
    `full_at` when the last reading of everything began, `asked` tells which properties were asked
    for. `reached` is how far the phase has come: a paging cursor or an id. `newest` is the latest
    change seen so far.
    """

    phase: Phase
    started_at: str
    asked: str
    since: str | None = None
    full_at: str | None = None
    reached: str | None = None
    newest: str | None = None

    @classmethod
    def beginning(
        cls, phase: Phase, state: State | None, started_at: datetime, asked: str
    ) -> Round:
        """A new round after what the last one left."""
        held = state or {}
        started = started_at.isoformat()
        full_at = started if phase is Phase.LIST else held.get("full_at")
        return cls(phase, started, asked, since=held.get("since"), full_at=full_at)

    @classmethod
    def under_way(cls, state: State | None) -> Round | None:
        """The round that a stored state is in the middle of; None if it is at an end."""
        return msgspec.convert(state, cls) if state and "phase" in state else None

    def after(self, reached: str | None, newest: str | None) -> Round | None:
        """After a page; `reached` is None when it was the phase's last. None: the round is over."""
        if reached is not None:
            return replace(self, reached=reached, newest=newest)
        if self.phase is Phase.ARCHIVED:
            return None
        return replace(self, phase=Phase.ARCHIVED, reached=None, newest=newest)

    def as_state(self) -> State:
        """What to store in the middle of the round."""
        held: State = msgspec.to_builtins(self)
        return _without_nothing(held)

    def ended(self) -> State:
        """What to store at its end: the bookmark moves to what was seen, never past our start."""
        since = self.since if self.newest is None else _earlier(self.newest, self.started_at)
        return _without_nothing({"since": since, "full_at": self.full_at, "asked": self.asked})


def _without_nothing(state: State) -> State:
    return {key: value for key, value in state.items() if value is not None}


def _earlier(one: str, other: str) -> str:
    return min(one, other, key=datetime.fromisoformat)
