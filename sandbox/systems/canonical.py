"""The firm's facts as rows of the canonical entities.

Belongs here: each row with the instants at which it changes. Does not: which of them a sheet
holds (spreadsheets), or which columns the vocabulary has: the product's own files say that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sandbox.company.facts import (
    Activity,
    Assessment,
    Contract,
    Customer,
    Leniency,
    Mention,
    Ownership,
    Project,
    SuccessPlan,
    Survey,
    Team,
    Ticket,
    TimeEntry,
)
from sandbox.systems.changes import Life, Record, instants, known, morning, same
from sandbox.systems.ids import calendar_uid
from sandbox.systems.landscape import SHEETS
from sandbox.systems.seen import (
    account_instants,
    churn_at,
    log_instants,
    noticed_at,
    override_at,
    owner_at,
    renews,
    takes_over_at,
)

_DAY = timedelta(days=1)
Render = Callable[[datetime], Record]


def _life(entity: str, key: str, moments: tuple[datetime, ...], render: Render) -> Life:
    return Life(SHEETS, entity, key, moments, render)


def _fixed(entity: str, key: str, at: datetime, row: Record) -> Life:
    return _life(entity, key, (at,), partial(same, row))


def _with(row: Record, column: str, value: Any, since: datetime | None, at: datetime) -> Record:
    """A row with a column that is filled from an instant on."""
    return {**row, column: known(value, since, at)}


def people(team: Team) -> Iterator[Life]:
    """Everybody of the firm, their days off, and the time that they wrote down for no customer."""
    for p in team.people:
        begun, ended = morning(p.started_on), morning(p.ended_on)
        row = {
            "user_id": p.person_id,
            "email": p.email,
            "name": p.name,
            "role": p.role,
            "team": p.team,
            "fte": p.fte,
            "weekly_hours": p.weekly_hours,
            "started_on": p.started_on,
            "time_zone": p.time_zone,
            "loaded_cost_per_year": p.loaded_cost_per_year,
        }
        yield _life(
            "users",
            p.person_id,
            instants(begun, ended),
            partial(_with, row, "ended_on", p.ended_on, ended),
        )
    for a in team.absences:
        row = {"user_email": a.person_email, "from": a.from_on, "to": a.to_on + _DAY}
        key = f"{a.person_email}/{a.from_on}/{a.to_on}"
        yield _fixed("user_absences", key, a.recorded_at, {**row, "kind": a.kind})
    yield from (time_entry(entry, None) for entry in team.time_entries)


def account(customer: Customer, account_id: str, parent_id: str | None) -> Life:
    """A customer with all that is known of it."""
    a = customer.account

    def row(at: datetime) -> Record:
        churn, owner = churn_at(customer, at), owner_at(customer.ownerships, at)
        override = override_at(customer.overrides, at)
        return {
            "account_id": account_id,
            "name": a.name,
            "domain": a.domain,
            "parent_account_id": parent_id,
            "currency": a.currency,
            "industry": a.industry,
            "country": a.country,
            "time_zone": a.time_zone,
            "business_calendar": a.business_calendar,
            "employees": a.employees,
            "segment": a.segment,
            "complexity": a.complexity,
            "lifecycle_stage": "churned" if churn.is_gone else "customer",
            "acquisition_channel": a.acquisition_channel,
            "started_on": a.started_on,
            "churned_on": churn.churned_on,
            "churn_notice_on": churn.notice_on,
            "churn_reason": churn.reason,
            "owner_email": owner.person_email if owner else None,
            "pool": owner.pool if owner else None,
            "tier_override": override.tier_id if override else None,
            "tier_override_reason": override.reason if override else None,
            "tier_override_by": override.set_by if override else None,
            "tier_override_from": override.from_on if override else None,
            "tier_override_to": override.to_on if override else None,
            "first_value_on": known(a.first_value_on, morning(a.first_value_on), at),
        }

    return _life("accounts", account_id, account_instants(customer), row)


def contacts(customer: Customer, account_id: str) -> Iterator[Life]:
    """The people of a customer."""
    for c in customer.contacts:
        row = {
            "contact_id": c.contact_id,
            "account_id": account_id,
            "email": c.email,
            "name": c.name,
            "title": c.title,
            "personas": ";".join(c.personas) or None,
        }
        left = morning(c.left_on)
        yield _life(
            "contacts",
            c.contact_id,
            instants(c.created_at, left),
            partial(_with, row, "left_on", c.left_on, left),
        )


def assignment(ownership: Ownership, account_id: str) -> Life:
    """Who leads an account, from when; until when is written down on the day."""
    o, begun, ended = ownership, takes_over_at(ownership), morning(ownership.to_on)
    row = {
        "account_id": account_id,
        "user_email": o.person_email,
        "pool": o.pool,
        "role": "lead",
        "valid_from": o.from_on,
        "reason": o.reason,
    }
    return _life(
        "assignments",
        f"{account_id}/{o.from_on}/{o.person_email or o.pool}",
        instants(begun, ended),
        partial(_with, row, "valid_to", o.to_on, ended),
    )


def contract(contract: Contract, account_id: str) -> Life:
    """A contract from when it was written down."""
    c = contract
    row = {
        "contract_id": c.contract_id,
        "account_id": account_id,
        "starts_on": c.starts_on,
        "ends_on": c.ends_on,
        "arr": c.arr,
        "currency": c.currency,
        "product": c.product,
        "signed_on": c.signed_on,
        "predecessor_contract_id": renews(c),
        "auto_renews": c.auto_renews,
    }
    noticed = noticed_at(c)
    return _life(
        "contracts",
        c.contract_id,
        instants(c.recorded_at, noticed),
        partial(_with, row, "notice_on", c.notice_on, noticed),
    )


def activity(activity: Activity, account_id: str | None) -> Life:
    """Something that was done, from when it was noted until it is taken out again."""
    a = activity
    row = {
        "activity_id": a.activity_id,
        "account_id": account_id,
        "type": a.type,
        "status": a.status,
        "started_at": a.started_at,
        "minutes": a.minutes,
        "direction": a.direction,
        "channel": a.channel,
        "subject": a.subject,
        "user_emails": ";".join(a.person_emails) or None,
        "contact_emails": ";".join(a.contact_emails) or None,
        "is_automated": a.is_automated,
        "ticket_id": a.ticket_id,
        "calendar_uid": calendar_uid(a.activity_id) if "calendar" in a.recorded_in else None,
        "logged_at": a.recorded_at,
    }
    return Life(
        SHEETS,
        "activities",
        a.activity_id,
        log_instants(a, a.recorded_at),
        lambda at: {
            **row,
            "notes": known(a.notes, a.notes_at or a.recorded_at, at),
            "notes_at": known(a.notes_at, a.notes_at, at),
            "follow_up_at": known(a.follow_up_at, a.follow_up_at, at),
        },
        deleted_at=a.removed_at,
    )


def ticket(ticket: Ticket, account_id: str) -> Life:
    """A ticket as far as it has come."""
    t = ticket
    row = {
        "ticket_id": t.ticket_id,
        "account_id": account_id,
        "opened_at": t.opened_at,
        "priority": t.priority,
        "is_escalated": t.is_escalated,
        "component": t.component,
        "channel": t.channel,
        "subject": t.subject,
        "contact_email": t.contact_email,
    }
    return _life(
        "tickets",
        t.ticket_id,
        instants(t.opened_at, t.first_response_at, t.solved_at, t.rated_at),
        lambda at: {
            **row,
            "first_response_at": known(t.first_response_at, t.first_response_at, at),
            "solved_at": known(t.solved_at, t.solved_at, at),
            "satisfaction": known(t.satisfaction, t.rated_at, at),
        },
    )


def survey(s: Survey, account_id: str) -> Life:
    """An answer to a survey."""
    row = {
        "response_id": s.response_id,
        "account_id": account_id,
        "kind": s.kind,
        "score": s.score,
        "responded_at": s.responded_at,
        "contact_email": s.contact_email,
        "comment": s.comment,
    }
    return _fixed("surveys", s.response_id, s.responded_at, row)


def success_plan(p: SuccessPlan, account_id: str) -> Life:
    """A version of a success plan."""
    row = {
        "plan_id": p.plan_id,
        "account_id": account_id,
        "updated_on": p.updated_on,
        "objectives": p.objectives,
        "is_customer_validated": p.is_customer_validated,
        "status": p.status,
    }
    return _fixed("success_plans", p.plan_id, p.recorded_at, row)


def assessment(a: Assessment, account_id: str) -> Life:
    """Somebody's judgement."""
    row = {
        "assessment_id": a.assessment_id,
        "account_id": account_id,
        "assessed_at": a.assessed_at,
        "kind": a.kind,
        "score": a.score,
        "by_email": a.by_email,
    }
    return _fixed("assessments", a.assessment_id, a.assessed_at, row)


def time_entry(e: TimeEntry, account_id: str | None) -> Life:
    """Time that somebody wrote down: the day, not the hour."""
    row = {
        "entry_id": e.entry_id,
        "user_email": e.person_email,
        "started_at": e.worked_on,
        "minutes": e.minutes,
        "account_id": account_id,
        "category": e.category,
        "work_type": e.work_type,
    }
    return _fixed("time_entries", e.entry_id, e.recorded_at, row)


def leniency(x: Leniency, account_id: str) -> Life:
    """A pause or a waiver; the entity's `to` is the first day without it."""
    row = {
        "exception_id": x.exception_id,
        "account_id": account_id,
        "kind": x.kind,
        "family": x.family,
        "from": x.from_on,
        "to": x.to_on + _DAY,
        "reason": x.reason,
        "approved_by": x.approved_by,
    }
    return _fixed("exceptions", x.exception_id, x.recorded_at, row)


def project(p: Project, account_id: str) -> Life:
    """A project; that it is over is written down on the day."""
    row = {
        "project_id": p.project_id,
        "account_id": account_id,
        "kind": p.kind,
        "starts_on": p.starts_on,
        "due_on": p.due_on,
    }
    ended = morning(p.completed_on)

    def at_instant(at: datetime) -> Record:
        is_over = ended is None or ended <= at
        return {
            **row,
            "completed_on": known(p.completed_on, ended, at),
            "status": p.status if is_over else "in_progress",
        }

    return _life("projects", p.project_id, instants(p.recorded_at, ended), at_instant)


def mention(m: Mention, account_id: str | None) -> Life:
    """Something said in public."""
    row = {
        "mention_id": m.mention_id,
        "account_id": account_id,
        "at": m.at,
        "source": m.source,
        "sentiment": m.sentiment,
        "url": m.url,
        "text": m.text,
    }
    return _fixed("mentions", m.mention_id, m.at, row)


def text(value: Any) -> str:
    """A value as a CSV file holds it: empty for what is not known, instants in UTC."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
