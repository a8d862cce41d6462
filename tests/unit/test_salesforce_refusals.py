"""What can be asked of a Salesforce org besides the usual, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from salesforce_org import NEXT_PAGE, QUERY, filled_org, refusal
from vendor_reading import Connected, connected

from connectors.errors import DailyQuotaSpent, NotPermitted, PermanentSourceError, SourceError
from sandbox.servers.salesforce import System
from sandbox.servers.vendor import Fault


@pytest.fixture
def system() -> System:
    return filled_org()


@pytest.fixture
def org(system: System, tmp_path: Path) -> Iterator[Connected]:
    """Connected with no lookback, so that a test sees what changed and little else."""
    with connected(system, tmp_path, lookback_minutes=0) as at:
        yield at


# Fields that a user names


def test_custom_fields_are_asked_for_and_landed(system: System, tmp_path: Path) -> None:
    system.put("opportunities", {**system.example("opportunities", 1), "ARR__c": 99.5})
    system.put("accounts", {**system.example("accounts", 1), "Tier__c": "Gold"})
    with connected(
        system,
        tmp_path,
        fields={"contracts.arr": "ARR__c"},
        extra_fields={"accounts": ["Tier__c"]},
    ) as org:
        assert 99.5 in {deal["ARR__c"] for deal in org.read("opportunities").records}
        assert "Gold" in {account["Tier__c"] for account in org.read("accounts").records}
        assert "ARR__c" not in org.read("contracts").records[0]


@pytest.mark.parametrize(
    ("settings", "stream"),
    [
        ({"extra_fields": {"accounts": ["Teir__c"]}}, "accounts"),
        ({"fields": {"accounts.tier_override": "Teir__c"}}, "accounts"),
        ({"fields": {"activities.type": "Teir__c"}}, "events"),
        ({"fields": {"contracts.arr": "Teir__c"}, "contracts_from": "assets"}, "assets"),
    ],
)
def test_a_field_that_is_not_there_is_named_with_the_nearest(
    system: System, tmp_path: Path, settings: dict[str, Any], stream: str
) -> None:
    system.put(stream, {**system.example(stream, 1), "Tier__c": "Gold"})
    with (
        connected(system, tmp_path, **settings) as org,
        pytest.raises(PermanentSourceError, match=r"Teir__c.*Did you mean Tier__c\?"),
    ):
        org.read(stream)


def test_a_mapped_field_need_be_on_one_of_the_objects_only(system: System, tmp_path: Path) -> None:
    system.put("events", {**system.example("events", 1), "Meeting_Kind__c": "QBR"})
    with connected(system, tmp_path, fields={"activities.type": "Meeting_Kind__c"}) as org:
        assert "Meeting_Kind__c" in org.read("events").records[0]
        assert "Meeting_Kind__c" not in org.read("tasks").records[0]


def test_a_compound_field_is_refused_with_its_parts(system: System, tmp_path: Path) -> None:
    with (
        connected(system, tmp_path, extra_fields={"accounts": ["BillingAddress"]}) as org,
        pytest.raises(PermanentSourceError, match=r"BillingAddress .* Name its parts"),
    ):
        org.read("accounts")


def test_more_fields_than_fit_into_a_query_are_refused(system: System, tmp_path: Path) -> None:
    many = {f"Quite_A_Long_Name_Of_A_Field_{number}__c": number for number in range(400)}
    system.put("accounts", {**system.example("accounts", 1), **many})
    with (
        connected(system, tmp_path, extra_fields={"accounts": list(many)}) as org,
        pytest.raises(PermanentSourceError, match="fewer extra_fields"),
    ):
        org.read("accounts")


# What goes wrong


def test_an_object_out_of_reach_says_what_it_needs(org: Connected) -> None:
    for stream in ("account_team_members", "cases"):
        org.system.forbid(stream)
        with pytest.raises(NotPermitted, match="needs Read on "):
            org.read(stream)


def test_only_the_object_that_contracts_are_made_of_is_required(
    system: System, tmp_path: Path
) -> None:
    with connected(system, tmp_path, contracts_from="assets") as org:
        optional = {stream.name for stream in org.source.streams if stream.is_optional}
    histories = {"account_team_members", "account_history", "opportunity_history"}
    assert optional == {"opportunities", "contracts"} | histories


def test_a_session_that_ends_in_the_middle_is_renewed(org: Connected) -> None:
    def expire(body: bytes) -> bytes:
        org.system.expire_tokens()
        return body

    org.system.faults.append(Fault(NEXT_PAGE, rewrite=expire))
    assert len(org.read("contacts").records) == 25
    assert len(org.seen("/oauth2/token")) == 2


def test_a_session_that_is_refused_again_is_an_error(org: Connected) -> None:
    org.system.faults.append(refusal(401, "INVALID_SESSION_ID", "Session expired", times=9))
    org.system.faults[0].path = "/describe"
    with pytest.raises(PermanentSourceError, match=r"Session expired.*Check auth in sources\.yaml"):
        org.read("contacts")
    assert len(org.seen("/describe")) == 2


def test_the_share_of_the_daily_quota_is_kept(system: System, tmp_path: Path) -> None:
    system.daily_limit, system.requests_used = 100, 48
    with connected(system, tmp_path, daily_quota_share=0.5) as org:
        with pytest.raises(DailyQuotaSpent, match=r"used 51 of 100 .* daily_quota_share"):
            org.read("contacts")
        asked = len(system.seen)
        with pytest.raises(DailyQuotaSpent):
            org.read("users")
        assert len(system.seen) == asked


def test_a_spent_quota_stops_the_other_streams_too(org: Connected) -> None:
    assert isinstance(org.system, System)
    org.system.daily_limit = org.system.requests_used = 100
    with pytest.raises(DailyQuotaSpent, match="TotalRequests Limit exceeded"):
        org.read("contacts")
    asked = len(org.system.seen)
    with pytest.raises(DailyQuotaSpent):
        org.read("users")
    assert len(org.system.seen) == asked


@pytest.mark.parametrize(
    "fault",
    [
        refusal(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests Limit exceeded.", path=QUERY),
        refusal(400, "UNABLE_TO_LOCK_ROW", path=QUERY),
        refusal(503, "SERVER_UNAVAILABLE", path=QUERY),
        Fault(QUERY, status=406),
        Fault(QUERY, status=500, body=b"<html>sorry</html>"),
        Fault(QUERY, truncate=True),
    ],
    ids=["concurrency", "lock", "unavailable", "406", "500", "cut short"],
)
def test_what_passes_is_asked_again(org: Connected, fault: Fault) -> None:
    org.system.faults.append(fault)
    assert len(org.read("contacts").records) == 25
    assert fault.times == 0
    assert sum(org.clock.naps) > 0


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (refusal(400, "MALFORMED_QUERY", "unexpected token: x"), "MALFORMED_QUERY: unexpected"),
        (refusal(403, "API_DISABLED_FOR_ORG", "no API"), "Professional Edition"),
        (refusal(400, "INVALID_TYPE", "sObject type X"), "profile does not see it"),
        (Fault(status=404, body=b"<html>"), "nothing at this address"),
    ],
    ids=["malformed", "no API", "type", "404"],
)
def test_what_does_not_pass_is_told_with_what_to_do(
    org: Connected, fault: Fault, words: str
) -> None:
    fault.path = QUERY
    org.system.faults.append(fault)
    with pytest.raises(SourceError, match=words) as error:
        org.read("contacts")
    assert not error.value.is_transient
    assert len(org.seen("/queryAll")) == 1


def test_an_api_version_that_the_org_does_not_know(system: System, tmp_path: Path) -> None:
    with (
        connected(system, tmp_path, api_version="99.0") as org,
        pytest.raises(NotPermitted, match="too old for api_version"),
    ):
        org.read("contacts")
