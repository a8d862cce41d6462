"""Writing back to one source: what would change, whether that may be, and doing it.

Belongs here: the order of events, and what they came to. Does not: comparing (plan), requests
(the connectors' writers), or showing it (words, assets).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from connectors.errors import PermanentSourceError, SourceError
from connectors.registry import kind
from connectors.write import Answer, Write, Writer
from pipelines.clock import last_complete_day, now
from pipelines.config import Config
from pipelines.config.write_back import WriteBack
from pipelines.home import Home
from pipelines.sources import OpenSource
from pipelines.write_back.ledger import Ledger, State
from pipelines.write_back.plan import Change, Plan, plan, reason_to_hold
from pipelines.write_back.published import Record, published_as_of, read_records

_TRIES = 2
"""How often a record is sent in all that the source refuses for a passing reason."""

log = logging.getLogger("cs_coverage")


@dataclass(frozen=True)
class Asked:
    """What a person asks for at the command line, beyond what write_back.yaml says.

    `look_only`: write nothing, whatever the file says. `accept`: a first time and a great change
    are meant so. `again`: try what was refused before once more.
    """

    look_only: bool = False
    accept: bool = False
    again: bool = False


@dataclass(frozen=True)
class Report:
    """What writing back to a source came to.

    `waits` says why nothing was written of what is planned, where that is no failure; `wrong` why
    somebody must act; `refused` are the records that the source refused now, with its reasons.
    """

    source: str
    plan: Plan | None = None
    written: int = 0
    refused: tuple[tuple[Change, str], ...] = ()
    waits: str | None = None
    wrong: str | None = None
    may_pass: bool = False

    @property
    def is_good(self) -> bool:
        """Whether nobody needs to look."""
        return self.wrong is None and not self.refused

    @property
    def message(self) -> str:
        """In a sentence or two, for a log or an alert."""
        said = [self.wrong or self.waits or ""]
        if self.plan is not None and self.waits:
            said.insert(0, f"{len(self.plan.changes):,} of {self.plan.records:,} records differ")
        if self.written or not any(said):
            said.append(f"{counted(self.written)} written")
        if self.refused:
            said.append(f"{len(self.refused):,} refused: {_examples(self.refused)}")
        return "; ".join(filter(None, said))


def counted(records: int) -> str:
    """A number of records, in words."""
    return "1 record" if records == 1 else f"{records:,} records"


def write_back(
    home: Home,
    config: Config,
    opened: OpenSource,
    settings: WriteBack,
    run_id: str,
    asked: Asked | None = None,
) -> Report:
    """Make the records of a source say what is published, as far as write_back.yaml lets us.

    Raises nothing that concerns the source alone: the report says it.
    """
    name = opened.source.name
    if why := _too_old(published_as_of(home), config):
        return Report(name, waits=why)
    ledger = Ledger(home, name, run_id, now())
    try:
        writer = _writer(opened)
        _require_fields(writer, settings)
        return settle(read_records(home, name), writer, ledger, settings, asked or Asked())
    except SourceError as error:
        return Report(name, wrong=str(error), may_pass=error.is_transient)


def settle(
    records: Sequence[Record], writer: Writer, ledger: Ledger, settings: WriteBack, asked: Asked
) -> Report:
    """Compare records with what the source has now, and write what differs, if that may be.

    Raises `SourceError` where it cannot be found out what the source has.
    """
    name = ledger.source
    held = writer.held([record.key for record in records], list(settings.fields.values()))
    planned = plan(records, held, settings, {} if asked.again else ledger.refused())
    hold = reason_to_hold(planned, settings, is_first=ledger.is_empty, is_accepted=asked.accept)
    if why := _only_looking(settings, asked):
        also = f"; it would then wait for --accept: {hold}" if hold else ""
        return Report(name, planned, waits=f"{why}{also}")
    if hold:
        advice = "See cs-coverage write-back, then: cs-coverage write-back --apply --accept"
        return Report(name, planned, wrong=f"held back: {hold}. {advice}")
    return _write(planned, writer, ledger)


def _too_old(as_of: date | None, config: Config) -> str | None:
    """Tables that tell of a past day are for looking back: nobody wants last spring's score."""
    if as_of is None:
        return "nothing is published yet: run cs-coverage refresh"
    newest = last_complete_day(now(), config.sources_file.time_zone)
    if as_of < newest - timedelta(days=1):
        return f"the published tables tell of {as_of}, a past day, which is not written back"
    return None


def _only_looking(settings: WriteBack, asked: Asked) -> str | None:
    if not settings.enabled:
        return "not written: enabled is false in write_back.yaml"
    if settings.dry_run:
        return "not written: dry_run is true in write_back.yaml"
    return "not written: say --apply to write" if asked.look_only else None


def fields_problem(opened: OpenSource, settings: WriteBack) -> str | None:
    """Why the fields that write_back.yaml names cannot be written to; None where they can.

    Only looks. Where the source does not describe its fields to us, only writing will tell.
    """
    try:
        _require_fields(_writer(opened), settings)
    except SourceError as error:
        return str(error)
    return None


def _writer(opened: OpenSource) -> Writer:
    writable = kind(opened.source.kind).writable
    assert writable is not None  # the configuration was refused otherwise
    return writable.open_writer(opened.source)


def _require_fields(writer: Writer, settings: WriteBack) -> None:
    problems = writer.field_problems(list(settings.fields.values()))
    if problems:
        raise PermanentSourceError(
            f"the fields of write_back.yaml cannot be written to: {'; '.join(problems.values())}"
        )


def _write(planned: Plan, writer: Writer, ledger: Ledger) -> Report:
    """Send all changes; what is refused for a passing reason once more at the end."""
    name = ledger.source
    written = 0
    refused: list[tuple[Change, str]] = []
    failed: list[tuple[Change, str]] = []
    todo: Sequence[Change] = planned.changes
    for _ in range(_TRIES):
        failed = []
        for start in range(0, len(todo), writer.batch_size):
            batch = todo[start : start + writer.batch_size]
            ledger.add(State.SENDING, [(change, None) for change in batch], now())
            try:
                answers = writer.write([Write(change.key, change.new) for change in batch])
            except SourceError as error:
                words = str(error)
                ledger.add(State.FAILED, [(change, words) for change in batch], now())
                return Report(
                    name, planned, written, tuple(refused), None, words, error.is_transient
                )
            taken, not_taken, passing = _sorted(batch, answers)
            ledger.add(State.WRITTEN, taken, now())
            ledger.add(State.REFUSED, not_taken, now())
            ledger.add(State.FAILED, passing, now())
            written += len(taken)
            refused += not_taken
            failed += passing
        todo = [change for change, _ in failed]
    for change, why in refused:
        log.error("%s: record %s was refused: %s", name, change.key, why)
    wrong = f"{counted(len(failed))} could not be written now: {_examples(failed)}"
    return Report(
        name, planned, written, tuple(refused), None, wrong if failed else None, bool(failed)
    )


_Told = list[tuple[Change, str | None]]


def _sorted(
    batch: Sequence[Change], answers: Sequence[Answer]
) -> tuple[_Told, list[tuple[Change, str]], list[tuple[Change, str]]]:
    """The changes that were taken, that were refused, and that may be taken later."""
    by_key = {answer.key: answer for answer in answers}
    taken: _Told = []
    refused: list[tuple[Change, str]] = []
    passing: list[tuple[Change, str]] = []
    for change in batch:
        answer = by_key.get(change.key, Answer(change.key, "no answer came for it", may_pass=True))
        if answer.problem is None:
            taken.append((change, None))
        else:
            why = " ".join(answer.problem.split())  # a line of it, wherever it is told
            (passing if answer.may_pass else refused).append((change, why))
    return taken, refused, passing


def _examples(told: Sequence[tuple[Change, str]], most: int = 3) -> str:
    shown = [f"{change.key} ({why})" for change, why in told[:most]]
    more = [f"{len(told) - most:,} more"] if len(told) > most else []
    return ", ".join(shown + more)
