"""An account is looked after as the tier that its family is worth, day by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from sandbox.company import book
from sandbox.company.contracts import Course
from sandbox.company.facts import Contract, TierOverride
from sandbox.company.settings import Settings
from sandbox.company.tiering import Stint, stints, worth

SETTINGS = Settings(accounts=5)
SEAT = next(book.seats(SETTINGS))[0]
BEGIN = date(2024, 1, 15)
Told = list[tuple[date, str]]


def contract(arr: float, starts_on: date, ends_on: date | None) -> Contract:
    return Contract(
        contract_id=f"k-{starts_on}-{arr}",
        account_id=SEAT.account_id,
        product="Platform",
        currency="USD",
        arr=arr,
        starts_on=starts_on,
        ends_on=ends_on,
        signed_on=starts_on,
        notice_on=None,
        predecessor_ids=(),
        auto_renews=False,
        kind="new",
        outcome="open",
        recorded_at=datetime(2024, 1, 1, tzinfo=UTC),
    )


def course(*contracts: Contract) -> Course:
    return Course(contracts, ((contracts[0].starts_on, SETTINGS.until),), None)


def served(own: Course, *others: Course, by_hand: Sequence[TierOverride] = ()) -> Told:
    """From which day on as which tier the first of a family is looked after."""
    seat = replace(SEAT, currency="USD")
    family = worth([(seat, member) for member in (own, *others)])
    return tell(stints(own, family, by_hand, SETTINGS))


def tell(told: Sequence[Stint]) -> Told:
    return [(stint.from_on, stint.tier.tier_id) for stint in told]


@pytest.mark.parametrize(
    ("arr", "tier_id"),
    [(100_000, "T1"), (99_999, "T2"), (50_000, "T2"), (25_000, "T3"), (10_000, "T4"), (0, "T5")],
)
def test_a_lower_edge_belongs_to_its_tier(arr: float, tier_id: str) -> None:
    assert served(course(contract(arr, BEGIN, None))) == [(BEGIN, tier_id)]


def test_money_counts_in_usd() -> None:
    seat = replace(SEAT, currency="GBP")
    assert [w.usd for w in worth([(seat, course(contract(100_000, BEGIN, None)))])] == [127_000]


def test_it_moves_up_on_the_day_on_which_it_grows() -> None:
    grown = date(2025, 3, 4)
    own = course(
        contract(40_000, BEGIN, date(2025, 3, 3)), contract(60_000, grown, date(2026, 3, 3))
    )
    assert served(own)[:2] == [(BEGIN, "T3"), (grown, "T2")]


def test_every_member_is_looked_after_as_the_family_is_worth() -> None:
    own = course(contract(8_000, BEGIN, None))
    parent = course(contract(95_000, date(2024, 5, 6), None))
    assert served(own, parent) == [(BEGIN, "T5"), (date(2024, 5, 6), "T1")]


def test_it_moves_down_on_the_first_quarters_day_after_90_days_well_below() -> None:
    # From 2 January on the family is worth less; on 1 April that is 89 days ago.
    own = course(contract(30_000, BEGIN, None))
    parent = course(contract(60_000, BEGIN, date(2025, 1, 1)))
    assert served(own, parent) == [(BEGIN, "T2"), (date(2025, 7, 1), "T3")]
    a_day_before = course(contract(60_000, BEGIN, date(2024, 12, 31)))
    assert served(own, a_day_before) == [(BEGIN, "T2"), (date(2025, 4, 1), "T3")]


def test_just_below_its_edge_it_stays() -> None:
    own = course(contract(46_000, BEGIN, None))
    parent = course(contract(60_000, BEGIN, date(2025, 1, 1)))
    assert served(own, parent) == [(BEGIN, "T1"), (date(2025, 7, 1), "T3")]
    barely = course(contract(91_000, BEGIN, None))
    assert served(barely, parent) == [(BEGIN, "T1")]


def test_it_does_not_move_down_soon_before_its_term_ends() -> None:
    own = course(contract(30_000, BEGIN, date(2025, 10, 28)))
    parent = course(contract(60_000, BEGIN, date(2025, 1, 1)))
    assert (date(2025, 7, 1), "T3") not in served(own, parent)
    a_day_later = course(contract(30_000, BEGIN, date(2025, 10, 30)))
    assert (date(2025, 7, 1), "T3") in served(a_day_later, parent)


def test_a_tier_set_by_hand_holds_for_180_days_at_most() -> None:
    from_on = date(2025, 2, 3)
    by_hand = TierOverride(
        account_id=SEAT.account_id,
        tier_id="T2",
        from_on=from_on,
        to_on=date(2025, 12, 31),
        reason="Strategic",
        set_by="m@northwind.example",
        recorded_at=datetime(2025, 2, 3, tzinfo=UTC),
    )
    own = course(contract(30_000, BEGIN, None))
    assert served(own, by_hand=[by_hand]) == [
        (BEGIN, "T3"),
        (from_on, "T2"),
        (date(2025, 8, 2), "T3"),
    ]
