"""An obligation as it ends up in the ledger.

Belongs here: the shape of a row. Does not: how it comes about.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from hashlib import sha1


@dataclass(frozen=True)
class Obligation:
    """A row of fct_obligation."""

    account_id: str
    family: str
    cycle_key: str
    schedule_type: str
    tier_id: str
    standard_version: str
    window_open_on: date
    due_on: date
    closes_on: date
    original_due_on: date
    timeliness: str
    quality: str | None
    failed_conditions: tuple[str, ...]
    disposition: str
    exclusion_reason: str | None
    fulfilled_on: date | None
    fulfilled_by_activity_id: str | None
    days_from_due: int | None
    attempts: int
    is_customer_unresponsive: bool
    is_provisional: bool
    owner_user_id: str | None
    owner_pool: str | None
    is_required: bool
    expected_minutes: float
    weight: float = 1.0
    delivery_mode: str = "human"
    owner: str = "csm"
    opened_on: date = date.min
    matures_on: date = date.min
    excluded_on: date | None = None
    is_short_notice: bool = False
    results: tuple[tuple[str, str], ...] = ()
    """Each condition of the standard by which the settling activity is judged."""

    @property
    def obligation_id(self) -> str:
        """A digest of what tells it apart."""
        name = "|".join((self.account_id, self.family, self.cycle_key))
        return sha1(name.encode()).hexdigest()
