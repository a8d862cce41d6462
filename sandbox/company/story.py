"""The plot: what shall be found in the firm's data, as numbers.

Belongs here: how each tier is looked after and fares, and what happens to the whole firm. Does not:
the making of facts from it.

T1 is well covered and renews. T2 is covered just as well and gets nothing from it: adoption is low
and renewals are bad. T3 would do well, but too few people look after it. T4 drowns in its own
questions. T5 is looked after by software, and mostly fine. In March 2026 the product's sync fails
for a week, and in April many leave because of it. In June 2026 the product counts active users
anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Cadence:
    """Something done again and again: every so many days, or once in each calendar period.

    `on_time` is the share that is; what has an interval then comes after `in_time` times the
    interval, the rest after `late` times it. The rest of what has a period comes after its end or
    never. `strained` is the share on time once
    the tier's people have too many accounts.
    """

    type: str
    every: int | str  # days, or quarter, half, year
    on_time: float
    minutes: int
    in_time: Range = (0.75, 0.92)
    late: Range = (1.6, 2.4)
    strained: float | None = None


@dataclass(frozen=True, slots=True)
class Tier:
    """How a tier looks and fares.

    Shares are of all accounts, alone or in a family of companies. Rates are fractions, numbers
    `_per_year` are of one account, hours are business hours, `ticket_minutes` what one ticket costs
    the lead. `around_meeting` is the time that a meeting takes with all around it, over its own.
    """

    tier_id: str
    alone_share: float
    group_share: float
    arr_usd: Range
    accounts_per_csm: float
    contacts: tuple[int, int]
    employees: Range
    adoption: float
    attention: float
    cadences: tuple[Cadence, ...]
    renewal_talk: float
    onboarding_days: Range
    plan_every_d: Range | None
    sentiment_every_d: int | None
    notes_rate: float
    outbound_emails_per_year: float
    inbound_emails_per_year: float
    tickets_per_year: float
    escalation_rate: float
    response_hours: Range
    slow_responses: float
    ticket_minutes: int
    around_meeting: float
    campaigns: tuple[str, ...]
    unresponsive_rate: float
    add_on_rate: float
    auto_renew_rate: float
    strained_attention: float | None = None


T1 = Tier(
    "T1",
    alone_share=0.0085,
    group_share=0.03,
    arr_usd=(108_000, 420_000),
    accounts_per_csm=5,
    contacts=(6, 9),
    employees=(2_500, 40_000),
    adoption=0.82,
    attention=0.95,
    cadences=(
        # So often that one that fails, or is not noted well, is made good by the next.
        Cadence("check_in", 14, 0.998, 45, in_time=(0.55, 0.72)),
        Cadence("ebr", "half", 0.99, 90),
        Cadence("workshop", "quarter", 0.995, 120),
        Cadence("health_assessment", 31, 0.995, 30, in_time=(0.5, 0.62)),
    ),
    renewal_talk=0.99,
    onboarding_days=(32, 44),
    plan_every_d=(60, 85),
    sentiment_every_d=30,
    notes_rate=0.998,
    outbound_emails_per_year=20,
    inbound_emails_per_year=10,
    tickets_per_year=7,
    escalation_rate=0.05,
    response_hours=(0.3, 4),
    slow_responses=0.004,
    ticket_minutes=70,
    around_meeting=2.5,
    campaigns=(),
    unresponsive_rate=0.0,
    add_on_rate=0.4,
    auto_renew_rate=0.0,
)

T2 = Tier(
    "T2",
    alone_share=0.030,
    group_share=0.12,
    arr_usd=(52_000, 95_000),
    accounts_per_csm=13,
    contacts=(4, 6),
    employees=(800, 6_000),
    adoption=0.32,
    attention=0.92,
    cadences=(
        Cadence("check_in", 31, 0.98, 45, in_time=(0.75, 0.9)),
        Cadence("ebr", "half", 0.99, 90),
        Cadence("workshop", "half", 0.99, 120),
    ),
    renewal_talk=0.98,
    onboarding_days=(30, 44),
    plan_every_d=(120, 175),
    sentiment_every_d=31,
    notes_rate=0.99,
    outbound_emails_per_year=12,
    inbound_emails_per_year=5,
    tickets_per_year=5,
    escalation_rate=0.05,
    response_hours=(0.4, 5),
    slow_responses=0.015,
    ticket_minutes=60,
    around_meeting=4.0,
    campaigns=(),
    unresponsive_rate=0.02,
    add_on_rate=0.25,
    auto_renew_rate=0.05,
)

T3 = Tier(
    "T3",
    alone_share=0.062,
    group_share=0.26,
    arr_usd=(26_000, 47_500),
    accounts_per_csm=40,
    contacts=(3, 4),
    employees=(250, 2_000),
    adoption=0.68,
    attention=0.75,
    cadences=(
        Cadence("check_in", "quarter", 0.96, 40, strained=0.70),
        Cadence("business_review", "year", 0.85, 60, strained=0.60),
        Cadence("health_assessment", 31, 0.97, 20, strained=0.94),
    ),
    renewal_talk=0.90,
    onboarding_days=(40, 85),
    plan_every_d=(280, 400),
    sentiment_every_d=60,
    notes_rate=0.55,
    outbound_emails_per_year=4,
    inbound_emails_per_year=8,
    tickets_per_year=6,
    escalation_rate=0.06,
    response_hours=(1, 12),
    slow_responses=0.12,
    ticket_minutes=125,
    around_meeting=1.4,
    campaigns=(),
    unresponsive_rate=0.06,
    add_on_rate=0.15,
    auto_renew_rate=0.15,
    strained_attention=0.40,
)

T4 = Tier(
    "T4",
    alone_share=0.16,
    group_share=0.36,
    arr_usd=(10_400, 23_500),
    accounts_per_csm=38,
    contacts=(2, 3),
    employees=(60, 700),
    adoption=0.64,
    attention=0.42,
    cadences=(
        Cadence("health_assessment", 90, 0.80, 25),
        Cadence("check_in", "half", 0.70, 30),
    ),
    renewal_talk=0.75,
    onboarding_days=(40, 100),
    plan_every_d=None,
    sentiment_every_d=None,
    notes_rate=0.40,
    outbound_emails_per_year=3,
    inbound_emails_per_year=9,
    tickets_per_year=15,
    escalation_rate=0.13,
    response_hours=(2, 15),
    slow_responses=0.16,
    ticket_minutes=105,
    around_meeting=1.5,
    campaigns=("broadcast",),
    unresponsive_rate=0.07,
    add_on_rate=0.05,
    auto_renew_rate=0.35,
)

T5 = Tier(
    "T5",
    alone_share=0.7395,
    group_share=0.23,
    arr_usd=(1_200, 9_600),
    accounts_per_csm=300,
    contacts=(1, 2),
    employees=(5, 150),
    adoption=0.66,
    attention=0.62,
    cadences=(Cadence("check_in", 700, 0.5, 20),),
    renewal_talk=0.05,
    onboarding_days=(10, 50),
    plan_every_d=None,
    sentiment_every_d=None,
    notes_rate=0.5,
    outbound_emails_per_year=0.3,
    inbound_emails_per_year=0.7,
    tickets_per_year=1.2,
    escalation_rate=0.02,
    response_hours=(1, 13),
    slow_responses=0.05,
    ticket_minutes=25,
    around_meeting=1.3,
    campaigns=("usage_recap", "onboarding", "renewal_notice"),
    unresponsive_rate=0.0,
    add_on_rate=0.0,
    auto_renew_rate=0.6,
)

TIERS = {tier.tier_id: tier for tier in (T1, T2, T3, T4, T5)}
# Where a tier begins: what all contracts of a family of companies are worth together, in USD.
TIER_FROM_USD = {"T1": 100_000, "T2": 50_000, "T3": 25_000, "T4": 10_000, "T5": 0}

# From here on T3's people are too few: one of them has left, and nobody came.
STRAINED_FROM = date(2025, 10, 1)


@dataclass(frozen=True, slots=True)
class Renewal:
    """Log odds of a renewal: at adoption and attention of 0.6 and an unchanged price, and more.

    `adoption` and `attention` are for the distance of 1 from 0.6, `price` for a rise by 1, that is
    doubling.
    """

    usual: float = 2.3
    adoption: float = 8.5
    attention: float = 2.2
    price: float = -9.0


RENEWAL = Renewal()


@dataclass(frozen=True, slots=True)
class Incident:
    """A part of the product that fails, and what comes of it.

    `uses` is the share of accounts that use the part, `leaves` the chance that one of them gives
    notice because of it, if nobody looked after it at all.
    """

    component: str = "sync"
    first_day: date = date(2026, 3, 9)
    last_day: date = date(2026, 3, 15)
    notice_from: date = date(2026, 4, 13)
    notice_to: date = date(2026, 4, 17)
    uses: float = 0.35
    leaves: float = 0.15
    reason: str = "Product reliability"


INCIDENT = Incident()

# From this day on the product counts active users otherwise; nothing else has changed.
RECOUNTED_METRIC = "active_users"
RECOUNTED_FROM = date(2026, 6, 15)
RECOUNTED_SHARE = 0.6

# Time is written down from this day on.
TIME_TRACKED_FROM = date(2025, 1, 6)

# Amounts of the first contracts of the first accounts, in USD: on an edge, or just below it.
EDGE_ARR = {0: 100_000.0, 1: 50_000.0, 2: 49_999.0, 3: 10_000.0}

# What happens to some of the first accounts, besides what chance brings to all: so that even a
# small firm has one of each.
TURNS = {
    13: "won_back",
    17: "co_termed",
    23: "incident",
    27: "incident",
    29: "paused",
    31: "evergreen",
    33: "set_higher",
    37: "unowned",
    38: "late",
    39: "very_late",
}

# One account in a hundred stands twice in the CRM for a while.
DOUBLED_EVERY = 100
DOUBLED_FIRST = 8

RATES_TO_USD = {"USD": 1.0, "EUR": 1.08, "GBP": 1.27}

CHURN_REASONS = {
    "incident": INCIDENT.reason,
    "low_adoption": "Not enough value",
    "no_engagement": "Poor service",
    "price": "Price",
    "chance": "Company closed or acquired",
}
