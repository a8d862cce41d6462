"""Bulk API 2.0: a query as a job, its result as CSV, in memory that does not grow.

Belongs here: creating, waiting for and removing a job, and turning CSV rows into JSON objects.
Does not: when to use it (source).
"""

from __future__ import annotations

import codecs
import csv
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice

import msgspec

from connectors.errors import PermanentSourceError, SourceError, TransientSourceError
from connectors.http.client import Client
from connectors.http.message import Request
from connectors.http.paginators import HeaderCursor

ROWS_A_PAGE = 2_000
_ROWS_A_PART = 50_000
_LONGEST_CELL = 32 * 1024 * 1024  # csv's own limit is 131,072: just what a long text may hold
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 2.0, 30.0
_NEXT_PART = HeaderCursor(header="Sforce-Locator", param="locator")

log = logging.getLogger("cs_coverage")


def bulk_pages(client: Client, root: str, soql: str, max_wait_s: float) -> Iterator[list[bytes]]:
    """All records that a query finds, deleted ones too, some at a time, as JSON objects.

    `root` is the path of the API version. The job is removed at the end, whatever the end is.
    Raises `SourceError`.
    """
    with _job(client, f"{root}/jobs/query", soql) as job:
        _wait(client, job, max_wait_s)
        yield from _result(client, job)


@contextmanager
def _job(client: Client, path: str, soql: str) -> Iterator[str]:
    created = client.send(
        Request(path, method="POST", json={"operation": "queryAll", "query": soql})
    )
    job_id = created.at("id")
    if not isinstance(job_id, str):
        raise TransientSourceError(f"{created.request.shown} answered without the id of a job")
    job = f"{path}/{job_id}"
    finished = False
    try:
        yield job
        finished = True
    finally:
        # Jobs that stay count against the org; but what went wrong matters more than they do.
        with suppress(SourceError):
            if not finished:
                client.send(Request(job, method="PATCH", json={"state": "Aborted"}))
        with suppress(SourceError):
            client.send(Request(job, method="DELETE"))


def _wait(client: Client, job: str, max_wait_s: float) -> None:
    pause, waited = _FIRST_PAUSE_S, 0.0
    while True:
        reply = client.send(Request(job))
        match reply.at("state"):
            case "JobComplete":
                return
            case "Failed":
                raise PermanentSourceError(
                    f"Salesforce could not complete the bulk query: {reply.at('errorMessage')}. "
                    "To read through REST instead, raise bulk_above in sources.yaml"
                )
            case "Aborted":
                raise TransientSourceError("someone aborted the bulk query; it is asked again")
        if waited >= max_wait_s:
            raise TransientSourceError(
                f"Salesforce did not finish the bulk query in {max_wait_s / 60:.0f} minutes. "
                "Raise bulk_max_wait_minutes in sources.yaml if that is usual"
            )
        client.clock.sleep(pause)
        waited, pause = waited + pause, min(pause * 2, _LONGEST_PAUSE_S)


def _result(client: Client, job: str) -> Iterator[list[bytes]]:
    request: Request | None = Request(
        f"{job}/results", params={"maxRecords": _ROWS_A_PART}, headers={"Accept": "text/csv"}
    )
    while request is not None:
        with client.streamed(request) as (reply, pieces):
            count = 0
            rows = json_rows(pieces)
            while page := list(islice(rows, ROWS_A_PAGE)):
                count += len(page)
                yield page
            promised = reply.headers.get("Sforce-NumberOfRecords", "")
            if promised.isdigit() and int(promised) != count:
                raise TransientSourceError(
                    f"{request.shown} gave {count:,} records where it announced {int(promised):,}"
                )
            request = _NEXT_PART.following(request, reply, count)


def json_rows(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The rows of a CSV text as JSON objects by its header's names; an empty cell is null.

    Raises `TransientSourceError` for a text that breaks off.
    """
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))
    rows = csv.reader(_lines(pieces), strict=True)
    try:
        names = next(rows, [])
        for row in rows:
            if row:
                cells = zip(names, row, strict=True)
                yield msgspec.json.encode({name: cell or None for name, cell in cells})
    except (csv.Error, ValueError) as error:
        raise TransientSourceError(
            f"the bulk result breaks off or is no CSV ({error}, row {rows.line_num})"
        ) from None


def _lines(pieces: Iterator[bytes]) -> Iterator[str]:
    """Lines with their ends; NUL, which no JSON reader likes, is left out."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    rest = ""
    for piece in pieces:
        *lines, rest = (rest + decoder.decode(piece).replace("\0", "")).split("\n")
        yield from (line + "\n" for line in lines)
    rest += decoder.decode(b"", final=True)
    if rest:
        yield rest
