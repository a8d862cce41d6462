"""What makes ARR go up and down, term by term (3.9, "ARR movement dated at new term start").

Belongs here: beginnings, ends, renewals for more or less, moves between accounts, exchange rates.
Does not: what a renewal is called (renewals).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from oracle.ledger_facts import DAY, Book
from oracle.succession import FAR, Link, Term, holdings, part

LICENCES = "licences_billable"
LICENCES_WITHIN = timedelta(days=92)
PLACES = 6
NOTHING = 1e-6
"""Less than a sum of rounded shares may be off by."""


@dataclass(frozen=True)
class Movement:
    """A row of fct_arr_movement; `amount` at the constant rate, `at_market` at the day's."""

    account_id: str
    moved_on: date
    type: str
    amount: float | None
    at_market: float | None
    after: Term | None = None
    before: Term | None = None
    currency: str | None = None


def _rounded(amount: float | None) -> float | None:
    return None if amount is None else round(amount, PLACES)


class Movements:
    """All movements of a book up to as_of."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.succession = holdings(book)
        self.licences: dict[str, list[tuple[date, float]]] = defaultdict(list)
        for reading in book.usage or ():
            if reading.metric == LICENCES and reading.on <= book.as_of:
                self.licences[reading.account_id].append((reading.on, reading.value))

    def rows(self) -> Iterator[Movement]:
        """N14 to N17; what moves nothing has no row."""
        for exact in (*self._of_terms(), *self._of_rates()):
            amounts = (_rounded(exact.amount), _rounded(exact.at_market))
            row = replace(exact, amount=amounts[0], at_market=amounts[1])
            if self.book.contracts is None:
                row = replace(row, after=None, before=None)
            is_something = row.amount is None or abs(row.amount) > NOTHING or row.type == "fx"
            if row.moved_on <= self.book.as_of and is_something:
                yield row

    def _of_terms(self) -> Iterator[Movement]:
        for term in self.succession.terms:
            yield from self._begins(term)
            adjacent = self._adjacent(term)
            if adjacent:
                for link, taken in adjacent:
                    yield from self._goes_on(link, taken)
            elif self.succession.in_force_to(term) != FAR:
                yield self._ends(term)

    def _is_adjacent(self, link: Link) -> bool:
        return link.after.starts_on == self.succession.in_force_to(link.before)

    def _adjacent(self, term: Term) -> list[tuple[Link, float]]:
        """Those that take over on the day it ends, and which part of it each takes over."""
        links = [link for link in self.succession.after[term.term_id] if self._is_adjacent(link)]
        shares = [link.share for link in links]
        return [(link, part(link.share, shares)) for link in links]

    def _goes_on(self, link: Link, taken: float) -> Iterator[Movement]:
        before, after = link.before, link.after
        day, arr = after.starts_on, self.succession.arr(before)
        whole = None if arr is None else arr * taken
        local = self.succession.of(before).arr * taken
        here = self._at_market(before, local, day)
        if before.account_id != after.account_id:
            for account_id, sign in ((before.account_id, -1), (after.account_id, 1)):
                yield Movement(
                    account_id,
                    day,
                    "transfer",
                    None if whole is None else sign * whole,
                    None if here is None else sign * here,
                    after,
                    before,
                )
        if link.share is None or whole is None:
            return
        there = self._at_market(after, self.succession.of(after).arr * link.weight, day)
        difference = link.share - whole
        market = None if here is None or there is None else there - here
        for kind, amount in self._called(link, difference, whole):
            at_market = None if market is None else market * amount / difference
            yield Movement(after.account_id, day, kind, amount, at_market, after, before)

    def _called(self, link: Link, difference: float, whole: float) -> list[tuple[str, float]]:
        """More or less of a renewal; more, by licences and by price where that is known; N15."""
        if abs(difference) <= NOTHING:
            return []
        if difference < 0:
            return [("contraction", difference)]
        products = [self.succession.of(term).product for term in (link.before, link.after)]
        if all(products) and products[0] != products[1]:
            return [("expansion_volume", difference)]
        rise = self._rise(link.after.account_id, link.after.starts_on)
        if rise is None:
            return [("expansion", difference)]
        volume = min(difference, max(0.0, rise * whole))
        return [("expansion_volume", volume), ("expansion_price", difference - volume)]

    def _rise(self, account_id: str, day: date) -> float | None:
        """By which share the licences rose around a day."""
        readings = sorted(self.licences.get(account_id, ()))
        before = [value for on, value in readings if day - LICENCES_WITHIN <= on < day]
        after = [value for on, value in readings if day <= on <= day + LICENCES_WITHIN]
        if not before or not after or before[-1] <= 0:
            return None
        return (after[0] - before[-1]) / before[-1]

    def _begins(self, term: Term) -> Iterator[Movement]:
        """What of a term's ARR goes on from nothing."""
        links = self.succession.before[term.term_id]
        covered = [link for link in links if self._is_adjacent(link)]
        if links and len(covered) == len(links):
            return
        rest = 1 - sum(link.weight for link in covered)
        arr = self.succession.arr(term)
        shares = sum(link.share or 0.0 for link in covered)
        day = term.starts_on
        yield Movement(
            term.account_id,
            day,
            self._beginning(term),
            None if arr is None else arr - shares,
            self._at_market(term, self.succession.of(term).arr * rest, day),
            after=term,
        )

    def _beginning(self, term: Term) -> str:
        yesterday = list(self.succession.in_force(term.account_id, term.starts_on - DAY))
        if not yesterday:
            held = self.succession.of_account[term.account_id]
            is_first = not any(other.starts_on < term.starts_on for other in held)
            return "new" if is_first else "winback"
        product = self.succession.of(term).product
        products = {self.succession.of(other).product for other in yesterday}
        return "expansion_volume" if product and product not in products else "expansion"

    def _ends(self, term: Term) -> Movement:
        day, arr = self.succession.in_force_to(term), self.succession.arr(term)
        market = self._at_market(term, self.succession.of(term).arr, day)
        return Movement(
            term.account_id,
            day,
            "contraction" if any(self.succession.in_force(term.account_id, day)) else "churn",
            None if arr is None else -arr,
            None if market is None else -market,
            before=term,
        )

    # Exchange rates
    def rate(self, currency: str, day: date) -> float | None:
        """The market's rate on a day; None where nobody says."""
        past = [rate for since, rate in self.book.rate_history.get(currency, ()) if since <= day]
        return 1.0 if currency == self.book.currency else past[-1] if past else None

    def _at_market(self, term: Term, local: float, day: date) -> float | None:
        rate = self.rate(self.succession.of(term).currency, day)
        return None if rate is None else local * rate

    def _of_rates(self) -> Iterator[Movement]:
        """What a change of a rate does to what is in force."""
        for currency, history in self.book.rate_history.items():
            for (_, old), (day, new) in pairwise(history):
                by_account: dict[str, float] = defaultdict(float)
                for term in self.succession.terms:
                    contract = self.succession.of(term)
                    is_there = term.starts_on < day <= self.succession.in_force_to(term)
                    if is_there and contract.currency == currency:
                        by_account[term.account_id] += contract.arr
                for account_id, arr in by_account.items():
                    yield Movement(account_id, day, "fx", 0.0, arr * (new - old), currency=currency)
