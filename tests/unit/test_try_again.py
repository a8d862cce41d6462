"""A refresh is repeated where what failed may pass by itself, after a pause, and not for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from pipelines.sensors.try_again import ATTEMPT, PASSING_TROUBLE, reason_to_wait

ENDED = datetime(2026, 11, 22, 2, 5, tzinfo=UTC)
DOWN = {PASSING_TROUBLE: "desk.tickets"}


@pytest.mark.parametrize(
    ("tags", "status", "minutes", "said"),
    [
        (DOWN, dg.DagsterRunStatus.FAILURE, 30, None),
        (DOWN | {ATTEMPT: "3"}, dg.DagsterRunStatus.FAILURE, 30, None),
        (DOWN, dg.DagsterRunStatus.FAILURE, 29, "Waiting until 02:35 UTC: desk.tickets"),
        (DOWN | {ATTEMPT: "4"}, dg.DagsterRunStatus.FAILURE, 600, "Tried 4 times"),
        ({}, dg.DagsterRunStatus.FAILURE, 600, "nothing that passes by itself"),
        ({}, dg.DagsterRunStatus.SUCCESS, 600, "nothing that passes by itself"),
        (DOWN, dg.DagsterRunStatus.STARTED, 600, "nothing that passes by itself"),
    ],
)
def test_when_a_refresh_is_repeated(
    tags: dict[str, str], status: dg.DagsterRunStatus, minutes: int, said: str | None
) -> None:
    why_not = reason_to_wait(tags, status, ENDED, ENDED + timedelta(minutes=minutes))
    if said is None:
        assert why_not is None
    else:
        assert why_not is not None and said in why_not
