"""What should be there before people are asked for: F4 (mart_infrastructure_check).

Belongs here: the fifteen checks. Does not: the verdict that stands beside them, which `finance`
tells; what to do about them, whose words are the product's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from oracle.canonical import Facts
from oracle.coverage import share
from oracle.tooling import Tooling
from oracle.world import Row, World, local_day

ACTED_FROM_D, ACTED_TO_D = 180, 14


@dataclass(frozen=True)
class Infrastructure:
    """Sources, standards and playbooks of a night.

    `triggers`, `balance` and `measures` are fct_playbook_trigger, mart_time_balance and
    fct_health_measure_daily.
    """

    world: World
    facts: Facts
    tooling: Tooling
    contracts: Sequence[Row]
    accounts: Sequence[Row]
    activities: Sequence[Row]
    triggers: Sequence[Row]
    balance: Sequence[Row]
    measures: Sequence[Row]

    @property
    def as_of(self) -> date:
        """Today."""
        return self.world.as_of

    def rows(self) -> Iterator[Row]:
        """One row a check, in their order."""
        for place, (name, measured, wanted, is_done) in enumerate(self._checks(), 1):
            yield {
                "check_id": name,
                "check_order": place,
                "measured_rate": measured,
                "wanted_rate": wanted,
                "is_done": is_done,
            }

    def _checks(self) -> Iterator[tuple[str, float | None, float | None, bool | None]]:
        for entity in ("contracts", "activities", "tickets", "usage", "success_plans"):
            yield f"{entity}_live", None, None, self._is_live(entity)
        yield "time_tracked", None, None, self.tooling.is_tracked
        for entity, newest in (
            ("activities", max((a["started_on"] for a in self.activities), default=None)),
            ("tickets", max(map(self._opened_on, self.facts["tickets"]), default=None)),
            ("usage", max((row["on"] for row in self.facts["usage"]), default=None)),
        ):
            yield f"{entity}_fresh", None, None, self._is_fresh(entity, newest)
        defined = self._standards_defined()
        yield "standards_defined", defined, 1.0, None if defined is None else defined >= 1
        yield "playbooks_live", None, None, bool(self.tooling.said["playbooks"])
        wanted = float(self.tooling.settings["live_share"])
        for name, measured in (
            ("triggers_acted", self._acted()),
            ("touch_logging", self._logged()),
            ("renewals_in_system", self._with_end()),
            ("health_inputs_fresh", self._fresh_measures()),
        ):
            yield name, measured, wanted, None if measured is None else measured >= wanted

    def _is_live(self, entity: str) -> bool:
        return self.world.is_carried(entity) and bool(self.facts[entity])

    def _is_fresh(self, entity: str, newest: date | None) -> bool | None:
        if not self._is_live(entity) or newest is None:
            return None
        return newest > self.as_of - timedelta(days=self.tooling.settings["fresh_d"])

    def _opened_on(self, ticket: Row) -> date:
        zone = self.tooling.marts.time.facts.zone_of_account(ticket["account_id"])
        return local_day(ticket["opened_at"], zone)

    def _standards_defined(self) -> float | None:
        rows = self.tooling.tiers.capacity.demands.on(self.as_of)
        tiers = {row.tier_id for row in rows}
        model = self.tooling.tiers.book.model_on(self.as_of)
        return share(sum(bool(model.planned(tier)) for tier in tiers), len(tiers))

    def _acted(self) -> float | None:
        first = self.as_of - timedelta(days=ACTED_FROM_D)
        last = self.as_of - timedelta(days=ACTED_TO_D)
        fired = [r for r in self.triggers if r["fired_on"] and first < r["fired_on"] <= last]
        return share(sum(row["acted_at"] is not None for row in fired), len(fired))

    def _logged(self) -> float | None:
        quarters = [
            row
            for row in self.balance
            if row["grain"] == "tier_quarter" and row["tier_id"] == "ALL"
        ]
        newest = max(quarters, key=lambda row: row["period_start"], default=None)
        rate = newest["undocumented_touch_rate"] if newest else None
        return None if rate is None else 1 - rate

    def _with_end(self) -> float | None:
        there = [row for row in self.contracts if row["is_in_force"]]
        return share(sum(row["ends_on"] is not None for row in there), len(there))

    def _fresh_measures(self) -> float | None:
        active = {row["account_id"] for row in self.accounts if row["is_active"]}
        statuses = [
            row["status"]
            for row in self.measures
            if row["as_of_on"] == self.as_of and row["account_id"] in active
        ]
        known = statuses.count("ok") + statuses.count("stale")
        return share(statuses.count("ok"), known)
