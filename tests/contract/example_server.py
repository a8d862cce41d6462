"""A made-up vendor, "Example": the smallest system on which every check has something to do.

Belongs here: what the vendor's API answers. Does not: anything of the connector's; a server is
written from a vendor's documentation, so that it checks what the real one would check.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.servers.vendor import Fault, Record, Vendor

CLIENT_ID = "example-client"
CLIENT_SECRET = "example-s3cret"
PARAMETERS = {
    "companies": {"changed_since", "after", "limit"},
    "visits": {"changed_since", "after", "limit"},
    "people": {"page", "size"},
    "removals": {"since"},
}


class Refusal(Exception):
    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.reply = JSONResponse({"error": error}, status)


class System(Vendor):
    """Companies are archived, visits are deleted and logged in removals, people just vanish."""

    kind: ClassVar[str] = "example"

    def __init__(self) -> None:
        super().__init__()
        self.page_limit = 100
        self.tokens: set[str] = set()
        self.tokens_given = 0
        self.forbidden: set[str] = set()

    def key(self, stream: str, record: Record) -> str:
        return str(record["id"])

    def stamp(self, stream: str, record: Record, *, is_new: bool) -> None:
        record["changed_at"] = self._time()

    def delete(self, stream: str, key: str) -> None:
        if stream == "companies":
            self.put(stream, {**self.records[stream][key], "archived": True})
            return
        del self.records[stream][key]
        if stream == "visits":
            removals = self.records.setdefault("removals", {})
            number = f"r{len(removals) + 1}"
            removals[number] = {
                "id": number,
                "object": "visit",
                "object_id": key,
                "removed_at": self._time(),
            }

    def example(self, stream: str, number: int) -> Record:
        match stream:
            case "companies":
                return {"id": f"c{number}", "name": f"Company {number}", "archived": False}
            case "people":
                return {"id": number, "email": f"p{number}@example.com", "company": f"c{number}"}
            case "visits":
                return {"id": f"v{number}", "company": f"c{number}", "purpose": "review"}
        raise LookupError(f"{stream} follows from other streams")

    def settings(self, base_url: str) -> dict[str, Any]:
        return {
            "kind": "example",
            "base_url": base_url,
            "auth": {"client_id": CLIENT_ID, "client_secret": "$EXAMPLE_CLIENT_SECRET"},
        }

    def secrets(self) -> dict[str, str]:
        return {"EXAMPLE_CLIENT_SECRET": CLIENT_SECRET}

    def expire_tokens(self) -> None:
        self.tokens.clear()

    def forbid(self, stream: str) -> None:
        self.forbidden.add(stream)

    def daily_quota_spent(self) -> Fault:
        return Fault(status=429, body=b'{"error":"daily limit reached"}', times=10**6)

    def routes(self) -> list[Route]:
        lists: dict[str, Callable[[Request], Any]] = {
            "companies": lambda request: self._changed("companies", request),
            "visits": lambda request: self._changed("visits", request),
            "people": self._people,
            "removals": self._removals,
        }
        return [
            Route("/token", self._token, methods=["POST"]),
            *(Route(f"/{name}", self._answering(name, lists[name])) for name in lists),
        ]

    def _answering(self, stream: str, answer: Callable[[Request], Any]) -> Any:
        async def respond(request: Request) -> Response:
            try:
                self._admit(stream, request)
                return JSONResponse(answer(request))
            except Refusal as refusal:
                return refusal.reply

        return respond

    def _admit(self, stream: str, request: Request) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.tokens:
            raise Refusal(401, "the token is not valid")
        if stream in self.forbidden:
            raise Refusal(403, "missing scope")
        if unknown := set(request.query_params) - PARAMETERS[stream]:
            raise Refusal(400, f"unknown parameter {min(unknown)}")

    async def _token(self, request: Request) -> Response:
        proof = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {proof}":
            return JSONResponse({"error": "invalid_client"}, 401)
        self.tokens_given += 1
        token = f"example-token-{self.tokens_given}"
        self.tokens.add(token)
        return JSONResponse({"access_token": token, "expires_in": 3600})

    def _changed(self, stream: str, request: Request) -> Any:
        since = request.query_params.get("changed_since", "")
        after = request.query_params.get("after", "")
        size = self._size(request, "limit")
        found = sorted(
            (f"{record['changed_at']}|{record['id']}", record)
            for record in self.listed(stream)
            if record["changed_at"] >= since
        )
        rest = [(place, record) for place, record in found if place > after]
        return {
            stream: [record for _, record in rest[:size]],
            "next": rest[size - 1][0] if len(rest) > size else None,
        }

    def _people(self, request: Request) -> Any:
        size = self._size(request, "size")
        first = (int(request.query_params.get("page", 1)) - 1) * size
        people = self.listed("people")
        return {"people": people[first : first + size], "total": len(people)}

    def _removals(self, request: Request) -> Any:
        since = request.query_params.get("since", "")
        return {"removals": [r for r in self.listed("removals") if r["removed_at"] >= since]}

    def _size(self, request: Request, name: str) -> int:
        size = int(request.query_params.get(name, 50))
        if size > self.page_limit:
            raise Refusal(400, f"{name} must not be more than {self.page_limit}")
        return size

    def _time(self) -> str:
        return _iso(self.now)


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
