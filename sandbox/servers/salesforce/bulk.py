"""Bulk API 2.0 query jobs: created, polled, fetched in parts as CSV, deleted.

Belongs here: what a job is, goes through and gives. Does not: choosing its records (soql).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.servers.salesforce.replies import error_reply

STATES = ("UploadComplete", "InProgress", "JobComplete")
_ENDED = ("JobComplete", "Failed", "Aborted")


@dataclass
class Job:
    """A query job; each look at it moves it on by a state."""

    id: str
    version: str
    object: str
    operation: str
    fields: Sequence[str]
    types: Mapping[str, str]
    rows: Sequence[Mapping[str, Any]]
    created: str
    fails_with: str | None = None
    state: str = STATES[0]

    def move_on(self) -> None:
        """One step nearer to the end."""
        if self.has_ended:
            return
        self.state = STATES[STATES.index(self.state) + 1]
        if self.state == "JobComplete" and self.fails_with:
            self.state = "Failed"

    @property
    def has_ended(self) -> bool:
        """Whether nothing more happens to it."""
        return self.state in _ENDED

    def shown(self) -> dict[str, Any]:
        """The job as the API shows it."""
        shown = {
            "id": self.id,
            "operation": self.operation,
            "object": self.object,
            "createdDate": self.created,
            "systemModstamp": self.created,
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version),
            "lineEnding": "LF",
            "columnDelimiter": "COMMA",
        }
        if self.state == "Failed":
            shown["errorMessage"] = self.fails_with
        if self.state == "JobComplete":
            shown["numberRecordsProcessed"] = len(self.rows)
        return shown

    def part(self, start: int, size: int) -> tuple[bytes, int]:
        """Some of the result as CSV with a header, and how many records it holds."""
        rows = self.rows[start : start + size]
        text = io.StringIO()
        writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(self.fields)
        for row in rows:
            writer.writerow([_cell(row.get(f), self.types[f]) for f in self.fields])
        return text.getvalue().encode(), len(rows)


def _cell(value: Any, kind: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if kind == "datetime":
        return str(value).replace("+0000", "Z")
    return str(value)


def _locator(start: int) -> str:
    """An opaque name for a place in a result."""
    return f"L{start:x}"


def _position(text: str | None) -> int:
    """The place that a locator names; the beginning for none."""
    return int(text.removeprefix("L"), 16) if text else 0


def results(job: Job, request: Request, limit: int) -> Response:
    """A part of a job's rows as CSV, from a locator; at most `limit` rows."""
    if job.version != request.path_params["version"]:
        return error_reply(409, "VERSION_MISMATCH", "job was created with another API version")
    if job.state != "JobComplete":
        return error_reply(400, "INVALIDJOBSTATE", f"job is in state {job.state}")
    start = _position(request.query_params.get("locator"))
    size = min(int(request.query_params.get("maxRecords", "50000")), limit)
    body, held = job.part(start, size)
    end = start + held
    headers = {
        "Sforce-Locator": _locator(end) if end < len(job.rows) else "null",
        "Sforce-NumberOfRecords": str(held),
    }
    return Response(body, headers=headers, media_type="text/csv")
