"""Why an account is covered or not.

Belongs here: what an account was owed in a period, and what settled it. Does not: its tier, its
score.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.explain.published import (
    Published,
    Row,
    Unanswerable,
    account_named,
    answer,
    heading,
    or_else,
)
from pipelines.home import Home

_EXCLUSIONS = {
    "churned": "the account had left",
    "paused": "more than half of its window was paused",
    "superseded": "another standard took its place",
    "tier_change": "the new tier does not owe it",
    "waived": "it was waived",
    "late_notice": "the event became known too late",
    "not_eligible": "the account was not eligible",
}

_CAUSES = {
    "no_owner": "nobody owned what was not met",
    "over_capacity": "its owner had more to do than time",
    "late_only": "all was done, some of it late",
    "below_standard": "something was not done to standard",
    "customer_unresponsive": "the customer did not answer",
    "unverifiable": "data are missing to tell whether it was to standard",
    "not_attempted": "something was not done",
}


def explain_coverage(
    home: Home, account: str, period: str | None = None, console: Console | None = None
) -> int:
    """Print what an account was owed in a period, what settled it, and what did not.

    `period` is a month (2026-05) or a quarter (2026-Q2); without one, the newest quarter that has
    obligations to judge. Returns the command's exit code.
    """
    return answer(home, console or Console(), partial(_tell_coverage, account, period))


def _tell_coverage(
    account: str, period: str | None, published: Published, console: Console
) -> None:
    found = account_named(published, account)
    console.print(heading(found), highlight=False)
    quarters = published.rows(
        "select * from mart_coverage_account_period "
        "where account_id = ? and period_type = 'quarter' order by period_start, tier_id",
        found["account_id"],
    )
    if quarters:
        console.print(_quarters(quarters))
    first, last = _span(period, quarters)
    obligations = published.rows(
        "select * from fct_obligation where account_id = ? and closes_on between ? and ? "
        "order by closes_on, family, obligation_id",
        found["account_id"],
        first,
        last,
    )
    if not obligations:
        raise Unanswerable(f"Nothing that it was owed closed from {first} to {last}.")
    activities = published.rows(
        "select activity_id, type, started_on, subject from fct_activity where account_id = ?",
        found["account_id"],
    )
    evidence = published.rows(
        "select evidence.* from fct_obligation_evidence as evidence "
        "inner join fct_obligation using (obligation_id) "
        "where account_id = ? and closes_on between ? and ? order by obligation_id, condition",
        found["account_id"],
        first,
        last,
    )
    title = f"What closed from {first} to {last}"
    by_id = {row["activity_id"]: row for row in activities}
    console.print(_obligations(obligations, by_id, evidence, title))


def _quarters(rows: Sequence[Row]) -> Table:
    table = Table("quarter", "tier", title="Quarters", title_justify="left")
    for name in ("owed", "good"):
        table.add_column(name, justify="right")
    table.add_column("covered")
    for row in rows:
        table.add_row(
            _quarter(row["period_start"]),
            row["tier_id"],
            str(row["obligations_counted"]),
            str(row["obligations_good"]),
            _verdict(row),
        )
    return table


def _quarter(start: date) -> str:
    return f"{start.year}-Q{(start.month + 2) // 3}"


def _verdict(row: Row) -> str:
    if row["is_covered"] is None:
        return "nothing required"
    if row["is_covered"]:
        return "[green]yes[/]"
    condition = f" ({escape(row['cause_condition'])})" if row["cause_condition"] else ""
    return f"[red]no[/]: {_CAUSES.get(row['cause'], row['cause'])}{condition}"


def _span(period: str | None, quarters: Sequence[Row]) -> tuple[date, date]:
    """The first and last day of the period asked about; by default of the newest quarter."""
    if period is None:
        if not quarters:
            raise Unanswerable("Nothing that it was owed has been judged yet: nothing has matured.")
        return quarters[-1]["period_start"], quarters[-1]["period_end"]
    asked = re.fullmatch(r"(\d{4})-(?:Q([1-4])|(0[1-9]|1[0-2]))", period)
    if asked is None or asked[1] == "0000":
        raise Unanswerable(
            f"--period {period}: write a month like 2026-05, or a quarter like 2026-Q2."
        )
    year = int(asked[1])
    first_month, last_month = (
        (3 * int(asked[2]) - 2, 3 * int(asked[2])) if asked[2] else (int(asked[3]),) * 2
    )
    return date(year, first_month, 1), date(year, last_month, monthrange(year, last_month)[1])


def _obligations(
    rows: Sequence[Row], activities: Mapping[str, Row], evidence: Sequence[Row], title: str
) -> Table:
    table = Table("owed", "due", "closed", "result", "why", title=title, title_justify="left")
    for row in rows:
        conditions = [e for e in evidence if e["obligation_id"] == row["obligation_id"]]
        table.add_row(
            escape(row["family"]),
            str(row["due_on"]),
            str(row["closes_on"]),
            _result(row),
            escape("; ".join(_reasons(row, activities, conditions))),
        )
    return table


def _result(row: Row) -> str:
    if row["disposition"] == "excluded":
        return "[dim]does not count[/]"
    quality = f", {row['quality'].replace('_', ' ')}" if row["quality"] else ""
    is_good = row["timeliness"] == "on_time" and row["quality"] == "to_standard"
    style = "green" if is_good else "yellow" if row["timeliness"] == "open" else "red"
    return f"[{style}]{row['timeliness'].replace('_', ' ')}{quality}[/]"


def _reasons(row: Row, activities: Mapping[str, Row], conditions: Sequence[Row]) -> Iterator[str]:
    """What settled an obligation or did not, in the order in which one would ask."""
    if row["disposition"] == "excluded":
        yield _EXCLUSIONS.get(row["exclusion_reason"], str(row["exclusion_reason"]))
    if row["fulfilled_on"] is not None:
        yield _settled_by(row, activities.get(row["fulfilled_by_activity_id"]))
    elif row["timeliness"] == "missed" and row["schedule_type"] == "state":
        yield "it did not hold on enough days"
    elif row["timeliness"] == "missed":
        yield f"nothing that settles it by {row['closes_on']}"
    if row["fulfilled_on"] is None and row["attempts"]:
        times = "once" if row["attempts"] == 1 else f"{row['attempts']} times"
        answer = ", the customer does not answer" if row["is_customer_unresponsive"] else ""
        yield f"tried {times}{answer}"
    for condition in conditions:
        if condition["result"] == "fail":
            yield f"{condition['condition']} fails ({or_else(condition['value'], 'empty')})"
        elif condition["result"] == "no_data":
            yield f"{condition['condition']}: no data"
    if row["disposition"] == "counted":
        if row["is_provisional"]:
            yield "not counted yet"
        if not row["is_required"]:
            yield "not required"


def _settled_by(row: Row, activity: Row | None) -> str:
    if row["schedule_type"] == "state":
        return "it held"
    if activity is None:
        return f"answered on {row['fulfilled_on']}"
    subject = f' "{activity["subject"]}"' if activity["subject"] else ""
    return f"{activity['type']} on {activity['started_on']}{subject}"
