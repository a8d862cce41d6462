"""Reading Google Calendar: first loads, sync tokens, pages without events."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from google_calendars import calendars, events_of, key_of, keys, known
from vendor_reading import Connected, connected

from connectors.errors import TransientSourceError
from connectors.stream import Scope
from sandbox.servers.google_calendar import Refusal
from sandbox.servers.google_calendar_examples import ANNA, BEN
from sandbox.servers.vendor import Fault

RATE_LIMITED = Refusal(403, "rateLimitExceeded", "Rate Limit Exceeded").body


@pytest.fixture
def google(tmp_path: Path) -> Iterator[Connected]:
    with calendars(tmp_path) as at:
        yield at


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
