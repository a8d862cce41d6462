"""What a run's events say of its failure, in the words of the steps that failed.

Belongs here: reading Dagster's events. Does not: showing or sending what they say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import dagster as dg
    from dagster._core.execution.plan.objects import StepFailureData
    from dagster_shared.error import SerializableErrorInfo

PUBLISH_STEP = "publish"
REPORT_STEP = "published__report"


def failure_lines(events: Iterable[dg.DagsterEvent]) -> list[str]:
    """One line a cause: what a step says of itself, else the innermost words of its error.

    Where no step failed, what is said of the run: its process was killed, for one.
    """
    steps: list[str] = []
    checks: dict[str, list[str]] = {}
    run: list[str] = []
    for event in events:
        if event.is_step_failure:
            steps += _step_lines(event.step_key or "", event.step_failure_data)
            if _says_why(event.step_failure_data):  # its checks would say the same again
                checks.pop(event.step_key or "", None)
        elif event.event_type_value == "ASSET_CHECK_EVALUATION":
            said = checks.setdefault(event.step_key or "", [])
            said += _check_lines(event.asset_check_evaluation_data)
        elif event.is_run_failure and event.message:
            run = [event.message]
    return (steps + [line for said in checks.values() for line in said]) or run


def was_published(events: Iterable[dg.DagsterEvent]) -> bool:
    """Whether the run put its tables in front of readers, whatever failed afterwards."""
    return any(e.step_key == PUBLISH_STEP and e.is_step_success for e in events)


def is_report_alone(lines: Sequence[str]) -> bool:
    """Whether nothing but the report is wrong with a run of which these lines are said."""
    return bool(lines) and all(line.startswith(f"{REPORT_STEP}: ") for line in lines)


def report_failure_lines(events: Iterable[dg.DagsterEvent]) -> list[str]:
    """Why the report is still yesterday's, where its step failed."""
    return [
        line
        for event in events
        if event.is_step_failure and event.step_key == REPORT_STEP
        for line in _step_lines(REPORT_STEP, event.step_failure_data)
    ]


def _step_lines(step: str, data: StepFailureData) -> list[str]:
    ours = data.user_failure_data
    if ours is not None and ours.description:
        return ours.description.splitlines()
    innermost = _innermost(data.error)
    return [f"{step}: {innermost.message.strip() if innermost else 'failed'}"]


def _says_why(data: StepFailureData) -> bool:
    return bool(data.user_failure_data and data.user_failure_data.description)


def _innermost(error: SerializableErrorInfo | None) -> SerializableErrorInfo | None:
    while error is not None and error.cause is not None:
        error = error.cause
    return error


def _check_lines(check: dg.AssetCheckEvaluation) -> Iterator[str]:
    if check.blocking and not check.passed and check.description:
        table = ".".join(check.asset_key.path)
        yield from (f"{table}: {line}" for line in check.description.splitlines())
