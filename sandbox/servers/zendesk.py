"""A made-up Zendesk Support account.

Belongs here: incremental exports, satisfaction ratings, signing in, limits and errors, as Zendesk
answers them. Does not: what the connector makes of it.
"""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.servers.vendor import Record, Vendor
from sandbox.servers.zendesk_examples import EXAMPLES

EMAIL = "integration@northwind.example"
API_TOKEN = "zd-api-token-7Qx"  # noqa: S105
CLIENT_ID = "cs_coverage"
CLIENT_SECRET = "zd-client-secret-5Lm"  # noqa: S105
ACCESS_TOKEN_LIFE_S = 1800
MOST_RECENT = timedelta(seconds=60)

PARAMETERS = {
    "tickets": {"start_time", "cursor", "per_page", "include", "exclude_deleted"},
    "users": {"start_time", "cursor", "per_page"},
    "organizations": {"start_time", "per_page", "include"},
    "satisfaction_ratings": {"start_time", "end_time", "score", "page[size]", "page[after]"},
}
RECEIVED = ("good", "bad")


@dataclass(frozen=True)
class Refusal(Exception):
    """An error reply."""

    status: int
    body: Any
    headers: tuple[tuple[str, str], ...] = ()


class System(Vendor):
    """The account.

    `metric_sets_beside` lists metric sets beside the tickets instead of inside them.
    `refused_cursor_status` answers a cursor that is not known (any more). `requests_left` is how
    many requests are answered before one is told to come back after `retry_after_s`.
    `ratings_filter` is the field of a rating that start_time is compared with.
    """

    kind: ClassVar[str] = "zendesk"

    def __init__(self) -> None:
        super().__init__()
        self.page_limit = 1000
        self.metric_sets_beside = False
        self.refused_cursor_status = 400
        self.requests_left: int | None = None
        self.retry_after_s = 0.01
        self.ratings_filter = "created_at"
        self.forbidden: set[str] = set()
        self._cursors: set[str] = set()
        self.refresh_token = "zd-refresh-1"  # noqa: S105
        self.access_tokens: set[str] = {"zd-bearer-1"}
        self._issued = 1
        self._order: dict[str, list[tuple[int, int]]] = {name: [] for name in PARAMETERS}
        self._place: dict[tuple[str, str], tuple[int, int]] = {}

    # What the account holds

    def key(self, stream: str, record: Record) -> str:
        """See `Vendor`."""
        return str(record["id"])

    def stamp(self, stream: str, record: Record, *, is_new: bool) -> None:
        """See `Vendor`."""
        before = {} if is_new else self.records[stream][self.key(stream, record)]
        record.setdefault("created_at", before.get("created_at", iso(self.now)))
        record["updated_at"] = iso(self.now)
        if stream == "tickets":
            record["generated_timestamp"] = int(self.now.timestamp())

    def put(self, stream: str, record: Record) -> Record:
        """See `Vendor`."""
        with self._lock:
            stored = super().put(stream, record)
            self._export_again(stream, stored)
            return stored

    def touch(self, stream: str, key: str) -> None:
        """Have a record exported again without its `updated_at` moving, as system changes do."""
        with self._lock:
            record = self.records[stream][key]
            if stream == "tickets":
                record["generated_timestamp"] = int(self.now.timestamp())
            self._export_again(stream, record)

    def delete(self, stream: str, key: str) -> None:
        """See `Vendor`."""
        record = self.records[stream][key]
        if stream == "tickets":
            self.put(stream, {**record, "status": "deleted"})
        elif stream == "users":
            self.put(stream, {**record, "active": False, "email": None})
        elif stream == "organizations":
            self.put(stream, {**record, "deleted_at": iso(self.now)})
        else:
            raise ValueError(f"{stream} cannot be deleted")

    def _export_again(self, stream: str, record: Record) -> None:
        key = self.key(stream, record)
        order = self._order[stream]
        if (place := self._place.get((stream, key))) is not None:
            del order[bisect_left(order, place)]
        moment = int(self.now.timestamp())
        if stream == "satisfaction_ratings":
            moment = int(datetime.fromisoformat(record[self.ratings_filter]).timestamp())
        self._place[stream, key] = (moment, record["id"])
        insort(order, self._place[stream, key])

    def example(self, stream: str, number: int) -> Record:
        """See `Vendor`."""
        return EXAMPLES[stream](number)

    # How it is reached

    def settings(self, base_url: str) -> dict[str, Any]:
        """See `Vendor`."""
        return {
            "kind": "zendesk",
            "base_url": base_url,
            "auth": {"email": EMAIL, "token": "$ZENDESK_TOKEN"},
            "incremental_exports_per_minute": 100_000,
            "requests_per_minute": 100_000,
        }

    def secrets(self) -> dict[str, str]:
        """See `Vendor`."""
        return {"ZENDESK_TOKEN": API_TOKEN}

    def expire_tokens(self) -> None:
        """See `Vendor`."""
        self.access_tokens.clear()

    def expire_cursors(self) -> None:
        """Refuse the cursors given so far."""
        self._cursors.clear()

    def forbid(self, stream: str) -> None:
        """See `Vendor`."""
        self.forbidden.add(stream)

    def routes(self) -> list[Route]:
        """See `Vendor`."""
        answers: dict[str, Callable[[Request], Any]] = {
            "incremental/tickets/cursor": partial(self._cursor_export, "tickets"),
            "incremental/users/cursor": partial(self._cursor_export, "users"),
            "incremental/organizations": self._organizations,
            "satisfaction_ratings": self._satisfaction_ratings,
        }
        return [
            *(
                Route(f"/api/v2/{path}{ending}", self._answering(path, answer))
                for path, answer in answers.items()
                for ending in ("", ".json")
            ),
            Route("/oauth/tokens", self._token, methods=["POST"]),
            Route("/{anything:path}", _nothing_here),
        ]

    def _answering(self, path: str, answer: Callable[[Request], Any]) -> Any:
        stream = next(name for name in PARAMETERS if name in path)

        async def respond(request: Request) -> Response:
            with self._lock:
                try:
                    self._admit(stream, request)
                    return _reply(200, answer(request), self._limits(path))
                except Refusal as no:
                    return _reply(no.status, no.body, {**self._limits(path), **dict(no.headers)})

        return respond

    def _admit(self, stream: str, request: Request) -> None:
        if not self._is_known(request.headers.get("authorization", "")):
            raise Refusal(401, {"error": "Couldn't authenticate you"})
        if self.requests_left is not None:
            if self.requests_left == 0:
                self.requests_left = None
                raise Refusal(
                    429,
                    {
                        "error": "APIRateLimitExceeded",
                        "description": "Number of allowed incremental ticket export API "
                        "requests per minute exceeded",
                    },
                    (("Retry-After", str(self.retry_after_s)),),
                )
            self.requests_left -= 1
        if stream in self.forbidden:
            title = "You do not have access to this page."
            raise Refusal(403, {"error": {"title": "Forbidden", "message": title}})
        if unknown := set(request.query_params) - PARAMETERS[stream]:
            raise invalid(f"Parameter {sorted(unknown)[0]} is not known")

    def _is_known(self, authorization: str) -> bool:
        scheme, _, proof = authorization.partition(" ")
        if scheme == "Basic":
            expected = f"{EMAIL}/token:{API_TOKEN}".encode()
            return proof == base64.b64encode(expected).decode()
        return scheme == "Bearer" and proof in self.access_tokens

    def _limits(self, path: str) -> dict[str, str]:
        limits = {"ratelimit-limit": "700", "ratelimit-remaining": "699", "ratelimit-reset": "31"}
        if path.startswith("incremental"):
            limits["zendesk-ratelimit-incremental-exports"] = "total=10; remaining=9; resets=60"
        return limits

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        expected = {
            "grant_type": "refresh_token",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "refresh_token": self.refresh_token,
        }
        if any(form.get(name) != value for name, value in expected.items()):
            words = "The provided authorization grant is invalid, expired or revoked"
            return _reply(401, {"error": "invalid_grant", "error_description": words})
        self._issued += 1
        access, self.refresh_token = f"zd-bearer-{self._issued}", f"zd-refresh-{self._issued}"
        self.access_tokens.add(access)
        token = {"access_token": access, "refresh_token": self.refresh_token}
        return _reply(200, {**token, "token_type": "bearer", "expires_in": ACCESS_TOKEN_LIFE_S})

    # What it answers

    def _cursor_export(self, stream: str, request: Request) -> Any:
        asked = request.query_params
        size = self._size(asked.get("per_page"), self.page_limit)
        order = self._order[stream]
        if "cursor" in asked:
            after = self._position(asked["cursor"])
            first = bisect_right(order, after)
        else:
            start = self._start(asked.get("start_time"))
            after = (start, 0)
            first = bisect_left(order, after)
        places = order[first : min(first + size, self._settled(stream))]
        last = places[-1] if places else after
        cursor = self._cursor(*last)
        return {
            stream: [self._shown(stream, number, asked.get("include")) for _, number in places],
            **self._metric_sets(stream, places, asked.get("include")),
            "after_url": f"{_address(request)}?cursor={cursor}",
            "after_cursor": cursor,
            "before_url": None,
            "before_cursor": None,
            "end_of_stream": len(places) < size,
        }

    def _organizations(self, request: Request) -> Any:
        asked = request.query_params
        size = self._size(asked.get("per_page"), self.page_limit)
        order = self._order["organizations"]
        start = self._start(asked.get("start_time"))
        first = bisect_left(order, (start, 0))
        settled = self._settled("organizations")
        # Those of one second are never parted, and a page always gets beyond its start.
        until = min(bisect_left(order, (start + 1, 0)) + size, settled)
        if first < until:
            until = min(bisect_left(order, (order[until - 1][0] + 1, 0)), settled)
        places = order[first:until]
        end_time = places[-1][0] if places else None
        return {
            "organizations": [self._shown("organizations", number) for _, number in places],
            "count": len(places),
            "end_time": end_time,
            "next_page": f"{_address(request)}?start_time={end_time}" if places else None,
            "end_of_stream": until >= settled,
        }

    def _satisfaction_ratings(self, request: Request) -> Any:
        asked = request.query_params
        size = self._size(asked.get("page[size]"), min(100, self.page_limit))
        order = self._order["satisfaction_ratings"]
        position = (
            bisect_right(order, self._position(asked["page[after]"]))
            if "page[after]" in asked
            else bisect_left(order, (int(asked.get("start_time", 0)), 0))
        )
        places = []
        for place in islice(order, position, None):
            rating = self.records["satisfaction_ratings"][str(place[1])]
            if asked.get("score") != "received" or rating["score"] in RECEIVED:
                places.append(place)
            if len(places) > size:
                break
        shown = places[:size]
        return {
            "satisfaction_ratings": [self._shown("satisfaction_ratings", n) for _, n in shown],
            "meta": {
                "has_more": len(places) > size,
                "after_cursor": self._cursor(*shown[-1]) if shown else None,
            },
        }

    def _settled(self, stream: str) -> int:
        """How many records, in their order, are old enough to be exported."""
        until = int((self.now - MOST_RECENT).timestamp())
        return bisect_right(self._order[stream], (until, 1 << 62))

    def _shown(self, stream: str, number: int, include: str | None = None) -> Record:
        record = self.records[stream][str(number)]
        if "metric_set" in record and (include != "metric_sets" or self.metric_sets_beside):
            return {name: value for name, value in record.items() if name != "metric_set"}
        return record

    def _metric_sets(
        self, stream: str, places: list[tuple[int, int]], include: str | None
    ) -> Record:
        if stream != "tickets" or include != "metric_sets" or not self.metric_sets_beside:
            return {}
        tickets = (self.records["tickets"][str(number)] for _, number in places)
        return {
            "metric_sets": [
                {"ticket_id": ticket["id"], **ticket["metric_set"]}
                for ticket in tickets
                if "metric_set" in ticket
            ]
        }

    def _size(self, asked: str | None, most: int) -> int:
        if asked is not None and not (asked.isdecimal() and 1 <= int(asked) <= 1000):
            raise invalid("per_page must be between 1 and 1000")
        return min(int(asked), most) if asked else most

    def _start(self, asked: str | None) -> int:
        if asked is None or not asked.isdecimal():
            raise Refusal(400, {"error": "InvalidValue", "description": "start_time is required"})
        if int(asked) > (self.now - MOST_RECENT).timestamp():
            raise invalid("Too recent start_time. Use a start_time older than 60 seconds")
        return int(asked)

    def _cursor(self, moment: int, number: int) -> str:
        cursor = base64.b64encode(f"{moment}.0||{number}".encode()).decode()
        self._cursors.add(cursor)
        return cursor

    def _position(self, cursor: str) -> tuple[int, int]:
        refused = Refusal(
            self.refused_cursor_status, {"error": "InvalidCursor", "description": "Invalid cursor"}
        )
        try:
            moment, _, number = base64.b64decode(cursor, validate=True).decode().partition("||")
            position = (int(float(moment)), int(number))
        except (binascii.Error, ValueError):
            raise refused from None
        if cursor not in self._cursors:
            raise refused
        return position


def iso(moment: datetime) -> str:
    """A time as Zendesk writes it."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def invalid(description: str) -> Refusal:
    """A value that is not taken."""
    return Refusal(422, {"error": "InvalidValue", "description": description})


def _address(request: Request) -> str:
    return str(request.url.replace(query=""))


def _reply(status: int, body: Any, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(body), status, headers, media_type="application/json")


async def _nothing_here(request: Request) -> Response:
    return _reply(404, {"error": "InvalidEndpoint", "description": "Not found"})
