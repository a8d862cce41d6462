"""The oracle of tiers, obligations and coverage against the specification's worked examples."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from oracle.calendar import add_business_days
from oracle.coverage import Coverage, Judged, bootstrap, cause, share, wilson
from oracle.coverage_models import Model, Standard, Tier
from oracle.ledger_facts import Account, Activity, Book, Contract, Leave
from oracle.obligations import Obligation, ledger
from oracle.schedules import SCHEDULES
from oracle.tiers import membership

GB_HOLIDAYS = frozenset({date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 4), date(2026, 5, 25)})
CHECK_IN = Standard("check_in", "rolling", ("check_in",), interval_d=30)
BANDS = (
    Tier("T3", 25_000, 50_000),
    Tier("T2", 50_000, 100_000),
    Tier("T1", 100_000, None),
)


def model(*standards: Standard) -> Model:
    everyone = (Tier("T1", 0, None),)
    return Model(date(2024, 1, 1), everyone, {"T1": standards})


def touch(day: date, kind: str = "check_in", attendees: int | None = None) -> Activity:
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return Activity(f"on {day}", "acme", kind, at, customer_attendees=attendees)


def since_march(as_of: date, *touches: Activity, standard: Standard = CHECK_IN) -> Book:
    """An account whose first day is 3 March 2026."""
    return Book(
        as_of=as_of,
        models=(model(standard),),
        accounts=(Account("acme"),),
        contracts=(Contract("c", "acme", date(2026, 3, 3), None, 100.0),),
        activities=(touch(date(2026, 3, 1), "note"), *touches),
    )


def obligations(book: Book) -> list[Obligation]:
    return sorted(ledger(book, SCHEDULES), key=lambda row: row.due_on)


# 3.0
def test_due_on_30_april_closes_on_7_may_in_the_us_and_on_8_may_in_britain() -> None:
    due = date(2026, 4, 30)
    assert add_business_days(due, 5, frozenset()) == date(2026, 5, 7)
    assert add_business_days(due, 5, GB_HOLIDAYS) == date(2026, 5, 8)


# 3.2
def test_a_late_touch_settles_the_newest_cycle_and_is_the_new_anchor() -> None:
    first, second = obligations(since_march(date(2026, 4, 20), touch(date(2026, 4, 10))))
    assert (first.due_on, first.closes_on) == (date(2026, 4, 2), date(2026, 4, 9))
    assert (first.timeliness, first.days_from_due) == ("late", 8)
    assert (second.due_on, second.timeliness) == (date(2026, 5, 10), "open")


def test_untouched_for_120_days_is_three_missed_and_one_open() -> None:
    rows = obligations(since_march(date(2026, 3, 3) + timedelta(days=120)))
    assert [row.timeliness for row in rows] == ["missed", "missed", "missed", "open"]


def test_a_touch_below_standard_meets_a_missed_cycle_and_does_not_re_anchor() -> None:
    standard = replace(CHECK_IN, quality=("external_attendees>=2",))
    poor = touch(date(2026, 3, 20), attendees=1)
    rows = obligations(since_march(date(2026, 4, 20), poor, standard=standard))
    assert [(row.due_on, row.timeliness, row.quality) for row in rows] == [
        (date(2026, 4, 2), "on_time", "below_standard"),
        (date(2026, 5, 2), "open", None),
    ]
    assert rows[0].failed_conditions == ("external_attendees>=2",)


def test_a_pause_shifts_the_due_date_by_its_length() -> None:
    pause = Leave("x", "acme", "pause", None, date(2026, 3, 10), date(2026, 3, 20))
    (row,) = obligations(replace(since_march(date(2026, 4, 1)), leaves=(pause,)))
    assert (row.due_on, row.original_due_on) == (date(2026, 4, 12), date(2026, 4, 2))


def test_a_waiver_ends() -> None:
    waiver = Leave("x", "acme", "waiver", None, date(2026, 4, 1), date(2026, 5, 1))
    rows = obligations(replace(since_march(date(2026, 5, 20)), leaves=(waiver,)))
    assert [(row.due_on, row.exclusion_reason) for row in rows] == [
        (date(2026, 4, 2), "waived"),
        (date(2026, 5, 2), None),
        (date(2026, 6, 1), None),
    ]


def test_less_than_half_a_quarter_is_not_owed() -> None:
    review = Standard("ebr", "fixed_calendar", ("ebr",), period="quarter")
    book = since_march(date(2026, 7, 10), standard=review)
    assert [row.cycle_key for row in obligations(book)] == ["2026-Q2", "2026-Q3"]


# 3.6
def tiers(arr: list[tuple[date, float]], as_of: date) -> list[tuple[date, str | None, str | None]]:
    """Rows of an account whose one contract after the other has these amounts."""
    ends = [start - timedelta(days=1) for start, _ in arr[1:]]
    contracts = tuple(
        Contract(f"c{number}", "acme", start, end, amount)
        for number, ((start, amount), end) in enumerate(zip(arr, [*ends, None], strict=True))
    )
    book = Book(as_of, (Model(date(2024, 1, 1), BANDS, {}),), (Account("acme"),), contracts)
    return [(row.valid_from, row.eligible, row.assigned) for row in membership(book)]


def test_below_the_edge_is_not_yet_below_nine_tenths_of_it() -> None:
    arr = [(date(2025, 6, 1), 52_000.0), (date(2026, 2, 10), 49_000.0)]
    assert tiers(arr, date(2026, 12, 31))[-1] == (date(2026, 2, 10), "T3", "T2")


def test_demotion_comes_on_the_first_day_of_a_quarter_after_90_days() -> None:
    arr = [
        (date(2025, 6, 1), 52_000.0),
        (date(2026, 2, 10), 49_000.0),
        (date(2026, 3, 1), 44_000.0),
    ]
    assert tiers(arr, date(2026, 6, 30))[-1] == (date(2026, 2, 10), "T3", "T2")
    assert tiers(arr, date(2026, 7, 1))[-1] == (date(2026, 7, 1), "T3", "T3")


def test_exactly_100_000_is_the_highest_tier() -> None:
    assert tiers([(date(2026, 1, 1), 100_000.0)], date(2026, 1, 2))[-1][2] == "T1"
    assert tiers([(date(2026, 1, 1), 99_999.99)], date(2026, 1, 2))[-1][2] == "T2"


# 3.3 to 3.5, 3.14
def test_the_second_tier_in_the_second_quarter_of_2026() -> None:
    low, high = wilson(25, 36)
    assert share(25, 36) == pytest.approx(0.694, abs=5e-4)
    assert (low, high) == (pytest.approx(0.531, abs=5e-4), pytest.approx(0.820, abs=5e-4))
    assert share(25 + 3, 36) == pytest.approx(0.778, abs=5e-4)
    assert share(36, 40) == pytest.approx(0.9)
    assert share(367, 432) == pytest.approx(0.850, abs=5e-4)


def test_few_accounts_have_a_wide_interval_and_none_has_no_share() -> None:
    assert wilson(4, 4) == (pytest.approx(0.510, abs=5e-4), 1.0)
    assert wilson(0, 3) == (0.0, pytest.approx(0.562, abs=1e-3))
    assert (share(0, 0), wilson(0, 0)) == (None, (None, None))


def test_the_bootstrap_holds_the_point_and_knows_that_obligations_cluster() -> None:
    cell = ("T2", "quarter", date(2026, 4, 1))
    together = [(12, 12)] * 25 + [(12, 6)] * 11
    low, high = bootstrap(cell, together)
    naive_low, naive_high = wilson(25 * 12 + 11 * 6, 36 * 12)
    assert low is not None and high is not None
    assert naive_low is not None and naive_high is not None
    assert low < share(366, 432) < high
    assert high - low > naive_high - naive_low
    assert bootstrap(cell, together) == (low, high)


def failing(book: Book, **changes: object) -> Judged:
    row = replace(obligations(book)[0], **changes)  # type: ignore[arg-type]
    return Judged(row, is_in_headline=True, has_owner=True)


def test_each_uncovered_account_has_the_first_cause_that_applies() -> None:
    book = since_march(date(2026, 5, 20))
    late = failing(book, timeliness="late", quality="to_standard")
    poor = failing(book, timeliness="on_time", quality="below_standard")
    silent = failing(book, is_customer_unresponsive=True)
    unknown = failing(book, timeliness="on_time", quality="unverifiable")
    missed = failing(book)
    assert cause([replace(late, has_owner=False), poor]) == "no_owner"
    assert cause([late, late]) == "late_only"
    assert cause([late, poor, silent]) == "below_standard"
    assert cause([late, silent, unknown]) == "customer_unresponsive"
    assert cause([unknown, missed]) == "unverifiable"
    assert cause([late, missed]) == "not_attempted"
    assert cause([]) is None


def test_an_account_is_covered_when_all_that_is_required_is_good() -> None:
    good = since_march(date(2026, 4, 30), touch(date(2026, 3, 20)))
    (month, quarter) = Coverage(good, ledger(good, SCHEDULES)).account_periods()
    assert (month.period_start, month.is_covered, month.cause) == (date(2026, 4, 1), True, None)
    assert (quarter.period_start, quarter.is_covered) == (date(2026, 4, 1), True)
    late = since_march(date(2026, 4, 30), touch(date(2026, 4, 10)))
    (month, _) = Coverage(late, ledger(late, SCHEDULES)).account_periods()
    assert (month.is_covered, month.is_covered_upper, month.cause) == (False, False, "no_owner")
