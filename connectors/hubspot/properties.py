"""Which properties are asked for: HubSpot returns only those that a request names.

Belongs here: choosing and checking names, keeping a request's address short, putting records
together that had to be asked for in parts. Does not: what a stream needs (streams).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from threading import Lock

import msgspec

from connectors.errors import NotPermitted, PermanentSourceError
from connectors.http.records import field_reader
from connectors.hubspot.settings import Settings
from connectors.hubspot.streams import ObjectStream
from connectors.wording import did_you_mean

LONGEST_LIST = 15_000
"""Characters of property names in one address; HubSpot refuses addresses of some 16,000."""


_ANYWAY = ("createdate", "hs_createdate", "hs_object_id")
"""Searches bring these unasked and lists may not: asked for, a record is the same from both."""


class PropertyChoice:
    """Chooses a stream's properties; shared by the threads of a source.

    `look_up` gives the names of all properties of a type of object.
    """

    def __init__(
        self,
        settings: Settings,
        streams: Iterable[ObjectStream],
        look_up: Callable[[str], Iterable[str]],
    ) -> None:
        self._settings, self._streams, self._look_up = settings, tuple(streams), look_up
        self._known: dict[str, frozenset[str] | None] = {}
        self._lock = Lock()

    def of(self, stream: ObjectStream) -> list[str]:
        """The stream's properties that the account has, and those that the settings ask for.

        Raises `PermanentSourceError` for a name in the settings that the account does not have.
        """
        wanted = {
            stream.modified,
            *stream.properties,
            *self._settings.custom_fields(stream),
            *_ANYWAY,
        }
        known = self._known_to(stream)
        if known is None:
            return sorted(wanted)
        for name in self._settings.extra_fields.get(stream.name, ()):
            _require(name, known, stream, f"extra_fields.{stream.name}")
        for mapped, name in self._settings.fields.items():
            if mapped.split(".")[0] in stream.feeds and not self._is_anywhere(name, mapped):
                _require(name, known, stream, f"fields.{mapped}")
        return sorted(wanted & known)

    def _is_anywhere(self, name: str, mapped: str) -> bool:
        """A mapped field may be missing in some of the streams that feed its entity, not in all."""
        entity = mapped.split(".")[0]
        siblings = [each for each in self._streams if entity in each.feeds]
        return any((known := self._known_to(each)) is None or name in known for each in siblings)

    def _known_to(self, stream: ObjectStream) -> frozenset[str] | None:
        """All properties of a type; None where they may not be looked up."""
        with self._lock:
            if stream.name not in self._known:
                try:
                    self._known[stream.name] = frozenset(self._look_up(stream.name))
                except NotPermitted:
                    self._known[stream.name] = None
            return self._known[stream.name]


def _require(name: str, known: frozenset[str], stream: ObjectStream, setting: str) -> None:
    if name not in known:
        raise PermanentSourceError(
            f"{setting} in sources.yaml names {name}, but {stream.name} in this HubSpot account "
            f"have no such property.{did_you_mean(name, known)} Write its internal name, as "
            "HubSpot shows it under Settings > Properties"
        )


def chunks(names: Sequence[str], longest: int = LONGEST_LIST) -> list[list[str]]:
    """The names in lists whose text, joined by commas, is no longer than `longest`; at least one
    list."""
    found: list[list[str]] = [[]]
    length = 0
    for name in names:
        if found[-1] and length + 1 + len(name) > longest:
            found.append([])
            length = 0
        length += len(name) + bool(found[-1])
        found[-1].append(name)
    return found


def put_together(parts: Sequence[Sequence[bytes]]) -> list[bytes]:
    """The records of a page that was asked for several times, each time for other properties.

    This is the one case in which a record is written anew. A record that is not in all parts was
    archived in between; it is left to the list of archived ones.
    """
    first, *rest = parts
    others = [{_id(record): record for record in part} for part in rest]
    keyed = [(_id(record), record) for record in first]
    return [
        record if key is None else _merged([record, *(other[key] for other in others)])
        for key, record in keyed
        if key is None or all(key in other for other in others)
    ]


_id = field_reader("id")


def _merged(parts: Sequence[bytes]) -> bytes:
    decoded = [msgspec.json.decode(part, type=dict[str, msgspec.Raw]) for part in parts]
    properties: dict[str, msgspec.Raw] = {}
    for part in decoded:
        properties |= msgspec.json.decode(part["properties"], type=dict[str, msgspec.Raw])
    return msgspec.json.encode({**decoded[0], "properties": properties})
