"""The facts that the coverage oracle reads: a book of customers.

Belongs here: plain records, and looking up the model or standard of a day. Does not: what a model
says (coverage_models), or any rule of coverage.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from oracle.coverage_models import Model

if TYPE_CHECKING:
    from oracle.succession import Succession
    from oracle.tiers import TierDay

DAY = timedelta(days=1)

ALL_FIELDS = frozenset({
    "type", "status", "started_at", "ended_at", "minutes", "direction", "channel", "user_emails",
    "contact_emails", "customer_attendees", "personas", "notes", "notes_at", "follow_up_at",
    "is_automated",
})  # fmt: skip
"""Activity fields that a source may carry."""


@dataclass(frozen=True)
class Override:
    """A tier set by hand, as the account's record says it: [starts_on, ends_on)."""

    tier_id: str
    starts_on: date | None
    ends_on: date | None
    reason: str = "agreed"
    by: str = "someone@firm.example"


@dataclass(frozen=True)
class Account:
    """A customer. `calendar` names its business days, '' is weekends only."""

    account_id: str
    parent_id: str | None = None
    calendar: str = ""
    time_zone: str = "UTC"
    override: Override | None = None
    owner_email: str | None = None
    pool: str | None = None
    started_on: date | None = None
    churned_on: date | None = None
    churn_notice_on: date | None = None
    churn_reason: str | None = None
    arr: float | None = None
    first_value_on: date | None = None


@dataclass(frozen=True)
class Contract:
    """A term; `arr` in its own currency, `ends_on` the last day in force (None: evergreen).

    `predecessor_id` may name several contracts, separated by semicolons.
    """

    contract_id: str
    account_id: str
    starts_on: date
    ends_on: date | None
    arr: float
    currency: str = "USD"
    product: str | None = None
    predecessor_id: str | None = None
    status: str | None = None
    signed_on: date | None = None
    notice_on: date | None = None
    auto_renews: bool | None = None

    @property
    def predecessor_ids(self) -> tuple[str, ...]:
        """The contracts that it says it renews."""
        named = (name.strip() for name in (self.predecessor_id or "").split(";"))
        return tuple(name for name in named if name)


@dataclass(frozen=True)
class Activity:
    """An activity as it stands after duplicates are merged; None is empty, [] is not carried."""

    activity_id: str
    account_id: str
    type: str
    started_at: datetime
    status: str = "completed"
    channel: str | None = "meeting"
    direction: str | None = "outbound"
    user_emails: tuple[str, ...] | None = ("csm@firm.example",)
    contact_emails: tuple[str, ...] | None = None
    customer_attendees: int | None = None
    personas: tuple[str, ...] | None = None
    minutes: float | None = None
    has_notes: bool = False
    notes_at: datetime | None = None
    follow_up_at: datetime | None = None
    is_automated: bool | None = None
    ticket_id: str | None = None
    carried: frozenset[str] = ALL_FIELDS


@dataclass(frozen=True)
class Contact:
    """One of the customer's people; `left_on` the first day on which they are there no more."""

    account_id: str
    email: str | None
    personas: tuple[str, ...] | None = None
    is_active: bool | None = None
    left_on: date | None = None


@dataclass(frozen=True)
class Plan:
    """A success plan as it stands."""

    plan_id: str
    account_id: str
    updated_on: date
    objectives: int | None = None
    is_validated: bool | None = None
    status: str | None = None


@dataclass(frozen=True)
class Leave:
    """A pause or a waiver: [starts_on, ends_on), of one family or (None) of all."""

    exception_id: str
    account_id: str
    kind: str
    family: str | None
    starts_on: date
    ends_on: date


@dataclass(frozen=True)
class Lead:
    """Who leads an account: [starts_on, ends_on), ends_on None while it lasts."""

    account_id: str
    starts_on: date
    ends_on: date | None
    user_id: str | None
    pool: str | None


@dataclass(frozen=True)
class Ticket:
    """A question of the customer's and when it was first answered, if its source tells that."""

    ticket_id: str
    account_id: str
    opened_at: datetime
    first_response_at: datetime | None
    is_answer_told: bool = True
    priority: str | None = None
    solved_at: datetime | None = None
    component: str | None = None
    contact_email: str | None = None


@dataclass(frozen=True)
class Mention:
    """Something said of the firm in public; `account_id` None where nobody knows by whom."""

    mention_id: str
    account_id: str | None
    at: datetime
    sentiment: str | None
    source: str | None = None


@dataclass(frozen=True)
class Survey:
    """An answer of somebody at a customer."""

    response_id: str
    account_id: str
    responded_at: datetime
    contact_email: str | None


@dataclass(frozen=True)
class Project:
    """A piece of work with an end."""

    project_id: str
    account_id: str
    kind: str
    starts_on: date
    due_on: date | None = None
    completed_on: date | None = None
    status: str | None = None


@dataclass(frozen=True)
class Fired:
    """A trigger that fired, and what was done about it."""

    trigger_id: str
    account_id: str
    fired_on: date
    activity_id: str | None


@dataclass(frozen=True)
class Looks:
    """How complex an account is taken to have been: [valid_from, valid_to)."""

    account_id: str
    valid_from: date
    valid_to: date | None
    complexity: str | None


@dataclass(frozen=True)
class Usage:
    """What was measured of an account on a day."""

    account_id: str
    on: date
    metric: str
    value: float


@dataclass(frozen=True)
class Assessment:
    """A score given by a person, or by a system that stands for one."""

    assessment_id: str
    account_id: str
    assessed_at: datetime
    kind: str
    score: float
    source_name: str = "book"


@dataclass(frozen=True)
class Book:
    """Everything that the tables are a function of."""

    as_of: date
    models: tuple[Model, ...]
    accounts: tuple[Account, ...]
    contracts: tuple[Contract, ...] | None = ()
    activities: tuple[Activity, ...] | None = ()
    users: tuple[str, ...] | None = ("csm@firm.example",)
    contacts: tuple[Contact, ...] = ()
    plans: tuple[Plan, ...] | None = None
    plan_fields: frozenset[str] = frozenset({"objectives", "is_customer_validated"})
    leaves: tuple[Leave, ...] = ()
    leads: tuple[Lead, ...] | None = None
    """One a day; None where the accounts' own owners always led."""
    recorded_since: date | None = None
    """The first day of any record; None where `activities` are all that there are."""
    tickets: tuple[Ticket, ...] | None = None
    assessments: tuple[Assessment, ...] = ()
    recorded_on: tuple[date, ...] | None = None
    """Days of all activities, of unknown accounts too; None where `activities` are all."""
    asked_on: tuple[date, ...] | None = None
    asked_at: tuple[datetime, ...] | None = None
    """When all tickets were opened, of unknown accounts too; None where `tickets` are all."""
    time_zone: str = "UTC"
    """Of the firm."""
    bands: Mapping[tuple[str, date], str] = field(default_factory=dict)
    """Colours of health by account and day, where a test tells them to the SQL."""
    conditions: Mapping[tuple[str, str], Set[date]] = field(default_factory=dict)
    """By account and condition of a standard, the days on which it holds."""
    fired: tuple[Fired, ...] = ()
    """Triggers that somebody is to answer."""
    surveys: tuple[Survey, ...] = ()
    mentions: tuple[Mention, ...] = ()
    projects: tuple[Project, ...] = ()
    looks: tuple[Looks, ...] = ()
    tells_first_value: bool = False
    """Whether any source carries the day of first value."""
    has_personas: bool = True
    """Whether any source carries personas, of activities or contacts."""
    rates: Mapping[str, float] = field(default_factory=lambda: {"USD": 1.0})
    currency: str = "USD"
    """Of all reports."""
    rate_history: Mapping[str, tuple[tuple[date, float], ...]] = field(default_factory=dict)
    """Market rates by currency: since when, and how much; in order."""
    usage: tuple[Usage, ...] | None = None
    holidays: Mapping[str, frozenset[date]] = field(default_factory=dict)

    @cached_property
    def account(self) -> Mapping[str, Account]:
        """Accounts by id."""
        return {account.account_id: account for account in self.accounts}

    @cached_property
    def succession(self) -> Succession:
        """Which contract follows which."""
        from oracle.succession import Succession

        return Succession(self)

    @cached_property
    def tier_days(self) -> Mapping[str, Mapping[date, TierDay]]:
        """Each account's tier on every active day."""
        from oracle.tiers import tier_days

        return tier_days(self)

    @cached_property
    def personas(self) -> Mapping[tuple[str, str], frozenset[str]]:
        """Personas of the customers' people, by account and address."""
        found: dict[tuple[str, str], frozenset[str]] = {}
        for contact in self.contacts:
            if contact.email is not None:
                key = contact.account_id, contact.email
                found[key] = found.get(key, frozenset()) | {*(contact.personas or ())}
        return found

    @cached_property
    def _model_by_day(self) -> dict[date, Model]:
        return {}

    def model_on(self, day: date) -> Model:
        """The model in force; before the first one, the first."""
        known = self._model_by_day.get(day)
        if known is None:
            past = [model for model in self.models if model.effective_from <= day]
            known = past[-1] if past else self.models[0]
            self._model_by_day[day] = known
        return known

    def local_day(self, at: datetime, account_id: str) -> date:
        """The account's local day of an instant."""
        return at.astimezone(ZoneInfo(self.account[account_id].time_zone)).date()

    def lead_on(self, account_id: str, day: date) -> tuple[str | None, str | None]:
        """The person and the pool that lead an account."""
        if self.leads is None:
            return self.account[account_id].owner_email, self.account[account_id].pool
        for lead in self._leads.get(account_id, ()):
            if lead.starts_on <= day and (lead.ends_on is None or day < lead.ends_on):
                return lead.user_id, lead.pool
        return None, None

    @cached_property
    def _leads(self) -> dict[str, list[Lead]]:
        found: dict[str, list[Lead]] = {}
        for lead in self.leads or ():
            found.setdefault(lead.account_id, []).append(lead)
        return found

    @cached_property
    def _versions(self) -> dict[tuple[date, str, str], str]:
        return {}

    def standard_version(self, day: date, tier_id: str, family: str) -> str:
        """The standard's own version, else since when it has been written as it is."""
        model = self.model_on(day)
        key = (model.effective_from, tier_id, family)
        if key not in self._versions:
            self._versions[key] = self._find_version(model, tier_id, family)
        return self._versions[key]

    def _find_version(self, model: Model, tier_id: str, family: str) -> str:
        standard = model.standard(tier_id, family)
        if standard is None:
            raise LookupError(f"{tier_id} has no standard {family}")
        if standard.version:
            return standard.version
        since = model.effective_from
        for earlier in reversed([m for m in self.models if m.effective_from < since]):
            if earlier.standard(tier_id, family) != standard or (
                standard.grace_bd is None
                and standard.schedule != "response"
                and earlier.grace_bd != model.grace_bd
            ):
                break
            since = earlier.effective_from
        return since.isoformat()


def days(first: date, end: date) -> Iterator[date]:
    """Every day from `first` until before `end`."""
    for number in range(first.toordinal(), end.toordinal()):
        yield date.fromordinal(number)
