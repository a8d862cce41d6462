"""The coverage models that a book is held against, as the oracle reads them.

Belongs here: tiers, standards and playbooks as plain records. Does not: customers (ledger_facts),
or any rule of coverage.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Tier:
    """A band of the measure: lower edge inclusive, upper edge not (None: open)."""

    tier_id: str
    arr_from: float
    arr_to: float | None
    target_cts: float = 0.85


@dataclass(frozen=True)
class Standard:
    """What a tier is owed; keys as in a model file, `accepts` resolved."""

    family: str
    schedule: str
    accepts: tuple[str, ...] = ()
    interval_d: int | None = None
    period: str | None = None
    min_eligible_share: float = 0.5
    due_d: int | None = None
    open_d: int | None = None
    due_business_hours: int | None = None
    due_business_days: int | None = None
    max_age_d: int | None = None
    quality: tuple[str, ...] = ()
    allow_automation: bool = False
    required: bool = True
    weight: float = 1.0
    minutes: float = 30.0
    per_year: float = 1.0
    grace_bd: int | None = None
    version: str | None = None
    owner: str = "csm"
    delivery_mode: str = "human"
    satisfied_by_families: tuple[str, ...] = ()
    when: str | None = None
    """Of a conditional one: while which it is owed."""


@dataclass(frozen=True)
class Model:
    """A coverage model, in force from `effective_from` until the next one."""

    effective_from: date
    tiers: tuple[Tier, ...]
    standards: Mapping[str, tuple[Standard, ...]]
    promote_days: int = 0
    demote_edge: float = 0.9
    demote_days: int = 90
    freeze_before_renewal_days: int = 120
    override_max_days: int = 180
    grace_bd: int = 5
    logging_lag_bd: int = 5
    period_close_bd: int = 10
    unresponsive_attempts: int = 3
    unresponsive_channels: int = 2
    unresponsive_spread_bd: int = 10
    unresponsive_counts_as: str = "not_covered"
    late_grace_d: int = 30
    late_max_d: int = 180
    overlap_d: int = 3
    netting: str = "account"
    low_n: int = 10
    top1_share_flag: float = 0.3
    health: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """The section as its file says it; `health_models` reads it."""
    calibration: Mapping[str, Any] = field(default_factory=dict, compare=False)
    playbooks: tuple[Playbook, ...] = ()
    playbook_cooldown_d: int = 30
    signals: Mapping[str, Any] = field(default_factory=dict, compare=False)
    crisis: Mapping[str, Any] = field(default_factory=dict, compare=False)
    said: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """The whole file, for sections that need no reading."""
    written: Mapping[str, tuple[Standard, ...]] = field(default_factory=dict, compare=False)
    """All standards, also those that nothing connected tells of; none: `standards` are all."""

    def planned(self, tier_id: str | None) -> tuple[Standard, ...]:
        """What a tier is owed, whether anything tells of it or not."""
        return (self.written or self.standards).get(tier_id or "", ())

    def standard(self, tier_id: str | None, family: str) -> Standard | None:
        """The tier's standard of a family, if it is owed one."""
        found = [s for s in self.standards.get(tier_id or "", ()) if s.family == family]
        return found[0] if found else None

    def rank(self, tier_id: str) -> int | None:
        """Place among the bands, 1 the lowest; None where the model does not know the tier."""
        ordered = sorted(self.tiers, key=lambda tier: tier.arr_from)
        return next((n for n, tier in enumerate(ordered, 1) if tier.tier_id == tier_id), None)

    def tier(self, tier_id: str) -> Tier | None:
        """A tier by its id."""
        return next((tier for tier in self.tiers if tier.tier_id == tier_id), None)


@dataclass(frozen=True)
class Playbook:
    """A rule of a model: what must turn true, and what is to be done then."""

    rule_id: str
    when: str
    severity: str = "medium"
    playbook: str | None = None
    functions: tuple[str, ...] = ()
