"""The oracle of renewals, retention and bridges against the specification's worked examples."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from oracle.coverage import wilson
from oracle.coverage_models import Model, Tier
from oracle.ledger_facts import Account, Book, Contract, Usage
from oracle.mix_bridge import split
from oracle.movements import Movements
from oracle.outcomes import ALL, Outcomes, Period, resampled
from oracle.renewals import Renewal, Renewals, churn_events
from oracle.tiers import tier_days

BANDS = (Tier("T3", 0, 60), Tier("T2", 60, 100), Tier("T1", 100, None))
YEAR = timedelta(days=365)


def model(**rules: object) -> Model:
    return replace(Model(date(2020, 1, 1), BANDS, {}), **rules)  # type: ignore[arg-type]


def book(as_of: date, *contracts: Contract, **facts: object) -> Book:
    accounts = {c.account_id for c in contracts}
    plain = Book(
        as_of=as_of,
        models=(model(),),
        accounts=tuple(map(Account, sorted(accounts))),
        contracts=contracts,
    )
    return replace(plain, **facts)  # type: ignore[arg-type]


def year(name: str, end: date, arr: float, **facts: object) -> Contract:
    """A contract of a year that ends on a day, of the account that its name begins with."""
    return Contract(name, name[0], end - YEAR + timedelta(days=1), end, arr, **facts)  # type: ignore[arg-type]


def renewals(made: Book) -> dict[str, Renewal]:
    rows = Renewals(made, tier_days(made)).rows
    return {row.term.term_id: row for row in rows}


def rates(made: Book, within: Period, tier_id: str = ALL) -> dict[str, object]:
    truth = Outcomes(made)
    due = [d for d in truth.due(within, "tier_then") if tier_id in (ALL, d.tier_id)]
    units = [u for u in truth.units(within, "tier_then") if tier_id in (ALL, u.tier_id)]
    return truth.cell(due, units, within)


def moved(made: Book) -> list[tuple[str, str, float]]:
    return sorted(
        (row.account_id, row.type, round(row.amount or 0, 2)) for row in Movements(made).rows()
    )


# Late
MARCH = date(2026, 3, 31)
Q1 = Period("quarter", date(2026, 1, 1), MARCH)


def test_late_is_open_in_its_quarter_until_it_is_signed() -> None:
    first = year("x", MARCH, 100)
    then = renewals(book(date(2026, 4, 14), first))["x"]
    assert (then.outcome, then.renewed_arr, then.atr) == ("open_lapsed", 0, 100)
    signed = replace(
        year("x2", date(2027, 4, 19), 100), account_id="x", starts_on=date(2026, 4, 20)
    )
    made = book(date(2026, 5, 1), first, signed)
    now = renewals(made)["x"]
    assert (now.outcome, now.renewed_arr, now.days_late) == ("renewed_late", 100, 19)
    assert not now.is_on_time
    assert rates(made, Q1)["gross_renewal_rate"] == 1


@pytest.mark.parametrize(
    ("starts_on", "outcome"),
    [
        (date(2026, 9, 27), "renewed_late"),
        (date(2026, 9, 28), "winback"),
    ],
)
def test_the_180th_day_is_the_last_that_is_late(starts_on: date, outcome: str) -> None:
    back = Contract("x2", "x", starts_on, starts_on + YEAR, 100)
    made = book(date(2026, 10, 1), year("x", MARCH, 100), back)
    assert renewals(made)["x"].outcome == outcome
    assert [kind for _, kind, _ in moved(made)] == ["churn", "new", "winback"]


def test_without_a_successor_it_is_churned_after_180_days() -> None:
    first = year("x", MARCH, 100)
    assert renewals(book(date(2026, 9, 27), first))["x"].outcome == "open_lapsed"
    assert renewals(book(date(2026, 9, 28), first))["x"].outcome == "churned"
    [churn] = churn_events(Renewals(book(date(2026, 9, 28), first), {}), bands={})
    assert (churn.effective_on, churn.arr) == (date(2026, 4, 1), 100)


# Co-term
X = year("x", date(2026, 6, 30), 60)
Y = replace(year("y", date(2026, 12, 31), 40), account_id="x")
Z = Contract("z", "x", date(2026, 7, 1), date(2027, 6, 30), 110, predecessor_id="x; y")


def test_a_co_term_is_divided_and_nothing_is_lost() -> None:
    made = book(date(2027, 1, 31), X, Y, Z)
    rows = renewals(made)
    assert (rows["x"].renewed_arr, rows["x"].outcome) == (66, "renewed_on_time")
    assert (rows["y"].renewed_arr, rows["y"].outcome) == (44, "renewed_early")
    second = rates(made, Period("quarter", date(2026, 4, 1), date(2026, 6, 30)))
    assert (second["atr"], second["gross_renewal_rate"]) == (60, 1)
    assert second["net_renewal_rate"] == pytest.approx(1.1)
    fourth = rates(made, Period("quarter", date(2026, 10, 1), date(2026, 12, 31)))
    assert (fourth["atr"], fourth["renewed_arr"]) == (40, 44)
    assert sum(term.arr for term in (X, Y)) == 100
    in_force = made.succession.in_force("x", date(2026, 8, 1))
    assert [term.term_id for term in in_force] == ["z"]
    assert moved(made) == [
        ("x", "expansion", 4.0),
        ("x", "expansion", 6.0),
        ("x", "expansion", 40.0),
        ("x", "new", 60.0),
    ]


# Notice, automatic renewals, transfers
def test_what_renews_itself_is_renewed_on_time_again_and_again() -> None:
    made = book(date(2026, 5, 1), year("x", date(2024, 3, 31), 100, auto_renews=True))
    rows = renewals(made)
    assert {name: row.outcome for name, row in rows.items()} == {
        "x": "renewed_on_time",
        "x/2": "renewed_on_time",
        "x/3": "renewed_on_time",
        "x/4": "upcoming",
    }
    assert rows["x/4"].term.ends_on == date(2027, 3, 31)
    assert moved(made) == [("x", "new", 100.0)]


def test_a_notice_ends_it_at_the_term_end() -> None:
    said = year("x", MARCH, 100, auto_renews=True, notice_on=date(2026, 1, 10))
    before = book(date(2026, 2, 1), said)
    assert renewals(before)["x"].outcome == "upcoming"
    [announced] = churn_events(Renewals(before, {}), bands={})
    assert (announced.notice_on, announced.effective_on) == (date(2026, 1, 10), date(2026, 4, 1))
    assert announced.is_expected
    assert renewals(book(date(2026, 4, 1), said))["x"].outcome == "churned"


def test_a_move_to_another_account_adds_up_to_nothing() -> None:
    there = Contract("b", "y", date(2026, 4, 1), None, 100, predecessor_id="x")
    made = book(date(2026, 5, 1), year("x", MARCH, 100), there)
    assert renewals(made)["x"].outcome == "transferred"
    assert [row for row in moved(made) if row[1] == "transfer"] == [
        ("x", "transfer", -100.0),
        ("y", "transfer", 100.0),
    ]
    within = Period("trailing_12m", date(2025, 6, 1), date(2026, 5, 31))
    row = rates(replace(made, as_of=date(2026, 5, 31)), within)
    assert (row["cohort_accounts"], row["grr"], row["logo_retention"]) == (1, 1, 1)


def test_an_overlap_of_three_days_is_the_same_renewal_and_counts_once() -> None:
    heir = Contract("x2", "x", MARCH - timedelta(days=3), MARCH + YEAR, 100)
    made = book(date(2026, 5, 1), year("x", MARCH, 100), heir)
    assert renewals(made)["x"].outcome == "renewed_on_time"
    assert sum(1 for _ in made.succession.in_force("x", MARCH)) == 1


def test_less_is_partial_and_another_product_is_volume() -> None:
    less = Contract("x2", "x", date(2026, 4, 1), None, 70)
    made = book(date(2026, 5, 1), year("x", MARCH, 100), less)
    assert renewals(made)["x"].outcome == "partially_renewed"
    assert renewals(made)["x"].split["contraction_arr"] == 30
    assert moved(made) == [("x", "contraction", -30.0), ("x", "new", 100.0)]


def test_growth_is_volume_as_far_as_licences_rose() -> None:
    more = Contract("x2", "x", date(2026, 4, 1), None, 130)
    licences = tuple(
        Usage("x", day, "licences_billable", value)
        for day, value in ((date(2026, 3, 1), 10.0), (date(2026, 5, 1), 12.0))
    )
    made = book(date(2026, 6, 1), year("x", MARCH, 100), more, usage=licences)
    assert moved(made)[:2] == [("x", "expansion_price", 10.0), ("x", "expansion_volume", 20.0)]


def test_a_rate_of_exchange_moves_no_arr() -> None:
    """€100k at 1.10, then 1.05: 0 at the constant rate, −5k at the market's."""
    held = Contract("x", "x", date(2025, 3, 1), None, 100_000, "EUR")
    history = {"EUR": ((date(2025, 1, 1), 1.10), (date(2026, 1, 1), 1.05))}
    made = book(date(2026, 2, 28), held, rates={"EUR": 1.1, "USD": 1.0}, rate_history=history)
    [fx] = [row for row in Movements(made).rows() if row.type == "fx"]
    assert (fx.amount, fx.moved_on) == (0, date(2026, 1, 1))
    assert fx.at_market == pytest.approx(-5_000)
    row = rates(made, Period("trailing_12m", date(2025, 4, 1), date(2026, 3, 31)))
    assert row["nrr"] == 1
    assert row["fx_effect"] == pytest.approx(-5_000)


# Retention
def at_ends(starts: list[float], ends: list[float]) -> Book:
    """Accounts with an ARR at the end of 2025, and another at the end of 2026."""
    contracts = []
    for place, (start, end) in enumerate(zip(starts, ends, strict=True)):
        name = f"{'abcdefghij'[place]}"
        contracts.append(year(name, date(2026, 6, 30), start))
        if end:
            contracts.append(Contract(f"{name}2", name, date(2026, 7, 1), None, end))
    return book(date(2026, 12, 31), *contracts)


IN_2026 = Period("trailing_12m", date(2026, 1, 1), date(2026, 12, 31))


def test_example_a() -> None:
    row = rates(at_ends([120, 100, 80, 60, 40], [150, 100, 50, 0, 44]), IN_2026)
    wanted = {
        "nrr": 0.86,
        "grr": 0.775,
        "logo_retention": 0.8,
        "expansion_rate": 0.085,
        "contraction_rate": 0.075,
        "churn_rate": 0.15,
    }
    assert {name: row[name] for name in wanted} == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("tier_id", "nrr", "grr"),
    [("T1", 1.0, 0.8636), ("T2", 0.7857, 0.5714), ("T3", 1.375, 1.0)],
)
def test_example_b_by_the_tier_at_the_start(tier_id: str, nrr: float, grr: float) -> None:
    row = rates(at_ends([120, 100, 80, 60, 40], [90, 130, 110, 0, 55]), IN_2026, tier_id)
    assert row["nrr"] == pytest.approx(nrr, abs=5e-5)
    assert row["grr"] == pytest.approx(grr, abs=5e-5)


def test_products_are_netted_within_an_account_or_not() -> None:
    terms = [
        (f"{product}{n}", product, arr)
        for product, arrs in (("p", (100, 80)), ("q", (50, 70)))
        for n, arr in enumerate(arrs)
    ]
    contracts = [
        replace(year(name, MARCH if name.endswith("0") else MARCH + YEAR, arr), product=product)
        for name, product, arr in terms
    ]
    made = book(date(2026, 12, 31), *(replace(c, account_id="x") for c in contracts))
    row = rates(made, IN_2026)
    assert (row["grr_account"], row["grr"]) == (1, 1)
    assert row["grr_product"] == pytest.approx(0.8667, abs=5e-5)


def test_renewal_and_retention_are_not_the_same() -> None:
    """10 accounts, 6 not due, of 4 due one is lost: 75 % renewed, 90 % stayed."""
    locked = [Contract(n, n, date(2025, 1, 1), date(2027, 12, 31), 10) for n in "abcdef"]
    due = [year(n, date(2026, 6, 30), 10) for n in "ghij"]
    again = [Contract(f"{n}2", n, date(2026, 7, 1), date(2027, 6, 30), 10) for n in "ghi"]
    row = rates(book(date(2026, 12, 31), *locked, *due, *again), IN_2026)
    assert (row["accounts_due"], row["logo_renewal_rate"], row["logo_retention"]) == (4, 0.75, 0.9)


def test_what_was_booked_early_or_late_belongs_to_its_own_quarter() -> None:
    """$100M due, $90M booked, of which $5M for the next quarter, $3M from the last: 82 %."""
    ends = {"a": MARCH, "b": MARCH, "n": date(2026, 6, 30), "l": date(2025, 12, 31)}
    sizes = {"a": 82, "b": 18, "n": 5, "l": 3}
    due = [year(name, end, sizes[name]) for name, end in ends.items()]
    heirs = [
        Contract("a2", "a", date(2026, 4, 1), None, 82, predecessor_id="a"),
        Contract("n2", "n", date(2026, 2, 1), None, 5, predecessor_id="n"),
        Contract("l2", "l", date(2026, 1, 20), None, 3, predecessor_id="l"),
    ]
    row = rates(book(date(2026, 12, 31), *due, *heirs), Q1)
    assert (row["atr"], row["gross_renewal_rate"]) == (100, 0.82)


def test_nothing_due_is_no_rate() -> None:
    row = rates(book(date(2026, 12, 31), X), Q1)
    assert row["accounts_due"] == 0
    assert row["atr"] == 0
    assert row["logo_renewal_rate"] is row["gross_renewal_rate"] is row["top1_share"] is None


def test_one_account_that_is_most_of_the_money_is_named() -> None:
    row = rates(book(date(2026, 12, 31), year("a", MARCH, 31), year("b", MARCH, 69)), Q1)
    assert (row["top1_share"], row["is_driven_by_one_account"], row["is_low_n"]) == (
        0.69,
        True,
        True,
    )


# Small numbers
@pytest.mark.parametrize(
    ("renewed", "due", "low", "high"),
    [(49, 50, 89.5, 99.7), (72, 100, 62.5, 79.9), (4, 4, 51.0, 100.0), (0, 3, 0.0, 56.2)],
)
def test_wilson(renewed: int, due: int, low: float, high: float) -> None:
    ends = [100 * (end or 0) for end in wilson(renewed, due)]
    assert ends == pytest.approx([low, high], abs=0.06)


def test_draws_hold_the_rate_and_are_the_same_again() -> None:
    clusters = [(100, 100), (50, 0), (70, 35), (10, 12)]
    point = 147 / 230
    low, high = resampled("gross_renewal_rate|T1|month|2026-01-01", clusters, point)
    assert low is not None
    assert high is not None
    assert 0 <= low <= point <= high <= 1.2
    assert (low, high) == resampled("gross_renewal_rate|T1|month|2026-01-01", clusters, point)


# Mix
def test_simpson() -> None:
    before = {"high": (0.98, 100.0), "scaled": (0.80, 100.0)}
    after = {"high": (0.99, 100.0), "scaled": (0.82, 300.0)}
    effects = split(before, after)
    by_rate, by_mix = (sum(each) for each in zip(*effects.values(), strict=True))
    assert (by_rate, by_mix) == pytest.approx((0.01625, -0.04375))
    assert by_rate + by_mix == pytest.approx(0.8625 - 0.89)
    assert all(mix < 0 for _, mix in effects.values())


def test_a_tier_that_is_new_changes_the_mix_alone() -> None:
    effects = split({"T1": (0.9, 10.0)}, {"T1": (0.9, 10.0), "T2": (0.5, 10.0)})
    assert [rate for rate, _ in effects.values()] == [0, 0]
    assert sum(mix for _, mix in effects.values()) == pytest.approx(0.7 - 0.9)
