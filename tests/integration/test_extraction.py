"""Reading ahead: streams side by side, batches in order, one failure not everyone's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from support import query

from connectors.errors import NotPermitted, PermanentSourceError
from connectors.landing import LandingWriter, ReadingStopped
from connectors.stream import ReadResult, Stream
from pipelines.extraction import ReadAhead, landed
from pipelines.home import Home
from pipelines.loading import errands, load_stream
from pipelines.sources import OpenSource
from pipelines.warehouse.load import Status

Read = Callable[[str | None, LandingWriter], ReadResult | None]

SETTINGS = SimpleNamespace(max_shrink=0.2, max_quarantined=0.05, concurrency=2)


def stream(name: str, **how: object) -> Stream:
    return Stream(name, name, key=("id",), is_full_read=False, **how)  # type: ignore[arg-type]


@dataclass
class Scripted:
    """A source whose streams do what the test says."""

    reads: dict[str, Read]
    optional: frozenset[str] = frozenset()
    name: str = "crm"
    kind: str = "example"
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    @property
    def streams(self) -> Sequence[Stream]:
        return [stream(name, is_optional=name in self.optional) for name in self.reads]

    def extract(
        self, stream: Stream, cursor: str | None, landing: LandingWriter
    ) -> ReadResult | None:
        self.asked.append((stream.name, cursor))
        return self.reads[stream.name](cursor, landing)

    def probe(self, stream: Stream, landing: LandingWriter) -> ReadResult | None:
        raise NotImplementedError


def done(cursor: str, *, complete: bool = True) -> ReadResult:
    return ReadResult(cursor=cursor, columns=(), is_complete=complete)


def three_steps(cursor: str | None, landing: LandingWriter) -> ReadResult:
    number = int(cursor or 0) + 1
    landing.write([b'{"id": %d}' % number])
    return done(str(number), complete=number == 3)


def night(home: Home, source: Scripted) -> dict[str, Status]:
    opened = OpenSource(source, SETTINGS)
    todo = errands(home, [(opened, s) for s in source.streams], run_id="run")
    with ReadAhead() as reading:
        reading.begin(todo)
        return {
            s.name: load_stream(home, "crm", s, reading.batches("crm", s.name)).status
            for s in source.streams
        }


def state(home: Home, column: str) -> dict[str, object]:
    return dict(query(home, f"select stream, {column} from meta.stream_state"))


def test_a_long_read_is_loaded_in_steps_and_goes_on_from_each(home: Home) -> None:
    source = Scripted({"tasks": three_steps})
    assert night(home, source) == {"tasks": Status.APPLIED}
    assert source.asked == [("tasks", None), ("tasks", "1"), ("tasks", "2")]
    assert state(home, "cursor") == {"tasks": "3"}
    assert query(home, "select count(*) from raw.crm__tasks") == [(3,)]


def test_steps_that_were_loaded_stay_when_a_later_one_fails(home: Home) -> None:
    def breaks_off(cursor: str | None, landing: LandingWriter) -> ReadResult:
        if cursor == "2":
            raise PermanentSourceError("the token was revoked")
        return three_steps(cursor, landing)

    assert night(home, Scripted({"tasks": breaks_off})) == {"tasks": Status.FAILED}
    assert state(home, "cursor") == {"tasks": "2"}
    assert state(home, "message") == {"tasks": "the token was revoked"}
    again = Scripted({"tasks": three_steps})
    assert night(home, again) == {"tasks": Status.APPLIED}
    assert again.asked == [("tasks", "2")]


def test_a_step_that_is_refused_ends_the_read_before_the_cursor_moves(home: Home) -> None:
    def without_keys(cursor: str | None, landing: LandingWriter) -> ReadResult:
        landing.write([b'{"name": "no id"}'])
        return done(str(int(cursor or 0) + 1), complete=cursor == "5")

    assert night(home, Scripted({"tasks": without_keys})) == {"tasks": Status.UNUSABLE}
    assert state(home, "cursor") == {"tasks": None}


def test_one_stream_that_fails_does_not_keep_the_others(home: Home) -> None:
    def fails(cursor: str | None, landing: LandingWriter) -> ReadResult:
        raise PermanentSourceError("no such object")

    assert night(home, Scripted({"deals": fails, "tasks": three_steps})) == {
        "deals": Status.FAILED,
        "tasks": Status.APPLIED,
    }


def test_an_optional_stream_that_is_not_permitted_is_no_failure(home: Home) -> None:
    def forbidden(cursor: str | None, landing: LandingWriter) -> ReadResult:
        raise NotPermitted("histories are not readable")

    source = Scripted({"history": forbidden, "deals": forbidden}, optional=frozenset({"history"}))
    assert night(home, source) == {"history": Status.NOT_AVAILABLE, "deals": Status.FAILED}


def test_a_mistake_of_ours_is_not_taken_for_the_sources(home: Home) -> None:
    def mistaken(cursor: str | None, landing: LandingWriter) -> ReadResult:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        night(home, Scripted({"tasks": mistaken}))


def test_streams_of_a_source_are_read_at_the_same_time(home: Home) -> None:
    together = threading.Barrier(2, timeout=10)

    def waits_for_the_other(cursor: str | None, landing: LandingWriter) -> ReadResult:
        together.wait()
        return done("1")

    reads = {"a": waits_for_the_other, "b": waits_for_the_other}
    assert set(night(home, Scripted(reads)).values()) == {Status.APPLIED}


def test_no_more_streams_are_read_at_a_time_than_allowed(home: Home) -> None:
    underway, most, lock = 0, 0, threading.Lock()

    def counted(cursor: str | None, landing: LandingWriter) -> ReadResult:
        nonlocal underway, most
        with lock:
            underway += 1
            most = max(most, underway)
        threading.Event().wait(0.02)
        with lock:
            underway -= 1
        return done("1")

    night(home, Scripted(dict.fromkeys("abcdef", counted)))
    assert most == SETTINGS.concurrency


def test_a_read_that_nobody_waits_for_stops_at_its_next_record(home: Home) -> None:
    began, goes_on, ended = threading.Event(), threading.Event(), threading.Event()

    def slow(cursor: str | None, landing: LandingWriter) -> ReadResult:
        began.set()
        goes_on.wait(10)
        try:
            landing.write([b'{"id": 1}'])
        except ReadingStopped:
            ended.set()
            raise
        return done("1")

    source = Scripted({"tasks": slow})
    with ReadAhead() as reading:
        reading.begin(errands(home, [(OpenSource(source, SETTINGS), stream("tasks"))], run_id="r"))
        assert began.wait(10)
    goes_on.set()
    assert ended.wait(10)
    assert not list(home.landing.rglob("*.manifest.json"))


def test_nothing_new_lands_nothing(home: Home) -> None:
    source = Scripted({"tasks": lambda cursor, landing: None})
    (errand,) = errands(home, [(OpenSource(source, SETTINGS), stream("tasks"))], run_id="r")
    assert list(landed(errand)) == []
    assert night(home, source) == {"tasks": Status.UNCHANGED}
