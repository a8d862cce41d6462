"""Records inside a page: their own bytes, cut out without being written anew.

Belongs here: slicing a page, reading one field of a record, adding what only the request knew.
Does not: turning pages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_origin

import msgspec

from connectors.errors import TransientSourceError
from connectors.http.message import Reply, walk

_OBJECT = dict[str, msgspec.Raw]
_LIST = list[msgspec.Raw]


def records_at(reply: Reply, *path: str | int) -> list[bytes]:
    """The records in the list at `path`, each as the bytes that were received.

    A place that is not there, or null, is a page without records. Raises `TransientSourceError`
    when the body is not JSON or there is no list at that place.
    """
    place = _place(reply, *path)
    if place is None:
        return []
    records = _opened(place, _LIST)
    if records is None:
        raise _other_shape(reply, path)
    return list(map(bytes, records))


def envelope_value(reply: Reply, *path: str | int) -> Any:
    """A value of the page around the records, without decoding the records themselves."""
    place = _place(reply, *path)
    return _value(place)


def with_context(record: bytes, context: Mapping[str, Any]) -> bytes:
    """The record with what only the request knew put first (names begin with `_`).

    The rest of the record stays byte for byte as received. Values are encoded as JSON, except
    `msgspec.Raw`, which is put there as it is.
    """
    inside = record.lstrip()[1:]
    added = msgspec.json.encode(context)[1:-1]
    comma = b"" if inside.lstrip().startswith(b"}") or not added else b","
    return b"{" + added + comma + inside


def field_reader(*path: str) -> Callable[[bytes], Any]:
    """A function that reads one place of a record; None where it is absent or not readable."""
    shape: Any = Any
    for step in reversed(path):
        shape = msgspec.defstruct(
            "Place", [("value", shape, msgspec.field(default=None, name=step))]
        )
    decoder = msgspec.json.Decoder(shape)

    def read(record: bytes) -> Any:
        try:
            value = decoder.decode(record)
        except msgspec.DecodeError:
            return walk(_decoded(record), *path)
        for _ in path:
            if value is None:
                return None
            value = value.value
        return value

    return read


def largest(
    records: Sequence[bytes], read: Callable[[bytes], Any], so_far: str | None
) -> str | None:
    """The largest text that `read` finds in the records, or `so_far` if that is larger."""
    found = [value for record in records if isinstance(value := read(record), str)]
    return max([*found, *([so_far] if so_far else [])], default=None)


def last(records: Sequence[bytes], read: Callable[[bytes], Any], so_far: str | None) -> str | None:
    """What `largest` finds, for records that came in the order of what `read` finds."""
    at_end = read(records[-1]) if records else None
    if isinstance(at_end, str):
        return at_end if so_far is None else max(at_end, so_far)
    return largest(records, read, so_far)


def is_object(record: bytes) -> bool:
    """True for a JSON object: anything else in a list of records cannot be one."""
    return record.startswith(b"{") or record.lstrip().startswith(b"{")


def _decoded(record: bytes) -> Any:
    try:
        return msgspec.json.decode(record)
    except msgspec.DecodeError:
        return None


def _place(reply: Reply, *path: str | int) -> Any:
    """What is at `path`, undecoded below that; None where there is nothing."""
    inside: Any = reply.outermost
    for position, step in enumerate(path):
        inside = _opened(inside, _LIST if isinstance(step, int) else _OBJECT)
        if inside is None and not position:
            raise _other_shape(reply, path)
        inside = walk(inside, step)
        if inside is None or (isinstance(inside, msgspec.Raw) and bytes(inside) == b"null"):
            return None
    return inside


def _opened(place: Any, kind: Any) -> Any:
    """What is at a place as a list or an object, one level decoded; None if it is no such."""
    if not isinstance(place, msgspec.Raw):
        return place if isinstance(place, get_origin(kind)) else None
    try:
        return msgspec.json.decode(place, type=kind)
    except msgspec.ValidationError:
        return None


def _value(place: Any) -> Any:
    """What is at a place, decoded altogether."""
    if isinstance(place, msgspec.Raw):
        return msgspec.json.decode(place)
    if isinstance(place, dict):
        return {name: _value(inside) for name, inside in place.items()}
    return [_value(inside) for inside in place] if isinstance(place, list) else place


def _other_shape(reply: Reply, path: Sequence[str | int]) -> TransientSourceError:
    place = ".".join(map(str, path)) or "its top"
    return TransientSourceError(f"{reply.request.shown} answered no list of records at {place}")
