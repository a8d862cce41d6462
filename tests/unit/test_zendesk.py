"""Reading Zendesk: exports by cursor and by time, deletions, limits, and what goes wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from vendor_reading import Connected, Read, connected

from connectors.errors import CursorExpired, NotPermitted, PermanentSourceError, SourceError
from connectors.zendesk import CUSTOM_FIELDS, STREAMS, Settings
from sandbox.servers.vendor import Fault
from sandbox.servers.zendesk import API_TOKEN, CLIENT_ID, CLIENT_SECRET, System
from tests.support import records as rows_of

EXPORTED = ("tickets", "users", "organizations")


@pytest.fixture
def zendesk(tmp_path: Path) -> Iterator[Connected]:
    """An account with 25 tickets and their people; a page holds 10."""
    system = System()
    system.page_limit = 10
    for stream in STREAMS:
        system.fill(stream.name, 25)
    system.now += timedelta(minutes=5)
    with connected(system, tmp_path) as at:
        yield at


def ids(read: Read) -> list[int]:
    return [record["id"] for record in read.records]


# First load


@pytest.mark.parametrize("stream", EXPORTED)
def test_the_first_read_brings_everything(zendesk: Connected, stream: str) -> None:
    assert set(ids(zendesk.read(stream))) == {r["id"] for r in zendesk.system.listed(stream)}
    assert all(("cursor" in query) != ("start_time" in query) for query in zendesk.seen(stream))


def test_ratings_that_were_only_asked_for_are_not_read(zendesk: Connected) -> None:
    scores = {record["score"] for record in zendesk.read("satisfaction_ratings").records}
    assert scores == {"good", "bad"}


def test_the_first_day_limits_the_first_read(zendesk: Connected, tmp_path: Path) -> None:
    with connected(zendesk.system, tmp_path / "later", first_day="2026-01-06") as later:
        assert later.read("tickets").records == []
        zendesk.system.now += timedelta(days=2)
        zendesk.system.put("tickets", zendesk.system.example("tickets", 26))
        zendesk.system.now += timedelta(minutes=5)
        assert ids(later.read("tickets")) == [26]


def test_records_are_landed_as_they_were_received(zendesk: Connected) -> None:
    (ticket,) = [t for t in zendesk.read("tickets").records if t["id"] == 5]
    assert ticket == zendesk.system.records["tickets"]["5"]


def test_custom_fields_come_with_the_records(zendesk: Connected) -> None:
    ticket = zendesk.read("tickets").records[4]
    assert {"id": 360002, "value": True} in ticket[CUSTOM_FIELDS.id_value_lists[0]]
    organization = zendesk.read("organizations").records[0]
    assert organization[CUSTOM_FIELDS.objects[0]] == {"tier": "gold"}
    assert zendesk.read("users").records[2][CUSTOM_FIELDS.objects[1]] == {"is_champion": True}


# Metrics


def test_metrics_may_lie_in_the_ticket(zendesk: Connected) -> None:
    ticket = zendesk.read("tickets").records[0]
    assert ticket["metric_set"]["reply_time_in_minutes"]["calendar"] == 31
    assert "_metric_set" not in ticket


def test_metrics_beside_the_tickets_are_put_into_them(zendesk: Connected) -> None:
    zendesk.system.metric_sets_beside = True
    del zendesk.system.records["tickets"]["2"]["metric_set"]
    first, second, *_ = zendesk.read("tickets").records
    assert first["_metric_set"]["ticket_id"] == 1
    assert first["_metric_set"]["reply_time_in_minutes"]["calendar"] == 31
    assert "_metric_set" not in second


def test_metrics_can_be_left_out(zendesk: Connected, tmp_path: Path) -> None:
    with connected(zendesk.system, tmp_path / "without", with_metric_sets=False) as without:
        assert "metric_set" not in without.read("tickets").records[0]
        assert "include" not in without.seen("tickets")[0]


# What changed


@pytest.mark.parametrize("stream", ("tickets", "users"))
def test_an_export_goes_on_at_its_cursor(zendesk: Connected, stream: str) -> None:
    zendesk.read(stream)
    key = next(iter(zendesk.system.records[stream]))
    zendesk.system.put(stream, {**zendesk.system.records[stream][key], "note": "changed"})
    zendesk.system.now += timedelta(minutes=5)
    assert [r["note"] for r in zendesk.read(stream).records] == ["changed"]
    assert "start_time" not in zendesk.seen(stream)[-1]


def test_nothing_new_lands_nothing(zendesk: Connected) -> None:
    zendesk.read("tickets")
    assert zendesk.read("tickets").batches == []


def test_a_ticket_whose_change_time_does_not_move_is_read_again(zendesk: Connected) -> None:
    before = {t["id"]: t["updated_at"] for t in zendesk.read("tickets").records}
    zendesk.system.touch("tickets", "3")
    zendesk.system.now += timedelta(minutes=5)
    assert [(t["id"], t["updated_at"]) for t in zendesk.read("tickets").records] == [(3, before[3])]


def test_what_changed_in_the_last_minute_comes_next_time(zendesk: Connected) -> None:
    zendesk.read("tickets")
    zendesk.system.put("tickets", zendesk.system.example("tickets", 26))
    zendesk.system.now += timedelta(seconds=30)
    assert zendesk.read("tickets").records == []
    zendesk.system.now += timedelta(minutes=1)
    assert ids(zendesk.read("tickets")) == [26]


def test_organizations_go_on_at_the_end_time(zendesk: Connected) -> None:
    zendesk.read("organizations")
    zendesk.system.now += timedelta(days=1)
    zendesk.system.put("organizations", zendesk.system.example("organizations", 26))
    zendesk.system.now += timedelta(minutes=5)
    again = ids(zendesk.read("organizations"))
    assert again[-1] == 1026
    assert 1001 not in again, "a read that goes on does not begin at the beginning"


def test_organizations_of_one_second_are_all_read(tmp_path: Path) -> None:
    system = System()
    system.page_limit = 3
    for number in range(1, 8):
        system.put("organizations", system.example("organizations", number))
    system.now += timedelta(minutes=5)
    system.fill("organizations", 5, first=8)
    system.now += timedelta(minutes=5)
    with connected(system, tmp_path) as at:
        assert set(ids(at.read("organizations"))) == set(range(1001, 1013))


def test_a_start_that_is_too_recent_means_nothing_new(zendesk: Connected) -> None:
    zendesk.read("organizations")
    known = zendesk.cursors["organizations"]
    body = json.dumps({"error": "InvalidValue", "description": "Too recent start_time. Wait"})
    zendesk.system.faults.append(Fault("organizations", status=422, body=body.encode()))
    assert zendesk.read("organizations").batches == []
    assert zendesk.cursors["organizations"] == known


@pytest.mark.parametrize("compared", ("created_at", "updated_at"))
def test_a_rating_given_long_after_it_was_asked_for_is_read(tmp_path: Path, compared: str) -> None:
    system = System()
    system.ratings_filter = compared
    system.fill("satisfaction_ratings", 3)
    system.now += timedelta(days=90)
    asked = system.put("satisfaction_ratings", system.example("satisfaction_ratings", 5))
    system.now += timedelta(days=5)
    system.put("satisfaction_ratings", system.example("satisfaction_ratings", 6))
    with connected(system, tmp_path) as at:
        at.read("satisfaction_ratings")
        system.now += timedelta(days=20)
        system.put("satisfaction_ratings", {**asked, "score": "good"})
        again = at.read("satisfaction_ratings").records
    assert [(r["id"], r["score"]) for r in again if r["id"] == asked["id"]] == [(9005, "good")]
    assert 9001 not in [r["id"] for r in again]


# Deletions


@pytest.mark.parametrize("stream", EXPORTED)
def test_a_deleted_record_is_seen(zendesk: Connected, stream: str) -> None:
    key = next(iter(zendesk.system.records[stream]))
    (first,) = zendesk.night(stream)
    zendesk.system.delete(stream, key)
    zendesk.system.now += timedelta(minutes=5)
    (second,) = zendesk.night(stream)
    assert (first.live, second.deleted, second.live) == (25, 1, 24)
    gone = rows_of(
        zendesk.home,
        f"select record_key from raw.zendesk__{stream} where is_current and is_deleted",
    )
    assert [row["record_key"] for row in gone] == [key]


# Interruptions


def test_an_interrupted_export_goes_on_where_it_was_stored(
    zendesk: Connected, tmp_path: Path
) -> None:
    with connected(zendesk.system, tmp_path / "steps", records_per_batch=10, attempts=1) as at:
        zendesk.system.faults.append(Fault("tickets", skip=3, times=2, status=500))
        with pytest.raises(SourceError):
            at.night("tickets")
        stored = rows_of(at.home, "select count(*) as n from raw.zendesk__tickets")
        assert stored == [{"n": 20}]
        assert ids(at.read("tickets")) == [21, 22, 23, 24, 25]


def test_half_a_page_is_asked_for_again(zendesk: Connected) -> None:
    zendesk.system.faults.append(Fault("tickets", skip=1, truncate=True))
    assert ids(zendesk.read("tickets")) == list(range(1, 26))


def test_conflicts_and_outages_are_waited_out(zendesk: Connected) -> None:
    zendesk.system.faults += [
        Fault("tickets", status=409),
        Fault("tickets", status=503, headers={"Retry-After": "7"}),
    ]
    assert len(zendesk.read("tickets").records) == 25
    assert any(pause >= 7 for pause in zendesk.clock.naps)


def test_a_limit_is_kept_as_the_server_asks(zendesk: Connected) -> None:
    zendesk.system.requests_left, zendesk.system.retry_after_s = 1, 42  # type: ignore[attr-defined]
    assert ids(zendesk.read("tickets")) == list(range(1, 26))
    assert sum(zendesk.clock.naps) == pytest.approx(42, abs=1)


@pytest.mark.parametrize("status", (400, 410, 422))
def test_an_expired_cursor_exports_everything_again(zendesk: Connected, status: int) -> None:
    zendesk.read("tickets")
    zendesk.system.refused_cursor_status = status  # type: ignore[attr-defined]
    zendesk.system.expire_cursors()  # type: ignore[attr-defined]
    assert ids(zendesk.read("tickets")) == list(range(1, 26))


def test_a_cursor_that_expires_in_mid_read_moves_nothing(zendesk: Connected) -> None:
    zendesk.system.faults.append(Fault("tickets", skip=1, status=410))
    with pytest.raises(CursorExpired):
        zendesk.read("tickets")
    assert "tickets" not in zendesk.cursors


# Signing in


@pytest.fixture
def oauth(zendesk: Connected, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Settings for a refresh token that lies in a file."""
    monkeypatch.setenv("ZENDESK_SECRET", CLIENT_SECRET)
    (tmp_path / "refresh").write_text("zd-refresh-1\n")
    return {
        "method": "refresh_token",
        "client_id": CLIENT_ID,
        "client_secret": "$ZENDESK_SECRET",
        "refresh_token": "file:refresh",
    }


def test_a_token_that_expires_in_mid_read_is_renewed(
    zendesk: Connected, tmp_path: Path, oauth: dict[str, Any]
) -> None:
    def expire(body: bytes) -> bytes:
        zendesk.system.expire_tokens()
        return body

    zendesk.system.faults.append(Fault("tickets", rewrite=expire))
    with connected(zendesk.system, tmp_path, auth=oauth) as at:
        assert ids(at.read("tickets")) == list(range(1, 26))
    assert (tmp_path / "refresh").read_text() == "zd-refresh-3\n", "the replaced one is kept"


def test_a_bearer_token_that_expired_is_said_to_be_refused(
    zendesk: Connected, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZENDESK_BEARER", "zd-bearer-1")
    auth = {"method": "bearer", "token": "$ZENDESK_BEARER"}
    with connected(zendesk.system, tmp_path, auth=auth) as at:
        assert len(at.read("users").records) == 25
        zendesk.system.expire_tokens()
        with pytest.raises(
            PermanentSourceError, match=r"users.* 401 .*Couldn't authenticate"
        ) as no:
            at.read("users")
    assert "zd-bearer-1" not in str(no.value)


def test_a_wrong_token_is_named_without_being_shown(
    zendesk: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZENDESK_TOKEN", "wrong-secret")
    with pytest.raises(PermanentSourceError, match="Check auth in") as no:
        zendesk.read("tickets")
    assert "wrong-secret" not in str(no.value)


def test_the_secret_is_landed_nowhere(zendesk: Connected) -> None:
    zendesk.read("tickets")
    landed = [file.read_bytes() for file in zendesk.home.landing.rglob("*") if file.is_file()]
    assert landed and not any(API_TOKEN.encode() in content for content in landed)


def test_a_stream_out_of_reach_says_what_it_needs(zendesk: Connected) -> None:
    zendesk.system.forbid("satisfaction_ratings")
    with pytest.raises(NotPermitted, match=r"do not have access.*customer satisfaction \(CSAT\)"):
        zendesk.read("satisfaction_ratings")


def test_a_wrong_address_is_said(zendesk: Connected, tmp_path: Path) -> None:
    base_url = zendesk.source.settings.base_url + "/api/v2"
    with (
        connected(zendesk.system, tmp_path) as at,
        pytest.raises(PermanentSourceError, match="without a path"),
    ):
        at.source.settings = at.source.settings.model_copy(update={"base_url": base_url})
        at.read("tickets")


# Settings


def test_few_lines_are_enough() -> None:
    settings = Settings.model_validate(
        {"base_url": "https://acme.zendesk.com", "auth": {"email": "a@b.c", "token": "$TOKEN"}}
    )
    assert (settings.auth.method, settings.defines_accounts) == ("api_token", False)


def test_a_page_larger_than_allowed_is_refused() -> None:
    with pytest.raises(ValidationError, match="page_size"):
        Settings.model_validate(
            {"base_url": "https://a.b", "auth": {"email": "a", "token": "$T"}, "page_size": 1001}
        )


def test_a_check_reads_one_page(zendesk: Connected) -> None:
    from vendor_reading import NIGHT

    from connectors.landing import LandingWriter

    stream = zendesk.stream("tickets")
    with LandingWriter(
        zendesk.home.landing,
        source="zendesk",
        kind="zendesk",
        stream=stream,
        run_id="check",
        extracted_at=NIGHT,
        max_shrink=0.2,
        max_quarantined=0.05,
    ) as landing:
        assert zendesk.source.probe(stream, landing) is not None
    assert len(zendesk.seen("tickets")) == 1
