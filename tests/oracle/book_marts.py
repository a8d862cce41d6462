"""Books of persons and pools as public tables: C18, C21 (mart_capacity_csm,
mart_book_balance).

Belongs here: how full each book is, who in it is given too little and who too much. Does not:
tiers, which `capacity_marts` tells; what goes with full books, which `load_outcome` tells.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, timedelta
from functools import cached_property

from oracle.activity_time import monday
from oracle.calendar import period
from oracle.capacity import Book, Capacity, Load, Unit
from oracle.capacity_marts import PARTS, QUARTERS, utilisation_band
from oracle.coverage import share, wilson
from oracle.coverage_tables import is_closed
from oracle.demand import QUARTER_D, YEAR_D
from oracle.health_values import is_two_way
from oracle.ledger_facts import DAY, days
from oracle.ledger_rows import Obligation
from oracle.people_models import net_hours_per_fte
from oracle.sums import exact
from oracle.supply import WEEK
from oracle.world import Row

DELIVERED = {"rolling", "fixed_calendar", "anchored", "lead_to_event", "conditional"}
"""Schedules of what people do on a day of their choosing."""

NOT_YET = {"upcoming", "open_lapsed"}
LAST_WEEKS = 26


class BookMarts:
    """Books, with what was covered (mart_coverage_account_period), renewed and answered."""

    def __init__(
        self,
        capacity: Capacity,
        covered: Sequence[Row],
        renewals: Sequence[Row],
        surveys: Sequence[Row],
        costs: Sequence[float],
    ) -> None:
        self.capacity, self.book, self.demands = capacity, capacity.book, capacity.demands
        self.covered, self.renewals, self.surveys = covered, renewals, surveys
        self.cost = sum(costs) / len(costs) if costs else None
        self.people = {person["user_id"]: person for person in capacity.team.people}

    @property
    def as_of(self) -> date:
        """Today."""
        return self.book.as_of

    # Books today
    def mart_capacity_csm(self) -> Iterator[Row]:
        """One row a CSM and one a pool."""
        for unit, book in self.capacity.books[self.as_of].items():
            person = self.people.get(unit.user_id or "")
            if unit.user_id is None or (person is not None and person["is_csm"]):
                yield {
                    "user_id": unit.user_id,
                    "pool": unit.pool,
                    "name": person["name"] if person else None,
                    **self._book(book),
                    **self._ahead(unit),
                    **self._lately(unit),
                    **self._outcomes(unit, {row.account_id for row in book.accounts}),
                }

    def _book(self, book: Book) -> Row:
        settings = self.book.model_on(self.as_of).said["capacity"]
        required = exact(row.required for row in book.accounts)
        utilisation = share(required, book.supply or 0)
        needed = required / net_hours_per_fte(settings)
        known = [row.arr for row in book.accounts if row.arr is not None]
        return {
            "heads": len(book.people),
            "accounts": len(book.accounts),
            "fte": book.fte,
            "accounts_per_fte": share(len(book.accounts), book.fte or 0),
            "arr": sum(known) if known else None,
            **{f"{p}_hours": exact(getattr(row, p) for row in book.accounts) for p in PARTS},
            "required_hours": required,
            "supply_hours": book.supply,
            "utilisation": utilisation,
            "utilisation_band": utilisation_band(utilisation, settings),
            "needed_fte": needed,
            "fte_gap": None if book.fte is None else needed - book.fte,
        }

    def _loads(self, unit: Unit) -> list[Load]:
        return sorted(
            (load for (each, _), load in self.capacity.loads.items() if each == unit),
            key=lambda load: load.week,
        )

    def _ahead(self, unit: Unit) -> Row:
        net = net_hours_per_fte(self.book.model_on(self.as_of).said["capacity"])
        weeks = [load for load in self._loads(unit) if load.is_forecast]
        required = [load.required for load in weeks if load.required is not None]
        supply = [load.supply for load in weeks if load.supply is not None]
        known = [(load.utilisation, load.week) for load in weeks if load.utilisation is not None]
        peak = min(known, key=lambda one: (-round(one[0], 9), one[1]), default=None)
        spare = None
        if required and supply:
            spare = (exact(supply) - exact(required)) * QUARTERS / net
        return {
            "peak_week_start": peak[1] if peak else None,
            "peak_utilisation": peak[0] if peak else None,
            "next_13w_required_hours": exact(required) if required else None,
            "next_13w_supply_hours": exact(supply) if supply else None,
            "surplus_fte": None if spare is None else max(0.0, spare),
            "deficit_fte": None if spare is None else max(0.0, -spare),
            "budget_delta": None if spare is None or self.cost is None else -spare * self.cost,
            "licence_delta": None,
        }

    def _lately(self, unit: Unit) -> Row:
        end = monday(self.as_of)
        last = [load for load in self._loads(unit) if end - LAST_WEEKS * WEEK <= load.week < end]
        limit = self.book.model_on(self.as_of).said["capacity"]["over_util"]
        accounts = [load.accounts for load in last if load.accounts is not None]
        over = sum(load.utilisation is not None and load.utilisation > limit for load in last)
        return {
            "mean_accounts_26w": share(sum(accounts), len(accounts)),
            "weeks_over_26w": over if last else None,
        }

    def _outcomes(self, unit: Unit, accounts: set[str]) -> Row:
        covered = [self._last_quarter[name] for name in accounts if name in self._last_quarter]
        low, high = wilson(sum(covered), len(covered))
        ended = [
            row
            for row in self.renewals
            if self.as_of - timedelta(days=YEAR_D) < row["term_end_on"] <= self.as_of
            and is_decided(row)
            and self.capacity.unit_of(row["account_id"], row["term_end_on"]) == unit
        ]
        atr = exact(row["atr"] for row in ended) if ended else None
        kept = exact(min(row["renewed_arr"], row["atr"]) for row in ended)
        since = self.as_of - timedelta(days=QUARTER_D)
        responses = [
            row
            for row in self.demands.ledger
            if row.schedule_type == "response"
            and row.disposition == "counted"
            and not row.is_provisional
            and row.closes_on > since
            and row.account_id in accounts
        ]
        answers = [
            row["score"]
            for row in self.surveys
            if row["kind"] == "csat"
            and row["account_id"] in accounts
            and since < row["responded_at"].astimezone(UTC).date() <= self.as_of
        ]
        return {
            "accounts_evaluable": len(covered),
            "accounts_covered": sum(covered),
            "account_cts": share(sum(covered), len(covered)),
            "account_cts_low": low,
            "account_cts_high": high,
            "atr": atr,
            "gross_renewal_rate": share(kept, atr or 0),
            "responses": len(responses),
            "response_on_time_rate": share(
                sum(row.timeliness == "on_time" for row in responses), len(responses)
            ),
            "csat_answers": len(answers),
            "csat_mean": share(math.fsum(answers), len(answers)),
        }

    @cached_property
    def _last_quarter(self) -> dict[str, bool]:
        """Whether each account was covered, under every tier, in the last closed quarter."""
        quarters = {r["period_start"] for r in self.covered if r["period_type"] == "quarter"}
        closed = [q for q in quarters if is_closed(self.as_of, period(q, "quarter")[1])]
        found: dict[str, bool] = {}
        for row in self.covered:
            is_there = row["period_type"] == "quarter" and row["period_start"] == max(closed)
            if is_there and row["is_covered"] is not None:
                found[row["account_id"]] = row["is_covered"] and found.get(row["account_id"], True)
        return found

    # Who is given what
    def mart_book_balance(self) -> Iterator[Row]:
        """One row a book and whole month."""
        for day in self.demands.days:
            if day == period(day, "month")[1]:
                for unit, book in self.capacity.books[day].items():
                    if book.accounts:
                        yield self._balance(unit, book, day)

    def _balance(self, unit: Unit, book: Book, day: date) -> Row:
        said = self.book.model_on(day).said
        under = over = 0
        owed_by, given_by = [], []
        for row in book.accounts:
            owed = self._owed(row.account_id, day) * row.multiplier
            if not owed or not self._is_judged(row.account_id, day):
                continue
            given = self._given(row.account_id, day)
            cap = said["over_service_cap_per_quarter"].get(row.tier_id)
            is_capped = cap is not None and self._engagements(row.account_id, day) > cap
            under += round(given - said["model_risk"]["under_service"] * owed, 4) < 0
            over += round(given - said["model_risk"]["over_service"] * owed, 4) > 0 or is_capped
            owed_by.append(owed)
            given_by.append(given)
        is_known = bool(owed_by)
        return {
            "user_id": unit.user_id,
            "pool": unit.pool,
            "month_start": day.replace(day=1),
            "accounts": len(book.accounts),
            "accounts_judged": len(owed_by),
            "under_served_accounts": under if is_known else None,
            "over_served_accounts": over if is_known else None,
            "is_both": under > 0 and over > 0 if is_known else None,
            "owed_hours": exact(owed_by) if is_known else None,
            "given_hours": exact(given_by) if is_known else None,
            "service_ratio": share(exact(given_by), exact(owed_by)),
        }

    def _is_judged(self, account_id: str, day: date) -> bool:
        since, first = day - timedelta(days=QUARTER_D), self.demands.first_tracked
        active = self.capacity.team.is_active
        return (
            first is not None
            and first <= since
            and all(active(account_id, each) for each in days(since + DAY, day + DAY))
        )

    def _owed(self, account_id: str, day: date) -> float:
        since, total = day - timedelta(days=QUARTER_D), 0.0
        for row in self._delivered.get(account_id, ()):
            if since < row.due_on <= day:
                minutes = self.demands.minutes(row.tier_id, row.family, day)
                total += (row.expected_minutes if minutes is None else minutes) / 60
        return total

    @cached_property
    def _delivered(self) -> dict[str, list[Obligation]]:
        found: dict[str, list[Obligation]] = defaultdict(list)
        for row in self.demands.ledger:
            is_by_people = row.schedule_type in DELIVERED and row.delivery_mode != "digital"
            if is_by_people and row.disposition == "counted":
                found[row.account_id].append(row)
        return found

    def _given(self, account_id: str, day: date) -> float:
        since = day - timedelta(days=QUARTER_D)
        return exact(m / 60 for on, m in self._proactive.get(account_id, ()) if since < on <= day)

    @cached_property
    def _proactive(self) -> dict[str, list[tuple[date, float]]]:
        found: dict[str, list[tuple[date, float]]] = defaultdict(list)
        for one in self.demands.time.spent:
            if one.kind.category == "proactive" and one.account_id is not None:
                found[one.account_id].append((one.day, one.minutes))
        return found

    def _engagements(self, account_id: str, day: date) -> int:
        since = day - timedelta(days=QUARTER_D)
        return sum(since < on <= day for on in self._met.get(account_id, ()))

    @cached_property
    def _met(self) -> dict[str, list[date]]:
        found: dict[str, list[date]] = defaultdict(list)
        for activity in self.book.activities or ():
            is_ours = activity.direction != "inbound" and activity.channel not in ("email", "chat")
            if is_ours and activity.status == "completed" and is_two_way(activity):
                day = self.book.local_day(activity.started_at, activity.account_id)
                found[activity.account_id].append(day)
        return found


def is_decided(row: Row) -> bool:
    """A renewal of which it is known how much was kept."""
    return (
        row["outcome"] not in NOT_YET
        and row["atr"] is not None
        and row["atr"] > 0
        and row["renewed_arr"] is not None
    )
