"""What tests of landing, loading and mapping share: real files, a real writer, a real warehouse.

Belongs here: landing a batch, reading a folder as a night does, looking at what came of it. Does
not: what any of them expect.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from connectors.files import Settings, open_source
from connectors.files.source import FilesSource
from connectors.landing import LandingWriter
from connectors.manifest import Manifest
from connectors.stream import ReadResult, Stream
from pipelines import canonical
from pipelines.extraction import landed
from pipelines.home import Home
from pipelines.loading import ReadReport, errands, load_stream
from pipelines.sources import OpenSource, files_sources
from pipelines.warehouse.connection import warehouse
from pipelines.warehouse.input_views import prepare_inputs
from pipelines.warehouse.load import LoadResult, apply_batch
from pipelines.warehouse.runs import Run, begin_run
from pipelines.warehouse.user_queries import Finding

NIGHT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
TICKETS = Stream("tickets", "Tickets.", key=("id",), entity="tickets")

Record = dict[str, Any]


def query(home: Home, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    """What the warehouse answers."""
    with warehouse(home.warehouse, read_only=True) as con:
        return con.execute(sql, parameters).fetchall()


def records(home: Home, sql: str, *parameters: object) -> list[Record]:
    """What the warehouse answers, each row by its columns' names."""
    with warehouse(home.warehouse, read_only=True) as con:
        con.execute(sql, parameters)
        names = [column[0] for column in con.description or ()]
        return [dict(zip(names, row, strict=True)) for row in con.fetchall()]


def land(
    home: Home,
    rows: Iterable[Record],
    *,
    stream: Stream = TICKETS,
    at: datetime = NIGHT,
    run_id: str = "run",
    cursor: str | None = None,
    columns: tuple[str, ...] = ("id", "subject"),
    rejected: Sequence[str] = (),
    max_shrink: float = 0.2,
    max_quarantined: float = 0.05,
    accept_short_read: bool = False,
    part_records: int = 500_000,
) -> Manifest:
    """Land one batch of the source `desk` through the real writer."""
    with LandingWriter(
        home.landing,
        source="desk",
        kind="files",
        stream=stream,
        run_id=run_id,
        extracted_at=at,
        max_shrink=max_shrink,
        max_quarantined=max_quarantined,
        accept_short_read=accept_short_read,
        part_records=part_records,
    ) as landing:
        landing.write(msgspec.json.encode(row) for row in rows)
        for position, text in enumerate(rejected):
            landing.reject(text=text, position=position, reason="a separator is missing")
        return landing.commit(ReadResult(cursor=cursor, columns=columns))


def load(home: Home, manifest: Manifest) -> LoadResult:
    """Apply a landed batch, or be told why not."""
    with warehouse(home.warehouse) as con:
        return apply_batch(con, home.landing, manifest)


@dataclass
class Folder:
    """A files source over a folder of its own; `settings` as in sources.yaml."""

    home: Home
    path: Path
    name: str = "sheets"
    settings: Record = field(default_factory=dict)

    def write(self, **files: str) -> None:
        """Write `<name>.csv` files."""
        self.path.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (self.path / f"{name}.csv").write_text(text, encoding="utf-8")

    @property
    def opened(self) -> OpenSource:
        """The source as a night opens it."""
        settings = Settings.model_validate({"path": ".", **self.settings})
        return OpenSource(open_source(self.name, settings, self.path), settings)

    def read(self, *, accept_short_read: Iterable[str] = ()) -> dict[str, ReadReport]:
        """Read and load every stream; how each fared, by its name."""
        opened = self.opened
        wanted = errands(
            self.home,
            [(opened, stream) for stream in opened.source.streams],
            run_id="run",
            accept_short_read=frozenset(accept_short_read),
        )
        return {
            errand.stream.name: load_stream(self.home, self.name, errand.stream, landed(errand))
            for errand in wanted
        }

    @property
    def batches(self) -> list[Path]:
        """The manifests that were landed."""
        return sorted((self.home.landing / self.name).rglob("*.manifest.json"))


def prepare(home: Home, *folders: Folder, time_zone: str = "UTC") -> list[Finding]:
    """Make schema `input` from what is loaded; what is wrong with the mappings."""
    run = Run("run", NIGHT, date(2026, 11, 21), "test")
    sources: list[FilesSource] = files_sources([folder.opened for folder in folders])
    with warehouse(home.warehouse) as con:
        begin_run(con, run, time_zone=time_zone, currency="USD", fx={}, sources=[])
        return prepare_inputs(con, canonical.entities(), sources)


def rows(home: Home, entity: str, *columns: str) -> list[tuple[Any, ...]]:
    """Rows of an entity's view, by the given columns."""
    names = ", ".join(f'"{column}"' for column in columns)
    return query(home, f"select {names} from input.files__{entity} order by all")


def carried(home: Home) -> set[tuple[str, str]]:
    """Which fields of which entities a source carries."""
    return {(e, f) for e, f in query(home, "select entity, field from meta.carried_field")}


def ticket(number: object, subject: str = "printer") -> Record:
    """A record of the stream that most tests land."""
    return {"id": number, "subject": subject}


def ten() -> list[Record]:
    """Ten of them, with keys 0 to 9."""
    return [ticket(str(number)) for number in range(10)]


def night(home: Home, rows: list[Record], after_days: int = 0, **how: Any) -> LoadResult:
    """Land and load, `after_days` after the first night."""
    at = NIGHT + timedelta(days=after_days)
    return load(home, land(home, rows, at=at, run_id=f"run-{after_days}", **how))


def versions(home: Home, key: str) -> list[tuple[Any, ...]]:
    """A record's versions: its text, whether deleted, whether current, and the run."""
    return query(
        home,
        "select payload ->> 'subject', is_deleted, is_current, first_seen_run "
        "from raw.desk__tickets where record_key = ? order by extracted_at",
        key,
    )


def counts(result: LoadResult) -> tuple[int, int, int, int]:
    """What a load made: new, changed, deleted; and how many records there are now."""
    return (result.new, result.changed, result.deleted, result.live)
