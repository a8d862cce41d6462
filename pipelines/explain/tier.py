"""Why an account has its tier.

Belongs here: an account's tiers from the first to the last. Does not: its coverage or score.
"""

from __future__ import annotations

import json
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
    money,
    or_else,
)
from pipelines.home import Home

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


def explain_tier(home: Home, account: str, console: Console | None = None) -> int:
    """Print an account's tiers from the first to the last, with the reason for each change.

    Returns the command's exit code.
    """
    return answer(home, console or Console(), partial(_tell_tiers, account))


def _tell_tiers(account: str, published: Published, console: Console) -> None:
    found = account_named(published, account)
    console.print(heading(found), highlight=False)
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
            or_else(row["valid_to"], "now"),
            or_else(row["assigned_tier_id"], "unknown"),
            or_else(row["eligible_tier_id"], "unknown"),
            escape(_tier_reason(row)),
            money(row["measure_value"]),
        )
    console.print(table)


def _tier_reason(row: Row) -> str:
    said = _TIER_REASONS.get(row["reason"], str(row["reason"]))
    evidence = {k: v for k, v in json.loads(row["evidence"] or "{}").items() if v is not None}
    if row["source"] == "override":
        by = f" by {evidence['override_by']}" if "override_by" in evidence else ""
        why = f": {evidence['override_reason']}" if "override_reason" in evidence else ""
        until = f", until {row['override_expires_on']}" if row["override_expires_on"] else ""
        return f"{said}{by}{until}{why}"
    if row["reason"] == "demoted" and "highest_measure_before" in evidence:
        return f"{said}: at most {money(evidence['highest_measure_before'])} before"
    if row["reason"] == "kept" and "demoted_below" in evidence:
        return f"{said}: it moves down below {money(evidence['demoted_below'])}"
    return said
