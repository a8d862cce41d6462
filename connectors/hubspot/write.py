"""Writing to companies of a HubSpot account, a batch at a time.

Belongs here: the requests, and finding what a batch was refused for. Does not: which values are
written, or what other replies mean (rules).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.http.message import Reply, Request
from connectors.hubspot.rules import is_refused_batch, words
from connectors.hubspot.source import HubSpotSource
from connectors.hubspot.streams import STREAMS, ObjectStream
from connectors.wording import did_you_mean
from connectors.write import Answer, Held, Value, Writable, Write

_TYPE = "companies"
_PASSING = ("RATE_LIMITS", "CONFLICT")


class HubSpotWriter:
    """Sets properties of companies, up to 100 in a request.

    HubSpot refuses a whole batch for one invalid value: it is then sent in halves, until what is
    refused is alone.
    """

    batch_size = 100

    def __init__(self, source: HubSpotSource) -> None:
        self._source = source

    def field_problems(self, fields: Sequence[str]) -> Mapping[str, str]:
        """See `Writer`: by the definitions of the properties."""
        reply = self._source.client.send(Request(self._source.path("properties", _TYPE)))
        defined = {each["name"]: each for each in reply.json(dict[str, Any])["results"]}
        return {name: why for name in fields if (why := _why_not(name, defined))}

    def held(self, keys: Sequence[str], fields: Sequence[str]) -> Mapping[str, Held]:
        """See `Writer`."""
        held: dict[str, Held] = {}
        for start in range(0, len(keys), self.batch_size):
            inputs = [{"id": key} for key in keys[start : start + self.batch_size]]
            reply = self._batch("read", {"inputs": inputs, "properties": list(fields)})
            for record in reply.json(dict[str, Any])["results"]:
                if not record.get("archived"):
                    properties = record["properties"]
                    held[record["id"]] = Held({name: properties.get(name) for name in fields})
        return held

    def write(self, batch: Sequence[Write]) -> Sequence[Answer]:
        """See `Writer`."""
        inputs = [{"id": write.key, "properties": _texts(write.fields)} for write in batch]
        reply = self._batch("update", {"inputs": inputs})
        if is_refused_batch(reply):
            if len(batch) == 1:
                return [Answer(batch[0].key, words(reply) or "refused without a reason")]
            half = len(batch) // 2
            return [*self.write(batch[:half]), *self.write(batch[half:])]
        said: dict[str, Any] = reply.json(dict[str, Any])
        taken = {str(result["id"]) for result in said.get("results", ())}
        refused = dict(_refused(said.get("errors") or ()))
        return [
            Answer(write.key) if write.key in taken else refused.get(write.key, _unsaid(write.key))
            for write in batch
        ]

    def _batch(self, verb: str, body: Mapping[str, Any]) -> Reply:
        path = f"{self._source.path('objects', _TYPE)}/batch/{verb}"
        return self._source.client.send(Request(path, method="POST", json=body))


def _why_not(name: str, defined: Mapping[str, Any]) -> str | None:
    if name not in defined:
        return (
            f"companies have no property {name}.{did_you_mean(name, defined)} Make it in "
            "Settings > Properties, and write its internal name"
        )
    rules = defined[name].get("modificationMetadata") or {}
    if defined[name].get("calculated") or rules.get("readOnlyValue"):
        return f"HubSpot sets the property {name} by itself; write to one of its own"
    return None


def _texts(fields: Mapping[str, Value]) -> dict[str, str]:
    """All values of HubSpot's are texts; an empty one empties the property."""
    return {name: "" if value is None else str(value) for name, value in fields.items()}


def _refused(errors: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Answer]]:
    """The records that a reply of several statuses names as refused."""
    for error in errors:
        may_pass = error.get("category") in _PASSING
        ids = (error.get("context") or {}).get("ids") or ()
        for key in map(str, ids):
            yield key, Answer(key, str(error.get("message") or error.get("category")), may_pass)


def _unsaid(key: str) -> Answer:
    return Answer(key, "HubSpot did not say what became of it", may_pass=True)


def _companies() -> ObjectStream:
    stream = next(stream for stream in STREAMS if stream.name == _TYPE)
    assert isinstance(stream, ObjectStream)
    return stream


WRITABLE = Writable(
    stream=_TYPE,
    reads=frozenset({_companies().modified, *_companies().properties}),
    name_pattern=r"(?!hs_)[a-z][a-z0-9_]*",
    name_hint="write a property of your own by its internal name: lower case, not beginning with "
    "hs_",
    permission="the scope crm.objects.companies.write",
    open_writer=HubSpotWriter,
)
