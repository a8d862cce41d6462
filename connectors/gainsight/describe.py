"""What a tenant's objects hold, and which of their fields to ask for.

Belongs here: reading a description, choosing fields and the one by which changes are found. Does
not: asking for records.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from connectors.errors import NotPermitted
from connectors.http.client import Client
from connectors.http.message import Request
from connectors.http.records import records_at

_PATH = "v1/meta/services/objects/describe"
_DATETIME = "DATETIME"


class _Lookup(msgspec.Struct, rename="camel"):
    lookup_name: str | None = None


class _Meta(msgspec.Struct, rename="camel"):
    filterable: bool = True
    lookup_detail: _Lookup | None = None


class _Field(msgspec.Struct, rename="camel"):
    field_name: str
    data_type: str | None = None
    meta: _Meta | None = None
    options: list[msgspec.Raw] | None = None


class _Object(msgspec.Struct, rename="camel"):
    fields: list[_Field] = []


@dataclass(frozen=True)
class Description:
    """The fields of one object, as the tenant spells them."""

    name: str
    fields: tuple[_Field, ...]

    @property
    def names(self) -> list[str]:
        """All fields."""
        return [field.field_name for field in self.fields]

    def has(self, name: str) -> bool:
        """Whether a field, or the lookup that a path goes through, exists in this spelling."""
        lookup, is_path, _ = name.partition(".")
        return lookup in (self._lookups if is_path else self.names)

    def spelled(self, wanted: Iterable[str]) -> Iterator[str]:
        """Those of the wanted fields that there are, in the tenant's spelling."""
        fields = {name.lower(): name for name in self.names}
        lookups = {name.lower(): name for name in self._lookups}
        for name in wanted:
            first, is_path, rest = name.partition(".")
            if is_path and (lookup := lookups.get(first.lower())):
                yield f"{lookup}.{rest}"
            elif not is_path and (field := fields.get(first.lower())):
                yield field

    def cursor(self, candidates: Sequence[str]) -> str | None:
        """The first of the candidates by which records can be filtered in time, or None."""
        usable = {
            field.field_name.lower(): field.field_name
            for field in self.fields
            if (field.data_type or "").upper() == _DATETIME
            and (field.meta is None or field.meta.filterable)
        }
        return next((usable[c.lower()] for c in candidates if c.lower() in usable), None)

    @property
    def picklists(self) -> Iterator[tuple[str, list[bytes]]]:
        """Fields with the items to choose from, each item as it was received."""
        for field in self.fields:
            if field.options:
                yield field.field_name, [bytes(option) for option in field.options]

    @property
    def _lookups(self) -> list[str]:
        details = [field.meta.lookup_detail for field in self.fields if field.meta]
        return [d.lookup_name for d in details if d is not None and d.lookup_name]


def describe(client: Client, name: str) -> Description:
    """Ask what an object holds. Raises `SourceError`; `NotPermitted` for one that is not there."""
    reply = client.send(
        Request(
            _PATH,
            method="POST",
            json={"objectNames": [name], "populatePickListOptions": "true"},
        )
    )
    objects = records_at(reply, "data") if reply.body else []
    if not objects:
        raise NotPermitted(f"the tenant does not describe the object {name} to this key")
    return Description(name, tuple(msgspec.json.decode(objects[0], type=_Object).fields))
