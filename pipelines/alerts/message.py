"""What a message says: what broke, since when, what it affects, what to do.

Belongs here: the words. Does not: noticing, or sending.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pipelines.metrics import missing_without
from pipelines.write_back import WRITE_BACK

_LINES_SHOWN = 12


@dataclass(frozen=True)
class Alert:
    """A message: one line that says it all, and what a person needs to act; empty says nothing."""

    title: str
    broke: tuple[str, ...]
    since: str
    affected: str
    do: tuple[str, ...]
    link: str | None = None

    def __str__(self) -> str:
        return "\n".join(
            [
                *_section("What broke", self.broke),
                *_section("Since", [self.since] if self.since else []),
                *_section("Affected", [self.affected] if self.affected else []),
                *_section("What to do", self.do),
                *_section("Look at it", [self.link] if self.link else []),
            ]
        )


def _section(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    if len(lines) == 1:
        return [f"{title}: {lines[0]}"]
    more = [f"- and {len(lines) - _LINES_SHOWN} more"] if len(lines) > _LINES_SHOWN else []
    return [f"{title}:", *(f"- {line}" for line in lines[:_LINES_SHOWN]), *more]


@dataclass(frozen=True)
class Published:
    """The night that readers see: what it reports on, and when it was published."""

    as_of: date
    at: datetime


@dataclass(frozen=True)
class StaleStream:
    """A stream whose data are older than its source allows.

    `entities` are what its records become; `message` is what the last attempt said.
    """

    name: str
    last_success_at: datetime | None
    freshness_hours: float
    entities: tuple[str, ...]
    message: str | None


def night_failed(
    failures: Sequence[str], published: Published | None, link: str | None = None
) -> Alert:
    """A night that published nothing."""
    return Alert(
        title="Nothing was published tonight",
        broke=tuple(failures) or ("the run ended without saying why; its log has more",),
        since=(
            f"last published {instant(published.at)}"
            if published
            else "nothing has ever been published"
        ),
        affected=(
            f"every table still says what was true on {published.as_of:%d %b %Y}"
            if published
            else "there are no tables yet"
        ),
        do=(
            "put right what is named above, then run cs-coverage refresh",
            "cs-coverage check says whether configuration and permissions are sound",
        ),
        link=link,
    )


def night_degraded(
    failures: Sequence[str], entities: Iterable[str], link: str | None = None
) -> Alert:
    """A night that was published, with older data of some streams: `failures` lists these.

    Or with a source that it could not write back to.
    """
    listed = tuple(line.removeprefix("- ") for line in failures if line.startswith("- "))
    is_server_alone = bool(listed) and all(line.startswith("PostgreSQL ") for line in listed)
    if is_server_alone:
        return Alert(
            title="Published, but not to PostgreSQL",
            broke=listed,
            since="tonight",
            affected="what reads the tables there: they are those of the night before",
            do=("put right what is named above, then run cs-coverage publish",),
            link=link,
        )
    names = [line.partition(": ")[0] for line in listed]
    if names and all(name.endswith(f".{WRITE_BACK}") for name in names):
        return _not_written_back(listed, link)
    return Alert(
        title="Published, but some streams keep older data",
        broke=listed or tuple(failures),
        since="tonight",
        affected=missing_without(entities) or "what these streams feed",
        do=("put right what is named above; the next night reads on where the last one stopped",),
        link=link,
    )


def report_failed(failures: Sequence[str], link: str | None = None) -> Alert:
    """A night whose tables were published, and whose report could not be drawn."""
    return Alert(
        title="Published, but the report is the one before",
        broke=tuple(failures),
        since="tonight",
        affected="serving/report.html; all tables are of tonight",
        do=("put right what is named above, then run cs-coverage report",),
        link=link,
    )


def _not_written_back(listed: tuple[str, ...], link: str | None) -> Alert:
    return Alert(
        title="Published, but not all could be written back",
        broke=listed,
        since="tonight",
        affected="fields of the systems named above; what is published is as it should be",
        do=("put right what is named above; cs-coverage write-back says what would be written",),
        link=link,
    )


def streams_stale(stale: Sequence[StaleStream], now: datetime, link: str | None = None) -> Alert:
    """Streams that have been silent for longer than their source allows."""
    names = ", ".join(stream.name for stream in stale[:3])
    more = f" and {len(stale) - 3} more" if len(stale) > 3 else ""
    oldest = min((s.last_success_at for s in stale if s.last_success_at), default=None)
    return Alert(
        title=f"Stale: {names}{more}",
        broke=tuple(_stale_line(stream, now) for stream in stale),
        since=instant(oldest) if oldest else "never read",
        affected=missing_without(sorted({e for stream in stale for e in stream.entities}))
        or "what these streams feed",
        do=(
            "run cs-coverage check: it tries every stream and says what is missing",
            "where the source is only slow by nature, raise its freshness_hours in sources.yaml",
        ),
        link=link,
    )


def _stale_line(stream: StaleStream, now: datetime) -> str:
    allowed = f"{stream.freshness_hours:g} hours are allowed"
    if stream.last_success_at is None:
        age = f"was never read ({allowed})"
    else:
        age = f"was last read {_age(now - stream.last_success_at)} ago ({allowed})"
    return f"{stream.name} {age}" + (f": {stream.message}" if stream.message else "")


def silent(published: Published | None, now: datetime, link: str | None = None) -> Alert:
    """No night has published for too long, and none has failed aloud."""
    since = f"last published {instant(published.at)}" if published else "never published"
    ago = f" for {_age(now - published.at)}" if published else ""
    return Alert(
        title=f"Nothing has been published{ago}",
        broke=("no refresh has published anything: did one run at all?",),
        since=since,
        affected="every table" if published else "there are no tables yet",
        do=(
            "see whether the schedule nightly_refresh is on and the daemon runs",
            "run cs-coverage refresh by hand to see what it says",
        ),
        link=link,
    )


def fresh_again(names: Sequence[str], link: str | None = None) -> Alert:
    """What was told before is over."""
    return Alert(
        title=f"Fresh again: {', '.join(names)}",
        broke=(),
        since="",
        affected="",
        do=("nothing: what was told before is over",),
        link=link,
    )


def instant(moment: datetime) -> str:
    """An instant as people write it."""
    return f"{moment:%d %b %Y %H:%M} UTC"


def _age(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    return f"{hours:.0f} hours" if hours < 72 else f"{hours / 24:.0f} days"
