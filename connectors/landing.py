"""Landing: one read of one stream, on disk as received, complete or not there at all.

Belongs here: how a batch is written, named, committed and cleaned up. Does not: what a batch says
of itself (manifest), what a record means, or whether a batch is applied; that is for whoever
loads it.

A batch is some part files of records, one JSON object a line, perhaps a file of rejected rows,
and a manifest that is renamed into place last. The manifest is the commit point: files without
one are left-overs of a read that did not finish.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from threading import Event
from types import TracebackType

import msgspec
from isal import isal_zlib

from connectors.manifest import MANIFEST_ENDING, LandingError, Manifest, Part, stream_folders
from connectors.stream import ReadResult, Stream

_TEMPORARY_ENDING = ".tmp"
_GZIP_LEVEL = 2
_GZIP_CONTAINER = 31  # zlib's word for a gzip header, which it writes without name and time
_CHUNK = 1_000  # records that are held in memory at a time
_COMPRESSED_AT_ONCE = 1 << 18  # bytes
_COMPRESSED_BEHIND = 4  # writes that may wait for compression, each held in memory
_PART_RECORDS = 500_000

_FOLDER_NAME = re.compile(r"[a-z0-9][a-z0-9_]*")
_RUN_ID = re.compile(r"[A-Za-z0-9_-]+")
_DATA_FILE = re.compile(r"(?P<batch>.+)-(p\d{5,}|rejected)\.jsonl\.gz")
_ONE_LINE = bytes.maketrans(b"\n\r", b"  ")


class ReadingStopped(Exception):
    """The run that asked for a read has ended: stop writing."""


class LandingWriter:
    """Writes one batch; leaving the context without `commit` leaves nothing behind.

    A read that is landed in several batches counts them in `step`, from 0, and names in
    `after_batch` the one before. Once `stopped` is set, writing raises `ReadingStopped`.
    """

    def __init__(
        self,
        root: Path,
        *,
        source: str,
        kind: str,
        stream: Stream,
        run_id: str,
        extracted_at: datetime,
        max_shrink: float,
        max_quarantined: float,
        accept_short_read: bool = False,
        after_batch: str | None = None,
        step: int = 0,
        stopped: Event | None = None,
        part_records: int = _PART_RECORDS,
    ) -> None:
        for what, name in (("source", source), ("stream", stream.name)):
            if not _FOLDER_NAME.fullmatch(name):
                raise ValueError(f"{what} {name!r} must consist of a-z, 0-9 and _, not first _")
        if not _RUN_ID.fullmatch(run_id):
            raise ValueError(f"run id {run_id!r} must consist of letters, digits, _ and -")
        if extracted_at.tzinfo is None:
            raise ValueError("extracted_at needs a time zone")
        self._extracted_at = extracted_at.astimezone(UTC)
        self._folder = root / source / stream.name
        self._batch_id = f"{self._extracted_at:%Y%m%dT%H%M%S_%fZ}-{run_id}"
        if step:
            self._batch_id += f"-{step:05d}"
        self._source, self._kind, self._stream, self._run_id = source, kind, stream, run_id
        self._key = stream.key
        self._max_shrink, self._max_quarantined = max_shrink, max_quarantined
        self._accept_short_read = accept_short_read
        self._after_batch = after_batch
        self._stopped = stopped
        self._part_records = part_records
        self._files: list[_File] = []
        self._parts: list[_File] = []
        self._rejected: _File | None = None
        self._is_open = True
        if self._manifest_path.exists():
            raise LandingError(f"batch {self._batch_id} of {source}.{stream.name} exists already")

    def __enter__(self) -> LandingWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._is_open:
            self._is_open = False
            for file in self._files:
                file.discard()

    @property
    def records(self) -> int:
        """How many records were written so far."""
        return sum(part.records for part in self._parts)

    @property
    def rejected(self) -> int:
        """How many rows were rejected so far."""
        return self._rejected.records if self._rejected else 0

    def write(self, records: Iterable[bytes]) -> None:
        """Append records, each the bytes of one JSON object as received.

        Line breaks inside a record become spaces, so that it stays one line: in JSON they can
        only stand between tokens (inside a string they are escaped), where they mean nothing.
        """
        self._require_open()
        iterator = iter(records)
        while chunk := list(islice(iterator, min(_CHUNK, self._room_in_part()))):
            self._current_part().write(_as_lines(chunk), len(chunk))

    def write_lines(self, lines: bytes, records: int) -> None:
        """Append records that are one a line already, each line ended."""
        self._require_open()
        while records:
            here, now = lines, min(records, self._room_in_part())
            if now < records:
                cut = _end_of_line(lines, now)
                here, lines = lines[:cut], lines[cut:]
            self._current_part().write(here, now)
            records -= now

    def reject(self, *, text: str, position: int, reason: str) -> None:
        """Set aside a row that cannot be made a record: its text, where it was, and why."""
        self._require_open()
        if self._rejected is None:
            self._rejected = self._new_file("rejected")
        line = msgspec.json.encode({"text": text, "position": position, "reason": reason})
        self._rejected.write(line + b"\n", 1)

    def start_over(self) -> None:
        """Forget all that was written so far."""
        self._require_open()
        for file in self._files:
            file.discard()
        self._files, self._parts, self._rejected = [], [], None

    def identify_by(self, key: tuple[str, ...]) -> None:
        """Say that this read's records are identified by `key`, not by the stream's own key.

        For sources that find out only while reading that an optional key field is not there.
        """
        self._require_open()
        self._key = key

    def commit(self, result: ReadResult) -> Manifest:
        """Make the batch exist: all of it is on disk when this returns."""
        self._require_open()
        parts = tuple(part.finish() for part in self._parts)
        rejected_file = self._rejected.finish() if self._rejected else None
        manifest = Manifest(
            batch_id=self._batch_id,
            source=self._source,
            kind=self._kind,
            stream=self._stream.name,
            entity=self._stream.entity,
            key=self._key,
            is_full_read=(
                self._stream.is_full_read if result.is_full_read is None else result.is_full_read
            ),
            scope=result.scope,
            deletes=self._stream.deletes.value,
            deleted_when=self._stream.deleted_when,
            names_deleted=self._stream.names_deleted,
            cursor_field=self._stream.cursor_field,
            after_batch=self._after_batch,
            run_id=self._run_id,
            extracted_at=f"{self._extracted_at:%Y-%m-%dT%H:%M:%S.%fZ}",
            cursor=result.cursor,
            columns=result.columns,
            origin=result.origin,
            api_version=result.api_version,
            parts=parts,
            rejected_file=rejected_file,
            records=self.records,
            rejected=self.rejected,
            max_shrink=self._max_shrink,
            max_quarantined=self._max_quarantined,
            accept_short_read=self._accept_short_read,
        )
        self._publish(manifest)
        return manifest

    def _publish(self, manifest: Manifest) -> None:
        _make_durable_folder(self._folder)
        for file in self._files:
            file.move_into_place()
        _sync_folder(self._folder)
        temporary = _temporary(self._manifest_path)
        try:
            with temporary.open("wb") as stream:
                stream.write(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(self._manifest_path)
            self._is_open = False  # from here on the batch exists: nothing may clean it up
        finally:
            temporary.unlink(missing_ok=True)
        _sync_folder(self._folder)

    @property
    def _manifest_path(self) -> Path:
        return self._folder / f"{self._batch_id}{MANIFEST_ENDING}"

    def _require_open(self) -> None:
        if not self._is_open:
            raise RuntimeError(f"batch {self._batch_id} is committed or abandoned")
        if self._stopped is not None and self._stopped.is_set():
            raise ReadingStopped(f"nobody waits for batch {self._batch_id} any more")

    def _room_in_part(self) -> int:
        filled = self._parts[-1].records if self._parts else 0
        return self._part_records - filled or self._part_records

    def _current_part(self) -> _File:
        if not self._parts or self._parts[-1].records >= self._part_records:
            if self._parts:
                self._parts[-1].finish()
            self._parts.append(self._new_file(f"p{len(self._parts):05d}"))
        return self._parts[-1]

    def _new_file(self, suffix: str) -> _File:
        self._folder.mkdir(parents=True, exist_ok=True)
        file = _File(self._folder / f"{self._batch_id}-{suffix}.jsonl.gz")
        self._files.append(file)
        return file


class _File:
    """A gzip file being written under a temporary name; the same lines give the same bytes.

    That holds for one version of the compressor on one kind of machine, and however the lines
    come in: what it writes depends on how much it is given at once.
    """

    def __init__(self, path: Path) -> None:
        self.records = 0
        self._path = path
        self._written_as = _temporary(path)
        self._bytes = 0
        self._hash = hashlib.sha256()
        self._gzip = isal_zlib.compressobj(_GZIP_LEVEL, isal_zlib.DEFLATED, _GZIP_CONTAINER)
        self._waiting = b""
        self._stream = self._written_as.open("wb")
        self._compressor = ThreadPoolExecutor(1)  # compresses while the next records arrive
        self._compressing: deque[Future[None]] = deque()

    def write(self, lines: bytes, records: int) -> None:
        waiting = self._waiting + lines
        whole = len(waiting) - len(waiting) % _COMPRESSED_AT_ONCE
        if whole:
            self._wait_for_compression(_COMPRESSED_BEHIND - 1)
            self._compressing.append(self._compressor.submit(self._compress, waiting, whole))
        self._waiting = waiting[whole:]
        self.records += records

    def finish(self) -> Part:
        """Close the file, all of it on disk; may be called again."""
        if not self._stream.closed:
            self._wait_for_compression(0)
            self._compressor.shutdown()
            self._write_compressed(self._gzip.compress(self._waiting) + self._gzip.flush())
            self._waiting = b""
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._stream.close()
        return Part(self._path.name, self.records, self._bytes, self._hash.hexdigest())

    def move_into_place(self) -> None:
        self._written_as = self._written_as.replace(self._path)

    def discard(self) -> None:
        self._compressor.shutdown(cancel_futures=True)
        self._stream.close()
        self._written_as.unlink(missing_ok=True)

    def _wait_for_compression(self, behind: int) -> None:
        """Until no more writes than this are still to be compressed; raises what went wrong."""
        while len(self._compressing) > behind:
            self._compressing.popleft().result()

    def _compress(self, lines: bytes, end: int) -> None:
        with memoryview(lines) as whole:
            for start in range(0, end, _COMPRESSED_AT_ONCE):
                piece = whole[start : start + _COMPRESSED_AT_ONCE]
                self._write_compressed(self._gzip.compress(piece))

    def _write_compressed(self, data: bytes) -> None:
        self._stream.write(data)
        self._hash.update(data)
        self._bytes += len(data)


def remove_unfinished(root: Path) -> list[Path]:
    """Remove what killed reads left behind: files that belong to no manifest.

    Only for a time when nothing is being read: a batch in the making looks the same.
    """
    removed = [path for folder in stream_folders(root) for path in _unfinished(folder)]
    for path in removed:
        path.unlink()
    return removed


def _unfinished(folder: Path) -> Iterable[Path]:
    for path in sorted(folder.iterdir()):
        data_file = _DATA_FILE.fullmatch(path.name)
        if path.name.endswith(_TEMPORARY_ENDING) or (
            data_file and not (folder / f"{data_file['batch']}{MANIFEST_ENDING}").exists()
        ):
            yield path


def _as_lines(records: list[bytes]) -> bytes:
    lines = b"\n".join(records) + b"\n"
    if lines.count(b"\n") == len(records) and b"\r" not in lines:
        return lines
    return b"".join(record.translate(_ONE_LINE) + b"\n" for record in records)


def _end_of_line(lines: bytes, number: int) -> int:
    """Where the line of that number ends, counted from 1."""
    end = 0
    for _ in range(number):
        end = lines.index(b"\n", end) + 1
    return end


def _temporary(path: Path) -> Path:
    return path.with_name(path.name + _TEMPORARY_ENDING)


def _make_durable_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _sync_folder(folder.parent)
    _sync_folder(folder.parent.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
