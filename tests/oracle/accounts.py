"""Accounts and the people who look after them (dim_account, account_scd2, dim_csm).

Belongs here: what the descriptions of these tables say. Does not: revenue, which `contracts` tells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from oracle.canonical import Facts, account_picture
from oracle.world import Row, World

HISTORY = (
    "name", "domain", "parent_account_id", "currency", "industry", "country", "time_zone",
    "business_calendar", "employees", "segment", "complexity", "lifecycle_stage",
    "acquisition_channel", "owner_email", "pool", "tier_override", "tier_override_reason",
    "tier_override_by", "tier_override_from", "tier_override_to", "is_reference", "is_partner",
    "attributes",
)  # fmt: skip
"""What of an account has a history; dated facts carry their own date (account_scd2.yml)."""

_AS_THEY_ARE = (
    "account_id", "name", "domain", "parent_account_id", "currency", "segment", "industry",
    "country", "employees", "complexity", "lifecycle_stage", "acquisition_channel", "owner_email",
    "pool", "business_calendar", "started_on", "churned_on", "churn_notice_on", "churn_reason",
    "first_value_on", "tier_override", "tier_override_reason", "tier_override_by",
    "tier_override_from", "tier_override_to", "is_reference", "is_partner", "source_name",
    "attributes",
)  # fmt: skip


def family_heads(accounts: Sequence[Row]) -> dict[str, str]:
    """The ultimate parent of each account; of a circle, its smallest id (dim_account.yml).

    A parent that is nobody's account is no parent.
    """
    there = {account["account_id"] for account in accounts}
    parent = {
        account["account_id"]: account["parent_account_id"]
        for account in accounts
        if account.get("parent_account_id") in there
        and account["parent_account_id"] != account["account_id"]
    }

    def head(account_id: str) -> str:
        line = [account_id]
        while (above := parent.get(line[-1])) is not None:
            if above in line:
                return min(line[line.index(above) :])
            line.append(above)
        return line[-1]

    return {account_id: head(account_id) for account_id in there}


def dim_account(
    world: World, facts: Facts, contracts: Sequence[Row], activities: Sequence[Row]
) -> Iterator[Row]:
    """One row an account, as it stands on as_of; `contracts` and `activities` are the facts'."""
    heads = family_heads(facts["accounts"])
    held = defaultdict(list)
    for contract in contracts:
        held[contract["account_id"]].append(contract)
    people = stakeholders(world, activities)
    for account in facts["accounts"]:
        account_id = account["account_id"]
        in_force = [c for c in held[account_id] if c["is_in_force"]]
        yield {
            **{name: account.get(name) for name in _AS_THEY_ARE},
            "family_account_id": heads[account_id],
            "arr": _arr(world, account, in_force),
            "is_active": _is_active(world, account, in_force),
            "term_end_on": max((c["ends_on"] for c in in_force if c["ends_on"]), default=None),
            "first_contract_on": min((c["starts_on"] for c in held[account_id]), default=None),
            "stakeholders_180d": None if people is None else len(people[account_id]),
            "time_zone": account.get("time_zone") or world.time_zone,
        }


def _arr(world: World, account: Row, in_force: Sequence[Row]) -> float | None:
    """Unknown, not partial, where a rate is missing; the account's own without contracts."""
    if not world.is_carried("contracts"):
        rate = world.rate(account["currency"])
        return None if rate is None or account.get("arr") is None else account["arr"] * rate
    if any(contract["arr"] is None for contract in in_force):
        return None
    return sum(contract["arr"] for contract in in_force)


def _is_active(world: World, account: Row, in_force: Sequence[Row]) -> bool | None:
    if world.is_carried("contracts"):
        return bool(in_force)
    if account.get("started_on") is None:
        return None
    return account["started_on"] <= world.as_of and (
        account.get("churned_on") is None or account["churned_on"] > world.as_of
    )


def stakeholders(world: World, activities: Sequence[Row]) -> Mapping[str, set[str]] | None:
    """The customers' people in completed activities of the last 180 days, as_of among them."""
    if not world.is_carried("activities", "contact_emails"):
        return None
    first_on = world.as_of - timedelta(days=179)
    people = defaultdict(set)
    for activity in activities:
        if activity["status"] == "completed" and activity["started_on"] >= first_on:
            people[activity["account_id"]].update(activity["contact_emails"] or ())
    return people


def account_scd2(
    world: World, dims: Sequence[Row], earlier: Sequence[tuple[date, Sequence[Row]]] = ()
) -> Iterator[Row]:
    """What each account looked like since when (account_scd2.yml).

    `earlier` are earlier nights: their day, and the records of accounts that there were. A record
    counts for the account that it is today, also in its past. The first version is taken to hold
    from the account's start: started_on, else its first contract; a later one from the day on
    which it was known. Neighbours that are equal are one.
    """
    today = {
        (row["source_name"], row["source_account_id"]): (row["account_id"], row["method"])
        for row in world.said["accounts"]
    }
    told: dict[str, dict[date, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for day, rows in (*earlier, (world.as_of, world.said["accounts"])):
        for row in rows:
            key = (row["source_name"], row["source_account_id"])
            account_id, method = today.get(key) or world.gone.get(key, (None, ""))
            if account_id is not None:
                told[account_id][day].append({**row, "method": method})
    for dim in dims:
        yield from _versions(world, dim, told[dim["account_id"]])


def _versions(world: World, dim: Row, told: Mapping[date, Sequence[Row]]) -> Iterator[Row]:
    pictures: list[tuple[date, Row]] = []
    for day in sorted(told):
        picture = account_picture(world, dim["account_id"], told[day])
        looks = {name: picture.get(name) for name in HISTORY}
        if not pictures or pictures[-1][1] != looks:
            pictures.append((day, looks))
    first_on = pictures[0][0]
    start = min(dim["started_on"] or dim["first_contract_on"] or first_on, first_on)
    starts = [start, *(day for day, _ in pictures[1:])]
    for (day, looks), valid_from, valid_to in zip(
        pictures, starts, [*starts[1:], None], strict=True
    ):
        yield {
            "account_id": dim["account_id"],
            "valid_from": valid_from,
            "valid_to": valid_to,
            **looks,
            "history_origin": "observed" if valid_from == day else "assumed",
            "known_on": day,
        }


def dim_csm(world: World, facts: Facts, dims: Sequence[Row]) -> Iterator[Row]:
    """One row a person of the team, with the active accounts that they own or lead on as_of."""
    active = {row["account_id"] for row in dims if row["is_active"]}
    looked_after = {
        (row["owner_email"], row["account_id"])
        for row in dims
        if row["account_id"] in active and row["owner_email"]
    } | {
        (row["user_email"], row["account_id"])
        for row in facts["assignments"]
        if row["role"] == "lead"
        and row["account_id"] in active
        and (row.get("valid_to") is None or row["valid_to"] > world.as_of)
    }
    for user in facts["users"]:
        book = [account_id for email, account_id in looked_after if email == user["email"]]
        started_on, ended_on = user.get("started_on"), user.get("ended_on")
        yield {
            **{
                name: user.get(name)
                for name in (
                    "user_id", "email", "name", "role", "function", "team", "fte", "weekly_hours",
                    "started_on", "ended_on", "time_zone", "skills", "source_name",
                )
            },
            "is_csm": user["role"] == "csm" if user.get("role") else bool(book),
            "is_employed": (started_on is None or started_on <= world.as_of)
            and (ended_on is None or ended_on > world.as_of),
            "active_accounts": len(book),
        }  # fmt: skip
