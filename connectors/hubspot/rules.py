"""What HubSpot's replies mean.

Belongs here: rules from status and body to action, HubSpot's own words. Does not: rules that hold
for every vendor.
"""

from __future__ import annotations

from collections.abc import Callable

from connectors.http.message import Reply
from connectors.http.rules import Action, rule

_BAD_REQUEST = 400


def _policy(name: str) -> Callable[[Reply], bool]:
    return lambda reply: reply.at("policyName") == name


def _is_unknown_object(reply: Reply) -> bool:
    return str(reply.at("message")).startswith("Unable to infer object type")


def _is_within_a_list(reply: Reply) -> bool:
    return "after" in reply.request.params


def is_refused_batch(reply: Reply) -> bool:
    """Whether a batch of changes was refused as a whole, because of a value in it."""
    is_invalid = reply.status == _BAD_REQUEST and reply.at("category") == "VALIDATION_ERROR"
    return is_invalid and _is_update(reply)


def _is_update(reply: Reply) -> bool:
    return reply.request.url.endswith("/batch/update")


RULES = (
    rule(Action.ACCEPT, 400, when=is_refused_batch),
    rule(
        Action.NOT_PERMITTED,
        403,
        when=_is_update,
        advice="Grant the scope to the private app (Settings > Integrations > Private apps), or "
        "take the source out of write_back.yaml",
    ),
    rule(
        Action.STOP_FOR_TODAY,
        429,
        when=_policy("DAILY"),
        advice="HubSpot's requests of the day are spent; they come back at midnight in the "
        "account's time zone. Read less often, or get the API limit increase",
    ),
    rule(Action.WAIT, 429, when=_policy("SECONDLY"), wait_s=1),
    rule(Action.WAIT, 429, wait_s=10),
    rule(Action.RETRY, 423, wait_s=2),
    rule(
        Action.NOT_PERMITTED,
        400,
        404,
        when=_is_unknown_object,
        advice="This HubSpot account has no such records; its edition may not have them. Leave "
        "the stream out under streams in sources.yaml",
    ),
    rule(Action.EXPIRED, 400, when=_is_within_a_list),
    rule(
        Action.NOT_PERMITTED,
        403,
        advice="Grant the scope to the private app (Settings > Integrations > Private apps), or "
        "leave the stream out under streams in sources.yaml",
    ),
    rule(
        Action.FAIL,
        530,
        advice="That is how HubSpot answers a token that is not written like one. Check that "
        "auth.token holds the whole token and nothing else: no quotes, no line breaks",
    ),
)


def words(reply: Reply) -> str | None:
    """HubSpot's own words, and the scopes that it misses."""
    message = reply.at("message")
    if not isinstance(message, str):
        return None
    scopes = reply.at("errors", 0, "context", "requiredGranularScopes")
    return f"{message} ({', '.join(map(str, scopes))})" if isinstance(scopes, list) else message
