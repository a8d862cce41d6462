"""Signals, conditions and triggers: the SQL's spans against every account's single days."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from coverage_comparison import assert_same
from coverage_warehouse import Warehouse, steps
from health_books import health_book
from oracle.comparison import assert_same_rows
from oracle.conditions import holding
from oracle.health import Health
from oracle.ledger_facts import DAY, Book
from oracle.predicates import read_condition
from oracle.signals import OF, Signals
from oracle.trigger_backtest import Backtest
from oracle.triggers import Triggers
from signal_books import signal_book
from signal_given import GIVEN_TO_SIGNALS, base_hours, signal_rows

SEEDS = range(800, 804)
ACCOUNTS = 40
NET_HOURS = 225 * 8 * 0.65
"""Of the project's default model."""

TRIGGER = (
    "account_id", "trigger_id", "rule_id", "rule_version", "became_true_on", "ended_on", "fired_on",
    "fired_at", "suppressed_by", "snoozed_until", "cooldown_until", "severity", "playbook_id",
    "functions", "owner_user_id", "owner_pool", "tier_id", "arr", "is_open", "is_acted",
    "acted_at", "acted_activity_id", "outcome", "outcome_on", "recommended_extra_fte",
)  # fmt: skip


@pytest.fixture(scope="module")
def warehouse(compiled: Mapping[str, Any]) -> Warehouse:
    tables = "mart_trigger_backtest", "fct_playbook_trigger", "int_condition_span"
    return Warehouse(steps(compiled, *tables, given=GIVEN_TO_SIGNALS), signal_rows)


def signals_of(book: Book) -> Signals:
    return Signals(Health(book), base_hours(book))


def plain(value: Any) -> Any:
    """As spans and single days say the same."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return round(float(value), 9) + 0.0
    return tuple(value) if isinstance(value, list) else value


def told_by_spans(warehouse: Warehouse) -> Iterator[tuple[Any, ...]]:
    """Each signal of each day, as spans say it."""
    names = "account_id", "signal", "day", "next_day", "value", "number", "step", "is_fresh"
    for row in warehouse.rows("int_account_signal_span", *names):
        account_id, signal, first, end, value, number, step, is_fresh = row
        for days in range((end - first).days):
            day = first + timedelta(days=days)
            if number is not None and value not in ("true", "false"):
                value = round(number + step * days, 9) + 0.0
            yield account_id, signal, day, value, is_fresh


def told_by_days(signals: Signals) -> Iterator[tuple[Any, ...]]:
    """The same, day by day."""
    for account_id in signals.inputs.spans:
        for at in signals.days(account_id):
            for name in signals.named:
                known = signals.on(name, at)
                if known is not None:
                    value = known.value
                    said = value.isoformat() if hasattr(value, "isoformat") else plain(value)
                    yield account_id, name, at.day, said, known.is_fresh


@pytest.mark.parametrize("seed", SEEDS)
def test_every_signal_of_every_day_is_that_of_the_facts(warehouse: Warehouse, seed: int) -> None:
    def compared(candidate: Book) -> tuple[Any, Any]:
        warehouse.run(candidate)
        return told_by_spans(warehouse), told_by_days(signals_of(candidate))

    assert assert_same(signal_book(seed, ACCOUNTS), compared) > 10_000


@pytest.mark.parametrize("seed", SEEDS)
def test_conditions_hold_from_known_true_to_known_false(warehouse: Warehouse, seed: int) -> None:
    def compared(candidate: Book) -> tuple[Any, Any]:
        warehouse.run(candidate)
        signals = signals_of(candidate)
        names = "account_id", "predicate", "holds_from", "holds_to"
        said = [
            (account_id, text, first + timedelta(days=number))
            for account_id, text, first, end in warehouse.rows("int_condition_span", *names)
            for number in range(((end or candidate.as_of + DAY) - first).days)
        ]
        texts = {rule.when for model in candidate.models for rule in model.playbooks}
        expected = [
            (account_id, text, day)
            for account_id in signals.inputs.spans
            for text in texts
            for day in holding(signals, account_id, text)
        ]
        return said, expected

    assert assert_same(signal_book(seed, ACCOUNTS), compared) > 1_000


@pytest.mark.parametrize("seed", SEEDS)
def test_every_trigger_is_that_of_the_days(warehouse: Warehouse, seed: int) -> None:
    def compared(candidate: Book) -> tuple[Any, Any]:
        warehouse.run(candidate)
        triggers = Triggers(signals_of(candidate))
        hours = {model.effective_from: NET_HOURS for model in candidate.models}
        expected = [triggers.row(one, hours) for one in triggers.rows]
        said = warehouse.rows("fct_playbook_trigger", *TRIGGER)
        return (
            [tuple(map(plain, row)) for row in said],
            [tuple(plain(row[name]) for name in TRIGGER) for row in expected],
        )

    assert assert_same(signal_book(seed, ACCOUNTS), compared) > 100


@pytest.mark.parametrize("seed", SEEDS[:2])
def test_rules_are_judged_by_what_became_of_accounts(warehouse: Warehouse, seed: int) -> None:
    made = signal_book(seed, ACCOUNTS)
    warehouse.run(made)
    expected = list(Backtest(Triggers(signals_of(made))).rows())
    table = '"warehouse"."coverage"."mart_trigger_backtest"'
    cursor = warehouse.con.execute(f"select * exclude (as_of_date, config_version) from {table}")
    names = [column[0] for column in cursor.description or ()]
    said = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    assert_same_rows(expected, said, ("rule_id", "period_type", "period_start"))
    assert sum(row["hits"] for row in expected) > 0


def test_a_book_without_rules_has_no_signals(warehouse: Warehouse) -> None:
    warehouse.run(health_book(701, accounts=5))
    assert warehouse.rows("int_account_signal_span", "signal") == []
    assert warehouse.rows("fct_playbook_trigger", "trigger_id") == []


def test_books_hold_every_case() -> None:
    """What never happens in a book is not tested by it."""
    seen: dict[str, Counter[Any]] = defaultdict(Counter)
    terms = set()
    for seed in SEEDS:
        signals = signals_of(signal_book(seed, ACCOUNTS))
        for account_id, name, _, value, is_fresh in told_by_days(signals):
            seen["signal"][name] += 1
            seen["stale"][name] += not is_fresh
            seen["flag"][name] += value == "true"
            assert account_id in signals.inputs.spans
        for one in Triggers(signals).rows:
            seen["suppressed"][one.suppressed_by] += 1
            seen["outcome"][one.outcome] += 1
            seen["late"][one.fired_on is not None and one.fired_on > one.became_true_on] += 1
            seen["acted"][one.acted is not None] += 1
            terms |= {t for each in read_condition(one.rule.when) for t in each}
    assert seen["signal"].keys() == OF.keys()
    stale = {name for name, count in seen["stale"].items() if count}
    assert stale >= {"usage_change_28d", "utilisation", "days_since_two_way", "tickets_30d"}
    flags = {name for name, count in seen["flag"].items() if count}
    assert flags >= {"champion_inactive", "unresponsive", "payment_failed", "never_heard_from"}
    assert set(seen["suppressed"]) == {None, "pause", "snooze", "cooldown"}
    outcomes = {None, "lost", "contracted", "renewed", "kept", "open", "notice_given"}
    assert set(seen["outcome"]) >= outcomes - {"notice_given"}
    assert min(seen["late"][True], seen["acted"][True]) > 20
    assert any(term.for_days > 1 for term in terms)
