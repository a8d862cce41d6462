"""Every public table of people's time, capacity and the case for finance, as it must be.

Belongs here: which function tells which table, and how near. Does not: what any of them means.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from oracle.book_marts import BookMarts
from oracle.capacity_marts import CapacityMarts
from oracle.capacity_tiers import Tiers
from oracle.finance import Finance
from oracle.health_tables import fct_health_measure_daily
from oracle.infrastructure import Infrastructure
from oracle.load_outcome import LoadOutcome
from oracle.models import cfg_capacity, cfg_tooling
from oracle.time_motions import Motions
from oracle.tooling import Tooling
from oracle.world import Row

if TYPE_CHECKING:
    from oracle.tables import Told

KEYS = {
    "cfg_capacity": ("holds_from",),
    "cfg_tooling": ("holds_from", "work_type"),
    "csm_capacity_week": ("user_id", "pool", "week_start"),
    "fct_activity_time": ("activity_time_id",),
    "mart_book_balance": ("user_id", "pool", "month_start"),
    "mart_capacity_account": ("account_id",),
    "mart_capacity_csm": ("user_id", "pool"),
    "mart_capacity_tier": ("tier_id",),
    "mart_headcount_case": ("scenario", "tier_id"),
    "mart_infrastructure_check": ("check_id",),
    "mart_load_outcome": ("tier_id", "outcome", "quintile"),
    "mart_motion_differentiation": ("tier_id", "other_tier_id"),
    "mart_obligation_minutes": ("as_of_on", "tier_id", "family"),
    "mart_ratio_bridge": ("tier_id", "comparison", "period_end", "driver"),
    "mart_ratio_tier": ("tier_id", "month_start"),
    "mart_time_allocation": ("grain", "user_id", "tier_id", "period_start", "category"),
    "mart_time_balance": ("grain", "user_id", "tier_id", "period_start"),
    "mart_whatif_capacity": ("scenario", "work_item_id"),
    "mart_whatif_summary": ("scenario",),
    "mart_tooling_level": ("tier_id", "tooling_level"),
    "mart_tooling_substitution": ("work_type",),
}
"""What tells the rows of each table apart."""

NOT_TOLD = {
    "mart_quarterly_review": "repeats other tables by quarter, in words that are the product's own",
    "mart_scratch_gap": "follows from tables that are told; its own unit tests hold its numbers",
}
"""Public tables of these that nothing is compared with, and why."""

SIXTH = 1e-5
"""How far numbers may lie apart that are sums of amounts to six places."""

TOLERANCES = dict.fromkeys(KEYS.keys() - {"cfg_capacity", "cfg_tooling"}, SIXTH)


def people_tables(
    now: Told, covered: Sequence[Row], renewals: Sequence[Row], periods: Sequence[Row]
) -> dict[str, Iterable[Row]]:
    """The rows of each table of KEYS, in any order.

    `covered`, `renewals` and `periods` are mart_coverage_account_period, fct_renewal and
    mart_coverage_tier_period.
    """
    costs = loaded_costs(now)
    tiers = Tiers(now.capacity)
    motions = Motions(now.time, now.capacity.demands)
    marts = CapacityMarts(tiers, now.assigned, now.accounts, costs)
    books = BookMarts(now.capacity, covered, renewals, now.facts["surveys"], costs)
    outcome = LoadOutcome(now.capacity, covered, renewals, now.facts["surveys"])
    tooling = Tooling(now.time_marts, tiers, costs)
    fired = list(now.firing.fct_playbook_trigger())
    finance = Finance(tooling, now.ledger, now.accounts, fired)
    balance, loads = list(now.time_balance.rows()), list(outcome.rows())
    checks = list(
        Infrastructure(
            *(now.world, now.facts, tooling, now.contracts, now.accounts, now.activities),
            triggers=fired,
            balance=balance,
            measures=list(fct_health_measure_daily(now.health)),
        ).rows()
    )
    return {
        "cfg_capacity": cfg_capacity(),
        "cfg_tooling": cfg_tooling(),
        "csm_capacity_week": now.capacity.csm_capacity_week(),
        "fct_activity_time": now.time.rows(),
        "mart_book_balance": books.mart_book_balance(),
        "mart_capacity_account": marts.mart_capacity_account(),
        "mart_capacity_csm": books.mart_capacity_csm(),
        "mart_capacity_tier": marts.mart_capacity_tier(),
        "mart_headcount_case": finance.mart_headcount_case(balance, loads, checks),
        "mart_infrastructure_check": checks,
        "mart_load_outcome": loads,
        "mart_motion_differentiation": motions.mart_motion_differentiation(),
        "mart_obligation_minutes": motions.mart_obligation_minutes(),
        "mart_ratio_bridge": marts.mart_ratio_bridge(),
        "mart_ratio_tier": marts.mart_ratio_tier(periods),
        "mart_time_allocation": now.time_marts.mart_time_allocation(),
        "mart_time_balance": balance,
        "mart_whatif_capacity": finance.mart_whatif_capacity(),
        "mart_whatif_summary": finance.mart_whatif_summary(),
        "mart_tooling_level": tooling.mart_tooling_level(),
        "mart_tooling_substitution": tooling.mart_tooling_substitution(),
    }


def loaded_costs(now: Told) -> list[float]:
    """What each CSM employed today costs a year, where it is told."""
    there = {p["user_id"] for p in now.people if p["is_csm"] and p["is_employed"]}
    costs = (u.get("loaded_cost_per_year") for u in now.facts["users"] if u["user_id"] in there)
    return [cost for cost in costs if cost is not None]
