"""`cs-coverage write-back`: what would be written where; with --apply, writing it.

Belongs here: the order of what is told, and exit codes. Does not: working it out (run).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.cli import BAD_CONFIG, BUSY, DEGRADED
from pipelines.config import ConfigError, load_config
from pipelines.config.load import load_write_back
from pipelines.home import DEFAULT_MODELS_DIR, Home
from pipelines.lock import HomeIsBusy, writing
from pipelines.sources import open_sources
from pipelines.write_back.plan import Change, Skipped
from pipelines.write_back.run import Asked, Report, counted, write_back

_SHOWN_CHANGES = 10
_SHOWN_SKIPPED = 5

console = Console()


def run_write_back(
    home: Home, config_dir: Path, sources: Sequence[str], *, apply: bool, accept: bool, again: bool
) -> int:
    """Say what would be written to each source, and write it with `apply`; the exit code."""
    asked = Asked(look_only=not apply, accept=accept, again=again)
    try:
        config = load_config(config_dir, default_models=DEFAULT_MODELS_DIR)
        to_write = load_write_back(config).sources
        unknown = sorted(set(sources) - set(to_write))
        if unknown or not to_write:
            what = f"says nothing of {', '.join(unknown)}" if unknown else "names no source"
            return _refuse(f"{config_dir / 'write_back.yaml'} {what}: see docs/write_back.md")
        with writing(home, "write-back"):
            reports = [
                write_back(home, config, opened, to_write[name], str(uuid4()), asked)
                for opened in open_sources(config)
                if (name := opened.source.name) in to_write and (not sources or name in sources)
            ]
    except ConfigError as error:
        return _refuse(str(error))
    except HomeIsBusy as error:
        return _refuse(str(error), BUSY)
    for report in reports:
        _tell(report)
    return 0 if all(report.is_good for report in reports) or not apply else DEGRADED


def _refuse(message: str, code: int = BAD_CONFIG) -> int:
    console.print(message, style="red", highlight=False, soft_wrap=True, markup=False)
    return code


def _tell(report: Report) -> None:
    console.print(f"\n[bold]{report.source}[/]", highlight=False)
    if report.plan is not None:
        planned = report.plan
        console.print(
            f"{counted(planned.records)}: {len(planned.changes):,} differ, {planned.same:,} are "
            f"as published, {len(planned.skipped):,} are left alone.",
            highlight=False,
        )
        if planned.changes:
            console.print(_changes(planned.changes))
        for why in dict.fromkeys(skipped.why for skipped in planned.skipped):
            _line(_left_alone(why, [each for each in planned.skipped if each.why == why]))
    for change, why in report.refused:
        _line(f"- refused: {change.key} ({change.name}): {why}", "red")
    if report.wrong:
        _line(report.wrong, "red")
    elif report.waits:
        _line(report.waits)
    if report.written:
        _line(f"{counted(report.written)} written.")


def _left_alone(why: str, skipped: Sequence[Skipped]) -> str:
    named = [f"{each.key} ({each.name})" for each in skipped[:_SHOWN_SKIPPED]]
    if (more := len(skipped) - _SHOWN_SKIPPED) > 0:
        named.append(f"{more:,} more")
    return f"- {len(skipped):,} left alone: {why}: {', '.join(named)}"


def _line(text: str, style: str | None = None) -> None:
    console.print(text, style=style, highlight=False, soft_wrap=True, markup=False)


def _changes(changes: Sequence[Change]) -> Table:
    title = "What differs"
    if len(changes) > _SHOWN_CHANGES:
        title += f" (the first {_SHOWN_CHANGES} of {len(changes):,})"
    table = Table("record", "account", "field", "is", "to be", title=title, title_justify="left")
    for change in changes[:_SHOWN_CHANGES]:
        record, account = change.key, change.name or ""
        for field, value in change.new.items():
            cells = (record, account, field, _shown(change.old.get(field)), _shown(value))
            table.add_row(*map(escape, cells))
            record = account = ""
    return table


def _shown(value: object) -> str:
    return "–" if value is None or value == "" else str(value)
