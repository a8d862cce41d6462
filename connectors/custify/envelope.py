"""Custify's answers: the records in whichever envelope they come, and the id of a record.

Belongs here: shapes of replies. Does not: asking for them, or turning pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from connectors.errors import TransientSourceError
from connectors.http.message import Reply
from connectors.http.records import is_object, with_context

_OTHER_PLURALS = ("data", "items")
_ID_NAMES = ("id", "_id")


@dataclass(frozen=True)
class Answer:
    """The records of a page, as received, and how many there are in all where it is said."""

    records: list[bytes]
    total: int | None = None


class _Ids(msgspec.Struct):
    id: Any = None
    underscored: Any = msgspec.field(default=None, name="_id")
    details: Any = None


_IDS = msgspec.json.Decoder(_Ids)


def answer_in(reply: Reply, plural: str) -> Answer:
    """The records called `plural` in a reply.

    The list may lie under `plural`, `data` or `items`, in an object or in an array with that
    object as its only element, or be the whole answer. Raises `TransientSourceError` when there
    is no list: an answer that we cannot read must not look like an empty one.
    """
    if not reply.body:
        return Answer([])
    body = bytes(reply.json(msgspec.Raw)).lstrip()
    found = _envelope(body, plural)
    if found is None and body.startswith(b"["):
        elements = [bytes(element) for element in msgspec.json.decode(body, type=list[msgspec.Raw])]
        wrapped = _envelope(elements[0], plural) if len(elements) == 1 else None
        return wrapped or Answer(elements)
    if found is None:
        raise TransientSourceError(f"{reply.request.shown} answered no list of {plural}")
    return found


def _envelope(body: bytes, plural: str) -> Answer | None:
    if not body.startswith(b"{"):
        return None
    fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    total = _total(fields)
    is_record = any(name in fields for name in _ID_NAMES)
    for name in (plural, *_OTHER_PLURALS):
        text = bytes(fields.get(name, b"")).lstrip()
        if text.startswith(b"[") and not is_record:
            records = msgspec.json.decode(text, type=list[msgspec.Raw])
            return Answer([bytes(record) for record in records], total)
    return Answer([], 0) if total == 0 else None


def _total(fields: Mapping[str, msgspec.Raw]) -> int | None:
    text = bytes(fields.get("total", b"")).strip().strip(b'"')
    return int(text) if text.isdigit() else None


def identified(record: bytes) -> bytes:
    """The record with an `id` at its top.

    Custify calls it `id` or `_id`, and nests a person's below `details`; where there is no `id`
    at the top, what was found is put there, and the rest stays as received.
    """
    if own_id(record) is not None:
        return record
    try:
        ids = _IDS.decode(record)
    except msgspec.DecodeError:
        return record  # not an object: set aside when it is written
    nested = ids.details if isinstance(ids.details, dict) else {}
    candidates = (ids.underscored, *(nested.get(name) for name in _ID_NAMES))
    found = next((each for each in candidates if each is not None), None)
    return record if found is None else with_context(record, {"id": found})


def own_id(record: bytes) -> str | None:
    """The `id` at the top of a record, as text."""
    try:
        found = _IDS.decode(record).id
    except msgspec.DecodeError:
        return None
    return None if found is None else str(found)


def in_context(record: bytes, context: Mapping[str, Any]) -> bytes:
    """The record with what only the request knew; what is no object stays as it is."""
    return with_context(record, context) if is_object(record) else record
