"""Signals, playbook rules, triggers and crises of a night, and their tables.

Belongs here: bringing them together, cfg_playbook_rule. Does not: when anything fires.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from oracle.conditions import with_conditions
from oracle.crisis import AT_LEAST, OF_FEW, Crises
from oracle.demand import Demands
from oracle.health import Health
from oracle.ledger_facts import Book
from oracle.predicates import as_written, read_condition, signals_of
from oracle.signal_inputs import At
from oracle.signals import Signals
from oracle.trigger_backtest import Backtest
from oracle.triggers import Triggers, rule_version
from oracle.world import Row, World

_OF_CRISES = (
    "window_d", "baseline_weeks", "watch_p", "crisis_p", "arr_share", "top_n_accounts",
    "parts_factor", "quiet_d",
)  # fmt: skip


@dataclass(frozen=True)
class Firing:
    """What fires in a night; `activities` are fct_activity's rows."""

    world: World
    triggers: Triggers
    activities: Sequence[Row]

    @property
    def book(self) -> Book:
        """The night's facts."""
        return self.triggers.book

    def cfg_playbook_rule(self) -> Iterator[Row]:
        """The rules of each model, and whether anything would tell that they hold."""
        models, signals = self.book.models, self.triggers.signals
        ends = [*(model.effective_from for model in models[1:]), None]
        for place, (model, holds_to) in enumerate(zip(models, ends, strict=True)):
            for rule in model.playbooks:
                condition = read_condition(rule.when)
                missing = sorted(signals_of(condition) - signals.told)
                yield {
                    "holds_from": model.effective_from if place else date.min,
                    "holds_to": holds_to,
                    "effective_from": model.effective_from,
                    "rule_id": rule.rule_id,
                    "rule_version": rule_version(self.book, model, rule.rule_id),
                    "predicate": as_written(rule.when),
                    "severity": rule.severity,
                    "playbook_id": rule.playbook or rule.rule_id,
                    "functions": list(rule.functions),
                    "cooldown_d": model.playbook_cooldown_d,
                    "signals": sorted(signals_of(condition)),
                    "missing_inputs": missing,
                    "is_evaluable": signals.can_tell(rule.when),
                }

    def cfg_crisis(self) -> Iterator[Row]:
        """When each type of crisis is raised, and what is done then."""
        models = self.book.models
        ends = [*(model.effective_from for model in models[1:]), None]
        for place, (model, holds_to) in enumerate(zip(models, ends, strict=True)):
            said = model.crisis
            for kind, plan in said["plans"].items():
                yield {
                    "holds_from": model.effective_from if place else date.min,
                    "holds_to": holds_to,
                    "effective_from": model.effective_from,
                    "alert_type": kind,
                    **{name: said[name] for name in _OF_CRISES},
                    "least_events": AT_LEAST if kind in OF_FEW else said["cluster_accounts"],
                    "least_ratio": 1.0 if kind in OF_FEW else said["cluster_ratio"],
                    "plan_id": plan["plan_id"],
                    "owner": plan["owner"],
                    "script": plan.get("script"),
                    "is_manual_step_required": plan.get("manual_step", True),
                }

    def stale_inputs(self) -> Iterator[Row]:
        """S10: signals of rules in force that are too old to be believed, of how many accounts."""
        signals, as_of = self.triggers.signals, self.world.as_of
        rules = self.book.model_on(as_of).playbooks
        for name in sorted({n for rule in rules for n in signals_of(read_condition(rule.when))}):
            since = {account_id: signals.span(account_id, as_of) for account_id in signals.spans}
            told = {
                account_id: known.is_fresh
                for account_id, first in since.items()
                if first is not None
                and (known := signals.on(name, At(account_id, as_of, first))) is not None
            }
            stale = sorted(account_id for account_id, is_fresh in told.items() if not is_fresh)
            if stale:
                yield {
                    "check_id": f"playbook_input_stale:{name}",
                    "source": None,
                    "entity": None,
                    "severity": "warning" if 2 * len(stale) >= len(told) else "info",
                    "rows_failed": len(stale),
                    "rows_total": len(told),
                    "sample": stale[:5],
                }

    def fct_playbook_trigger(self) -> Iterator[Row]:
        """One row a time that a rule turned true for an account."""
        settings = {m.effective_from: m.said["capacity"] for m in self.book.models}
        hours = {
            day: said["work_days"] * said["hours_day"] * (1 - said["internal_share"])
            for day, said in settings.items()
        }
        for one in self.triggers.rows:
            yield self.triggers.row(one, hours)

    def mart_trigger_backtest(self) -> Iterator[Row]:
        """One row a rule and quarter."""
        return Backtest(self.triggers).rows()

    def fct_crisis_alert(self) -> Iterator[Row]:
        """One row an alert."""
        return Crises(self.triggers, self.activities, self.world.time_zone).rows()


def base_hours(demands: Demands) -> Mapping[tuple[str, date], tuple[float | None, str | None]]:
    """By account and Monday, what it takes a year without what depends on conditions; its tier."""
    return {key: (demands.base(*key), row.tier_id) for key, row in demands.reactive.items()}


def with_signals(book: Book, health: Health, demands: Demands) -> tuple[Book, Triggers]:
    """The book with what signals make of it: conditions that hold, triggers that fired."""
    triggers = Triggers(Signals(health, base_hours(demands)))
    held = with_conditions(book, triggers.signals)
    return replace(held, fired=triggers.fired()), triggers
