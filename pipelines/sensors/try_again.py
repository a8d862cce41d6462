"""The sensor that starts another refresh when the last one met something that passes.

Belongs here: when to try again, and how often. Does not: a single request's retries (connectors),
or runs whose process was killed (Dagster's run_retries, in dagster.yaml).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import dagster as dg

from pipelines.clock import now
from pipelines.instance import close_runs_of_dead_processes

NAME = "try_again"
PASSING_TROUBLE = "cs_coverage/passing_trouble"
"""Tag of a run some of whose streams could not be read for a reason that may pass by itself."""
ATTEMPT = "cs_coverage/attempt"
"""Tag that counts a night's refreshes; the first has none."""
ATTEMPTS = 4
PAUSE = timedelta(minutes=30)


def retry_sensor(job: str) -> dg.SensorDefinition:
    """Half an hour after a refresh that may go better now; a night has four at most."""

    @dg.sensor(
        name=NAME,
        job_name=job,
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Refreshes again half an hour after a refresh in which a source was down or "
        "too busy, three times at most. Wrong credentials or a missing permission do not pass by "
        "themselves: for them it does nothing. Closes runs whose process was killed.",
    )
    # Dagster looks at the annotation itself, which is text here.
    def try_again(context) -> dg.RunRequest | dg.SkipReason:  # type: ignore[no-untyped-def]
        close_runs_of_dead_processes(context.instance)
        filters = dg.RunsFilter(job_name=job)
        for record in context.instance.get_run_records(filters, limit=1):
            why_not = reason_to_wait(
                record.dagster_run.tags, record.dagster_run.status, record.update_timestamp, now()
            )
            if why_not is None:
                return _another(record.dagster_run)
            return dg.SkipReason(why_not)
        return dg.SkipReason("No refresh has run yet.")

    return try_again


def reason_to_wait(
    tags: Mapping[str, str], status: dg.DagsterRunStatus, ended_at: datetime, at: datetime
) -> str | None:
    """Why the latest refresh, with these tags and status, is not repeated now; None when it is."""
    if status is not dg.DagsterRunStatus.FAILURE or PASSING_TROUBLE not in tags:
        return "The latest refresh left nothing that passes by itself."
    if _attempt(tags) >= ATTEMPTS:
        return f"Tried {ATTEMPTS} times: somebody must look."
    if at - ended_at < PAUSE:
        return f"Waiting until {ended_at + PAUSE:%H:%M} UTC: {tags[PASSING_TROUBLE]}"
    return None


def _attempt(tags: Mapping[str, str]) -> int:
    return int(tags.get(ATTEMPT, "1"))


def _another(run: dg.DagsterRun) -> dg.RunRequest:
    """The same refresh once more; asked for twice, it runs once."""
    return dg.RunRequest(
        run_key=run.run_id,
        run_config=run.run_config,
        tags={ATTEMPT: str(_attempt(run.tags) + 1)},
    )
