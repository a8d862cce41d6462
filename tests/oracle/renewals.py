"""What became of each term end, and who left (3.9, "Renewals and retention", "Contract dates").

Belongs here: outcomes, what was at stake and what was kept, churns. Does not: who follows whom
(succession), ARR's movements, rates.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from oracle.ledger_facts import DAY, Account, Book, Contract
from oracle.succession import Link, Term, goes_on_by_itself
from oracle.tiers import TierDay

CENT = 0.005
RENEWED = ("renewed_on_time", "renewed_early", "renewed_late", "partially_renewed", "transferred")

Bands = Mapping[tuple[str, date], str]
"""Bands of health by account and day, where there are any."""


@dataclass(frozen=True)
class Renewal:
    """A row of fct_renewal; money in the reporting currency, None where it is not known."""

    term: Term
    outcome: str
    atr: float | None
    renewed_arr: float | None
    days_late: int | None
    is_on_time: bool | None
    successor: Term | None
    notice_on: date | None
    tier_id: str | None
    tier_id_120d: str | None
    tier_share_of_term: float | None
    owner: str | None
    lineage_id: str

    @property
    def retained_arr(self) -> float | None:
        """What of it was kept; None where nothing can be said yet."""
        if self.atr is None or self.renewed_arr is None:
            return None
        return min(self.atr, self.renewed_arr)

    @property
    def split(self) -> dict[str, float | None]:
        """What was at stake, by what became of it, and what came on top."""
        names = ("retained_arr", "contraction_arr", "churned_arr", "open_arr", "expansion_arr")
        found: dict[str, float | None] = dict.fromkeys(names)
        if self.retained_arr is None or self.atr is None or self.renewed_arr is None:
            return found
        found |= dict.fromkeys(names, 0.0)
        found["retained_arr"] = self.retained_arr
        lost = self.atr - self.retained_arr
        if self.outcome in RENEWED:
            found["contraction_arr"] = lost
        elif self.outcome == "open_lapsed":
            found["open_arr"] = lost
        else:
            found["churned_arr"] = lost
        found["expansion_arr"] = max(self.renewed_arr - self.atr, 0.0)
        return found


class Renewals:
    """Every term end of a book; `tiers` are each account's tiers by day."""

    def __init__(self, book: Book, tiers: Mapping[str, Mapping[date, TierDay]]) -> None:
        self.book = book
        self.tiers = tiers
        self.succession = book.succession
        self.rows = [self._renewal(term) for term in self.succession.terms if term.ends_on]

    def _renewal(self, term: Term) -> Renewal:
        assert term.ends_on is not None
        links = self._in_time(term)
        notice_on = self._notice(term)
        renewed = _sum([link.share for link in links])
        outcome = self._outcome(term, links, renewed, notice_on)
        first = min((link.after.starts_on for link in links), default=None)
        days_late = None if first is None else (first - term.scheduled_on).days
        if outcome == "upcoming":
            renewed_arr, is_on_time = None, None
        elif outcome in RENEWED:
            renewed_arr, is_on_time = renewed, days_late is not None and days_late <= 0
        else:
            renewed_arr, is_on_time = 0.0, False
        before = term.ends_on - DAY
        tier_id = self.tier(term.account_id, before)
        return Renewal(
            term=term,
            outcome=outcome,
            atr=self.succession.arr(term),
            renewed_arr=renewed_arr,
            days_late=days_late,
            is_on_time=is_on_time,
            successor=self._successor(term, links, outcome),
            notice_on=notice_on,
            tier_id=tier_id,
            tier_id_120d=self.tier(term.account_id, term.ends_on - timedelta(days=120)),
            tier_share_of_term=self._share_of_term(term, tier_id),
            owner=self.book.lead_on(term.account_id, min(before, self.book.as_of))[0],
            lineage_id=self._lineage(term),
        )

    def _in_time(self, term: Term) -> list[Link]:
        """Those that begin before the term end is given up; N9."""
        assert term.ends_on is not None
        last = term.ends_on + self.succession.model(term).late_max_d * DAY
        links = self.succession.after[term.term_id]
        return sorted(
            (link for link in links if link.after.starts_on <= last),
            key=lambda link: (link.after.starts_on, link.after.term_id),
        )

    def _outcome(
        self, term: Term, links: Sequence[Link], renewed: float | None, notice_on: date | None
    ) -> str:
        """N10, in its order."""
        atr = self.succession.arr(term)
        if links and (renewed is None or atr is None or renewed > 0 or atr == 0):
            return self._renewed(term, links, renewed, atr)
        if term.scheduled_on > self.book.as_of:
            return "upcoming"
        if not links and self._is_won_back(term):
            return "winback"
        if links or self._has_left(term, notice_on):
            return "churned"
        assert term.ends_on is not None
        last = term.ends_on + self.succession.model(term).late_max_d * DAY
        return "open_lapsed" if self.book.as_of <= last else "churned"

    def _renewed(
        self, term: Term, links: Sequence[Link], renewed: float | None, atr: float | None
    ) -> str:
        assert term.ends_on is not None
        first = links[0].after.starts_on
        if all(link.after.account_id != term.account_id for link in links):
            return "transferred"
        if renewed is not None and atr is not None and renewed < atr - CENT:
            return "partially_renewed"
        if first > term.scheduled_on:
            return "renewed_late"
        is_early = first < term.ends_on - self.succession.model(term).overlap_d * DAY
        return "renewed_early" if is_early else "renewed_on_time"

    def _is_won_back(self, term: Term) -> bool:
        assert term.ends_on is not None
        last = term.ends_on + self.succession.model(term).late_max_d * DAY
        if any(link.after.starts_on > last for link in self.succession.after[term.term_id]):
            return True
        if any(self.succession.in_force(term.account_id, term.scheduled_on)):
            return False
        starts = (
            other.starts_on
            for other in self.succession.of_account[term.account_id]
            if other.starts_on > term.ends_on
        )
        following = min(starts, default=None)
        return following is not None and following > last

    def _has_left(self, term: Term, notice_on: date | None) -> bool:
        contract = self.succession.of(term)
        if contract.status in ("churned", "cancelled") or notice_on is not None:
            return True
        account = self.book.account.get(term.account_id, Account(""))
        last = term.scheduled_on + self.succession.model(term).late_max_d * DAY
        churned_on = account.churned_on
        return (
            churned_on is not None
            and churned_on <= self.book.as_of
            and term.starts_on < churned_on <= last
        )

    def _notice(self, term: Term) -> date | None:
        """The contract's, else its account's while the term ran; N12."""
        told = notice(self.succession.of(term), term)
        if told is not None or term.ends_on is None:
            return told
        account = self.book.account.get(term.account_id, Account(""))
        said = account.churn_notice_on
        return said if said is not None and term.starts_on <= said <= term.ends_on else None

    def _successor(self, term: Term, links: Sequence[Link], outcome: str) -> Term | None:
        if links:
            return links[0].after
        if outcome != "winback":
            return None
        later = [link.after for link in self.succession.after[term.term_id]]
        return min(later, key=lambda t: (t.starts_on, t.term_id), default=None)

    def tier(self, account_id: str, day: date) -> str | None:
        """The assigned tier on a day; as it is on as_of for days to come."""
        known = self.tiers.get(account_id, {}).get(min(day, self.book.as_of))
        return known.assigned if known else None

    def tier_of_change(self, account_id: str, day: date) -> str | None:
        """The tier on the day before a change, else on its own."""
        return self.tier(account_id, day - DAY) or self.tier(account_id, day)

    def _share_of_term(self, term: Term, tier_id: str | None) -> float | None:
        assert term.ends_on is not None
        last = min(term.ends_on, self.book.as_of)
        whole = (last - term.starts_on).days + 1
        if tier_id is None or whole <= 0:
            return None
        days = range(term.starts_on.toordinal(), last.toordinal() + 1)
        in_it = sum(self.tier(term.account_id, date.fromordinal(n)) == tier_id for n in days)
        return in_it / whole

    def _lineage(self, term: Term) -> str:
        """The first of its line, along the predecessors of the largest shares."""
        name = self.succession.of(term).contract_id
        while True:
            links = self.succession.before.get(name, [])
            if not links:
                return name
            nearest = min(links, key=lambda link: (-(link.share or 0), link.before.term_id))
            name = self.succession.of(nearest.before).contract_id


@dataclass(frozen=True)
class Churn:
    """A row of fct_churn_event."""

    account_id: str
    effective_on: date
    notice_on: date | None
    arr: float | None
    contracts: int
    reason: str | None
    is_expected: bool | None
    tier_id: str | None


def churn_events(renewals: Renewals, bands: Bands) -> Iterator[Churn]:
    """Accounts that left, or will for all that is known; N18."""
    book = renewals.book
    if book.contracts is None:
        yield from _without_contracts(renewals, bands)
        return
    ended: dict[tuple[str, date], list[Renewal]] = defaultdict(list)
    for row in renewals.rows:
        is_announced = row.outcome == "upcoming" and row.notice_on is not None
        if is_announced or row.outcome in ("churned", "winback"):
            ended[row.term.account_id, row.term.scheduled_on].append(row)
    for (account_id, day), rows in ended.items():
        if any(renewals.succession.in_force(account_id, day)):
            continue
        account = book.account.get(account_id, Account(""))
        notice_on = min((row.notice_on for row in rows if row.notice_on), default=None)
        yield Churn(
            account_id=account_id,
            effective_on=day,
            notice_on=notice_on,
            arr=_sum([row.atr for row in rows]),
            contracts=len(rows),
            reason=account.churn_reason if account.churned_on == day else None,
            is_expected=is_expected(account_id, day, notice_on, bands),
            tier_id=renewals.tier(account_id, day - DAY),
        )


def _without_contracts(renewals: Renewals, bands: Bands) -> Iterator[Churn]:
    book = renewals.book
    for account in book.accounts:
        day = account.churned_on
        if account.started_on is None or day is None or day <= account.started_on:
            continue
        yield Churn(
            account_id=account.account_id,
            effective_on=day,
            notice_on=account.churn_notice_on,
            arr=account.arr,
            contracts=0,
            reason=account.churn_reason,
            is_expected=is_expected(account.account_id, day, account.churn_notice_on, bands),
            tier_id=renewals.tier(account.account_id, day - DAY),
        )


def is_expected(account_id: str, day: date, notice_on: date | None, bands: Bands) -> bool | None:
    """Whether it could be known 30 days before; None where nothing told of it either way."""
    before = day - timedelta(days=30)
    if notice_on is not None and notice_on <= before:
        return True
    week = (bands.get((account_id, before - timedelta(days=n))) for n in range(8))
    latest = next((band for band in week if band is not None), None)
    return {"red": True, "yellow": False, "green": False}.get(latest or "")


def notice(contract: Contract, term: Term) -> date | None:
    """The contract's notice; of one that goes on by itself, in the term that holds it; N12."""
    told = contract.notice_on
    if told is None or not goes_on_by_itself(contract):
        return told
    is_before = term.number > 1 and told < term.starts_on
    is_after = term.ends_on is not None and told > term.ends_on
    return None if is_before or is_after else told


def _sum(amounts: Sequence[float | None]) -> float | None:
    known = [each for each in amounts if each is not None]
    return sum(known) if len(known) == len(amounts) else None
