"""`cs-coverage check`: is the configuration sound, and is what it names there?

Belongs here: a dry look that loads nothing. Does not: repairing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from connectors.errors import SourceError
from connectors.landing import LandingWriter
from connectors.stream import Stream
from pipelines.cli import BAD_CONFIG, NOT_PUBLISHED
from pipelines.config import ConfigError, load_config
from pipelines.home import DEFAULT_MODELS_DIR
from pipelines.sources import OpenSource, all_streams, open_sources

console = Console()


def check(config_dir: Path) -> int:
    """Read every stream once into a folder that is thrown away, and say how that went."""
    try:
        config = load_config(config_dir, default_models=DEFAULT_MODELS_DIR)
    except ConfigError as error:
        console.print(str(error), style="red", highlight=False, soft_wrap=True, markup=False)
        return BAD_CONFIG
    models = ", ".join(str(m.effective_from) for m in config.models)
    console.print(f"{config_dir}: sound. Coverage models from {models}.", highlight=False)
    if not config.sources_file.sources:
        console.print(f"No source is configured yet: add one in {config_dir / 'sources.yaml'}.")
        return BAD_CONFIG
    table = Table("stream", "entity", "records", "result")
    sound = True
    for opened, stream in all_streams(open_sources(config)):
        records, problem = _try(opened, stream)
        sound = sound and problem is None
        name = f"{opened.source.name}.{stream.name}"
        table.add_row(name, stream.entity or "", records, problem or "can be read")
    console.print(table)
    return 0 if sound else NOT_PUBLISHED


def _try(opened: OpenSource, stream: Stream) -> tuple[str, str | None]:
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
            result = opened.source.extract(stream, None, landing)
        except SourceError as error:
            return "", str(error)
        if result is None:
            return "none", None
        unreadable = f"{landing.rejected} rows cannot be read" if landing.rejected else None
        return f"{landing.records:,}", unreadable
