"""What a landed batch says of itself, and finding the batches there are.

Belongs here: the manifest, reading it back, listing. Does not: writing a batch (landing).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from connectors.stream import DeletedWhen, NamesDeleted, Scope

FORMAT_VERSION = 1
MANIFEST_ENDING = ".manifest.json"


class LandingError(Exception):
    """Landing itself is not as it should be; the message names the file and what to do."""


class Part(msgspec.Struct, frozen=True):
    """One file of a batch."""

    file: str
    records: int
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch is. Its limits are those of the night that read it.

    `key` is what identifies a record; empty: its whole content. A full read lists everything
    there is, or everything within `scope`. A batch that continues a read names in `after_batch`
    the one before it, without which it must not be applied.
    """

    format_version: int = FORMAT_VERSION
    batch_id: str
    source: str
    kind: str
    stream: str
    entity: str | None
    key: tuple[str, ...]
    is_full_read: bool
    scope: Scope | None = None
    deletes: str
    deleted_when: DeletedWhen | None = None
    names_deleted: NamesDeleted | None = None
    cursor_field: str | None = None
    after_batch: str | None = None
    run_id: str
    extracted_at: str
    cursor: str | None
    columns: tuple[str, ...]
    origin: dict[str, Any]
    api_version: str | None
    parts: tuple[Part, ...]
    rejected_file: Part | None
    records: int
    rejected: int
    max_shrink: float
    max_quarantined: float
    accept_short_read: bool

    def part_paths(self, root: Path) -> list[Path]:
        """Where the batch's records are, in order, in the landing folder `root`."""
        return [root / self.source / self.stream / part.file for part in self.parts]

    def rejected_path(self, root: Path) -> Path | None:
        """Where the rejected rows are: lines of {"text", "position", "reason"}."""
        if self.rejected_file is None:
            return None
        return root / self.source / self.stream / self.rejected_file.file


class _Version(msgspec.Struct):
    format_version: int


def manifests(root: Path, source: str | None = None, stream: str | None = None) -> list[Manifest]:
    """All batches in the landing folder `root`, in the order in which they are applied.

    Run by run; within a run as they were landed, but delete logs last: what a log says holds
    against whatever was read beside it. Raises LandingError for a manifest that cannot be read.
    """
    found = [
        _read_manifest(path)
        for folder in stream_folders(root)
        if source in (None, folder.parent.name) and stream in (None, folder.name)
        for path in folder.glob(f"*{MANIFEST_ENDING}")
    ]
    began: dict[str, str] = {}
    for manifest in found:
        began[manifest.run_id] = min(
            began.get(manifest.run_id, manifest.extracted_at), manifest.extracted_at
        )
    return sorted(
        found,
        key=lambda m: (
            began[m.run_id],
            m.run_id,
            m.names_deleted is not None,
            m.extracted_at,
            m.batch_id,
        ),
    )


def stream_folders(root: Path) -> list[Path]:
    """The folders of all streams, in order."""
    # What begins with "_" is landed by the product itself, in a form of its own.
    return sorted(
        folder
        for folder in root.glob("*/*")
        if folder.is_dir() and not folder.parent.name.startswith(("_", "."))
    )


def _read_manifest(path: Path) -> Manifest:
    try:
        text = path.read_bytes()
        version = msgspec.json.decode(text, type=_Version).format_version
        if version != FORMAT_VERSION:
            raise LandingError(
                f"{path} has format version {version}; this version of the product reads "
                f"{FORMAT_VERSION}. Update the product."
            )
        return msgspec.json.decode(text, type=Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise LandingError(
            f"{path} cannot be read ({error}). Restore it from a backup, or, to do without what "
            "this batch read, move it away together with the files that share its name."
        ) from error
