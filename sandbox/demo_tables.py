"""What the demo shows when its nights are over: coverage by tier, what stands out, where to look.

Belongs here: reading the published tables as anybody may, and putting them in words. Does not:
computing any number that they do not hold.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import duckdb
from rich.console import Console
from rich.table import Table

from pipelines.home import Home

_LAST_CLOSED_QUARTER = """
    with
        quarters as (
            select *
            from coverage.mart_coverage_tier_period
            where basis = 'restated' and period_type = 'quarter' and period_end <= as_of_date
        )
    select
        tier_id, period_start, measurability = 'measured', not_measurable_reason,
        accounts_evaluable, accounts_covered, account_cts, account_cts_low, account_cts_high,
        target_cts, on_time_rate, to_standard_rate
    from quarters
    where period_start = (select max(period_start) from quarters)
    order by tier_id = 'ALL', tier_id
"""

_CAUSES = """
    select cause, accounts
    from coverage.mart_underserved_tier
    where tier_id = ? and period_type = 'quarter' and period_start = ? and accounts > 0
    order by accounts desc, cause
"""

QUESTION = (
    "select tier_id, cause, accounts, arr from coverage.mart_underserved_tier "
    "where period_type = {quarter} and period_start = {start} and accounts > 0 order by all"
)

_LARGEST_UNCOVERED = """
    select accounts.name
    from coverage.mart_coverage_account_period as periods
    inner join coverage.dim_account as accounts using (account_id)
    where periods.tier_id = ? and periods.period_type = 'quarter' and periods.period_start = ?
        and not periods.is_covered and accounts.is_active
    order by accounts.arr desc nulls last, accounts.account_id
"""


class Tier(NamedTuple):
    """A tier in the last closed quarter, as published; shares are fractions, None where unknown."""

    tier_id: str
    quarter: date
    is_measured: bool
    why_not: str | None
    accounts: int | None
    covered: int | None
    share: float | None
    low: float | None
    high: float | None
    target: float | None
    on_time: float | None
    to_standard: float | None

    @property
    def gap(self) -> float:
        """How far it is below its target; 0 where chance alone may explain that."""
        if self.share is None or self.target is None or self.high is None:
            return 0.0
        return self.target - self.share if self.high < self.target else 0.0


def print_results(console: Console, home: Home) -> None:
    """Coverage of the last closed quarter and what stands out in it, and where to look next."""
    with duckdb.connect(str(home.serving_database), read_only=True) as con:
        tiers = last_closed_quarter(con)
        worst = standing_out(tiers)
        console.print(coverage_table(tiers), f"{sentence(con, worst)}\n", highlight=False)
        lines = where_next(con, home, tiers[0].quarter, worst)
    console.print(*lines, sep="\n", highlight=False, soft_wrap=True, markup=False)


def last_closed_quarter(con: duckdb.DuckDBPyConnection) -> list[Tier]:
    """Its tiers in order, all of them together last."""
    return [Tier(*row) for row in con.execute(_LAST_CLOSED_QUARTER).fetchall()]


def coverage_table(tiers: Sequence[Tier]) -> Table:
    """One line a tier."""
    table = Table(
        title=f"Coverage to standard, {_name_of(tiers[0].quarter)}",
        caption="covered: accounts that got all that their tier is owed, on time and to standard",
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("tier")
    for name in ("accounts", "covered", "95 % interval", "target", "on time", "to standard"):
        table.add_column(name, justify="right")
    for tier in tiers:
        between = "" if tier.low is None else f"{_percent(tier.low)} to {_percent(tier.high)}"
        table.add_row(
            tier.tier_id,
            _count(tier.accounts),
            _percent(tier.share) if tier.is_measured else "not measurable",
            between if tier.is_measured else tier.why_not,
            *map(_percent, (tier.target, tier.on_time, tier.to_standard)),
        )
    return table


def standing_out(tiers: Sequence[Tier]) -> Tier | None:
    """The tier furthest below its target; None where chance explains every gap."""
    worst = max((tier for tier in tiers if tier.tier_id != "ALL"), key=lambda tier: tier.gap)
    return worst if worst.gap else None


def sentence(con: duckdb.DuckDBPyConnection, worst: Tier | None) -> str:
    """What stands out, and its most frequent cause."""
    if worst is None:
        return "No tier is further below its target than chance explains."
    cause, accounts = con.execute(_CAUSES, [worst.tier_id, worst.quarter]).fetchall()[0]
    uncovered = _count((worst.accounts or 0) - (worst.covered or 0))
    return (
        f"{worst.tier_id} stands out: {_percent(worst.share)} of its {_count(worst.accounts)} "
        f"accounts are covered ({_percent(worst.low)} to {_percent(worst.high)}), where "
        f"{_percent(worst.target)} is the target; most often the cause is: "
        f"{cause.replace('_', ' ')} ({_count(accounts)} of {uncovered})."
    )


def where_next(
    con: duckdb.DuckDBPyConnection, home: Home, quarter: date, worst: Tier | None
) -> list[str]:
    """Where to look next, as lines to paste."""
    database = _from_here(home.serving_database)
    python = _from_here(Path(sys.executable))
    question = QUESTION.format(quarter="'quarter'", start=f"'{quarter}'")
    return [
        *([f"Report:  {_from_here(home.report)}"] if home.report.exists() else []),
        "Graph:   make demo-dev",
        *(_accounts_to_explain(con, home, python, worst) if worst else []),
        f"Tables:  {database}, schema coverage; why accounts are uncovered, tier by tier:",
        f"  {python} -c \"import duckdb; duckdb.connect('{database}', read_only=True)"
        f'.sql(\\"{question}\\").show(max_rows=99)"',
    ]


def _accounts_to_explain(
    con: duckdb.DuckDBPyConnection, home: Home, python: Path, worst: Tier
) -> list[str]:
    largest = con.execute(_LARGEST_UNCOVERED, [worst.tier_id, worst.quarter]).fetchone()
    if largest is None:
        return []
    command = python.with_name("cs-coverage")
    return [
        f"Account: what the largest uncovered account of {worst.tier_id} was owed, and got:",
        f'  {command} explain coverage "{largest[0]}" --home {_from_here(home.root)}',
    ]


def _name_of(quarter: date) -> str:
    return f"{quarter.year}-Q{(quarter.month + 2) // 3}"


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _from_here(path: Path) -> Path:
    """The path as seen from here, where it lies below."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
