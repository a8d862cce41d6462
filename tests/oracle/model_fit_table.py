"""mart_model_fit_account: every account's numbers, its fit by each model, and what would be better.

Belongs here: finding the numbers, and the columns. Does not: criteria (model_fit).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from oracle.canonical import Facts
from oracle.distribution import Month, Staff, Staffing, band_name
from oracle.model_fit import (
    BOOK,
    ONE,
    POOL,
    TEAM,
    Case,
    Fit,
    Truth,
    best_of,
    closeness,
    fits,
    holds,
    of_band,
    ratio,
    texts,
)
from oracle.model_fit_needs import costs, lead_history, needs
from oracle.models import said_on
from oracle.obligations import Obligation
from oracle.tiers import Measure
from oracle.world import Row, World, local_day

COLUMN = {ONE: "1to1", BOOK: "1tomany", TEAM: "manyto1", POOL: "manytomany"}
"""How columns name the models."""

OVER = ("completed", "cancelled", "closed")
QUARTER_D, YEAR_D, WEEKS = 91, 365, 13
LOW = ("low", "digital")


@dataclass(frozen=True)
class Tables:
    """The night's other tables, and the facts.

    `required` are hours a year by account, `net_hours` those of a full-time CSM with customers.
    """

    world: World
    facts: Facts
    staffing: Staffing
    accounts: Sequence[Row]
    activities: Sequence[Row]
    views: Sequence[Row]
    months: Sequence[Row]
    ledger: Sequence[Obligation]
    required: Mapping[str, float]
    time: Sequence[Row]
    usage: Mapping[tuple[str, str], Any]
    net_hours: float

    @property
    def as_of(self) -> date:
        """The day of it all."""
        return self.world.as_of

    @cached_property
    def said(self) -> Mapping[str, Any]:
        """The model in force."""
        return said_on(self.as_of)

    @cached_property
    def active(self) -> list[Row]:
        """Accounts that are customers on as_of, of dim_account."""
        return [
            row for row in self.accounts if self.staffing.is_active(row["account_id"], self.as_of)
        ]

    def tier(self, account_id: str) -> str | None:
        """The tier on as_of."""
        there = self.staffing.book.tier_days.get(account_id, {}).get(self.as_of)
        return there.assigned if there else None

    def touch(self, account_id: str) -> str | None:
        """The touch of its tier."""
        return {tier["id"]: tier["touch"] for tier in self.said["tiers"]}.get(self.tier(account_id))

    @cached_property
    def tracked_since(self) -> date | None:
        """The first day of which anybody's time is known; D9b."""
        worked = (row["worked_on"] for row in self.time if row["minutes"] > 0)
        return min(worked, default=None)

    @cached_property
    def contacts(self) -> Mapping[str, int | None]:
        """How often each customer turned to us in 13 weeks."""
        told = self.world.is_carried("tickets") or self.world.is_carried("activities")
        if not told:
            return dict.fromkeys((row["account_id"] for row in self.active), None)
        first = self.as_of - timedelta(days=QUARTER_D)
        found: dict[str, int | None] = {row["account_id"]: 0 for row in self.active}

        def count(account_id: str | None, day: date) -> None:
            if account_id in found and first < day <= self.as_of:
                found[account_id] = (found[account_id] or 0) + 1

        for row in self.activities:
            is_asked = row["direction"] == "inbound" and row["ticket_id"] is None
            if row["status"] == "completed" and is_asked:
                count(row["account_id"], row["started_on"])
        book = self.staffing.book
        for ticket in self.facts["tickets"]:
            if ticket["account_id"] in book.account:
                zone = book.account[ticket["account_id"]].time_zone
                count(ticket["account_id"], local_day(ticket["opened_at"], zone))
        return found

    @cached_property
    def contacts_p90(self) -> float | None:
        """The number that nine in ten accounts stay below, between two where it falls so."""
        known = sorted(n for n in self.contacts.values() if n is not None)
        if not known:
            return None
        place = 0.9 * (len(known) - 1)
        low, high = known[math.floor(place)], known[math.ceil(place)]
        return low + (high - low) * (place - math.floor(place))

    @cached_property
    def demand_cv(self) -> float | None:
        """How uneven the weeks of all low-touch accounts together are."""
        monday = self.as_of - timedelta(days=self.as_of.weekday())
        if self.as_of.weekday() == 6:
            monday += timedelta(days=7)
        first = monday - timedelta(weeks=WEEKS)
        since = self.tracked_since
        if since is None or since - timedelta(days=since.weekday()) > first:
            return None
        weeks = [0.0] * WEEKS
        for row in self.active:
            if self.touch(row["account_id"]) in LOW:
                for each in self.staffing.by_account.get(row["account_id"], ()):
                    place = (each["worked_on"] - first).days // 7
                    if 0 <= place < WEEKS:
                        weeks[place] += each["minutes"]
        mean = sum(weeks) / WEEKS
        if not mean:
            return None
        return math.sqrt(sum((week - mean) ** 2 for week in weeks) / WEEKS) / mean

    @cached_property
    def cost_per_hour(self) -> float | None:
        """What an hour with customers costs."""
        there = [row for row in self.staffing.people.values() if row["is_csm"]]
        costs = {row["user_id"]: row.get("loaded_cost_per_year") for row in self.facts["users"]}
        known = [
            (costs[row["user_id"]], 1.0 if row["fte"] is None else row["fte"])
            for row in there
            if row["is_employed"] and costs.get(row["user_id"]) is not None
        ]
        hours = sum(fte for _, fte in known) * self.net_hours
        return sum(cost for cost, _ in known) / hours if hours else None

    def automated_share(self, account_id: str) -> float | None:
        """How much of what was delivered in a year, software delivered."""
        done = [
            row
            for row in self.ledger
            if row.account_id == account_id
            and row.disposition == "counted"
            and row.fulfilled_on is not None
            and row.fulfilled_on > self.as_of - timedelta(days=YEAR_D)
        ]
        by_software = sum(row.fulfilled_by_activity_id in self._automated for row in done)
        return by_software / len(done) if done else None

    @cached_property
    def _automated(self) -> set[str]:
        return {row["activity_id"] for row in self.activities if row["is_automated"]}

    def automated_standards(self, account_id: str) -> int:
        """Standards of the tier that software may deliver."""
        model = self.staffing.book.model_on(self.as_of)
        return sum(
            standard.delivery_mode == "digital" or standard.allow_automation
            for standard in model.standards.get(self.tier(account_id) or "", ())
        )


def case_of(tables: Tables, account: Row) -> Case:
    """An account's numbers."""
    account_id = account["account_id"]
    view = next(row for row in tables.views if row["account_id"] == account_id)
    measure = Measure(tables.staffing.book).on(account_id, tables.as_of)
    arrs = [row["arr"] for row in tables.active if row["arr"] is not None]
    touches = [tables.touch(row["account_id"]) for row in tables.active]
    fact = next(row for row in tables.facts["accounts"] if row["account_id"] == account_id)
    usage = tables.staffing.book.usage or ()
    billable = [
        (each.on, each.value)
        for each in usage
        if each.account_id == account_id and each.metric == "licences_billable"
    ]
    told_first = view["days_to_first_value"] is not None or view["first_value_on"] is not None
    knows_first = tables.world.is_carried("accounts", "first_value_on") or any(
        row["type"] == "first_value" for row in tables.activities
    )
    return Case(
        touch=tables.touch(account_id),
        arr=account["arr"],
        acv=measure,
        arr_of_all=sum(arrs) if arrs else None,
        active_accounts=len(tables.active),
        low_touch_accounts=sum(touch in LOW for touch in touches),
        has_higher_touch=any(touch in ("high", "mid") for touch in touches),
        segment=account["segment"],
        complexity=account["complexity"],
        contacts_13w=tables.contacts[account_id],
        contacts_p90=tables.contacts_p90,
        is_validated_plan=_has_plan(view),
        licences_billable=max(billable)[1] if billable else None,
        has_first_value=told_first if knows_first else None,
        expected_days=_expected_days(tables, account_id),
        is_partner=fact.get("is_partner"),
        is_reference=fact.get("is_reference"),
        projects=_projects(tables, account_id),
        automated_share=tables.automated_share(account_id),
        automated_standards=tables.automated_standards(account_id),
        demand_cv=tables.demand_cv,
        required_hours=tables.required.get(account_id),
        net_hours_per_fte=tables.net_hours,
        cost_per_hour=tables.cost_per_hour,
    )


def _has_plan(view: Row) -> Truth:
    has = bool(view["is_success_plan_validated"]) and (view["success_plan_objectives"] or 0) > 0
    return True if has else None


def _expected_days(tables: Tables, account_id: str) -> float | None:
    lengths = [
        (row["due_on"] - row["starts_on"]).days
        for row in tables.facts["projects"]
        if row["account_id"] == account_id
        and row["kind"] in ("implementation", "migration")
        and row.get("due_on")
    ]
    return max(lengths, default=None)


def _projects(tables: Tables, account_id: str) -> frozenset[str] | None:
    if not tables.world.is_carried("projects"):
        return None
    return frozenset(
        row["kind"]
        for row in tables.facts["projects"]
        if row["account_id"] == account_id
        and row.get("completed_on") is None
        and (row.get("status") or "").lower() not in OVER
    )


def mart_model_fit_account(tables: Tables) -> Iterator[Row]:
    """One row an active account."""
    this = tables.as_of.replace(day=1)
    staff = tables.staffing.month(this)
    months = {month.account_id: month for month in staff.months}
    told = {row["account_id"]: row for row in tables.months if row["month_start"] == this}
    for account in tables.active:
        account_id = account["account_id"]
        yield _row(tables, staff, account, months[account_id], told[account_id])


def _row(tables: Tables, staff: Staff, account: Row, month: Month, told: Row) -> Row:
    account_id, said = account["account_id"], tables.said["distribution"]
    case = case_of(tables, account)
    allowed = staff.allowed(account_id, tables.tier(account_id))
    found = fits(case, said, allowed, tables.said["model_risk"]["arr_concentration"])
    current = told["observed_band"] or told["observed_model"]
    best = best_of(found, current)
    now = _current(case, said, found, told)
    is_misfit = _is_misfit(case, said, now, told)
    is_gap = bool(is_misfit) and best is not None and best != current
    order = closeness(said["bands"])
    row = {
        "account_id": account_id,
        "name": account["name"],
        "tier_id": tables.tier(account_id),
        "touch": case.touch,
        "arr": case.arr,
        "acv": case.acv,
        "arr_share": ratio(case.arr, case.arr_of_all),
        "segment": account["segment"],
        "complexity": account["complexity"],
        "lead_accounts": told["lead_accounts"],
        "current_model": current,
        "current_fit": now.share if now else None,
        "is_allowed": told["is_allowed"],
        "override_model": told["override_model"],
        "fit_1tomany_band": found[BOOK].band,
        "best_model": best,
        "is_misfit": is_misfit,
        "gap": f"{current} → {best}" if is_gap else None,
        "gap_direction": _direction(order, current, best) if is_gap else None,
        "reasons": list(texts(found, best)),
        "criteria": json.dumps(
            {
                model: {**(dict.fromkeys(OF_BANDS) if model == BOOK else {}), **fit.criteria}
                for model, fit in found.items()
            }
        ),
        "is_default_1tomany": None
        if now is None
        else told["observed_band"] is not None and now.satisfied < FEW,
        "is_accidental_many_to_many": told["is_accidental_many_to_many"],
        "contributors": told["contributors"],
        "contacts_13w": case.contacts_13w,
        "automated_rate": case.automated_share,
        "required_hours": case.required_hours,
        "cost_per_hour": case.cost_per_hour,
        **lead_history(tables, account_id, month),
        **costs(tables, account_id, case),
        **needs(tables, account_id, case, found, best, told),
    }
    for model, fit in found.items():
        name = COLUMN[model]
        row[f"fit_{name}"] = fit.share
        row[f"evaluable_{name}_share"] = fit.evaluable_share
        row[f"is_blocked_{name}"] = fit.blocked
    return row


OF_BANDS = (
    "acv", "touch", "few_accounts", "automated_standards", "few_contacts", "simple_product",
    "automated",
)  # fmt: skip
"""All that a band may ask."""

FEW = 2


def _direction(order: Sequence[str], current: str | None, best: str | None) -> str:
    return "closer" if order.index(best or "") < order.index(current or "") else "lighter"


def _current(
    case: Case, said: Mapping[str, Any], found: Mapping[str, Fit], told: Row
) -> Fit | None:
    """The fit of how it is looked after today; of a book, by its own band's criteria."""
    model, band = told["observed_model"], told["observed_band"]
    if model is None:
        return None
    if model != BOOK:
        return found[model]
    own = next((each for each in said["bands"] if band_name(each) == band), None)
    return replace(found[BOOK], band=band, criteria=of_band(case, own) if own else {})


def _is_misfit(case: Case, said: Mapping[str, Any], now: Fit | None, told: Row) -> bool | None:
    """D10b: a book or a pool is none for having few criteria."""
    if now is None:
        return None
    own = next((each for each in said["bands"] if band_name(each) == now.band), None)
    is_outside = own is not None and case.acv is not None and not holds(own, case.acv)
    has_few = now.model in (ONE, TEAM) and now.satisfied < now.least
    return told["is_allowed"] is False or bool(now.blocked) or has_few or is_outside
