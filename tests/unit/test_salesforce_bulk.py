"""Loading large objects through Bulk API 2.0: the same records, in parts, and jobs that fail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import cycle
from pathlib import Path
from typing import Any

import msgspec
import pytest
from vendor_reading import Connected, connected

from connectors.errors import PermanentSourceError, SourceError, TransientSourceError
from connectors.salesforce import STREAMS
from connectors.salesforce.bulk import json_rows
from sandbox.servers.salesforce import System
from sandbox.servers.vendor import Fault, Record

ALL = tuple(stream.name for stream in STREAMS)
RESULTS = "/results$"
A_MONTH = 31 * 86_400


@pytest.fixture
def system() -> System:
    """An org with 25 records of every object; a part of a bulk result holds 10."""
    system = System()
    system.bulk_page_limit = 10
    for stream in ALL:
        system.fill(stream, 25)
    system.put("accounts", {**system.example("accounts", 1), "ARR__c": 12.5, "Is_Live__c": True})
    system.delete("contacts", system.listed("contacts")[3]["Id"])
    return system


@pytest.fixture
def org(system: System, tmp_path: Path) -> Iterator[Connected]:
    """Connected so that every full read goes through Bulk API 2.0."""
    extra = {"accounts": ["ARR__c", "Is_Live__c"]}
    with connected(system, tmp_path, bulk_above=24, extra_fields=extra) as at:
        yield at


def as_staging_sees(record: Record) -> dict[str, Any]:
    """Every field as text, times as instants: what a payload is to dbt's staging."""
    return {name: _seen(name, value) for name, value in record.items() if name != "attributes"}


def _seen(name: str, value: Any) -> Any:
    if value is None or (isinstance(value, str) and not value):
        return None
    if name.endswith(("Date", "DateTime", "Modstamp")) and "T" in str(value):
        return datetime.fromisoformat(value)
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


@pytest.mark.parametrize("stream", ALL)
def test_bulk_brings_what_rest_brings(
    org: Connected, system: System, tmp_path: Path, stream: str
) -> None:
    bulk = {record["Id"]: as_staging_sees(record) for record in org.read(stream).records}
    assert len(system.jobs) == 0
    assert len(org.seen(RESULTS.rstrip("$"))) == 3
    extra = org.source.settings.extra_fields
    with connected(system, tmp_path / "rest", extra_fields=extra) as other:
        rest = {record["Id"]: as_staging_sees(record) for record in other.read(stream).records}
    assert bulk == rest
    assert len(bulk) == 25


def test_the_next_read_goes_on_through_rest(org: Connected, system: System) -> None:
    assert org.read("tasks").result.is_full_read
    system.put("tasks", system.example("tasks", 3))
    org.system.seen.clear()
    assert len(org.read("tasks").records) < 25
    assert org.seen("/jobs/") == []


def test_what_is_not_large_is_not_worth_a_job(system: System, tmp_path: Path) -> None:
    with connected(system, tmp_path, bulk_above=25) as org:
        org.read("tasks")
        assert org.seen("/jobs/") == []


def test_a_repeated_full_read_is_a_job_too(org: Connected) -> None:
    org.read("tasks")
    org.clock.sleep(A_MONTH)
    again = org.read("tasks")
    assert again.result.is_full_read
    assert len(again.records) == 25


def test_a_job_that_does_not_end_is_given_up(system: System, tmp_path: Path) -> None:
    stuck = msgspec.json.encode({"id": "750", "state": "InProgress"})
    system.faults.append(Fault("/jobs/query/[^/]+$", status=200, body=stuck, times=500))
    with (
        connected(system, tmp_path, bulk_above=1, bulk_max_wait_minutes=20) as org,
        pytest.raises(TransientSourceError, match=r"in 20 minutes\. Raise bulk_max_wait_minutes"),
    ):
        org.read("tasks")
    assert org.clock.waits[:6] == [2, 4, 8, 16, 30, 30]
    asked = [request.method for request in system.seen if "/jobs/query/750" in request.path]
    assert asked[-3:] == ["GET", "PATCH", "DELETE"]


def test_a_job_that_fails_is_told_in_their_words_and_removed(
    org: Connected, system: System
) -> None:
    system.bulk_fails = "InvalidBatch : too complex"
    with pytest.raises(PermanentSourceError, match=r"too complex.*raise bulk_above"):
        org.read("tasks")
    assert system.jobs == {}


@pytest.mark.parametrize(
    "fault",
    [
        Fault(RESULTS, truncate=True, skip=1, rewrite=lambda body: body),
        Fault(RESULTS, skip=1, rewrite=lambda body: body[: body.rindex(b"\n", 0, -1) + 1]),
        Fault(RESULTS, status=500, skip=2, times=9),
    ],
    ids=["cut in a row", "a row is missing", "server error"],
)
def test_a_result_that_breaks_off_is_read_anew(
    org: Connected, system: System, fault: Fault
) -> None:
    system.faults.append(fault)
    with pytest.raises(TransientSourceError):
        org.read("tasks")
    assert system.jobs == {}
    fault.times = 0
    read = org.read("tasks")
    assert len(read.records) == 25
    assert read.result.is_full_read


def test_a_session_that_ends_during_a_job_is_renewed(org: Connected, system: System) -> None:
    def expire(body: bytes) -> bytes:
        system.expire_tokens()
        return body

    system.faults.append(Fault(RESULTS, rewrite=expire))
    assert len(org.read("tasks").records) == 25
    assert len(org.seen("/oauth2/token")) == 2


def test_a_query_that_cannot_be_counted_is_for_bulk(system: System, tmp_path: Path) -> None:
    error = [{"errorCode": "QUERY_TIMEOUT", "message": "Your query request was running too long."}]
    system.faults.append(Fault("/queryAll$", status=400, body=msgspec.json.encode(error)))
    with connected(system, tmp_path) as org:
        assert len(org.read("tasks").records) == 25
        assert len(org.seen("/jobs/")) > 0


# CSV


def rows(*pieces: bytes) -> list[Record]:
    return [msgspec.json.decode(row) for row in json_rows(iter(pieces))]


def test_cells_may_hold_anything() -> None:
    csv = '"Id","Text"\n"1","a ""quoted"",\nsecond line\r\n"\n"2",""\n"3","Łódź\x00 \u2028."\n'
    expected = [
        {"Id": "1", "Text": 'a "quoted",\nsecond line\r\n'},
        {"Id": "2", "Text": None},
        {"Id": "3", "Text": "Łódź \u2028."},
    ]
    assert rows(csv.encode()) == expected
    assert rows(*(bytes([byte]) for byte in csv.encode())) == expected


def test_a_cell_may_be_longer_than_csv_expects() -> None:
    assert len(rows(b"Id\n" + b"x" * 500_000 + b"\n")[0]["Id"]) == 500_000


@pytest.mark.parametrize("text", [b"", b"Id,Name\n"])
def test_a_result_may_be_empty(text: bytes) -> None:
    assert rows(text) == []


@pytest.mark.parametrize(
    "text", [b'"Id","Name"\n"1","cut', b'"Id","Name"\n"1"\n', b'"Id"\n"\xc5'], ids=str
)
def test_a_result_that_is_cut_is_an_error(text: bytes) -> None:
    with pytest.raises(SourceError, match="breaks off"):
        rows(text)


def test_rows_come_before_the_result_is_whole() -> None:
    endless = json_rows(cycle([b"Id,Name\n", b"1,Acme\n"]))
    assert [msgspec.json.decode(next(endless))["Id"] for _ in range(3)] == ["1", "Id", "1"]
