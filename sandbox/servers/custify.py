"""A made-up Custify: companies, people, tasks, notes, meetings, health scores, segments.

Belongs here: what api.custify.com answers, as the vendor's own client and other public code show


Beside `put` and `delete` it has a few switches: `page_limit` lowers the largest page,
`sends_total` leaves `total` out, `limit_every` refuses each n-th request with 429,
`values_newest_first` turns the order of a score's history, `replaces_attributes` says whether a
company that is written to keeps the attributes that were not sent, `ignores_unknown_attributes`
whether ones that nobody has made are taken.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.servers.custify_examples import EXAMPLES, nested
from sandbox.servers.custify_filters import BadQuery, entity_filter, in_order, task_filter
from sandbox.servers.custify_writing import Invalid, Writing
from sandbox.servers.vendor import Record, Vendor

API_KEY = "custify-key-2f9d"
READ_ONLY_KEY = "custify-readonly-key-77ab"

_LARGEST_PAGE = {"companies": 100, "people": 100, "segments": 100, "health_score_values": 100}
_USUAL_LARGEST_PAGE = 50
_USUAL_PAGE = 10
_FIELDS = {
    "company": (("name", "Name", "String"), ("monthly_revenue", "MRR", "Currency")),
    "customer": (("email", "Email", "String"), ("signed_up_at", "Signed up", "Date")),
}


class Refused(Exception):
    """An error reply."""

    def __init__(self, status: int, body: Record, headers: dict[str, str] | None = None) -> None:
        super().__init__(str(body))
        self.reply = JSONResponse(body, status, headers)


def _typed(status: int, error: str, message: str) -> Refused:
    return Refused(status, {"error": error, "message": message, "statusCode": status})


Handler = Callable[[Request], Any]


class System(Vendor):
    """Custify as one workspace's API key sees it."""

    kind: ClassVar[str] = "custify"

    def __init__(self) -> None:
        super().__init__()
        self.page_limit: int | None = None
        self.sends_total = True
        self.limit_every: int | None = None
        self.retry_after: str | None = "1"
        self.values_newest_first = True
        self.replaces_attributes = True
        self.ignores_unknown_attributes = False
        self._forbidden: set[str] = set()
        self._keys = {API_KEY: True, READ_ONLY_KEY: False}
        self._asked = 0
        self._version = 0
        self._views: dict[tuple[str, ...], tuple[int, list[Any]]] = {}

    def routes(self) -> list[Route]:
        """See `Vendor`. Paths that name something come before those that take an id."""
        gets: list[tuple[str, str, Handler]] = [
            ("/company/all", "companies", self._entities("companies")),
            ("/company/attributes", "attributes", self._attributes("company")),
            ("/customer/attributes", "attributes", self._attributes("customer")),
            ("/company/people/{id}", "people", self._people_of_company),
            ("/company/segments/{id}", "segments", self._segments_of_company),
            ("/company/{id}", "companies", self._one_company),
            ("/company", "companies", self._company_by_external_id),
            ("/people/all", "people", self._entities("people", in_array=True)),
            ("/people/{id}", "people", self._person),
            ("/customer/{id}", "people", self._person),
            ("/people", "people", self._people_by),
            ("/task/filtersAvailableValues", "tasks", self._task_filter_values),
            ("/task/{id}", "tasks", self._one_task),
            ("/task", "tasks", self._tasks),
            ("/note/{id}", "notes", self._notes),
            ("/note", "notes", self._notes),
            ("/calendar/meeting/company/{id}", "meetings", self._meetings),
            ("/calendar/meeting", "meetings", self._meetings),
            ("/health_score/simple", "health_scores", self._health_scores),
            ("/health_score/{id}/values", "health_score_values", self._values),
            ("/segment", "segments", self._segments),
        ]
        return [
            *(Route(path, self._guarded(s, handle), methods=["GET"]) for path, s, handle in gets),
            *(
                Route(path, self._guarded(s, handle, writes=True), methods=[method])
                for method, path, s, handle in Writing(self).handlers()
            ),
        ]

    def settings(self, base_url: str) -> dict[str, Any]:
        """See `Vendor`."""
        return {
            "kind": "custify",
            "base_url": base_url,
            "auth": {"method": "bearer", "token": "$CUSTIFY_API_KEY"},
        }

    def secrets(self) -> dict[str, str]:
        """See `Vendor`."""
        return {"CUSTIFY_API_KEY": READ_ONLY_KEY}

    def key(self, stream: str, record: Record) -> str:
        """See `Vendor`. Attributes are put with `entity`: company or customer."""
        if stream == "attributes":
            return f"{record['entity']}.{record['name']}"
        return str(record.get("id") or record["_id"])

    def put(self, stream: str, record: Record) -> Record:
        """See `Vendor`."""
        with self._lock:
            self._version += 1
            before = self.records.get(stream, {}).get(self.key(stream, record), {})
            kept = {"created_at": before["created_at"]} if "created_at" in before else {}
            if written := self.written.get((stream, self.key(stream, record))):
                kept["custom_attributes"] = {**written, **(record.get("custom_attributes") or {})}
            return super().put(stream, {**record, **kept})

    def stamp(self, stream: str, record: Record, *, is_new: bool) -> None:
        """See `Vendor`; a time of creation that a new record brings is kept."""
        if stream == "attributes":
            return
        record.setdefault("created_at", self._time(self.now))
        if stream != "health_score_values":
            record["updated_at"] = self._time(self.now)

    def delete(self, stream: str, key: str) -> None:
        """Remove a record for good: Custify keeps no trace of it."""
        with self._lock:
            self._version += 1
            del self.records[stream][key]

    def expire_tokens(self) -> None:
        """See `Vendor`: Custify has only keys, which stay good."""

    def revoke(self, key: str) -> None:
        """Refuse an API key from now on."""
        del self._keys[key]

    def forbid(self, stream: str) -> None:
        """See `Vendor`."""
        self._forbidden.add(stream)

    def example(self, stream: str, number: int) -> Record:
        """See `Vendor`."""
        return EXAMPLES[stream](number)

    # --- replies

    def _guarded(self, stream: str, handle: Handler, *, writes: bool = False) -> Any:
        async def reply(request: Request) -> Response:
            request.state.body = await request.body()
            try:
                self._admit(request, stream, writes)
                with self._lock:
                    return JSONResponse(handle(request))
            except Refused as refused:
                return refused.reply
            except (BadQuery, Invalid) as bad:
                return _typed(400, "Bad Request", str(bad)).reply

        return reply

    def _admit(self, request: Request, stream: str, writes: bool) -> None:
        self._asked += 1
        if self.limit_every and self._asked % self.limit_every == 0:
            headers = {"Retry-After": self.retry_after} if self.retry_after else {}
            raise Refused(429, {"error": "Too many requests"}, headers)
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or key not in self._keys:
            raise _typed(401, "Unauthorized", "Invalid API key")
        if stream in self._forbidden or (writes and not self._keys[key]):
            raise _typed(403, "Forbidden", "This API key has no access to this resource")

    def _view(self, name: tuple[str, ...], build: Callable[[], list[Any]]) -> list[Any]:
        """A list in its order, made once until something changes, so that a page is a slice."""
        version, records = self._views.get(name, (-1, []))
        if version != self._version:
            records = build()
            self._views[name] = (self._version, records)
        return records

    def _page(self, request: Request, stream: str, records: list[Record]) -> Record:
        page = self._count(request, "page", 1)
        largest = self.page_limit or _LARGEST_PAGE.get(stream, _USUAL_LARGEST_PAGE)
        size = min(self._count(request, "itemsPerPage", _USUAL_PAGE), largest)
        name = "values" if stream == "health_score_values" else stream
        envelope: Record = {name: records[(page - 1) * size : page * size]}
        return {**envelope, "total": len(records)} if self.sends_total else envelope

    def _count(self, request: Request, name: str, usual: int) -> int:
        text = request.query_params.get(name, str(usual))
        if not text.isdecimal() or int(text) < 1:
            raise BadQuery(f"{name} must be a positive number")
        return int(text)

    def _only(self, request: Request, *names: str) -> None:
        unknown = sorted(set(request.query_params) - {"page", "itemsPerPage", *names})
        if unknown:
            raise BadQuery(f"unknown parameter {unknown[0]}")

    def found(self, stream: str, what: str, key: str) -> Record:
        """A record; refused with 404 where there is none."""
        record = self.records.get(stream, {}).get(key)
        if record is None:
            raise Refused(404, {"error": f"{what}: {key} not found"})
        return record

    # --- companies and people

    def _entities(self, stream: str, *, in_array: bool = False) -> Handler:
        def handle(request: Request) -> Any:
            self._only(request, "filters", "sorting")
            records = self._asked_for(request, stream, entity_filter)
            envelope = self._page(request, stream, records)
            return [envelope] if in_array else envelope

        return handle

    def _asked_for(self, request: Request, stream: str, language: Any) -> list[Record]:
        filters = request.query_params.get("filters", "")
        sorting = request.query_params.get("sorting", "")

        def build() -> list[Record]:
            records = self.listed(stream)
            if filters:
                let_through = language(filters, self.now.date())
                records = [record for record in records if let_through(record)]
            return in_order(records, sorting) if sorting else records

        return self._view((stream, filters, sorting, self.now.date().isoformat()), build)

    def _one_company(self, request: Request) -> Record:
        found = self.found("companies", "Company", request.path_params["id"])
        return {"companies": [found], "total": 1}

    def _company_by_external_id(self, request: Request) -> Record:
        wanted = request.query_params.get("company_id")
        found = [c for c in self.listed("companies") if c.get("company_id") == wanted]
        return {"companies": found, "total": len(found)}

    def _person(self, request: Request) -> Record:
        return self.found("people", "User", request.path_params["id"])

    def _people_by(self, request: Request) -> list[Record]:
        self._only(request, "user_id", "email")
        asked = {name: request.query_params[name] for name in request.query_params}
        found = [p for p in self.listed("people") if all(p.get(k) == v for k, v in asked.items())]
        return [{"people": found, "total": len(found)}]

    def _people_of_company(self, request: Request) -> list[Record]:
        company = request.path_params["id"]
        people = [p for p in self.listed("people") if company in p.get("companies", [])]
        return [self._page(request, "people", [nested(person) for person in people])]

    def _segments_of_company(self, request: Request) -> Record:
        held = self.found("companies", "Company", request.path_params["id"]).get("buckets", [])
        segments = [s for s in self.listed("segments") if self.key("segments", s) in held]
        return self._page(request, "segments", segments)

    def _attributes(self, entity: str) -> Handler:
        def handle(request: Request) -> list[Record]:
            put = [a for a in self.listed("attributes") if a["entity"] == entity]
            usual = [
                {"name": name, "niceName": shown, "fieldType": kind}
                for name, shown, kind in _FIELDS[entity]
            ]
            return usual + [{k: v for k, v in a.items() if k != "entity"} for a in put]

        return handle

    # --- tasks, notes, meetings

    def _tasks(self, request: Request) -> Record:
        self._only(request, "filters", "sorting", "searchTerm", "enhanceCompany")
        records = self._asked_for(request, "tasks", task_filter)
        term = request.query_params.get("searchTerm", "").lower()
        if term:
            records = [task for task in records if term in str(task.get("name", "")).lower()]
        return self._page(request, "tasks", records)

    def _one_task(self, request: Request) -> Record:
        return {"total": 1, "tasks": [self.found("tasks", "Task", request.path_params["id"])]}

    def _task_filter_values(self, request: Request) -> Record:
        tasks = self.listed("tasks")
        names = {t["assignedTo"]: t.get("assignedToName") for t in tasks if t.get("assignedTo")}
        return {
            "assignedTo": [{"id": key, "name": name} for key, name in names.items()],
            "company": [{"id": c} for c in sorted({t["company"] for t in tasks if "company" in t})],
            "createdBy": [
                {"id": c} for c in sorted({t.get("createdBy", "") for t in tasks} - {""})
            ],
            "tags": [{"id": tag} for tag in sorted({g for t in tasks for g in t.get("tags", [])})],
        }

    def _notes(self, request: Request) -> Record:
        self._only(request)
        entity = request.path_params.get("id", "")

        def build() -> list[Record]:
            newest = sorted(self.listed("notes"), key=lambda n: n["created_at"], reverse=True)
            if not entity:
                return newest
            of_entity = [n for n in newest if n.get("entity") == entity]
            return sorted(of_entity, key=lambda n: not n.get("sticky", False))

        return self._page(request, "notes", self._view(("notes", entity), build))

    def _meetings(self, request: Request) -> Record:
        self._only(request)
        company = request.path_params.get("id")
        meetings = self._view(("meetings",), lambda: self.listed("meetings"))
        if company:
            meetings = [m for m in meetings if company in m.get("company", [])]
        return self._page(request, "meetings", meetings)

    # --- health scores and segments

    def _health_scores(self, request: Request) -> list[Record]:
        return self.listed("health_scores")

    def _values(self, request: Request) -> Record:
        self._only(request, "companyId")
        score, company = request.path_params["id"], request.query_params.get("companyId", "")
        self.found("health_scores", "HealthScore", score)
        values = self._history().get((score, company), [])
        numbers = [float(v.get("score") or v.get("value") or 0) for v in values] or [0.0]
        return {
            **self._page(request, "health_score_values", values),
            "average": statistics.fmean(numbers),
            "min": min(numbers),
            "max": max(numbers),
            "median": statistics.median(numbers),
        }

    def _history(self) -> dict[tuple[str, str], list[Record]]:
        def build() -> list[Any]:
            by_place: dict[tuple[str, str], list[Record]] = {}
            values = sorted(
                self.listed("health_score_values"),
                key=lambda value: str(value.get("date", value["created_at"])),
                reverse=self.values_newest_first,
            )
            for value in values:
                for company in (value["company_id"], ""):
                    by_place.setdefault((value["health_score_id"], company), []).append(value)
            return [by_place]

        history: dict[tuple[str, str], list[Record]]
        history = self._view(("values", str(self.values_newest_first)), build)[0]
        return history

    def _segments(self, request: Request) -> Record:
        self._only(request, "type")
        wanted = request.query_params.get("type")
        if wanted not in ("companies", "people"):
            raise BadQuery("type must be companies or people")
        segments = [s for s in self.listed("segments") if s.get("type", "companies") == wanted]
        return self._page(request, "segments", segments)

    def _time(self, moment: datetime) -> str:
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
