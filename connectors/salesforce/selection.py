"""Which fields of an object are asked for.

Belongs here: choosing among the fields that the user can read, and naming what is not there. Does
not: asking for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from connectors.errors import PermanentSourceError
from connectors.http.message import Reply
from connectors.salesforce.streams import SObject
from connectors.wording import did_you_mean

_MADE_OF_PARTS = ("address", "location")
_UNREADABLE = (*_MADE_OF_PARTS, "base64")

Types = Mapping[str, str]
"""The fields of an object that the user can see, by name, with their types."""


class _Field(msgspec.Struct):
    name: str
    type: str


class _Description(msgspec.Struct):
    fields: list[_Field]


def types_of(description: Reply) -> Types:
    """The fields in the reply to a describe. Raises `TransientSourceError` if it is none."""
    described: _Description = description.json(_Description)
    return {field.name: field.type for field in described.fields}


def selected(stream: SObject, types: Types, custom: Iterable[str]) -> tuple[str, ...]:
    """The fields to ask for: key, time of change, declared and custom ones, as far as they are.

    Raises `PermanentSourceError` if records or their changes could not be told apart.
    """
    for name in ("Id", stream.changed_in):
        require(name, stream, types)
    wanted = ("Id", stream.changed_in, *stream.fields, *custom)
    return tuple(dict.fromkeys(name for name in wanted if name in types))


def require(name: str, stream: SObject, types: Types) -> None:
    """Raise `PermanentSourceError` for a field of theirs that cannot be read."""
    kind = types.get(name)
    if kind is None:
        raise PermanentSourceError(
            f"the field {name} is to be read, which {stream.object} does not have, or the user "
            f"may not see.{did_you_mean(name, types)} Correct fields or extra_fields in "
            "sources.yaml, or grant access to the field"
        )
    if kind in _UNREADABLE:
        parts = " Name its parts instead, like BillingCity" if kind in _MADE_OF_PARTS else ""
        raise PermanentSourceError(
            f"the field {name} of {stream.object} is to be read, but not its type, {kind}.{parts}"
        )
