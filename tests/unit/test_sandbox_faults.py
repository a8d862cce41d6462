"""Faults by name: what a client meets, for which stream, and for how long."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sandbox import faults
from sandbox.faults import KINDS, switch_off, switch_on
from sandbox.servers import vendor
from sandbox.servers.vendor import Vendor, served

HUBSPOT = {"Authorization": "Bearer pat-eu1-00000000-1111-2222-3333-444444444444"}


@pytest.fixture
def hubspot() -> Iterator[tuple[Vendor, str]]:
    system = vendor("hubspot")
    system.fill("contacts", 3)
    system.fill("companies", 3)
    with served(system) as address:
        yield system, address


def listed(address: str, stream: str = "contacts") -> requests.Response:
    url = f"{address}/crm/v3/objects/{stream}"
    return requests.get(url, headers=HUBSPOT, timeout=30)


@pytest.mark.parametrize(("kind", "status"), [("429", 429), ("5xx", 503), ("expired_token", 401)])
def test_a_refusal_hits_so_many_requests_for_its_stream_alone(
    hubspot: tuple[Vendor, str], kind: str, status: int
) -> None:
    system, address = hubspot
    switch_on(system, kind, "contacts", times=2)
    assert listed(address, "companies").status_code == 200
    answers = [listed(address).status_code for _ in range(3)]
    assert answers == [status, status, 200]


def test_too_many_requests_say_when_to_come_back(hubspot: tuple[Vendor, str]) -> None:
    system, address = hubspot
    switch_on(system, "429", "contacts")
    assert listed(address).headers["Retry-After"] == "1"


def test_a_slow_answer_comes_late(
    hubspot: tuple[Vendor, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    system, address = hubspot
    monkeypatch.setattr(faults, "_SLOW_S", 0.5)
    switch_on(system, "slow", "contacts")
    began = time.monotonic()
    assert listed(address).status_code == 200
    assert time.monotonic() - began >= 0.5


def test_a_truncated_answer_is_no_json(hubspot: tuple[Vendor, str]) -> None:
    system, address = hubspot
    switch_on(system, "truncated", "contacts")
    with pytest.raises(requests.RequestException):
        listed(address).json()
    assert len(listed(address).json()["results"]) == 3


def test_an_empty_answer_is_a_last_page_without_records(hubspot: tuple[Vendor, str]) -> None:
    system, address = hubspot
    switch_on(system, "empty", "contacts")
    assert listed(address).json() == {"results": []}


def test_what_is_switched_off_is_over(hubspot: tuple[Vendor, str]) -> None:
    system, address = hubspot
    switch_on(system, "5xx", "contacts", times=99)
    switch_off(system)
    assert listed(address).status_code == 200


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (b'{"tickets":[{"id":7,"organization_id":8,"score":3,"is_open":true}],"count":1}',
         b'{"tickets":[{"id":7,"organization_id":8,"score":"unknown","is_open":true}],"count":1}'),
        (b'{"results":[{"id":"7","properties":{"amount":"12.5","name":"7 Seas"},'
         b'"updatedAt":"2026-07-01T09:00:00Z"}],"paging":{"next":{"after":"7"}}}',
         b'{"results":[{"id":"7","properties":{"amount":"unknown","name":"7 Seas"},'
         b'"updatedAt":"2026-07-01T09:00:00Z"}],"paging":{"next":{"after":"7"}}}'),
        (b'{"items":[{"id":"e","start":{"dateTime":"2026-07-01T09:00:00Z"}}]}',
         b'{"items":[{"id":"e","start":{"dateTime":"unknown"}}]}'),
    ],
)  # fmt: skip
def test_what_is_counted_or_dated_becomes_a_word_and_the_rest_stays(
    page: bytes, expected: bytes
) -> None:
    assert faults.mistyped(page) == expected


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (b'{"totalSize":9,"done":false,"nextRecordsUrl":"/q","records":[{"Id":"1"}]}',
         b'{"totalSize":0,"done":true,"records":[]}'),
        (b'[{"people":[{"id":"1"}],"total":9}]', b'[{"people":[],"total":0}]'),
        (b'{"tickets":[{"id":1}],"end_of_stream":false,"after_cursor":"x"}',
         b'{"tickets":[],"end_of_stream":true,"after_cursor":"x"}'),
        (b'{"items":[{"id":"1"}],"nextPageToken":"p"}', b'{"items":[]}'),
    ],
)  # fmt: skip
def test_every_vendors_page_can_be_emptied(page: bytes, expected: bytes) -> None:
    assert faults.emptied(page) == expected


def test_streams_of_salesforce_are_told_apart_by_the_query() -> None:
    system = vendor("salesforce")
    for kind in ("accounts", "contacts"):
        system.fill(kind, 1)
    with served(system) as address:
        form: dict[str, Any] = {
            "grant_type": "client_credentials",
            "client_id": "3MVG9.connected_app",
            "client_secret": "s3cret-of-the-app",
        }
        token = requests.post(f"{address}/services/oauth2/token", data=form, timeout=30).json()
        headers = {"Authorization": f"Bearer {token['access_token']}"}

        def asked(name: str) -> int:
            return requests.get(
                f"{address}/services/data/v61.0/queryAll",
                params={"q": f"SELECT Id FROM {name}"},
                headers=headers,
                timeout=30,
            ).status_code

        switch_on(system, "5xx", "contacts")
        assert [asked("Account"), asked("Contact"), asked("Contact")] == [200, 503, 200]
        switch_on(system, "expired_token", "accounts")
        assert asked("Account") == 401


def test_there_is_no_fault_of_a_stream_or_kind_that_is_not_there() -> None:
    with pytest.raises(KeyError):
        switch_on(vendor("custify"), "429", "invoices")
    with pytest.raises(KeyError):
        switch_on(vendor("custify"), "gremlins", "people")
    assert set(KINDS) == {
        "429", "5xx", "slow", "truncated", "wrong_type", "expired_token", "empty",
    }  # fmt: skip
