"""RavenStack's renewals, retention and health, counted from its files by plain Python.

Belongs here: what the published tables must come to, from the CSV files alone. Does not: the
product's code, or any of its tables.
"""

from __future__ import annotations

import csv
import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path

DAY = timedelta(days=1)
OVERLAP, LATE_GRACE, LATE_MAX = 3 * DAY, 30 * DAY, 180 * DAY
"""What the shipped coverage model says of renewals."""

GRACE = 30
"""Days after an account's start without a score."""


@dataclass(frozen=True)
class Subscription:
    """A row of ravenstack_subscriptions.csv; ends on its last day in force."""

    id: str
    account: str
    starts: date
    ends: date | None
    arr: int


@dataclass(frozen=True)
class Renewal:
    """A term that ended, and the subscription that took its place."""

    term: Subscription
    successor: Subscription | None

    @property
    def due(self) -> date:
        assert self.term.ends is not None
        return self.term.ends + DAY

    @property
    def renewed_arr(self) -> int:
        return self.successor.arr if self.successor else 0

    @property
    def outcome(self) -> str:
        """Every subscription that ends is flagged churned, so none is open."""
        if self.successor is None or (self.renewed_arr == 0 and self.term.arr > 0):
            return "churned"
        if self.renewed_arr < self.term.arr:
            return "partially_renewed"
        return "renewed_late" if self.successor.starts > self.due else "renewed_on_time"


def day(text: str) -> date:
    return datetime.strptime(text, "%d-%m-%Y").date()


@dataclass(frozen=True)
class Files:
    """The folder with the five files."""

    folder: Path

    def rows(self, name: str) -> list[dict[str, str]]:
        with (self.folder / f"ravenstack_{name}.csv").open(encoding="utf-8-sig") as file:
            return list(csv.DictReader(file))

    @cached_property
    def subscriptions(self) -> dict[str, Subscription]:
        return {
            row["subscription_id"]: Subscription(
                row["subscription_id"],
                row["account_id"],
                day(row["start_date"]),
                day(row["end_date"]) if row["end_date"] else None,
                int(row["arr_amount"]),
            )
            for row in self.rows("subscriptions")
        }

    @cached_property
    def successors(self) -> dict[str, Subscription]:
        """By subscription, the one that took its place: the nearest pairs of an account first."""
        by_account: dict[str, list[Subscription]] = defaultdict(list)
        for each in self.subscriptions.values():
            by_account[each.account].append(each)
        taken: dict[str, Subscription] = {}
        for held in by_account.values():
            pairs = sorted(
                (abs(after.starts - before.ends - DAY), after.starts, before.id, after.id)
                for before, after in itertools.permutations(held, 2)
                if before.ends is not None
                and after.starts > before.starts
                and before.ends - OVERLAP <= after.starts <= before.ends + LATE_MAX
            )
            used: set[str] = set()
            for _, _, before_id, after_id in pairs:
                if before_id not in taken and after_id not in used:
                    taken[before_id] = self.subscriptions[after_id]
                    used.add(after_id)
        return taken

    @cached_property
    def renewals(self) -> list[Renewal]:
        ended = (each for each in self.subscriptions.values() if each.ends is not None)
        return [Renewal(each, self.successors.get(each.id)) for each in ended]

    def is_in_force(self, held: Subscription, on: date) -> bool:
        """A short gap before the successor counts; where both overlap, only the successor does."""
        if held.ends is None:
            return held.starts <= on
        until = held.ends + DAY
        successor = self.successors.get(held.id)
        if successor and successor.starts <= until + LATE_GRACE:
            until = successor.starts
        return held.starts <= on < until

    def arr(self, on: date) -> dict[str, tuple[int, int]]:
        """By account with any subscription in force: their ARR and number."""
        found: dict[str, tuple[int, int]] = {}
        for each in self.subscriptions.values():
            if self.is_in_force(each, on):
                arr, number = found.get(each.account, (0, 0))
                found[each.account] = (arr + each.arr, number + 1)
        return found

    def is_renewed(self, due: Iterable[Renewal]) -> bool:
        """Whether an account stayed, of which these terms were due."""
        terms = list(due)
        last = max(terms, key=lambda one: (one.due, one.term.id))
        return any(one.outcome != "churned" and one.renewed_arr > 0 for one in terms) or any(
            each.account == last.term.account and each.arr > 0 and self.is_in_force(each, last.due)
            for each in self.subscriptions.values()
        )

    @cached_property
    def first_active(self) -> dict[str, date]:
        """By account, the earlier of its sign-up and its first subscription."""
        signed_up = {row["account_id"]: day(row["signup_date"]) for row in self.rows("accounts")}
        for each in self.subscriptions.values():
            signed_up[each.account] = min(signed_up[each.account], each.starts)
        return signed_up

    @cached_property
    def usage(self) -> dict[str, list[tuple[date, int, int]]]:
        """By account, per day of use: sessions and distinct features; the last of a usage id."""
        last = {row["usage_id"]: row for row in self.rows("feature_usage")}
        days: dict[tuple[str, date], list[dict[str, str]]] = defaultdict(list)
        for row in last.values():
            held = self.subscriptions[row["subscription_id"]]
            days[held.account, day(row["usage_date"])].append(row)
        usage: dict[str, list[tuple[date, int, int]]] = defaultdict(list)
        for (account, on), rows in sorted(days.items()):
            sessions = sum(int(row["usage_count"]) for row in rows)
            usage[account].append((on, sessions, len({row["feature_name"] for row in rows})))
        return usage

    @cached_property
    def tickets(self) -> dict[str, list[date]]:
        opened: dict[str, list[date]] = defaultdict(list)
        for row in self.rows("supports_ticket"):
            opened[row["account_id"]].append(day(row["submitted_at"]))
        return opened

    def tickets_score(self, account: str, on: date) -> float:
        """Tickets of 30 days: fewer than 5, than 15, or more."""
        count = sum(on - 30 * DAY < opened <= on for opened in self.tickets[account])
        return 88 if count < 5 else 63 if count < 15 else 25

    def health(self, account: str, on: date) -> tuple[float | None, float]:
        """Score and coverage by what the files have: use of the product 60, tickets 40."""
        if (on - self.first_active[account]).days < GRACE:
            return None, 0
        known = [each for each in self.usage[account] if each[0] <= on]
        tickets = self.tickets_score(account, on)
        if not known or (on - known[-1][0]).days > 60:
            return None, 0.4
        _, sessions, features = known[-1]
        by_features = 25 if features < 2 else 63 if features < 3 else 88
        by_sessions = min(100.0, 100 * sessions / 20)
        return 0.6 * (by_features + by_sessions) / 2 + 0.4 * tickets, 1


HEALTH: Mapping[str, object] = {
    "groups": {"product": 60, "voc": 40},
    "measures": {"product": {"core_features_used": 50, "sessions": 50}, "voc": {"tickets": 100}},
    "scoring": {
        "core_features_used": [{"steps": [[2, 25], [3, 63], ["inf", 88]]}],
        "sessions": [{"linear": {"worst": 0, "best": 20}}],
        "tickets_30d": [{"steps": [[5, 88], [15, 63], ["inf", 25]]}],
    },
    "scored_as_is": [],
    "max_age_d": {"product": 60, "tickets": 30},
    "stale_warn_d": {},
    "not_applicable": {},
}
"""Keys of the health section of a model for what RavenStack has; `Files.health` says it again."""
