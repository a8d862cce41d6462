"""Reading one stream of a files source as a night does; shared by the tests of that source."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from connectors.files import Settings, open_source
from connectors.files.source import FilesSource
from connectors.landing import LandingWriter
from connectors.manifest import Manifest


@dataclass
class Read:
    """What a read landed."""

    manifest: Manifest
    rows: list[dict[str, Any]]
    rejected: list[dict[str, Any]]


def files_source(base_dir: Path, **settings: Any) -> FilesSource:
    return open_source("sheets", Settings.model_validate({"path": ".", **settings}), base_dir)


def read(source: FilesSource, stream: str, cursor: str | None = None) -> Read | None:
    """Land `stream` beside the source's folder; None where nothing changed."""
    root = source._base_dir / "landing"
    (declared,) = [s for s in source.streams if s.name == stream]
    with LandingWriter(
        root,
        source=source.name,
        kind=source.kind,
        stream=declared,
        run_id="run",
        extracted_at=datetime.now(UTC),
        max_shrink=source.max_shrink,
        max_quarantined=source.max_quarantined,
    ) as landing:
        result = source.extract(declared, cursor, landing)
        if result is None:
            return None
        manifest = landing.commit(result)
    rejected = manifest.rejected_path(root)
    return Read(
        manifest,
        [row for path in manifest.part_paths(root) for row in _json_lines(path)],
        _json_lines(rejected) if rejected else [],
    )


def read_file(folder: Path, name: str, content: bytes | str, **settings: Any) -> Read:
    """Write a file that only a check uses, and read it: its key is the whole row."""
    if isinstance(content, str):
        content = content.encode()
    (folder / name).write_bytes(content)
    source = files_source(folder, **{"entities": {}, "files": {name: {}}, **settings})
    (stream,) = source.streams
    done = read(source, stream.name)
    assert done is not None
    return done


def _json_lines(path: Path) -> list[dict[str, Any]]:
    text = gzip.decompress(path.read_bytes())
    return [msgspec.json.decode(line) for line in text.splitlines()]
