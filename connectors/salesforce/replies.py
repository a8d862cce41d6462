"""What Salesforce's replies mean: its error codes, and how much of the day's quota is used.

Belongs here: from status and error code to an action, and the words for it. Does not: records.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from connectors.errors import DailyQuotaSpent
from connectors.http.message import Reply
from connectors.http.oauth import refusal
from connectors.http.rules import Action, rule

_USAGE = re.compile(r"api-usage=(\d+)/(\d+)")
_GIVEN_UP = ("QUERY_TIMEOUT", "INVALID_QUERY_LOCATOR", "OPERATION_TOO_LARGE")
_CONCURRENCY_PAUSE_S = 20
_BAD_REQUEST = 400


def error_code(reply: Reply) -> str | None:
    """The code of an error reply, a list with one object per error; None for anything else."""
    code = reply.at(0, "errorCode")
    return code if isinstance(code, str) else None


def error_words(reply: Reply) -> str | None:
    """What an error reply says, of the API or of the token endpoint."""
    words = [reply.at(0, "errorCode"), reply.at(0, "message")]
    return ": ".join(word for word in words if isinstance(word, str)) or refusal(reply)


def gave_up(reply: Reply) -> bool:
    """Whether a query was too much at once: the same in smaller portions may work."""
    return reply.status >= _BAD_REQUEST and error_code(reply) in _GIVEN_UP


def _code(*codes: str) -> Callable[[Reply], bool]:
    return lambda reply: error_code(reply) in codes


def _too_many_at_once(reply: Reply) -> bool:
    return _code("REQUEST_LIMIT_EXCEEDED")(reply) and "Concurrent" in str(reply.at(0, "message"))


def _is_of_collections(reply: Reply) -> bool:
    return "/composite/sobjects" in reply.request.url


RULES = (
    rule(Action.ACCEPT, *(400, 500, 503), when=gave_up),
    rule(Action.RETRY, *(403, 503), when=_too_many_at_once, wait_s=_CONCURRENCY_PAUSE_S),
    rule(
        Action.STOP_FOR_TODAY,
        *(403, 503),
        when=_code("REQUEST_LIMIT_EXCEEDED"),
        advice="The org's API requests of the last 24 hours are used up. See Setup › System "
        "Overview for what uses them; the next night reads on",
    ),
    rule(Action.RETRY, 406),
    rule(Action.RETRY, 400, when=_code("UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE")),
    rule(
        Action.FAIL,
        403,
        when=_code("API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED"),
        advice="Give the user the permission API Enabled; Professional Edition has the API only "
        "as an add-on",
    ),
    rule(
        Action.NOT_PERMITTED,
        *(400, 403, 404),
        when=_is_of_collections,
        advice="Check the fields in write_back.yaml, and that the user may edit accounts",
    ),
    rule(
        Action.NOT_PERMITTED,
        *(400, 403),
        when=_code("INVALID_TYPE", "INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY"),
        advice="The object is switched off in this org, or the user's profile does not see it. "
        "Ask an administrator, or leave the stream out under streams in sources.yaml",
    ),
    rule(
        Action.NOT_PERMITTED,
        404,
        when=_code("NOT_FOUND"),
        advice="The org does not have this object, the user's profile does not see it, or the org "
        "is too old for api_version. Ask an administrator, or leave the stream out under streams "
        "in sources.yaml",
    ),
    rule(
        Action.FAIL,
        400,
        advice="Check api_version, fields and extra_fields in sources.yaml; if they are right, "
        "report this as a defect of the connector",
    ),
    rule(
        Action.FAIL,
        414,
        advice="The query is too long. Take fields out of extra_fields in sources.yaml",
    ),
)


def quota_guard(share: float) -> Callable[[Reply], None]:
    """A `Client.on_reply` that stops when more than `share` of the day's requests are used."""

    def check(reply: Reply) -> None:
        usage = _USAGE.search(reply.headers.get("Sforce-Limit-Info", ""))
        if usage is None or reply.status >= _BAD_REQUEST:
            return  # what an error says goes before what its headers say
        used, allowed = int(usage[1]), int(usage[2])
        if used > allowed * share:
            raise DailyQuotaSpent(
                f"the org has used {used:,} of {allowed:,} API requests of the last 24 hours, "
                f"more than the {share:.0%} that daily_quota_share allows. The next night reads "
                "on; raise daily_quota_share if the rest of the day can spare them"
            )

    return check
