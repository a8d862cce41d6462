"""What is known of one account's people, tickets, plan and first days (HM15 to HM20).

Belongs here: picking the latest and the first of an account's facts. Does not: what other tables
tell of it (account_360).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from oracle.canonical import Facts
from oracle.health import Health
from oracle.health_values import EMPTY
from oracle.obligations import Obligation
from oracle.overdue import Overdue
from oracle.world import Row, World, local_day

NEW_D = 30


@dataclass(frozen=True)
class Tables:
    """The night's other tables, and the facts."""

    world: World
    facts: Facts
    health: Health
    accounts: Sequence[Row]
    activities: Sequence[Row]
    contracts: Sequence[Row]
    people: Sequence[Row]
    leads: Mapping[str, Row]
    membership: Sequence[Row]
    renewals: Sequence[Row]
    daily: Sequence[Row]
    covered: Sequence[Row]
    behind: Sequence[Overdue]
    ledger: Sequence[Obligation]
    triggers: Sequence[Row]
    rules: Sequence[Row]

    @property
    def as_of(self) -> date:
        """The day of it all."""
        return self.world.as_of

    @cached_property
    def has_activities(self) -> bool:
        """Whether any source carries activities."""
        return self.world.is_carried("activities")

    @cached_property
    def tells_first_value(self) -> bool:
        """Whether anything tells of first value."""
        return self.world.is_carried("accounts", "first_value_on") or any(
            row["type"] == "first_value" for row in self.activities
        )

    def of(self, account_id: str, rows: Iterable[Row]) -> list[Row]:
        """An account's rows."""
        return [row for row in rows if row["account_id"] == account_id]


def contact(tables: Tables, account_id: str) -> Row:
    """HM15, HM17: when the customer last took part, and who of theirs."""
    inputs, as_of = tables.health.inputs, tables.as_of
    met = inputs.two_way.get(account_id, EMPTY)
    last_on = met.days[-1] if met.days else None
    reached: dict[str, date] = {}
    for day, activity in zip(met.days, met.things, strict=True):
        personas = set(activity.personas or ())
        for email in activity.contact_emails or ():
            personas |= inputs.book.personas.get((account_id, email), frozenset())
        reached |= dict.fromkeys(personas, day)
    recent = {name for name, day in reached.items() if day > as_of - timedelta(days=180)}
    latest = {name for name, day in reached.items() if day > as_of - timedelta(days=90)}
    is_told = inputs.book.has_personas
    return {
        "last_two_way_on": last_on,
        "days_since_two_way": (as_of - last_on).days if last_on else None,
        "has_human_contact_ever": last_on is not None if tables.has_activities else None,
        "personas_met_180d": sorted(recent) or None if is_told else None,
        "is_champion_engaged": "champion" in latest if is_told else None,
        "is_exec_sponsor_engaged": "exec_sponsor" in recent if is_told else None,
    }


def voice(tables: Tables, account_id: str, tickets: Sequence[Row]) -> Row:
    """HM16: what the customer asks and answers, and what the CSM thinks."""
    book, as_of = tables.health.book, tables.as_of
    is_told = tables.world.is_carried("tickets")

    def day(row: Row, column: str) -> date:
        return local_day(row[column], book.account[account_id].time_zone)

    open_ = [row for row in tickets if row.get("solved_at") is None]
    recent = [t for t in tickets if day(t, "opened_at") > as_of - timedelta(days=30)]
    found: Row = {
        "open_tickets": len(open_) if is_told else None,
        "open_escalated_tickets": sum(bool(t.get("is_escalated")) for t in open_)
        if is_told
        else None,
        "tickets_30d": len(recent) if is_told else None,
    }

    def last(entity: str, kind: str, at: str, key: str) -> Row:
        rows = [r for r in tables.of(account_id, tables.facts[entity]) if r["kind"] == kind]
        return max(rows, key=lambda row: (row[at], row[key]), default={})

    for kind in ("nps", "csat"):
        answer = last("surveys", kind, "responded_at", "response_id")
        found[f"last_{kind}"] = answer.get("score")
        found[f"last_{kind}_on"] = day(answer, "responded_at") if answer else None
    said = last("assessments", "csm_sentiment", "assessed_at", "assessment_id")
    complexity = last("assessments", "implementation_complexity", "assessed_at", "assessment_id")
    return found | {
        "csm_sentiment": said.get("score"),
        "csm_sentiment_on": day(said, "assessed_at") if said else None,
        "implementation_complexity": complexity.get("score"),
    }


def success_plan(tables: Tables, account_id: str) -> Row:
    """HM18: the newest plan."""
    plans = tables.of(account_id, tables.facts["success_plans"])
    plan: Row = max(plans, key=lambda row: (row["updated_on"], row["plan_id"]), default={})
    objectives = len(plan.get("objectives") or ())
    is_current = bool(objectives) and plan["updated_on"] > tables.as_of - timedelta(days=90)
    return {
        "success_plan_updated_on": plan.get("updated_on"),
        "success_plan_status": plan.get("status"),
        "success_plan_objectives": objectives or None,
        "is_success_plan_validated": plan.get("is_customer_validated"),
        "has_current_success_plan": is_current
        if tables.world.is_carried("success_plans")
        else None,
    }


def first_value(
    tables: Tables,
    account: Row,
    start: date | None,
    activities: Sequence[Row],
    tickets: Sequence[Row],
) -> Row:
    """HM19: how soon the customer got something out of it."""
    done = [row for row in activities if row["status"] == "completed"]

    def first(*types: str) -> date | None:
        return min((row["started_on"] for row in done if row["type"] in types), default=None)

    def since_start(day: date | None) -> int | None:
        return (day - start).days if day and start else None

    first_on = account["first_value_on"] or first("first_value")
    took = since_start(first_on)
    is_old = start is not None and (tables.as_of - start).days > NEW_D
    within = None if took is None else took <= NEW_D
    if first_on is None and is_old:
        within = False
    was_heard = bool(tickets) or any(row["direction"] == "inbound" for row in done)
    is_quiet = bool(account["is_active"]) and is_old and first_on is None and not was_heard
    is_told = tables.tells_first_value
    return {
        "first_value_on": first_on,
        "days_to_engage": since_start(first("kickoff", "onboarding_session")),
        "days_to_onboarded": since_start(first("onboarding_complete")),
        "days_to_first_value": took if is_told else None,
        "is_first_value_within_30d": within if is_told else None,
        "is_quiet_churn_risk": is_quiet if is_told and start else None,
    }


def usage_change(tables: Tables, account_id: str) -> Row:
    """HM20."""
    active = tables.health.inputs.usage.get((account_id, "active_users"), EMPTY)
    now = [value for _, value in active.within(tables.as_of, 28)]
    before = [value for _, value in active.within(tables.as_of - timedelta(days=28), 28)]
    is_known = bool(now) and bool(before) and max(before) != 0
    return {"usage_change_28d": max(now) / max(before) - 1 if is_known else None}


def triggers(tables: Tables, account_id: str) -> Row:
    """Rules that fired and still hold."""
    mine = [row for row in tables.of(account_id, tables.triggers) if row["fired_on"] is not None]
    rules = sorted({row["rule_id"] for row in mine if row["is_open"]})
    is_told = any(rule["is_evaluable"] and rule["holds_to"] is None for rule in tables.rules)
    return {
        "open_triggers": len(rules) if is_told else None,
        "open_trigger_rules": rules or None,
        "last_trigger_on": max((row["fired_on"] for row in mine), default=None),
    }
