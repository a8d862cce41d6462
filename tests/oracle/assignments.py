"""Who looks after each account, from when to when (account_assignment_scd2.yml).

Belongs here: assignments, owners where nobody is assigned, and the one lead of a day. Does not:
who owes what.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby

from oracle.canonical import Facts
from oracle.world import Row

_AS_ASSIGNED = ("account_id", "valid_from", "role", "user_email", "pool", "function", "reason")


def account_assignment_scd2(facts: Facts, history: Sequence[Row]) -> Iterator[Row]:
    """As assigned; of accounts without any lead, the owners over account_scd2 (`history`)."""
    users: dict[str, str] = {}
    for user in facts["users"]:
        if user.get("email"):
            users[user["email"]] = min(user["user_id"], users.get(user["email"], user["user_id"]))
    sources = {account["account_id"]: account["source_name"] for account in facts["accounts"]}
    led = {row["account_id"] for row in facts["assignments"] if row["role"] == "lead"}
    owned = _owned([row for row in history if row["account_id"] not in led], sources)
    for row in (*_assigned(facts["assignments"]), *owned):
        if row["valid_to"] is None or row["valid_from"] < row["valid_to"]:
            yield {**row, "user_id": users.get(row["user_email"])}


def _assigned(assignments: Sequence[Row]) -> Iterator[Row]:
    """A lead without an end leads until the next who does not stand in for another."""
    begins = defaultdict(list)
    for row in assignments:
        if row["role"] == "lead" and not row.get("is_temporary"):
            begins[row["account_id"]].append(row["valid_from"])
    for row in assignments:
        valid_to = row.get("valid_to")
        if valid_to is None and row["role"] == "lead" and not row.get("is_temporary"):
            later = (day for day in begins[row["account_id"]] if day > row["valid_from"])
            valid_to = min(later, default=None)
        yield {
            **{name: row.get(name) for name in _AS_ASSIGNED},
            "valid_to": valid_to,
            "allocation_pct": row.get("allocation_pct"),
            "is_temporary": bool(row.get("is_temporary")),
            "source_name": row["source_name"],
            "history_origin": "source_history",
        }


def _owned(history: Sequence[Row], sources: dict[str, str]) -> Iterator[Row]:
    """Neighbouring versions with the same owner and pool are one."""

    def owner(row: Row) -> tuple[str, str | None, str | None]:
        return row["account_id"], row.get("owner_email"), row.get("pool")

    ordered = sorted(history, key=lambda row: (row["account_id"], row["valid_from"]))
    for (account_id, email, pool), group in groupby(ordered, key=owner):
        versions = list(group)
        if email is None and pool is None:
            continue
        yield {
            **dict.fromkeys((*_AS_ASSIGNED, "allocation_pct")),
            "account_id": account_id,
            "valid_from": versions[0]["valid_from"],
            "valid_to": versions[-1]["valid_to"],
            "role": "lead",
            "user_email": email,
            "pool": pool,
            "is_temporary": False,
            "source_name": sources[account_id],
            "history_origin": versions[0]["history_origin"],
        }


def lead_on(assigned: Sequence[Row], day: date) -> Row | None:
    """Of an account's leads on a day: who stands in for nobody, then who was assigned last."""
    there = [
        row
        for row in assigned
        if row["role"] == "lead"
        and row["valid_from"] <= day
        and (row["valid_to"] is None or day < row["valid_to"])
    ]

    def order(row: Row) -> tuple[bool, int, str, str]:
        last = "\U0010ffff"
        since = -row["valid_from"].toordinal()
        return row["is_temporary"], since, row["user_email"] or last, row["pool"] or last

    return min(there, key=order, default=None)


def leads_on(assigned: Sequence[Row], day: date) -> dict[str, Row]:
    """The lead of each account that has one."""
    by_account = defaultdict(list)
    for row in assigned:
        by_account[row["account_id"]].append(row)
    leads = {account_id: lead_on(rows, day) for account_id, rows in by_account.items()}
    return {account_id: lead for account_id, lead in leads.items() if lead is not None}
