"""Reading HubSpot: limits, refusals, and settings that cannot be meant."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hubspot_account import (
    filled_account,
)
from pydantic import ValidationError
from vendor_reading import Connected, connected

from connectors.errors import (
    DailyQuotaSpent,
    NotPermitted,
    PermanentSourceError,
)
from connectors.hubspot import STREAMS, Settings
from sandbox.servers.hubspot import System
from sandbox.servers.vendor import Fault


@pytest.fixture
def hubspot(tmp_path: Path) -> Iterator[Connected]:
    with connected(filled_account(), tmp_path) as at:
        yield at


@pytest.fixture
def system(hubspot: Connected) -> System:
    assert isinstance(hubspot.system, System)
    return hubspot.system


# Limits and refusals


def limited(policy: str) -> bytes:
    reached = f"You have reached your {policy.lower()} limit."
    return json.dumps(
        {
            "status": "error",
            "message": reached,
            "errorType": "RATE_LIMIT",
            "policyName": policy,
            "correlationId": "c033cdaa-2c40-4a64-ae48-b4cec88dad24",
        }
    ).encode()


@pytest.mark.parametrize(
    ("policy", "headers", "wait"),
    [
        ("TEN_SECONDLY_ROLLING", {}, 10),
        ("SECONDLY", {}, 1),
        ("TEN_SECONDLY_ROLLING", {"Retry-After": "3"}, 3),
    ],
)
def test_too_many_requests_are_waited_for_as_the_policy_says(
    hubspot: Connected, system: System, policy: str, headers: dict[str, str], wait: float
) -> None:
    system.faults.append(Fault(path="/objects/", status=429, headers=headers, body=limited(policy)))
    assert len(hubspot.read("companies").records) == 7
    assert max(hubspot.clock.waits) == pytest.approx(wait, abs=0.5)


def test_the_end_of_the_day_s_quota_stops_all_streams(hubspot: Connected, system: System) -> None:
    system.faults.append(Fault(path="/objects/", status=429, body=limited("DAILY")))
    with pytest.raises(DailyQuotaSpent, match="spent; they come back at midnight"):
        hubspot.read("companies")
    asked = len(system.seen)
    with pytest.raises(DailyQuotaSpent):
        hubspot.read("contacts")
    assert len(system.seen) == asked


def test_a_locked_record_is_asked_for_again(hubspot: Connected, system: System) -> None:
    system.faults.append(Fault(path="/objects/", status=423, body=b"{}"))
    assert len(hubspot.read("companies").records) == 7
    assert max(hubspot.clock.waits) >= 2


def test_searches_have_a_budget_of_their_own(
    hubspot: Connected, system: System, tmp_path: Path
) -> None:
    with connected(system, tmp_path / "slow", searches_per_s=5, page_size=1) as slow:
        slow.read("companies")
        started = slow.clock.monotonic()
        slow.read("companies")
        assert len([request for request in system.seen if "/search" in request.path]) == 7
        assert slow.clock.monotonic() - started >= 1


def test_a_token_that_is_not_written_like_one_is_explained(
    hubspot: Connected, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUBSPOT_TOKEN", '"pat-in-quotes"')
    with pytest.raises(PermanentSourceError) as refused:
        hubspot.read("companies")
    assert "no quotes" in str(refused.value)
    assert "pat-in-quotes" not in str(refused.value)


def test_a_token_that_is_refused_is_not_tried_again(
    hubspot: Connected, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUBSPOT_TOKEN", "pat-of-another-account")
    with pytest.raises(PermanentSourceError, match="credentials were refused"):
        hubspot.read("owners")
    assert len(system.seen) == 1


@pytest.mark.parametrize("stream", [stream.name for stream in STREAMS])
def test_a_missing_scope_is_named(hubspot: Connected, system: System, stream: str) -> None:
    system.forbid(stream)
    with pytest.raises(NotPermitted) as refused:
        hubspot.read(stream)
    permission = hubspot.stream(stream).permission
    assert permission
    assert f"hubspot.{stream}: " in str(refused.value)
    assert permission in str(refused.value)


def test_an_edition_without_surveys_is_a_matter_of_permission(
    hubspot: Connected, system: System
) -> None:
    system.missing_objects.add("feedback_submissions")
    assert hubspot.stream("feedback_submissions").is_optional
    with pytest.raises(NotPermitted, match="has no such records"):
        hubspot.read("feedback_submissions")


def test_access_tokens_are_renewed_when_they_expire(
    hubspot: Connected, system: System, tmp_path: Path
) -> None:
    auth = system.oauth_settings("https://api.hubapi.com")["auth"]
    with connected(system, tmp_path / "oauth", auth=auth) as oauth:
        assert len(oauth.read("companies").records) == 7
        system.expire_tokens()
        assert len(oauth.read("owners").records) == 7
        assert len([r for r in system.seen if r.path.endswith("/oauth/v1/token")]) == 2


def test_a_void_refresh_token_is_explained_without_showing_it(
    hubspot: Connected, system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    auth = system.oauth_settings("https://api.hubapi.com")["auth"]
    with connected(system, tmp_path / "oauth", auth=auth) as oauth:
        monkeypatch.setenv("HUBSPOT_REFRESH_TOKEN", "a-void-token")
        with pytest.raises(PermanentSourceError) as refused:
            oauth.read("companies")
    assert "missing or unknown refresh token" in str(refused.value)
    assert "a-void-token" not in str(refused.value)


# Settings


def test_five_lines_are_enough() -> None:
    settings = Settings.model_validate({"auth": {"token": "$HUBSPOT_TOKEN"}})
    assert settings.base_url == "https://api.hubapi.com"
    assert settings.auth.method == "bearer"
    assert settings.defines_accounts
    assert settings.own_sql_options == {}


def test_pipelines_of_contracts_reach_the_staging_sql() -> None:
    settings = Settings.model_validate(
        {"auth": {"token": "$T"}, "contract_pipelines": ["default", "Renewals"]}
    )
    assert settings.own_sql_options == {"contract_pipelines": "default;Renewals"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"auth": {"token": "pat-eu1-written-here"}},
        {"auth": {"token": "$T"}, "api_version": "latest"},
        {"auth": {"token": "$T"}, "contract_pipelines": ["a;b"]},
        {"auth": {"token": "$T"}, "contract_pipelines": []},
    ],
)
def test_settings_that_cannot_be_meant_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(wrong)
