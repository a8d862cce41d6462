"""Motions of tiers side by side, and what engagements take: TM9, TM10
(mart_motion_differentiation, mart_obligation_minutes).

Belongs here: mixes of activities, hours an account, real minutes against planned ones. Does not:
whose time it was, which `activity_time` tells.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from statistics import median

from oracle.activity_time import ActivityTime
from oracle.coverage import share
from oracle.demand import ENOUGH, YEAR_D, Demands
from oracle.ledger_facts import DAY, days
from oracle.world import Row


class Motions:
    """How tiers are looked after."""

    def __init__(self, time: ActivityTime, demands: Demands) -> None:
        self.time, self.demands, self.book = time, demands, demands.book
        self.activities = time.facts.activities

    def mart_motion_differentiation(self) -> Iterator[Row]:
        """Each pair of tiers."""
        model = self.book.model_on(self.book.as_of)
        tiers = sorted(model.tiers, key=lambda tier: -tier.arr_from)
        for place, tier in enumerate(tiers):
            for other in tiers[place + 1 :]:
                yield self._pair(tier.tier_id, other.tier_id)

    def _pair(self, one: str, other: str) -> Row:
        model = self.book.model_on(self.book.as_of)
        mixes = [Counter(a["type"] for a in self._activities_of(tier)) for tier in (one, other)]
        families = [{s.family for s in model.planned(tier)} for tier in (one, other)]
        books = [
            {a["playbook_id"] for a in self._activities_of(tier) if a["playbook_id"]}
            for tier in (one, other)
        ]
        hours, other_hours = self._hours_per_account(one), self._hours_per_account(other)
        distance = _distance(*mixes)
        limit = model.said["time"]["same_motion_distance"]
        return {
            "tier_id": one,
            "other_tier_id": other,
            "activities": mixes[0].total(),
            "other_activities": mixes[1].total(),
            "activity_mix_distance": distance,
            "shared_family_share": _shared(*families),
            "shared_playbook_share": _shared(*books),
            "hours_per_account": hours,
            "other_hours_per_account": other_hours,
            "hours_ratio": None if hours is None else share(hours, other_hours or 0),
            "is_same_motion": None if distance is None else distance < limit,
        }

    def _activities_of(self, tier_id: str) -> list[Row]:
        since = self.book.as_of - timedelta(days=YEAR_D)
        tier_on = self.time.facts.tier_on
        return [
            a
            for a in self.activities
            if a["status"] == "completed"
            and a["started_on"] > since
            and tier_on(a["account_id"], a["started_on"]) == tier_id
        ]

    def _hours_per_account(self, tier_id: str) -> float | None:
        since = self.book.as_of - timedelta(days=YEAR_D)
        minutes = sum(
            one.minutes
            for one in self.time.spent
            if one.tier_id == tier_id and one.day > since and one.kind.category != "not_working"
        )
        there = sum(
            by_day[day].assigned == tier_id
            for by_day in self.book.tier_days.values()
            for day in days(since + DAY, self.book.as_of + DAY)
            if day in by_day
        )
        return share(minutes / 60 * YEAR_D, there)

    def mart_obligation_minutes(self) -> Iterator[Row]:
        """Each tier and family on each day that demand is known of."""
        for day in self.demands.days:
            model = self.book.model_on(day)
            deep = model.said["time"]["deep_from_minutes"]
            for tier in model.tiers:
                for standard in model.planned(tier.tier_id):
                    known = self.demands.lengths(tier.tier_id, standard.family, day)
                    expected, actual = standard.minutes, median(known) if known else None
                    is_measured = len(known) >= ENOUGH
                    yield {
                        "as_of_on": day,
                        "tier_id": tier.tier_id,
                        "family": standard.family,
                        "depth": ("deep" if expected >= deep else "short") if expected else None,
                        "expected_minutes": expected,
                        "engagements": len(known),
                        "actual_minutes": actual,
                        "is_measured": is_measured,
                        "planned_minutes": actual if is_measured else expected,
                    }


def _distance(one: Counter[str], other: Counter[str]) -> float | None:
    if not one or not other:
        return None
    product = sum(one[name] * other[name] for name in one)
    lengths = [math.sqrt(sum(n * n for n in mix.values())) for mix in (one, other)]
    return 1 - product / (lengths[0] * lengths[1])


def _shared(one: set[str], other: set[str]) -> float | None:
    return share(len(one & other), len(one | other))
