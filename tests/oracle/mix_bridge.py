"""How much of a change is rates, and how much mix (3.9, "Simpson"; "Midpoint split").

Belongs here: the split of a change between two quarters by tier. Does not: the rates.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from oracle.calendar import period
from oracle.succession import months_later
from oracle.world import Row

ALL = "ALL"

METRICS = {
    "logo_renewal_rate": ("quarter", "accounts_due"),
    "gross_renewal_rate": ("quarter", "atr"),
    "grr": ("trailing_12m", "cohort_arr"),
    "nrr": ("trailing_12m", "cohort_arr"),
    "account_cts": ("quarter", "accounts_evaluable"),
}
"""Which rows a metric is on, and what it is a mean by."""

COMPARISONS = {"quarter_before": 3, "year_before": 12}
"""How many months lie between the quarters that are compared."""

NOTHING = (None, 0.0)
"""A tier that is not there."""

Rates = Mapping[str, tuple[float | None, float]]
"""By tier: the rate, and what it weighs."""


def split(before: Rates, after: Rates) -> dict[str, tuple[float, float]]:
    """By tier: the effect of its rate and of its weight; they add up to the change of the mean.

    A tier that one side lacks has there the rate that it has on the other.
    """
    wholes = [_whole(side) for side in (before, after)]
    means = [
        sum((rate or 0.0) * weight for rate, weight in side.values()) / whole
        for side, whole in zip((before, after), wholes, strict=True)
    ]
    found = {}
    for tier_id in sorted({*before, *after}):
        rates = [side.get(tier_id, NOTHING)[0] for side in (before, after)]
        r0, r1 = (next(r for r in (own, *rates) if r is not None) for own in rates)
        w0, w1 = (
            side.get(tier_id, NOTHING)[1] / whole
            for side, whole in zip((before, after), wholes, strict=True)
        )
        found[tier_id] = (
            (w0 + w1) / 2 * (r1 - r0),
            (w1 - w0) * ((r0 + r1) / 2 - sum(means) / 2),
        )
    return found


def _whole(side: Rates) -> float:
    return sum(weight for _, weight in side.values())


def mart_mix_bridge(outcomes: Sequence[Row], coverage: Sequence[Row], as_of: date) -> Iterator[Row]:
    """Each quarter against the one before and that of a year before; both restated (OC16)."""
    for metric, (kind, weight) in METRICS.items():
        by_quarter: dict[date, dict[str, tuple[float | None, float]]] = defaultdict(dict)
        for row in coverage if metric == "account_cts" else outcomes:
            is_then = row.get("attribution", "tier_then") == "tier_then"
            end = row["period_end"]
            is_quarter = end == period(end, "quarter")[1] and end <= as_of
            if row["basis"] == "restated" and is_then and row["period_type"] == kind and is_quarter:
                rate = row[metric]
                known = rate, 0.0 if rate is None else float(row[weight] or 0)
                by_quarter[period(end, "quarter")[0]][row["tier_id"]] = known
        for comparison, months in COMPARISONS.items():
            for start, after in by_quarter.items():
                first = months_later(start, -months)
                before = by_quarter.get(first, {})
                if before.get(ALL, NOTHING)[0] is not None and after[ALL][0] is not None:
                    yield from _compared(
                        {
                            "metric": metric,
                            "comparison": comparison,
                            "period_start": start,
                            "period_end": period(start, "quarter")[1],
                            "base_period_start": first,
                            "base_period_end": period(first, "quarter")[1],
                        },
                        before,
                        after,
                    )


def _compared(pair: Row, before: Rates, after: Rates) -> Iterator[Row]:
    sides = [
        {tier: each for tier, each in side.items() if tier != ALL and each[1]}
        for side in (before, after)
    ]
    effects = split(*sides)
    for tier_id in [*effects, ALL]:
        mine = list(effects.values()) if tier_id == ALL else [effects[tier_id]]
        rate_effect, mix_effect = (sum(each) for each in zip(*mine, strict=True))
        row = {**pair, "tier_id": tier_id}
        for name, side, whole in zip(("before", "after"), (before, after), sides, strict=True):
            rate, weight = side[ALL] if tier_id == ALL else whole.get(tier_id, NOTHING)
            if tier_id == ALL:
                weight = _whole(whole)
            row |= {
                f"rate_{name}": rate,
                f"weight_{name}": weight,
                f"weight_share_{name}": weight / _whole(whole),
            }
        yield {
            **row,
            "rate_effect": rate_effect,
            "mix_effect": mix_effect,
            "total": rate_effect + mix_effect,
        }
