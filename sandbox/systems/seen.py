"""What somebody in the firm knows of a fact at an instant, whichever system they look at.

Belongs here: when a fact is written down, and what it says by then. Does not: any record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sandbox.company.facts import Account, Activity, Contract, Customer, Ownership, TierOverride
from sandbox.systems.changes import instants, morning

_NEGOTIATED = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Churn:
    """What is known of a customer's leaving: when it is or was, why, and whether it is past."""

    notice_on: date | None = None
    churned_on: date | None = None
    reason: str | None = None
    is_gone: bool = False


def takes_over_at(ownership: Ownership) -> datetime:
    """When the books show a new owner: on the first day, or later if it was written down late."""
    return max(ownership.recorded_at, morning(ownership.from_on) or ownership.recorded_at)


def owner_at(ownerships: Sequence[Ownership], now: datetime) -> Ownership | None:
    """Who leads an account; before anybody does, who will first."""
    taken = [each for each in ownerships if takes_over_at(each) <= now]
    return taken[-1] if taken else next(iter(ownerships), None)


def override_at(overrides: Sequence[TierOverride], now: datetime) -> TierOverride | None:
    """The tier set by hand that was written down last."""
    return max(
        (each for each in overrides if each.recorded_at <= now),
        key=lambda each: each.recorded_at,
        default=None,
    )


def won_back_at(customer: Customer) -> datetime | None:
    """When a customer that had left signed again."""
    churned_on = customer.account.churned_on
    if churned_on is None:
        return None
    return min(
        (c.recorded_at for c in customer.contracts if c.starts_on > churned_on), default=None
    )


def churn_at(customer: Customer, now: datetime) -> Churn:
    """What is known of the account's leaving."""
    account, back = customer.account, won_back_at(customer)
    noticed, gone = morning(account.churn_notice_on), morning(account.churned_on)
    is_gone = gone is not None and gone <= now
    if (back is not None and back <= now) or not (
        is_gone or (noticed is not None and noticed <= now)
    ):
        return Churn()
    return Churn(account.churn_notice_on, account.churned_on, account.churn_reason, is_gone)


def account_instants(customer: Customer) -> tuple[datetime, ...]:
    """When what the books say of an account changes."""
    account: Account = customer.account
    return instants(
        account.created_at,
        morning(account.first_value_on),
        morning(account.churn_notice_on),
        morning(account.churned_on),
        won_back_at(customer),
        *(takes_over_at(each) for each in customer.ownerships),
        *(each.recorded_at for each in customer.overrides),
    )


def opened_at(contract: Contract, account: Account) -> datetime:
    """When a deal that becomes a contract was begun."""
    begun = contract.recorded_at - _NEGOTIATED
    return begun if begun > account.created_at else contract.recorded_at


def renews(contract: Contract, written: Callable[[str], str] = str) -> str | None:
    """The contracts that it is said to renew, in one field; each as a system writes its id."""
    return ";".join(map(written, contract.predecessor_ids)) or None


def noticed_at(contract: Contract) -> datetime | None:
    """When the notice that ends a contract is written down."""
    given = morning(contract.notice_on)
    return None if given is None else max(given, contract.recorded_at)


def is_invited(activity: Activity) -> bool:
    """Whether an activity lies in a calendar from when it was planned."""
    return "calendar" in activity.recorded_in and activity.planned_at is not None


def log_instants(activity: Activity, first: datetime) -> tuple[datetime, ...]:
    """When what is noted of an activity changes: as it is noted, with its notes, followed up."""
    noted = activity.recorded_at
    return instants(
        first,
        noted,
        max(activity.notes_at, noted) if activity.notes_at else None,
        max(activity.follow_up_at, noted) if activity.follow_up_at else None,
    )


def ended_at(activity: Activity) -> datetime | None:
    """When an activity was over, if it is known how long it took."""
    if activity.minutes is None:
        return None
    return activity.started_at + timedelta(minutes=activity.minutes)
