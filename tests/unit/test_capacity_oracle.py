"""The oracle of time, capacity and the case for finance on the worked examples of 3.10 to 3.15.

Belongs here: numbers that the specification gives, and cases at the edge. Does not: SQL, which
the properties hold against the oracle.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from oracle.activity_time import Spent, cut_to_a_day, share_out
from oracle.capacity import Book as UnitBook
from oracle.capacity import Unit
from oracle.capacity_tiers import ALL, DRIVERS, TierLoad, need, shapley
from oracle.coverage import Judged, cause
from oracle.coverage_models import Model, Tier
from oracle.demand import Demand
from oracle.ledger_facts import Account, Book, Contract, Lead
from oracle.ledger_rows import Obligation
from oracle.people_models import net_hours_per_fte, reference
from oracle.supply import Team, ramp, whole_months
from oracle.time_kinds import Kind, kind_of_activity, kind_of_entry
from oracle.time_marts import Split
from oracle.tooling import Work

TODAY = date(2026, 6, 30)
CAPACITY = {
    "work_days": 225, "hours_day": 8.0, "internal_share": 0.35, "reactive_shrink_k": 4,
    "over_util": 1.0, "under_util": 0.6, "ramp_by_quarter": [0.25, 0.5, 0.75, 1.0],
    "complexity_multiplier": {"low": 0.9, "medium": 1.0, "high": 1.2}, "pools": {},
}  # fmt: skip
SETTINGS = {"prep_counts_as": "internal_account", "admin_work_types": ["reporting", "data_entry"]}
NET = 1170.0

PROACTIVE = Kind("proactive", "customer", "customer")
TEAM = Kind("internal", "other", "team")


# 3.10
def test_a_week_of_forty_hours_of_which_thirty_one_are_tracked() -> None:
    minutes = {"proactive": 12.0, "reactive": 11.0, "internal": 8.0}
    week = Split({**minutes, "unclassified": 0.0, "not_working": 0.0}, contracted=40.0)
    assert [round(100 * h / week.tracked, 1) for h in minutes.values()] == [38.7, 35.5, 25.8]
    assert [round(100 * h / week.contracted, 1) for h in minutes.values()] == [30.0, 27.5, 20.0]
    assert week.unaccounted_share == pytest.approx(0.225)


def test_a_week_of_holidays_has_no_shares_of_contracted_time() -> None:
    none = dict.fromkeys(("proactive", "reactive", "internal", "unclassified", "not_working"), 0.0)
    assert Split(none, contracted=0.0).unaccounted_share is None
    assert Split(none, contracted=40.0).unaccounted_share == 1.0


def spent(name: str, kind: Kind, begins: int, minutes: int, *, is_entry: bool = False) -> Spent:
    at = datetime(2026, 6, 30, 9, tzinfo=UTC) + timedelta(minutes=begins)
    record = {"entry_id" if is_entry else "activity_id": name, "started_at": at, "type": "meeting"}
    return Spent(record, is_entry, "a@b.example", TODAY, None, kind, extent=60 * minutes)


def test_two_at_once_go_to_the_customer() -> None:
    team, customer = spent("t", TEAM, 0, 60), spent("c", PROACTIVE, 30, 60)
    share_out([team, customer])
    assert (team.minutes, customer.minutes) == (30, 60)


def test_what_is_written_goes_before_what_a_calendar_says() -> None:
    meeting, entry = spent("m", PROACTIVE, 0, 60), spent("e", TEAM, 15, 30, is_entry=True)
    share_out([meeting, entry])
    assert (meeting.minutes, entry.minutes) == (30, 30)


def test_nobody_works_more_than_sixteen_hours_a_day() -> None:
    long, other = spent("a", PROACTIVE, 0, 900), spent("b", PROACTIVE, 0, 120)
    long.seconds, other.seconds = 900 * 60.0, 120 * 60.0
    cut_to_a_day([long, other])
    assert (long.minutes, other.minutes) == (900, 60)


def activity(**known: Any) -> dict[str, Any]:
    names = ("account_id", "direction", "ticket_id", "customer_attendees", "channel", "work_type")
    return {**dict.fromkeys(names), "type": "meeting", **known}


@pytest.mark.parametrize(
    ("known", "category", "reason"),
    [
        ({"account_id": "A", "direction": "inbound"}, "reactive", "inbound"),
        ({"account_id": "A", "ticket_id": "t", "direction": "outbound"}, "reactive", "ticket"),
        ({"account_id": "A", "type": "escalation_call"}, "reactive", "escalation"),
        ({"account_id": "A", "customer_attendees": 2}, "proactive", "customer"),
        ({"account_id": "A", "type": "internal_prep"}, "internal", "preparation"),
        ({"account_id": "A", "customer_attendees": 0}, "internal", "account_work"),
        ({"type": "reporting"}, "internal", "admin"),
        ({"type": "internal_team"}, "internal", "team"),
        ({}, "unclassified", "unclassified"),
    ],
)
def test_the_first_rule_that_matches_says_what_time_it_was(
    known: dict[str, Any], category: str, reason: str
) -> None:
    found = kind_of_activity(activity(**known), SETTINGS, is_answer=False)
    assert (found.category, found.reason) == (category, reason)


def test_an_answer_is_reactive_and_preparation_can_be_switched() -> None:
    sent = activity(account_id="A", direction="outbound", channel="email", type="email")
    assert kind_of_activity(sent, SETTINGS, is_answer=True).category == "reactive"
    proactive = {**SETTINGS, "prep_counts_as": "proactive"}
    prep = {"account_id": "A", "work_type": "meeting_prep", "category": "internal"}
    assert kind_of_entry(prep, proactive).category == "proactive"
    assert kind_of_entry(prep, SETTINGS).category == "internal"


def test_a_day_off_is_no_work_whatever_its_category() -> None:
    entry = {"account_id": None, "work_type": "PTO", "category": "internal"}
    assert kind_of_entry(entry, SETTINGS).category == "not_working"


# 3.11
def demand(tier_id: str, hours: float, number: int = 0) -> Demand:
    return Demand(
        *(f"{tier_id}-{number}", TODAY, tier_id, "U1", None),
        arr=1.0,
        complexity=None,
        standard=hours,
        multiplier=1.0,
        event=0.0,
        reactive=0.0,
        conditional=0.0,
        onboarding=0.0,
    )


def load(tier_id: str, accounts: int, fte: float, hours: float) -> TierLoad:
    rows = [demand(tier_id, hours, number) for number in range(accounts)]
    return TierLoad(tier_id, TODAY, NET, rows, {}, fte, fte * NET)


TABLE = [
    ("T1", 12, 2, 186.0, 6.0, 6.3, 1.91, 95),
    ("T2", 40, 3, 81.0, 13.3, 14.4, 2.77, 92),
    ("T3", 90, 2, 36.0, 45, 32.5, 2.77, 138),
    ("T4", 200, 2, 18.0, 100, 65, 3.08, 154),
    ("T5", 800, 2, 5.25, 400, 222.9, 3.59, 179),
]


def test_a_full_time_person_has_1170_hours_for_customers() -> None:
    assert net_hours_per_fte(CAPACITY) == NET


@pytest.mark.parametrize(
    ("tier_id", "accounts", "fte", "hours", "ratio", "implied", "need_", "used"), TABLE
)
def test_the_table_of_capacity(
    tier_id: str,
    accounts: int,
    fte: float,
    hours: float,
    ratio: float,
    implied: float,
    need_: float,
    used: int,
) -> None:
    tier = load(tier_id, accounts, fte, hours)
    assert round(tier.accounts / fte, 1) == ratio
    assert tier.implied == pytest.approx(implied, abs=0.05)
    assert round(tier.needed_fte, 2) == need_
    assert round(100 * (tier.utilisation or 0)) == used


def test_all_tiers_together_need_three_more_and_have_no_ratio() -> None:
    rows = [
        demand(tier_id, hours, number)
        for tier_id, accounts, _, hours, *_ in TABLE
        for number in range(accounts)
    ]
    everything = TierLoad(ALL, TODAY, NET, rows, {}, 11.0, 11 * NET)
    assert everything.implied is None
    assert round(everything.accounts / 11, 1) == 103.8
    assert round(everything.needed_fte, 2) == 14.11
    assert round(100 * (everything.utilisation or 0)) == 128
    assert everything.required - 11 * NET == pytest.approx(3642)
    assert round(everything.needed_fte - 11, 2) == 3.11


def test_a_tier_without_accounts_or_people_has_no_ratios() -> None:
    empty = load("T1", 0, 0.0, 186.0)
    assert (empty.implied, empty.utilisation, empty.needed_fte) == (None, None, 0.0)


def test_a_person_is_split_by_hours_and_not_by_heads() -> None:
    book = UnitBook(
        Unit("U1", None), TODAY, [demand("T1", 186), demand("T3", 36), demand("T3", 36)]
    )
    assert book.shares == pytest.approx({"T1": 186 / 258, "T3": 72 / 258})
    assert UnitBook(Unit("U2", None), TODAY).shares == {"NONE": 1.0}


def test_reference_is_what_models_for_one_with_many_name() -> None:
    assert reference({"models": ["1:1", "1:many[10,25)", "1:many[25,50)"]}) == (10, 50)
    assert reference({"models": ["1:many[100,inf)"]}) == (100, None)
    assert reference({"models": ["many:many"]}) == (None, None)


@pytest.mark.parametrize(
    ("started_on", "share_"),
    [
        (date(2026, 4, 1), 0.25),
        (date(2026, 3, 31), 0.25),
        (date(2026, 3, 30), 0.5),
        (date(2025, 6, 30), 1.0),
        (None, 1.0),
    ],
)
def test_new_people_give_more_from_quarter_to_quarter(
    started_on: date | None, share_: float
) -> None:
    assert ramp([0.25, 0.5, 0.75, 1.0], started_on, TODAY) == share_


def test_a_month_has_passed_when_its_day_is_reached_again() -> None:
    assert whole_months(date(2026, 1, 31), date(2026, 2, 28)) == 0
    assert whole_months(date(2026, 1, 28), date(2026, 2, 28)) == 1


def team(**person: Any) -> Team:
    model = Model(date(2024, 1, 1), (Tier("T1", 0, None),), {}, said={"capacity": CAPACITY})
    account = Account("A")
    book = Book(
        TODAY,
        (model,),
        (account,),
        contracts=(Contract("C", "A", date(2025, 1, 1), None, 1.0),),
        leads=(Lead("A", date(2025, 1, 1), None, None, "Pool"),),
    )
    known = {"user_id": "U1", "email": "u@b.example", "is_csm": True, "team": "POOL", "fte": 0.5}
    absence = {"user_email": "u@b.example", "from": date(2026, 6, 22), "to": date(2026, 6, 27)}
    return Team(book, [{**known, **person}], [{**absence, "kind": "holiday"}])


def test_a_week_of_holidays_has_contracted_hours_and_none_to_give() -> None:
    week = team().weeks["U1", date(2026, 6, 22)]
    assert (week.contracted, week.working, week.supply) == (20.0, 0.0, 0.0)
    before = team().weeks["U1", date(2026, 6, 15)]
    assert before.supply == pytest.approx(20 * 0.65)


def test_the_pools_people_are_those_of_its_team_who_lead_nobody() -> None:
    assert team().weeks["U1", date(2026, 6, 15)].pool == "Pool"
    assert team(team="Field").weeks["U1", date(2026, 6, 15)].pool is None
    leading = team()
    leads = (Lead("A", date(2025, 1, 1), None, "U1", "Pool"),)
    leading = replace(leading, book=replace(leading.book, leads=leads))
    assert leading.weeks["U1", date(2026, 6, 15)].pool is None


def test_who_has_left_has_no_weeks() -> None:
    gone = team(ended_on=date(2026, 6, 22))
    assert ("U1", date(2026, 6, 15)) in gone.weeks
    assert ("U1", date(2026, 6, 22)) not in gone.weeks


# 3.12
def test_the_bridge_of_t3_adds_up() -> None:
    before = {"accounts": 90.0, "standards": 24.0, "reactive": 12.0, "supply": 1170.0}
    after = {"accounts": 100.0, "standards": 22.0, "reactive": 14.0, "supply": 1210.0}
    effects = [round(shapley(name, before, after), 3) for name in DRIVERS]
    assert effects == [0.303, -0.160, 0.160, -0.097]
    assert round(need(before), 3) == 2.769
    assert round(need(after), 3) == 2.975
    assert sum(shapley(name, before, after) for name in DRIVERS) == pytest.approx(
        need(after) - need(before)
    )


# 3.14
def failing(owner: str | None, timeliness: str = "missed") -> Judged:
    row = Obligation(
        *("A", "check_in", "k", "rolling", "T1", "1"),
        *(TODAY, TODAY, TODAY, TODAY),
        timeliness=timeliness,
        quality="to_standard" if timeliness == "late" else None,
        failed_conditions=(),
        disposition="counted",
        exclusion_reason=None,
        fulfilled_on=None,
        fulfilled_by_activity_id=None,
        days_from_due=None,
        attempts=0,
        is_customer_unresponsive=False,
        is_provisional=False,
        owner_user_id=owner,
        owner_pool=None,
        is_required=True,
        expected_minutes=30.0,
    )
    return Judged(row, is_in_headline=True, has_owner=owner is not None)


def test_too_much_work_explains_before_lateness_and_after_no_owner() -> None:
    def is_full(one: Judged) -> bool:
        return one.row.owner_user_id == "full"

    assert cause([failing("full", "late")], is_full) == "over_capacity"
    assert cause([failing("free", "late")], is_full) == "late_only"
    assert cause([failing("full"), failing(None)], is_full) == "no_owner"
    assert cause([failing("free")], is_full) == "not_attempted"


# 3.15
MANUAL = [
    ("renewal_tracking", 620, 0.90),
    ("health_assembly", 540, 0.95),
    ("reporting", 1080, 0.80),
    ("note_reentry", 700, 0.60),
    ("data_entry", 900, 0.50),
]


def test_tools_give_back_less_than_is_commonly_claimed() -> None:
    works = [Work(name, {"mid": share_}, hours, hours) for name, hours, share_ in MANUAL]
    gross = 11 * 1800
    recoverable = sum(work.recoverable("mid") or 0.0 for work in works)
    assert round(100 * sum(work.manual or 0.0 for work in works) / gross, 1) == 19.4
    assert recoverable == pytest.approx(2805)
    assert round(100 * recoverable / gross, 1) == 14.2
    assert round(recoverable / NET, 2) == 2.40
    assert round(recoverable / NET * 0.7, 2) == 1.68
    gap = 3642 / NET
    assert round(gap - recoverable / NET, 2) == 0.72
    assert round(gap - 0.7 * recoverable / NET, 2) == 1.43


def test_what_is_left_to_people_gives_nothing_back() -> None:
    assert Work("reviews", {"human_only": True}, 100.0, 100.0).recoverable("high") == 0.0
    assert Work("gardening", None, 100.0, 100.0).recoverable("high") is None
    assert Work("reporting", {"mid": 0.8}, None, None).recoverable("mid") is None
