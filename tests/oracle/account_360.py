"""One row an account with what is opened first (mart_account_360; HM11 to HM21).

Belongs here: picking and naming what other tables say. Does not: saying any of it anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from oracle.account_view import (
    Tables,
    contact,
    first_value,
    success_plan,
    triggers,
    usage_change,
    voice,
)
from oracle.calendar import period
from oracle.coverage import share
from oracle.health import Health
from oracle.health_values import EMPTY
from oracle.ledger_facts import DAY
from oracle.world import Row

RENEWED = {"renewed_on_time", "renewed_early", "renewed_late", "partially_renewed"}
MONTH_D = 30.4375
YEAR_D = 366
INPUTS = 16
"""So many things make a whole view."""


def mart_account_360(tables: Tables) -> Iterator[Row]:
    """Every account, active or not."""
    for account in tables.accounts:
        account_id = account["account_id"]
        start = account["first_contract_on"] or account["started_on"]
        activities = tables.of(account_id, tables.activities)
        tickets = tables.of(account_id, tables.facts["tickets"])
        row = {
            **_as_it_is(account),
            **_owner(tables, account_id),
            **_tier(tables, account_id),
            **_terms(tables, account, start),
            **_health(tables, account_id),
            **_coverage(tables, account_id),
            **contact(tables, account_id),
            **voice(tables, account_id, tickets),
            **success_plan(tables, account_id),
            **first_value(tables, account, start, activities, tickets),
            **usage_change(tables, account_id),
            **triggers(tables, account_id),
        }
        missing = sorted(_missing(tables, row))
        yield {
            **row,
            "missing_inputs": missing or None,
            "single_view_completeness": 1 - len(missing) / INPUTS,
        }


def _as_it_is(account: Row) -> Row:
    names = (
        "account_id", "name", "is_active", "lifecycle_stage", "segment", "complexity",
        "acquisition_channel", "arr", "currency", "stakeholders_180d",
    )  # fmt: skip
    return {name: account[name] for name in names}


def _owner(tables: Tables, account_id: str) -> Row:
    lead = tables.leads.get(account_id, {})
    email = lead.get("user_email")
    who = next((each for each in tables.people if email and each["email"] == email), {})
    return {
        "owner_user_id": lead.get("user_id") or who.get("user_id"),
        "owner_name": who.get("name"),
        "owner_email": email,
        "owner_pool": lead.get("pool"),
    }


def _tier(tables: Tables, account_id: str) -> Row:
    rows = sorted(tables.of(account_id, tables.membership), key=lambda row: row["valid_from"])
    names = ("tier_id", "tier_since_on", "tier_source", "tier_reason", "tiering_arr")
    if not rows or rows[-1]["valid_to"] is not None:
        return dict.fromkeys(names)
    now = since = rows[-1]
    for before in reversed(rows[:-1]):
        is_same = before["assigned_tier_id"] == now["assigned_tier_id"]
        if not is_same or before["valid_to"] != since["valid_from"]:
            break
        since = before
    told = ("assigned_tier_id", "source", "reason", "measure_value")
    values = [now[told[0]], since["valid_from"], *(now[name] for name in told[1:])]
    return dict(zip(names, values, strict=True))


def _terms(tables: Tables, account: Row, start: date | None) -> Row:
    as_of, account_id = tables.as_of, account["account_id"]
    ends = sorted(
        tables.of(account_id, tables.renewals), key=lambda r: (r["term_end_on"], r["renewal_id"])
    )
    past = [row for row in ends if row["term_end_on"] <= as_of]
    to_come = [row for row in ends if row["term_end_on"] > as_of]
    last, after = (past[-1] if past else {}), (to_come[0] if to_come else {})
    in_force = [row for row in tables.of(account_id, tables.contracts) if row["is_in_force"]]
    lengths = {
        row["contract_id"]: (row["ends_on"] + DAY - row["starts_on"]).days
        for row in in_force
        if row["ends_on"] is not None
    }
    arr = [row["arr"] for row in in_force]
    long = [r["arr"] for r in in_force if lengths.get(r["contract_id"], 0) > YEAR_D]
    until = as_of
    if not account["is_active"] and account["churned_on"] and account["churned_on"] <= as_of:
        until = account["churned_on"]
    is_begun = start is not None and start <= as_of
    return {
        "last_term_end_on": last.get("term_end_on"),
        "last_renewal_outcome": last.get("outcome"),
        "next_term_end_on": after.get("term_end_on"),
        "next_renewal_outcome": after.get("outcome"),
        "days_to_term_end": (after["term_end_on"] - as_of).days if after else None,
        "renewals_count": sum(row["outcome"] in RENEWED for row in past),
        "term_months": round(max(lengths.values()) / MONTH_D) if lengths else None,
        "multi_year_arr_share": None if None in arr else share(sum(long), sum(arr)),
        "tenure_days": (until - start).days if start and is_begun else None,
    }


def _health(tables: Tables, account_id: str) -> Row:
    health, as_of = tables.health, tables.as_of
    rows = tables.of(account_id, tables.daily)
    row = next((row for row in rows if row["as_of_on"] == as_of), {})
    told = {
        "health_score": "final_score",
        "health_band": "band",
        "health_shown_band": "shown_band",
        "health_coverage": "input_coverage",
        "health_delta_28d": "delta_28d",
        "health_delta_90d": "delta_90d",
        "health_frozen_on": "frozen_on",
        "csp_score": "csp_score",
        "csp_score_source": "csp_score_source",
    }
    is_live = health.is_active(account_id, as_of)
    measured = health.on(account_id, as_of).scored.measured if is_live else ()
    ok = sorted((one.score, one.measure.name) for one in measured if one.score is not None)
    gone = sorted(one.measure.name for one in measured if one.status in ("missing", "stale"))
    return {
        **{name: row.get(column) for name, column in told.items()},
        "lowest_measures": [name for _, name in ok[:3]] or None,
        "missing_measures": gone or None,
        "adoption_change": _adoption_change(tables, account_id),
    }


def _adoption_change(tables: Tables, account_id: str) -> float | None:
    """HM20: since the first day of the present term on which adoption had a score."""
    starts = [
        row["starts_on"] for row in tables.of(account_id, tables.contracts) if row["is_in_force"]
    ]
    if not starts:
        return None
    days = [
        one.day
        for one in tables.health.live(account_id)
        if one.day >= max(starts) and _adoption(tables.health, account_id, one.day) is not None
    ]
    if not days or days[-1] != tables.as_of:
        return None
    first, now = (_adoption(tables.health, account_id, day) for day in (days[0], days[-1]))
    return None if first is None or now is None else round(now - first, 6)


def _adoption(health: Health, account_id: str, day: date) -> float | None:
    rows = [
        (one.weight, one.contribution)
        for one in health.on(account_id, day).scored.measured
        if one.measure.group == "product" and one.weight and one.contribution is not None
    ]
    whole = sum(weight for weight, _ in rows)
    return round(sum(part for _, part in rows) / whole, 6) if whole else None


def _coverage(tables: Tables, account_id: str) -> Row:
    as_of = tables.as_of
    quarter, _ = period(as_of, "quarter")
    rows = [
        row
        for row in tables.of(account_id, tables.covered)
        if row["period_type"] == "quarter" and row["period_start"] == quarter
    ]
    known = [row["is_covered"] for row in rows if row["is_covered"] is not None]
    behind = [
        one.row.family
        for one in tables.behind
        if one.row.account_id == account_id
        and one.first <= as_of < one.end
        and tables.health.tier(account_id, as_of) == one.row.tier_id
    ]
    due = min(
        (
            (row.due_on, row.family, row.obligation_id)
            for row in tables.ledger
            if row.account_id == account_id
            and row.disposition == "counted"
            and row.timeliness == "open"
        ),
        default=(None, None, None),
    )

    def summed(name: str) -> int | None:
        return sum(row[name] for row in rows) if rows else None

    return {
        "quarter_obligations_counted": summed("obligations_counted"),
        "quarter_obligations_good": summed("obligations_good"),
        "is_covered_this_quarter": all(known) if known else None,
        "overdue_obligations": len(behind) if tables.has_activities else None,
        "overdue_families": sorted(set(behind)) or None,
        "next_due_on": due[0],
        "next_due_family": due[1],
    }


def _missing(tables: Tables, row: Mapping[str, Any]) -> Iterator[str]:
    """HM21."""
    active = tables.health.inputs.usage.get((row["account_id"], "active_users"), EMPTY)
    unknown = {
        "acquisition_channel": row["acquisition_channel"],
        "active_users": active.within(tables.as_of, 28) or None,
        "arr": row["arr"],
        "complexity": row["complexity"] or row["implementation_complexity"],
        "csm_sentiment": row["csm_sentiment"],
        "first_value": tables.tells_first_value or None,
        "health": row["health_score"],
        "nps": row["last_nps"],
        "owner": row["owner_user_id"] or row["owner_email"] or row["owner_pool"],
        "personas": row["is_exec_sponsor_engaged"],
        "stakeholders": row["stakeholders_180d"],
        "success_plan": row["has_current_success_plan"],
        "term": row["term_months"],
        "tickets": row["open_tickets"],
        "tier": row["tier_id"],
        "two_way_contact": row["has_human_contact_ever"],
    }
    return (name for name, value in unknown.items() if value is None)
