"""Beside an account's fit: its leads, what it costs, what it needs and what stands (D9 to D10c).

Belongs here: columns of mart_model_fit_account that no criterion asks. Does not: the fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from oracle.distribution import Month, person_of
from oracle.health_values import EMPTY
from oracle.model_fit import BOOK, ONE, POOL, TEAM, Case, Fit, ratio
from oracle.world import Row, local_day

if TYPE_CHECKING:
    from oracle.model_fit_table import Tables

QUARTER_D, YEAR_D, MONTH_D = 91, 365, 28
LONG_CHANGES, LONG_TENURE_D = 2, 1095
OVER = ("completed", "cancelled", "closed")
LASTING = ("named_lead", "health_score")
READY = {
    ONE: (*LASTING, "success_plan", "backup"),
    BOOK: (*LASTING, "playbooks", "automation"),
    TEAM: (*LASTING, "success_plan", "backup", "functions"),
    POOL: ("pool", "health_score", "playbooks", "automation"),
}
"""What must stand before an account is looked after so."""


def lead_history(tables: Tables, account_id: str, month: Month) -> Row:
    """Who leads, since when, and how often that changed in a year."""
    staffing, as_of = tables.staffing, tables.as_of
    said = tables.said["distribution"]
    known: list[tuple[date, tuple[str | None, str | None]]] = []
    turns = sorted(
        {
            day
            for row in staffing.assigned.get(account_id, ())
            for day in (row["valid_from"], row["valid_to"])
            if day is not None and day <= as_of
        }
    )
    for day in turns:
        lead = staffing.lead(account_id, day)
        if lead != (None, None) and (not known or known[-1][1] != lead):
            known.append((day, lead))
    since = known[-1][0] if known else None
    changes = sum(day > as_of - timedelta(days=YEAR_D) for day, _ in known[1:])
    tenure = (as_of - since).days if since else None
    is_long = tenure is not None and tenure > said.get("lead_tenure_d", LONG_TENURE_D)
    return {
        "lead_user_id": month.lead if month.lead in staffing.people else None,
        "lead_pool": month.pool,
        "lead_since_on": since,
        "lead_tenure_days": tenure,
        "lead_changes_12m": changes,
        "is_lead_changed_often": changes >= said.get("lead_changes_12m", LONG_CHANGES),
        "is_lead_long_unchanged": is_long and month.lead is not None,
    }


def costs(tables: Tables, account_id: str, case: Case) -> Row:
    """D9: what it costs, and what it brings."""
    said, as_of, staffing = tables.said["distribution"], tables.as_of, tables.staffing
    since, end = tables.tracked_since, as_of + timedelta(days=1)
    served = None
    if since is not None:
        served = staffing.hours(account_id, end - timedelta(days=YEAR_D), end)
    is_year = since is not None and since <= as_of - timedelta(days=YEAR_D - 1)
    hours = served if is_year else case.required_hours
    cost = None if hours is None or case.cost_per_hour is None else hours * case.cost_per_hour
    years = said["expected_life_years"]
    value = None if case.arr is None else case.arr * said["gross_margin"] * years
    lifetime = None if cost is None else cost * years
    return {
        "service_12m_hours": served,
        "service_cost_per_year": cost,
        "cost_to_serve_ratio": ratio(cost, case.arr),
        "lifetime_cost": lifetime,
        "lifetime_value": value,
        "is_cost_above_value": None if lifetime is None or value is None else lifetime > value,
    }


def needs(
    tables: Tables,
    account_id: str,
    case: Case,
    found: Mapping[str, Fit],
    best: str | None,
    told: Row,
) -> Row:
    """Functions that it needs now, who has them, and what stands for the best model."""
    said, staffing, as_of = tables.said["distribution"], tables.staffing, tables.as_of
    wanted = {
        kind
        for kind in ("implementation", "migration", "training")
        if found[TEAM].criteria.get(kind) and kind in (case.projects or ())
    }
    if found[ONE].criteria["strategy"]:
        wanted.add("goals")
    there = told["functions"] or ()
    missing = sorted(
        need
        for need in wanted
        if not any(word.lower() in each for word in said["functions"][need] for each in there)
    )
    view = next(row for row in tables.views if row["account_id"] == account_id)
    stands = {
        "named_lead": told["has_lead"],
        "pool": told["lead_pool"] is not None,
        "health_score": view["health_band"] in ("green", "yellow", "red"),
        "success_plan": bool(view["has_current_success_plan"]),
        "backup": any(row["role"] == "backup" for row in staffing.on(account_id, as_of)),
        "functions": not missing,
        "playbooks": bool(tables.said["playbooks"]),
        "automation": case.automated_standards > 0,
    }
    items: tuple[str, ...] = ()
    if best is not None:
        items = READY[BOOK if best.startswith(BOOK) else best]
    lacking = [item for item in items if not stands[item]]
    return {
        "needed_functions": sorted(wanted) or None,
        "recommended_functions": missing if wanted else None,
        "functions_covered_share": 1 - len(missing) / len(wanted) if wanted else None,
        "switch_readiness_share": 1 - len(lacking) / len(items) if items else None,
        "readiness_missing": lacking if items else None,
        "specialist_13w_hours": _specialists(tables, account_id),
        "open_implementation_hours": _implementing(tables, account_id),
        "tickets_per_100_users_28d": _tickets(tables, account_id),
        "services_potential": None,
        "team_cost_per_year": _team_cost(case),
        "is_team_worthwhile": None,
    }


def _team_cost(case: Case) -> float | None:
    if None in (case.required_hours, case.net_hours_per_fte, case.cost_per_hour):
        return None
    assert case.required_hours is not None and case.net_hours_per_fte is not None
    assert case.cost_per_hour is not None
    hours = max(case.required_hours, 2 * case.net_hours_per_fte)
    return (hours - case.required_hours) * case.cost_per_hour


def _specialists(tables: Tables, account_id: str) -> float | None:
    if tables.tracked_since is None:
        return None
    first = tables.as_of - timedelta(days=QUARTER_D)
    return (
        sum(
            row["minutes"]
            for row in tables.staffing.by_account.get(account_id, ())
            if first < row["worked_on"] <= tables.as_of
            and not tables.staffing.is_csm(person_of(row) or "")
        )
        / 60
    )


def _implementing(tables: Tables, account_id: str) -> float | None:
    starts = [
        row["starts_on"]
        for row in tables.facts["projects"]
        if row["account_id"] == account_id
        and row["kind"] in ("implementation", "migration")
        and row.get("completed_on") is None
        and (row.get("status") or "").lower() not in OVER
    ]
    if not starts or tables.tracked_since is None:
        return None
    end = tables.as_of + timedelta(days=1)
    return tables.staffing.hours(account_id, min(starts), end)


def _tickets(tables: Tables, account_id: str) -> float | None:
    book, as_of = tables.staffing.book, tables.as_of
    if book.tickets is None:
        return None
    first = as_of - timedelta(days=MONTH_D)
    zone = book.account[account_id].time_zone
    asked = sum(
        first < local_day(ticket.opened_at, zone) <= as_of
        for ticket in book.tickets
        if ticket.account_id == account_id
    )
    active: Any = tables.usage.get((account_id, "active_users"), EMPTY)
    users = max((value for _, value in active.within(as_of, MONTH_D)), default=0)
    return asked / users * 100 if users else None
