"""Renewal and retention rates of tiers (3.9, "Tier attribution", "Small n", "Bootstrap").

Belongs here: who was due and who stayed, what a year made of a cohort, intervals. Does not: the
outcome of a term end (renewals), rows as they are published (outcome_tables).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np

from oracle.calendar import period
from oracle.coverage import CLUSTERS, REPLICATES, TAIL, scrambled, share, wilson
from oracle.ledger_facts import DAY, Book
from oracle.movements import Movement, Movements
from oracle.renewals import RENEWED, Renewal, Renewals
from oracle.succession import Term, holdings, months_later

NONE = "NONE"
"""What had no tier on the day that decides."""

ALL = "ALL"
ATTRIBUTIONS = ("tier_then", "tier_now")
YEAR = 12

Row = dict[str, object]


@dataclass(frozen=True, order=True)
class Period:
    """A month, a quarter, or twelve months that end with one (trailing_12m)."""

    kind: str
    start: date
    end: date


@dataclass(frozen=True)
class Due:
    """A renewal that was due, under the tier that it is counted in."""

    row: Renewal
    tier_id: str

    @property
    def account_id(self) -> str:
        """Whose it was."""
        return self.row.term.account_id

    @property
    def is_renewed(self) -> bool:
        """Whether anything of it went on."""
        known = self.row.renewed_arr
        return self.row.outcome in RENEWED and (known is None or known > 0)

    @property
    def is_known(self) -> bool:
        """Whether there is a rate for what was at stake, and for what was renewed."""
        return self.row.retained_arr is not None


@dataclass(frozen=True)
class Unit:
    """An account of a cohort with those that went over into it; ARR a year before and now."""

    unit_id: str
    accounts: frozenset[str]
    tier_id: str
    is_known: bool
    before: Mapping[str | None, float]
    """ARR by product at t - 12 months."""
    after: Mapping[str | None, float]
    netting: str
    growth: Mapping[str, float] = field(default_factory=dict)
    """What the twelve months' movements added, by kind of expansion."""
    fx: float = 0.0

    @property
    def start(self) -> float:
        """What the cohort begins with."""
        return sum(self.before.values())

    def end(self, netting: str) -> float:
        """What it is now; of products, those that there were."""
        if netting == "account":
            return sum(self.after.values())
        return sum(self.after.get(product, 0.0) for product, arr in self.before.items() if arr > 0)

    def kept(self, netting: str) -> float:
        """The same without what was added."""
        if netting == "account":
            return min(self.start, self.end(netting))
        return sum(min(arr, self.after.get(product, 0.0)) for product, arr in self.before.items())

    @property
    def is_left(self) -> bool:
        """True without any ARR now."""
        return sum(self.after.values()) <= 0


class Outcomes:
    """All cells of a book: renewals and cohorts by period, attribution and tier."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.succession = holdings(book)
        self.tiers = book.tier_days
        self.renewals = Renewals(book, self.tiers)
        self.movements = list(Movements(book).rows())

    # Periods
    @cached_property
    def first_month(self) -> date | None:
        """The month of the first day of any tier."""
        first = min((day for by_day in self.tiers.values() for day in by_day), default=None)
        return first and first.replace(day=1)

    def periods(self) -> Iterator[Period]:
        """OC2."""
        first, as_of = self.first_month, self.book.as_of
        if first is None:
            return
        months, month = [], first
        while month <= as_of:
            months.append(month)
            month = months_later(month, 1)
        for kind in ("month", "quarter"):
            for start in sorted({period(month, kind)[0] for month in months}):
                yield Period(kind, *period(start, kind))
        whole = [last for month in months if (last := period(month, "month")[1]) <= as_of]
        ends = [last for last in whole if last.month % 3 == 0 or last == whole[-1]]
        for last in ends:
            start = months_later(last.replace(day=1), 1 - YEAR)
            if start > first:
                yield Period("trailing_12m", start, last)

    def tier_on(self, account_id: str, day: date) -> str:
        """The assigned tier; NONE where there is none."""
        return self.renewals.tier(account_id, day) or NONE

    # Renewals
    def due(self, within: Period, attribution: str) -> list[Due]:
        """Renewals that were due; OC1, OC4."""
        found = []
        for row in self.renewals.rows:
            end = row.term.ends_on
            assert end is not None
            is_due = row.term.scheduled_on <= self.book.as_of and row.outcome != "upcoming"
            if is_due and within.start <= end <= within.end and row.atr != 0:
                now = self.tier_on(row.term.account_id, within.end)
                then = row.tier_id or NONE
                found.append(Due(row, then if attribution == "tier_then" else now))
        return found

    def stays(self, due: Sequence[Due]) -> bool:
        """Whether an account keeps anything that is paid for; `due` are its own; OC5."""
        if any(each.is_renewed for each in due):
            return True
        last = max((each.row.term.scheduled_on, each.row.term.term_id) for each in due)[0]
        there = self.succession.in_force(due[0].account_id, last)
        return any(self.succession.arr(term) != 0 for term in there)

    # Cohorts
    def units(self, within: Period, attribution: str) -> list[Unit]:
        """What there was a year before, with what it is now; OC7."""
        day_before, day = within.start - DAY, within.end
        into = self._taken_over(within)
        members: dict[str, set[str]] = defaultdict(set)
        for account_id in self.succession.of_account:
            members[into.get(account_id, account_id)].add(account_id)
        found = []
        for unit_id, accounts in sorted(members.items()):
            before = [t for a in accounts for t in self.succession.in_force(a, day_before)]
            after = [t for a in accounts for t in self.succession.in_force(a, day)]
            is_known = all(self.succession.arr(term) is not None for term in (*before, *after))
            if not before or (is_known and sum(map(self._known, before)) <= 0):
                continue
            decides = day_before if attribution == "tier_then" else day
            there = {term.account_id for term in (*before, *after)}
            largest = min(there, key=lambda a: (-self._arr(a, decides), a))
            found.append(
                Unit(
                    unit_id=unit_id,
                    accounts=frozenset(accounts),
                    tier_id=self.tier_on(largest, decides),
                    is_known=is_known,
                    before=self._by_product(before),
                    after=self._by_product(after),
                    netting=self.book.model_on(within.end).netting,
                    **self._moved(accounts, within),
                )
            )
        return found

    def _taken_over(self, within: Period) -> dict[str, str]:
        latest: dict[str, tuple[date, str, str, str]] = {}
        for link in self.succession.links:
            before, after = link.before, link.after
            is_within = within.start <= after.starts_on <= within.end
            if before.account_id != after.account_id and is_within:
                found = after.starts_on, before.term_id, after.term_id, after.account_id
                known = latest.get(before.account_id, found)
                latest[before.account_id] = max(found, known)
        return {account_id: found[-1] for account_id, found in latest.items()}

    def _arr(self, account_id: str, day: date) -> float:
        return sum(map(self._known, self.succession.in_force(account_id, day)))

    def _known(self, term: Term) -> float:
        return self.succession.arr(term) or 0.0

    def _by_product(self, terms: Iterable[Term]) -> dict[str | None, float]:
        found: dict[str | None, float] = defaultdict(float)
        for term in terms:
            found[self.succession.of(term).product] += self._known(term)
        return dict(found)

    @cached_property
    def _movements_of(self) -> dict[str, list[Movement]]:
        found: dict[str, list[Movement]] = defaultdict(list)
        for row in self.movements:
            found[row.account_id].append(row)
        return found

    def _moved(self, accounts: Iterable[str], within: Period) -> dict[str, object]:
        growth: dict[str, float] = defaultdict(float)
        fx = 0.0
        for account_id in accounts:
            for row in self._movements_of.get(account_id, ()):
                if within.start <= row.moved_on <= within.end:
                    if row.type.startswith("expansion"):
                        growth[row.type] += row.amount or 0.0
                    elif row.type == "fx":
                        fx += row.at_market or 0.0
        return {"growth": {kind: max(0.0, sum_) for kind, sum_ in growth.items()}, "fx": fx}

    # Cells
    def cell(self, due: Sequence[Due], units: Sequence[Unit], within: Period) -> Row:
        """All numbers of one tier, or of all together, but the intervals by bootstrap."""
        row = {**self.renewed(due), **self._flags(due, within)}
        if self.book.contracts is None:
            row = dict.fromkeys(row)
        if within.kind != "trailing_12m":
            return {**row, **dict.fromkeys(self._retained([], within))}
        return {**row, **self._retained(units, within)}

    def renewed(self, due: Sequence[Due]) -> dict[str, float | None]:
        """Who stayed, and how much of the money; OC5, OC6."""
        grouped: dict[tuple[str, str], list[Due]] = defaultdict(list)
        for each in due:
            grouped[each.tier_id, each.account_id].append(each)
        renewed = sum(self.stays(mine) for mine in grouped.values())
        low, high = wilson(renewed, len(grouped))
        known = [each.row for each in due if each.is_known]
        is_unknown = bool(due) and not known
        atr = sum(row.atr or 0 for row in known)
        kept = sum(row.retained_arr or 0 for row in known)
        paid = sum(row.renewed_arr or 0 for row in known)
        return {
            "terms_due": len(due),
            "accounts_due": len(grouped),
            "accounts_renewed": renewed,
            "logo_renewal_rate": share(renewed, len(grouped)),
            "logo_renewal_rate_low": low,
            "logo_renewal_rate_high": high,
            "atr": None if is_unknown else atr,
            "retained_arr": None if is_unknown else kept,
            "renewed_arr": None if is_unknown else paid,
            "gross_renewal_rate": share(kept, atr),
            "net_renewal_rate": share(paid, atr),
            "terms_without_arr": len(due) - len(known),
        }

    def _flags(self, due: Sequence[Due], within: Period) -> Row:
        by_account: dict[str, float] = defaultdict(float)
        for each in due:
            if each.is_known:
                by_account[each.account_id] += each.row.atr or 0
        model = self.book.model_on(within.end)
        top = share(max(by_account.values(), default=0), sum(by_account.values()))
        accounts = len({(each.tier_id, each.account_id) for each in due})
        return {
            "is_low_n": accounts < model.low_n,
            "top1_share": top,
            "is_driven_by_one_account": None if top is None else top > model.top1_share_flag,
        }

    def _retained(self, units: Sequence[Unit], within: Period) -> Row:
        known = [unit for unit in units if unit.is_known]
        is_unknown = bool(units) and not known
        fx = sum(unit.fx for unit in known)
        model = self.book.model_on(within.end)
        start = sum(unit.start for unit in known)
        ends = {n: sum(unit.end(n) for unit in known) for n in ("account", "product")}
        kept = {n: sum(unit.kept(n) for unit in known) for n in ("account", "product")}
        head = model.netting
        grown = {unit.unit_id: unit.end(head) - unit.kept(head) for unit in known}
        lost = [(unit.start - unit.kept(head), unit.is_left) for unit in known]
        stayed = sum(not unit.is_left for unit in known)
        low, high = wilson(stayed, len(known))
        top = share(max((unit.start for unit in known), default=0), start)
        return {
            "cohort_accounts": len(known),
            "cohort_accounts_kept": stayed,
            "cohort_arr": None if is_unknown else start,
            "cohort_arr_kept": None if is_unknown else kept[head],
            "cohort_arr_now": None if is_unknown else ends[head],
            "grr": share(kept[head], start),
            "nrr": share(ends[head], start),
            "grr_account": share(kept["account"], start),
            "nrr_account": share(ends["account"], start),
            "grr_product": share(kept["product"], start),
            "nrr_product": share(ends["product"], start),
            "logo_retention": share(stayed, len(known)),
            "logo_retention_low": low,
            "logo_retention_high": high,
            "expansion_rate": share(sum(grown.values()), start),
            "expansion_volume_rate": share(self._grown(known, grown, "volume"), start),
            "expansion_price_rate": share(self._grown(known, grown, "price"), start),
            "expansion_incidence": share(sum(each > 0 for each in grown.values()), len(known)),
            "contraction_rate": share(sum(n for n, is_left in lost if not is_left), start),
            "churn_rate": share(sum(n for n, is_left in lost if is_left), start),
            "fx_effect": None if is_unknown or not self.book.rate_history else fx,
            "is_cohort_low_n": len(known) < model.low_n,
            "cohort_top1_share": top,
            "is_cohort_driven_by_one_account": None if top is None else top > model.top1_share_flag,
            "cohort_accounts_without_arr": len(units) - len(known),
        }

    def _grown(self, units: Iterable[Unit], grown: Mapping[str, float], kind: str) -> float:
        """What of the growth is one kind's; OC9."""
        found = 0.0
        for unit in units:
            whole = sum(unit.growth.values())
            if whole > 0:
                mine = unit.growth.get(f"expansion_{kind}", 0.0)
                found += grown[unit.unit_id] * mine / whole
        return found

    # Intervals by bootstrap
    def clusters(
        self, metric: str, due: Sequence[Due], units: Sequence[Unit]
    ) -> list[tuple[int, int]]:
        """(whole, part) in cents of each account, by its id; OC13."""
        sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        if metric in ("gross_renewal_rate", "net_renewal_rate"):
            for each in due:
                if each.is_known:
                    is_gross = metric.startswith("gross")
                    part = each.row.retained_arr if is_gross else each.row.renewed_arr
                    sums[each.account_id][0] += each.row.atr or 0
                    sums[each.account_id][1] += part or 0
        else:
            for unit in units:
                if unit.is_known:
                    of = unit.kept if metric == "grr" else unit.end
                    sums[unit.unit_id][0] += unit.start
                    sums[unit.unit_id][1] += of(unit.netting)
        return [(_cents(whole), _cents(part)) for _, (whole, part) in sorted(sums.items())]


def _cents(amount: float) -> int:
    return int(np.floor(round(amount * 100, 6) + 0.5))


def resampled(
    name: str, clusters: Sequence[tuple[int, int]], point: float | None
) -> tuple[float | None, float | None]:
    """The 25th smallest and largest of 1,000 shares of accounts drawn anew; M14, M14b."""
    if not clusters or point is None:
        return None, None
    placed = np.zeros((min(len(clusters), CLUSTERS), 2), dtype=np.int64)
    for place, cluster in enumerate(clusters):
        placed[place % CLUSTERS] += cluster
    n = len(placed)
    seed = int(hashlib.md5(name.encode()).hexdigest()[:8], 16)
    drawn = placed[scrambled(seed + np.arange(REPLICATES * n)) % n]  # type: ignore[operator]
    wholes, parts = drawn.reshape(REPLICATES, n, 2).sum(axis=1).T
    found = np.sort(parts / wholes)
    return min(float(found[TAIL - 1]), point), max(float(found[REPLICATES - TAIL]), point)
