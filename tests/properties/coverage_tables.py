"""A book in the words of the warehouse: its model files, and the rows of the tables given.

Belongs here: translating. Does not: filling tables, or any rule of coverage.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime, time
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from made_loads import made_loads
from oracle.coverage_models import Model, Playbook, Standard
from oracle.ledger_facts import DAY, Account, Book, Ticket

from pipelines.config.coverage_model import CoverageModel
from pipelines.config.yaml_document import read_document
from pipelines.home import DBT_PROJECT_DIR

DEFAULT_MODEL = DBT_PROJECT_DIR.parent / "config" / "models" / "2024-01-01.yaml"

Row = dict[str, Any]


def coverage_model(model: Model) -> CoverageModel:
    """The project's default model with the tiers, standards and rules of this one."""
    said: dict[str, Any] = deepcopy(_default_model())
    known = {tier.tier_id for tier in model.tiers}
    shape = {"touch": "mid", "models": ["1:1"]}
    said["tiers"] = [
        {
            "id": tier.tier_id,
            "name": tier.tier_id,
            "arr_from": tier.arr_from,
            "arr_to": tier.arr_to,
            "target_cts": tier.target_cts,
            **shape,
        }
        for tier in model.tiers
    ]
    said["tiering"] |= {
        "promote_days": model.promote_days,
        "demote_edge": model.demote_edge,
        "demote_days": model.demote_days,
        "freeze_before_renewal_days": model.freeze_before_renewal_days,
        "override_max_days": model.override_max_days,
    }
    said["calendar"] = {
        "grace_bd": model.grace_bd,
        "logging_lag_bd": model.logging_lag_bd,
        "period_close_bd": model.period_close_bd,
    }
    said["unresponsive"] = {
        "attempts": model.unresponsive_attempts,
        "channels": model.unresponsive_channels,
        "spread_bd": model.unresponsive_spread_bd,
        "counts_as": model.unresponsive_counts_as,
    }
    said["renewals"] |= {
        "late_grace_d": model.late_grace_d,
        "late_max_d": model.late_max_d,
        "overlap_d": model.overlap_d,
        "netting": model.netting,
    }
    said["standards"] = {
        tier: [_standard(standard) for standard in model.standards.get(tier, ())] for tier in known
    }
    for section in ("reactive_hours_per_year", "onboarding_hours"):
        said[section] = dict.fromkeys(known, 1.0)
    said |= deepcopy(dict(model.said))
    said["over_service_cap_per_quarter"] = {}
    said["playbooks"] = [_rule(rule) for rule in model.playbooks]
    said["playbook_cooldown_d"] = model.playbook_cooldown_d
    said["distribution"]["surge"]["rules"] = []
    if model.signals:
        said["signals"] = dict(model.signals)
    if model.health:
        said["health"] = deepcopy(dict(model.health))
    else:
        said["health"]["not_applicable"] = {}
        said["health"]["scoring"]["last_two_way_meeting_days"] = {"steps": [[math.inf, 50]]}
    if model.calibration:
        said["calibration"] = dict(model.calibration)
    return CoverageModel.read(said, model.effective_from)


@cache
def _default_model() -> Any:
    return read_document(DEFAULT_MODEL).data


def _rule(rule: Playbook) -> dict[str, Any]:
    said = {"id": rule.rule_id, "when": rule.when, "severity": rule.severity}
    if rule.playbook is not None:
        said["playbook"] = rule.playbook
    return {**said, "functions": list(rule.functions)}


def _standard(standard: Standard) -> dict[str, Any]:
    said = {
        "family": standard.family,
        "schedule": standard.schedule,
        "per_year": standard.per_year,
        "min": standard.minutes,
        "quality": list(standard.quality),
        "required": standard.required,
        "weight": standard.weight,
        "owner": standard.owner,
        "delivery_mode": standard.delivery_mode,
        "allow_automation": standard.allow_automation,
        "satisfied_by_families": list(standard.satisfied_by_families),
    }
    if standard.accepts:
        said["accepts"] = list(standard.accepts)
    if standard.schedule == "fixed_calendar":
        said["min_eligible_share"] = standard.min_eligible_share
    if standard.schedule == "lead_to_event":
        said["event"] = "term_end"
    keys = ("interval_d", "period", "due_d", "open_d", "max_age_d", "grace_bd", "version", "when")
    for key in (*keys, "due_business_hours", "due_business_days"):
        if getattr(standard, key) is not None:
            said[key] = getattr(standard, key)
    return said


ENTITY_FIELDS = {
    "accounts": ("account_id", "name", "parent_account_id", "tier_override", "owner_email"),
    "contracts": ("contract_id", "account_id", "starts_on", "ends_on", "arr", "currency"),
    "users": ("user_id", "email"),
    "exceptions": ("exception_id", "account_id", "kind", "family", "from", "to"),
    "tickets": ("ticket_id", "account_id", "opened_at", "first_response_at"),
}


def carried_fields(book: Book) -> Iterator[tuple[str, str]]:
    """Which fields of which entities the book's one source carries."""
    there = {
        "accounts": True,
        "contracts": book.contracts is not None,
        "users": book.users is not None,
        "exceptions": True,
        "tickets": book.tickets is not None,
    }
    for entity, fields in ENTITY_FIELDS.items():
        yield from ((entity, field) for field in fields if there[entity])
    if book.tells_first_value:
        yield "accounts", "first_value_on"
    if book.activities is not None:
        fields = {field for activity in book.activities for field in activity.carried}
        yield from (("activities", field) for field in {*fields, "activity_id", "account_id"})
    if book.plans is not None:
        plan_fields = {"plan_id", "account_id", "updated_on", "status", *book.plan_fields}
        yield from (("success_plans", field) for field in plan_fields)


def given_rows(book: Book) -> Iterator[tuple[str, list[Row]]]:
    """The given models' rows."""
    yield "accounts", [_account(account) for account in book.accounts]
    yield (
        "account_scd2",
        [
            {**_account(account), "valid_from": "2000-01-01", "history_origin": "assumed"}
            for account in book.accounts
        ],
    )
    yield (
        "contracts",
        [
            {
                "contract_id": contract.contract_id,
                "account_id": contract.account_id,
                "starts_on": contract.starts_on,
                "ends_on": contract.ends_on,
                "arr": contract.arr,
                "currency": contract.currency,
                "product": contract.product,
                "predecessor_contract_id": contract.predecessor_id,
                "status": contract.status,
                "signed_on": contract.signed_on,
                "notice_on": contract.notice_on,
                "auto_renews": contract.auto_renews,
                "source_name": "book",
            }
            for contract in book.contracts or ()
        ],
    )
    yield (
        "users",
        [{"user_id": email, "email": email, "source_name": "book"} for email in book.users or ()],
    )
    yield (
        "contacts",
        [
            {
                "contact_id": f"{contact.account_id}-{contact.email}",
                "account_id": contact.account_id,
                "email": contact.email,
                "personas": contact.personas,
                "source_name": "book",
            }
            for contact in book.contacts
        ],
    )
    yield (
        "success_plans",
        [
            {
                "plan_id": plan.plan_id,
                "account_id": plan.account_id,
                "updated_on": plan.updated_on,
                "objectives": None
                if plan.objectives is None
                else [f"aim {number}" for number in range(plan.objectives)],
                "is_customer_validated": plan.is_validated,
                "status": plan.status,
                "source_name": "book",
            }
            for plan in book.plans or ()
            if plan.updated_on <= book.as_of
        ],
    )
    yield (
        "exceptions",
        [
            {
                "exception_id": leave.exception_id,
                "account_id": leave.account_id,
                "kind": leave.kind,
                "family": leave.family,
                "from": leave.starts_on,
                "to": leave.ends_on,
                "reason": "agreed",
                "approved_by": "someone@firm.example",
                "source_name": "book",
            }
            for leave in book.leaves
        ],
    )
    yield (
        "tickets",
        [
            {
                "ticket_id": ticket.ticket_id,
                "account_id": ticket.account_id,
                "opened_at": ticket.opened_at,
                "first_response_at": _if_known(book, ticket),
                "source_name": "book",
            }
            for ticket in book.tickets or ()
            if book.local_day(ticket.opened_at, ticket.account_id) <= book.as_of
        ],
    )
    yield "int_account_signal_span", list(_signals(book))
    yield "fct_playbook_trigger", list(_fired(book))
    yield "csm_capacity_week", list(_loads(book))
    activities = list(_activities(book))
    yield "fct_activity", activities
    yield "activities", activities


def _signals(book: Book) -> Iterator[Row]:
    """A band holds until it is another one."""
    said = sorted(book.bands.items())
    for place, ((account_id, day), band) in enumerate(said):
        if place and said[place - 1] == ((account_id, day - DAY), band):
            continue
        later = (on for (whose, on), other in said[place:] if whose == account_id and other != band)
        turns = {"day": day, "next_day": next(later, book.as_of + DAY)}
        signal = {"signal": "band", "value": band, "step": 0, "is_fresh": True}
        yield {"account_id": account_id, **turns, **signal}


def _loads(book: Book) -> Iterator[Row]:
    """How full the books of those are who lead accounts."""
    for load in made_loads(book).values():
        yield {
            "user_id": load.unit.user_id,
            "pool": load.unit.pool,
            "week_start": load.week,
            "supply_hours": load.supply,
            "required_hours": load.required,
            "is_forecast": load.is_forecast,
        }


def _fired(book: Book) -> Iterator[Row]:
    """Triggers as the ledger reads them."""
    activities = {activity.activity_id: activity for activity in book.activities or ()}
    for fired in book.fired:
        zone = ZoneInfo(book.account[fired.account_id].time_zone)
        acted = activities.get(fired.activity_id or "")
        yield {
            "trigger_id": fired.trigger_id,
            "account_id": fired.account_id,
            "fired_on": fired.fired_on,
            "fired_at": datetime.combine(fired.fired_on + DAY, time(), zone),
            "acted_at": acted and acted.started_at,
            "acted_activity_id": fired.activity_id,
        }


def _if_known(book: Book, ticket: Ticket) -> datetime | None:
    at = ticket.first_response_at
    return at if at and book.local_day(at, ticket.account_id) <= book.as_of else None


def _account(account: Account) -> Row:
    override = account.override
    return {
        "account_id": account.account_id,
        "name": account.account_id,
        "parent_account_id": account.parent_id,
        "currency": "USD",
        "arr": account.arr,
        "time_zone": account.time_zone,
        "business_calendar": account.calendar or None,
        "owner_email": account.owner_email,
        "pool": account.pool,
        "started_on": account.started_on,
        "churned_on": account.churned_on,
        "churn_notice_on": account.churn_notice_on,
        "churn_reason": account.churn_reason,
        "tier_override": override.tier_id if override else None,
        "tier_override_reason": override.reason if override else None,
        "tier_override_by": override.by if override else None,
        "tier_override_from": override.starts_on if override else None,
        "tier_override_to": override.ends_on if override else None,
        "source_name": "book",
    }


def _activities(book: Book) -> Iterator[Row]:
    for activity in book.activities or ():
        day = book.local_day(activity.started_at, activity.account_id)
        if day > book.as_of:
            continue
        contacts = len(activity.contact_emails or ())
        attendees = [n for n in (activity.customer_attendees, contacts or None) if n is not None]
        yield {
            "activity_id": activity.activity_id,
            "account_id": activity.account_id,
            "type": activity.type,
            "source_type": activity.type,
            "is_classified": True,
            "status": activity.status,
            "channel": activity.channel,
            "direction": activity.direction,
            "started_at": activity.started_at,
            "started_on": day,
            "minutes": activity.minutes,
            "user_emails": activity.user_emails,
            "contact_emails": activity.contact_emails,
            "customer_attendees": max(attendees, default=None),
            "personas": activity.personas,
            "notes": "written" if activity.has_notes else None,
            "notes_length": (7 if activity.has_notes else 0)
            if "notes" in activity.carried
            else None,
            "notes_at": activity.notes_at,
            "follow_up_at": activity.follow_up_at,
            "is_automated": activity.is_automated,
            "ticket_id": activity.ticket_id,
            "source_activity_ids": [activity.activity_id],
            "sources": ["book"],
            "source_name": "book",
            "carried_fields": sorted(activity.carried),
            "duplicates_merged": 0,
        }
