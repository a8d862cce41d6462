"""Which records are one activity (semantics.md 3.18; int_activity_duplicate.yml).

Belongs here: the rule for two records, and what follows for more. Does not: how they are merged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import combinations

from oracle.world import Row

NEAR = timedelta(minutes=15)

NOT_REACHED = {"no_show", "bounced", "unanswered"}

UNSPOKEN = {
    "email", "note", "task", "other", "support", "broadcast", "onboarding_sequence", "usage_recap",
    "survey_sent", "renewal_notice", "internal_prep", "internal_team", "reporting", "data_entry",
    "renewal_tracking", "health_assessment", "health_update", "risk_update", "first_value",
    "onboarding_complete",
}  # fmt: skip
"""Types in which nobody speaks with anybody: without a channel they are no meeting."""


def is_same(one: Row, other: Row) -> bool:
    """Whether two records are of one activity.

    They start within 15 minutes of each other and share the account, or that they have none,
    and a calendar entry; or both are a meeting or call with the same outcome, and share the
    account and a guest.
    """
    if abs(one["started_at"] - other["started_at"]) > NEAR:
        return False
    if one["account_id"] != other["account_id"]:
        return False
    if one["calendar_uid"] is not None and one["calendar_uid"] == other["calendar_uid"]:
        return True
    return (
        one["account_id"] is not None
        and _is_conversation(one)
        and _is_conversation(other)
        and _outcome(one) == _outcome(other)
        and not set(one["contact_emails"] or ()).isdisjoint(other["contact_emails"] or ())
    )


def groups(activities: Sequence[Row]) -> Iterator[list[Row]]:
    """Activities that are one, however many records apart; what has no double is a group of one."""
    group_of = {row["activity_id"]: [row] for row in activities}
    near = defaultdict(list)
    for row in activities:
        near[row["account_id"]].append(row)
    for rows in near.values():
        for one, other in combinations(sorted(rows, key=lambda r: r["started_at"]), 2):
            joined, absorbed = group_of[one["activity_id"]], group_of[other["activity_id"]]
            if joined is not absorbed and is_same(one, other):
                joined += absorbed
                group_of |= {row["activity_id"]: joined for row in absorbed}
    yield from {id(group): group for group in group_of.values()}.values()


def _is_conversation(row: Row) -> bool:
    if row["channel"] is None:
        return row["type"] not in UNSPOKEN
    return row["channel"] in ("meeting", "call")


def _outcome(row: Row) -> str:
    """A missed call and the call that came about five minutes later are two events."""
    if row["status"] in NOT_REACHED:
        return "not_reached"
    return "cancelled" if row["status"] == "cancelled" else "met"
