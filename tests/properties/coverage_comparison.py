"""Rows of the SQL held against rows of the oracle, and a failure made small enough to read.

Belongs here: comparing and telling. Does not: running either side.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from oracle.ledger_facts import Account, Book

Rows = Iterable[tuple[Any, ...]]
"""The account comes first in each."""

FACTS = (
    "fired", "usage", "assessments", "activities", "contacts", "leaves", "tickets", "plans",
    "surveys", "looks", "projects", "contracts", "accounts",
)  # fmt: skip
"""What a book says of its accounts."""

Compared = Callable[[Book], tuple[Rows, Rows]]
"""What the SQL and what the oracle make of a book."""


def assert_same(book: Book, compared: Compared) -> int:
    """Fail with one account's story and its differing rows; the number of rows that are equal."""
    said, expected = (Counter(rows) for rows in compared(book))
    if said == expected:
        return said.total()
    differing = (said - expected) + (expected - said)
    accounts = sorted({row[0] for row in differing})
    alone = only(book, _family(book, accounts[0]))
    small = shrunk(alone, lambda candidate: _differs(candidate, compared))
    if not _differs(small, compared):
        small = book
    said, expected = (Counter(rows) for rows in compared(small))
    pytest.fail(
        "\n".join(
            [
                f"{len(accounts)} of {len(book.accounts)} accounts differ: {accounts[:5]}",
                *(_story(small) if small is not book else ["(not alone)"]),
                *(f"  only SQL     {row}" for row in _few(said - expected)),
                *(f"  only oracle  {row}" for row in _few(expected - said)),
            ]
        ),
        pytrace=False,
    )


def _differs(book: Book, compared: Compared) -> bool:
    said, expected = compared(book)
    return Counter(said) != Counter(expected)


def _few(rows: Counter[tuple[Any, ...]]) -> list[str]:
    return sorted(" ".join(map(str, row)) for row in rows)[:10]


def _family(book: Book, account_id: str) -> set[str]:
    """The account and all that share its name up to the letter: families are made so."""
    return {a.account_id for a in book.accounts if a.account_id[:5] == account_id[:5]}


def _story(book: Book) -> list[str]:
    facts = (*book.accounts, *(book.contracts or ()), *book.leaves, *(book.plans or ()))
    acts = (*(book.tickets or ()), *(book.activities or ()), *(book.usage or ()), *book.fired)
    models = [replace(model, standards={}) for model in book.models]
    owed = [
        f"    {tier}: {standard}"
        for model in book.models
        for tier, standards in model.standards.items()
        for standard in standards
    ]
    return [
        f"  as of {book.as_of}",
        *(f"  {fact}" for fact in (*models, *facts, *acts, *book.assessments)),
        *owed,
    ]


def only(whole: Book, account_ids: set[str]) -> Book:
    """The book of a few accounts."""
    return replace(
        whole,
        **{
            name: tuple(f for f in getattr(whole, name) or () if f.account_id in account_ids)
            for name in FACTS
        },
    )


def shrunk(failing: Book, fails: Callable[[Book], bool], tries: int = 100) -> Book:
    """The book without what the failure does not need, halves first, after so many tries."""
    left = iter(range(tries))

    def still_fails(candidate: Book) -> bool:
        return next(left, None) is not None and fails(candidate)

    before = None
    while before != failing:
        before = failing
        for name in FACTS:
            failing = _thinned(failing, name, still_fails)
        for candidate in _plainer(failing):
            if still_fails(candidate):
                failing = candidate
                break
    return failing


def _thinned(failing: Book, name: str, still_fails: Callable[[Book], bool]) -> Book:
    size = len(getattr(failing, name) or ())
    while size:
        at = 0
        while at < len(getattr(failing, name)):
            facts = getattr(failing, name)
            candidate = replace(failing, **{name: facts[:at] + facts[at + size :]})
            is_told = bool(candidate.activities) or not failing.activities
            if is_told and _is_whole(candidate) and still_fails(candidate):
                failing = candidate
            else:
                at += size
        size //= 2
    return failing


def _is_whole(candidate: Book) -> bool:
    known = {account.account_id for account in candidate.accounts}
    facts = (*(candidate.contracts or ()), *(candidate.activities or ()), *candidate.leaves)
    others = (*(candidate.plans or ()), *(candidate.tickets or ()))
    return bool(known) and all(fact.account_id in known for fact in (*facts, *others))


def _plainer(failing: Book) -> Iterator[Book]:
    """The same with fewer standards, models, holidays; with plainer accounts."""
    for number, model in enumerate(failing.models):
        rest = failing.models[:number] + failing.models[number + 1 :]
        if rest:
            yield replace(failing, models=rest)
        for tier, standards in model.standards.items():
            for standard in standards:
                left = tuple(each for each in standards if each is not standard)
                thinner = replace(model, standards={**model.standards, tier: left})
                models = tuple(thinner if each is model else each for each in failing.models)
                yield replace(failing, models=models)
    for account in failing.accounts:
        plain = Account(account.account_id, account.parent_id)
        if plain != account:
            accounts = tuple(plain if each is account else each for each in failing.accounts)
            yield replace(failing, accounts=accounts)
    if any(failing.holidays.values()):
        yield replace(failing, holidays=dict.fromkeys(failing.holidays, frozenset()))
