"""`cs-coverage explain`: why an account has its tier, and why it is covered or not.

Belongs here: reading the published tables for one account, and saying it to a person. Does not: any
number that the published tables do not hold.
"""

from __future__ import annotations

import difflib
import json
import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import duckdb
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.cli import BAD_CONFIG, NOT_PUBLISHED
from pipelines.home import Home
from pipelines.tables import PUBLIC_SCHEMA

Row = Mapping[str, Any]

_TIER_REASONS = {
    "first_day": "its first active day",
    "returned": "active again",
    "promoted": "its ARR reached the next band",
    "demoted": "its ARR had stayed below the band",
    "kept": "its ARR left the band, the account stays for now",
    "override": "set by hand",
    "override_ended": "what was set by hand has ended",
    "model_changed": "the coverage model changed",
    "measure_known": "its ARR became known",
    "measure_unknown": "its ARR is not known",
}

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
    "late_only": "all was done, some of it late",
    "below_standard": "something was not done to standard",
    "customer_unresponsive": "the customer did not answer",
    "unverifiable": "data are missing to tell whether it was to standard",
    "not_attempted": "something was not done",
}


class Unanswerable(Exception):
    """There is nothing to explain; says why and what to do. `code` is the command's exit code."""

    def __init__(self, message: str, code: int = BAD_CONFIG) -> None:
        super().__init__(message)
        self.code = code


def explain_tier(home: Home, account: str, console: Console | None = None) -> int:
    """Print an account's tiers from the first to the last, with the reason for each change.

    Returns the command's exit code.
    """
    return _answer(home, console or Console(), partial(_tell_tiers, account))


def explain_coverage(
    home: Home, account: str, period: str | None = None, console: Console | None = None
) -> int:
    """Print what an account was owed in a period, what settled it, and what did not.

    `period` is a month (2026-05) or a quarter (2026-Q2); without one, the newest quarter that has
    obligations to judge. Returns the command's exit code.
    """
    return _answer(home, console or Console(), partial(_tell_coverage, account, period))


@dataclass(frozen=True)
class _Published:
    """The published tables."""

    con: duckdb.DuckDBPyConnection

    def rows(self, sql: str, *parameters: object) -> list[Row]:
        self.con.execute(sql, parameters)
        names = [column[0] for column in self.con.description or ()]
        return [dict(zip(names, row, strict=True)) for row in self.con.fetchall()]


def _answer(home: Home, console: Console, tell: Callable[[_Published, Console], None]) -> int:
    """Open the published tables and tell from them; what cannot be told is said, too."""
    try:
        if not home.serving_database.exists():
            message = f"Nothing is published in {home.serving} yet: run cs-coverage refresh."
            raise Unanswerable(message, NOT_PUBLISHED)
        with duckdb.connect(str(home.serving_database), read_only=True) as con:
            con.execute(f"set TimeZone = 'UTC'; use {PUBLIC_SCHEMA}")
            tell(_Published(con), console)
    except Unanswerable as error:
        console.print(str(error), style="red", highlight=False, soft_wrap=True, markup=False)
        return error.code
    return 0


def _tell_tiers(account: str, published: _Published, console: Console) -> None:
    found = _account(published, account)
    console.print(_heading(found), highlight=False)
    rows = published.rows(
        "select * from tier_membership_scd2 where account_id = ? order by valid_from",
        found["account_id"],
    )
    if not rows:
        raise Unanswerable("It was never active: without a contract in force there is no tier.")
    table = Table("from", "to", "tier", "by ARR", "why")
    table.add_column("family ARR", justify="right")
    for row in rows:
        table.add_row(
            str(row["valid_from"]),
            _or(row["valid_to"], "now"),
            _or(row["assigned_tier_id"], "unknown"),
            _or(row["eligible_tier_id"], "unknown"),
            escape(_tier_reason(row)),
            _money(row["measure_value"]),
        )
    console.print(table)


def _tell_coverage(
    account: str, period: str | None, published: _Published, console: Console
) -> None:
    found = _account(published, account)
    console.print(_heading(found), highlight=False)
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


def _account(published: _Published, named: str) -> Row:
    """The account of that id, or of that name whatever its case."""
    accounts = published.rows("select * from dim_account order by account_id")
    by_id = [row for row in accounts if row["account_id"] == named]
    fitting = by_id or [row for row in accounts if row["name"].casefold() == named.casefold()]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        ids = ", ".join(row["account_id"] for row in fitting)
        raise Unanswerable(f'Several accounts are called "{named}": give the id, one of {ids}.')
    words = {row[part].casefold(): row for row in accounts for part in ("account_id", "name")}
    near = difflib.get_close_matches(named.casefold(), words, n=3, cutoff=0.5)
    meant = dict.fromkeys(f"{words[w]['account_id']} ({words[w]['name']})" for w in near)
    hint = f"did you mean {' or '.join(meant)}?" if meant else "dim_account lists all accounts."
    raise Unanswerable(f'No account has the id or name "{named}": {hint}')


def _heading(account: Row) -> str:
    state = "active" if account["is_active"] else "not active"
    return (
        f"\n[bold]{escape(account['name'])}[/] ({escape(account['account_id'])}), {state}, "
        f"ARR {_money(account['arr'])}, as of {account['as_of_date']}\n"
    )


def _tier_reason(row: Row) -> str:
    said = _TIER_REASONS.get(row["reason"], str(row["reason"]))
    evidence = {k: v for k, v in json.loads(row["evidence"] or "{}").items() if v is not None}
    if row["source"] == "override":
        by = f" by {evidence['override_by']}" if "override_by" in evidence else ""
        why = f": {evidence['override_reason']}" if "override_reason" in evidence else ""
        until = f", until {row['override_expires_on']}" if row["override_expires_on"] else ""
        return f"{said}{by}{until}{why}"
    if row["reason"] == "demoted" and "highest_measure_before" in evidence:
        return f"{said}: at most {_money(evidence['highest_measure_before'])} before"
    if row["reason"] == "kept" and "demoted_below" in evidence:
        return f"{said}: it moves down below {_money(evidence['demoted_below'])}"
    return said


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
            yield f"{condition['condition']} fails ({_or(condition['value'], 'empty')})"
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


def _or(value: object, otherwise: str) -> str:
    return otherwise if value is None else str(value)


def _money(amount: float | None) -> str:
    return "unknown" if amount is None else f"{amount:,.0f}"
