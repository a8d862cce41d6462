"""Every public table, as it must be.

Belongs here: which function tells which table. Does not: what any of them means.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from oracle import distribution_tables, outcome_tables, people_tables, risk_tables
from oracle.account_360 import mart_account_360
from oracle.account_view import Tables
from oracle.accounts import account_scd2, dim_account, dim_csm
from oracle.activities import fct_activity, read_activities
from oracle.activity_time import ActivityTime, TimeFacts
from oracle.assignments import account_assignment_scd2, leads_on
from oracle.canonical import Facts, canonical
from oracle.capacity import Capacity
from oracle.contracts import fct_arr_month, fct_contract
from oracle.coverage import Coverage
from oracle.coverage_tables import (
    mart_coverage_account_period,
    mart_coverage_standard_tier,
    mart_coverage_tier_period,
    mart_underserved_tier,
    tier_periods,
)
from oracle.demand import Demands
from oracle.health import Health
from oracle.health_change import fct_health_change
from oracle.health_marts import INPUTS, Trend, mart_health_calibration
from oracle.health_tables import fct_health_daily, fct_health_measure_daily
from oracle.identity import Matching
from oracle.ledger_facts import Book
from oracle.ledger_tables import (
    fct_obligation,
    fct_obligation_event,
    fct_obligation_evidence,
    tier_membership_scd2,
)
from oracle.ledger_world import book
from oracle.mix_bridge import mart_mix_bridge
from oracle.models import (
    cfg_activity_rule,
    cfg_health_measure,
    cfg_model,
    cfg_standard,
    cfg_tier,
)
from oracle.movements import Movements
from oracle.obligations import Obligation, ledger
from oracle.outcome_restatement import outcome_restatement
from oracle.outcomes import Outcomes
from oracle.overdue import mart_csm_worklist, mart_currency_daily, mart_untouched_tier, overdue
from oracle.quality import Night, ops_data_quality
from oracle.restatement import ops_restatement
from oracle.schedules import SCHEDULES
from oracle.side_by_side import SideBySide
from oracle.signal_tables import Firing, with_signals
from oracle.supply import Team
from oracle.tiers import terms
from oracle.time_balance import TimeBalance
from oracle.time_marts import TimeMarts
from oracle.world import Row, World

KEYS = {
    "account_assignment_scd2": ("account_id", "valid_from", "role", "user_email", "pool"),
    "account_scd2": ("account_id", "valid_from"),
    "cfg_activity_rule": ("holds_from", "rule_number"),
    "cfg_health_measure": ("holds_from", "measure"),
    "cfg_model": ("holds_from",),
    "cfg_standard": ("holds_from", "tier_id", "family"),
    "cfg_tier": ("holds_from", "tier_id"),
    "dim_account": ("account_id",),
    "dim_csm": ("user_id",),
    "fct_activity": ("activity_id",),
    "fct_arr_month": ("account_id", "month_start"),
    "fct_arr_movement": ("movement_id",),
    "fct_churn_event": ("churn_event_id",),
    "fct_contract": ("contract_id",),
    "fct_health_change": ("account_id", "from_on", "to_on", "measure"),
    "fct_health_daily": ("account_id", "as_of_on"),
    "fct_health_measure_daily": ("account_id", "as_of_on", "measure"),
    "fct_obligation": ("obligation_id",),
    "fct_obligation_event": ("obligation_id", "event_number"),
    "fct_obligation_evidence": ("obligation_id", "position"),
    "fct_renewal": ("renewal_id",),
    "map_account_identity": ("source", "source_account_id"),
    "mart_account_360": ("account_id",),
    "mart_coverage_account_period": ("account_id", "tier_id", "period_type", "period_start"),
    "mart_coverage_standard_tier": ("tier_id", "family", "period_type", "period_start"),
    "mart_coverage_tier_period": ("tier_id", "period_type", "period_start", "basis"),
    "mart_csm_worklist": ("obligation_id",),
    "mart_currency_daily": ("tier_id", "as_of_on"),
    "mart_health_calibration": ("tier_id", "horizon_days", "period_type", "period_start"),
    "mart_health_trend_tier": ("tier_id", "as_of_on"),
    "mart_mix_bridge": ("metric", "comparison", "tier_id", "period_start"),
    "mart_outcomes_tier_period": (
        *("tier_id", "period_type", "period_start", "attribution", "basis"),
    ),
    "mart_underserved_tier": ("tier_id", "period_type", "period_start", "cause"),
    "mart_untouched_tier": ("tier_id",),
    "ops_data_quality": ("check_id", "source", "entity"),
    "ops_identity_queue": ("issue", "source", "source_account_id", "rule"),
    "ops_restatement": ("metric", "tier_id", "period_type", "period_start", "cause"),
    "cfg_playbook_rule": ("holds_from", "rule_id"),
    "cfg_crisis": ("holds_from", "alert_type"),
    "fct_crisis_alert": ("alert_id",),
    "fct_playbook_trigger": ("trigger_id",),
    "mart_side_by_side": ("comparison", "tier_id", "side", "outcome"),
    "mart_trigger_backtest": ("rule_id", "period_type", "period_start"),
    "tier_membership_scd2": ("account_id", "valid_from"),
}
"""What tells the rows of each table apart."""

KEYS |= people_tables.KEYS | distribution_tables.KEYS | risk_tables.KEYS

TOLERANCES = (
    people_tables.TOLERANCES | risk_tables.TOLERANCES | {"mart_side_by_side": people_tables.SIXTH}
)
"""By how much numbers may differ, where it is more than sums in any order do."""

NOT_TOLD: dict[str, str] = {**people_tables.NOT_TOLD, **risk_tables.NOT_TOLD}
"""Public tables that nothing is compared with, and why."""


@dataclass(frozen=True)
class Told:
    """What follows from a night's facts step by step, each table made of those before."""

    world: World
    facts: Facts
    contracts: list[Row]
    records: list[Row]
    activities: list[Row]
    accounts: list[Row]
    history: list[Row]
    assigned: list[Row]
    book: Book
    health: Health
    ledger: list[Obligation]
    people: list[Row]
    time: ActivityTime
    firing: Firing

    @cached_property
    def capacity(self) -> Capacity:
        """Whose book takes how much."""
        team = Team(self.book, self.people, self.facts["user_absences"])
        demands = Demands(team, self.time, self.ledger, self.history, terms(self.book))
        return Capacity(team, demands)

    @cached_property
    def coverage(self) -> Coverage:
        """Who was covered."""
        return Coverage(self.book, self.ledger, self.capacity.is_over)

    @cached_property
    def time_marts(self) -> TimeMarts:
        """How people's time was split."""
        return TimeMarts(self.time, self.capacity.team)

    @cached_property
    def time_balance(self) -> TimeBalance:
        """Whether people get to do what standards ask for."""
        demands = self.capacity.demands
        return TimeBalance(self.time_marts, demands, self.ledger, self.world, self.records)

    @cached_property
    def tier_periods(self) -> list[Row]:
        """Coverage of tiers as this night's data say it."""
        return tier_periods(self.coverage)

    @cached_property
    def outcomes(self) -> Outcomes:
        """Who was due and who stayed."""
        return Outcomes(self.book)

    @cached_property
    def outcome_periods(self) -> list[Row]:
        """Outcomes of tiers as this night's data say them."""
        return outcome_tables.tier_periods(self.outcomes)


def told(world: World, earlier: Sequence[World]) -> Told:
    """A night's tables down to the ledger."""
    facts = canonical(world)
    contracts = list(fct_contract(world, facts))
    records = read_activities(world, facts)
    activities = list(fct_activity(world, records))
    accounts = list(dim_account(world, facts, contracts, activities))
    nights = [(night.as_of, night.said["accounts"]) for night in earlier]
    history = list(account_scd2(world, accounts, nights))
    assigned = list(account_assignment_scd2(facts, history))
    firm = book(world, facts, activities, history, assigned)
    health = Health(firm)
    people = list(dim_csm(world, facts, accounts))
    spent = activity_time(world, facts, firm, activities)
    unowed = Demands(Team(firm, people, facts["user_absences"]), spent, (), history, terms(firm))
    firm, triggers = with_signals(firm, health, unowed)
    return Told(
        *(world, facts, contracts, records, activities, accounts, history, assigned, firm),
        health=health,
        ledger=ledger(firm, SCHEDULES),
        people=people,
        time=spent,
        firing=Firing(world, triggers, activities),
    )


def activity_time(
    world: World, facts: Facts, book: Book, activities: Sequence[Row]
) -> ActivityTime:
    """Whose time went where."""
    return ActivityTime(
        TimeFacts(
            *(book, activities, facts["time_entries"], facts["users"]),
            time_zone=world.time_zone,
            knows_people=world.is_carried("users"),
        )
    )


def expected(
    world: World, matching: Matching, earlier: Sequence[World] = ()
) -> dict[str, list[Row]]:
    """The rows of each table of KEYS, in any order; `earlier` are the nights before this one."""
    nights = [told(each, earlier[:place]) for place, each in enumerate([*earlier, world])]
    now = nights[-1]
    queue = list(matching.queue())
    membership = list(tier_membership_scd2(now.book))
    behind = overdue(now.ledger)
    ends = now.outcomes.renewals
    renewals = list(outcome_tables.fct_renewal(ends))
    daily = list(fct_health_daily(now.health))
    covered = list(mart_coverage_account_period(now.coverage))
    reported = [(n.world.as_of, n.world.config_version, n.tier_periods) for n in nights]
    periods = list(mart_coverage_tier_period(now.tier_periods, reported, world.as_of))
    kept = [(n.world.as_of, n.world.config_version, n.outcome_periods) for n in nights]
    outcomes = list(
        outcome_tables.mart_outcomes_tier_period(now.outcome_periods, kept, world.as_of)
    )
    night = Night(
        *(now.facts, now.accounts, now.contracts, now.records, queue, now.book),
        health=now.health,
        coverage=periods,
    )
    tables: dict[str, Iterable[Row]] = {
        "account_assignment_scd2": now.assigned,
        "account_scd2": now.history,
        "cfg_activity_rule": cfg_activity_rule(),
        "cfg_health_measure": cfg_health_measure(),
        "cfg_model": cfg_model(),
        "cfg_standard": cfg_standard(),
        "cfg_tier": cfg_tier(),
        "dim_account": now.accounts,
        "dim_csm": now.people,
        "fct_activity": now.activities,
        "fct_arr_month": fct_arr_month(world, now.contracts, membership),
        "fct_arr_movement": outcome_tables.fct_arr_movement(Movements(now.book), ends),
        "fct_churn_event": outcome_tables.fct_churn_event(ends, daily),
        "fct_contract": now.contracts,
        "fct_health_change": fct_health_change(now.health),
        "fct_health_daily": daily,
        "fct_health_measure_daily": fct_health_measure_daily(now.health),
        "fct_obligation": fct_obligation(now.ledger),
        "fct_obligation_event": fct_obligation_event(now.book, now.ledger),
        "fct_obligation_evidence": fct_obligation_evidence(now.book, now.ledger),
        "fct_renewal": renewals,
        "map_account_identity": matching.identities(),
        "mart_account_360": mart_account_360(
            Tables(
                *(world, now.facts, now.health, now.accounts, now.activities, now.contracts),
                people=now.people,
                leads=leads_on(now.assigned, world.as_of),
                membership=membership,
                renewals=renewals,
                daily=daily,
                covered=covered,
                behind=behind,
                ledger=now.ledger,
                triggers=list(now.firing.fct_playbook_trigger()),
                rules=list(now.firing.cfg_playbook_rule()),
            )
        ),
        "mart_coverage_account_period": covered,
        "mart_coverage_standard_tier": mart_coverage_standard_tier(now.coverage),
        "mart_coverage_tier_period": periods,
        "mart_csm_worklist": mart_csm_worklist(
            *(now.book, now.coverage.tiers, now.ledger, behind, now.accounts, now.people),
            leads=leads_on(now.assigned, world.as_of),
        ),
        "mart_currency_daily": mart_currency_daily(now.book, now.coverage.tiers, behind),
        "mart_health_calibration": mart_health_calibration(now.health, renewals),
        "mart_health_trend_tier": Trend(
            now.health, sum(any(s.carries.get(name) for name in INPUTS) for s in world.sources)
        ).rows(),
        "mart_mix_bridge": mart_mix_bridge(outcomes, periods, world.as_of),
        "mart_outcomes_tier_period": outcomes,
        "mart_underserved_tier": mart_underserved_tier(
            now.tier_periods, covered, now.outcome_periods
        ),
        "mart_untouched_tier": mart_untouched_tier(
            now.book, now.coverage.tiers, now.activities, now.accounts
        ),
        "ops_data_quality": [
            *ops_data_quality(world, night),
            *now.firing.stale_inputs(),
            *now.time.lost(),
        ],
        "ops_identity_queue": queue,
        "ops_restatement": [
            *ops_restatement(now.book, now.coverage, periods, now.activities, world.config_version),
            *outcome_restatement(now.outcomes, outcomes, world.config_version),
        ],
        "cfg_playbook_rule": now.firing.cfg_playbook_rule(),
        "cfg_crisis": now.firing.cfg_crisis(),
        "cfg_model_risk": risk_tables.cfg_model_risk(),
        "mart_split_comparison": risk_tables.mart_split_comparison(now),
        "fct_crisis_alert": now.firing.fct_crisis_alert(),
        "fct_playbook_trigger": now.firing.fct_playbook_trigger(),
        "mart_trigger_backtest": now.firing.mart_trigger_backtest(),
        "tier_membership_scd2": membership,
    }
    views = list(tables["mart_account_360"])
    tables["mart_account_360"] = views
    tables |= distribution_tables.distribution_tables(now, views, renewals, daily)
    tables |= people_tables.people_tables(now, covered, renewals, periods)
    beside = SideBySide(
        *(now, covered, renewals, daily, views),
        months=list(tables["fct_distribution_month"]),
        surges=list(tables["fct_surge"]),
        fits=list(tables["mart_model_fit_account"]),
        arr_months=fct_arr_month(world, now.contracts, membership),
    )
    tables |= {
        "fct_surge": beside.surges,
        "mart_model_fit_account": beside.fits_with_service(),
        "mart_side_by_side": beside.rows(),
    }
    return {name: list(world.stamped(rows)) for name, rows in tables.items()}
