"""What accounts take: 3.11 "required", C3 to C7, C12, C13 (int_account_demand).

Belongs here: hours a year by account, on the last day of each month and on as_of. Does not: who
has them to give, which `supply` tells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from statistics import median

from oracle.activity_time import ActivityTime, Spent, monday
from oracle.ledger_facts import DAY, days
from oracle.ledger_rows import Obligation
from oracle.sums import exact
from oracle.supply import WEEK, Team
from oracle.world import Row

MONTHS = 24
QUARTER_D = 91
YEAR_D, YEAR_WEEKS = 365, 52
ENOUGH = 20
"""So many real durations say more than the model."""


@dataclass(frozen=True)
class Demand:
    """What an account takes, in hours a year."""

    account_id: str
    day: date
    tier_id: str
    owner_user_id: str | None
    owner_pool: str | None
    arr: float | None
    complexity: str | None
    standard: float
    multiplier: float
    event: float
    """Of standards before term ends, multiplied already."""
    reactive: float
    conditional: float
    onboarding: float

    @property
    def proactive(self) -> float:
        """What the standards take of an account that is so complex."""
        return self.standard * self.multiplier

    @property
    def required(self) -> float:
        """All of it."""
        return self.proactive + self.reactive + self.conditional + self.onboarding

    @property
    def unit(self) -> str | None:
        """In whose book it is: a person's, else a pool's."""
        return self.owner_user_id or self.owner_pool


@dataclass(frozen=True)
class Reactive:
    """An account's own questions, as the thirteen weeks before a Monday tell."""

    account_id: str
    week: date
    tier_id: str
    minutes: float
    weeks: int
    hours_per_year: float


class Demands:
    """All accounts' demand; `history` is account_scd2."""

    def __init__(
        self,
        team: Team,
        time: ActivityTime,
        ledger: Sequence[Obligation],
        history: Sequence[Row],
        arr_on: Mapping[str, Sequence[tuple[date, date, float | None]]],
    ) -> None:
        self.team, self.book, self.time, self.ledger = team, team.book, time, ledger
        self.arr_on = arr_on
        self._history: dict[str, list[Row]] = defaultdict(list)
        for row in history:
            self._history[row["account_id"]].append(row)

    @cached_property
    def days(self) -> list[date]:
        """The last days of the last 24 whole months, and as_of."""
        found = [self.book.as_of]
        end = self.book.as_of + DAY
        while len(found) <= MONTHS:
            end = end.replace(day=1) - DAY
            found.insert(0, end)
        return sorted(set(found))

    @cached_property
    def told(self) -> list[date]:
        """Those of them on which anything is told."""
        return [day for day in self.days if self.on(day)]

    @cached_property
    def rows(self) -> dict[tuple[str, date], Demand]:
        """By account and day: of every account that is in a tier on it."""
        return {
            (account_id, day): self._row(account_id, day, tier.assigned)
            for account_id, by_day in self.book.tier_days.items()
            for day in self.days
            if (tier := by_day.get(day)) is not None and tier.assigned is not None
        }

    def on(self, day: date) -> list[Demand]:
        """Those of one day."""
        return self._by_day[day]

    @cached_property
    def _by_day(self) -> dict[date, list[Demand]]:
        found: dict[date, list[Demand]] = {day: [] for day in self.days}
        for (_, day), row in sorted(self.rows.items()):
            found[day].append(row)
        return found

    def _row(self, account_id: str, day: date, tier_id: str) -> Demand:
        model = self.book.model_on(day)
        complexity, multiplier = self.complexity(account_id, day)
        standard = event = 0.0
        for each in model.planned(tier_id):
            if each.schedule != "conditional":
                minutes = self.minutes(tier_id, each.family, day)
                hours = each.per_year * (each.minutes if minutes is None else minutes) / 60
                standard += hours
                event += hours if each.schedule == "lead_to_event" else 0.0
        person, pool = self.book.lead_on(account_id, day)
        amounts = [arr for start, end, arr in self.arr_on[account_id] if start <= day < end]
        known = [arr for arr in amounts if arr is not None]
        is_new = (day - self.first_day(account_id)).days < QUARTER_D
        return Demand(
            *(account_id, day, tier_id, person, pool),
            arr=sum(known) if len(known) == len(amounts) else None,
            complexity=complexity,
            standard=standard,
            multiplier=multiplier,
            event=event * multiplier,
            reactive=self.reactive[account_id, monday(day)].hours_per_year,
            conditional=self._conditional(account_id, day),
            onboarding=float(model.said["onboarding_hours"].get(tier_id, 0)) if is_new else 0.0,
        )

    def first_day(self, account_id: str) -> date:
        """Since when it has been a customer."""
        return min(start for start, _ in self.team.active[account_id])

    def complexity(self, account_id: str, day: date) -> tuple[str | None, float]:
        """How complex the account was, and how many times the standards it therefore takes."""
        there = [
            row["complexity"]
            for row in self._history[account_id]
            if row["valid_from"] <= day and (row["valid_to"] is None or day < row["valid_to"])
        ]
        said = there[0] if there else None
        by_level = self.book.model_on(day).said["capacity"]["complexity_multiplier"]
        return said, float(by_level.get(said, 1.0))

    def base(self, account_id: str, week: date) -> float | None:
        """Hours a year without what depends on conditions, by the model's minutes (base_hours)."""
        row = self.reactive.get((account_id, week))
        if row is None:
            return None
        planned = sum(
            each.per_year * each.minutes / 60
            for each in self.book.model_on(week).planned(row.tier_id)
            if each.schedule != "conditional"
        )
        first = self._first_in(account_id, week) or week
        return planned * self.complexity(account_id, first)[1] + row.hours_per_year

    # What a fulfilment really takes
    @cached_property
    def _all_in(self) -> dict[str, float]:
        """C3b: minutes of an activity with all that was written down around it."""
        written: dict[tuple[str, str | None, date], float] = defaultdict(float)
        covered: dict[tuple[str, str | None, date], list[Spent]] = defaultdict(list)
        for one in self.time.spent:
            key = (one.email, one.account_id, one.week)
            if one.kind.category == "proactive" and one.account_id is not None:
                if one.is_entry:
                    written[key] += one.minutes
                elif one.is_covered:
                    covered[key].append(one)
        found: dict[str, float] = defaultdict(float)
        for key, mine in covered.items():
            lengths = [one.record["minutes"] for one in mine if one.extent is not None]
            if len(lengths) < len(mine) or not sum(lengths):
                lengths = [1.0] * len(mine)
            for one, length in zip(mine, lengths, strict=True):
                found[one.record["activity_id"]] += written[key] * length / sum(lengths)
        return found

    @cached_property
    def _lengths(self) -> dict[tuple[str, str], list[tuple[date, float]]]:
        """Real minutes of each tier's families, and when."""
        automated = {a["activity_id"] for a in self.time.facts.activities if a["is_automated"]}
        found: dict[tuple[str, str], list[tuple[date, float]]] = defaultdict(list)
        for row in self.ledger:
            activity_id = row.fulfilled_by_activity_id
            minutes = self._all_in.get(activity_id or "", 0.0)
            if (
                row.disposition == "counted"
                and row.fulfilled_on is not None
                and activity_id not in automated
                and minutes > 0
            ):
                found[row.tier_id, row.family].append((row.fulfilled_on, minutes))
        return found

    def lengths(self, tier_id: str, family: str, day: date) -> list[float]:
        """The last year's real ones."""
        since = day - timedelta(days=YEAR_D)
        return [m for on, m in self._lengths.get((tier_id, family), ()) if since < on <= day]

    def minutes(self, tier_id: str, family: str, day: date) -> float | None:
        """The middle of them, where these are enough."""
        known = self.lengths(tier_id, family, day)
        return median(known) if len(known) >= ENOUGH else None

    def _conditional(self, account_id: str, day: date) -> float:
        since = day - timedelta(days=QUARTER_D)
        total = 0.0
        for row in self._conditional_rows.get(account_id, ()):
            if since < row.due_on <= day:
                minutes = self.minutes(row.tier_id, row.family, day)
                total += row.expected_minutes if minutes is None else minutes
        return total / 60 * YEAR_D / QUARTER_D

    @cached_property
    def _conditional_rows(self) -> dict[str, list[Obligation]]:
        found: dict[str, list[Obligation]] = defaultdict(list)
        for row in self.ledger:
            if row.schedule_type == "conditional" and row.disposition == "counted":
                found[row.account_id].append(row)
        return found

    # What accounts ask for themselves
    @cached_property
    def first_tracked(self) -> date | None:
        """The week in which anybody's time was first known."""
        return min((one.week for one in self.time.spent if one.minutes > 0), default=None)

    @cached_property
    def reactive(self) -> dict[tuple[str, date], Reactive]:
        """C5: by account and Monday."""
        minutes: dict[tuple[str, date], float] = defaultdict(float)
        for one in self.time.spent:
            if one.kind.category == "reactive" and one.account_id is not None:
                minutes[one.account_id, one.week] += one.minutes
        last = monday(self.book.as_of)
        found: dict[tuple[str, date], Reactive] = {}
        for number in range(-104, 1):
            week = last + number * WEEK
            there = [
                self._observed(account_id, week, tier_id, minutes)
                for account_id in self.book.tier_days
                if (tier_id := self._tier_in(account_id, week)) is not None
            ]
            for row in self._shrunk(week, there):
                found[row.account_id, week] = row
        return found

    def _first_in(self, account_id: str, week: date) -> date | None:
        """The first day of a week on which the account is in a tier."""
        by_day = self.book.tier_days[account_id]
        there = (day for day in days(week, week + WEEK) if day in by_day)
        return next((day for day in there if by_day[day].assigned is not None), None)

    def _tier_in(self, account_id: str, week: date) -> str | None:
        day = self._first_in(account_id, week)
        return None if day is None else self.book.tier_days[account_id][day].assigned

    def _is_tracked(self, week: date) -> bool:
        """Whether thirteen weeks before it people's time was known."""
        since = self.first_tracked
        return since is not None and (week - since).days >= QUARTER_D

    def _observed(
        self, account_id: str, week: date, tier_id: str, minutes: Mapping[tuple[str, date], float]
    ) -> Reactive:
        weeks = [
            before
            for before in (week - n * WEEK for n in range(1, 14))
            if self._is_tracked(week)
            and self.first_tracked is not None
            and before >= self.first_tracked
            and all(self.team.is_active(account_id, day) for day in days(before, before + WEEK))
        ]
        known = sum(minutes.get((account_id, before), 0.0) for before in weeks)
        return Reactive(account_id, week, tier_id, known, len(weeks), 0.0)

    def _shrunk(self, week: date, there: Sequence[Reactive]) -> list[Reactive]:
        said = self.book.model_on(week).said
        k = said["capacity"]["reactive_shrink_k"]
        found = []
        for row in there:
            means = [
                each.minutes / 60 / each.weeks
                for each in there
                if each.tier_id == row.tier_id and each.weeks > 0
            ]
            planned = float(said["reactive_hours_per_year"].get(row.tier_id, 0)) / YEAR_WEEKS
            tier_mean = exact(means) / len(means) if means else planned
            own = row.minutes / 60 / row.weeks if row.weeks else 0.0
            shrunk = (row.weeks * own + k * tier_mean) / (row.weeks + k) if row.weeks else tier_mean
            found.append(
                Reactive(
                    *(row.account_id, week, row.tier_id, row.minutes, row.weeks),
                    hours_per_year=shrunk * YEAR_WEEKS,
                )
            )
        return found
