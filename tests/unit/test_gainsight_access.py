"""Reading Gainsight: credentials, limits, refusals, settings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from gainsight_tenant import (
    MANY,
    QUERY,
    Tenants,
    all_of,
    asked,
    filled,
    ids,
)
from pydantic import ValidationError
from vendor_reading import Connected

from connectors.errors import (
    DailyQuotaSpent,
    NotPermitted,
    PermanentSourceError,
)
from connectors.gainsight import Settings
from connectors.gainsight.times import moment
from sandbox.servers.gainsight import CLIENT_ID, KEY
from sandbox.servers.gainsight_examples import gsid
from sandbox.servers.vendor import Fault


@pytest.fixture
def tenants(tmp_path: Path) -> Iterator[Tenants]:
    with filled(tmp_path) as made:
        yield made


@pytest.fixture
def gainsight(tenants: Tenants) -> Connected:
    return tenants.connect()


# Who asks


def test_the_access_key_is_sent_in_its_own_header(gainsight: Connected) -> None:
    gainsight.read("users")
    assert {request.headers.get("accesskey") for request in gainsight.system.seen} == {KEY}
    assert "authorization" not in gainsight.system.seen[0].headers


M2M = {
    "method": "client_credentials",
    "client_id": CLIENT_ID,
    "client_secret": "$GAINSIGHT_CLIENT_SECRET",
}


def test_an_application_signs_in_once_and_again_when_its_token_ends(tenants: Tenants) -> None:
    at = tenants.connect(auth=M2M)
    at.read("users")
    assert sum("oauth" in request.path for request in at.system.seen) == 1
    at.system.expire_tokens()
    at.read("companies")
    assert sum("oauth" in request.path for request in at.system.seen) == 2
    data = [request for request in at.system.seen if "oauth" not in request.path]
    assert all(r.headers["authorization"].startswith("Bearer ") for r in data)


@pytest.mark.parametrize("method", ["header_key", "client_credentials"])
def test_refused_credentials_are_said_without_showing_them(
    tenants: Tenants, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = tenants.connect(**({"auth": M2M} if method == "client_credentials" else {}))
    monkeypatch.setenv("GAINSIGHT_KEY", "wrong-secret")
    monkeypatch.setenv("GAINSIGHT_CLIENT_SECRET", "wrong-secret")
    with pytest.raises(PermanentSourceError, match=r"GS_APIG_2401: Unauthorized.*auth") as error:
        at.read("users")
    assert "wrong-secret" not in str(error.value)


@pytest.mark.parametrize(("status", "code"), [(200, "GS_APIG_2401"), (400, "GSOBJ_1024")])
def test_a_refusal_may_come_with_any_status(gainsight: Connected, status: int, code: str) -> None:
    said = {"result": False, "errorCode": code, "errorDesc": "Invalid authorization headers"}
    body = json.dumps(said).encode()
    gainsight.system.faults.append(Fault(path=QUERY, times=9, status=status, body=body))
    with pytest.raises(PermanentSourceError, match="credentials were refused"):
        gainsight.read("users")


def test_a_stream_out_of_reach_says_what_it_needs(gainsight: Connected) -> None:
    gainsight.system.forbid("companies")
    with pytest.raises(NotPermitted, match="This stream needs an access key"):
        gainsight.read("companies")


# Limits and errors


def test_a_limit_that_is_reached_is_waited_for(gainsight: Connected) -> None:
    gainsight.system.minute_limit = 3
    assert len(gainsight.read("companies").records) == 25
    assert gainsight.clock.waited_s >= 60


def test_a_limit_without_a_hint_is_waited_for_as_long_as_a_window_lasts(
    gainsight: Connected,
) -> None:
    gainsight.system.faults.append(Fault(path=QUERY, status=429))
    gainsight.read("users")
    assert gainsight.clock.waited_s >= 60


def test_a_run_sends_no_more_requests_than_it_may(tenants: Tenants) -> None:
    at = tenants.connect(requests_per_day=4)
    with pytest.raises(DailyQuotaSpent, match="requests_per_day"):
        at.read("companies")
    assert len(at.system.seen) == 5


def test_what_the_query_refuses_is_named(gainsight: Connected) -> None:
    gainsight.system.page_limit = 5
    with pytest.raises(PermanentSourceError, match="GSOBJ_1016: Limit must be between 1 and 5"):
        gainsight.read("companies")


@pytest.mark.parametrize("fault", [{"status": 503}, {"truncate": True}])
def test_trouble_on_their_side_is_tried_again(gainsight: Connected, fault: dict[str, Any]) -> None:
    gainsight.system.faults.append(Fault(path=QUERY, times=2, **fault))
    assert len(gainsight.read("companies").records) == 25


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Tokyo"])
def test_a_tenant_that_reads_filters_in_another_zone_stops_a_long_read(
    tenants: Tenants, zone: str
) -> None:
    for number, key in enumerate(tenants.system.records["companies"]):
        at = tenants.system.now + timedelta(hours=number)
        tenants.system.rewrite("companies", key, ModifiedDate=int(at.timestamp() * 1000))
    tenants.system.filter_time_zone = zone
    with pytest.raises(PermanentSourceError, match="filter_time_zone"):
        tenants.connect(page_size=3).read("companies")
    said = tenants.connect(page_size=3, filter_time_zone=zone)
    assert sorted(ids(said.read("companies"))) == sorted(all_of(said, "companies"))


def test_a_tenant_that_gives_the_same_page_for_ever_is_an_error(tenants: Tenants) -> None:
    at = tenants.connect(page_size=2, timeline_cursor="none")
    rows = [{"Gsid": gsid("1A01", number)} for number in (1, 2)]
    body = json.dumps({"result": True, "data": {"records": rows}}).encode()
    at.system.faults.append(Fault(path=QUERY, times=MANY, status=200, body=body))
    with pytest.raises(PermanentSourceError, match="never end"):
        at.read("timeline")


def test_check_asks_for_a_first_page_only(gainsight: Connected) -> None:
    class Nowhere:
        records = rejected = 0

        def write(self, records: Any) -> None:
            self.records += len(list(records))

    landing = Nowhere()
    gainsight.source.probe(gainsight.stream("companies"), landing)
    assert landing.records == 9, "the last second of a page comes with the next"
    assert len(asked(gainsight)) == 1


# Settings


def test_five_lines_are_enough() -> None:
    given = {"base_url": "https://acme.gainsightcloud.com/v1", "auth": {"key": "$GAINSIGHT_KEY"}}
    settings = Settings.model_validate(given)
    assert settings.auth.method == "header_key"
    assert settings.base_url == "https://acme.gainsightcloud.com"
    assert settings.lookback_minutes == 1440


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("filter_time_zone", "Mars/Base", "no time zone"),
        ("page_size", 5001, "5000"),
        ("streams", ["companys"], "Did you mean companies"),
        ("auth", {"key": "secret"}, "cannot be written here"),
    ],
)
def test_settings_that_cannot_be_are_refused(key: str, value: Any, words: str) -> None:
    given = {"base_url": "https://acme.gainsightcloud.com", "auth": {"key": "$K"}, key: value}
    with pytest.raises(ValidationError, match=words):
        Settings.model_validate(given)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (1767603600000, "2026-01-05T09:00:00+00:00"),
        ("2026-01-05T10:00:00.250+01:00", "2026-01-05T10:00:00.250000+01:00"),
        ("2026-01-05T09:00:00", "2026-01-05T09:00:00+00:00"),
        (None, None),
        (True, None),
        ("soon", None),
    ],
)
def test_times_are_read_in_both_forms(value: Any, read: str | None) -> None:
    at = moment(value)
    assert (at.isoformat() if at else None) == read
