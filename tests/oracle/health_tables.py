"""The tables that show health day by day: fct_health_measure_daily, fct_health_daily.

Belongs here: frozen rows, the band that is shown, change and trend of one account. Does not: the
score.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from oracle.health import WEEKLY_D, Health, HealthDay
from oracle.ledger_facts import DAY, days
from oracle.world import Row

SLOPE_D, SLOPE_POINTS = 28, 14


def fct_health_measure_daily(health: Health) -> Iterator[Row]:
    """One row an account, day of the spine on which it is active, and measure."""
    for account_id in health.tiers:
        for one in health.live(account_id):
            for measured in one.scored.measured:
                yield {
                    "account_id": account_id,
                    "as_of_on": one.day,
                    "measure_group": measured.measure.group,
                    "measure": measured.measure.name,
                    "raw_value": measured.value.raw,
                    "score": measured.score,
                    "effective_weight": measured.weight,
                    "contribution": measured.contribution,
                    "measured_on": measured.value.measured_on,
                    "age_days": measured.age_days,
                    "status": measured.status,
                    "measured_score": measured.measured_score,
                    "is_held": measured.is_held,
                    "is_stale_warned": measured.is_stale_warned,
                }


def fct_health_daily(health: Health) -> Iterator[Row]:
    """One row an account and day of the spine: live, or frozen since it ended (H13)."""
    for account_id in health.tiers:
        rows = list(_rows(health, account_id))
        for row, shown in zip(rows, shown_bands(health, rows), strict=True):
            yield {**row, "shown_band": shown}


def _rows(health: Health, account_id: str) -> Iterator[Row]:
    for day in health.spine:
        if health.is_active(account_id, day):
            one = health.on(account_id, day)
            change = {
                "delta_28d": delta(health, one, 28),
                "delta_90d": delta(health, one, 90),
                "slope_28d": slope(health, one),
            }
            yield {**_row(one), "as_of_on": day, "frozen_on": None, **change}
        elif (ended_on := _ended_on(health, account_id, day)) is not None:
            last = health.on(account_id, ended_on - DAY)
            unknown = dict.fromkeys(("delta_28d", "delta_90d", "slope_28d"))
            yield {**_row(last), "as_of_on": day, "frozen_on": ended_on, **unknown}


def _row(one: HealthDay) -> Row:
    return {
        "account_id": one.account_id,
        "tier_id": one.tier_id,
        "computed_score": one.scored.computed,
        "override_score": one.override,
        "override_kind": one.override_kind,
        "final_score": one.final,
        "band": one.band,
        "input_coverage": one.scored.coverage,
        "csp_score": one.csp[0] if one.csp else None,
        "csp_score_source": one.csp[1] if one.csp else None,
        "held_measures": one.held,
        "is_stale_warned": any(each.is_stale_warned for each in one.scored.measured),
        "config_version_of_day": one.model.effective_from,
    }


def _ended_on(health: Health, account_id: str, day: date) -> date | None:
    """The first day without, of the span that ended last."""
    oldest = health.book.as_of - timedelta(days=WEEKLY_D)
    ends = (end for _, end in health.inputs.spans[account_id] if oldest < end <= day)
    return max(ends, default=None)


def delta(health: Health, one: HealthDay, length_d: int) -> float | None:
    """H14: against the latest day of the spine so long ago; by the same rules only."""
    before = health.on_or_before(one.day - timedelta(days=length_d))
    if before is None or not health.is_active(one.account_id, before):
        return None
    then = health.on(one.account_id, before).final
    if one.final is None or then is None or not health.is_same_section(one.day, before):
        return None
    return one.final - then


def slope(health: Health, one: HealthDay) -> float | None:
    """H14: points a day over 28 daily points, by least squares."""
    first = one.day - (SLOPE_D - 1) * DAY
    if first < health.daily[0]:
        return None
    there = [
        (day, final)
        for day in days(first, one.day + DAY)
        if health.is_active(one.account_id, day)
        and (final := health.on(one.account_id, day).final) is not None
    ]
    is_one = all(health.is_same_section(one.day, day) for day, _ in there)
    if len(there) < SLOPE_POINTS or not is_one:
        return None
    numbers = [day.toordinal() - first.toordinal() for day, _ in there]
    middle = sum(numbers) / len(there)
    level = sum(final for _, final in there) / len(there)
    above = sum((x - middle) * (y - level) for x, (_, y) in zip(numbers, there, strict=True))
    return above / sum((x - middle) ** 2 for x in numbers)


def shown_bands(health: Health, rows: Sequence[Row]) -> Iterator[str]:
    """H15: a band shows once it has stood on so many rows in a row; the first at once."""
    shown = ""
    for place, row in enumerate(rows):
        model = health.model(health.book.model_on(row["as_of_on"]))
        runs = model.said["band_dwell_runs"]
        last = [each["band"] for each in rows[max(place + 1 - runs, 0) : place + 1]]
        if not shown or (len(last) == runs and len(set(last)) == 1):
            shown = row["band"]
        yield shown
