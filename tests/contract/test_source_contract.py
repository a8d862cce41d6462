"""What every kind of source must do, whatever it reads.

A kind gets the whole suite for one entry in SAMPLES: how to set up a small instance of it, what
it then holds, and how to break it. Kinds that speak HTTP need none: they go through
test_http_source_contract.py, against the system that the sandbox has for each.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors import registry
from connectors.errors import SourceError
from connectors.landing import LandingWriter
from connectors.manifest import Manifest, manifests
from connectors.stream import Deletes, ReadResult, Source, Stream
from sandbox import servers

NIGHT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


@dataclass
class Sample:
    """A small instance of a kind: `records` says how many each stream holds.

    `break_it` makes every further read fail; `must_name` is what the errors then have to contain
    for a person to find the place; `secret` must never appear anywhere.
    """

    settings: dict[str, Any]
    records: dict[str, int]
    break_it: Callable[[], None]
    must_name: tuple[str, ...]
    secret: str | None = None


def a_folder_of_files(folder: Path) -> Sample:
    (folder / "Support.csv").write_text("id,subject\n1,printer\n2,\n3,desk\n")
    (folder / "accounts.csv").write_text("account_id;name\nA;Acme\n")
    (folder / "seats.csv").write_text("n\n")
    (folder / "surveys").mkdir()
    for day in ("01", "02"):
        (folder / "surveys" / f"{day}.csv").write_text(f"id,score\n{day},9\n")

    def break_it() -> None:
        parts = [f"surveys/{day}.csv" for day in ("01", "02")]
        for name in ("Support.csv", "accounts.csv", "seats.csv", *parts):
            (folder / name).write_text('id;account_id;n\n1;2;3\n4;"5;6\n')

    return Sample(
        settings={
            "path": ".",
            "entities": {
                "tickets": {"file": "Support.csv", "columns": {"ticket_id": "id"}},
                "accounts": {},
                "surveys": {"file": "surveys/*.csv", "columns": {"response_id": "id"}},
                "usage": {"query": "select * from seats"},
            },
        },
        records={"support": 3, "accounts": 1, "surveys": 2, "seats": 0},
        break_it=break_it,
        must_name=("csv", "line 3"),
    )


SAMPLES: dict[str, Callable[[Path], Sample]] = {"files": a_folder_of_files}


@dataclass
class Case:
    """An opened sample, and the landing folder that it is read into."""

    sample: Sample
    source: Source
    landing: Path

    def stream(self, name: str) -> Stream:
        return next(stream for stream in self.source.streams if stream.name == name)

    def writer(self, stream: Stream, nights: int = 0) -> LandingWriter:
        return LandingWriter(
            self.landing,
            source=self.source.name,
            kind=self.source.kind,
            stream=stream,
            run_id=f"run-{nights}",
            extracted_at=NIGHT + timedelta(days=nights),
            max_shrink=0.2,
            max_quarantined=0.05,
        )

    def read(
        self, stream: Stream, cursor: str | None = None, nights: int = 0
    ) -> tuple[ReadResult, Manifest] | None:
        with self.writer(stream, nights) as landing:
            result = self.source.extract(stream, cursor, landing)
            return None if result is None else (result, landing.commit(result))

    def landed(self) -> list[Path]:
        return [path for path in self.landing.rglob("*") if path.is_file()]


@pytest.fixture(params=SAMPLES)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    home = tmp_path / "source"
    home.mkdir()
    sample = SAMPLES[request.param](home)
    kind = registry.kind(request.param)
    source = kind.open_source("sample", kind.settings.model_validate(sample.settings), home)
    yield Case(sample, source, tmp_path / "landing")


def test_every_kind_has_a_sample_or_a_system() -> None:
    assert {*SAMPLES, *servers.vendors()} >= set(registry.kinds())
    assert not set(SAMPLES) & set(servers.vendors())


def test_streams_are_unique_well_named_and_described(case: Case) -> None:
    names = [stream.name for stream in case.source.streams]
    assert set(names) == set(case.sample.records)
    assert len(names) == len(set(names))
    for stream in case.source.streams:
        assert re.fullmatch(r"[a-z0-9][a-z0-9_]*", stream.name)
        assert stream.description
        assert len(stream.key) == len(set(stream.key))
        assert stream.is_full_read or stream.deletes is not Deletes.SNAPSHOT


def test_streams_are_the_same_each_time_they_are_asked_for(case: Case) -> None:
    assert list(case.source.streams) == list(case.source.streams)


def test_a_read_lands_what_it_counted_as_json_objects_one_a_line(case: Case) -> None:
    for stream in case.source.streams:
        done = case.read(stream)
        assert done is not None
        result, manifest = done
        lines = [
            line
            for path in manifest.part_paths(case.landing)
            for line in gzip.decompress(path.read_bytes()).splitlines()
        ]
        assert len(lines) == manifest.records == case.sample.records[stream.name]
        for line in lines:
            record = msgspec.json.decode(line, type=dict[str, Any])
            assert set(record) <= set(result.columns)
            assert all(record.get(column) is not None for column in manifest.key)
        assert len(set(result.columns)) == len(result.columns)
        assert manifest in manifests(case.landing)


def test_an_unchanged_source_is_not_landed_again(case: Case) -> None:
    for stream in case.source.streams:
        done = case.read(stream)
        assert done is not None
        before = case.landed()
        assert case.read(stream, done[0].cursor, nights=1) is None
        assert case.landed() == before


def test_the_same_content_is_landed_as_the_same_bytes(case: Case) -> None:
    for stream in case.source.streams:
        one, other = case.read(stream), case.read(stream, nights=1)
        assert one is not None
        assert other is not None
        assert [part.sha256 for part in one[1].parts] == [part.sha256 for part in other[1].parts]
        assert one[0].cursor == other[0].cursor


def test_a_probe_shows_that_a_stream_can_be_read_and_what_is_wrong_if_not(case: Case) -> None:
    for stream in case.source.streams:
        with case.writer(stream) as landing:
            case.source.probe(stream, landing)
    assert case.landed() == []
    case.sample.break_it()
    for name in case.sample.records:
        stream = case.stream(name)
        with pytest.raises(SourceError), case.writer(stream) as landing:
            case.source.probe(stream, landing)


def test_a_read_that_is_cut_off_leaves_no_batch(case: Case) -> None:
    for stream in case.source.streams:
        with pytest.raises(KeyboardInterrupt), case.writer(stream) as landing:
            case.source.extract(stream, None, landing)
            raise KeyboardInterrupt
    assert case.landed() == []


def test_a_read_that_fails_says_where_and_what_to_do_and_leaves_no_batch(case: Case) -> None:
    case.sample.break_it()
    for name in case.sample.records:
        with pytest.raises(SourceError) as error:
            case.read(case.stream(name))
        message = str(error.value)
        for part in case.sample.must_name:
            assert part in message
        assert re.search(r"[.;:] [A-Za-z]", message), "what is wrong is followed by what to do"
        if case.sample.secret is not None:
            assert case.sample.secret not in message
    assert case.landed() == []
