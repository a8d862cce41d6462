"""What every source that speaks HTTP must do; a new kind gets all of it by being registered.

Each test runs against the kind's made-up system, over real HTTP, into the real loader. It knows
nothing of any vendor. example_source.py beside it shows how a source is written.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from http_subject import (
    KINDS,
    Reader,
    Subject,
    each_of,
    holds,
    streams_of,
    ways_of,
)

from connectors.errors import TransientSourceError
from connectors.stream import Deletes, Stream
from pipelines.extraction import ReadAhead, landed
from sandbox.servers.vendor import Fault

FIVE_MINUTES = timedelta(minutes=5)

every_kind = pytest.mark.parametrize("kind", KINDS)
every_stream = each_of(streams_of)
every_way = each_of(ways_of)
every_way_that_holds = each_of(lambda kind: [s for s in ways_of(kind) if holds(kind, s)])
every_stream_with_deletes = each_of(
    lambda kind: [s for s in streams_of(kind) if s.deletes is not Deletes.NEVER and holds(kind, s)]
)
one_of_every_kind = each_of(lambda kind: ways_of(kind)[:1])


def undisturbed(subject: Subject, stream: Stream) -> Reader:
    """A source of which the stream was read once, all at once."""
    reader = subject.connect()
    reader.read_with_deletes(stream.name)
    return reader


def same(reader: Reader, other: Reader, stream: Stream) -> bool:
    """Whether two sources now say the same of a stream."""
    return (
        reader.records(stream.name) == other.records(stream.name)
        and reader.deleted(stream.name) - other.deleted(stream.name) == set()
    )


# Declarations


@every_kind
def test_streams_are_declared_so_that_a_person_knows_what_they_need(kind: str) -> None:
    streams = streams_of(kind)
    assert len({stream.name for stream in streams}) == len(streams)
    for stream in streams:
        assert re.fullmatch(r"[a-z0-9][a-z0-9_]*", stream.name)
        assert stream.description.endswith(".")
        assert stream.permission
        assert stream.key
        if stream.deletes is Deletes.FLAG:
            assert stream.deleted_when
        if stream.deletes is Deletes.FEED:
            assert any(
                stream.name in log.names_deleted.streams.values()
                for log in streams
                if log.names_deleted
            )


# What is read


@every_stream
def test_records_have_keys_and_make_no_version_when_they_are_read_again(
    subject: Subject, stream: Stream
) -> None:
    subject.fill(5)
    reader = subject.connect()
    results = reader.read(stream.name)
    assert sum(result.quarantined for result in results) == 0
    assert len(reader.records(stream.name)) >= 3 or not holds(subject.kind, stream)
    before = reader.versions(stream.name)
    subject.later(days=2)
    reader.next_night()
    reader.read_with_deletes(stream.name)
    assert reader.versions(stream.name) == before


@every_way
def test_a_stream_without_records_is_read_and_filled_later(
    subject: Subject, stream: Stream
) -> None:
    reader = subject.connect()
    for _ in range(2):
        reader.read(stream.name)
        subject.later(days=2)
        reader.next_night()
    subject.fill(3)
    subject.later(days=2)
    reader.next_night()
    reader.read(stream.name)
    assert same(reader, undisturbed(subject, stream), stream)


@every_way_that_holds
def test_a_change_keeps_the_key(subject: Subject, stream: Stream) -> None:
    subject.fill(5)
    reader = undisturbed(subject, stream)
    before = reader.records(stream.name)
    subject.vendor.put(stream.name, subject.vendor.example(stream.name, 3))
    subject.later(days=2)
    reader.next_night()
    reader.read(stream.name)
    assert reader.records(stream.name).keys() == before.keys()
    assert same(reader, undisturbed(subject, stream), stream)


@every_way_that_holds
def test_nothing_that_changes_at_the_instant_of_the_bookmark_is_lost(
    subject: Subject, stream: Stream
) -> None:
    subject.fill(4)
    reader = subject.connect(lookback_minutes=0)
    vendor = subject.vendor
    for number in (9, 2, 8):  # all at one instant, with a read after each
        vendor.put(stream.name, vendor.example(stream.name, number))
        reader.read(stream.name)
    subject.later(days=2)
    reader.next_night()
    reader.read(stream.name)
    assert same(reader, undisturbed(subject, stream), stream)


@every_way_that_holds
def test_a_wrong_clock_loses_nothing(subject: Subject, stream: Stream) -> None:
    subject.fill(4)
    vendor = subject.vendor
    ahead, behind = subject.connect(off=FIVE_MINUTES), subject.connect(off=-FIVE_MINUTES)
    for number in (9, 2):
        for reader in (ahead, behind):
            reader.read(stream.name)
        vendor.put(stream.name, vendor.example(stream.name, number))
        subject.later(minutes=2)
    for reader in (ahead, behind):
        reader.read(stream.name)
    subject.later(days=2)
    expected = undisturbed(subject, stream)
    for reader in (ahead, behind):
        reader.next_night()
        reader.read(stream.name)
        assert same(reader, expected, stream)


@every_way
def test_any_page_size_brings_the_same(subject: Subject, stream: Stream) -> None:
    subject.fill(5)
    expected = undisturbed(subject, stream)
    for size in (1, 2):
        reader = subject.connect(**subject.pages_of(size))
        reader.read_with_deletes(stream.name)
        assert same(reader, expected, stream)


@every_kind
def test_streams_may_be_probed_side_by_side(subject: Subject) -> None:
    subject.fill(4)
    reader, together = subject.connect(), subject.connect()
    names = [stream.name for stream in streams_of(subject.kind)]
    with ThreadPoolExecutor(4) as pool:
        probed = list(pool.map(together.probe, names))
    assert probed == [reader.probe(name) for name in names]


@every_kind
def test_streams_and_sources_read_at_once_land_what_they_land_one_by_one(subject: Subject) -> None:
    subject.fill(5)
    small = subject.pages_of(2)
    names = [stream.name for stream in streams_of(subject.kind)]
    alone, *together = (subject.connect(**small, concurrency=4) for _ in range(3))
    expected: dict[str, list[bytes]] = {}

    def read_one_by_one() -> None:
        for name in names:
            expected[name] = sorted(alone.landed_records(landed(alone.errand(name))))

    requests = subject.requests_of(read_one_by_one)
    tokens = subject.tokens_asked_for()
    expires = Fault(skip=requests, rewrite=subject.expiring_tokens)  # halfway of the two
    with subject.faults(expires), ReadAhead() as ahead:
        ahead.begin([reader.errand(name) for name in names for reader in together])
        for reader in together:
            for name in names:
                batches = ahead.batches(reader.source.name, name)
                assert sorted(reader.landed_records(batches)) == expected[name]
    assert expires.times == 0
    renewed = subject.tokens_asked_for() - 3 * tokens
    assert min(tokens, 1) <= renewed <= len(together) * tokens


@every_way
def test_a_probe_reads_no_more_than_a_page(subject: Subject, stream: Stream) -> None:
    subject.fill(8)
    reader = subject.connect(**subject.pages_of(1))
    whole = subject.requests_of(lambda: reader.read(stream.name))
    probing = subject.connect(**subject.pages_of(1))
    landed: list[int] = []
    some = subject.requests_of(lambda: landed.append(probing.probe(stream.name)))
    assert some < whole or whole <= 3
    if whole > 8:
        assert landed[0] < len(reader.records(stream.name))


# Deletes


@every_stream_with_deletes
def test_deletes_are_seen_as_the_stream_declares(subject: Subject, stream: Stream) -> None:
    subject.fill(8)
    vendor = subject.vendor
    reader = subject.connect(full_read_every_days=1)
    reader.read_with_deletes(stream.name)
    before = reader.records(stream.name)
    vendor.delete(stream.name, vendor.key(stream.name, vendor.listed(stream.name)[2]))
    subject.later(days=2)
    reader.next_night()
    reader.read_with_deletes(stream.name)
    gone = before.keys() - reader.records(stream.name).keys()
    assert len(gone) == 1
    assert gone <= reader.deleted(stream.name)
    assert len(reader.records(stream.name)) == len(before) - 1


# Interruptions


@every_way
def test_a_read_that_is_broken_off_at_any_request_goes_on_and_loses_nothing(
    subject: Subject, stream: Stream
) -> None:
    subject.fill(3)
    expected = undisturbed(subject, stream)
    in_steps = {**subject.pages_of(2), "records_per_batch": 1}
    whole = subject.requests_of(lambda: subject.connect(**in_steps).read(stream.name))
    for number in sorted({whole * part // 3 for part in (1, 2)}):
        reader = subject.connect(**in_steps, attempts=1)
        broken = Fault(skip=number, status=500)
        # Where a step was just complete it is stored, and the one after it tries again.
        with subject.faults(broken), suppress(TransientSourceError):
            reader.read(stream.name)
        assert broken.times == 0
        reader.next_night()
        reader.read_with_deletes(stream.name)
        assert same(reader, expected, stream), f"broken off at request {number + 1} of {whole}"


@one_of_every_kind
def test_a_source_in_which_every_other_request_fails_is_read_in_the_end(
    subject: Subject, stream: Stream
) -> None:
    subject.fill(5)
    expected = undisturbed(subject, stream)
    reader = subject.connect(**subject.pages_of(2))
    faults = [Fault(skip=1, status=status) for status in (500, 502, 503, 504)]
    with subject.faults(*faults):
        reader.read_on(stream.name)
    assert same(reader, expected, stream)


@one_of_every_kind
def test_trouble_that_passes_is_sat_out(subject: Subject, stream: Stream) -> None:
    subject.fill(5)
    expected = undisturbed(subject, stream)
    for name, fault in {
        "429 with a hint": Fault(status=429, headers={"Retry-After": "20"}),
        "429": Fault(status=429),
        "503": Fault(times=2, status=503),
        "cut short": Fault(truncate=True),
        "a web page": Fault(rewrite=lambda body: b"<!doctype html><html>Sign in</html>"),
        "nothing": Fault(rewrite=lambda body: b""),
    }.items():
        reader = subject.connect(**subject.pages_of(2))
        fault.skip = 1
        with subject.faults(fault):
            reader.read(stream.name)
        assert fault.times == 0, name
        if fault.headers:
            assert reader.source.clock.monotonic() >= 20
        assert same(reader, expected, stream), name


@every_way
def test_tokens_that_end_in_the_middle_are_renewed(subject: Subject, stream: Stream) -> None:
    subject.fill(5)
    expected = undisturbed(subject, stream)
    reader = subject.connect(**subject.pages_of(1))

    with subject.faults(Fault(skip=2, rewrite=subject.expiring_tokens)):
        reader.read(stream.name)
    assert same(reader, expected, stream)
