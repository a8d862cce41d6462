"""A made-up Gainsight CS tenant: the query API, the cockpit, delete logs, descriptions.

Belongs here: what the tenant answers, from Gainsight's documentation. Does not: anything taken
from the connector's code.
"""

from __future__ import annotations

import base64
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.servers import gainsight_examples as examples
from sandbox.servers.gainsight_query import Refused, Table, epoch_ms, parsed_where
from sandbox.servers.vendor import Record, Vendor

KEY, CLIENT_ID, CLIENT_SECRET = "gs-access-key-1", "gs-client", "gs-client-secret"
RETENTION = timedelta(days=15)

OBJECTS = {
    "Company": "companies",
    "Person": "persons",
    "Company_Person": "company_persons",
    "GsUser": "users",
    "activity_timeline": "timeline",
    "record_delete_log": "delete_log",
    "record_delete_log_high_volume": "delete_log_high_volume",
}
_STREAMS = OBJECTS | {name.lower(): stream for name, stream in OBJECTS.items()}
_LISTED = {stream: name.lower() for name, stream in OBJECTS.items()}
_LOGS = ("delete_log", "delete_log_high_volume")
_PLAIN_LISTS = ("companies", "persons", "company_persons", "users")
_CTA_DEFAULTS = (
    *("Gsid", "Name", "CompanyId", "OwnerId", "TypeId", "StatusId", "PriorityId"),
    *("ReasonId", "DueDate", "IsClosed", "IsImportant", "EntityType"),
)


class System(Vendor):
    """One tenant.

    `fields` says what each object holds (a test may take a field away, or add one). `data_shape`,
    "list" or "records", overrides how each object's rows are wrapped; `empty_as` is how nothing is
    said: "no_data", "bad_request" or "empty". With `iso_dates` the query API writes ISO text.
    `filter_time_zone` is the zone in which filters are read; `btw_takes_last_day` whether the end
    of a range of days is inside. `minute_limit` is how many calls a minute of `now` may have.
    """

    kind: ClassVar[str] = "gainsight"

    def __init__(self) -> None:
        super().__init__()
        self.fields = {stream: dict(held) for stream, held in examples.FIELDS.items()}
        self.cta_fields = set(examples.CTA_FIELDS)
        self.page_limit, self.cta_page_limit = 5000, 1000
        self.data_shape: str | None = None
        self.empty_as = "no_data"
        self.iso_dates = False
        self.filter_time_zone = "UTC"
        self.btw_takes_last_day = True
        self.has_high_volume_log = True
        self.minute_limit: int | None = None
        self._forbidden: set[str] = set()
        self._tokens: dict[str, datetime] = {}
        self._tables: dict[str, Table] = {}
        self._calls: Counter[datetime] = Counter()
        self._asked = 0

    def settings(self, base_url: str) -> dict[str, Any]:
        """See `Vendor`."""
        return {"kind": "gainsight", "base_url": base_url, "auth": {"key": "$GAINSIGHT_KEY"}}

    def secrets(self) -> dict[str, str]:
        """See `Vendor`."""
        return {"GAINSIGHT_KEY": KEY, "GAINSIGHT_CLIENT_SECRET": CLIENT_SECRET}

    def example(self, stream: str, number: int) -> Record:
        """See `Vendor`."""
        return examples.EXAMPLES[stream](number)

    def key(self, stream: str, record: Record) -> str:
        """See `Vendor`."""
        if stream in _LOGS:
            return f"{record['ObjectName']}|{record['RecordId']}"
        if stream == "picklist_items":
            return f"{record['object']}|{record['field']}|{record['value']}"
        return str(record["Gsid"])

    def stamp(self, stream: str, record: Record, *, is_new: bool) -> None:
        """See `Vendor`."""
        self._tables.pop(stream, None)
        if stream in _LOGS:
            record.setdefault("DeletedOn", _iso(self.now, "seconds"))
        elif stream != "picklist_items":
            if stream == "deleted_ctas":
                record["_gone_at"] = self.now
            for name in ("CreatedDate", "ModifiedDate") if is_new else ("ModifiedDate",):
                record[name] = self._time(stream)
            if not is_new:
                record["CreatedDate"] = self.records[stream][record["Gsid"]]["CreatedDate"]

    def delete(self, stream: str, key: str) -> None:
        """See `Vendor`."""
        gone = self.records[stream].pop(key)
        self._tables.pop(stream, None)
        if stream == "ctas":
            self.records.setdefault("deleted_ctas", {})[key] = {**gone, "_gone_at": self.now}
        elif stream != "picklist_items":
            name = next(name for name, held in OBJECTS.items() if held == stream)
            log = "delete_log_high_volume" if stream == "timeline" else "delete_log"
            self.put(log, {"ObjectName": name, "RecordId": key})

    def rewrite(self, stream: str, key: str, **fields: Any) -> None:
        """Change a record without a trace in its times, as bulk loads and tests do."""
        with self._lock:
            self.records[stream][key].update(fields)
            self._tables.pop(stream, None)

    def expire_tokens(self) -> None:
        """See `Vendor`."""
        self._tokens.clear()

    def forbid(self, stream: str) -> None:
        """See `Vendor`."""
        if stream == "picklist_items":
            raise ValueError("they are part of the descriptions of objects")
        self._forbidden.add(stream)

    def routes(self) -> list[Route]:
        """See `Vendor`."""
        return [
            Route("/v1/users/m2m/oauth/token", self._token, methods=["POST"]),
            Route("/v1/data/objects/query/{name}", self._guarded(self._query), methods=["POST"]),
            Route(
                "/v1/meta/services/objects/describe",
                self._guarded(self._describe),
                methods=["POST"],
            ),
            Route("/v2/cockpit/cta/list", self._guarded(self._ctas), methods=["POST"]),
            Route(
                "/v2/cockpit/cta/deleted/list", self._guarded(self._deleted_ctas), methods=["POST"]
            ),
        ]

    # Who asks, and how often

    async def _token(self, request: Request) -> Response:
        pair = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        form = parse_qs((await request.body()).decode())
        if request.headers.get("authorization") != f"Basic {pair}":
            return _error(401, "GS_APIG_2401", "Unauthorized")
        if form.get("grant_type") != ["client_credentials"]:
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        token = f"gs-token-{len(self.seen)}"
        self._tokens[token] = self.now + timedelta(days=1)
        return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": 86400})

    def _guarded(self, answer: Callable[[str, Any], Any]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            if not self._is_known(request):
                return _error(401, "GS_APIG_2401", "Unauthorized")
            minute = self.now.replace(second=0, microsecond=0)
            self._calls[minute] += 1
            if self.minute_limit is not None and self._calls[minute] > self.minute_limit:
                wait = 60 - self.now.second
                return Response(status_code=429, headers={"Retry-After": str(wait)})
            with self._lock:
                self._asked += 1
                try:
                    said = answer(request.path_params.get("name", ""), await request.json())
                except Refused as refused:
                    status = 200 if refused.code.startswith("COCKPIT") else 400
                    return _error(status, refused.code, refused.words)
            return said if isinstance(said, Response) else self._answered(said)

        return endpoint

    def _is_known(self, request: Request) -> bool:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        ends_at = self._tokens.get(bearer)
        return request.headers.get("accesskey") == KEY or (
            ends_at is not None and self.now < ends_at
        )

    def _answered(self, data: Any) -> Response:
        rows = data["records"] if isinstance(data, dict) else data
        if not rows and self.empty_as == "no_data":
            return _error(200, "GSOBJ_1XXX", "No data found for given criteria")
        if not rows and self.empty_as == "bad_request":
            return _error(400, "GSOBJ_1011", "No entity matches the given criteria")
        envelope = {"result": True, "errorCode": None, "errorDesc": None}
        return JSONResponse({**envelope, "requestId": "r-1", "data": data, "message": None})

    # Objects of the data model

    def _query(self, name: str, body: dict[str, Any]) -> Any:
        stream = _STREAMS.get(name)
        if stream is None or (stream == "delete_log_high_volume" and not self.has_high_volume_log):
            return _not_found()
        if stream in self._forbidden:
            return _error(403, "GS_APIG_2403", "Forbidden")
        limit = body.get("limit", self.page_limit)
        if not isinstance(limit, int) or not 0 < limit <= self.page_limit:
            raise Refused("GSOBJ_1016", f"Limit must be between 1 and {self.page_limit}")
        conditions = parsed_where(body.get("where"))
        order = [(name, how == "desc") for name, how in (body.get("orderBy") or {}).items()]
        asked = [*body["select"], *(c["name"] for c in conditions), *(name for name, _ in order)]
        for field in asked:
            if not self._has(stream, field):
                raise Refused("GSOBJ_1024", f"Invalid field {field} in object {name}")
        rows = self._table(stream).select(
            conditions,
            order,
            body.get("offset", 0),
            limit,
            ZoneInfo(self.filter_time_zone),
            lambda row, field: self._read(stream, row, field),
        )
        if stream in _LOGS:
            rows = [row for row in rows if self._is_remembered(row["DeletedOn"])]
        selected = [{f: self._shown(stream, row, f) for f in body["select"]} for row in rows]
        usual = "list" if stream in _PLAIN_LISTS else "records"
        return selected if (self.data_shape or usual) == "list" else {"records": selected}

    def _table(self, stream: str) -> Table:
        if stream not in self._tables:
            times = frozenset(
                n for n, kind in self.fields[stream].items() if kind in ("DATETIME", "DATE")
            )
            id_field = "RecordId" if stream in _LOGS else "Gsid"
            self._tables[stream] = Table(self.listed(stream), times, id_field)
        return self._tables[stream]

    def _has(self, stream: str, field: str) -> bool:
        first, is_path, rest = field.partition(".")
        if not is_path:
            return first in self.fields[stream]
        target = self._target(stream, first)
        return target is not None and rest in self.fields[target]

    def _target(self, stream: str, lookup: str) -> str | None:
        held = self.fields[stream].get(lookup.removesuffix("__gr"), "")
        return held.removeprefix("LOOKUP:") if held.startswith("LOOKUP:") else None

    def _read(self, stream: str, row: Record, field: str) -> Any:
        first, is_path, rest = field.partition(".")
        if not is_path:
            return row.get(first)
        target = self._target(stream, first)
        there = self.records.get(target or "", {}).get(row.get(first.removesuffix("__gr")) or "")
        return there.get(rest) if there else None

    def _shown(self, stream: str, row: Record, field: str) -> Any:
        value = self._read(stream, row, field)
        moment = epoch_ms(value) if self.fields[stream].get(field) == "DATETIME" else None
        if self.iso_dates and moment is not None:
            return _iso(datetime.fromtimestamp(moment / 1000, UTC))
        return value

    def _is_remembered(self, deleted_on: str) -> bool:
        return self.now - datetime.fromisoformat(deleted_on) <= RETENTION

    def _describe(self, _: str, body: dict[str, Any]) -> Any:
        described = []
        for name in body["objectNames"]:
            stream = next((s for s, listed in _LISTED.items() if listed == name), None)
            if stream is None or stream in _LOGS:
                return _not_found()
            fields = [self._described(stream, name, f, k) for f, k in self.fields[stream].items()]
            described.append({"objectName": name, "objectType": "STANDARD", "fields": fields})
        return described

    def _described(self, stream: str, name: str, field: str, kind: str) -> Record:
        lookup, _, target = kind.partition(":")
        meta: Record = {"filterable": True, "sortable": True, "hasLookup": bool(target)}
        if target:
            meta["lookupDetail"] = {
                "lookupName": f"{field}__gr",
                "lookupObjects": [{"objectName": _LISTED[target]}],
            }
        shown: Record = {"fieldName": field, "label": field, "dataType": lookup, "meta": meta}
        if lookup == "PICKLIST":
            shown["options"] = [
                {k: v for k, v in item.items() if k not in ("object", "field")}
                for item in self.listed("picklist_items")
                if (item["object"], item["field"]) == (name, field)
            ]
        return shown

    # The cockpit

    def _ctas(self, _: str, body: dict[str, Any]) -> Any:
        return self._cockpit("ctas", self.listed("ctas"), body)

    def _deleted_ctas(self, _: str, body: dict[str, Any]) -> Any:
        gone = self.listed("deleted_ctas")
        kept = [row for row in gone if self.now - row["_gone_at"] <= RETENTION]
        return self._cockpit("deleted_ctas", kept, body)

    def _cockpit(self, stream: str, rows: list[Record], body: dict[str, Any]) -> Any:
        if stream in self._forbidden:
            return _error(403, "GS_APIG_2403", "Forbidden")
        size, number = body.get("pageSize", 100), body.get("pageNumber", 1)
        if not 0 < size <= self.cta_page_limit or number < 1:
            raise Refused("COCKPIT_5102", f"pageSize must be between 1 and {self.cta_page_limit}")
        unknown = [field for field in body["select"] if field not in self.cta_fields]
        if unknown:
            fields = ", ".join(unknown)
            raise Refused("COCKPIT_5101", f"Invalid fields in select clause - {fields}")
        for condition in parsed_where(body.get("where")):
            rows = [row for row in rows if self._holds(condition, row)]
        # No order is documented: what is on which page is another matter each time.
        random.Random(self._asked).shuffle(rows)  # noqa: S311
        wanted = dict.fromkeys([*_CTA_DEFAULTS, *body["select"]])
        return [
            {field: row[field] for field in wanted if row.get(field) is not None}
            for row in rows[(number - 1) * size : number * size]
        ]

    def _holds(self, condition: dict[str, Any], row: Record) -> bool:
        held, operator = row.get(condition["fieldName"]), condition["operator"]
        if operator == "IS_NULL":
            return held is None
        if operator != "BTW":
            raise Refused("COCKPIT_5103", f"Invalid operator {operator}")
        if held is None:
            return False
        first, last = map(date.fromisoformat, condition["value"])
        at = datetime.fromisoformat(held)
        if self.btw_takes_last_day:
            return first <= at.date() <= last
        return first <= at.date() and at.replace(tzinfo=None) <= datetime(
            last.year, last.month, last.day
        )

    def _time(self, stream: str) -> Any:
        return _iso(self.now) if stream in ("ctas", "deleted_ctas") else epoch_ms(_iso(self.now))


def _iso(at: datetime, precision: str = "milliseconds") -> str:
    return at.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


def _error(status: int, code: str, words: str) -> Response:
    body = {"result": False, "errorCode": code, "errorDesc": words, "requestId": "r-0"}
    return JSONResponse({**body, "data": None, "message": None}, status)


def _not_found() -> Response:
    words = "Requested object not found."
    body = {"result": False, "title": "OBJECT_NOT_FOUND", "detail": words, "errorDesc": words}
    return JSONResponse({"requestId": "r-0", **body}, 400)
