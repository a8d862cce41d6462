"""A refresh or rebuild from the command line: run the Dagster job here, and say what came of it.

Belongs here: starting the run, its exit code, the order of what is printed. Does not: the steps
themselves (night), how they are wired (definitions), or what a table of results looks like
(summary).
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from rich.console import Console
from rich.logging import RichHandler

from connectors.manifest import LandingError
from pipelines.cli import BAD_CONFIG, BUSY, DEGRADED, NOT_PUBLISHED
from pipelines.config import ConfigError, load_config
from pipelines.dbt_process import dbt_process
from pipelines.home import DEFAULT_MODELS_DIR, Home
from pipelines.lock import HomeIsBusy, writing

if TYPE_CHECKING:
    import dagster as dg

console = Console(stderr=True)


def refresh(
    home: Home,
    config_dir: Path,
    *,
    as_of: date | None = None,
    accept_short_read: Sequence[str] = (),
    wait: bool = False,
    quietly: bool = False,
) -> int:
    """Run the nightly job in this process; returns the exit code.

    `quietly`: without telling how it goes and what came of it; failures are told all the same.
    """

    def work() -> int:
        config = load_config(config_dir, default_models=DEFAULT_MODELS_DIR)
        if not config.sources_file.sources:
            say(
                f"No source is configured in {config_dir / 'sources.yaml'}. Add one there, or try "
                "the example: cs-coverage refresh --config examples/spreadsheets/config "
                "--as-of 2026-06-30"
            )
            return BAD_CONFIG
        with writing(home, "refresh", -1 if wait else 0):
            return _run_job(home, config_dir, as_of, accept_short_read, quietly=quietly)

    return exit_code(work)


def rebuild(home: Home, config_dir: Path, *, as_of: date | None = None) -> int:
    """Replay landing into a new warehouse, put it in place, and run everything but the reading."""
    from pipelines.warehouse.connection import limit
    from pipelines.warehouse.rebuild import replay_landing

    def work() -> int:
        config = load_config(config_dir, default_models=DEFAULT_MODELS_DIR)
        limit(config.sources_file.duckdb.options)
        with writing(home, "rebuild"):
            log_to_console()
            last_as_of = replay_landing(home)
            if as_of is None and last_as_of is None:
                say(f"Nothing has landed in {home.landing} yet: run cs-coverage refresh.")
                return NOT_PUBLISHED
            return _run_job(home, config_dir, as_of or last_as_of, (), read_sources=False)

    return exit_code(work)


def exit_code(work: Callable[[], int]) -> int:
    """What `work` returns; what a person can put right is said without a traceback."""
    try:
        return work()
    except ConfigError as error:
        say(str(error))
        return BAD_CONFIG
    except HomeIsBusy as error:
        say(str(error))
        return BUSY
    except LandingError as error:
        say(str(error))
        return NOT_PUBLISHED


def say(message: str) -> None:
    """Tell a person, on standard error, what went wrong."""
    console.print(message, style="red", highlight=False, soft_wrap=True, markup=False)


def log_to_console(level: int = logging.INFO) -> None:
    """Our own progress on the terminal; Dagster's and dbt's events stay in Dagster."""
    log = logging.getLogger("cs_coverage")
    log.setLevel(level)
    log.propagate = False
    if not log.handlers:
        log.addHandler(RichHandler(console=console, show_path=False, markup=False))


def _run_job(
    home: Home,
    config_dir: Path,
    as_of: date | None,
    accept_short_read: Sequence[str],
    *,
    read_sources: bool = True,
    quietly: bool = False,
) -> int:
    log_to_console(logging.ERROR if quietly else logging.INFO)
    log = logging.getLogger("cs_coverage")
    log.info("starting")
    dbt_process().start()  # while everything else is imported, and sources are read
    from pipelines.definitions import JOB, build_defs
    from pipelines.failures import failure_lines, report_failure_lines, was_published
    from pipelines.instance import process_tags
    from pipelines.summary import print_failure, print_summary

    defs = build_defs(home, config_dir)
    job = defs.resolve_job_def(JOB)
    run_id = str(uuid4())
    with instance_here(home, "refresh.log") as instance:
        result = job.execute_in_process(
            run_config=_run_config(as_of, accept_short_read),
            instance=instance,
            run_id=run_id,
            tags=process_tags(run_id),
            raise_on_error=False,
            asset_selection=None if read_sources else _all_but_streams(defs),
        )
    if not was_published(result.all_events):
        print_failure(console, home, failure_lines(result.all_events))
        return NOT_PUBLISHED
    if not quietly:
        print_summary(Console(file=sys.stdout), home, config_dir)
    for line in report_failure_lines(result.all_events):
        say(f"The tables are published; the report is still the one before. {line}")
    return 0 if result.success else DEGRADED


@contextmanager
def instance_here(home: Home, transcript: str) -> Iterator[dg.DagsterInstance]:
    """The home's instance, for runs in this process.

    What dbt prints meanwhile goes to the file `transcript` beside dbt's own.
    """
    from pipelines.dagster_shortcuts import shortcuts
    from pipelines.event_log import kept_open
    from pipelines.instance import close_runs_of_dead_processes, prepare_instance

    os.environ["DAGSTER_HOME"] = str(prepare_instance(home))
    import dagster as dg

    with (
        dg.DagsterInstance.get() as instance,
        kept_open(instance.event_log_storage),
        shortcuts(),
        (home.dbt_target / transcript).open("w") as dbt_output,
        redirect_stdout(dbt_output),
    ):
        close_runs_of_dead_processes(instance)
        yield instance


def _run_config(as_of: date | None, accept_short_read: Sequence[str]) -> dict[str, Any]:
    night: dict[str, Any] = {"accept_short_read": list(accept_short_read)}
    if as_of is not None:
        night["as_of"] = as_of.isoformat()
    return {
        "resources": {"night": {"config": night}},
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    }


def _all_but_streams(defs: dg.Definitions) -> list[dg.AssetKey]:
    """What a run makes and neither reads a source nor writes to one."""
    from pipelines.assets.past import PAST_DAY
    from pipelines.assets.streams import is_stream
    from pipelines.assets.write_back import is_write_back

    made = defs.resolve_asset_graph().materializable_asset_keys - {PAST_DAY}
    specs = [spec for spec in defs.resolve_all_asset_specs() if spec.key in made]
    return [spec.key for spec in specs if not (is_stream(spec) or is_write_back(spec))]
