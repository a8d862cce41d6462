"""Dagster's instance in the home: its settings, and runs that a kill left open.

Belongs here: what Dagster keeps between runs, and for how long. Does not: assets and jobs.
"""

from __future__ import annotations

import os
import shutil
import socket
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.home import CHECKOUT, Home

if TYPE_CHECKING:
    from dagster import DagsterInstance

_TEMPLATE = CHECKOUT / "pipelines" / "dagster.yaml"
_PROCESS_TAG = "cs_coverage/process"
_FORGOTTEN_AT_ONCE = 20


def prepare_instance(home: Home) -> Path:
    """The instance's folder, with our settings unless the user put their own there."""
    home.dagster.mkdir(parents=True, exist_ok=True)
    settings = home.dagster / "dagster.yaml"
    if not settings.exists():
        shutil.copyfile(_TEMPLATE, settings)
    return home.dagster


def process_tags(run_id: str) -> dict[str, str]:
    """Tags by which a later run recognises that the process of this one is gone.

    They name the run, because a run that is started again gets the tags of the one before.
    """
    return {_PROCESS_TAG: f"{run_id}:{socket.gethostname()}:{os.getpid()}"}


def close_runs_of_dead_processes(instance: DagsterInstance) -> None:
    """Mark runs whose process was killed as failed, and free the pool slots that they hold."""
    from dagster import DagsterRunStatus, RunsFilter

    finished = (DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED)
    unfinished = [status for status in DagsterRunStatus if status not in finished]
    for run in instance.get_runs(filters=RunsFilter(statuses=unfinished)):
        place, _, pid = run.tags.get(_PROCESS_TAG, "").rpartition(":")
        if place == f"{run.run_id}:{socket.gethostname()}" and not _is_alive(int(pid)):
            instance.report_run_failed(run, "The process that ran this was killed.")
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)


def forget_old_runs(instance: DagsterInstance, created_before: datetime) -> None:
    """Delete runs, their events included: what a night came to is in ops_run for good."""
    from dagster import DagsterRunStatus, RunsFilter

    finished = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED]
    old = RunsFilter(statuses=finished, created_before=created_before)
    for record in instance.get_run_records(old, limit=_FORGOTTEN_AT_ONCE, ascending=True):
        instance.delete_run(record.dagster_run.run_id)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid != os.getpid()
