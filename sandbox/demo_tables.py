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
from pipelines.summary import print_summary

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
    "select month_start, sum(arr)::bigint as arr, count(*) as accounts "
    "from coverage.fct_arr_month group by all order by all desc limit 12"
)


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
        if tiers:
            console.print(coverage_table(tiers), f"{standing_out(con, tiers)}\n", highlight=False)
    if not tiers:
        print_summary(console, home, home.root / "config")
    console.print(*where_next(home), sep="\n", highlight=False, soft_wrap=True, markup=False)


def last_closed_quarter(con: duckdb.DuckDBPyConnection) -> list[Tier]:
    """Its tiers in order, all of them together last; none where no quarter is closed."""
    if not _has(con, "mart_coverage_tier_period"):
        return []
    return [Tier(*row) for row in con.execute(_LAST_CLOSED_QUARTER).fetchall()]


def coverage_table(tiers: Sequence[Tier]) -> Table:
    """One line a tier."""
    table = Table(
        title=f"Coverage to standard, quarter from {tiers[0].quarter}",
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


def standing_out(con: duckdb.DuckDBPyConnection, tiers: Sequence[Tier]) -> str:
    """One sentence: the tier furthest below its target, unless chance explains that, and why."""
    worst = max((tier for tier in tiers if tier.tier_id != "ALL"), key=lambda tier: tier.gap)
    if not worst.gap:
        return "No tier is further below its target than chance explains."
    return (
        f"{worst.tier_id} stands out: {_percent(worst.share)} of its {_count(worst.accounts)} "
        f"accounts are covered ({_percent(worst.low)} to {_percent(worst.high)}), where "
        f"{_percent(worst.target)} is the target{_main_cause(con, worst)}."
    )


def _main_cause(con: duckdb.DuckDBPyConnection, tier: Tier) -> str:
    if not _has(con, "mart_underserved_tier"):
        return ""
    first = con.execute(_CAUSES, [tier.tier_id, tier.quarter]).fetchone()
    if first is None:
        return ""
    cause, accounts = first
    uncovered = _count((tier.accounts or 0) - (tier.covered or 0))
    named = cause.replace("_", " ")
    return f"; most often the cause is: {named} ({_count(accounts)} of {uncovered})"


def where_next(home: Home) -> list[str]:
    """Where to look next, as lines to paste."""
    report = home.serving / "report.html"
    database = _from_here(home.serving_database)
    open_it = f"duckdb.connect('{database}', read_only=True)"
    return [
        *([f"Report:  {_from_here(report)}"] if report.exists() else []),
        "Graph:   make demo-dev",
        f"Tables:  {database}, schema coverage; for example",
        f'  {_from_here(Path(sys.executable))} -c "import duckdb; {open_it}'
        f".sql('{QUESTION}').show()\"",
    ]


def _has(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    return bool(
        con.execute(
            "select 1 from duckdb_tables() where schema_name = 'coverage' and table_name = ?",
            [table],
        ).fetchall()
    )


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _from_here(path: Path) -> Path:
    """The path as seen from here, where it lies below."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
