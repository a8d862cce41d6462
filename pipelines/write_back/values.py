"""The values that may be written back, each with what it means and where it is published.

Belongs here: the list. Does not: reading them (published), or their arithmetic, which is SQL's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from connectors.write import Value

ACCOUNT, COVERAGE = "mart_account_360", "mart_coverage_account_period"


@dataclass(frozen=True)
class WritableValue:
    """A value: the published column that holds it, and how it is put into a field.

    A NULL means that the value is not known; but where the column `known_by` of the same row is
    not NULL, it means that there is none. A value that `rides` along is written when another one
    of the record changes, and is no change by itself.
    """

    meaning: str
    table: str
    column: str
    as_field: Callable[[Any], Value] = str
    known_by: str | None = None
    rides: bool = False


def _whole(value: float) -> Value:
    """Whole numbers: a score that moves by a tenth every night is no news to anybody."""
    return round(value)


def _words(value: list[str]) -> Value:
    """Several words as a field of several choices takes them."""
    return ";".join(sorted(value)) or None


def _is_covered(value: bool) -> Value:
    return "covered" if value else "not_covered"


def _quarter(value: date) -> Value:
    return f"{value.year}-Q{(value.month + 2) // 3}"


VALUES: Mapping[str, WritableValue] = {
    "health_score": WritableValue(
        "Health score, 0 to 100, as a whole number; kept as it last was for who left.",
        ACCOUNT,
        "health_score",
        _whole,
    ),
    "health_band": WritableValue(
        "Its colour as shown: green, yellow, red or insufficient_data.",
        ACCOUNT,
        "health_shown_band",
    ),
    "tier": WritableValue(
        "Tier; none while the account is not active.", ACCOUNT, "tier_id", known_by="is_active"
    ),
    "tier_since": WritableValue(
        "First day of its unbroken stay in that tier.",
        ACCOUNT,
        "tier_since_on",
        known_by="is_active",
    ),
    "coverage_status": WritableValue(
        "covered or not_covered: whether the account got all that it was owed in the newest "
        "quarter that can be judged.",
        COVERAGE,
        "is_covered",
        _is_covered,
    ),
    "coverage_cause": WritableValue(
        "Why it is not covered: no_owner, over_capacity, late_only, below_standard, "
        "customer_unresponsive, unverifiable or not_attempted; none where it is covered.",
        COVERAGE,
        "cause",
        known_by="is_covered",
    ),
    "coverage_quarter": WritableValue(
        "The quarter that coverage_status speaks of, like 2026-Q2.",
        COVERAGE,
        "period_start",
        _quarter,
    ),
    "overdue_obligations": WritableValue(
        "How many required obligations it is behind on.", ACCOUNT, "overdue_obligations", _whole
    ),
    "overdue_families": WritableValue(
        "Their families, joined by ; as a field of several choices takes them.",
        ACCOUNT,
        "overdue_families",
        _words,
        known_by="overdue_obligations",
    ),
    "next_due_on": WritableValue(
        "Day on which the next open obligation is due.",
        ACCOUNT,
        "next_due_on",
        known_by="is_active",
    ),
    "next_due_family": WritableValue(
        "Its family.", ACCOUNT, "next_due_family", known_by="is_active"
    ),
    "open_playbooks": WritableValue(
        "Rules of playbooks that fired and still hold, joined by ;.",
        ACCOUNT,
        "open_trigger_rules",
        _words,
        known_by="open_triggers",
    ),
    "as_of": WritableValue(
        "The day as of which the other values were written: since then none has changed. It is "
        "written along with them, never alone, or every record would change every night.",
        ACCOUNT,
        "as_of_date",
        rides=True,
    ),
}
"""By the name that write_back.yaml has for them."""
