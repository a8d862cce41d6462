"""What the made-up HubSpot account answers.

Belongs here: routes, checks of requests, wire formats, error bodies. Does not: storage (shelf),
what happens to records (system).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import parse_qs

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.servers.hubspot import examples
from sandbox.servers.hubspot.search import (
    Refused,
    comparable,
    matches,
    require_valid,
    without_id_bound,
)

if TYPE_CHECKING:
    from sandbox.servers.hubspot.system import System

Record = dict[str, Any]
Handler = Callable[[Request], Awaitable[Response]]

_DEFAULT_PAGE = 10
_LARGEST_BATCH = 1000
_CORRELATION = "aeb5f871-7f07-4993-9211-075dc63e7cbf"
_DATED = r"20\d\d-\d\d(?:-beta)?"
_TOKEN = re.compile(r"Bearer [A-Za-z0-9._~+/=-]+")
_PRIMARY_IDS = {"contacts": 1, "deals": 5, "tickets": 26}
_RATE = {
    "X-HubSpot-RateLimit-Max": "110",
    "X-HubSpot-RateLimit-Remaining": "109",
    "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
    "X-HubSpot-RateLimit-Secondly": "11",
    "X-HubSpot-RateLimit-Secondly-Remaining": "10",
    "X-HubSpot-RateLimit-Daily": "250000",
    "X-HubSpot-RateLimit-Daily-Remaining": "249999",
}


class ErrorReply(Exception):
    """A refusal, in HubSpot's shape."""

    def __init__(self, status: int, message: str, category: str = "VALIDATION_ERROR", **more: Any):
        super().__init__(message)
        self.status = status
        self.body = {
            "status": "error",
            "message": message,
            "correlationId": _CORRELATION,
            "category": category,
            **more,
        }


class Api:
    """The routes of an account."""

    def __init__(self, system: System) -> None:
        self._system = system

    def routes(self) -> list[Route]:
        """All routes, under v3 and v4 and under versions named by a date."""
        of, pair = "/{type}", "/{type}/{to}/batch/read"
        handlers: list[tuple[str, str, Handler, str, str]] = [
            ("GET", of, self.listed, "v3/objects", "objects/{version}"),
            ("POST", f"{of}/search", self.found, "v3/objects", "objects/{version}"),
            ("GET", of, self.properties, "v3/properties", "properties/{version}"),
            ("GET", of, self.pipelines, "v3/pipelines", "pipelines/{version}"),
            ("GET", "", self.owners, "v3/owners", "owners/{version}"),
            ("POST", pair, self.associations, "v4/associations", "associations/{version}"),
        ]
        return [
            Route("/oauth/v1/token", self.token, methods=["POST"]),
            *(
                Route(f"/crm/{base}{tail}", self.guarded(handler), methods=[method])
                for method, tail, handler, *bases in handlers
                for base in bases
            ),
        ]

    def guarded(self, handler: Handler) -> Handler:
        """A handler behind what every request is checked for."""

        async def answer(request: Request) -> Response:
            headers = {} if request.url.path.endswith("/search") else _RATE
            try:
                self._require_token(request)
                self._require_version(request)
                if len(request.url.path) + len(request.url.query) > self._system.longest_url:
                    return Response(b"", 414)
                response = await handler(request)
            except ErrorReply as error:
                return as_json(error.body, error.status, headers)
            response.headers.update(headers)
            return response

        return answer

    def _require_token(self, request: Request) -> None:
        given = request.headers.get("authorization", "")
        if given.startswith("Bearer ") and not _TOKEN.fullmatch(given):
            raise ErrorReply(530, "error code: 1016")
        if not given:
            message = "Authentication credentials not found. This API supports OAuth 2.0"
            raise ErrorReply(401, message, "INVALID_AUTHENTICATION")
        if not self._system.accepts(given.removeprefix("Bearer ")):
            message = "The OAuth token used to make this call expired or is not valid"
            raise ErrorReply(401, message, "EXPIRED_AUTHENTICATION")

    def _require_version(self, request: Request) -> None:
        version = request.path_params.get("version")
        if version is not None and not re.fullmatch(_DATED, version):
            raise ErrorReply(404, f"There is no version {version}", "OBJECT_NOT_FOUND")

    def _require_permission(self, stream: str, scope: str | None = None) -> None:
        if stream in self._system.forbidden:
            self._refuse(scope or f"crm.objects.{stream}.read")

    def require_write(self, stream: str) -> None:
        """Refuse where the token may only read."""
        if not self._system.may_write:
            self._refuse(f"crm.objects.{stream}.write")

    def _refuse(self, needed: str) -> NoReturn:
        raise ErrorReply(
            403,
            "This app hasn't been granted all required scopes to make this call.",
            "MISSING_SCOPES",
            errors=[
                {
                    "message": "One or more of the following scopes are required.",
                    "context": {"requiredGranularScopes": [needed]},
                }
            ],
        )

    def stream_of(self, request: Request) -> str:
        """The type of object that a path names, which must be there and may be read."""
        stream: str = request.path_params["type"]
        if stream not in self._system.shelves or stream in self._system.missing_objects:
            raise ErrorReply(400, f"Unable to infer object type from: {stream}")
        self._require_permission(stream)
        return stream

    async def token(self, request: Request) -> Response:
        """Exchanges a refresh token for an access token."""
        form = {k: v[0] for k, v in parse_qs((await request.body()).decode()).items()}
        held = self._system.secrets()
        proof = {
            "grant_type": "refresh_token",
            "client_id": held["HUBSPOT_CLIENT_ID"],
            "client_secret": held["HUBSPOT_CLIENT_SECRET"],
            "refresh_token": held["HUBSPOT_REFRESH_TOKEN"],
        }
        for name, right in proof.items():
            if form.get(name) != right:
                words = name.replace("_", " ")
                body = {"status": f"BAD_{name.upper()}", "message": f"missing or unknown {words}"}
                return as_json(body, 400)
        return as_json(
            {
                "token_type": "bearer",
                "refresh_token": held["HUBSPOT_REFRESH_TOKEN"],
                "access_token": self._system.new_token(),
                "expires_in": 1800,
            }
        )

    async def listed(self, request: Request) -> Response:
        """A page of live or of archived objects."""
        stream = self.stream_of(request)
        shelf = self._system.shelves[stream]
        limit = _limit(request.query_params.get("limit"), 100, self._system.page_limit)
        after = _number(request.query_params.get("after", "0"), "after")
        archived = request.query_params.get("archived", "false") == "true"
        names = _names(request, "properties") or examples.unasked(stream)
        wanted = self._wanted(stream, names)
        to = _names(request, "associations")
        page, is_more = shelf.page(after, limit, archived=archived)
        body: Record = {"results": [self._shown(stream, each, wanted, to) for each in page]}
        if is_more:
            body["paging"] = {"next": _next(request, page[-1]["id"])}
        return as_json(body)

    async def found(self, request: Request) -> Response:
        """A page of search results."""
        stream = self.stream_of(request)
        system, shelf = self._system, self._system.shelves[stream]
        body = msgspec.json.decode(await request.body(), type=dict[str, Any])
        limit = _limit(body.get("limit"), 200, system.search_limit)
        after = _number(body.get("after", 0), "after")
        if after + limit > system.search_window:
            raise ErrorReply(400, f"Paging is limited to {system.search_window} results")
        try:
            require_valid(body, frozenset(system.defined[stream]))
        except Refused as refused:
            raise ErrorReply(400, f"There was a problem with the request. {refused}") from None
        past, groups = without_id_bound(body.get("filterGroups", []))
        indexed_by = system.now - timedelta(seconds=system.index_lag_s)

        def passes(record: Record) -> bool:
            return shelf.indexed_at[record["id"]] <= indexed_by and matches(record, groups)

        ids = shelf.found((groups, indexed_by), passes)
        ids = ids[bisect_right(ids, past) :]
        ids = self._sorted(stream, ids, body.get("sorts", []))
        chosen = [shelf.records[str(each)] for each in ids[after : after + limit]]
        wanted = self._wanted(stream, body.get("properties", []))
        answer: Record = {
            "total": len(ids),
            "results": [self._shown(stream, each, wanted, []) for each in chosen],
        }
        if after + limit < len(ids):
            answer["paging"] = {"next": {"after": str(after + limit)}}
        return as_json(answer)

    def _sorted(self, stream: str, ids: list[int], sorts: list[Mapping[str, str]]) -> list[int]:
        for sort in reversed(sorts):
            name = sort["propertyName"]
            if name == "hs_object_id" and sort.get("direction") == "ASCENDING":
                continue  # the order in which they are kept
            records = self._system.shelves[stream].records
            ids = sorted(
                ids,
                key=lambda each: comparable(records[str(each)]["properties"].get(name) or ""),
                reverse=sort.get("direction") == "DESCENDING",
            )
        return ids

    async def associations(self, request: Request) -> Response:
        """What each of a batch of records is associated with."""
        stream, to = self.stream_of(request), request.path_params["to"]
        self._require_permission(to)
        inputs = msgspec.json.decode(await request.body(), type=dict[str, Any]).get("inputs", [])
        if len(inputs) > _LARGEST_BATCH:
            raise ErrorReply(400, f"inputs is limited to {_LARGEST_BATCH}")
        results, errors = [], []
        for each in inputs:
            result = self._association(stream, to, each["id"], int(each.get("after") or 0))
            if result is not None:
                results.append(result)
            else:
                errors.append(_no_associations(stream, to, each["id"]))
        body: Record = {"status": "COMPLETE", "results": results}
        if errors:
            body |= {"numErrors": len(errors), "errors": errors}
        return as_json(body, 207 if errors else 200)

    def _association(self, stream: str, to: str, key: str, after: int) -> Record | None:
        kinds: dict[str, list[Record]] = {}
        for link in self._system.shelves[stream].links.get((key, to), []):
            is_primary = not link["type"].endswith("_unlabeled") and to == "companies"
            kinds.setdefault(link["id"], []).append(
                {
                    "category": "HUBSPOT_DEFINED",
                    "typeId": _PRIMARY_IDS.get(stream, 182) if is_primary else 279,
                    "label": "Primary" if is_primary and stream in _PRIMARY_IDS else None,
                }
            )
        if not kinds:
            return None
        limit = self._system.association_limit
        shown = [
            {"toObjectId": int(other), "associationTypes": types}
            for other, types in list(kinds.items())[after : after + limit]
        ]
        result: Record = {"from": {"id": key}, "to": shown}
        if after + limit < len(kinds):
            result["paging"] = {"next": {"after": str(after + limit)}}
        return result

    async def properties(self, request: Request) -> Response:
        """The definitions of an object's properties."""
        stream = self.stream_of(request)
        return as_json(
            {"results": [self._defined(stream, n) for n in self._system.defined[stream]]}
        )

    def _defined(self, stream: str, name: str) -> Record:
        fixed = self._system.is_read_only(stream, name)
        rules = {"archivable": not fixed, "readOnlyDefinition": fixed, "readOnlyValue": fixed}
        return {"name": name, "label": name, "type": "string", "modificationMetadata": rules}

    async def owners(self, request: Request) -> Response:
        """A page of owners."""
        self._require_permission("owners")
        limit = _limit(request.query_params.get("limit", "100"), 500, 500)
        after = _number(request.query_params.get("after", "0"), "after")
        archived = request.query_params.get("archived", "false") == "true"
        chosen = [
            each
            for each in sorted(self._system.listed("owners"), key=lambda each: int(each["id"]))
            if each["archived"] is archived and int(each["id"]) > after
        ]
        body: Record = {"results": chosen[:limit]}
        if len(chosen) > limit:
            body["paging"] = {"next": _next(request, chosen[limit - 1]["id"])}
        return as_json(body)

    async def pipelines(self, request: Request) -> Response:
        """All pipelines of deals or of tickets."""
        of = request.path_params["type"]
        stream = next((name for name, type_ in examples.LISTS.items() if type_ == of), None)
        if stream is None or of == "owners":
            raise ErrorReply(400, f"Unable to infer object type from: {of}")
        self._require_permission(stream, f"crm.objects.{of}.read")
        return as_json({"results": self._system.listed(stream)})

    def _wanted(self, stream: str, names: Iterable[str]) -> list[str]:
        known = self._system.defined[stream]
        return sorted({"hs_object_id", *(name for name in names if name in known)})

    def _shown(self, stream: str, record: Record, wanted: list[str], to: list[str]) -> Record:
        held = record["properties"]
        shown = {**record, "properties": {name: held.get(name) for name in wanted}}
        links = self._system.shelves[stream].links
        inline = {
            each: self._inline(stream, record["id"], each, linked)
            for each in to
            if (linked := links.get((record["id"], each)))
        }
        return {**shown, "associations": inline} if inline else shown

    def _inline(self, stream: str, key: str, to: str, links: list[Record]) -> Record:
        limit = self._system.association_limit
        shown: Record = {"results": links[:limit]}
        if len(links) > limit:
            after = links[limit]["id"]
            path = f"https://api.hubapi.com/crm/v3/objects/{stream}/{key}/associations/{to}"
            shown["paging"] = {"next": {"after": after, "link": f"{path}?after={after}"}}
        return shown


def as_json(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Something as JSON, as HubSpot sends it."""
    content = msgspec.json.encode(body)
    return Response(content, status, dict(headers or {}), "application/json;charset=utf-8")


def _names(request: Request, parameter: str) -> list[str]:
    given = request.query_params.getlist(parameter)
    return [name for text in given for name in text.split(",") if name]


def _next(request: Request, after: str) -> Record:
    return {"after": after, "link": f"https://api.hubapi.com{request.url.path}?after={after}"}


def _limit(given: Any, largest: int, lowered: int) -> int:
    """The size of a page: what is asked for, refused past `largest`, and no more than `lowered`."""
    limit = _DEFAULT_PAGE if given is None else _number(given, "limit")
    if limit > largest:
        raise ErrorReply(400, f"limit must be less than or equal to {largest}, but was {limit}")
    return min(limit, lowered)


def _number(text: Any, name: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ErrorReply(400, f"{name} must be a number, but was {text}") from None


def _no_associations(stream: str, to: str, key: str) -> Record:
    one, other = examples.SINGULAR[stream], examples.SINGULAR.get(to, to)
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No {other} is associated with {one} {key}.",
        "context": {"fromObjectId": [key], "fromObjectType": [one], "toObjectType": [other]},
    }
