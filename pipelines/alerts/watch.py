"""What is worth telling now, given what was told before.

Belongs here: the decision, as a function of what is seen. Does not: looking, the words, or sending.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from pipelines.alerts.message import (
    Alert,
    Published,
    StaleStream,
    fresh_again,
    night_degraded,
    night_failed,
    report_failed,
    silent,
    streams_stale,
)
from pipelines.config.alerts import AlertsFile
from pipelines.failures import is_report_alone

_SILENCE = "published tables"


@dataclass(frozen=True)
class FailedRun:
    """A refresh that ended red: why, and whether its tables were published all the same.

    `entities` are the canonical entities that the streams it could not read would have fed.
    """

    lines: tuple[str, ...]
    was_published: bool
    entities: tuple[str, ...] = ()


@dataclass(frozen=True)
class Seen:
    """How things stand: runs that ended since the last look, and what readers see now."""

    now: datetime
    failed_runs: Sequence[FailedRun]
    published: Published | None
    stale: Sequence[StaleStream]


@dataclass(frozen=True)
class Told:
    """What is known to people: since and until when runs were looked at, and when what was told:
    of streams and silence by name, of runs by what they said."""

    watching_since: datetime
    runs_until: datetime
    told_at: Mapping[str, datetime] = field(default_factory=dict)
    runs_told_at: Mapping[str, datetime] = field(default_factory=dict)

    @classmethod
    def begin(cls, now: datetime) -> Told:
        """Nothing was told yet, and what happened before is nobody's alarm."""
        return cls(now, now)

    @classmethod
    def read(cls, text: str) -> Told:
        """From a sensor's cursor."""
        said = json.loads(text)
        since, until = (datetime.fromisoformat(said[n]) for n in ("watching_since", "runs_until"))
        told_at, runs_told_at = (_instants(said.get(n, {})) for n in ("told_at", "runs_told_at"))
        return cls(since, until, told_at, runs_told_at)

    def written(self) -> str:
        """As a sensor's cursor."""
        return json.dumps(
            {
                "watching_since": self.watching_since.isoformat(),
                "runs_until": self.runs_until.isoformat(),
                "told_at": _written(self.told_at),
                "runs_told_at": _written(self.runs_told_at),
            }
        )


def _instants(written: Mapping[str, str]) -> dict[str, datetime]:
    return {name: datetime.fromisoformat(at) for name, at in written.items()}


def _written(instants: Mapping[str, datetime]) -> dict[str, str]:
    return {name: at.isoformat() for name, at in sorted(instants.items())}


def worth_telling(seen: Seen, told: Told, config: AlertsFile) -> tuple[list[Alert], Told]:
    """The messages that are due, and what is known once they are sent.

    What stays as it is is told again after `repeat_hours`; a run that fails as one did less than
    half of that ago, because it was tried again, says nothing new. While nothing is published at
    all, streams look older than they are: then that alone is told.
    """
    recently = timedelta(hours=config.repeat_hours) / 2
    runs_told = {n: at for n, at in told.runs_told_at.items() if seen.now - at < recently}
    of_runs = [_of_run(run, seen.published, config.link) for run in seen.failed_runs]
    new_runs = {n: alert for alert in of_runs if (n := _what_broke(alert)) not in runs_told}
    alerts = list(new_runs.values())
    since = seen.published.at if seen.published else told.watching_since
    is_silent = seen.now - since > timedelta(hours=config.silent_hours)
    if is_silent:
        wrong = {_SILENCE: silent(seen.published, seen.now, config.link)}
    elif seen.stale:
        all_stale = streams_stale(seen.stale, seen.now, config.link)
        wrong = {stream.name: all_stale for stream in seen.stale}
    else:
        wrong = {}
    repeat = timedelta(hours=config.repeat_hours)
    due = [n for n in wrong if n not in told.told_at or seen.now - told.told_at[n] >= repeat]
    if due:
        alerts.append(wrong[due[0]])
    over = [name for name in told.told_at if name not in wrong]
    if over and not is_silent:
        alerts.append(fresh_again(over, config.link))
    kept = {name: at for name, at in told.told_at.items() if name in wrong or is_silent}
    known = kept | (dict.fromkeys(wrong, seen.now) if due else {})
    runs_told |= dict.fromkeys(new_runs, seen.now)
    return alerts, Told(told.watching_since, seen.now, known, runs_told)


def _what_broke(alert: Alert) -> str:
    """Tells messages apart by what broke, whenever it did."""
    return sha256("\n".join([alert.title, *alert.broke]).encode()).hexdigest()[:16]


def _of_run(run: FailedRun, published: Published | None, link: str | None) -> Alert:
    if run.was_published and is_report_alone(run.lines):
        return report_failed(run.lines, link)
    if run.was_published:
        return night_degraded(run.lines, run.entities, link)
    return night_failed(run.lines, published, link)
