"""Reading Google Calendar: sync tokens, pages without events, calendars that cannot be read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from vendor_reading import Connected, Read, connected

from connectors.errors import (
    NotPermitted,
    PermanentSourceError,
    SourceError,
    TransientSourceError,
)
from connectors.google_calendar import Settings
from connectors.google_calendar.sign_in import private_key_of, statement
from connectors.stream import Scope
from sandbox.servers.google_calendar import (
    CLIENT_ID,
    CLIENT_SECRET,
    REFRESH_TOKEN,
    SERVICE_ACCOUNT,
    Refusal,
    System,
    private_key,
)
from sandbox.servers.google_calendar_examples import ANNA, BEN
from sandbox.servers.vendor import Fault
from tests.support import records as rows_of

CARLA = "carla@northwind.example"
RATE_LIMITED = Refusal(403, "rateLimitExceeded", "Rate Limit Exceeded").body


@pytest.fixture
def google(tmp_path: Path) -> Iterator[Connected]:
    """Twelve events in each of two calendars; a page holds five."""
    system = System()
    system.page_limit = 5
    system.fill("events", 24)
    with connected(system, tmp_path) as at:
        yield at


def keys(read: Read) -> list[tuple[str, str]]:
    return [(event["_calendar"], event["id"]) for event in read.records]


def key_of(event: dict[str, Any]) -> str:
    return f"{event['_calendar']}/{event['id']}"


def events_of(google: Connected, calendar: str) -> list[dict[str, Any]]:
    return [e for e in google.system.listed("events") if e["_calendar"] == calendar]


def known(google: Connected, condition: str) -> set[str]:
    """The events that the warehouse knows, of which a condition is true."""
    sql = f"""
        select payload ->> '_calendar' || '/' || (payload ->> 'id') as key
        from raw.google_calendar__events where is_current and {condition}
    """
    return {row["key"] for row in rows_of(google.home, sql)}


# First load


def test_the_first_read_brings_every_event_of_every_calendar(google: Connected) -> None:
    read = google.read("events")
    assert sorted(keys(read)) == sorted(
        (e["_calendar"], e["id"]) for e in google.system.listed("events")
    )
    assert read.result.scope == Scope("_calendar", (ANNA, BEN))


def test_an_event_is_landed_as_received_behind_its_calendar(google: Connected) -> None:
    assert google.read("events").records[0] == events_of(google, ANNA)[0]


def test_pages_without_events_are_turned(google: Connected) -> None:
    google.system.empty_pages = 2
    assert len(google.read("events").records) == 24
    assert len(google.seen("anna")) == 5


def test_the_same_event_in_two_calendars_is_two_records(google: Connected) -> None:
    theirs = {**events_of(google, ANNA)[0], "_calendar": BEN}
    google.system.put("events", theirs)
    (loaded,) = google.night("events")
    assert loaded.live == 25


def test_events_before_the_first_day_are_not_read(google: Connected, tmp_path: Path) -> None:
    with connected(google.system, tmp_path / "later", first_day="2026-01-07") as later:
        starts = [event["start"]["dateTime"] for event in later.read("events").records]
    assert min(starts) == "2026-01-07T00:00:00Z"
    assert len(starts) == 10


def test_a_change_to_an_event_before_the_first_day_is_not_read(
    google: Connected, tmp_path: Path
) -> None:
    old, *_, recent = google.system.listed("events")
    all_day = {
        **recent,
        "id": "day",
        "start": {"date": "2026-01-06"},
        "end": {"date": "2026-01-07"},
    }
    with connected(google.system, tmp_path / "later", first_day="2026-01-07") as later:
        later.read("events")
        for event in (old, all_day, recent):
            google.system.put("events", {**event, "summary": "changed"})
        assert keys(later.read("events")) == [(recent["_calendar"], recent["id"])]


def test_an_earlier_first_day_reads_everything_again_and_a_later_one_nothing(
    google: Connected, tmp_path: Path
) -> None:
    with connected(google.system, tmp_path / "a", first_day="2026-01-07") as first:
        first.read("events")
    with connected(google.system, tmp_path / "b", first_day="2026-01-08") as later:
        later.cursors = first.cursors
        assert later.read("events").batches == []
    with connected(google.system, tmp_path / "c") as earlier:
        earlier.cursors = first.cursors
        assert len(earlier.read("events").records) == 24


# What changed


def test_a_sync_token_brings_what_changed_and_nothing_else(google: Connected) -> None:
    google.read("events")
    changed = google.system.put("events", {**events_of(google, ANNA)[3], "summary": "Moved"})
    added = google.system.put("events", google.system.example("events", 26))
    read = google.read("events")
    assert read.records == [changed, added]
    assert read.result.scope is None and not read.batches[0][0].is_full_read
    assert all("timeMin" not in query for query in google.seen("events")[-2:])


def test_nothing_new_lands_nothing(google: Connected) -> None:
    google.read("events")
    assert google.read("events").batches == []


def test_what_changes_while_pages_are_turned_is_read_next_time(google: Connected) -> None:
    first = events_of(google, ANNA)[0]

    def change(body: bytes) -> bytes:
        google.system.put("events", {**first, "summary": "Changed meanwhile"})
        return body

    google.system.faults.append(Fault("anna", rewrite=change))
    google.read("events")
    assert [event["summary"] for event in google.read("events").records] == ["Changed meanwhile"]


def test_a_calendar_that_is_added_is_read_in_full(google: Connected, tmp_path: Path) -> None:
    with connected(google.system, tmp_path / "one", calendars=[ANNA]) as one:
        one.read("events")
    google.cursors = one.cursors
    read = google.read("events")
    assert {calendar for calendar, _ in keys(read)} == {BEN}
    assert read.result.scope == Scope("_calendar", (BEN,))


# Deletions


def test_a_cancelled_event_keeps_what_was_known_of_it(google: Connected) -> None:
    google.night("events")
    event = events_of(google, ANNA)[2]
    google.system.delete("events", key_of(event))
    (loaded,) = google.night("events")
    assert (loaded.deleted, loaded.live) == (1, 23)
    assert known(google, "is_deleted and payload ->> 'summary' is not null") == {key_of(event)}


def test_one_expired_sync_token_reads_that_calendar_again_and_finds_what_is_gone(
    google: Connected,
) -> None:
    google.night("events")
    gone, unseen = events_of(google, ANNA)[4], events_of(google, BEN)[4]
    changed = events_of(google, BEN)[5]
    for event in (gone, unseen):  # nothing will ever say that these were cancelled
        google.system.forget(key_of(event))
    google.system.put("events", {**changed, "summary": "Moved"})
    google.system.expire_sync_tokens(ANNA)
    (loaded,) = google.night("events")
    assert (loaded.changed, loaded.deleted) == (1, 1)
    assert known(google, "is_deleted") == {key_of(gone)}
    assert key_of(unseen) in known(google, "not is_deleted"), "Ben's calendar was not listed"
    assert google.read("events").batches == []


def test_several_expired_sync_tokens_are_one_full_read_of_their_calendars(
    google: Connected,
) -> None:
    google.night("events")
    gone = [events_of(google, calendar)[1] for calendar in (ANNA, BEN)]
    for event in gone:
        google.system.forget(key_of(event))
    for calendar in (ANNA, BEN):
        google.system.expire_sync_tokens(calendar)
    (loaded,) = google.night("events")
    assert known(google, "is_deleted") == {key_of(event) for event in gone}
    assert loaded.deleted == 2


# Interruptions


def test_an_interrupted_read_goes_on_with_the_calendars_that_are_missing(
    google: Connected, tmp_path: Path
) -> None:
    with connected(google.system, tmp_path / "steps", records_per_batch=10, attempts=1) as at:
        google.system.faults.append(Fault("ben", skip=1, status=500))
        with pytest.raises(TransientSourceError):
            at.night("events")
        assert len(known(at, "true")) == 12, "Anna's calendar is stored"
        anna_before = len(at.seen("anna"))
        (loaded,) = at.night("events")
        assert loaded.live == 24
        assert len(at.seen("anna")) == anna_before + 1, "hers goes on at its sync token"


def test_a_resync_that_is_stored_in_steps_still_finds_what_is_gone(
    google: Connected, tmp_path: Path
) -> None:
    with connected(google.system, tmp_path / "steps", records_per_batch=10) as at:
        assert [result.live for result in at.night("events")] == [12, 24]
        gone = events_of(google, ANNA)[0]
        google.system.forget(key_of(gone))
        for calendar in (ANNA, BEN):
            google.system.expire_sync_tokens(calendar)
        assert [result.deleted for result in at.night("events")] == [1, 0]
        assert known(at, "is_deleted") == {key_of(gone)}


def test_a_broken_page_is_asked_for_again(google: Connected) -> None:
    google.system.faults.append(Fault("anna", skip=1, truncate=True))
    assert len(google.read("events").records) == 24


@pytest.mark.parametrize(("status", "body"), ((403, RATE_LIMITED), (429, b"")))
def test_limits_are_waited_out(google: Connected, status: int, body: bytes) -> None:
    google.system.faults.append(Fault("events", times=2, status=status, body=body))
    assert len(google.read("events").records) == 24
    assert sum(google.clock.naps) >= 20


# Calendars that cannot be read


def test_a_calendar_that_is_gone_does_not_hold_up_the_others(google: Connected) -> None:
    google.night("events")
    google.system.users.remove(ANNA)
    added = google.system.put("events", google.system.example("events", 25))
    with pytest.raises(PermanentSourceError, match=r"1 of 2 .*others were.*anna@.*Not Found"):
        google.night("events")
    assert key_of(added) in known(google, "not is_deleted")
    assert len(known(google, "is_deleted")) == 0, "what is known of Anna's calendar stays"
    google.system.users.add(ANNA)
    later = google.system.put("events", google.system.example("events", 26))
    assert google.read("events").records == [later], "and it goes on where it was"


def test_a_calendar_that_changes_all_the_time_does_not_put_off_the_failure(
    google: Connected,
) -> None:
    google.night("events")
    google.system.users.remove(ANNA)

    def change(body: bytes) -> bytes:
        google.system.put("events", events_of(google, BEN)[0])
        return body

    google.system.put("events", google.system.example("events", 25))
    google.system.faults.append(Fault("ben", times=1000, rewrite=change))
    asked = len(google.system.seen)
    with pytest.raises(PermanentSourceError, match="1 of 2"):
        google.night("events")
    assert len(google.system.seen) == asked + 2


def test_a_calendar_that_is_not_shared_is_named(google: Connected, tmp_path: Path) -> None:
    auth = {**google.system.settings("")["auth"], "subject": ANNA}
    auth["token_url"] = google.source.settings.auth.token_url
    with connected(google.system, tmp_path / "as_anna", auth=auth) as at:
        at.source.settings = at.source.settings.model_copy(
            update={"base_url": google.source.settings.base_url}
        )
        with pytest.raises(PermanentSourceError, match=r"ben@.*not shared"):
            at.night("events")
        assert len(known(at, "true")) == 12
        google.system.shared[BEN] = {ANNA}
        (loaded,) = at.night("events")
        assert loaded.live == 24


def test_a_gap_on_a_night_without_news_is_an_error_too(google: Connected) -> None:
    google.night("events")
    before = google.cursors["events"]
    google.system.users.remove(BEN)
    with pytest.raises(SourceError, match="ben@"):
        google.night("events")
    assert google.cursors["events"] == before


def test_missing_permission_says_what_is_needed(google: Connected) -> None:
    google.system.forbid("events")
    with pytest.raises(NotPermitted, match=r"2 of 2 .*insufficient.*calendar\.readonly"):
        google.read("events")


def test_a_check_names_every_calendar_that_cannot_be_read(
    google: Connected, tmp_path: Path
) -> None:
    from connectors.landing import LandingWriter

    def check(at: Connected) -> None:
        stream = at.stream("events")
        with LandingWriter(
            at.home.landing,
            source="google_calendar",
            kind="google_calendar",
            stream=stream,
            run_id="check",
            extracted_at=datetime(2026, 11, 22, tzinfo=UTC),
            max_shrink=0.2,
            max_quarantined=0.05,
        ) as landing:
            at.source.probe(stream, landing)

    check(google)
    assert len(google.seen("events")) == 2, "one event of each is enough"
    with (
        connected(google.system, tmp_path, calendars=[ANNA, CARLA, "dora@x.example"]) as at,
        pytest.raises(PermanentSourceError, match=r"2 of 3 .*carla@.*dora@"),
    ):
        check(at)


# Signing in


def test_a_token_that_expires_in_mid_read_is_renewed(google: Connected) -> None:
    def expire(body: bytes) -> bytes:
        google.system.expire_tokens()
        return body

    google.system.faults.append(Fault("anna", rewrite=expire))
    assert len(google.read("events").records) == 24


def test_a_person_s_consent_is_enough(
    google: Connected, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_SECRET", CLIENT_SECRET)
    monkeypatch.setenv("GOOGLE_REFRESH", REFRESH_TOKEN)
    auth = {
        "method": "refresh_token",
        "client_id": CLIENT_ID,
        "client_secret": "$GOOGLE_SECRET",
        "refresh_token": "$GOOGLE_REFRESH",
        "token_url": google.source.settings.auth.token_url,
    }
    with connected(google.system, tmp_path, calendars=[ANNA], auth=auth) as at:
        at.source.settings = at.source.settings.model_copy(
            update={"base_url": google.source.settings.base_url}
        )
        assert len(at.read("events").records) == 12


def test_a_key_of_somebody_else_is_refused(
    google: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    other = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    monkeypatch.setenv("GOOGLE_PRIVATE_KEY", other.decode())
    with pytest.raises(PermanentSourceError, match="Invalid JWT Signature") as refused:
        google.read("events")
    assert "PRIVATE KEY" not in str(refused.value)


def test_the_key_file_of_a_service_account_is_taken_as_google_gave_it() -> None:
    file = json.dumps({"type": "service_account", "private_key": private_key()})
    assert private_key_of(file, "here") == private_key_of(private_key(), "here") == private_key()
    with pytest.raises(PermanentSourceError, match=r"here: this JSON holds no private_key"):
        private_key_of('{"type": "authorized_user"}', "here")


def test_a_statement_names_the_scope_and_when_it_was_signed(google: Connected) -> None:
    import jwt

    said = jwt.decode(
        statement(
            issuer=SERVICE_ACCOUNT,
            subject=ANNA,
            audience="https://a.example/token",
            private_key=private_key(),
            clock=google.clock,
            where="here",
        ),
        options={"verify_signature": False},
    )
    assert said["scope"] == "https://www.googleapis.com/auth/calendar.readonly"
    margin = timedelta(minutes=5)
    now = google.clock.now()
    assert datetime.fromtimestamp(said["iat"], UTC) < now - margin
    assert datetime.fromtimestamp(said["exp"], UTC) > now + margin
    assert said["exp"] - said["iat"] < 3600
    assert (said["iss"], said["sub"]) == (SERVICE_ACCOUNT, ANNA)


# Settings


def test_few_lines_are_enough() -> None:
    settings = Settings.model_validate(
        {"auth": {"issuer": "robot@x", "private_key": "file:key.json"}, "calendars": ["a@x"]}
    )
    assert settings.auth.method == "jwt_bearer"
    assert settings.base_url == "https://www.googleapis.com/calendar/v3"


@pytest.mark.parametrize(
    ("calendars", "words"),
    ((["a@x", "a@x"], "listed twice"), (["primary"], "email address"), ([], "at least 1")),
)
def test_calendars_that_make_no_sense_are_refused(calendars: list[str], words: str) -> None:
    auth = {"issuer": "robot@x", "private_key": "$KEY"}
    with pytest.raises(ValidationError, match=words):
        Settings.model_validate({"auth": auth, "calendars": calendars})
