"""Reading Google Calendar: calendars that cannot be read, signing in, settings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from google_calendars import calendars, events_of, key_of, known
from pydantic import ValidationError
from vendor_reading import Connected, connected

from connectors.errors import NotPermitted, PermanentSourceError, SourceError
from connectors.google_calendar import Settings
from connectors.google_calendar.sign_in import private_key_of, statement
from sandbox.servers.google_calendar import (
    CLIENT_ID,
    CLIENT_SECRET,
    REFRESH_TOKEN,
    SERVICE_ACCOUNT,
    private_key,
)
from sandbox.servers.google_calendar_examples import ANNA, BEN
from sandbox.servers.vendor import Fault

CARLA = "carla@northwind.example"


@pytest.fixture
def google(tmp_path: Path) -> Iterator[Connected]:
    with calendars(tmp_path) as at:
        yield at


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
