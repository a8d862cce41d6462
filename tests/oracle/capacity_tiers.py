"""People and work of each tier on a day: the table of 3.11 and the bridge of 3.12.

Belongs here: full-time equivalents by tier, implied ratios, what is needed, what moved the need.
Does not: books of persons, which `capacity` and `capacity_marts` tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import combinations
from math import factorial, fsum

from oracle.calendar import period
from oracle.capacity import NONE, Book, Capacity, Unit
from oracle.coverage import share
from oracle.demand import Demand
from oracle.ledger_facts import DAY
from oracle.people_models import net_hours_per_fte
from oracle.sums import exact
from oracle.supply import CsmWeek

ALL = "ALL"

DRIVERS = ("accounts", "standards", "reactive", "supply")


@dataclass(frozen=True)
class TierLoad:
    """A tier (NONE: people without accounts; ALL) on a day; hours a year, None where not known."""

    tier_id: str
    day: date
    net: float
    rows: Sequence[Demand]
    people: Mapping[str, CsmWeek]
    """All who have an account of the tier in their book, or in their pool's."""
    fte: float | None
    supply: float | None

    @property
    def accounts(self) -> int:
        """How many."""
        return len(self.rows)

    @property
    def required(self) -> float:
        """What they take."""
        return exact(row.required for row in self.rows)

    @property
    def needed_fte(self) -> float:
        """The full-time equivalents that this takes."""
        return self.required / self.net

    @property
    def implied(self) -> float | None:
        """Accounts that a full-time person could look after; of all tiers it says nothing."""
        if self.tier_id in (ALL, NONE):
            return None
        return share(self.net * self.accounts, self.required)

    @property
    def utilisation(self) -> float | None:
        """Above 1 there is more work than time."""
        return share(self.required, self.supply or 0)

    def sum(self, part: str) -> float:
        """Of one part of the demand."""
        return exact(getattr(row, part) for row in self.rows)


class Tiers:
    """All tiers on each day that demand is known of."""

    def __init__(self, capacity: Capacity) -> None:
        self.capacity, self.book = capacity, capacity.book

    @cached_property
    def days(self) -> list[date]:
        """Month ends, and as_of."""
        return self.capacity.demands.days

    @cached_property
    def loads(self) -> dict[tuple[str, date], TierLoad]:
        """By tier and day."""
        return {(load.tier_id, day): load for day in self.days for load in self._of_day(day)}

    def _of_day(self, day: date) -> Iterator[TierLoad]:
        model = self.book.model_on(day)
        net = net_hours_per_fte(model.said["capacity"])
        books = self.capacity.books[day]
        rows = self.capacity.demands.on(day)
        everyone = {week.user_id: week for book in books.values() for week in book.people}
        tiers = {tier.tier_id for tier in model.tiers} | {row.tier_id for row in rows}
        if any(book.people and not book.accounts for book in books.values()):
            tiers.add(NONE)
        for tier_id in sorted(tiers):
            mine = [row for row in rows if row.tier_id == tier_id]
            there = [book for book in books.values() if tier_id in book.shares]
            known = [book for book in there if book.people]
            nobody = not everyone or (bool(mine) and self._is_led_by_strangers(mine, books))
            yield TierLoad(
                *(tier_id, day, net, mine),
                people={week.user_id: week for book in known for week in book.people},
                fte=None if nobody else fsum((b.fte or 0) * b.shares[tier_id] for b in known),
                supply=None if nobody else fsum((b.supply or 0) * b.shares[tier_id] for b in known),
            )
        yield TierLoad(
            *(ALL, day, net, rows),
            people=everyone,
            fte=fsum(week.fte for week in everyone.values()) if everyone else None,
            supply=fsum(week.fte * week.ramp_share * net for week in everyone.values())
            if everyone
            else None,
        )

    def _is_led_by_strangers(self, rows: Sequence[Demand], books: Mapping[Unit, Book]) -> bool:
        units = (self.capacity.unit_of(row.account_id, row.day) for row in rows)
        return all(unit is not None and not books[unit].people for unit in units)

    def pairs(self) -> Iterator[tuple[str, date, date]]:
        """What is compared: the end of a quarter with that of the one before, and of a year."""
        for day in self.days:
            if day != period(day, "quarter")[1]:
                continue
            for kind, months in (("quarter", 3), ("year", 12)):
                before = months_before(day, months)
                if before in self.days:
                    yield kind, before, day

    def bridge(self, tier_id: str, before: date, after: date) -> dict[str, float] | None:
        """What each driver did to the FTE needed between two days; None without any account.

        Shapley: a driver's part is the mean of what its change does over all orders of changing.
        """
        sides = self.drivers(tier_id, before, after)
        return None if sides is None else {name: shapley(name, *sides) for name in DRIVERS}

    def drivers(
        self, tier_id: str, before: date, after: date
    ) -> tuple[dict[str, float], dict[str, float]] | None:
        """What the need of a tier was made of on two days; where it was not, as on the other."""
        one, other = (
            _drivers(self.loads.get((tier_id, day)), self._net(day)) for day in (before, after)
        )
        if not one["accounts"] and not other["accounts"]:
            return None
        heads = ("standards", "reactive")
        if not one["accounts"]:
            one |= {name: other[name] for name in heads}
        if not other["accounts"]:
            other |= {name: one[name] for name in heads}
        return one, other

    def _net(self, day: date) -> float:
        return net_hours_per_fte(self.book.model_on(day).said["capacity"])


def _drivers(load: TierLoad | None, net: float) -> dict[str, float]:
    accounts = load.accounts if load else 0
    if not load or not accounts:
        return {"accounts": 0.0, "standards": 0.0, "reactive": 0.0, "supply": net}
    planned = load.sum("proactive") + load.sum("conditional") + load.sum("onboarding")
    return {
        "accounts": float(accounts),
        "standards": planned / accounts,
        "reactive": load.sum("reactive") / accounts,
        "supply": net,
    }


def need(drivers: Mapping[str, float]) -> float:
    """FTE that the accounts take."""
    heads = drivers["accounts"] * (drivers["standards"] + drivers["reactive"])
    return heads / drivers["supply"]


def shapley(name: str, before: Mapping[str, float], after: Mapping[str, float]) -> float:
    """What one driver's change did to the need between two states of all four."""
    others = [driver for driver in DRIVERS if driver != name]
    total = 0.0
    for size in range(len(others) + 1):
        weight = factorial(size) * factorial(len(others) - size) / factorial(len(DRIVERS))
        for changed in combinations(others, size):
            mixed = {each: (after if each in changed else before)[each] for each in DRIVERS}
            total += weight * (need({**mixed, name: after[name]}) - need(mixed))
    return total


def months_before(day: date, months: int) -> date:
    """The last day of the month so many months before a month's last day."""
    for _ in range(months):
        day = day.replace(day=1) - DAY
    return day
