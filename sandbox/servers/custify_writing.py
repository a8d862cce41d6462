"""What the made-up Custify does with what is sent to it: companies changed, records deleted.

Belongs here: creating or updating by `company_id`, deleting. Does not: answering requests that
only ask (custify).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request

from sandbox.servers.custify_examples import object_id
from sandbox.servers.vendor import Record

if TYPE_CHECKING:
    from sandbox.servers.custify import System

_OWN = ("id", "_id", "created_at", "updated_at", "metrics")
_NEW = 9

Handler = Callable[[Request], Any]


class Invalid(Exception):
    """What was sent cannot be taken; the text says why."""


class Writing:
    """The handlers of requests that change a workspace."""

    def __init__(self, system: System) -> None:
        self._system = system

    def handlers(self) -> list[tuple[str, str, str, Handler]]:
        """Method, path, stream and handler of each."""
        return [
            ("POST", "/company", "companies", self._upsert_company),
            ("DELETE", "/company/{id}", "companies", self._delete_one("companies", "Company")),
            ("DELETE", "/people/{id}", "people", self._delete_one("people", "User")),
            ("DELETE", "/people", "people", self._delete_person_by_user_id),
        ]

    def _upsert_company(self, request: Request) -> Record:
        """The company with the `company_id` that was sent, changed; a new one if there is none."""
        system, sent = self._system, msgspec.json.decode(request.state.body)
        company_id = sent.get("company_id")
        if not isinstance(company_id, str) or not company_id:
            raise Invalid("company_id is required")
        companies = system.listed("companies")
        held = next((each for each in companies if each.get("company_id") == company_id), None)
        if held is None:
            held = {"id": object_id(_NEW, len(companies) + 1), "company_id": company_id}
        given = self._existing(sent.get("custom_attributes") or {})
        keeps = "custom_attributes" not in sent or not system.replaces_attributes
        before = (held.get("custom_attributes") or {}) if keeps else {}
        plain = {name: value for name, value in sent.items() if name not in _OWN}
        system.keep_written("companies", system.key("companies", held), given)
        return system.put("companies", {**held, **plain, "custom_attributes": {**before, **given}})

    def _existing(self, given: Record) -> Record:
        """The attributes that somebody has made; others are left out without a word."""
        if not self._system.ignores_unknown_attributes:
            return given
        made = [a["name"] for a in self._system.listed("attributes") if a["entity"] == "company"]
        return {name: value for name, value in given.items() if name in made}

    def _delete_one(self, stream: str, what: str) -> Handler:
        def handle(request: Request) -> Record:
            key = request.path_params["id"]
            self._system.found(stream, what, key)
            self._system.delete(stream, key)
            return {"msg": f"{what} {key} was deleted", "code": "Success", "params": None}

        return handle

    def _delete_person_by_user_id(self, request: Request) -> Record:
        wanted = request.query_params.get("user_id")
        people = self._system.records.get("people", {})
        keys = [key for key, person in people.items() if person.get("user_id") == wanted]
        if not keys:
            self._system.found("people", "User", str(wanted))
        for key in keys:
            self._system.delete("people", key)
        msg = f"All users associated with {wanted} were successfully deleted"
        return {"msg": msg, "code": "Success", "params": None}
