"""Which contract goes on in which, and when each counts as in force (3.9).

Belongs here: terms (also those that an automatic renewal adds), named and matched successors, and
what each gets of its successor's ARR. Does not: what a term end is called.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise

from oracle.coverage_models import Model
from oracle.ledger_facts import DAY, Book, Contract

FAR = date(9999, 1, 1)
CENTS = 6
"""Places to which a share of a successor's ARR is rounded."""


@dataclass(frozen=True, order=True)
class Term:
    """A contract's own term (number 1), or one that it went on for by itself.

    `arr` is in the reporting currency, None where its rate is not known.
    """

    term_id: str
    account_id: str
    number: int
    starts_on: date
    ends_on: date | None

    @property
    def scheduled_on(self) -> date:
        """The first day after it."""
        assert self.ends_on is not None
        return self.ends_on + DAY


@dataclass(frozen=True)
class Link:
    """A term and the one that goes on for it; `share` is its part of that one's ARR."""

    before: Term
    after: Term
    kind: str
    share: float | None
    """None where the successor's ARR is not known."""
    weight: float
    """Its part, whether or not the ARR is known."""


class Succession:
    """All terms of a book's contracts, and which follows which."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.contract = {
            contract.contract_id: contract
            for contract in book.contracts or ()
            if contract.ends_on is None or contract.starts_on <= contract.ends_on
        }
        self._possible = {key: self._terms(each) for key, each in self.contract.items()}
        heirs = self._named()
        heirs |= self._matched(heirs)
        self.terms: list[Term] = []
        pairs: list[tuple[Term, Term, str]] = []
        for key, possible in self._possible.items():
            last, followers, kind = heirs.get(key, (len(possible), (), ""))
            there = possible[:last]
            self.terms += there
            pairs += [(a, b, "auto") for a, b in pairwise(there)]
            pairs += [(there[-1], self._possible[name][0], kind) for name in followers]
        self.links = self._shared(pairs)
        self.after: dict[str, list[Link]] = defaultdict(list)
        self.before: dict[str, list[Link]] = defaultdict(list)
        for link in self.links:
            self.after[link.before.term_id].append(link)
            self.before[link.after.term_id].append(link)

    def arr(self, term: Term) -> float | None:
        """ARR at the constant rate."""
        contract = self.of(term)
        rate = self.book.rates.get(contract.currency)
        return None if rate is None else contract.arr * rate

    def of(self, term: Term) -> Contract:
        """The contract that a term belongs to."""
        return self.contract[term.term_id.rsplit("/", 1)[0] if term.number > 1 else term.term_id]

    def model(self, term: Term) -> Model:
        """The model in force on a term's last day."""
        assert term.ends_on is not None
        return self.book.model_on(term.ends_on)

    # Terms
    def _terms(self, contract: Contract) -> list[Term]:
        """N3: the contract's term, and those that it may have gone on for by itself."""
        first = Term(
            contract.contract_id, contract.account_id, 1, contract.starts_on, contract.ends_on
        )
        found = [first]
        if first.ends_on is None or not goes_on_by_itself(contract):
            return found
        account = self.book.account.get(contract.account_id)
        churned_on = account.churned_on if account else None
        notice_on = contract.notice_on
        if notice_on is None and account and account.churn_notice_on:
            said = account.churn_notice_on
            notice_on = said if said >= contract.starts_on else None
        while True:
            last = found[-1]
            assert last.ends_on is not None
            start = last.scheduled_on
            has_left = (
                churned_on is not None
                and churned_on <= self.book.as_of
                and contract.starts_on < churned_on <= start
            )
            has_notice = notice_on is not None and notice_on <= last.ends_on
            if start > self.book.as_of or has_left or has_notice:
                return found
            number = last.number + 1
            end = _nth_start(first, number + 1) - DAY
            name = f"{contract.contract_id}/{number}"
            found.append(Term(name, contract.account_id, number, start, end))

    # Who follows whom
    def _named(self) -> dict[str, tuple[int, tuple[str, ...], str]]:
        """N4: by contract, the number of its last term, and who names it."""
        namers: dict[str, list[str]] = defaultdict(list)
        for name, contract in self.contract.items():
            for before in self._names(contract):
                namers[before].append(name)
        found: dict[str, tuple[int, tuple[str, ...], str]] = {}
        for name, followers in namers.items():
            if self.contract[name].ends_on is None:
                found[name] = (1, tuple(followers), "named")
                continue
            last = min(
                self._nearest(self._possible[name], self.contract[other].starts_on).number
                for other in followers
            )
            found[name] = (last, tuple(followers), "named")
        return found

    def _names(self, contract: Contract) -> list[str]:
        """N2: whom a contract truly names."""
        return [
            name
            for name in dict.fromkeys(contract.predecessor_ids)
            if name in self.contract and self.contract[name].starts_on < contract.starts_on
        ]

    @staticmethod
    def _nearest(terms: Sequence[Term], starts_on: date) -> Term:
        begun = [term for term in terms if term.starts_on < starts_on]
        return min(begun, key=lambda t: (abs((starts_on - t.scheduled_on).days), t.number))

    def _matched(
        self, named: dict[str, tuple[int, tuple[str, ...], str]]
    ) -> dict[str, tuple[int, tuple[str, ...], str]]:
        """N5: of what names nobody and is named by nobody, the nearest first."""
        by_account: dict[str, list[Contract]] = defaultdict(list)
        for contract in self.contract.values():
            by_account[contract.account_id].append(contract)
        found: dict[str, tuple[int, tuple[str, ...], str]] = {}
        for held in by_account.values():
            heirs = [c for c in held if not self._names(c)]
            pairs = []
            for before in held:
                if before.ends_on is None or before.contract_id in named:
                    continue
                for after in heirs:
                    term = self._could_follow(before, after)
                    if term is not None:
                        distance = abs((after.starts_on - term.scheduled_on).days)
                        ids = before.contract_id, after.contract_id
                        pairs.append((distance, after.starts_on, *ids, term.number))
            taken: set[str] = set()
            for _, _, before_id, after_id, number in sorted(pairs):
                if before_id not in found and after_id not in taken:
                    found[before_id] = (number, (after_id,), "matched")
                    taken.add(after_id)
        return found

    def _could_follow(self, before: Contract, after: Contract) -> Term | None:
        if after.starts_on <= before.starts_on:
            return None
        if before.product and after.product and before.product != after.product:
            return None
        near = []
        for term in self._possible[before.contract_id]:
            assert term.ends_on is not None
            model = self.model(term)
            first = term.ends_on - model.overlap_d * DAY
            last = term.ends_on + model.late_max_d * DAY
            if term.starts_on < after.starts_on and first <= after.starts_on <= last:
                near.append(term)
        return self._nearest(near, after.starts_on) if near else None

    def _shared(self, pairs: Sequence[tuple[Term, Term, str]]) -> list[Link]:
        """N7: a successor's ARR pro rata to the ARR of those that it follows."""
        of_heir: dict[Term, list[Term]] = defaultdict(list)
        for before, after, _ in pairs:
            of_heir[after].append(before)
        found = []
        for before, after, kind in pairs:
            amounts = [self.arr(each) for each in of_heir[after]]
            weight = part(self.arr(before), amounts)
            arr = self.arr(after)
            share = None if arr is None else round(arr * weight, CENTS)
            found.append(Link(before, after, kind, share, weight))
        return found

    # In force
    @cached_property
    def _in_force_to(self) -> dict[str, date]:
        """N8, exclusive; far away for what has no end."""
        found = {}
        for term in self.terms:
            first = min((link.after.starts_on for link in self.after[term.term_id]), default=None)
            if term.ends_on is None:
                found[term.term_id] = first or FAR
                continue
            bridged = term.scheduled_on + self.model(term).late_grace_d * DAY
            ends = first if first is not None and first <= bridged else term.scheduled_on
            found[term.term_id] = ends
        return found

    def in_force_to(self, term: Term) -> date:
        """The first day on which a term counts no more."""
        return self._in_force_to[term.term_id]

    @cached_property
    def of_account(self) -> dict[str, list[Term]]:
        """Terms by account."""
        found: dict[str, list[Term]] = defaultdict(list)
        for term in self.terms:
            found[term.account_id].append(term)
        return found

    def in_force(self, account_id: str, day: date) -> Iterator[Term]:
        """An account's terms that count on a day."""
        for term in self.of_account.get(account_id, ()):
            if term.starts_on <= day < self.in_force_to(term):
                yield term


def holdings(book: Book) -> Succession:
    """What is in force: contracts or, where no source has any, each account's own ARR."""
    if book.contracts is not None:
        return book.succession
    accounts = tuple(
        Contract(
            contract_id=account.account_id,
            account_id=account.account_id,
            starts_on=account.started_on,
            ends_on=account.churned_on and account.churned_on - DAY,
            arr=account.arr,
            currency=book.currency,
        )
        for account in book.accounts
        if account.arr is not None and account.started_on and account.started_on <= book.as_of
    )
    return Succession(replace(book, contracts=accounts))


def part(amount: float | None, amounts: Sequence[float | None]) -> float:
    """An amount's share of the sum of all; equal shares where that is unknown or nothing."""
    known = [each for each in amounts if each is not None]
    whole = sum(known)
    if amount is None or len(known) < len(amounts) or not whole:
        return 1 / len(amounts)
    return amount / whole


def goes_on_by_itself(contract: Contract) -> bool:
    """Whether a contract renews itself unless somebody says otherwise."""
    return bool(contract.auto_renews) and contract.status not in ("churned", "cancelled")


def months_later(day: date, months: int) -> date:
    """The same day of a later month, its last where it is shorter."""
    whole = day.year * 12 + day.month - 1 + months
    year, month = divmod(whole, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _nth_start(first: Term, number: int) -> date:
    """When the n-th of a contract's terms begins."""
    after = first.scheduled_on
    months = (after.year - first.starts_on.year) * 12 + after.month - first.starts_on.month
    if months > 0 and months_later(first.starts_on, months) == after:
        return months_later(first.starts_on, months * (number - 1))
    return first.starts_on + timedelta(days=(after - first.starts_on).days * (number - 1))
