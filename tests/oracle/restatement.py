"""What has moved since a period was first reported, and why (ops_restatement.yml).

Belongs here: differences of shares by their cause. Does not: the shares that were published.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from oracle.coverage import Cell, Coverage, Judged, share
from oracle.ledger_facts import Book
from oracle.world import Row

METRICS = ("account_cts", "obligation_cts", "on_time_rate", "delivered_rate")

NO_DIFFERENCE = 1e-12
"""Less than a sum of shares may be off by."""


@dataclass(frozen=True)
class Hindsight:
    """A matured obligation, and whether what settled it was done or logged after the report."""

    one: Judged
    is_fulfilled_later: bool
    is_logged_later: bool


def ops_restatement(
    book: Book, coverage: Coverage, periods: Sequence[Row], activities: Sequence[Row], version: str
) -> Iterator[Row]:
    """One row a metric, tier, closed period and cause; `periods`: mart_coverage_tier_period."""
    closed = [row for row in periods if row["is_period_closed"]]
    restated = {_cell(row): row for row in closed if row["basis"] == "restated"}
    reported = {_cell(row): row for row in closed if row["basis"] == "first_reported"}
    logged_on = {
        row["activity_id"]: book.local_day(row["logged_at"], row["account_id"])
        for row in activities
        if row["logged_at"] is not None and row["account_id"] in book.account
    }
    seen: dict[Cell, list[Hindsight]] = defaultdict(list)
    for cell, judged in coverage.matured.items():
        if cell not in reported:
            continue
        for one in judged:
            if one.is_in_headline:
                after = _hindsight(one, reported[cell]["first_reported_on"], logged_on)
                seen[cell].append(after)
                seen["ALL", cell[1], cell[2]].append(after)
    for cell, row in reported.items():
        now = restated[cell]
        for metric in METRICS:
            if row[metric] != now[metric]:
                for difference in _by_cause(metric, row, now, seen[cell], version):
                    yield {
                        "metric": metric,
                        "tier_id": cell[0],
                        "period_type": cell[1],
                        "period_start": cell[2],
                        "period_end": row["period_end"],
                        "first_reported_on": row["first_reported_on"],
                        "first_reported": row[metric],
                        "restated": now[metric],
                        **difference,
                    }


def _cell(row: Row) -> Cell:
    return row["tier_id"], row["period_type"], row["period_start"]


def _hindsight(one: Judged, reported_on: date, logged_on: Mapping[str, date]) -> Hindsight:
    row = one.row
    is_later = row.fulfilled_on is not None and row.fulfilled_on > reported_on
    day = logged_on.get(row.fulfilled_by_activity_id or "")
    is_logged = one.is_delivered and day is not None and day > reported_on
    return Hindsight(one, is_later, is_logged and not is_later)


def _by_cause(
    metric: str, row: Row, now: Row, seen: Sequence[Hindsight], version: str
) -> Iterator[Row]:
    """From what is known now back to what was known then; what is left has another cause."""
    later = {id(each) for each in seen if each.is_fulfilled_later}
    logged = {id(each) for each in seen if each.is_logged_later}
    today = _share(metric, seen, set())
    without_later = _share(metric, seen, later)
    known_then = _share(metric, seen, later | logged)
    steps = (
        ("fulfilled_later", today, without_later, len(later)),
        ("late_logged", without_later, known_then, len(logged)),
    )
    for cause, after, before, count in steps:
        if after is not None and before is not None and after != before:
            yield {"cause": cause, "difference": after - before, "obligations": count}
    whole = now[metric] if known_then is None else known_then
    rest = None if whole is None or row[metric] is None else whole - row[metric]
    if rest is None or abs(rest) > NO_DIFFERENCE:
        is_other = row["first_reported_config_version"] == version
        cause = "other" if is_other else "model_changed"
        yield {"cause": cause, "difference": rest, "obligations": None}


def _share(metric: str, seen: Sequence[Hindsight], unknown: set[int]) -> float | None:
    """The metric, had nothing been known of some fulfilments."""
    if metric != "account_cts":
        holds = {
            "obligation_cts": lambda one: one.is_good,
            "on_time_rate": lambda one: one.row.timeliness == "on_time",
            "delivered_rate": lambda one: one.is_delivered,
        }[metric]
        return share(sum(holds(e.one) and id(e) not in unknown for e in seen), len(seen))
    required: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for each in seen:
        if each.one.row.is_required:
            key = (each.one.row.tier_id, each.one.row.account_id)
            required[key].append(each.one.is_good and id(each) not in unknown)
    return share(sum(map(all, required.values())), len(required))
