"""The org as a whole: records, recycle bin, sign-in, and the REST resources.

Belongs here: what changes in the org, and the routes. Does not: the query language (soql), jobs
(bulk), tokens (signin).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.servers.salesforce.bulk import Job, results
from sandbox.servers.salesforce.objects import (
    EXAMPLES,
    OBJECTS,
    described,
    record_id,
    text_of,
    type_of,
)
from sandbox.servers.salesforce.replies import error_reply, json_reply, not_found, requests_spent
from sandbox.servers.salesforce.signin import Refused, SignIn
from sandbox.servers.salesforce.soql import Query, SoqlError, parse
from sandbox.servers.salesforce.writing import Rules, retrieve, update
from sandbox.servers.vendor import Fault, Record, Vendor

VERSIONS = tuple(f"{number}.0" for number in range(47, 68))
_LARGEST_PAGE, _SMALLEST_PAGE = 2000, 200
_LONGEST_URL = 16_384
_UNSELECTABLE_IN_BULK = ("address", "location", "base64")
_ACCOUNT_FIELD = "AccountId"

Answer = Callable[[Request], Response]


class System(Vendor):
    """A Salesforce org. Custom fields exist as soon as a record that is put has them.

    `page_limit` lowers the largest page (of queries and bulk results) below what the vendor
    allows; `daily_limit` and `requests_used` are the org's API requests; `instance_url`, if set,
    is what token replies name; `bulk_fails` makes query jobs end with that message. `rules` are the
    org's own for what is written, `read_only_fields` those that the user may see but not change.
    """

    kind = "salesforce"

    def __init__(self) -> None:
        super().__init__()
        self.sign_in = SignIn()
        self.page_limit = _LARGEST_PAGE
        self.bulk_page_limit = 50_000
        self.daily_limit = 100_000
        self.requests_used = 0
        self.instance_url: str | None = None
        self.bulk_fails: str | None = None
        self.forbidden: set[str] = set()
        self.hidden_fields: set[tuple[str, str]] = set()
        self.read_only_fields: set[tuple[str, str]] = set()
        self.rules = Rules()
        self.jobs: dict[str, Job] = {}
        self._custom: dict[str, dict[str, str]] = {stream: {} for stream in OBJECTS}
        self._bin: dict[str, list[tuple[str, str]]] = {}
        self._cursors: dict[str, tuple[Query, list[Mapping[str, Any]]]] = {}

    # What the outside says of it

    def settings(self, base_url: str) -> dict[str, Any]:
        """See `Vendor`."""
        return {
            "kind": self.kind,
            "base_url": base_url,
            "auth": {
                "client_id": "$SALESFORCE_CLIENT_ID",
                "client_secret": "$SALESFORCE_CLIENT_SECRET",
            },
        }

    def secrets(self) -> dict[str, str]:
        """See `Vendor`."""
        return {
            "SALESFORCE_CLIENT_ID": self.sign_in.client_id,
            "SALESFORCE_CLIENT_SECRET": self.sign_in.client_secret,
        }

    def expire_tokens(self) -> None:
        """See `Vendor`."""
        self.sign_in.expire()

    def forbid(self, stream: str) -> None:
        """Hide an object, as from a profile that has no access to it."""
        self.forbidden.add(stream)

    def daily_quota_spent(self) -> Fault:
        """See `Vendor`; signing in is still possible."""
        refused = requests_spent()
        return Fault(
            "/data/", times=1_000_000, status=refused.status_code, body=bytes(refused.body)
        )

    # What happens inside

    def example(self, stream: str, number: int) -> Record:
        """See `Vendor`."""
        return {"Id": record_id(OBJECTS[stream].prefix, number), **EXAMPLES[stream](number)}

    def key(self, stream: str, record: Record) -> str:
        """See `Vendor`."""
        return str(record["Id"])

    def put(self, stream: str, record: Record) -> Record:
        """See `Vendor`; a field that is neither standard nor custom is a mistake."""
        for name, value in record.items():
            if name in OBJECTS[stream].fields or name in self._custom[stream]:
                continue
            if not name.endswith("__c"):
                raise ValueError(f"{OBJECTS[stream].name} has no field {name}")
            self._custom[stream].setdefault(name, type_of(value))
        return super().put(stream, {**self.written.get((stream, record["Id"]), {}), **record})

    def stamp(self, stream: str, record: Record, *, is_new: bool) -> None:
        """See `Vendor`. A time of creation that is given is kept."""
        kind, present = OBJECTS[stream], text_of(self.now)
        held = {} if is_new else self.records[stream][record["Id"]]
        record.setdefault("CreatedDate", held.get("CreatedDate", present))
        for name in kind.times:
            if name != "CreatedDate":
                record[name] = present
        if kind.is_flagged:
            record.setdefault("IsDeleted", False)

    def delete(self, stream: str, key: str) -> None:
        """Move a record to the recycle bin."""
        if not OBJECTS[stream].is_flagged:
            raise ValueError(f"a {OBJECTS[stream].name} cannot be deleted; deactivate it")
        with self._lock:
            self.put(stream, {**self.records[stream][key], "IsDeleted": True})
            self._bin.setdefault(stream, []).append((key, text_of(self.now)))

    def define(self, stream: str, name: str, kind: str) -> None:
        """Give an object a field that not every org has, before any record has it."""
        self._custom[stream].setdefault(name, kind)

    def purge(self, stream: str, key: str) -> None:
        """Remove a record for good, from the recycle bin too."""
        with self._lock:
            del self.records[stream][key]

    def merge(self, stream: str, kept: str, merged: str) -> None:
        """Merge a record into another: it is deleted, and what pointed to it points there."""
        with self._lock:
            self.put(stream, {**self.records[stream][merged], "MasterRecordId": kept})
            self.delete(stream, merged)
            if stream != "accounts":
                return
            for other, kind in OBJECTS.items():
                for record in self.listed(other) if _ACCOUNT_FIELD in kind.fields else ():
                    if record.get(_ACCOUNT_FIELD) == merged:
                        self.put(other, {**record, _ACCOUNT_FIELD: kept})

    # What it answers

    def routes(self) -> list[Route]:
        """See `Vendor`."""
        data = "/services/data/v{version}"

        def route(path: str, answer: Answer, *methods: str) -> Route:
            return Route(f"{data}{path}", self._guarded(answer), methods=list(methods) or ["GET"])

        return [
            Route("/services/oauth2/token", self._token, methods=["POST"]),
            *(Route(f"/services/data{end}", self._versions) for end in ("", "/")),
            route("/limits", self._limits),
            route("/sobjects", self._objects),
            route("/sobjects/{object}/describe", self._describe),
            *(route(f"/sobjects/{{object}}/deleted{end}", self._deleted) for end in ("", "/")),
            route("/query", self._query),
            route("/queryAll", self._query),
            route("/query/{cursor}", self._more),
            route("/jobs/query", self._create_job, "POST"),
            route("/jobs/query/{job}", self._job, "GET", "PATCH", "DELETE"),
            route("/jobs/query/{job}/results", self._results),
            route("/composite/sobjects", partial(update, self), "PATCH"),
            route("/composite/sobjects/{object}", partial(retrieve, self), "POST"),
        ]

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        try:
            granted = self.sign_in.token(form, request.headers.get("authorization", ""), self.now)
        except Refused as refused:
            words = {"error": refused.error, "error_description": refused.description}
            return json_reply(words, 400)
        instance = self.instance_url or str(request.base_url).rstrip("/")
        return json_reply(
            {
                "id": "https://login.salesforce.com/id/00DQy0000000001MAA/005Qy0000000001AAA",
                "issued_at": str(int(self.now.timestamp() * 1000)),
                "instance_url": instance,
                "signature": "0CmxinZir53Yex7nE0TD+zMpvIWYGb/bdJh6XfOH6EQ=",
                "token_type": "Bearer",
                **granted,
            }
        )

    def _versions(self, request: Request) -> Response:
        return json_reply(
            [{"version": v, "url": f"/services/data/v{v}", "label": v} for v in VERSIONS]
        )

    def _guarded(self, answer: Answer) -> Callable[[Request], Any]:
        async def guarded(request: Request) -> Response:
            request.state.body = await request.body()
            response = self._refusal(request)
            if response is None:
                with self._lock:
                    try:
                        response = answer(request)
                    except SoqlError as error:
                        response = error_reply(400, error.code, error.message)
            response.headers["Sforce-Limit-Info"] = (
                f"api-usage={self.requests_used}/{self.daily_limit}"
            )
            return response

        return guarded

    def _refusal(self, request: Request) -> Response | None:
        if not self.sign_in.is_good(request.headers.get("authorization", "")):
            return error_reply(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if self.requests_used >= self.daily_limit:
            return requests_spent()
        self.requests_used += 1
        if request.path_params["version"] not in VERSIONS:
            return not_found()
        if len(str(request.url)) > _LONGEST_URL:
            return Response("URI Too Long", 414)
        return None

    def _limits(self, request: Request) -> Response:
        left = self.daily_limit - self.requests_used
        return json_reply({"DailyApiRequests": {"Max": self.daily_limit, "Remaining": left}})

    def _objects(self, request: Request) -> Response:
        shown = [{"name": OBJECTS[s].name, "queryable": True} for s in self._visible()]
        return json_reply({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": shown})

    def _describe(self, request: Request) -> Response:
        stream = self.stream_of(request)
        if stream is None:
            return not_found()
        fields = [
            described(n, t, updateable=(stream, n) not in self.read_only_fields)
            for n, t in self.fields(stream).items()
        ]
        return json_reply({"name": OBJECTS[stream].name, "queryable": True, "fields": fields})

    def _deleted(self, request: Request) -> Response:
        stream = self.stream_of(request)
        if stream is None:
            return not_found()
        try:
            start, end = (
                text_of(datetime.fromisoformat(request.query_params[name].replace("Z", "+00:00")))
                for name in ("start", "end")
            )
        except (KeyError, ValueError):
            return error_reply(
                400, "INVALID_REPLICATION_DATE", "start and end must be dates with times"
            )
        gone = [
            {"id": key, "deletedDate": at}
            for key, at in self._bin.get(stream, ())
            if start <= at < end
        ]
        return json_reply(
            {"deletedRecords": gone, "earliestDateAvailable": start, "latestDateCovered": end}
        )

    def _query(self, request: Request) -> Response:
        text = request.query_params.get("q")
        if not text:
            return error_reply(400, "MALFORMED_QUERY", "A query string has to be specified")
        query = parse(text, self._schema())
        rows = self._rows(query, everything=request.url.path.endswith("/queryAll"))
        if query.counts:
            return json_reply({"totalSize": len(rows), "done": True, "records": []})
        cursor = f"0r8Qy{len(self._cursors) + 1:013d}"
        self._cursors[cursor] = (query, rows)
        return self._page(request, cursor, 0)

    def _more(self, request: Request) -> Response:
        cursor, _, start = request.path_params["cursor"].rpartition("-")
        if cursor not in self._cursors:
            return error_reply(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(request, cursor, int(start))

    def _page(self, request: Request, cursor: str, start: int) -> Response:
        query, rows = self._cursors[cursor]
        version = request.path_params["version"]
        end = start + min(_asked_size(request), self.page_limit)
        page: dict[str, Any] = {"totalSize": len(rows), "done": end >= len(rows)}
        if not page["done"]:
            page["nextRecordsUrl"] = f"/services/data/v{version}/query/{cursor}-{end}"
        base = f"/services/data/v{version}/sobjects/{query.object}/"
        page["records"] = [
            {
                "attributes": {"type": query.object, "url": base + row["Id"]},
                **{name: row.get(name) for name in query.fields},
            }
            for row in rows[start:end]
        ]
        return json_reply(page)

    def _create_job(self, request: Request) -> Response:
        asked = msgspec.json.decode(request.state.body)
        if asked.get("operation") not in ("query", "queryAll"):
            return error_reply(400, "INVALIDJOB", "operation must be query or queryAll")
        query = parse(asked["query"], self._schema())
        types = self.fields(_STREAM_OF[query.object])
        if query.counts or any(types[f] in _UNSELECTABLE_IN_BULK for f in query.fields):
            return error_reply(
                400, "API_ERROR", "Selecting compound data not supported in Bulk Query"
            )
        number = len(self.jobs) + 1
        job = Job(
            id=record_id("750", number),
            version=request.path_params["version"],
            object=query.object,
            operation=asked["operation"],
            fields=query.fields,
            types=types,
            rows=self._rows(query, everything=asked["operation"] == "queryAll"),
            created=text_of(self.now),
            fails_with=self.bulk_fails,
        )
        self.jobs[job.id] = job
        return json_reply(job.shown())

    def _job(self, request: Request) -> Response:
        job = self.jobs.get(request.path_params["job"])
        if job is None:
            return not_found()
        if request.method == "DELETE":
            if not job.has_ended:
                return error_reply(
                    400, "INVALIDJOBSTATE", f"Cannot delete job in state {job.state}"
                )
            del self.jobs[job.id]
            return Response(status_code=204)
        if request.method == "PATCH":
            if msgspec.json.decode(request.state.body) != {"state": "Aborted"} or job.has_ended:
                return error_reply(400, "INVALIDJOBSTATE", f"Cannot abort job in state {job.state}")
            job.state = "Aborted"
        else:
            job.move_on()
        return json_reply(job.shown())

    def _results(self, request: Request) -> Response:
        job = self.jobs.get(request.path_params["job"])
        if job is None:
            return not_found()
        return results(job, request, self.bulk_page_limit)

    # What is visible

    def _visible(self) -> list[str]:
        return [stream for stream in OBJECTS if stream not in self.forbidden]

    def fields(self, stream: str) -> dict[str, str]:
        """The fields of an object that the user can see, with their types."""
        types = {**OBJECTS[stream].fields, **self._custom[stream]}
        return {n: t for n, t in types.items() if (stream, n) not in self.hidden_fields}

    def _schema(self) -> dict[str, dict[str, str]]:
        return {OBJECTS[stream].name: self.fields(stream) for stream in self._visible()}

    def stream_of(self, request: Request) -> str | None:
        """The stream of the object that a path names; None where the user sees no such."""
        stream = _STREAM_OF.get(request.path_params["object"])
        return stream if stream in self._visible() else None

    def _rows(self, query: Query, *, everything: bool) -> list[Mapping[str, Any]]:
        listed = self.listed(_STREAM_OF[query.object])
        if not everything:
            listed = [r for r in listed if not (r.get("IsDeleted") or r.get("IsArchived"))]
        return query.chosen(listed)


_STREAM_OF = {kind.name: stream for stream, kind in OBJECTS.items()}


def _asked_size(request: Request) -> int:
    asked = re.search(r"batchSize=(\d+)", request.headers.get("sforce-query-options", ""))
    return min(max(int(asked[1]), _SMALLEST_PAGE), _LARGEST_PAGE) if asked else _LARGEST_PAGE
