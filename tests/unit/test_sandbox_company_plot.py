"""The made-up firm has its plot: what the product shall find in it is there."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import mean, median
from typing import Any

import pytest
import yaml

from sandbox.company import story
from sandbox.company.facts import Activity, Customer
from sandbox.company.settings import Settings
from sandbox.company.simulate import families, team
from tests.unit.company_facts import DAY, TODAY, in_force, usd

ROOT = Path(__file__).parents[2]
LARGE = Settings(seed=7, accounts=400)


@pytest.fixture(scope="module")
def tiers() -> dict[str, list[Customer]]:
    """The customers of a firm large enough to show its plot, by tier."""
    found: dict[str, list[Customer]] = {tier_id: [] for tier_id in story.TIERS}
    for family in families(LARGE):
        for customer in family.customers:
            found[customer.account.planned_tier].append(customer)
    return found


# ── As careless as life ──────────────────────────────────────────────────────────────────────────


def test_renewals_come_within_a_month_and_within_half_a_year(
    tiers: dict[str, list[Customer]],
) -> None:
    late = []
    for customer in (c for of_tier in tiers.values() for c in of_tier):
        ends = {contract.contract_id: contract.ends_on for contract in customer.contracts}
        for contract in customer.contracts:
            if contract.kind == "late":
                end = ends[contract.predecessor_ids[0]]
                assert end is not None
                late.append((contract.signed_on - end).days)
    assert any(days <= 30 for days in late)
    assert any(30 < days <= 180 for days in late)
    assert all(0 < days <= 180 for days in late)


def test_meetings_stand_in_several_systems_and_some_go_wrong(
    tiers: dict[str, list[Customer]],
) -> None:
    done = [a for of_tier in tiers.values() for c in of_tier for a in c.activities]
    assert {a.status for a in done} == {
        "completed",
        "no_show",
        "bounced",
        "unanswered",
        "cancelled",
        "planned",
    }
    assert {len(a.recorded_in) for a in done} == {1, 2, 3}
    met = [a for a in done if a.channel == "meeting" and a.status == "completed"]
    assert any(not a.contact_emails for a in met)
    assert any(a.notes is None for a in met)
    assert any(a.removed_at for a in done)
    assert any(a.recorded_at - a.started_at > timedelta(days=20) for a in met)


def test_some_accounts_do_not_answer(tiers: dict[str, list[Customer]]) -> None:
    silent = 0
    for customer in tiers["T3"] + tiers["T4"]:
        vain = [a for a in customer.activities if a.status in {"no_show", "bounced", "unanswered"}]
        silent += any(
            len({a.channel for a in spell}) >= 2
            and spell[-1].started_at - spell[0].started_at >= timedelta(days=14)
            for spell in (vain[i : i + 4] for i in range(len(vain) - 3))
            if spell[-1].started_at - spell[0].started_at < timedelta(days=60)
        )
    assert silent >= 2


def classified(activity: Activity, rules: list[dict[str, Any]]) -> str:
    """The type that the model's rules give to what a calendar shows."""
    shown = {"channel": activity.channel, "has_customer": bool(activity.contact_emails)}
    for rule in rules:
        match = rule["match"]
        channels = match.get("channel", activity.channel)
        if activity.channel not in ([channels] if isinstance(channels, str) else channels):
            continue
        if match.get("has_customer", shown["has_customer"]) != shown["has_customer"]:
            continue
        if re.search(match.get("subject", ""), activity.subject, re.IGNORECASE):
            return str(rule["type"])
    return activity.channel


def test_subjects_say_what_a_meeting_was_for_but_for_a_few(
    tiers: dict[str, list[Customer]],
) -> None:
    model = (ROOT / "config" / "models" / "2024-01-01.yaml").read_text(encoding="utf-8")
    rules = yaml.safe_load(model)["activity_rules"]
    met = [
        activity
        for of_tier in tiers.values()
        for customer in of_tier
        for activity in customer.activities
        if activity.channel in {"meeting", "call"}
        and not activity.is_automated
        and (activity.contact_emails or activity.direction == "internal")
    ]
    wrong = [a for a in (*met, *team(LARGE).activities) if classified(a, rules) != a.type]
    assert 0 < len(wrong) < 0.05 * len(met)
    assert {a.type for a in wrong} <= {"check_in", "first_value"}
    assert {a.type for a in met} >= {"ebr", "workshop", "renewal_conversation", "kickoff"}


# ── The plot ─────────────────────────────────────────────────────────────────────────────────────


def test_tiers_have_about_the_shares_that_were_laid_down(
    tiers: dict[str, list[Customer]],
) -> None:
    for tier_id, expected in {"T1": 12, "T2": 40, "T3": 90, "T4": 200, "T5": 800}.items():
        share = len(tiers[tier_id]) / LARGE.accounts
        assert share == pytest.approx(expected / 1_142, rel=0.5, abs=0.01), tier_id
    for tier in story.TIERS.values():
        alone = [c for c in tiers[tier.tier_id] if c.account.parent_account_id is None]
        first = [usd(customer.contracts[0]) for customer in alone]
        assert median(first) == pytest.approx(mean(tier.arr_usd), rel=0.6)


def test_accounts_of_who_leaves_are_handed_over(tiers: dict[str, list[Customer]]) -> None:
    handed = [o for c in tiers["T3"] for o in c.ownerships if o.reason == "colleague left"]
    assert len(handed) > 3
    assert {owned.from_on for owned in handed} == {date(2025, 10, 1)}


def kept(customer: Customer, every_d: int) -> list[bool]:
    """Whether each meeting of the last year came within its interval and a week."""
    days = [
        a.started_at.date()
        for a in customer.activities
        if a.type in {"check_in", "ebr", "workshop"} and a.status == "completed"
    ]
    return [
        (later - earlier).days <= every_d + 7
        for earlier, later in pairwise(days)
        if TODAY - timedelta(days=365) < later <= TODAY
    ]


def quarters_met(customer: Customer, *first_months: date) -> list[bool]:
    """Whether somebody was met in each of the quarters of which it was a customer."""
    types = {"check_in", "ebr", "business_review", "workshop"}
    days = [
        a.started_at.date()
        for a in customer.activities
        if a.status == "completed" and a.type in types
    ]
    spans = [(first, (first + 95 * DAY).replace(day=1)) for first in first_months]
    return [
        any(start <= day < end for day in days)
        for start, end in spans
        if in_force(customer.contracts, start) and in_force(customer.contracts, end)
    ]


def kept_share(of_tier: list[Customer]) -> float:
    """Of the terms that ended until today, the share of money that was renewed."""
    due = [
        contract
        for customer in of_tier
        for contract in customer.contracts
        if contract.ends_on and contract.ends_on <= TODAY and contract.outcome != "open"
    ]
    renewed = sum(usd(contract) for contract in due if contract.outcome == "renewed")
    return renewed / sum(usd(contract) for contract in due)


def adoption(of_tier: list[Customer]) -> float:
    used = billable = 0.0
    for reading in (r for c in of_tier for r in c.usage if r.on > TODAY - timedelta(days=60)):
        used += reading.value if reading.metric == "licences_used" else 0
        billable += reading.value if reading.metric == "licences_billable" else 0
    return used / billable


def test_the_first_two_tiers_are_met_on_time(tiers: dict[str, list[Customer]]) -> None:
    for tier_id, every_d in {"T1": 14, "T2": 31}.items():
        met = [ok for customer in tiers[tier_id] for ok in kept(customer, every_d)]
        assert mean(met) > 0.93, tier_id


def test_who_grew_into_the_second_tier_is_met_as_such_in_all_its_companies(
    tiers: dict[str, list[Customer]],
) -> None:
    of_family: defaultdict[str, list[Customer]] = defaultdict(list)
    for customer in (c for tier_id in ("T3", "T4", "T5") for c in tiers[tier_id]):
        of_family[customer.account.family_id].append(customer)
    days = [TODAY - i * DAY for i in range(120)]
    met = [
        sum(
            a.type in {"check_in", "ebr", "workshop"}
            and a.status == "completed"
            and TODAY - 75 * DAY < a.started_at.date() <= TODAY
            for a in customer.activities
        )
        for family in of_family.values()
        if all(sum(usd(k) for c in family for k in in_force(c.contracts, d)) >= 5e4 for d in days)
        for customer in family
        if all(in_force(customer.contracts, day) for day in days)
    ]
    assert len(met) > 3
    assert mean(count >= 2 for count in met) > 0.9


def test_the_first_renews_and_the_second_gets_nothing_from_it(
    tiers: dict[str, list[Customer]],
) -> None:
    assert kept_share(tiers["T1"]) > 0.95
    assert adoption(tiers["T1"]) > 0.75
    assert adoption(tiers["T2"]) < 0.6
    assert kept_share(tiers["T2"]) < min(kept_share(tiers[t]) for t in ("T1", "T3", "T4", "T5"))


def test_the_third_is_met_too_seldom_since_its_people_are_too_few(
    tiers: dict[str, list[Customer]],
) -> None:
    before = (date(2025, 1, 1), date(2025, 4, 1), date(2025, 7, 1))
    since = (date(2025, 10, 1), date(2026, 1, 1), date(2026, 4, 1))
    met = mean(ok for customer in tiers["T3"] for ok in quarters_met(customer, *since))
    assert met < 0.8
    assert met < mean(ok for c in tiers["T3"] for ok in quarters_met(c, *before))
    assert adoption(tiers["T3"]) > 0.65


def test_the_fourth_drowns_in_what_comes_in(tiers: dict[str, list[Customer]]) -> None:
    year_ago = TODAY - timedelta(days=365)
    tickets = {
        tier_id: mean(
            sum(year_ago < ticket.opened_at.date() <= TODAY for ticket in customer.tickets)
            for customer in found
            if in_force(customer.contracts, year_ago) and in_force(customer.contracts, TODAY)
        )
        for tier_id, found in tiers.items()
    }
    assert tickets["T4"] > 1.3 * max(tickets[t] for t in ("T1", "T2", "T3", "T5"))
    hours = {
        tier_id: mean(
            (ticket.first_response_at - ticket.opened_at) / timedelta(hours=1)
            for customer in found
            for ticket in customer.tickets
            if ticket.first_response_at is not None
        )
        for tier_id, found in tiers.items()
    }
    assert hours["T4"] == max(hours.values())
    assert hours["T4"] > 2 * max(hours["T1"], hours["T2"])
    minutes: Counter[str] = Counter()
    for entry in (e for customer in tiers["T4"] for e in customer.time_entries):
        minutes[entry.category] += entry.minutes
    assert minutes["reactive"] > 3 * minutes["proactive"]


def test_the_fifth_is_looked_after_by_software(tiers: dict[str, list[Customer]]) -> None:
    done = [a for customer in tiers["T5"] for a in customer.activities]
    assert mean(a.is_automated for a in done) > 0.8
    assert all(a.recorded_in == ("campaigns",) for a in done if a.is_automated)
    assert kept_share(tiers["T5"]) > 0.8


def test_an_incident_makes_many_leave_in_one_week(tiers: dict[str, list[Customer]]) -> None:
    everybody = [customer for found in tiers.values() for customer in found]
    urgent = [
        ticket
        for customer in everybody
        for ticket in customer.tickets
        if ticket.component == "sync" and ticket.priority in {"P1", "P2"}
    ]
    weeks = Counter(t.opened_at.date().isocalendar()[:2] for t in urgent)
    (incident, opened), (_, usual_most) = weeks.most_common(2)
    assert incident == date(2026, 3, 9).isocalendar()[:2]
    assert opened > 5 * usual_most
    notices: Counter[date] = Counter()
    for contract in (c for customer in everybody for c in customer.contracts if c.notice_on):
        assert contract.notice_on is not None
        notices[contract.notice_on - contract.notice_on.weekday() * DAY] += 1
    usual = [count for week, count in notices.items() if week != date(2026, 4, 13)]
    assert notices[date(2026, 4, 13)] > max(usual)
    left = [customer for customer in everybody if customer.account.why_churned == "incident"]
    assert {customer.account.churn_reason for customer in left} == {"Product reliability"}


def test_active_users_are_counted_anew_in_one_night(tiers: dict[str, list[Customer]]) -> None:
    totals: defaultdict[tuple[str, date], float] = defaultdict(float)
    before, after = date(2026, 6, 8), date(2026, 6, 15)
    for customer in (c for found in tiers.values() for c in found):
        if in_force(customer.contracts, before) and in_force(customer.contracts, after):
            for reading in customer.usage:
                if reading.on in {before, after}:
                    totals[reading.metric, reading.on] += reading.value
    for metric in {metric for metric, _ in totals}:
        change = totals[metric, after] / totals[metric, before]
        expected = 0.6 if metric == "active_users" else 1.0
        assert change == pytest.approx(expected, abs=0.05), metric
