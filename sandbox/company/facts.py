"""What exists and happens in the made-up firm, in words that none of its systems speaks.

Belongs here: the facts' shapes. Does not: how they come about, or who records them where.

Ids are the firm's own truth; no system shows them. Instants are in UTC, dates are local days.
`recorded_at` is when somebody first wrote a fact down anywhere: before it, no system shows it.
Money is in the fact's own currency, a year. What is None is unknown to everybody.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the firm. `pool` names the shared queue that the person works in, if any."""

    person_id: str
    email: str
    name: str
    role: str  # csm, manager, support, specialist
    team: str  # enterprise, growth, scale, pool, support: who works with which tiers
    pool: str | None
    time_zone: str
    business_calendar: str
    fte: float
    weekly_hours: float
    started_on: date
    ended_on: date | None
    loaded_cost_per_year: float


@dataclass(frozen=True, slots=True)
class Absence:
    """Days on which a person does not work: `to_on` is the last of them."""

    person_email: str
    from_on: date
    to_on: date
    kind: str  # pto, holiday, leave
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """A customer. `churned_on` is the first day without a contract, for good or until won back."""

    account_id: str
    family_id: str
    parent_account_id: str | None
    name: str
    domain: str
    region: str  # amer, emea, apac
    country: str  # ISO 3166 alpha-2
    time_zone: str
    business_calendar: str
    industry: str
    employees: int
    segment: str
    complexity: str  # low, medium, high
    acquisition_channel: str  # self_serve, sales, partner
    currency: str
    planned_tier: str  # what the story made it for; the tier it has follows from its contracts
    created_at: datetime
    started_on: date
    first_value_on: date | None
    churned_on: date | None
    churn_notice_on: date | None
    churn_reason: str | None  # as the firm writes it down
    why_churned: str | None  # the truth: incident, low_adoption, no_engagement, price, chance


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who leads an account, from when to when (half-open); a person or a pool."""

    account_id: str
    person_email: str | None
    pool: str | None
    from_on: date
    to_on: date | None
    reason: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class TierOverride:
    """A tier set by hand (half-open)."""

    account_id: str
    tier_id: str
    from_on: date
    to_on: date
    reason: str
    set_by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Double:
    """A second record of an account, made by mistake in the CRM and merged into it later."""

    account_id: str
    double_id: str
    name: str
    created_at: datetime
    merged_at: datetime | None


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody of a customer."""

    contact_id: str
    account_id: str
    email: str
    name: str
    title: str
    personas: tuple[str, ...]
    created_at: datetime
    left_on: date | None


@dataclass(frozen=True, slots=True)
class Contract:
    """A term; `ends_on` is its last day, None for an evergreen one."""

    contract_id: str
    account_id: str
    product: str
    currency: str
    arr: float
    starts_on: date
    ends_on: date | None
    signed_on: date
    notice_on: date | None  # non-renewal announced
    predecessor_ids: tuple[str, ...]
    auto_renews: bool
    kind: str  # new, on_time, early, late, co_termed, expanded, downgraded, won_back, multi_year
    outcome: str  # what became of its end: renewed, churned, open, evergreen
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Activity:
    """Something done with or for a customer, or inside the firm (`account_id` None).

    `planned_at` is when it was first put into a calendar, if it was; `removed_at`, when it was
    taken out of all systems again. `recorded_in` says who noted it: crm, csp, calendar,
    campaigns; more than one make duplicates of one thing that happened once.
    """

    activity_id: str
    account_id: str | None
    type: str  # the canonical type that it truly was
    status: str  # completed, no_show, bounced, unanswered, cancelled, planned
    started_at: datetime
    minutes: int | None
    direction: str  # outbound, inbound, internal
    channel: str  # meeting, call, email, chat, in_app, event
    subject: str
    person_emails: tuple[str, ...]
    contact_emails: tuple[str, ...]
    notes: str | None
    notes_at: datetime | None
    follow_up_at: datetime | None
    is_automated: bool
    ticket_id: str | None
    recorded_in: tuple[str, ...]
    planned_at: datetime | None
    recorded_at: datetime
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A question or trouble brought to support."""

    ticket_id: str
    account_id: str
    contact_email: str
    opened_at: datetime
    first_response_at: datetime | None
    solved_at: datetime | None
    priority: str  # P1 … P4
    is_escalated: bool
    satisfaction: int | None  # 0 or 100: bad, good
    rated_at: datetime | None
    component: str
    channel: str
    subject: str


@dataclass(frozen=True, slots=True)
class Survey:
    """An answer to a survey; nps 0 to 10, csat and ces 1 to 5."""

    response_id: str
    account_id: str
    contact_email: str
    kind: str
    score: int
    responded_at: datetime
    comment: str | None


@dataclass(frozen=True, slots=True)
class UsageReading:
    """One metric of an account on a day, as the product counted it."""

    account_id: str
    on: date
    metric: str
    value: float
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class SuccessPlan:
    """A version of an account's success plan; each update is a plan of its own."""

    plan_id: str
    account_id: str
    updated_on: date
    objectives: int
    is_customer_validated: bool
    status: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Assessment:
    """A judgement by a person of the firm, 0 to 100."""

    assessment_id: str
    account_id: str
    assessed_at: datetime
    kind: str  # csm_sentiment, implementation_complexity
    score: int
    by_email: str


@dataclass(frozen=True, slots=True)
class TimeEntry:
    """Time that a person wrote down for a day."""

    entry_id: str
    person_email: str
    account_id: str | None
    worked_on: date
    minutes: int
    category: str  # proactive, reactive, internal
    work_type: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Leniency:
    """A pause or a waiver that somebody granted; `to_on` is its last day."""

    exception_id: str
    account_id: str
    kind: str  # pause, waiver
    family: str | None
    from_on: date
    to_on: date
    reason: str
    approved_by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Project:
    """A piece of work with an end: an implementation, a migration, a training."""

    project_id: str
    account_id: str
    kind: str
    starts_on: date
    due_on: date
    completed_on: date | None
    status: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Mention:
    """Something said of the firm in public."""

    mention_id: str
    account_id: str | None
    at: datetime
    source: str
    sentiment: str  # negative, neutral, positive
    url: str
    text: str


@dataclass(frozen=True, slots=True)
class Customer:
    """All that is true of one account, in the order in which it happened."""

    account: Account
    ownerships: tuple[Ownership, ...]
    contacts: tuple[Contact, ...]
    contracts: tuple[Contract, ...]
    activities: tuple[Activity, ...]
    tickets: tuple[Ticket, ...]
    surveys: tuple[Survey, ...]
    usage: tuple[UsageReading, ...]
    success_plans: tuple[SuccessPlan, ...]
    assessments: tuple[Assessment, ...]
    leniencies: tuple[Leniency, ...] = ()
    overrides: tuple[TierOverride, ...] = ()
    doubles: tuple[Double, ...] = ()
    projects: tuple[Project, ...] = ()
    mentions: tuple[Mention, ...] = ()
    time_entries: tuple[TimeEntry, ...] = ()  # written down for this account


@dataclass(frozen=True, slots=True)
class Family:
    """Customers that belong to one group of companies; mostly just one."""

    family_id: str
    customers: tuple[Customer, ...]


@dataclass(frozen=True, slots=True)
class Team:
    """The firm's own people, and their work that is for no single customer."""

    people: tuple[Person, ...]
    absences: tuple[Absence, ...]
    activities: tuple[Activity, ...] = field(default=())
    time_entries: tuple[TimeEntry, ...] = field(default=())
