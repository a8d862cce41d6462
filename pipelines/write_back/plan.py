"""What is to be written: what is published, against what the source has now.

Belongs here: comparing, and holding back what looks wrong. Does not: reading either side, or
writing. Nothing here depends on what was written before, save what was refused: so whatever
happened to an earlier attempt, the same difference is found again, or none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.write import Held, Value
from pipelines.config.write_back import WriteBack
from pipelines.write_back.published import Record

FEWEST_TO_HOLD = 10
"""With fewer records than this, no share of them looks wrong."""

Values = Mapping[str, Value]


@dataclass(frozen=True)
class Change:
    """A record that is to be written to: its fields as they are, and as they are to be."""

    key: str
    account_id: str
    name: str | None
    old: Mapping[str, Any]
    new: Values


@dataclass(frozen=True)
class Skipped:
    """A record that is left alone although its values differ, and why."""

    key: str
    account_id: str
    name: str | None
    why: str


@dataclass(frozen=True)
class Plan:
    """What is to be done about `records` records of a source, of which `same` are as they should
    be."""

    changes: tuple[Change, ...]
    skipped: tuple[Skipped, ...]
    records: int
    same: int


def plan(
    records: Iterable[Record],
    held: Mapping[str, Held],
    settings: WriteBack,
    refused: Mapping[str, tuple[Values, str]],
) -> Plan:
    """The changes that make a source say what is published.

    `refused` are the values that the source last refused for a record, and its reason: the same
    are not tried again.
    """
    changes: list[Change] = []
    skipped: list[Skipped] = []
    same = count = 0
    for record in records:
        count += 1
        now = held.get(record.key)
        if now is None:
            skipped.append(_skipped(record, "the source has no such record any more"))
            continue
        new = _difference(_wanted(record, settings), now.fields, settings.riding)
        if not new:
            same += 1
        elif now.obstacle is not None:
            skipped.append(_skipped(record, now.obstacle))
        elif record.key in refused and _is_same(new, refused[record.key][0], settings.riding):
            skipped.append(_skipped(record, f"refused before: {refused[record.key][1]}"))
        else:
            old = {name: now.fields.get(name) for name in new}
            changes.append(Change(record.key, record.account_id, record.name, old, new))
    return Plan(tuple(changes), tuple(skipped), count, same)


def reason_to_hold(
    planned: Plan, settings: WriteBack, *, is_first: bool, is_accepted: bool
) -> str | None:
    """Why nothing of a plan is written before somebody has looked at it; None: go on."""
    changing = len(planned.changes)
    if is_accepted or not changing:
        return None
    if is_first:
        return "it would be the first time"
    share = changing / planned.records
    if changing >= FEWEST_TO_HOLD and share > settings.max_changes:
        return (
            f"{changing:,} of {planned.records:,} records ({share:.0%}) would change at once, more "
            f"than max_changes ({settings.max_changes:.0%})"
        )
    return None


def _wanted(record: Record, settings: WriteBack) -> Values:
    """What the record's fields are to be; fields that stay as they are left out."""
    wanted = {}
    for ours, theirs in settings.fields.items():
        if ours in record.values:
            wanted[theirs] = record.values[ours]
        elif settings.when_unknown == "clear":
            wanted[theirs] = None
    return wanted


def _difference(wanted: Values, held: Mapping[str, Any], riding: frozenset[str]) -> Values:
    new = {name: value for name, value in wanted.items() if not is_held(value, held.get(name))}
    return new if new.keys() - riding else {}


def _is_same(new: Values, refused: Values, riding: frozenset[str]) -> bool:
    return _without(new, riding) == _without(refused, riding)


def _without(values: Values, riding: frozenset[str]) -> Values:
    return {name: value for name, value in values.items() if name not in riding}


def is_held(wanted: Value, held: Any) -> bool:
    """Whether a field has a value already, however the source writes it.

    Sources give numbers as texts, no value as an empty one, and several choices in their own order.
    """
    if held is None or held == "":
        return wanted is None or wanted == ""
    if wanted is None:
        return False
    if isinstance(wanted, int | float):
        return _number(held) == wanted
    return sorted(str(held).split(";")) == sorted(str(wanted).split(";"))


def _number(held: Any) -> float | None:
    try:
        return float(held)
    except (TypeError, ValueError):
        return None


def _skipped(record: Record, why: str) -> Skipped:
    return Skipped(record.key, record.account_id, record.name, why)
