"""What every section reads the published tables with.

Belongs here: the open tables, the quarter that the report is about, names of tiers, the currency,
and the glossary. Does not: a section's own questions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from pipelines.explain.published import Published, Row
from pipelines.report.glossary import Glossary
from pipelines.report.words import money, plain

_QUARTER = """
    select period_start, period_end, is_period_closed
    from mart_coverage_tier_period
    where
        tier_id = 'ALL'
        and period_type = 'quarter'
        and basis = 'restated'
        and period_end <= as_of_date
    order by measurability = 'measured' desc, period_start desc
    limit 1
"""

_TIERS = """
    select tier_id, name
    from cfg_tier
    where holds_from <= as_of_date and coalesce(holds_to > as_of_date, true)
    order by tier_rank desc
"""

# At constant rates only the reporting currency itself is worth exactly one.
_CURRENCY = """
    select distinct currency
    from fct_arr_month
    where fx_rate = 1 and currency is not null
    order by currency
"""


@dataclass(frozen=True)
class Quarter:
    """The last whole quarter; the last one of which anything can be said, where there is one."""

    starts_on: date
    ends_on: date
    is_closed: bool


@dataclass(frozen=True)
class Readings:
    """The published tables and what all sections say alike."""

    published: Published
    glossary: Glossary

    def rows(self, sql: str, *parameters: object) -> list[Row]:
        """The rows of a query, by column."""
        return self.published.rows(sql, *parameters)

    @cached_property
    def quarter(self) -> Quarter | None:
        """The quarter that the headline is about; None where none has ended."""
        for row in self.rows(_QUARTER):
            return Quarter(row["period_start"], row["period_end"], bool(row["is_period_closed"]))
        return None

    @cached_property
    def tier_names(self) -> Mapping[str, Any]:
        """The names of today's tiers by id, the highest first."""
        return {row["tier_id"]: row["name"] for row in self.rows(_TIERS)}

    @cached_property
    def currency(self) -> str | None:
        """The reporting currency, where ARR tells it."""
        found = self.rows(_CURRENCY)
        return str(found[0]["currency"]) if len(found) == 1 else None

    def tier(self, tier_id: str | None) -> str:
        """A tier as people call it."""
        if tier_id == "ALL":
            return "All tiers"
        if tier_id is None or tier_id == "NONE":
            return "No tier"
        name = plain(self.tier_names.get(tier_id, ""))
        return f"{tier_id} {name}" if name and name != tier_id else tier_id

    def money(self, amount: float | None) -> str:
        """An amount in the reporting currency."""
        return money(amount, self.currency)

    def worth(self, amount: float | None) -> str:
        """What follows a count of things that ARR hangs on; nothing where it is not known."""
        return f" with {self.money(amount)} of ARR" if amount else ""

    def place(self, tier_id: str) -> tuple[bool, int, str]:
        """Where a tier's row stands: highest tier first, all of them together last."""
        order = list(self.tier_names)
        at = order.index(tier_id) if tier_id in order else len(order)
        return tier_id == "ALL", at, tier_id

    def by_tier(self, rows: list[Row]) -> list[Row]:
        """Rows in the order of tiers."""
        return sorted(rows, key=lambda row: self.place(row["tier_id"]))
