"""What to do about a reply: each source's table from status to action.

Belongs here: the actions, a rule, and the rules that hold for everyone. Does not: doing it
(client), or a vendor's own rules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from connectors.http.message import Reply


class Action(Enum):
    """What follows from a reply."""

    ACCEPT = "accept"
    """The answer."""
    EMPTY = "empty"
    """The vendor's way to say that there is nothing."""
    WAIT = "wait"
    """Too fast: wait as long as the server says, then ask again. All threads wait."""
    RETRY = "retry"
    """Something broke on their side: ask again after a growing pause."""
    REAUTHENTICATE = "reauthenticate"
    """Get a new token, once, then ask again."""
    STOP_FOR_TODAY = "stop for today"
    """The day's quota is spent: the source's other streams need not try."""
    EXPIRED = "expired"
    """The place where the last read ended is no longer known: read everything."""
    NOT_PERMITTED = "not permitted"
    """The credentials do not reach this."""
    FAIL = "fail"
    """Asking again will not help."""


@dataclass(frozen=True)
class Rule:
    """An action for replies with one of `statuses` of which `when` is true.

    `wait_s` is the pause where the reply names none. `advice` is put into the message: what the
    person who runs the pipeline should do.
    """

    action: Action
    statuses: frozenset[int]
    when: Callable[[Reply], bool] | None = None
    wait_s: float | None = None
    advice: str | None = None


def rule(
    action: Action,
    *statuses: int,
    when: Callable[[Reply], bool] | None = None,
    wait_s: float | None = None,
    advice: str | None = None,
) -> Rule:
    """A rule, written as a row of a table."""
    return Rule(action, frozenset(statuses), when, wait_s, advice)


COMMON_RULES: tuple[Rule, ...] = (
    rule(Action.ACCEPT, *range(200, 300)),
    rule(Action.WAIT, 429, wait_s=10),
    rule(Action.RETRY, 408, 409, 423, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524),
    rule(
        Action.REAUTHENTICATE,
        401,
        advice="The credentials were refused. Check auth in sources.yaml, and that the key or "
        "token is still valid",
    ),
    rule(
        Action.NOT_PERMITTED,
        403,
        advice="The credentials are good, but not for this. Ask an administrator to grant it, or "
        "leave the stream out under streams in sources.yaml",
    ),
    rule(
        Action.FAIL,
        *(301, 302, 303, 307, 308),
        advice="The server sends us elsewhere, where credentials are not sent. Correct base_url",
    ),
    rule(Action.FAIL, 404, advice="There is nothing at this address. Check base_url"),
)
"""Consulted after a source's own rules; what no rule fits fails."""

_ELSE = Rule(Action.FAIL, frozenset())


def decide(reply: Reply, rules: Sequence[Rule]) -> Rule:
    """The first rule that fits the reply: the source's own, else the common ones."""
    for each in (*rules, *COMMON_RULES):
        if reply.status in each.statuses and (each.when is None or each.when(reply)):
            return each
    return _ELSE
