"""What is behind, due, or untouched on a day: currency, the worklist, accounts that nobody reached.

Belongs here: spans of being overdue (M15) and the tables that are made of them. Does not: coverage
of periods.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from oracle.coverage import share
from oracle.ledger_facts import DAY, Book, days
from oracle.models import Said, accepts, said_on
from oracle.obligations import Obligation
from oracle.tiers import FAR, TierDay
from oracle.world import Row

NOTHING_SETTLES_AFTER_D = 90
DUE_SOON_D = 14

Tiers = Mapping[str, Mapping[date, TierDay]]


@dataclass(frozen=True)
class Overdue:
    """An obligation that its account is behind on: [first, end), while it is in the row's tier."""

    row: Obligation
    first: date
    end: date


def overdue(ledger: Sequence[Obligation]) -> list[Overdue]:
    """From the day after closing until the family is fulfilled again, or nothing can settle it."""
    again: dict[tuple[str, str], list[date]] = defaultdict(list)
    counted = [row for row in ledger if row.disposition == "counted"]
    for row in counted:
        if row.fulfilled_on is not None:
            is_state = row.schedule_type == "state"
            day = row.closes_on if is_state else row.fulfilled_on
            again[row.account_id, row.family].append(day)
    found = []
    for row in counted:
        if row.timeliness not in ("missed", "late") or not row.is_required:
            continue
        first = row.closes_on + DAY
        if row.schedule_type in ("anchored", "lead_to_event", "response"):
            last = row.closes_on + timedelta(days=NOTHING_SETTLES_AFTER_D + 1)
            end = min(row.fulfilled_on or last, last)
        else:
            later = (day for day in again[row.account_id, row.family] if day > row.closes_on)
            end = min(later, default=FAR)
        if first < end:
            found.append(Overdue(row, first, end))
    return found


def mart_currency_daily(book: Book, tiers: Tiers, behind: Sequence[Overdue]) -> Iterator[Row]:
    """Each tier's accounts on each day since it had any, and how many of them were behind."""
    active: dict[tuple[str, date], set[str]] = defaultdict(set)
    for account_id, by_day in tiers.items():
        for day, tier in by_day.items():
            if tier.assigned is not None:
                active[tier.assigned, day].add(account_id)
    late: dict[tuple[str, date], set[str]] = defaultdict(set)
    for one in behind:
        for day in days(one.first, min(one.end, book.as_of + DAY)):
            late[one.row.tier_id, day].add(one.row.account_id)
    first_on: dict[str, date] = {}
    for tier_id, day in active:
        first_on[tier_id] = min(day, first_on.get(tier_id, day))
    for day in days(min(first_on.values()), book.as_of + DAY):
        there = {
            tier_id: active.get((tier_id, day), set())
            for tier_id, first in first_on.items()
            if first <= day
        }
        counts = {
            tier_id: (len(accounts), len(accounts & late.get((tier_id, day), set())))
            for tier_id, accounts in there.items()
        }
        together = [sum(numbers) for numbers in zip(*counts.values(), strict=True)]
        for tier_id, (count, count_late) in [*counts.items(), ("ALL", (together[0], together[1]))]:
            yield {
                "tier_id": tier_id,
                "as_of_on": day,
                "accounts_active": count,
                "accounts_judged": count,
                "accounts_overdue": count_late,
                "current_rate": share(count - count_late, count),
            }


NO_CONTACT = {
    "internal_prep", "internal_team", "reporting", "data_entry", "renewal_tracking", "note", "task",
}  # fmt: skip
"""Work that reaches no customer."""

PERIOD_D = {"month": 31, "quarter": 92, "half": 184, "year": 366}


def mart_untouched_tier(
    book: Book, tiers: Tiers, activities: Sequence[Row], accounts: Sequence[Row]
) -> Iterator[Row]:
    """Accounts without any contact for the longest interval of their tier, on as_of."""
    last_on: dict[str, date] = {}
    for row in activities:
        is_contact = row["direction"] != "internal" and row["type"] not in NO_CONTACT
        if row["status"] == "completed" and is_contact:
            before = last_on.get(row["account_id"], date.min)
            last_on[row["account_id"]] = max(before, row["started_on"])
    arr = {row["account_id"]: row["arr"] for row in accounts}
    judged: dict[str, list[tuple[float | None, bool]]] = {}
    said = said_on(book.as_of)
    longest = {tier["id"]: _longest(said["standards"][tier["id"]]) for tier in said["tiers"]}
    for tier_id, interval in longest.items():
        limit = book.as_of - timedelta(days=interval)
        judged[tier_id] = [
            (arr[account_id], last_on.get(account_id, date.min) <= limit)
            for account_id, by_day in tiers.items()
            if book.as_of in by_day and by_day[book.as_of].assigned == tier_id
        ]
    judged["ALL"] = [one for accounts_ in list(judged.values()) for one in accounts_]
    for tier_id, found in judged.items():
        known = [(amount, is_untouched) for amount, is_untouched in found if amount is not None]
        whole = sum(amount for amount, _ in known)
        part = sum(amount for amount, is_untouched in known if is_untouched) if known else None
        untouched = sum(is_untouched for _, is_untouched in found)
        yield {
            "tier_id": tier_id,
            "longest_interval_days": longest.get(tier_id),
            "accounts_active": len(found),
            "accounts_judged": len(found),
            "accounts_untouched": untouched if found else None,
            "untouched_rate": share(untouched, len(found)),
            "arr_untouched": part,
            "arr_untouched_rate": None if part is None else share(part, whole),
        }


def _longest(standards: Sequence[Said]) -> int:
    return max(
        each["interval_d"] if "interval_d" in each else PERIOD_D[each["period"]]
        for each in standards
        if "interval_d" in each or "period" in each
    )


def mart_csm_worklist(
    book: Book,
    tiers: Tiers,
    ledger: Sequence[Obligation],
    behind: Sequence[Overdue],
    accounts: Sequence[Row],
    people: Sequence[Row],
    leads: Mapping[str, Row],
) -> Iterator[Row]:
    """What falls due within two weeks, is in grace, or is behind; of the latter the newest cycle.

    `leads` are the accounts' leads on as_of, `people` and `accounts` dim_csm and dim_account.
    """
    as_of = book.as_of
    of_account = {row["account_id"]: row for row in accounts}
    person = {row["email"]: row for row in people}
    stacks: dict[tuple[str, ...], list[Obligation]] = defaultdict(list)
    for one in behind:
        row = one.row
        tier = tiers[row.account_id].get(as_of)
        if one.first <= as_of < one.end and tier is not None and tier.assigned == row.tier_id:
            alone = (row.obligation_id,) if row.schedule_type == "response" else ()
            stacks[(row.account_id, row.family, *alone)].append(row)
    newest = {
        max(rows, key=lambda row: (row.closes_on, row.obligation_id)).obligation_id: len(rows)
        for rows in stacks.values()
    }
    for row in ledger:
        is_due = row.timeliness == "open" and row.due_on <= as_of + timedelta(days=DUE_SOON_D)
        if row.disposition != "counted" or not (is_due or row.obligation_id in newest):
            continue
        account, lead = of_account[row.account_id], leads.get(row.account_id, {})
        who = person.get(lead.get("user_email"), {})
        standard = next(
            each
            for each in said_on(row.opened_on)["standards"][row.tier_id]
            if each["family"] == row.family
        )
        in_time = "in_grace" if row.due_on < as_of else "due"
        yield {
            "obligation_id": row.obligation_id,
            "account_id": row.account_id,
            "account_name": account["name"],
            "arr": account["arr"],
            "term_end_on": account["term_end_on"],
            "owner_user_id": lead.get("user_id") or who.get("user_id"),
            "owner_name": who.get("name"),
            "owner_email": lead.get("user_email"),
            "owner_pool": lead.get("pool"),
            "tier_id": row.tier_id,
            "family": row.family,
            "state": "overdue" if row.obligation_id in newest else in_time,
            "window_open_on": row.window_open_on,
            "due_on": row.due_on,
            "closes_on": row.closes_on,
            "days_to_due": (row.due_on - as_of).days,
            "cycles_behind": newest.get(row.obligation_id, 0),
            "attempts": row.attempts,
            "is_required": row.is_required,
            "standard": in_words(standard),
            "quality_conditions": list(standard.get("quality", ())),
            "accepted_types": list(accepts(standard)),
        }


def in_words(standard: Said) -> str:
    """A standard's schedule as a person would say it."""
    schedule = standard["schedule"]
    if schedule == "rolling":
        return f"at least every {standard['interval_d']} days"
    if schedule == "fixed_calendar":
        return f"once each {standard['period']}"
    if schedule == "anchored":
        return f"within {standard['due_d']} days of the start"
    if schedule == "lead_to_event":
        return f"{standard['open_d']} to {standard['due_d']} days before the term ends"
    if schedule == "state":
        return f"never older than {standard['max_age_d']} days"
    assert schedule == "response", schedule
    if "due_business_hours" in standard:
        return f"answered within {standard['due_business_hours']} business hours"
    return f"answered within {standard['due_business_days']} business days"
