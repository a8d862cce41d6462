"""`cs-coverage backfill`: past days computed again, listed or forgotten, from the command line.

Belongs here: the order of days, what is printed, the exit code. Does not: computing a day
(past_day), or how Dagster runs it (assets/past).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from uuid import uuid4

from rich.console import Console
from rich.table import Table

from pipelines.cli import BAD_CONFIG, DEGRADED, NOT_PUBLISHED
from pipelines.config import load_config
from pipelines.home import DEFAULT_MODELS_DIR, Home
from pipelines.lock import writing
from pipelines.past_day import NotAPastDay, days_between, forget_days, kept_days
from pipelines.refresh import exit_code, instance_here, log_to_console, say


def backfill(home: Home, config_dir: Path, first: date, last: date, *, wait: bool = False) -> int:
    """Compute the days from `first` to `last` again, one after the other; returns the exit code.

    A day that fails leaves the others alone.
    """

    def work() -> int:
        config = load_config(config_dir, default_models=DEFAULT_MODELS_DIR)
        try:
            days = days_between(home, config, first, last)
        except NotAPastDay as error:
            say(str(error))
            return BAD_CONFIG
        log_to_console()
        with writing(home, "backfill", -1 if wait else 0):
            pass  # each day takes the lock by itself, so that a night gets in between
        failed = _run(home, config_dir, days)
        list_days(home)
        return (NOT_PUBLISHED if failed == len(days) else DEGRADED) if failed else 0

    return exit_code(work)


def forget(home: Home, first: date, last: date) -> int:
    """Delete what lies there of the days from `first` to `last`."""

    def work() -> int:
        with writing(home, "forget past days"):
            forgotten = forget_days(home, first, last)
        say(f"Days forgotten: {len(forgotten)}, {_megabytes(sum(k.size for k in forgotten))} MB.")
        return 0

    return exit_code(work)


def list_days(home: Home) -> int:
    """Print which past days lie there, and how large they are."""
    table = Table("day", title="Past days", title_justify="left")
    table.add_column("MB", justify="right")
    table.add_column("file", overflow="fold")
    for kept in kept_days(home):
        table.add_row(str(kept.day), _megabytes(kept.size), str(home.past_day(kept.day)))
    Console().print(table)
    return 0


def _run(home: Home, config_dir: Path, days: list[date]) -> int:
    """Run Dagster's job for each day; returns how many failed, which were said why."""
    from pipelines.definitions import PAST_DAY_JOB, build_defs
    from pipelines.failures import failure_lines
    from pipelines.instance import process_tags

    job = build_defs(home, config_dir).resolve_job_def(PAST_DAY_JOB)
    failed = 0
    with instance_here(home, "backfill.log") as instance:
        for day in days:
            run_id = str(uuid4())
            result = job.execute_in_process(
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                instance=instance,
                run_id=run_id,
                partition_key=day.isoformat(),
                tags=process_tags(run_id),
                raise_on_error=False,
            )
            if not result.success:
                failed += 1
                for line in failure_lines(result.all_events):
                    say(f"{day}: {line}")
    return failed


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f}"
