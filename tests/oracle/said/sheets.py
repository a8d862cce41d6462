"""What the firm's spreadsheets say: the vocabulary itself, in the columns that each sheet has.

Belongs here: what no other system keeps. Does not: the words and formats in which sheets are
written, which sources.yaml translates.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from oracle.said.reading import Reading, Said, listed
from oracle.world import Row
from sandbox.company.facts import (
    Activity,
    Contract,
    Customer,
    Leniency,
    Ownership,
    Person,
    Project,
    Team,
    TimeEntry,
)
from sandbox.systems.changes import morning
from sandbox.systems.landscape import CAMPAIGNS, HUBSPOT, SHEETS, Whereabouts
from sandbox.systems.seen import noticed_at, renews, takes_over_at

CARRIES = {
    "account_links": ("account_id", "source", "source_account_id"),
    "users": (
        "user_id", "email", "name", "role", "team", "fte", "weekly_hours", "started_on",
        "ended_on", "time_zone", "loaded_cost_per_year",
    ),
    "user_absences": ("user_email", "from", "to", "kind"),
    "assignments": (
        "account_id", "user_email", "pool", "role", "valid_from", "valid_to", "reason",
    ),
    "contracts": (
        "contract_id", "account_id", "product", "starts_on", "ends_on", "arr", "currency",
        "signed_on", "notice_on", "predecessor_contract_id", "auto_renews",
    ),
    "activities": (
        "activity_id", "account_id", "type", "status", "started_at", "direction", "channel",
        "subject", "contact_emails", "is_automated", "logged_at",
    ),
    "surveys": (
        "response_id", "account_id", "kind", "score", "responded_at", "contact_email", "comment",
    ),
    "success_plans": (
        "plan_id", "account_id", "updated_on", "objectives", "is_customer_validated", "status",
    ),
    "assessments": ("assessment_id", "account_id", "assessed_at", "kind", "score", "by_email"),
    "time_entries": (
        "entry_id", "user_email", "started_at", "minutes", "account_id", "category", "work_type",
    ),
    "exceptions": (
        "exception_id", "account_id", "kind", "family", "from", "to", "reason", "approved_by",
    ),
    "projects": (
        "project_id", "account_id", "kind", "starts_on", "due_on", "completed_on", "status",
    ),
    "mentions": ("mention_id", "account_id", "at", "source", "sentiment", "url", "text"),
    "usage": ("account_id", "on", "metric", "value"),
}  # fmt: skip
"""The columns of each sheet."""

_A_DAY = timedelta(days=1)


def of_team(team: Team, reading: Reading) -> Said:
    """The people, their days off, and the time that they wrote down for no customer."""
    for person in team.people:
        if reading.has(morning(person.started_on)):
            yield "users", _user(person, reading)
    for absence in team.absences:
        if reading.has(absence.recorded_at):
            yield (
                "user_absences",
                {
                    "source_name": SHEETS,
                    "user_email": absence.person_email,
                    "from": absence.from_on,
                    "to": absence.to_on + _A_DAY,
                    "kind": absence.kind,
                },
            )
    for entry in team.time_entries:
        if reading.has(entry.recorded_at):
            yield "time_entries", _time_entry(entry, None)


def of_customer(customer: Customer, where: Whereabouts, reading: Reading) -> Said:
    """What is kept of a customer in sheets alone, under the CRM's id."""
    account_id = reading.account_ids.get((where.crm, where.native_id), where.account_id)
    if where.has_sheet_owners:
        for owner in customer.ownerships:
            if reading.has(takes_over_at(owner)):
                yield "assignments", _assignment(owner, account_id, reading)
    if where.has_sheet_contracts:
        for contract in customer.contracts:
            if reading.has(contract.recorded_at):
                yield "contracts", _contract(contract, account_id, reading)
    for activity in customer.activities:
        is_there = reading.has(activity.recorded_at, until=activity.removed_at)
        if CAMPAIGNS in activity.recorded_in and is_there:
            yield "activities", _send(activity, account_id)
    for leniency in customer.leniencies:
        if reading.has(leniency.recorded_at):
            yield "exceptions", _exception(leniency, account_id)
    for project in customer.projects:
        if reading.has(project.recorded_at):
            yield "projects", _project(project, account_id, reading)
    for entry in customer.time_entries:
        if reading.has(entry.recorded_at):
            yield "time_entries", _time_entry(entry, account_id)
    yield from _judgements(customer, where, account_id, reading)
    for usage in customer.usage:
        if reading.has(usage.recorded_at):
            yield (
                "usage",
                {
                    "source_name": SHEETS,
                    "account_id": account_id,
                    "on": usage.on,
                    "metric": usage.metric,
                    "value": usage.value,
                },
            )


def _judgements(customer: Customer, where: Whereabouts, account_id: str, reading: Reading) -> Said:
    """Plans, assessments, answers of those whose CRM takes none, and what is said in public."""
    for plan in customer.success_plans:
        if reading.has(plan.recorded_at):
            yield (
                "success_plans",
                {
                    "source_name": SHEETS,
                    "plan_id": plan.plan_id,
                    "account_id": account_id,
                    "updated_on": plan.updated_on,
                    "objectives": str(plan.objectives),
                    "is_customer_validated": plan.is_customer_validated,
                    "status": plan.status,
                },
            )
    for assessment in customer.assessments:
        if reading.has(assessment.assessed_at):
            yield (
                "assessments",
                {
                    "source_name": SHEETS,
                    "assessment_id": assessment.assessment_id,
                    "account_id": account_id,
                    "assessed_at": assessment.assessed_at,
                    "kind": assessment.kind,
                    "score": float(assessment.score),
                    "by_email": assessment.by_email,
                },
            )
    for survey in customer.surveys if where.crm != HUBSPOT else ():
        if reading.has(survey.responded_at):
            yield (
                "surveys",
                {
                    "source_name": SHEETS,
                    "response_id": survey.response_id,
                    "account_id": account_id,
                    "kind": survey.kind,
                    "score": float(survey.score),
                    "responded_at": survey.responded_at,
                    "contact_email": survey.contact_email,
                    "comment": survey.comment,
                },
            )
    for mention in customer.mentions:
        if reading.has(mention.at):
            yield (
                "mentions",
                {
                    "source_name": SHEETS,
                    "mention_id": mention.mention_id,
                    "account_id": account_id,
                    "at": mention.at,
                    "sentiment": mention.sentiment,
                    "url": mention.url,
                    "text": mention.text,
                    "source": mention.source,
                },
            )


def _user(person: Person, reading: Reading) -> Row:
    return {
        "source_name": SHEETS,
        "user_id": person.person_id,
        "email": person.email,
        "name": person.name,
        "role": person.role,
        "team": person.team,
        "fte": person.fte,
        "weekly_hours": person.weekly_hours,
        "started_on": person.started_on,
        "ended_on": reading.known(person.ended_on, morning(person.ended_on)),
        "time_zone": person.time_zone,
        "loaded_cost_per_year": person.loaded_cost_per_year,
    }


def _assignment(owner: Ownership, account_id: str, reading: Reading) -> Row:
    return {
        "source_name": SHEETS,
        "account_id": account_id,
        "user_email": owner.person_email,
        "pool": owner.pool,
        "role": "lead",
        "valid_from": owner.from_on,
        "valid_to": reading.known(owner.to_on, morning(owner.to_on)),
        "reason": owner.reason or None,
    }


def _contract(contract: Contract, account_id: str, reading: Reading) -> Row:
    return {
        "source_name": SHEETS,
        "contract_id": contract.contract_id,
        "account_id": account_id,
        "starts_on": contract.starts_on,
        "ends_on": contract.ends_on,
        "arr": float(contract.arr),
        "currency": contract.currency,
        "product": contract.product,
        "signed_on": contract.signed_on,
        "notice_on": reading.known(contract.notice_on, noticed_at(contract)),
        "predecessor_contract_id": renews(contract),
        "auto_renews": contract.auto_renews,
    }


def _send(activity: Activity, account_id: str) -> Row:
    return {
        "source_name": SHEETS,
        "activity_id": activity.activity_id,
        "account_id": account_id,
        "type": activity.type,
        "status": activity.status,
        "started_at": activity.started_at,
        "direction": activity.direction,
        "channel": activity.channel,
        "subject": activity.subject,
        "contact_emails": listed(activity.contact_emails),
        "is_automated": activity.is_automated,
        "logged_at": activity.recorded_at,
    }


def _time_entry(entry: TimeEntry, account_id: str | None) -> Row:
    return {
        "source_name": SHEETS,
        "entry_id": entry.entry_id,
        "user_email": entry.person_email,
        "started_at": datetime.combine(entry.worked_on, time(), UTC),  # the business day is UTC's
        "minutes": float(entry.minutes),
        "account_id": account_id,
        "category": entry.category,
        "work_type": entry.work_type or None,
    }


def _exception(leniency: Leniency, account_id: str) -> Row:
    return {
        "source_name": SHEETS,
        "exception_id": leniency.exception_id,
        "account_id": account_id,
        "kind": leniency.kind,
        "family": leniency.family,
        "from": leniency.from_on,
        "to": leniency.to_on + _A_DAY,
        "reason": leniency.reason,
        "approved_by": leniency.approved_by,
    }


def _project(project: Project, account_id: str, reading: Reading) -> Row:
    """That a project is over is written down on the day; until then it is in progress."""
    ended = morning(project.completed_on)
    is_over = ended is None or reading.has(ended)
    return {
        "source_name": SHEETS,
        "project_id": project.project_id,
        "account_id": account_id,
        "kind": project.kind,
        "starts_on": project.starts_on,
        "due_on": project.due_on,
        "completed_on": reading.known(project.completed_on, ended),
        "status": project.status if is_over else "in_progress",
    }
