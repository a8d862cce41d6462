"""Books of contracts made from a seed: every way in which a term can end, and odd mixtures.

Belongs here: drawing contracts, notices, churns and licences. Does not: engagement, which
coverage_books draws; what should come of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from coverage_books import RATES, Dice
from oracle.coverage_models import Model, Tier
from oracle.ledger_facts import DAY, Account, Book, Contract, Override, Usage

GAPS = (1, 1, 1, 1, 1, 2, 15, 30, 31, 32, 100, 180, 181, 182, 183, 260, 400,
        0, -1, -2, -3, -20, -90)  # fmt: skip
"""Days from a term's last day to its successor's first: on time is 1."""

SIZES = (1.0, 1.0, 1.0, 1.2, 1.5, 0.8, 0.5, 0.0)
"""What a successor is worth, as a share of what it renews."""

TIERS = (Tier("T3", 0.0, 10_000.0), Tier("T2", 10_000.0, 50_000.0), Tier("T1", 50_000.0, None))
FIRST_DAY = date(2023, 1, 1)


def outcome_book(seed: int, accounts: int) -> Book:
    """A book of so many families. The same seed gives the same book."""
    dice = Dice(seed)
    as_of = dice.day(date(2025, 1, 1), date(2026, 12, 31))
    frame = Book(
        as_of=as_of,
        models=_models(dice),
        accounts=(),
        contracts=(),
        activities=None,
        users=None,
        rates=RATES,
        rate_history={"EUR": ((date(2023, 5, 1), 1.10), (date(2024, 7, 1), 1.05))}
        if dice.happens(0.6)
        else {},
        usage=(),
    )
    stories = [_family(dice, frame, number) for number in range(accounts)]
    return replace(
        frame,
        accounts=tuple(account for story in stories for account in story.accounts),
        contracts=tuple(contract for story in stories for contract in story.contracts or ()),
        usage=tuple(reading for story in stories for reading in story.usage or ()),
    )


def _models(dice: Dice) -> tuple[Model, ...]:
    first = Model(
        effective_from=FIRST_DAY,
        tiers=TIERS,
        standards={},
        promote_days=dice.choice((0, 14)),
        demote_days=dice.choice((1, 30)),
        freeze_before_renewal_days=dice.choice((0, 120)),
        late_grace_d=dice.choice((0, 10, 30)),
        late_max_d=dice.choice((60, 180)),
        overlap_d=dice.choice((0, 3)),
        netting=dice.choice(("account", "account", "product")),
    )
    if dice.happens(0.5):
        return (first,)
    later = replace(
        first,
        effective_from=date(2025, 4, 1),
        late_grace_d=dice.choice((5, 30)),
        tiers=(*TIERS[:1], replace(TIERS[1], arr_to=40_000.0), replace(TIERS[2], arr_from=40_000.0))
        if dice.happens(0.5)
        else TIERS,
    )
    return first, later


def _family(dice: Dice, frame: Book, number: int) -> Book:
    names = [f"a{number:04}{letter}" for letter in "pq"[: dice.choice((1, 1, 1, 2))]]
    accounts, contracts = [], list[Contract]()
    for place, name in enumerate(names):
        mine = list(_contracts(dice, frame, name))
        contracts += mine
        accounts.append(_account(dice, frame, name, names[0] if place else None, mine))
    if len(names) > 1 and contracts and dice.happens(0.5):
        contracts += _moved(dice, contracts, names)
    if dice.happens(0.25):
        contracts = _co_termed(dice, contracts)
    return replace(
        frame,
        accounts=tuple(accounts),
        contracts=tuple(c for c in contracts if (c.signed_on or c.starts_on) <= frame.as_of),
        usage=tuple(_usage(dice, frame, names)),
    )


def _account(
    dice: Dice, frame: Book, name: str, parent: str | None, contracts: list[Contract]
) -> Account:
    last = max((c.ends_on for c in contracts if c.ends_on), default=None)
    churned_on = None
    if last is not None and dice.happens(0.2):
        churned_on = last + timedelta(days=dice.choice((1, 1, 1, 0, -40, 20)))
        if churned_on > frame.as_of and dice.happens(0.5):
            churned_on = None
    notice_on = (
        churned_on - timedelta(days=dice.choice((10, 60)))
        if churned_on and dice.happens(0.5)
        else None
    )
    if notice_on and notice_on > frame.as_of:
        notice_on = None
    if churned_on and churned_on > frame.as_of and notice_on is None:
        churned_on = None
    override = Override(dice.choice(("T1", "T3")), dice.day(FIRST_DAY, frame.as_of), None)
    return Account(
        account_id=name,
        parent_id=parent,
        churned_on=churned_on,
        churn_notice_on=notice_on,
        churn_reason="price" if churned_on and dice.happens(0.5) else None,
        override=override if dice.happens(0.1) else None,
    )


@dataclass
class _Line:
    """A product's contracts, one after the other."""

    product: str | None
    currency: str
    arr: float
    starts_on: date


def _contracts(dice: Dice, frame: Book, account_id: str) -> Iterator[Contract]:
    number = 0
    products = dice.choice(
        ((None,), (None,), ("core",), ("core", "plus"), (None, "plus"), ("core", "core"))
    )
    for product in products:
        line = _Line(
            product=product,
            currency=dice.choice(("USD",) * 14 + ("EUR",) * 5 + ("XXX",)),
            arr=float(dice.choice((1_000, 6_000, 9_999.99, 10_000, 30_000, 60_000.1, 120_000))),
            starts_on=dice.day(FIRST_DAY, frame.as_of - timedelta(days=30)),
        )
        for contract in _terms(dice, frame, account_id, number, line):
            number += 1
            yield contract


def _terms(
    dice: Dice, frame: Book, account_id: str, number: int, line: _Line
) -> Iterator[Contract]:
    before: Contract | None = None
    for _ in range(dice.choice((1, 2, 3, 4))):
        is_evergreen = dice.happens(0.07)
        length = dice.choice((30, 90, 364, 365, 365, 365, 366, 730))
        end = None if is_evergreen else line.starts_on + timedelta(days=length - 1)
        contract = Contract(
            contract_id=f"{account_id}-{number}",
            account_id=account_id,
            starts_on=line.starts_on,
            ends_on=end,
            arr=round(line.arr, 2),
            currency=line.currency,
            product=line.product,
            predecessor_id=before.contract_id if before and dice.happens(0.3) else None,
            status=dice.choice((None,) * 8 + ("active", "renewed", "churned", "cancelled")),
            signed_on=_signed(dice, frame, line.starts_on),
            notice_on=_notice(dice, frame, end),
            auto_renews=dice.choice((None, None, False, True)),
        )
        if (contract.signed_on or contract.starts_on) > frame.as_of:
            return
        yield contract
        number += 1
        before = contract
        if end is None:
            return
        line.starts_on = end + timedelta(days=dice.choice(GAPS))
        line.arr *= dice.choice(SIZES)
        if dice.happens(0.1):
            line.product = dice.choice((None, "core", "plus"))
        if dice.happens(0.05):
            line.currency = dice.choice(("USD", "EUR"))


def _signed(dice: Dice, frame: Book, starts_on: date) -> date | None:
    """Mostly before the start; a contract to come is known from its signature alone."""
    if starts_on > frame.as_of:
        return (
            dice.day(frame.as_of - timedelta(days=60), frame.as_of) if dice.happens(0.5) else None
        )
    days = dice.choice((None, None, 0, 3, 40, 120, -10))
    if days is None:
        return None
    return min(starts_on - timedelta(days=days), frame.as_of)


def _notice(dice: Dice, frame: Book, end: date | None) -> date | None:
    if end is None or not dice.happens(0.12):
        return None
    notice_on = end - timedelta(days=dice.choice((0, 10, 45, 200)))
    return notice_on if notice_on <= frame.as_of else None


def _moved(dice: Dice, contracts: list[Contract], names: list[str]) -> Iterator[Contract]:
    """A contract that goes on at another account of the family."""
    ended = [c for c in contracts if c.ends_on is not None]
    if not ended:
        return
    moved = dice.choice(ended)
    assert moved.ends_on is not None
    other = next(name for name in names if name != moved.account_id)
    yield replace(
        moved,
        contract_id=f"{other}-m",
        account_id=other,
        starts_on=moved.ends_on + dice.choice((1, 1, -60, 20, 200)) * DAY,
        ends_on=moved.ends_on + 400 * DAY,
        arr=round(moved.arr * dice.choice((1.0, 1.0, 0.5, 1.3)), 2),
        predecessor_id=moved.contract_id,
        notice_on=None,
        signed_on=None,
        status=None,
    )


def _co_termed(dice: Dice, contracts: list[Contract]) -> list[Contract]:
    """One contract says that it renews several: of two lines, or twice the same one's."""
    if len(contracts) < 3:
        return contracts
    heir = max(contracts, key=lambda c: (c.starts_on, c.contract_id))
    others = [c for c in contracts if c is not heir and c.ends_on is not None]
    if len(others) < 2:
        return contracts
    named = dice.sample(others, 2)
    told = replace(heir, predecessor_id=";".join(c.contract_id for c in named))
    return [told if c is heir else c for c in contracts]


def _usage(dice: Dice, frame: Book, names: list[str]) -> Iterator[Usage]:
    """Licences that were billable, on a few days; nothing at all for most."""
    for name in names:
        if not dice.happens(0.4):
            continue
        licences = dice.choice((10.0, 25.0, 100.0))
        for day in sorted({dice.day(FIRST_DAY, frame.as_of) for _ in range(8)}):
            yield Usage(name, day, "licences_billable", licences)
            licences = round(licences * dice.choice((1.0, 1.1, 1.5, 0.8)))
