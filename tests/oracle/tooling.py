"""What people do by hand that tools could do: 3.15, F1 to F3 (mart_tooling_substitution, _level).

Belongs here: hours by kind of work and what tools would give back. Does not: whether to hire,
which `finance` tells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from oracle.activity_time import Spent, monday
from oracle.capacity_tiers import ALL, NONE, Tiers
from oracle.coverage import share
from oracle.ledger_facts import DAY
from oracle.people_models import net_hours_per_fte
from oracle.sums import exact
from oracle.supply import WEEK
from oracle.time_marts import TimeMarts
from oracle.world import Row

WEEKS, ENOUGH_WEEKS = 52, 13
LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)
SCENARIOS = ("low", "mid", "high")


@dataclass(frozen=True)
class Work:
    """A kind of work; hours a year, None where time is not tracked. `share` by scenario."""

    work_type: str
    said: Mapping[str, Any] | None
    tracked: float | None
    manual: float | None

    @property
    def is_human_only(self) -> bool | None:
        """None where the model does not name it."""
        return None if self.said is None else bool(self.said.get("human_only", False))

    def share(self, scenario: str) -> float | None:
        """What of it tools take over."""
        if self.said is None:
            return None
        return 0.0 if self.is_human_only else float(self.said[scenario])

    def recoverable(self, scenario: str) -> float | None:
        """What of its hours tools give back."""
        share_of_it = self.share(scenario)
        if self.manual is None or share_of_it is None:
            return None
        return self.manual * share_of_it


class Tooling:
    """Manual work of the firm's CSMs; `costs` are loaded costs a year of those employed."""

    def __init__(self, marts: TimeMarts, tiers: Tiers, costs: list[float]) -> None:
        self.marts, self.tiers, self.as_of = marts, tiers, tiers.book.as_of
        self.said = tiers.book.model_on(self.as_of).said
        self.settings = self.said["tooling"]
        self.net = net_hours_per_fte(self.said["capacity"])
        self.gross = float(self.said["capacity"]["work_days"] * self.said["capacity"]["hours_day"])
        self.loaded_cost = sum(costs) / len(costs) if costs else None
        self.cost_per_net_hour = self.loaded_cost / self.net if self.loaded_cost else None

    @property
    def all_tiers_fte(self) -> float | None:
        """All CSMs."""
        return self.tiers.loads[ALL, self.as_of].fte

    @property
    def gross_hours(self) -> float | None:
        """Hours that they work in a year."""
        fte = self.all_tiers_fte
        return None if fte is None else fte * self.gross

    @cached_property
    def window(self) -> tuple[date, date]:
        """The first Monday and the last Sunday of the last 52 whole weeks."""
        end = monday(self.as_of + DAY)
        return end - WEEKS * WEEK, end - DAY

    def in_window(self) -> Iterator[Spent]:
        """CSMs' time of these weeks."""
        first, last = self.window
        return (one for one in self.marts.spent if first <= one.week <= last)

    @cached_property
    def weeks_tracked(self) -> int:
        """Since it is told how the time is spent that no customer sees."""
        telling = (
            one.week
            for one in self.in_window()
            if one.minutes > 0 and (one.is_entry or one.kind.subcategory == "admin")
        )
        first = min(telling, default=None)
        return 0 if first is None else (self.window[1] + DAY - first).days // 7

    @property
    def is_tracked(self) -> bool:
        """For a quarter at least."""
        return self.weeks_tracked >= ENOUGH_WEEKS

    @cached_property
    def works(self) -> dict[str, Work]:
        """Each kind of work, and ALL that tools may take a part in."""
        named = {name.lower(): said for name, said in self.settings["work_types"].items()}
        minutes: dict[str, list[float]] = defaultdict(list)
        internal = set()
        for one in self.in_window():
            if one.work_type is not None and one.kind.category != "not_working":
                minutes[one.work_type].append(one.minutes / 60)
                if one.kind.category == "internal" and one.minutes > 0:
                    internal.add(one.work_type)
        found = {}
        for name in sorted({*named, *internal}):
            tracked = exact(minutes[name]) if self.weeks_tracked else None
            manual = None if tracked is None else tracked * WEEKS / self.weeks_tracked
            found[name] = Work(name, named.get(name), tracked, manual)
        return found

    @cached_property
    def counted(self) -> list[Work]:
        """What tools may take over."""
        return [work for work in self.works.values() if work.said and not work.is_human_only]

    def recoverable(self, scenario: str = "mid") -> float | None:
        """Hours a year that tools give back, all kinds of work together."""
        if not self.weeks_tracked:
            return None
        return exact(work.recoverable(scenario) or 0.0 for work in self.counted)

    def mart_tooling_substitution(self) -> Iterator[Row]:
        """One row a kind of work, and ALL."""
        for work in self.works.values():
            recoverable = {name: work.recoverable(name) for name in SCENARIOS}
            yield {
                **self._row(work.work_type, work.tracked, work.manual, recoverable),
                "tool": work.said.get("tool") if work.said else None,
                "is_named": work.said is not None,
                "is_human_only": work.is_human_only,
                **{f"automatable_{name}": work.share(name) for name in SCENARIOS},
                **dict.fromkeys(_PRIOR),
            }
        tracked = exact(w.tracked or 0.0 for w in self.counted) if self.weeks_tracked else None
        manual = exact(w.manual or 0.0 for w in self.counted) if self.weeks_tracked else None
        row = self._row(ALL, tracked, manual, {name: self.recoverable(name) for name in SCENARIOS})
        row |= {"tool": None, "is_named": True, "is_human_only": False}
        row |= {f"automatable_{name}": None for name in SCENARIOS}
        yield {**row, **self._prior(row["recoverable_share"])}

    def _row(
        self,
        work_type: str,
        tracked: float | None,
        manual: float | None,
        recoverable: Mapping[str, float | None],
    ) -> Row:
        mid = recoverable["mid"]
        gross = self.gross_hours
        return {
            "work_type": work_type,
            "weeks_tracked": self.weeks_tracked,
            "tracked_hours": tracked,
            "manual_hours": manual,
            "gross_hours": gross,
            "manual_share": _at_most_all(manual, gross),
            **{f"recoverable_{name}_hours": recoverable[name] for name in SCENARIOS},
            "recoverable_share": _at_most_all(mid, gross),
            "fte_equivalent_low": _over(recoverable["low"], self.net),
            "fte_equivalent": _over(mid, self.net),
            "fte_equivalent_high": _over(recoverable["high"], self.net),
            "fte_equivalent_redeployed": times(_over(mid, self.net), self.settings["redeployment"]),
            "net_hours_per_fte": self.net,
            "cost_per_net_hour": self.cost_per_net_hour,
            "recovered_value": times(mid, self.cost_per_net_hour),
        }

    def _prior(self, recoverable_share: float | None) -> Row:
        low, high = self.settings["prior_low"], self.settings["prior_high"]
        verdict = None
        if self.is_tracked and recoverable_share is not None:
            verdict = "within_prior"
            if recoverable_share < low:
                verdict = "below_prior"
            elif recoverable_share > high:
                verdict = "above_prior"
        return {
            "prior_low": low,
            "prior_high": high,
            "prior_low_hours": times(self.gross_hours, low),
            "prior_high_hours": times(self.gross_hours, high),
            "prior_verdict": verdict,
            "is_outside_prior": None if verdict is None else verdict != "within_prior",
        }

    # By tier
    def of_tier(self, hours: float | None, tier_id: str) -> float | None:
        """Hours given back, spread over the tiers as people are."""
        if tier_id == ALL:
            return hours
        load, everyone = self.tiers.loads[tier_id, self.as_of], self.all_tiers_fte
        if hours is None or load.fte is None or not everyone:
            return None
        return hours * load.fte / everyone

    def _human_hours(self, tier_id: str) -> float:
        """What only people may do."""
        if tier_id == ALL:
            tiers = {tier for tier, day in self.tiers.loads if day == self.as_of} - {ALL}
            return exact(self._human_hours(tier) for tier in tiers)
        load = self.tiers.loads[tier_id, self.as_of]
        digital = sum(
            standard.per_year * standard.minutes / 60
            for standard in self.tiers.book.model_on(self.as_of).planned(tier_id)
            if standard.delivery_mode == "digital"
        )
        return max(0.0, load.required - load.accounts * digital)

    def mart_tooling_level(self) -> Iterator[Row]:
        """One row a tier and step."""
        for (tier_id, day), load in self.tiers.loads.items():
            if day != self.as_of:
                continue
            everyone = self.all_tiers_fte
            mid, high = self.recoverable("mid"), self.recoverable("high")
            is_known = self.is_tracked and bool(everyone)
            limit = None
            if is_known and high is not None and everyone:
                limit = self._human_hours(tier_id) / min(self.gross, self.net + high / everyone)
            for level in LEVELS:
                recovered: float | None = 0.0
                net: float | None = self.net
                if level:
                    recovered = times(self.of_tier(mid, tier_id), level) if is_known else None
                    net = None
                    if is_known and mid is not None and everyone:
                        net = min(self.gross, self.net + level * mid / everyone)
                per_account = share(load.required, load.accounts)
                fte_equivalent = _over(recovered, self.net)
                needed = None
                if fte_equivalent is not None:
                    floor = load.needed_fte if limit is None else min(limit, load.needed_fte)
                    needed = max(load.needed_fte - fte_equivalent, floor)
                    if not level:
                        needed = load.needed_fte
                yield {
                    "tier_id": tier_id,
                    "tooling_level": level,
                    "accounts": load.accounts,
                    "fte": load.fte,
                    "recovered_hours": recovered,
                    "fte_equivalent": fte_equivalent,
                    "net_hours_per_fte": net,
                    "hours_per_account": per_account,
                    "ratio_ceiling": None
                    if tier_id in (ALL, NONE) or net is None
                    else share(net, per_account or 0),
                    "needed_fte": needed,
                    "fte_gap": None if needed is None or load.fte is None else needed - load.fte,
                    "substitution_limit_fte": limit,
                    "recovered_value": times(recovered, self.cost_per_net_hour),
                }


_PRIOR = (
    "prior_low", "prior_high", "prior_low_hours", "prior_high_hours", "prior_verdict",
    "is_outside_prior",
)  # fmt: skip


def times(one: float | None, other: float | None) -> float | None:
    """A product; None where a part is not known."""
    return None if one is None or other is None else one * other


def _over(part: float | None, whole: float) -> float | None:
    return None if part is None else part / whole


def _at_most_all(part: float | None, whole: float | None) -> float | None:
    known = None if part is None else share(part, whole or 0)
    return None if known is None else min(known, 1.0)
