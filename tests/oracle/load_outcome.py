"""What goes with full books: C19 (mart_load_outcome).

Belongs here: what became of accounts, by how full the books were that they were in just before.
Does not: the books, which `book_marts` tells.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date

from oracle.book_marts import NOT_YET, is_decided
from oracle.capacity import Capacity
from oracle.coverage import Z, wilson
from oracle.world import Row

FIFTHS = 5


@dataclass(frozen=True)
class Seen:
    """Something that became of an account: a part of a whole, and how full its lead's book was."""

    tier_id: str
    outcome: str
    account_id: str
    order: str
    part: float
    whole: float
    load: float


class LoadOutcome:
    """What was covered (mart_coverage_account_period), renewed and answered, by load."""

    def __init__(
        self,
        capacity: Capacity,
        covered: Sequence[Row],
        renewals: Sequence[Row],
        surveys: Sequence[Row],
    ) -> None:
        self.capacity, self.demands = capacity, capacity.demands
        self.covered, self.renewals, self.surveys = covered, renewals, surveys

    def rows(self) -> Iterator[Row]:
        """One row a tier, outcome and fifth."""
        cells: dict[tuple[str, str], list[Seen]] = defaultdict(list)
        for one in self._seen():
            cells[one.tier_id, one.outcome].append(one)
        low_n = self.capacity.book.model_on(self.capacity.as_of).low_n
        for (tier_id, outcome), seen in cells.items():
            seen.sort(key=lambda one: (one.load, one.account_id.encode(), one.order.encode()))
            for number, part in enumerate(fifths(seen), 1):
                if part:
                    yield {
                        "tier_id": tier_id,
                        "outcome": outcome,
                        "quintile": number,
                        **_fifth(part),
                        "is_low_n": len(part) < low_n,
                        "is_associational": True,
                    }

    def _seen(self) -> Iterator[Seen]:
        for row in self.covered:
            if row["period_type"] == "quarter" and row["is_covered"] is not None:
                start = row["period_start"]
                load = self._load(row["account_id"], start)
                if load is not None:
                    name = (row["tier_id"], "coverage", row["account_id"], start.isoformat())
                    yield Seen(*name, float(row["is_covered"]), 1.0, load)
        for row in self.renewals:
            load = self._load(row["account_id"], row["term_end_on"])
            if load is None or row["tier_id"] is None or row["outcome"] in NOT_YET:
                continue
            where = (row["account_id"], f"{row['term_end_on']}|{row['renewal_id']}")
            is_kept = float(row["outcome"] != "churned")
            yield Seen(row["tier_id"], "logo_renewal", *where, is_kept, 1.0, load)
            if is_decided(row):
                kept = min(row["renewed_arr"], row["atr"])
                yield Seen(row["tier_id"], "gross_renewal", *where, kept, row["atr"], load)
        for row in self.surveys:
            day = row["responded_at"].astimezone(UTC).date()
            load = self._load(row["account_id"], day)
            demand = self.demands.rows.get((row["account_id"], self._before(day) or day))
            if row["kind"] == "csat" and load is not None and demand is not None:
                order = f"{day}|{row['response_id']}"
                where = (demand.tier_id, "csat", row["account_id"], order)
                yield Seen(*where, float(row["score"]), 1.0, load)

    def _before(self, day: date) -> date | None:
        return max((each for each in self.demands.told if each < day), default=None)

    def _load(self, account_id: str, happened_on: date) -> float | None:
        """Accounts of a person in the book that the account was in just before."""
        day = self._before(happened_on)
        if day is None or (account_id, day) not in self.demands.rows:
            return None
        unit = self.capacity.unit_of(account_id, day)
        book = None if unit is None else self.capacity.books[day].get(unit)
        if book is None or not book.people or not book.accounts:
            return None
        return len(book.accounts) / len(book.people)


def fifths(seen: Sequence[Seen]) -> Iterator[Sequence[Seen]]:
    """Five parts in order, as equal as can be; the first ones take what is left over."""
    size, more = divmod(len(seen), FIFTHS)
    first = 0
    for number in range(FIFTHS):
        end = first + size + (number < more)
        yield seen[first:end]
        first = end


def _fifth(part: Sequence[Seen]) -> Mapping[str, object]:
    loads = [one.load for one in part]
    whole = math.fsum(one.whole for one in part)
    value = math.fsum(one.part for one in part) / whole
    outcome = part[0].outcome
    low: float | None
    high: float | None
    if outcome in ("coverage", "logo_renewal"):
        low, high = wilson(round(math.fsum(one.part for one in part)), len(part))
    else:
        low, high = _by_residuals(part, value, whole)
        if outcome == "gross_renewal" and low is not None and high is not None:
            low, high = max(0.0, low), min(1.0, high)
    return {
        "observations": len(part),
        "accounts": len({one.account_id for one in part}),
        "load_from": min(loads),
        "load_to": max(loads),
        "load_mean": math.fsum(loads) / len(loads),
        "value": value,
        "value_low": low,
        "value_high": high,
    }


def _by_residuals(
    part: Iterable[Seen], value: float, whole: float
) -> tuple[float | None, float | None]:
    squares = [(one.part - value * one.whole) ** 2 for one in part]
    if len(squares) < 2:
        return None, None
    spread = math.sqrt(math.fsum(squares) * len(squares) / (len(squares) - 1)) / whole
    return value - Z * spread, value + Z * spread
