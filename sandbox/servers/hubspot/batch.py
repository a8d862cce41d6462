"""Batches of objects read and changed by their ids.

Belongs here: what the account makes of a batch, as a whole and object by object. Does not: other
requests (api).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.servers.hubspot import examples
from sandbox.servers.hubspot.api import Api, ErrorReply, as_json

if TYPE_CHECKING:
    from sandbox.servers.hubspot.system import System

Record = dict[str, Any]

_LARGEST_BATCH = 100


class Batches:
    """The routes for batches."""

    def __init__(self, system: System, api: Api) -> None:
        self._system, self._api = system, api

    def routes(self) -> list[Route]:
        """All routes, under v3 and under versions named by a date."""
        return [
            Route(
                f"/crm/{base}/{{type}}/batch/{verb}", self._api.guarded(handler), methods=["POST"]
            )
            for verb, handler in (("read", self.read), ("update", self.update))
            for base in ("v3/objects", "objects/{version}")
        ]

    async def read(self, request: Request) -> Response:
        """Some properties of many objects."""
        stream = self._api.stream_of(request)
        body = msgspec.json.decode(await request.body(), type=dict[str, Any])
        found, missing = self._found(stream, body["inputs"])
        return _reply([self._shown(each, body.get("properties", ())) for each in found], missing)

    async def update(self, request: Request) -> Response:
        """Properties of many objects are set; an invalid one makes all of the batch invalid."""
        stream = self._api.stream_of(request)
        self._api.require_write(stream)
        inputs = msgspec.json.decode(await request.body(), type=dict[str, Any])["inputs"]
        self._require_valid(stream, inputs)
        found, missing = self._found(stream, inputs)
        new = {each["id"]: each["properties"] for each in inputs}
        changed = []
        for each in found:
            properties = {name: value or None for name, value in new[each["id"]].items()}
            self._system.keep_written(stream, each["id"], properties)
            changed.append(self._system.change(stream, each["id"], **properties))
        return _reply([self._shown(each, new[each["id"]]) for each in changed], missing)

    def _found(self, stream: str, inputs: Sequence[Record]) -> tuple[list[Record], list[str]]:
        if len(inputs) > _LARGEST_BATCH:
            raise ErrorReply(400, f"inputs must have at most {_LARGEST_BATCH} elements")
        held = self._system.shelves[stream].records
        live = {key for key, record in held.items() if not record["archived"]}
        ids = [each["id"] for each in inputs]
        return [held[key] for key in ids if key in live], [key for key in ids if key not in live]

    def _require_valid(self, stream: str, inputs: Sequence[Record]) -> None:
        ids = [each["id"] for each in inputs]
        twice = sorted({key for key in ids if ids.count(key) > 1})
        if twice:
            raise ErrorReply(400, f"Duplicate IDs found in batch input: {twice}")
        wrong = [
            {"isValid": False, "message": words, "error": error, "name": name}
            for each in inputs
            for name, value in each["properties"].items()
            if (fault := self._fault(stream, name, value))
            for error, words in [fault]
        ]
        if wrong:
            raise ErrorReply(400, f"Property values were not valid: {json.dumps(wrong)}")

    def _fault(self, stream: str, name: str, value: Any) -> tuple[str, str] | None:
        system = self._system
        if name not in system.defined[stream]:
            return "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist'
        if system.is_read_only(stream, name):
            return "READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set.'
        options = system.options.get((stream, name))
        if options is not None and value and value not in options:
            words = f"{value} was not one of the allowed options: [{', '.join(options)}]"
            return "INVALID_OPTION", words
        if not isinstance(value, str):
            return "INVALID_TYPE", f"{value} is not a text"
        return None

    def _shown(self, record: Record, names: Sequence[str] | Record) -> Record:
        held = record["properties"]
        usual = ("createdate", "hs_lastmodifieddate", "hs_object_id")
        return {**record, "properties": {name: held.get(name) for name in (*usual, *names)}}


def _reply(results: list[Record], missing: list[str]) -> Response:
    body: Record = {"status": "COMPLETE", "results": results}
    if not missing:
        return as_json(body)
    error = {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": f"Could not get some {examples.SINGULAR['companies'].upper()} objects, they may "
        "be deleted or not exist. Check that ids are valid.",
        "context": {"ids": missing},
    }
    return as_json({**body, "numErrors": len(missing), "errors": [error]}, 207)
