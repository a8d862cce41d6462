"""The made-up firm: the same each time, without contradictions, and whole when it is small."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sandbox.company import book
from sandbox.company.facts import Customer, Family, Team
from sandbox.company.settings import Settings
from sandbox.company.simulate import families, team
from tests.unit.company_facts import DAY, TODAY, in_force, usd

ROOT = Path(__file__).parents[2]
SMALL = Settings(seed=3, accounts=45)

ORDERED_BY = {
    "ownerships": "from_on",
    "contacts": "created_at",
    "contracts": "starts_on",
    "activities": "started_at",
    "tickets": "opened_at",
    "surveys": "responded_at",
    "usage": "on",
    "success_plans": "updated_on",
    "assessments": "assessed_at",
    "leniencies": "from_on",
    "overrides": "from_on",
    "doubles": "created_at",
    "projects": "starts_on",
    "mentions": "at",
    "time_entries": "worked_on",
}


@pytest.fixture(scope="module")
def small() -> list[Family]:
    return list(families(SMALL))


@pytest.fixture(scope="module")
def customers(small: list[Family]) -> list[Customer]:
    return [customer for family in small for customer in family.customers]


@pytest.fixture(scope="module")
def staff() -> Team:
    return team(SMALL)


def facts(customer: Customer) -> Iterator[tuple[str, Any]]:
    for kind in ORDERED_BY:
        for fact in getattr(customer, kind):
            yield kind, fact


# ── The same each time ───────────────────────────────────────────────────────────────────────────


def digest(settings: Settings) -> str:
    told = repr((team(settings), list(families(settings))))
    return hashlib.sha256(told.encode()).hexdigest()


def test_the_same_settings_make_the_same_firm_in_any_process() -> None:
    here = Settings(accounts=12)
    code = (
        "from tests.unit.test_sandbox_company import digest, Settings;"
        "print(digest(Settings(accounts=12)))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": "5", "TZ": "Asia/Tokyo"},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    assert told == digest(here)


def test_another_seed_makes_another_firm() -> None:
    assert digest(Settings(seed=1, accounts=6)) != digest(Settings(seed=2, accounts=6))


def test_families_come_one_by_one() -> None:
    first = next(families(Settings(accounts=20_000)))
    assert first.family_id == "fam-000001"


@example(seed=1700, accounts=40)
@given(seed=st.integers(0, 10_000), accounts=st.integers(5, 400))
@hypothesis_settings(max_examples=40, deadline=None)
def test_any_book_has_every_tier_and_names_nobody_twice(seed: int, accounts: int) -> None:
    settings = Settings(seed=seed, accounts=accounts)
    seats = [seat for family in book.seats(settings) for seat in family]
    assert len(seats) == accounts
    assert {seat.tier.tier_id for seat in seats} == {"T1", "T2", "T3", "T4", "T5"}
    for name in ("account_id", "name", "domain"):
        assert len({getattr(seat, name) for seat in seats}) == accounts, name
    if accounts >= 40:
        assert {seat.currency for seat in seats} == {"USD", "EUR", "GBP"}
        assert {seat.region for seat in seats} == {"amer", "emea", "apac"}
        assert any(seat.parent_account_id for seat in seats)
        double = [d for seat in seats for d in book.doubles(seat, settings)]
        assert any(d.merged_at and d.merged_at.date() > TODAY for d in double)


# ── Without contradictions ───────────────────────────────────────────────────────────────────────


def test_ids_are_given_once_and_name_their_account(customers: list[Customer]) -> None:
    seen: set[tuple[str, str]] = set()
    for customer in customers:
        for kind, fact in facts(customer):
            assert fact.account_id == customer.account.account_id
            name = fields(fact)[0].name
            if kind in {"ownerships", "usage", "overrides", "doubles"}:
                continue  # these have no id of their own
            key = (kind, getattr(fact, name))
            assert key not in seen
            seen.add(key)


def test_facts_stand_in_order_of_time(customers: list[Customer], staff: Team) -> None:
    for customer in customers:
        for kind, instant in ORDERED_BY.items():
            instants = [getattr(fact, instant) for fact in getattr(customer, kind)]
            assert instants == sorted(instants), kind
    for told, instant in ((staff.activities, "started_at"), (staff.time_entries, "worked_on")):
        instants = [getattr(fact, instant) for fact in told]
        assert instants == sorted(instants)


def test_all_that_is_told_was_recorded_within_the_history(
    customers: list[Customer], staff: Team
) -> None:
    first = datetime.combine(SMALL.history_from, datetime.min.time(), UTC)
    end = datetime.combine(SMALL.until + DAY, datetime.min.time(), UTC)
    told: list[Any] = [*staff.absences, *staff.activities, *staff.time_entries]
    told += [fact for customer in customers for _, fact in facts(customer)]
    told += [customer.account for customer in customers]
    for fact in told:
        for field in fields(fact):
            value = getattr(fact, field.name)
            if isinstance(value, datetime):
                assert value.tzinfo is UTC
                assert first <= value < end, (field.name, fact)


def test_nothing_is_recorded_before_its_account_is(customers: list[Customer]) -> None:
    for customer in customers:
        for _, fact in facts(customer):
            known_at = getattr(fact, "recorded_at", None) or getattr(fact, "created_at", None)
            assert known_at is None or known_at >= customer.account.created_at, fact


def test_what_happened_is_logged_after_it_and_removed_later_still(
    customers: list[Customer],
) -> None:
    for activity in (a for customer in customers for a in customer.activities):
        if activity.status != "cancelled":
            assert activity.started_at <= activity.recorded_at
        if activity.planned_at is not None:
            assert activity.planned_at < min(activity.started_at, activity.recorded_at)
        if activity.removed_at is not None:
            assert activity.removed_at > activity.recorded_at
        assert list(activity.recorded_in) == sorted(
            activity.recorded_in, key=["crm", "csp", "calendar", "campaigns"].index
        )


def test_contracts_follow_each_other(customers: list[Customer]) -> None:
    renewed = 0
    for customer in customers:
        contracts = {contract.contract_id: contract for contract in customer.contracts}
        heirs = Counter(p for c in customer.contracts for p in c.predecessor_ids)
        for contract in customer.contracts:
            assert contract.ends_on is None or contract.starts_on < contract.ends_on
            assert contract.arr > 0
            assert heirs[contract.contract_id] == (1 if contract.outcome == "renewed" else 0)
            assert (contract.outcome == "evergreen") == (contract.ends_on is None)
            if contract.outcome == "open":
                # A lapsed one may be signed for again after the last day that is told.
                assert contract.ends_on and contract.ends_on > SMALL.until - timedelta(days=200)
            for predecessor in (contracts[p] for p in contract.predecessor_ids):
                renewed += 1
                assert predecessor.currency == contract.currency
                assert predecessor.ends_on is not None
                gap = (contract.starts_on - predecessor.ends_on).days
                assert gap <= 180, "later than that it is won back"
            assert (contract.kind == "co_termed") == (len(contract.predecessor_ids) == 2)
    assert renewed > 50


def test_who_is_lost_was_a_customer_and_who_came_back_came_late(
    customers: list[Customer],
) -> None:
    lost = [customer for customer in customers if customer.account.churned_on]
    assert lost
    for customer in lost:
        churned_on = customer.account.churned_on
        assert churned_on is not None
        before = in_force(customer.contracts, churned_on - DAY)
        assert before and all(contract.outcome == "churned" for contract in before)
        assert not in_force(customer.contracts, churned_on)
        back = [c.starts_on for c in customer.contracts if c.starts_on > churned_on]
        assert not back or (min(back) - churned_on).days > 180
        assert customer.account.why_churned is not None
        notice_on = customer.account.churn_notice_on
        assert notice_on is None or notice_on <= churned_on


def test_lost_accounts_fall_silent(customers: list[Customer]) -> None:
    for customer in customers:
        churned_on = customer.account.churned_on
        if churned_on is None or any(c.starts_on > churned_on for c in customer.contracts):
            continue
        last = churned_on + timedelta(days=25)
        assert all(a.started_at.date() <= last for a in customer.activities)
        assert all(t.opened_at.date() <= last for t in customer.tickets)
        assert all(r.on <= churned_on for r in customer.usage)


def test_an_account_has_at_most_one_lead_at_a_time(customers: list[Customer]) -> None:
    for customer in customers:
        for earlier, later in pairwise(customer.ownerships):
            assert earlier.to_on is not None and earlier.to_on <= later.from_on
        for owned in customer.ownerships:
            assert (owned.person_email is None) != (owned.pool is None)


def test_people_do_things_while_they_work_here(customers: list[Customer], staff: Team) -> None:
    people = {person.email: person for person in staff.people}
    assert len({person.name for person in staff.people}) == len(people)
    done = [a for customer in customers for a in customer.activities]
    entries = [e for customer in customers for e in customer.time_entries]
    for emails, on in [
        *((a.person_emails, a.started_at.date()) for a in (*done, *staff.activities)),
        *(((e.person_email,), e.worked_on) for e in (*entries, *staff.time_entries)),
    ]:
        for person in (people[email] for email in emails):
            assert person.started_on <= on + DAY
            assert person.ended_on is None or on <= person.ended_on, (person, on)


def test_people_come_go_and_are_away(staff: Team) -> None:
    assert {absence.kind for absence in staff.absences} == {"pto", "holiday", "leave"}
    assert any((a.to_on - a.from_on).days > 40 for a in staff.absences if a.kind == "leave")
    assert {person.ended_on for person in staff.people} == {None, date(2025, 10, 1)}
    assert {person.pool for person in staff.people} == {None, "scaled-pool"}
    grown = team(Settings(accounts=1_200))
    led = [person for person in grown.people if person.role == "csm" and person.pool is None]
    assert len(led) == 15
    assert any(person.fte < 1 for person in led)


def test_nobody_writes_time_down_on_a_day_off(customers: list[Customer], staff: Team) -> None:
    off = {
        (absence.person_email, absence.from_on + i * DAY)
        for absence in staff.absences
        for i in range((absence.to_on - absence.from_on).days + 1)
    }
    entries = [*staff.time_entries, *(e for customer in customers for e in customer.time_entries)]
    for entry in entries:
        assert (entry.person_email, entry.worked_on) not in off


def test_customers_are_met_by_people_that_are_known(customers: list[Customer]) -> None:
    for customer in customers:
        known = {contact.email: contact for contact in customer.contacts}
        assert len(known) == len(customer.contacts)
        for activity in customer.activities:
            for contact in (known[email] for email in activity.contact_emails):
                assert contact.left_on is None or activity.started_at.date() <= contact.left_on
        assert all(ticket.contact_email in known for ticket in customer.tickets)


def test_activities_name_tickets_that_exist(customers: list[Customer]) -> None:
    linked = 0
    for customer in customers:
        tickets = {ticket.ticket_id for ticket in customer.tickets}
        named = {a.ticket_id for a in customer.activities if a.ticket_id}
        linked += len(named)
        assert named <= tickets
    assert linked > 20


def test_tickets_are_answered_before_they_are_solved(customers: list[Customer]) -> None:
    for ticket in (t for customer in customers for t in customer.tickets):
        told = [ticket.opened_at, ticket.first_response_at, ticket.solved_at, ticket.rated_at]
        instants = [instant for instant in told if instant is not None]
        assert instants == sorted(instants)
        assert (ticket.rated_at is None) == (ticket.satisfaction is None)


# ── A small firm, too ────────────────────────────────────────────────────────────────────────────


def test_a_small_firm_has_one_of_each_turn(customers: list[Customer]) -> None:
    contracts = [contract for customer in customers for contract in customer.contracts]
    kinds = {contract.kind for contract in contracts}
    assert kinds >= {"new", "on_time", "late", "expanded", "co_termed", "won_back"}
    assert {contract.outcome for contract in contracts} == {
        "renewed",
        "churned",
        "open",
        "evergreen",
    }
    assert any(contract.product == "Insights add-on" for contract in contracts)
    assert any(customer.overrides for customer in customers)
    assert any(item.kind == "pause" for customer in customers for item in customer.leniencies)
    assert any(customer.account.why_churned == "incident" for customer in customers)
    assert any(customer.doubles for customer in customers)


def test_some_accounts_stand_exactly_on_an_edge(customers: list[Customer]) -> None:
    first = [usd(customer.contracts[0]) for customer in customers[:4]]
    assert first == [100_000, 50_000, 49_999, 10_000]


def test_a_family_is_worth_a_tier_that_its_members_are_not(small: list[Family]) -> None:
    group = next(family for family in small if len(family.customers) > 1)
    worth = [usd(customer.contracts[0]) for customer in group.customers]
    low = {"T1": 100_000, "T2": 50_000, "T3": 25_000, "T4": 10_000, "T5": 0}
    tier_id = group.customers[0].account.planned_tier
    assert min(worth) < low[tier_id] <= sum(worth) * 1.01
