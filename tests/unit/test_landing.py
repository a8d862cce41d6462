"""Landing: what is on disk after a read that finished, and after one that did not."""

from __future__ import annotations

import gzip
import hashlib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors import landing as landing_module
from connectors.landing import LandingWriter, remove_unfinished
from connectors.manifest import LandingError, manifests
from connectors.stream import Deletes, ReadResult, Stream

NIGHT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
TICKETS = Stream("tickets", "Tickets.", key=("id",), entity="tickets")
RESULT = ReadResult(cursor="c1", columns=("id", "subject"), origin={"file": "tickets.csv"})


def writer(root: Path, **changes: Any) -> LandingWriter:
    arguments: dict[str, Any] = {
        "source": "sheets",
        "kind": "files",
        "stream": TICKETS,
        "run_id": "run-1",
        "extracted_at": NIGHT,
        "max_shrink": 0.2,
        "max_quarantined": 0.05,
    }
    return LandingWriter(root, **(arguments | changes))


def land(root: Path, records: list[bytes], **changes: Any) -> landing_module.Manifest:
    with writer(root, **changes) as landing:
        landing.write(records)
        return landing.commit(RESULT)


def files_under(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def lines(paths: list[Path]) -> list[bytes]:
    return b"".join(gzip.decompress(path.read_bytes()) for path in paths).splitlines()


def test_a_batch_is_its_parts_and_a_manifest(tmp_path: Path) -> None:
    with writer(tmp_path) as landing:
        landing.write([b'{"id":"1"}', b'{ "id" : 2.00 }'])
        landing.reject(text="3,x", position=4, reason="too many cells")
        manifest = landing.commit(RESULT)

    stamp = "sheets/tickets/20261122T020000_000000Z-run-1"
    assert files_under(tmp_path) == [
        f"{stamp}-p00000.jsonl.gz",
        f"{stamp}-rejected.jsonl.gz",
        f"{stamp}.manifest.json",
    ]
    assert lines(manifest.part_paths(tmp_path)) == [b'{"id":"1"}', b'{ "id" : 2.00 }']
    rejected = manifest.rejected_path(tmp_path)
    assert rejected is not None
    assert [msgspec.json.decode(line) for line in lines([rejected])] == [
        {"text": "3,x", "position": 4, "reason": "too many cells"}
    ]
    assert manifests(tmp_path) == [manifest]
    written = manifest.part_paths(tmp_path)[0].read_bytes()
    assert manifest.parts[0].sha256 == hashlib.sha256(written).hexdigest()
    assert manifest.parts[0].bytes == len(written)
    assert (manifest.records, manifest.rejected) == (2, 1)
    assert (manifest.cursor, manifest.columns) == ("c1", ("id", "subject"))
    assert (manifest.key, manifest.entity, manifest.deletes) == (
        ("id",),
        "tickets",
        Deletes.SNAPSHOT.value,
    )
    assert manifest.extracted_at == "2026-11-22T02:00:00.000000Z"


def test_parts_roll_over_at_the_given_number_of_records(tmp_path: Path) -> None:
    records = [b'{"id":%d}' % number for number in range(7)]
    with writer(tmp_path, part_records=3) as landing:
        landing.write(records[:2])
        landing.write(iter(records[2:]))
        manifest = landing.commit(RESULT)
    assert [part.records for part in manifest.parts] == [3, 3, 1]
    assert lines(manifest.part_paths(tmp_path)) == records


def test_no_empty_part_follows_a_full_one(tmp_path: Path) -> None:
    assert len(land(tmp_path, [b"{}"] * 4, part_records=2).parts) == 2


def test_a_read_of_nothing_is_a_batch_too(tmp_path: Path) -> None:
    manifest = land(tmp_path, [])
    assert (manifest.records, manifest.parts, manifest.rejected_file) == (0, (), None)
    assert manifests(tmp_path) == [manifest]


@pytest.mark.parametrize("line_break", [b"\n", b"\r\n", b"\r"])
def test_a_record_is_one_line_and_says_the_same(tmp_path: Path, line_break: bytes) -> None:
    record = line_break.join([b"{", b'"id": "a\\nb",', b'"n": 1', b"}"])
    manifest = land(tmp_path, [b'{"id":"0"}', record])
    (first, second) = lines(manifest.part_paths(tmp_path))
    assert first == b'{"id":"0"}'
    assert msgspec.json.decode(second) == {"id": "a\nb", "n": 1}


def test_the_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    records = [b'{"id":%d}' % number for number in range(3000)]
    one, other = (land(tmp_path / name, records) for name in ("a", "b"))
    assert one.parts == other.parts


def test_instants_are_written_in_utc(tmp_path: Path) -> None:
    there = timezone(timedelta(hours=5, minutes=30))
    manifest = land(tmp_path, [], extracted_at=NIGHT.astimezone(there))
    assert manifest.batch_id == "20261122T020000_000000Z-run-1"
    with pytest.raises(ValueError, match="time zone"):
        writer(tmp_path, extracted_at=NIGHT.replace(tzinfo=None))


def test_leaving_without_commit_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyError), writer(tmp_path, part_records=1) as landing:
        landing.write([b"{}", b"{}"])
        landing.reject(text="", position=1, reason="")
        raise KeyError
    assert files_under(tmp_path) == []
    with pytest.raises(RuntimeError, match="abandoned"):
        landing.write([b"{}"])


def test_while_writing_there_is_no_batch(tmp_path: Path) -> None:
    with writer(tmp_path) as landing:
        landing.write([b"{}"])
        assert manifests(tmp_path) == []
        assert all(name.endswith(".tmp") for name in files_under(tmp_path))


def test_a_commit_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> bytes:
        raise OSError("disk full")

    monkeypatch.setattr("connectors.landing.msgspec.json.format", full)
    with pytest.raises(OSError, match="disk full"):
        land(tmp_path, [b"{}"])
    assert files_under(tmp_path) == []


def test_a_batch_is_never_overwritten(tmp_path: Path) -> None:
    land(tmp_path, [b"{}"])
    with pytest.raises(LandingError, match="exists already"):
        writer(tmp_path)


def test_what_a_killed_read_left_is_removed_and_batches_are_kept(tmp_path: Path) -> None:
    land(tmp_path, [b"{}"])
    kept = files_under(tmp_path)
    folder = tmp_path / "sheets" / "tickets"
    left = [
        "20261123T020000_000000Z-run-2-p00000.jsonl.gz",
        "20261123T020000_000000Z-run-2-p00001.jsonl.gz.tmp",
        "20261123T020000_000000Z-run-2-rejected.jsonl.gz",
        "20261123T020000_000000Z-run-2.manifest.json.tmp",
    ]
    for name in left:
        (folder / name).write_bytes(b"")
    own = tmp_path / "_reported" / "2026" / "x-p00000.jsonl.gz"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"")
    assert [path.name for path in remove_unfinished(tmp_path)] == left
    assert files_under(tmp_path) == sorted([*kept, "_reported/2026/x-p00000.jsonl.gz"])


def test_batches_are_listed_oldest_first_and_by_source_and_stream(tmp_path: Path) -> None:
    users = Stream("users", "Users.")
    for days, source, stream in ((2, "a", TICKETS), (0, "b", TICKETS), (1, "a", users)):
        land(tmp_path, [], extracted_at=NIGHT + timedelta(days=days), source=source, stream=stream)
    (tmp_path / "_reported" / "x").mkdir(parents=True)
    (tmp_path / "_reported" / "x" / "1.manifest.json").write_text("not ours")

    def listed(**only: str) -> list[tuple[str, str]]:
        return [(manifest.source, manifest.stream) for manifest in manifests(tmp_path, **only)]

    assert listed() == [("b", "tickets"), ("a", "users"), ("a", "tickets")]
    assert listed(source="a") == [("a", "users"), ("a", "tickets")]
    assert listed(stream="tickets") == [("b", "tickets"), ("a", "tickets")]
    assert manifests(tmp_path / "nowhere") == []


def test_a_manifest_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    land(tmp_path, [])
    (path,) = tmp_path.rglob("*.manifest.json")
    whole = path.read_text()
    path.write_text(whole[:50])
    with pytest.raises(LandingError, match=r"run-1\.manifest\.json cannot be read .*backup"):
        manifests(tmp_path)
    path.write_text(whole.replace('"format_version": 1', '"format_version": 2'))
    with pytest.raises(LandingError, match=r"format version 2.*Update the product"):
        manifests(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [{"source": "../x"}, {"source": "_x"}, {"stream": Stream("A b", "")}, {"run_id": "a/b"}],
)
def test_names_that_would_leave_the_folder_are_refused(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="must consist of"):
        writer(tmp_path, **changes)


def test_a_read_may_find_a_narrower_key(tmp_path: Path) -> None:
    with writer(tmp_path) as landing:
        landing.identify_by(("subject",))
        assert landing.commit(RESULT).key == ("subject",)
