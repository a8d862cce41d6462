"""Which records a record is associated with.

Lists can bring associations with each record, but searches cannot: a record that both bring would
differ, and look changed. So both are asked without, and the associations are asked for in batches.

Belongs here: asking for associations in batches, putting the ids into records. Does not: which
associations a stream needs (streams).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from connectors.errors import TransientSourceError
from connectors.http.message import Reply, Request
from connectors.http.records import with_context

BATCH = 100
CONTEXT_KEY = "_associations"
"""Where in a landed record the ids are: object type → ids, the primary one first."""

_NOTHING_THERE = "OBJECT_NOT_FOUND"

Ask = Callable[[Request], Reply]


class _After(msgspec.Struct):
    after: str


class _Paging(msgspec.Struct):
    next: _After | None = None


class _From(msgspec.Struct):
    id: str | int


class _Kind(msgspec.Struct):
    label: str | None = None


class _To(msgspec.Struct):
    to_object_id: str | int = msgspec.field(name="toObjectId")
    kinds: list[_Kind] = msgspec.field(name="associationTypes", default_factory=list)

    @property
    def is_primary(self) -> bool:
        return any((kind.label or "").startswith("Primary") for kind in self.kinds)


class _Result(msgspec.Struct):
    source: _From = msgspec.field(name="from")
    to: list[_To] = msgspec.field(default_factory=list)
    paging: _Paging | None = None


class _Error(msgspec.Struct):
    category: str | None = None
    message: str | None = None


class _Page(msgspec.Struct):
    results: list[_Result] = msgspec.field(default_factory=list)
    errors: list[_Error] = msgspec.field(default_factory=list)


class _Record(msgspec.Struct):
    id: str | None = None


def with_associations(
    ask: Ask, path: str, records: Sequence[bytes], to: Sequence[str]
) -> list[bytes]:
    """The records with the ids of what they are associated with, of all types in `to`.

    `path` has {to} in it. What cannot be read as a record stays as it is.
    """
    if not to:
        return list(records)
    ids = [_id(record) for record in records]
    asked = [key for key in ids if key is not None]
    found = {each: associated(ask, path.format(to=each), asked) for each in to}
    return [
        record
        if key is None
        else with_context(record, {CONTEXT_KEY: {each: found[each][key] for each in to}})
        for key, record in zip(ids, records, strict=True)
    ]


def associated(ask: Ask, path: str, ids: Sequence[str]) -> dict[str, list[str]]:
    """The ids that each of `ids` is associated with: primary first, then in their own order.

    Raises `TransientSourceError` when HubSpot could not answer for some of them.
    """
    found: dict[str, list[_To]] = {key: [] for key in ids}
    pending: list[Mapping[str, str]] = [{"id": key} for key in found]
    while pending:
        asked, pending = pending[:BATCH], pending[BATCH:]
        reply = ask(Request(path, method="POST", json={"inputs": asked}))
        page: _Page = reply.json(_Page)
        _require_answers(page.errors, reply)
        for result in page.results:
            key = str(result.source.id)
            found.setdefault(key, []).extend(result.to)
            if result.to and result.paging and result.paging.next:
                pending.append({"id": key, "after": result.paging.next.after})
    return {key: _in_order(links) for key, links in found.items()}


def _in_order(links: Iterable[_To]) -> list[str]:
    ranked = sorted(links, key=lambda to: (not to.is_primary, int(to.to_object_id)))
    return list(dict.fromkeys(str(to.to_object_id) for to in ranked))


def _require_answers(errors: Sequence[_Error], reply: Reply) -> None:
    """That a record has no associations is told as an error, and is none."""
    for error in errors:
        if error.category != _NOTHING_THERE:
            raise TransientSourceError(
                f"{reply.request.shown} answered only a part of what was asked, and says "
                f'"{error.message}"'
            )


_decoder = msgspec.json.Decoder(_Record)


def _id(record: bytes) -> str | None:
    try:
        return _decoder.decode(record).id
    except msgspec.ValidationError:
        return None
