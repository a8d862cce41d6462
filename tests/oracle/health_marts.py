"""Health by tier: mart_health_trend_tier (HM4 to HM6) and mart_health_calibration (HM7 to HM10).

Belongs here: what is counted, of whom, on which days. Does not: scores, statistics.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from statistics import fmean, median

from oracle.calendar import period
from oracle.calibration import Judged, brier, interval, of_bands, of_scores, status
from oracle.coverage import share, wilson
from oracle.health import Health, HealthDay
from oracle.tiers import terms
from oracle.world import Row

BANDS = ("green", "yellow", "red", "insufficient_data")
INPUTS = ("usage", "assessments", "success_plans", "tickets", "activities")
"""Entities that scores are made of."""
NOT_JUDGED = {"open_lapsed", "upcoming"}
LOST = {"churned", "winback"}


class Trend:
    """Who was where in which tier on each day of the spine."""

    def __init__(self, health: Health, source_systems: int) -> None:
        self.health = health
        self.source_systems = source_systems
        self.terms = terms(health.book)

    @cached_property
    def by_day(self) -> dict[date, dict[str, HealthDay]]:
        """Active accounts of each day."""
        found: dict[date, dict[str, HealthDay]] = defaultdict(dict)
        for account_id in self.health.tiers:
            for one in self.health.live(account_id):
                found[one.day][account_id] = one
        return found

    def rows(self) -> Iterator[Row]:
        """mart_health_trend_tier."""
        for day, there in self.by_day.items():
            tiers = {one.tier_id for one in there.values() if one.tier_id is not None}
            for tier_id in ("ALL", *tiers):
                mine = {
                    name: one
                    for name, one in there.items()
                    if tier_id == "ALL" or one.tier_id == tier_id
                }
                yield {"tier_id": tier_id, "as_of_on": day, **self._row(tier_id, day, mine)}

    def _row(self, tier_id: str, day: date, mine: Mapping[str, HealthDay]) -> Row:
        scores = {name: one.final for name, one in mine.items() if one.final is not None}
        bands = Counter(one.band for one in mine.values())
        arr = {name: self._arr(name, day) or 0.0 for name in scores}
        weighted = sum(arr[name] * score for name, score in scores.items())
        measured = [one for each in mine.values() for one in each.scored.measured]
        statuses = Counter(one.status for one in measured)
        ages = [
            o.age_days for o in measured if o.status in ("ok", "stale") if o.age_days is not None
        ]
        expected = len(measured) - statuses["not_applicable"]
        return {
            "accounts": len(mine),
            "accounts_scored": len(scores),
            "mean_score": fmean(scores.values()) if scores else None,
            "median_score": median(scores.values()) if scores else None,
            "arr_weighted_score": share(weighted, sum(arr.values())),
            **{f"{band}_share": share(bands[band], len(mine)) for band in BANDS},
            **self._change(tier_id, day, mine, 28),
            **self._change(tier_id, day, mine, 90),
            **self._moves(tier_id, day, mine),
            "measures_fresh_rate": share(statuses["ok"], expected),
            "mean_input_age_days": fmean(ages) if ages else None,
            "source_systems": self.source_systems,
        }

    def _arr(self, account_id: str, day: date) -> float | None:
        amounts = [arr for start, end, arr in self.terms[account_id] if start <= day < end]
        known = [arr for arr in amounts if arr is not None]
        return sum(known) if len(known) == len(amounts) else None

    def _both(
        self, tier_id: str, day: date, mine: Mapping[str, HealthDay], length_d: int
    ) -> tuple[date | None, list[tuple[HealthDay, HealthDay]]]:
        """An earlier day, and the accounts that were in the same tier then."""
        before = self.health.on_or_before(day - timedelta(days=length_d))
        then = self.by_day.get(before, {}) if before else {}
        return before, [
            (then[name], now)
            for name, now in mine.items()
            if name in then and (tier_id == "ALL" or then[name].tier_id == now.tier_id)
        ]

    def _change(self, tier_id: str, day: date, mine: Mapping[str, HealthDay], length_d: int) -> Row:
        before, both = self._both(tier_id, day, mine, length_d)
        deltas = [
            now.final - then.final
            for then, now in both
            if now.final is not None and then.final is not None
        ]
        if before is None or not self.health.is_same_section(before, day):
            deltas = []
        return {
            f"accounts_compared_{length_d}d": len(deltas),
            f"mean_delta_{length_d}d": fmean(deltas) if deltas else None,
        }

    def _moves(self, tier_id: str, day: date, mine: Mapping[str, HealthDay]) -> Row:
        _, both = self._both(tier_id, day, mine, 28)
        moves = Counter((then.band, now.band) for then, now in both)
        return {f"{was}_to_{is_}_28d": moves[was, is_] for was in BANDS for is_ in BANDS}


def mart_health_calibration(health: Health, renewals: Sequence[Row]) -> Iterator[Row]:
    """One row a tier, horizon and quarter of the term end; `renewals` are those of fct_renewal."""
    judged = [
        row
        for row in renewals
        if row["term_end_on"] <= health.book.as_of and row["outcome"] not in NOT_JUDGED
    ]
    quarters = sorted(period(row["term_end_on"], "quarter") for row in judged)
    cells: dict[tuple[str, str, date, date], list[Row]] = defaultdict(list)
    for row in judged:
        for tier_id in {"ALL", row["tier_id"]} - {None}:
            cells[tier_id, "quarter", *period(row["term_end_on"], "quarter")].append(row)
            cells[tier_id, "all", quarters[0][0], quarters[-1][1]].append(row)
    rules = health.book.model_on(health.book.as_of)
    for (tier_id, period_type, start, end), rows in cells.items():
        for horizon in rules.calibration["horizons_d"]:
            name = f"{tier_id}|{horizon}|{period_type}|{start.isoformat()}"
            yield {
                "tier_id": tier_id,
                "horizon_days": horizon,
                "period_type": period_type,
                "period_start": start,
                "period_end": end,
                "renewals_without_score": len(rows) - len(_scored(health, rows, horizon)),
                **_verdict(_scored(health, rows, horizon), name, rules.calibration, rules.low_n),
            }


def _scored(health: Health, rows: Iterable[Row], horizon: int) -> list[Judged]:
    found = []
    for row in rows:
        day = row["term_end_on"] - timedelta(days=horizon)
        if row["account_id"] in health.tiers and health.is_active(row["account_id"], day):
            one = health.on(row["account_id"], day)
            if one.final is not None:
                is_lost = row["outcome"] in LOST
                found.append(Judged(row["account_id"], is_lost, one.final, one.band))
    return found


def _verdict(rows: Sequence[Judged], name: str, asked: Mapping[str, float], low_n: int) -> Row:
    lost = [row for row in rows if row.is_lost]
    n = Counter((row.band, row.is_lost) for row in rows)
    of_band = Counter(row.band for row in rows)
    kept = len(rows) - len(lost)
    is_enough = len(lost) >= asked["min_lost"] and kept > 0
    low, high = interval(rows, name) if is_enough else (None, None)
    found: Row = {}
    for rate, part, whole in (
        ("red_precision", n["red", True], of_band["red"]),
        ("red_recall", n["red", True], len(lost)),
        ("false_green_rate", n["green", True], of_band["green"]),
    ):
        ends = wilson(part, whole)
        found |= {rate: share(part, whole), f"{rate}_low": ends[0], f"{rate}_high": ends[1]}
    for band in ("green", "yellow", "red"):
        found |= {band: of_band[band], f"{band}_lost": n[band, True]}
    green = sorted({row.account_id for row in lost if row.band == "green"}, key=str.encode)
    return {
        **found,
        "renewals": len(rows),
        "accounts": len({row.account_id for row in rows}),
        "lost": len(lost),
        "is_low_n": len(rows) < low_n,
        "auc": of_scores(rows),
        "auc_low": low,
        "auc_high": high,
        "banded_auc": of_bands(rows),
        "brier": brier(rows),
        "false_green_account_ids": green or None,
        "status": status(
            len(lost), kept, low, min_lost=int(asked["min_lost"]), ok_lower=asked["auc_ok_lower"]
        ),
    }
