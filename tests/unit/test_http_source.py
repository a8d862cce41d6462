"""The frame of an HTTP source: what it lands, when it stores a step, how it names what failed."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
from scripted_http import STARTED, QuickClock

from connectors.errors import (
    CursorExpired,
    NotPermitted,
    PermanentSourceError,
    SourceError,
    TransientSourceError,
)
from connectors.http.client import Client
from connectors.http.settings import ApiSettings
from connectors.http.source import ApiSource, Page, Reading
from connectors.landing import LandingWriter
from connectors.stream import ReadResult, Scope, Stream

THINGS = Stream("things", "Things.", key=("id",), permission="scope things.read")
OTHERS = Stream("others", "Others.", key=("id",))


class Settings(ApiSettings):
    all_streams: ClassVar[tuple[Stream, ...]] = (THINGS, OTHERS)


class Told(ApiSource[Settings]):
    """A source that reads what a test tells it, page by page; an error among them is raised."""

    kind = "told"
    api_version = "7"

    def __init__(self, pages: Sequence[Page | Exception], **settings: Any) -> None:
        given = {"base_url": "https://told.example", **settings}
        super().__init__("acme", Settings.model_validate(given), Path(), QuickClock())
        self.pages = pages
        self.readings: list[Reading] = []
        self.given = 0

    def connect(self) -> Client:
        raise NotImplementedError

    def read(self, reading: Reading) -> Iterator[Page]:
        self.readings.append(reading)
        for page in self.pages:
            if isinstance(page, Exception):
                if reading.state is None and isinstance(page, CursorExpired):
                    continue
                raise page
            self.given += 1
            yield page


@pytest.fixture
def landing(tmp_path: Path) -> Iterator[LandingWriter]:
    with LandingWriter(
        tmp_path,
        source="acme",
        kind="told",
        stream=THINGS,
        run_id="run",
        extracted_at=STARTED,
        max_shrink=0.2,
        max_quarantined=0.05,
    ) as writer:
        yield writer


def records(first: int, last: int) -> list[bytes]:
    return [b'{"id":%d}' % number for number in range(first, last + 1)]


def state_of(result: ReadResult | None) -> Any:
    assert result is not None
    return msgspec.json.decode(result.cursor) if result.cursor else None


def test_a_read_lands_its_pages_and_ends_at_the_last_state(
    landing: LandingWriter, tmp_path: Path
) -> None:
    pages = [Page(records(1, 2), {"at": "a"}), Page(records(3, 3)), Page((), {"at": "b"})]
    result = Told(pages).extract(THINGS, None, landing)
    assert result is not None
    assert state_of(result) == {"at": "b"}
    assert (result.is_complete, result.is_full_read, result.api_version) == (True, False, "7")
    manifest = landing.commit(result)
    lines = gzip.decompress(manifest.part_paths(tmp_path)[0].read_bytes()).splitlines()
    assert lines == records(1, 3)


def test_a_read_is_told_where_the_last_one_ended_and_when_it_began(landing: LandingWriter) -> None:
    source = Told([Page(records(1, 1), {"at": "b"})], page_size=7)
    source.extract(THINGS, '{"at":"a"}', landing)
    assert source.readings == [Reading(THINGS, {"at": "a"}, STARTED, 7, is_probe=False)]


def test_nothing_new_is_no_batch(landing: LandingWriter) -> None:
    assert Told([Page((), {"at": "a"})]).extract(THINGS, '{"at":"a"}', landing) is None
    assert Told([Page()]).extract(THINGS, '{"at":"a"}', landing) is None
    assert Told([]).extract(THINGS, None, landing) is None


def test_a_cursor_that_moved_is_a_batch_even_without_records(landing: LandingWriter) -> None:
    result = Told([Page((), {"at": "b"})]).extract(THINGS, '{"at":"a"}', landing)
    assert state_of(result) == {"at": "b"}


def test_a_list_that_is_empty_is_a_full_read_of_nothing(landing: LandingWriter) -> None:
    result = Told([Page((), everything=True)]).extract(THINGS, None, landing)
    assert result is not None
    assert result.is_full_read


def test_a_read_of_everything_says_within_which_scope(landing: LandingWriter) -> None:
    scope = Scope("calendar", ("a", "b"))
    pages = [Page(records(1, 2)), Page(records(3, 3), {"at": 1}, everything=True, scope=scope)]
    result = Told(pages).extract(THINGS, None, landing)
    assert result is not None
    assert (result.is_full_read, result.scope) == (True, scope)


# Steps


def test_a_long_read_is_stored_in_steps_where_it_can_go_on(landing: LandingWriter) -> None:
    source = Told(
        [
            Page(records(1, 3)),  # beyond the step's size, but a read cannot go on from here
            Page(records(4, 4), {"at": "a"}),
            Page(records(5, 9), {"at": "b"}),
        ],
        records_per_batch=2,
    )
    result = source.extract(THINGS, None, landing)
    assert result is not None
    assert (state_of(result), result.is_complete) == ({"at": "a"}, False)
    assert landing.records == 4


def test_a_step_that_would_not_move_on_is_not_taken(landing: LandingWriter) -> None:
    pages = [Page(records(1, 5), {"at": "a"}), Page(records(6, 9), {"at": "a"})]
    result = Told(pages, records_per_batch=2).extract(THINGS, '{"at":"a"}', landing)
    assert result is not None
    assert result.is_complete
    assert landing.records == 9


def test_a_last_page_that_fills_a_step_ends_the_read(landing: LandingWriter) -> None:
    pages = [Page(records(3, 4), {"next_night": "a"})]
    result = Told(pages, records_per_batch=2).extract(THINGS, None, landing)
    assert result is not None
    assert result.is_complete


def test_a_step_is_stored_even_if_the_page_after_it_fails(landing: LandingWriter) -> None:
    pages = [Page(records(1, 2), {"at": "a"}), TransientSourceError("502")]
    source = Told(pages, records_per_batch=2)
    result = source.extract(THINGS, None, landing)
    assert result is not None
    assert (state_of(result), result.is_complete) == ({"at": "a"}, False)


def test_a_page_may_end_a_step_whatever_its_size(landing: LandingWriter) -> None:
    result = Told([Page(records(1, 1), {"at": "a"}, ends_step=True)]).extract(THINGS, None, landing)
    assert result is not None
    assert not result.is_complete


def test_the_last_page_of_everything_is_no_step(landing: LandingWriter) -> None:
    pages = [Page(records(1, 5), {"at": "a"}, everything=True)]
    result = Told(pages, records_per_batch=2).extract(THINGS, None, landing)
    assert result is not None
    assert (result.is_complete, result.is_full_read) == (True, True)


def test_a_probe_takes_one_page(landing: LandingWriter) -> None:
    source = Told([Page(records(1, 2)), Page(records(3, 4))])
    source.probe(THINGS, landing)
    assert landing.records == 2
    assert source.readings[0].is_probe
    assert source.given == 1


# What cannot be a record


def test_what_is_no_object_is_set_aside_and_the_rest_is_landed(landing: LandingWriter) -> None:
    found = [b'{"id":1}', b"null", b'[{"id":2}]', b' {"id":3}', b'"caf\xe9"']
    Told([Page(found)]).extract(THINGS, None, landing)
    assert (landing.records, landing.rejected) == (2, 3)


# Errors


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (NotPermitted("GET /x answered 403."), "GET /x answered 403. This stream needs scope"),
        (TransientSourceError("gone"), "gone."),
        (PermanentSourceError("wrong. Do this"), "wrong. Do this."),
    ],
)
def test_what_went_wrong_is_said_with_the_stream_and_what_it_needs(
    landing: LandingWriter, error: SourceError, message: str
) -> None:
    with pytest.raises(type(error)) as raised:
        Told([error]).extract(THINGS, None, landing)
    assert str(raised.value).startswith(f"acme.things: {message}")
    with pytest.raises(type(error)) as raised:
        Told([error]).probe(OTHERS, landing)
    assert str(raised.value).startswith("acme.others: ")
    assert "needs" not in str(raised.value)


def test_a_bookmark_that_is_no_longer_known_is_read_from_the_beginning(
    landing: LandingWriter, caplog: pytest.LogCaptureFixture
) -> None:
    source = Told([CursorExpired("410"), Page(records(1, 2), {"at": "b"}, everything=True)])
    with caplog.at_level(logging.WARNING):
        result = source.extract(THINGS, '{"at":"a"}', landing)
    assert [reading.state for reading in source.readings] == [{"at": "a"}, None]
    assert (state_of(result), landing.records) == ({"at": "b"}, 2)
    assert "reading everything" in caplog.text


def test_a_bookmark_that_expires_half_way_through_is_not_mixed_with_a_new_read(
    landing: LandingWriter,
) -> None:
    source = Told([Page(records(1, 1)), CursorExpired("410")])
    with pytest.raises(CursorExpired, match=r"acme\.things"):
        source.extract(THINGS, '{"at":"a"}', landing)
    assert len(source.readings) == 1


# Secrets, settings, time


def test_a_secret_is_resolved_when_it_is_needed_and_says_where_it_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = Told([])
    monkeypatch.delenv("ACME_TOKEN", raising=False)
    with pytest.raises(PermanentSourceError, match=r"sources\.acme\.auth\.token in sources\.yaml"):
        source.secret("$ACME_TOKEN", "auth.token")
    monkeypatch.setenv("ACME_TOKEN", "t0ken")
    assert source.secret("$ACME_TOKEN", "auth.token") == "t0ken"
    assert source.plain_or_secret("$ACME_TOKEN", "auth.user") == "t0ken"
    assert source.plain_or_secret("me@example.com", "auth.user") == "me@example.com"


def test_only_the_streams_that_are_asked_for_are_there() -> None:
    assert [stream.name for stream in Told([]).streams] == ["things", "others"]
    assert [stream.name for stream in Told([], streams=["others"]).streams] == ["others"]


def test_a_full_read_is_due_after_the_configured_days_or_when_there_was_none() -> None:
    last = STARTED.isoformat()
    assert Told([]).full_read_due(None, STARTED)
    assert not Told([]).full_read_due(last, STARTED + timedelta(days=365))
    weekly = Told([], full_read_every_days=7)
    assert not weekly.full_read_due(last, STARTED + timedelta(days=6, hours=23))
    assert weekly.full_read_due(last, STARTED + timedelta(days=7))


def test_progress_is_shown_every_ten_seconds(
    landing: LandingWriter, caplog: pytest.LogCaptureFixture
) -> None:
    class Slow(Told):
        def read(self, reading: Reading) -> Iterator[Page]:
            for page in super().read(reading):
                self.clock.sleep(6)
                yield page

    with caplog.at_level(logging.INFO):
        Slow([Page(records(1, 1))] * 4).extract(THINGS, None, landing)
    assert [r.getMessage() for r in caplog.records] == [
        "acme.things: 2 records so far",
        "acme.things: 4 records so far",
    ]
