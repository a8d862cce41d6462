"""Which tier an account is looked after as, while its family's contracts come and go.

Belongs here: the firm's own reading of its rule for tiers, and tiers set by hand. Does not: what a
tier gets (story), or the tier that an account was laid down for (book).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from sandbox.company.book import Seat
from sandbox.company.calendars import periods, utc
from sandbox.company.chance import dice
from sandbox.company.contracts import Course
from sandbox.company.facts import TierOverride
from sandbox.company.people import Roster
from sandbox.company.settings import Settings
from sandbox.company.story import RATES_TO_USD, TIER_FROM_USD, TIERS, Tier

_DAY = timedelta(days=1)
# As in the coverage model: up at once, down on a quarter's first day after a while well below.
_DEMOTE_EDGE = 0.9
_DEMOTE_D = 90
_FREEZE_D = 120
_OVERRIDE_MAX_D = 180
_OVERRIDE_RATE = 0.012


@dataclass(frozen=True, slots=True)
class Stint:
    """From which day on an account is looked after as which tier."""

    from_on: date
    tier: Tier


@dataclass(frozen=True, slots=True)
class Worth:
    """What a family's contracts in force are worth together, in USD a year, from a day on."""

    from_on: date
    usd: float


def worth(members: Iterable[tuple[Seat, Course]]) -> tuple[Worth, ...]:
    """A family's ARR over time: one entry for each day on which a contract begins or ends."""
    changes: list[tuple[date, float]] = []
    for seat, course in members:
        for contract in course.contracts:
            usd = contract.arr * RATES_TO_USD[seat.currency]
            changes.append((contract.starts_on, usd))
            if contract.ends_on is not None:
                changes.append((contract.ends_on + _DAY, -usd))
    together, told = 0.0, []
    for day, of_day in groupby(sorted(changes), key=lambda change: change[0]):
        together += sum(usd for _, usd in of_day)
        told.append(Worth(day, round(together, 2)))
    return tuple(told)


def stints(
    course: Course,
    family: Sequence[Worth],
    by_hand: Iterable[TierOverride],
    settings: Settings,
) -> tuple[Stint, ...]:
    """The tiers that an account is looked after as, in order, the first from its first day."""
    first = course.contracts[0].starts_on
    ruled = _ruled(course, family, first, settings)
    for override in by_hand:
        to_on = min(override.to_on, override.from_on + _OVERRIDE_MAX_D * _DAY)
        ruled = [
            *(stint for stint in ruled if stint.from_on < override.from_on),
            Stint(override.from_on, TIERS[override.tier_id]),
            Stint(to_on, _last(ruled, to_on).tier),
            *(stint for stint in ruled if stint.from_on > to_on),
        ]
    return tuple(
        stint
        for place, stint in enumerate(ruled)
        if place == 0 or stint.tier is not ruled[place - 1].tier
    )


def overrides(
    seat: Seat, course: Course, team: Roster, settings: Settings
) -> tuple[TierOverride, ...]:
    """A tier set by hand, mostly higher by one, now and then for longer than allowed."""
    rng = dice(settings.seed, seat.family, seat.number, "overrides")
    wanted = rng.random() < _OVERRIDE_RATE or seat.turn == "set_higher"
    from_on = settings.history_from + rng.randrange(500, 1_120) * _DAY
    days = rng.choice((90, 120, 150, 180, 240))
    manager = rng.choice(team.managers).email
    place = int(seat.tier.tier_id[1])
    is_customer = any(start <= from_on < end for start, end in course.spans)
    if not wanted or place == 1 or not is_customer:
        return ()
    return (
        TierOverride(
            account_id=seat.account_id,
            tier_id=f"T{place - 1}",
            from_on=from_on,
            to_on=from_on + days * _DAY,
            reason="Strategic: likely to grow",
            set_by=manager,
            recorded_at=utc(from_on, 9 * 60),
        ),
    )


def _ruled(course: Course, family: Sequence[Worth], first: date, settings: Settings) -> list[Stint]:
    """The tiers by the rule alone."""
    quarters = {start for start, _ in periods(first, settings.until, 3) if start > first}
    days = quarters | {step.from_on for step in family if step.from_on > first}
    ends = [contract.ends_on for contract in course.contracts if contract.ends_on is not None]
    ruled = [Stint(first, _band(_most(family, first, first)))]
    for day in sorted(days):
        if not any(start <= day < end for start, end in course.spans):
            continue
        tier, now = ruled[-1].tier, _band(_most(family, day, day))
        if now.tier_id < tier.tier_id:
            ruled.append(Stint(day, now))
        elif now is not tier and day in quarters:
            most = _most(family, day - _DEMOTE_D * _DAY, day - _DAY)
            is_frozen = any(day <= end <= day + _FREEZE_D * _DAY for end in ends)
            if most < _DEMOTE_EDGE * TIER_FROM_USD[tier.tier_id] and not is_frozen:
                ruled.append(Stint(day, now))
    return ruled


def _most(family: Sequence[Worth], first: date, last: date) -> float:
    """The highest worth on any day from one to another, both included."""
    held = [step.usd for step in family if step.from_on <= first][-1:]
    return max([*held, *(step.usd for step in family if first < step.from_on <= last)], default=0.0)


def _band(usd: float) -> Tier:
    return next(TIERS[tier_id] for tier_id, low in TIER_FROM_USD.items() if usd >= low)


def _last(ruled: Sequence[Stint], day: date) -> Stint:
    return next((stint for stint in reversed(ruled) if stint.from_on <= day), ruled[0])
