"""`cs-coverage check`: is the configuration sound, and can what it names be read?

Belongs here: a dry look that loads nothing. Does not: repairing.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from connectors.errors import NotPermitted, SourceError
from connectors.landing import LandingWriter
from connectors.stream import Stream
from pipelines.cli import BAD_CONFIG, NOT_PUBLISHED
from pipelines.config import ConfigError, load_config
from pipelines.config.load import load_write_back
from pipelines.config.publishing import Postgres
from pipelines.config.write_back import WriteBackFile
from pipelines.home import DEFAULT_MODELS_DIR
from pipelines.metrics import missing_without
from pipelines.postgres.connection import ServerError
from pipelines.postgres.publish import look as look_at_postgres
from pipelines.sources import OpenSource, all_streams, open_sources
from pipelines.write_back import WRITE_BACK
from pipelines.write_back.run import fields_problem

_LOOKS_AT_A_TIME = 8

console = Console()


@dataclass(frozen=True)
class Look:
    """What a first look at a stream showed. `problem` is None where it can be read."""

    name: str
    entities: tuple[str, ...]
    records: int | None = None
    problem: str | None = None
    is_no_loss: bool = False

    @property
    def result(self) -> str:
        """The row's last word."""
        if self.problem is None:
            return "can be read"
        return "not offered" if self.is_no_loss else "[red]cannot be read[/]"


def check(config_dir: Path) -> int:
    """Look at every stream, keeping nothing, and say what can be read and what that would cost."""
    try:
        config = load_config(config_dir, default_models=DEFAULT_MODELS_DIR)
        to_write = load_write_back(config)
    except ConfigError as error:
        console.print(str(error), style="red", highlight=False, soft_wrap=True, markup=False)
        return BAD_CONFIG
    models = ", ".join(str(m.effective_from) for m in config.models)
    console.print(f"{config_dir}: sound. Coverage models from {models}.", highlight=False)
    if not config.sources_file.sources:
        console.print(f"No source is configured yet: add one in {config_dir / 'sources.yaml'}.")
        return BAD_CONFIG
    with ThreadPoolExecutor(_LOOKS_AT_A_TIME) as pool:
        looks = list(pool.map(lambda pair: _look(*pair), all_streams(open_sources(config))))
    console.print(_table(looks))
    _print_problems(looks)
    can_write = _print_writing(open_sources(config), to_write)
    is_all_well = can_write and not any(look.problem and not look.is_no_loss for look in looks)
    if config.publishing.postgres:
        is_all_well &= _look_at_postgres(config.publishing.postgres, config_dir)
    return 0 if is_all_well else NOT_PUBLISHED


def _look_at_postgres(settings: Postgres, config_dir: Path) -> bool:
    try:
        version = look_at_postgres(settings, config_dir)
    except ServerError as error:
        console.print(f"\n- {escape(str(error))}", highlight=False, soft_wrap=True)
        return False
    console.print(f"\nPostgreSQL {version} can be published to.", highlight=False)
    return True


def _print_writing(sources: Sequence[OpenSource], to_write: WriteBackFile) -> bool:
    """Whether results can be written to each source that write_back.yaml enables; say so."""
    can_write = True
    for opened in sources:
        settings = to_write.sources.get(opened.source.name)
        if settings is None or not settings.enabled:
            continue
        problem = fields_problem(opened, settings)
        found = problem or f"{', '.join(settings.fields.values())} can be written to"
        console.print(
            f"\n- {opened.source.name}.{WRITE_BACK}: {escape(found)}.",
            style="red" if problem else None,
            highlight=False,
            soft_wrap=True,
        )
        can_write = can_write and problem is None
    return can_write


def _table(looks: Sequence[Look]) -> Table:
    table = Table("stream", "gives")
    table.add_column("seen", justify="right")
    table.add_column("result")
    for look in looks:
        seen = "" if look.records is None else f"{look.records:,}"
        table.add_row(look.name, ", ".join(look.entities), seen, look.result)
    return table


def _print_problems(looks: Sequence[Look]) -> None:
    readable = {e for look in looks if look.problem is None for e in look.entities}
    for look in looks:
        if look.problem is None:
            continue
        console.print(f"\n- {escape(look.problem)}", highlight=False, soft_wrap=True)
        if look.is_no_loss:
            continue
        lost = missing_without(e for e in look.entities if e not in readable)
        poorer = missing_without(e for e in look.entities if e in readable)
        if lost:
            console.print(f"  Missing without it: {lost}.", highlight=False, soft_wrap=True)
        if poorer:
            console.print(f"  Incomplete without it: {poorer}.", highlight=False, soft_wrap=True)


def _look(opened: OpenSource, stream: Stream) -> Look:
    name = f"{opened.source.name}.{stream.name}"
    entities = stream.feeds or ((stream.entity,) if stream.entity else ())
    with (
        TemporaryDirectory() as folder,
        LandingWriter(
            Path(folder),
            source=opened.source.name,
            kind=opened.source.kind,
            stream=stream,
            run_id="check",
            extracted_at=datetime.now(UTC),
            max_shrink=opened.settings.max_shrink,
            max_quarantined=opened.settings.max_quarantined,
        ) as landing,
    ):
        try:
            opened.source.probe(stream, landing)
        except SourceError as error:
            is_no_loss = stream.is_optional and isinstance(error, NotPermitted)
            return Look(name, entities, problem=str(error), is_no_loss=is_no_loss)
        unreadable = (
            f"{name}: {landing.rejected} rows cannot be read." if landing.rejected else None
        )
        return Look(name, entities, landing.records, unreadable)
