"""What Gainsight's replies mean.

Belongs here: the envelope, its error codes, and the records inside. Does not: requests.
"""

from __future__ import annotations

import msgspec

from connectors.http.message import Reply
from connectors.http.records import records_at
from connectors.http.rules import Action, Rule, rule

INVALID_CTA_FIELDS = "COCKPIT_5101"

_UNAUTHORISED = "GS_APIG_2401"
_ADDRESS_REFUSED = "GS_APIG_2402"
_MIXED = "GSOBJ_1024"
_NOTHING_FOUND = "GSOBJ_1011"
_NOT_FOUND = "OBJECT_NOT_FOUND"

_ANY = (*range(200, 300), *range(400, 429), *range(430, 500))


class _Envelope(msgspec.Struct, rename="camel"):
    """What stands around the records; the records themselves are skipped."""

    result: bool | None = None
    error_code: str | None = None
    error_desc: str | None = None
    title: str | None = None

    @property
    def words(self) -> str:
        return (self.error_desc or "").lower()


class _Page(msgspec.Struct):
    """A page, its records not looked into."""

    data: msgspec.Raw = msgspec.Raw(b"null")


def _envelope(reply: Reply) -> _Envelope:
    try:
        return msgspec.json.decode(reply.body, type=_Envelope)
    except msgspec.DecodeError:
        return _Envelope()


def _is_good(reply: Reply) -> bool:
    return _envelope(reply).result is not False


def _is_empty(reply: Reply) -> bool:
    said = _envelope(reply)
    return said.result is False and (
        said.error_code == _NOTHING_FOUND
        or "no data found" in said.words
        or "no entity matches" in said.words
    )


def _is_unauthorised(reply: Reply) -> bool:
    # The documentation gives one code for refused headers and for a field that does not exist.
    said = _envelope(reply)
    return said.error_code == _UNAUTHORISED or (
        said.error_code == _MIXED and "authoriz" in said.words
    )


def _is_refused_address(reply: Reply) -> bool:
    return _envelope(reply).error_code == _ADDRESS_REFUSED


def _is_unknown_object(reply: Reply) -> bool:
    said = _envelope(reply)
    return said.title == _NOT_FOUND or "object not found" in said.words


def _names_cta_fields(reply: Reply) -> bool:
    return _envelope(reply).error_code == INVALID_CTA_FIELDS


RULES: tuple[Rule, ...] = (
    rule(Action.ACCEPT, *range(200, 300), when=_is_good),
    rule(Action.WAIT, 429, wait_s=60),
    rule(Action.EMPTY, *_ANY, when=_is_empty),
    rule(
        Action.REAUTHENTICATE,
        *_ANY,
        when=_is_unauthorised,
        advice="The credentials were refused. Check auth in sources.yaml, and that nobody "
        "replaced the key in Gainsight (Administration > Connectors > API)",
    ),
    rule(
        Action.FAIL,
        *_ANY,
        when=_is_refused_address,
        advice="Ask the Gainsight administrator to allow this machine's address",
    ),
    rule(
        Action.NOT_PERMITTED,
        *_ANY,
        when=_is_unknown_object,
        advice="The tenant has no such object, or hides it from this key. Ask the administrator, "
        "or leave the stream out under streams in sources.yaml",
    ),
    # Which fields were refused decides what follows, and only the reader knows what it asked for.
    rule(Action.ACCEPT, *_ANY, when=_names_cta_fields),
    rule(
        Action.FAIL,
        *range(200, 300),
        400,
        advice="Correct what the message names; fields that are read come from fields and "
        "extra_fields in sources.yaml",
    ),
)
"""Consulted before the rules that hold for all sources."""


def words(reply: Reply) -> str | None:
    """An error in Gainsight's words: its code and description."""
    said = _envelope(reply)
    said_words = [word for word in (said.error_code or said.title, said.error_desc) if word]
    return ": ".join(said_words) or None


def refused_fields(reply: Reply) -> str | None:
    """What the cockpit says about fields that it does not know; None for a good reply."""
    said = _envelope(reply)
    return said.error_desc or "" if said.error_code == INVALID_CTA_FIELDS else None


def records_in(reply: Reply) -> list[bytes]:
    """The records of a page: `data` is a list, or an object with a list of `records`."""
    if not reply.body:
        return []
    data = memoryview(reply.json(_Page).data)
    is_nested = bytes(data[:1]) == b"{"
    return records_at(reply, "data", "records") if is_nested else records_at(reply, "data")
