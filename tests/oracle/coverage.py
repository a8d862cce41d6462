"""Coverage to standard, from 3.3 to 3.5 and the rulings "Coverage" and "Bootstrap".

Belongs here: shares, their intervals and causes, counted from ledger rows. Does not: the ledger.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from oracle.calendar import period
from oracle.ledger_facts import DAY, Book, days
from oracle.obligations import Obligation
from oracle.tiers import TierDay, terms

Z = 1.959963984540054
REPLICATES, TAIL = 1000, 25
CLUSTERS = 500
LENIENT_SHARE = 0.8
MASK = 2**32 - 1

Cell = tuple[str, str, date]
"""Tier (or ALL), month or quarter, and its first day."""


def share(part: float, whole: float) -> float | None:
    """A share; None without a denominator."""
    return part / whole if whole else None


def wilson(successes: int, trials: int) -> tuple[float | None, float | None]:
    """Wilson's interval of 95 %, within [0, 1], never inside the share itself."""
    if not trials:
        return None, None
    p = successes / trials
    centre = (p + Z * Z / (2 * trials)) / (1 + Z * Z / trials)
    margin = Z * math.sqrt(p * (1 - p) / trials + Z * Z / (4 * trials**2)) / (1 + Z * Z / trials)
    return min(p, max(0.0, centre - margin)), max(p, min(1.0, centre + margin))


def bootstrap(cell: Cell, clusters: Sequence[tuple[int, int]]) -> tuple[float | None, float | None]:
    """Resampling of (counted, good) by account: the 25th smallest and largest of 1,000; M14."""
    if not clusters:
        return None, None
    placed = [(0, 0)] * min(len(clusters), CLUSTERS)
    for place, (counted, good) in enumerate(clusters):
        before = placed[place % CLUSTERS]
        placed[place % CLUSTERS] = (before[0] + counted, before[1] + good)
    counted, good = (sum(numbers) for numbers in zip(*placed, strict=True))
    if good in (0, counted):
        return good / counted, good / counted
    tier_id, period_type, start = cell
    name = f"obligation_cts|{tier_id}|{period_type}|{start.isoformat()}"
    seed = int(hashlib.md5(name.encode()).hexdigest()[:8], 16)
    n = len(placed)
    found = []
    for replicate in range(REPLICATES):
        drawn = [placed[scrambled(seed + replicate * n + i) % n] for i in range(n)]
        found.append(sum(good for _, good in drawn) / sum(counted for counted, _ in drawn))
    found.sort()
    point = good / counted
    return min(found[TAIL - 1], point), max(found[REPLICATES - TAIL], point)


def scrambled(number: int) -> int:
    """The same numbers in any order, mixed well enough to draw by (M14)."""
    x = number & MASK
    for _ in range(2):
        x = (((x >> 16) ^ x) * 73244475) & MASK
    return (x >> 16) ^ x


@dataclass(frozen=True)
class Judged:
    """A matured counted row, as coverage asks of it."""

    row: Obligation
    is_in_headline: bool
    has_owner: bool

    @property
    def is_good(self) -> bool:
        """On time and to standard."""
        return self.row.timeliness == "on_time" and self.row.quality == "to_standard"

    @property
    def is_good_upper(self) -> bool:
        """On time, and to standard for all that is known."""
        return self.row.timeliness == "on_time" and self.row.quality in (
            "to_standard",
            "unverifiable",
        )

    @property
    def is_delivered(self) -> bool:
        """Done, late or not."""
        return self.row.timeliness in ("on_time", "late")


@dataclass(frozen=True)
class AccountPeriod:
    """A row of mart_coverage_account_period."""

    account_id: str
    tier_id: str
    period_type: str
    period_start: date
    period_end: date
    obligations_counted: int
    obligations_good: int
    is_covered: bool | None
    is_covered_upper: bool | None
    cause: str | None


class Coverage:
    """All coverage of a book's ledger, `restated`."""

    def __init__(
        self,
        book: Book,
        ledger: Iterable[Obligation],
        is_over: Callable[[Obligation], bool] = lambda row: False,
    ) -> None:
        """`is_over` says whether a row's owner had more work than time; C9."""
        self.book, self.is_over = book, is_over
        self.ledger = list(ledger)
        self.tiers = book.tier_days
        self.terms = terms(book)
        self.matured: dict[Cell, list[Judged]] = defaultdict(list)
        self.excluded: dict[Cell, Counter[str]] = defaultdict(Counter)
        self.provisional: Counter[Cell] = Counter()
        for row in self.ledger:
            for period_type in ("month", "quarter"):
                start, _ = period(row.closes_on, period_type)
                cell = (row.tier_id, period_type, start)
                if row.disposition == "excluded":
                    self.excluded[cell][row.exclusion_reason or ""] += 1
                elif row.is_provisional:
                    self.provisional[cell] += 1
                else:
                    self.matured[cell].append(self._judged(row, cell))

    def _judged(self, row: Obligation, cell: Cell) -> Judged:
        counts_as = self.book.model_on(period(cell[2], cell[1])[1]).unresponsive_counts_as
        return Judged(
            row,
            is_in_headline=counts_as != "excluded" or not row.is_customer_unresponsive,
            has_owner=bool(row.owner_user_id or row.owner_pool)
            or row.owner == "pool"
            or row.delivery_mode == "digital",
        )

    def account_periods(self) -> list[AccountPeriod]:
        """Who was covered in a period, and if not, why; M2, M13."""
        found = []
        for (tier_id, period_type, start), judged in self.matured.items():
            if (tier_id, period_type, start) not in self.known_periods:
                continue
            for account_id, rows in sorted(_by_account(judged).items()):
                headline = [one for one in rows if one.is_in_headline]
                required = [one for one in headline if one.row.is_required]
                covered = all(one.is_good for one in required) if required else None
                found.append(
                    AccountPeriod(
                        account_id=account_id,
                        tier_id=tier_id,
                        period_type=period_type,
                        period_start=start,
                        period_end=period(start, period_type)[1],
                        obligations_counted=len(headline),
                        obligations_good=sum(one.is_good for one in headline),
                        is_covered=covered,
                        is_covered_upper=all(one.is_good_upper for one in required)
                        if required
                        else None,
                        cause=cause(
                            [one for one in required if not one.is_good],
                            lambda one: self.is_over(one.row),
                        ),
                    )
                )
        return found

    @cached_property
    def known_periods(self) -> set[Cell]:
        """Months and quarters from the first day of any tier to as_of; M11."""
        first = min((day for days_ in self.tiers.values() for day in days_), default=None)
        return (
            {
                (tier_id, kind, period(day, kind)[0])
                for day in days(first.replace(day=1), self.book.as_of + DAY)
                if day.day == 1
                for kind in ("month", "quarter")
                for tier_id in self._tier_ids(period(day, kind)[1])
            }
            | {
                cell
                for cell in (*self.matured, *self.excluded, *self.provisional)
                if period(first, cell[1])[0] <= cell[2] <= self.book.as_of
            }
            if first
            else set()
        )

    def _tier_ids(self, day: date) -> list[str]:
        return [tier.tier_id for tier in self.book.model_on(day).tiers]

    def active(self, cell: Cell) -> set[str]:
        """Accounts in the tier on a day of the period, or with a matured row; M3."""
        tier_id, kind, start = cell
        end = min(period(start, kind)[1], self.book.as_of)
        there = {
            account_id
            for account_id, by_day in self.tiers.items()
            if any(_is_in(by_day, day, tier_id) for day in days(start, end + DAY))
        }
        return there | {one.row.account_id for one in self.matured.get(cell, ())}

    def arr_on(self, account_id: str, day: date) -> float | None:
        """ARR in force; None where there is none or its rate is not known."""
        amounts = [arr for start, end, arr in self.terms[account_id] if start <= day < end]
        whole = [arr for arr in amounts if arr is not None]
        return sum(whole) if amounts and len(whole) == len(amounts) else None

    def tier_period(self, cells: Sequence[Cell]) -> Mapping[str, float | None]:
        """The numbers of one row: of a tier's cell, or of all tiers' cells together (ALL)."""
        parts = [self._parts(cell) for cell in cells]
        n: Counter[str] = Counter()
        for part in parts:
            n.update(part)
        low, high = wilson(n["covered"], n["evaluable"])
        return {
            **{name: n[name] for name in COUNTS},
            "accounts_active": n["active"],
            "accounts_evaluable": n["evaluable"],
            "accounts_covered": n["covered"],
            "evaluable_rate": share(n["evaluable"], n["active"]),
            "account_cts": share(n["covered"], n["evaluable"]),
            "account_cts_low": low,
            "account_cts_high": high,
            "account_cts_upper_bound": share(n["covered_upper"], n["evaluable"]),
            "account_cts_lenient": share(n["lenient"], n["evaluable"]),
            "account_cts_with_unresponsive": share(n["covered_with"], n["evaluable_with"]),
            "account_cts_without_unresponsive": share(n["covered_without"], n["evaluable_without"]),
            "delivered_rate": share(n["obligations_delivered"], n["obligations_counted"]),
            "on_time_rate": share(n["obligations_on_time"], n["obligations_counted"]),
            "to_standard_rate": share(n["obligations_to_standard"], n["obligations_delivered"]),
            "obligation_cts": share(n["obligations_good"], n["obligations_counted"]),
            "arr_cts": share(n["arr_covered"], n["arr_evaluable"]),
        }

    def arr(self, cells: Sequence[Cell]) -> dict[str, float | None]:
        """ARR of the accounts that can be judged and of the covered; None where none is known."""
        known: list[tuple[float, bool]] = []
        unknown = 0
        for cell in cells:
            for account_id, rows in _by_account(self.matured.get(cell, ())).items():
                required = [one for one in rows if one.is_in_headline and one.row.is_required]
                arr = self.arr_on(account_id, cell[2])
                if required and arr is None:
                    unknown += 1
                elif required and arr is not None:
                    known.append((arr, all(one.is_good for one in required)))
        return {
            "arr_evaluable": sum(arr for arr, _ in known) if known else None,
            "arr_covered": sum(arr for arr, covered in known if covered) if known else None,
            "accounts_without_arr": unknown,
        }

    def clusters(self, cells: Sequence[Cell]) -> list[tuple[int, int]]:
        """(counted, good) of each account, by its id, for the bootstrap."""
        rows = [one for cell in cells for one in self.matured.get(cell, ()) if one.is_in_headline]
        return [
            (len(mine), sum(one.is_good for one in mine))
            for _, mine in sorted(_by_account(rows).items())
        ]

    def _parts(self, cell: Cell) -> Iterator[str] | Mapping[str, float]:
        rows = self.matured.get(cell, [])
        headline = [one for one in rows if one.is_in_headline]
        n: Counter[str] = Counter()
        n["active"] = len(self.active(cell))
        n["obligations_counted"] = len(headline)
        n["obligations_delivered"] = sum(one.is_delivered for one in headline)
        n["obligations_on_time"] = sum(one.row.timeliness == "on_time" for one in headline)
        n["obligations_to_standard"] = sum(
            one.is_delivered and one.row.quality == "to_standard" for one in headline
        )
        n["obligations_good"] = sum(one.is_good for one in headline)
        n["obligations_unresponsive"] = sum(one.row.is_customer_unresponsive for one in rows)
        n["obligations_provisional"] = self.provisional[cell]
        n["obligations_excluded"] = sum(self.excluded.get(cell, {}).values())
        for account_id, mine in _by_account(rows).items():
            self._count_account(n, account_id, mine, cell[2])
        return n

    def _count_account(
        self, n: Counter[str], account_id: str, mine: list[Judged], start: date
    ) -> None:
        required = [one for one in mine if one.row.is_required]
        headline = [one for one in required if one.is_in_headline]
        answering = [one for one in required if not one.row.is_customer_unresponsive]
        for suffix, rows in (("", headline), ("_with", required), ("_without", answering)):
            n["evaluable" + suffix] += bool(rows)
            n["covered" + suffix] += bool(rows) and all(one.is_good for one in rows)
        if not headline:
            return
        n["covered_upper"] += all(one.is_good_upper for one in headline)
        n["lenient"] += is_lenient(headline)
        arr = self.arr_on(account_id, start)
        if arr is not None:
            n["arr_evaluable"] += arr  # type: ignore[assignment]
            n["arr_covered"] += arr if all(one.is_good for one in headline) else 0  # type: ignore[assignment]


COUNTS = (
    "obligations_counted",
    "obligations_delivered",
    "obligations_on_time",
    "obligations_to_standard",
    "obligations_good",
    "obligations_unresponsive",
    "obligations_provisional",
    "obligations_excluded",
)


def is_lenient(required: Sequence[Judged]) -> bool:
    """Nearly all of it good, by weight, and nothing missed; M9."""
    weight = sum(one.row.weight for one in required)
    good = sum(one.row.weight for one in required if one.is_good)
    missed = any(one.row.timeliness == "missed" for one in required)
    return good >= LENIENT_SHARE * weight and not missed


def cause(
    failing: Sequence[Judged], is_over: Callable[[Judged], bool] = lambda one: False
) -> str | None:
    """The first step of the waterfall that applies to the failing required rows; M13, C9."""
    if not failing:
        return None
    steps: tuple[tuple[str, Callable[[Judged], bool], Callable[[Iterable[bool]], bool]], ...] = (
        ("no_owner", lambda one: not one.has_owner, any),
        ("over_capacity", is_over, any),
        (
            "late_only",
            lambda one: one.row.timeliness == "late" and one.row.quality == "to_standard",
            all,
        ),
        ("below_standard", lambda one: one.row.quality == "below_standard", any),
        ("customer_unresponsive", lambda one: one.row.is_customer_unresponsive, any),
        ("unverifiable", lambda one: one.row.quality == "unverifiable", any),
    )
    for name, holds, how_many in steps:
        if how_many(holds(one) for one in failing):
            return name
    return "not_attempted"


def _by_account(rows: Iterable[Judged]) -> dict[str, list[Judged]]:
    found: dict[str, list[Judged]] = defaultdict(list)
    for one in rows:
        found[one.row.account_id].append(one)
    return found


def _is_in(by_day: Mapping[date, TierDay], day: date, tier_id: str) -> bool:
    tier = by_day.get(day)
    return tier is not None and tier.assigned == tier_id
