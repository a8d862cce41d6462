"""sObject Collections: many records looked up, or changed, in one request.

Belongs here: what the org makes of a list of changes, record by record. Does not: other resources
(system).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from sandbox.servers.salesforce.objects import OBJECTS
from sandbox.servers.salesforce.replies import error_reply, json_reply, not_found
from sandbox.servers.vendor import Record

if TYPE_CHECKING:
    from sandbox.servers.salesforce.system import System

_MOST_UPDATED, _MOST_RETRIEVED = 200, 2000
_STREAM_OF = {kind.name: stream for stream, kind in OBJECTS.items()}


@dataclass
class Rules:
    """What the org's administrators have set up for changes.

    `validation` gives the words of a rule that a changed record breaks; `picklists` are the values
    that a restricted one takes; `locked` counts for how many more changes a record is in use.
    """

    validation: Callable[[Record], str | None] = lambda record: None
    picklists: dict[str, Sequence[str]] = field(default_factory=dict)
    locked: dict[str, int] = field(default_factory=dict)


def retrieve(system: System, request: Request) -> Response:
    """Some fields of many records, in their order; null for one that is not there."""
    stream = system.stream_of(request)
    if stream is None:
        return not_found()
    asked = msgspec.json.decode(request.state.body)
    ids, names = asked["ids"], asked["fields"]
    if len(ids) > _MOST_RETRIEVED:
        return error_reply(400, "INVALID_INPUT", f"at most {_MOST_RETRIEVED} ids may be given")
    if unknown := _unknown(names, system.fields(stream)):
        return _no_such_column(unknown, OBJECTS[stream].name)
    held = system.records.get(stream, {})
    return json_reply([_shown(held.get(key), names, stream) for key in ids])


def update(system: System, request: Request) -> Response:
    """Change many records, each by itself: all or none is not offered here."""
    asked = msgspec.json.decode(request.state.body)
    if asked.get("allOrNone", False):
        return error_reply(501, "NOT_IMPLEMENTED", "allOrNone is not offered")
    records = asked["records"]
    if len(records) > _MOST_UPDATED:
        return error_reply(
            400, "INVALID_INPUT", f"The request body includes more than {_MOST_UPDATED} records"
        )
    for record in records:
        stream = _STREAM_OF.get(record.get("attributes", {}).get("type", ""))
        if stream is None or stream in system.forbidden:
            return error_reply(400, "INVALID_TYPE", "sObject type is not supported")
        if unknown := _unknown(_fields_of(record), system.fields(stream)):
            return _no_such_column(unknown, OBJECTS[stream].name)
    return json_reply([_changed(system, record) for record in records])


def _changed(system: System, record: Record) -> Record:
    stream, key = _STREAM_OF[record["attributes"]["type"]], record.get("id", "")
    held = system.records.get(stream, {}).get(key)
    if held is None:
        return _refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    if held.get("IsDeleted"):
        return _refused("ENTITY_IS_DELETED", "entity is deleted")
    if system.rules.locked.get(key, 0) > 0:
        system.rules.locked[key] -= 1
        return _refused("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
    new = _fields_of(record)
    if read_only := [name for name in new if (stream, name) in system.read_only_fields]:
        words = f"Unable to create/update fields: {', '.join(read_only)}."
        return _refused("INVALID_FIELD_FOR_INSERT_UPDATE", words, read_only)
    for name, value in new.items():
        allowed = system.rules.picklists.get(name)
        if allowed is not None and value is not None and value not in allowed:
            words = f"{name}: bad value for restricted picklist field: {value}"
            return _refused("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", words, [name])
    if words_of_rule := system.rules.validation({**held, **new}):
        return _refused("FIELD_CUSTOM_VALIDATION_EXCEPTION", words_of_rule)
    system.keep_written(stream, key, new)
    system.put(stream, {**held, **new})
    return {"id": key, "success": True, "errors": []}


def _fields_of(record: Mapping[str, Any]) -> Record:
    return {name: value for name, value in record.items() if name not in ("attributes", "id", "Id")}


def _unknown(names: Sequence[str] | Mapping[str, Any], types: Mapping[str, str]) -> str | None:
    return next((name for name in names if name not in types), None)


def _no_such_column(name: str, object_name: str) -> Response:
    words = f"No such column '{name}' on sobject of type {object_name}"
    return error_reply(400, "INVALID_FIELD", words)


def _shown(record: Record | None, names: Sequence[str], stream: str) -> Record | None:
    if record is None or record.get("IsDeleted"):
        return None
    attributes = {"type": OBJECTS[stream].name}
    return {"attributes": attributes, **{name: record.get(name) for name in names}}


def _refused(code: str, words: str, fields: Sequence[str] = ()) -> Record:
    error = {"statusCode": code, "message": words, "fields": list(fields)}
    return {"success": False, "errors": [error]}
