"""When a condition on an account holds (S1, S2): day by day, from what is known.

Belongs here: true, false and nobody knows; what holds until it is known not to. Does not: signals'
values, what a condition is for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from oracle.ledger_facts import Book
from oracle.predicates import Condition, Term, Value, read_condition
from oracle.signals import At, Signals

Truth = bool | None
"""None where what is known is too old."""


def holding(signals: Signals, account_id: str, text: str) -> list[date]:
    """Days on which a condition holds: once known true, until known false."""
    condition = read_condition(text)
    found = []
    begun: dict[Term, date | None] = {}
    since, is_held = None, False
    for at in signals.days(account_id):
        if at.since != since:
            since, is_held, begun = at.since, False, {}
        truth = truth_on(signals, condition, at, begun)
        is_held = is_held if truth is None else truth
        if is_held:
            found.append(at.day)
    return found


def truth_on(
    signals: Signals, condition: Condition, at: At, begun: dict[Term, date | None]
) -> Truth:
    """Whether it is known to be true on a day; `begun`: since when each term has been."""
    # All terms are asked, also where one is enough: some must hold for days.
    told = [[_term(signals, term, at, begun) for term in terms] for terms in condition]
    return _any([_all(terms) for terms in told])


def _term(signals: Signals, term: Term, at: At, begun: dict[Term, date | None]) -> Truth:
    known = signals.on(term.signal, at)
    if known is None:
        truth: Truth = False
    else:
        truth = term.is_true_of(known.value) if known.is_fresh else None
    if truth is False:
        begun[term] = None
    elif truth and begun.get(term) is None:
        begun[term] = at.day
    if truth:
        first = begun[term]
        assert first is not None
        return at.day >= first + timedelta(days=term.for_days - 1)
    return truth


def _all(truths: Sequence[Truth]) -> Truth:
    if False in truths:
        return False
    return None if None in truths else True


def _any(truths: Sequence[Truth]) -> Truth:
    if True in truths:
        return True
    return None if None in truths else False


def stretches(days: Iterable[date], ends: Mapping[date, bool]) -> Iterator[tuple[date, date]]:
    """Neighbouring days as [first, end); a day that `ends` marks begins anew."""
    first: date | None = None
    last: date | None = None
    for day in days:
        if first is None or last is None or (day - last).days > 1 or ends.get(day, False):
            if first is not None and last is not None:
                yield first, last + timedelta(days=1)
            first = day
        last = day
    if first is not None and last is not None:
        yield first, last + timedelta(days=1)


def evidence(signals: Signals, text: str, at: At) -> dict[str, Value]:
    """What a condition's signals say on a day, by name; None where nothing tells."""
    names = sorted({term.signal for terms in read_condition(text) for term in terms})
    found: dict[str, Value] = {}
    for name in names:
        known = signals.on(name, at)
        found[name] = None if known is None else known.value
    return found


def with_conditions(book: Book, signals: Signals) -> Book:
    """The book with the days on which the conditions of its standards hold."""
    texts = {
        standard.when
        for model in book.models
        for standards in model.standards.values()
        for standard in standards
        if standard.when is not None
    }
    held = {
        (account.account_id, text): frozenset(holding(signals, account.account_id, text))
        for account in book.accounts
        for text in texts
    }
    return replace(book, conditions=held)
