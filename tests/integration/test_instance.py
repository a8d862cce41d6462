"""Runs that a kill left open in Dagster's storage.

Belongs here: closing them, and leaving everybody else's alone. Does not: killing anything.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import dagster as dg
import pytest

from pipelines.instance import (
    close_runs_of_dead_processes,
    forget_old_runs,
    process_tags,
)

UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def dead_process() -> int:
    """A number that a process had that is gone."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def run_of(
    instance: dg.DagsterInstance,
    status: dg.DagsterRunStatus,
    process: str,
    tagged_for: str | None = None,
) -> str:
    """A run whose tag names a process, for itself or for another run."""
    run_id = str(uuid4())
    tag = f"{tagged_for or run_id}:{process}"
    run = dg.DagsterRun(
        "nightly_refresh", run_id=run_id, status=status, tags={"cs_coverage/process": tag}
    )
    return instance.add_run(run).run_id


def status_after_closing(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    close_runs_of_dead_processes(instance)
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


@pytest.fixture
def instance():  # type: ignore[no-untyped-def]
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.mark.parametrize("status", UNFINISHED)
def test_a_run_of_a_dead_process_is_closed_as_failed(
    instance: dg.DagsterInstance, status: dg.DagsterRunStatus
) -> None:
    run_id = run_of(instance, status, f"{socket.gethostname()}:{dead_process()}")
    assert status_after_closing(instance, run_id) is dg.DagsterRunStatus.FAILURE


def test_a_run_of_a_living_process_goes_on(instance: dg.DagsterInstance) -> None:
    alive = f"{socket.gethostname()}:{os.getppid()}"
    run_id = run_of(instance, dg.DagsterRunStatus.STARTED, alive)
    assert status_after_closing(instance, run_id) is dg.DagsterRunStatus.STARTED


def test_a_run_of_another_machine_or_of_the_daemon_is_not_ours_to_close(
    instance: dg.DagsterInstance,
) -> None:
    elsewhere = run_of(instance, dg.DagsterRunStatus.STARTED, f"elsewhere:{dead_process()}")
    daemon = instance.add_run(
        dg.DagsterRun(job_name="nightly_refresh", status=dg.DagsterRunStatus.STARTED)
    ).run_id
    assert status_after_closing(instance, elsewhere) is dg.DagsterRunStatus.STARTED
    assert status_after_closing(instance, daemon) is dg.DagsterRunStatus.STARTED


def test_a_run_that_got_the_tags_of_a_killed_one_is_not_closed_with_it(
    instance: dg.DagsterInstance,
) -> None:
    here = f"{socket.gethostname()}:{dead_process()}"
    again = run_of(instance, dg.DagsterRunStatus.STARTING, here, tagged_for="the killed one")
    assert status_after_closing(instance, again) is dg.DagsterRunStatus.STARTING


def test_the_tag_names_the_run_and_this_process() -> None:
    here = f"{socket.gethostname()}:{os.getpid()}"
    assert process_tags("a-run") == {"cs_coverage/process": f"a-run:{here}"}


def test_old_runs_are_forgotten_and_those_under_way_are_not(instance: dg.DagsterInstance) -> None:
    done = run_of(instance, dg.DagsterRunStatus.SUCCESS, "")
    failed = run_of(instance, dg.DagsterRunStatus.FAILURE, "")
    running = run_of(instance, dg.DagsterRunStatus.STARTED, "")
    forget_old_runs(instance, datetime.now(UTC) - timedelta(days=1))
    assert len(instance.get_runs()) == 3
    forget_old_runs(instance, datetime.now(UTC) + timedelta(days=1))
    assert [run.run_id for run in instance.get_runs()] == [running]
    assert {done, failed}.isdisjoint(run.run_id for run in instance.get_runs())
