"""The ledger of obligations: rulings "Which standard applies" to "Unresponsive", 3.1 and 3.2.

Belongs here: when a family is owed, what becomes of a row around its schedule (pauses, waivers,
attempts, lag). Does not: how each schedule makes and settles its cycles.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

from oracle.calendar import add_business_days, business_days_between
from oracle.coverage_models import Standard
from oracle.ledger_facts import DAY, Activity, Book, Leave, days
from oracle.ledger_rows import Obligation
from oracle.ledger_touches import ATTEMPTS, Touch, accepted_types, is_accepted, judged
from oracle.tiers import TierDay, spans

LONGEST_PAUSE_D = 90
NOTHING: Mapping[str, Owed] = {}


@dataclass(frozen=True)
class Owed:
    """What an account is owed of one family on a day."""

    tier_id: str
    version: str
    standard: Standard
    types: frozenset[str]


@dataclass(frozen=True)
class Run:
    """Days without a break on which a family is owed by one schedule: [first, end)."""

    customer: Customer
    family: str
    first: date
    end: date
    ended_by: str | None
    """Why it ended; None while it goes on."""

    def owed(self, day: date) -> Owed:
        """What is owed on a day; from the end on, what was owed last."""
        return self.customer.owed(min(day, self.end - DAY))[self.family]

    @property
    def schedule(self) -> str:
        """The schedule of all its standards."""
        return self.owed(self.first).standard.schedule


@dataclass
class Cycle:
    """One obligation while it is made. `ended_by`: the event that took it out."""

    window_open: date
    due: date
    owed: Owed
    original_due: date
    cycle_key: str
    closes: date = date.max
    touch: Touch | None = None
    timeliness: str = "open"
    ended_by: tuple[str, date] | None = None
    is_short_notice: bool = False
    is_late_notice: bool = False
    is_settled_by_state: bool = False
    decided_on: date = date.min
    """The day whose tier, standard and parameters it has: the day it opens, where nothing else."""

    def __post_init__(self) -> None:
        if self.decided_on == date.min:
            self.decided_on = self.window_open


class Customer:
    """One account's own view of the book: its days, calendar, touches and exceptions."""

    def __init__(
        self,
        book: Book,
        account_id: str,
        tiers: dict[date, TierDay],
        active: list[tuple[date, date]],
        activities: list[Activity],
        owed_by_tier: dict[tuple[date, str, frozenset[str]], Mapping[str, Owed]],
    ) -> None:
        self.book = book
        self.account_id = account_id
        self.tiers = tiers
        self.active = active
        self.time_zone = book.account[account_id].time_zone
        self.holidays: Set[date] = book.holidays.get(book.account[account_id].calendar, frozenset())
        self._activities = activities
        self.owed_by_tier = owed_by_tier

    @cached_property
    def activities(self) -> list[tuple[date, Activity]]:
        """With their local day, in the order of their start, up to as_of."""
        dated = [(self.book.local_day(a.started_at, self.account_id), a) for a in self._activities]
        known = [(day, a) for day, a in dated if day <= self.book.as_of]
        return sorted(known, key=lambda one: (one[1].started_at, one[1].activity_id))

    @cached_property
    def activities_by_day(self) -> dict[date, list[Activity]]:
        """The same by local day."""
        found: dict[date, list[Activity]] = {}
        for day, activity in self.activities:
            found.setdefault(day, []).append(activity)
        return found

    def add_business_days(self, day: date, number: int) -> date:
        """By the account's own calendar."""
        return add_business_days(day, number, self.holidays)

    def grace(self, owed: Owed, window_open: date) -> int:
        """Business days of grace: the standard's, else its model's."""
        own = owed.standard.grace_bd
        return self.book.model_on(window_open).grace_bd if own is None else own

    def owed(self, day: date) -> Mapping[str, Owed]:
        """What the account is owed on a day, by family; the same object while it is the same."""
        tier = self.tiers.get(day)
        if tier is None or tier.assigned is None:
            return NOTHING
        model = self.book.model_on(day)
        standards = model.standards.get(tier.assigned, ())
        idle = frozenset(s.family for s in standards if not self._holds(s, day))
        key = (model.effective_from, tier.assigned, idle)
        if key not in self.owed_by_tier:
            self.owed_by_tier[key] = {
                standard.family: Owed(
                    tier.assigned,
                    self.book.standard_version(day, tier.assigned, standard.family),
                    standard,
                    frozenset(accepted_types(model, tier.assigned, standard)),
                )
                for standard in standards
                if standard.family not in idle
            }
        return self.owed_by_tier[key]

    def _holds(self, standard: Standard, day: date) -> bool:
        """Whether it is owed now; a conditional one only while its condition holds."""
        if standard.when is None:
            return True
        return day in self.book.conditions.get((self.account_id, standard.when), ())

    def is_same(self, one: Owed, other: Owed, day: date, other_day: date) -> bool:
        """L9: the same tier and the same standard, however many models say so."""
        return (one.tier_id, one.version, one.standard) == (
            other.tier_id,
            other.version,
            other.standard,
        ) and self.grace(one, day) == self.grace(other, other_day)

    def touch(self, day: date, activity: Activity, owed: Owed) -> Touch | None:
        """The activity as a touch by a standard; None where it is not accepted."""
        if not is_accepted(self.book, activity, owed.types, owed.standard):
            return None
        return self.judged(day, activity, owed.standard)

    def judged(self, day: date, activity: Activity, standard: Standard) -> Touch:
        """The activity with what it is by the standard's conditions."""
        results = judged(self.book, activity, standard, self.holidays)
        return Touch(day, activity.started_at, activity.activity_id, results)

    def touches(self, first: date, last: date, owed: Owed) -> Iterator[Touch]:
        """Accepted touches of a span of days, both included, in order."""
        for day, activity in self.activities:
            if first <= day <= last:
                found = self.touch(day, activity, owed)
                if found is not None:
                    yield found

    @cached_property
    def runs(self) -> dict[str, list[Run]]:
        """O1, O2: by family, days without a break on which one schedule owes it."""
        found: dict[str, list[Run]] = {}
        begun: dict[str, date] = {}
        before: Mapping[str, Owed] = {}
        for day in days(min(self.tiers), max(self.tiers) + 2 * DAY) if self.tiers else ():
            now = self.owed(day)
            if now is before:
                continue
            for family in sorted({*before, *now}):
                was, will = before.get(family), now.get(family)
                if was and (not will or will.standard.schedule != was.standard.schedule):
                    run = Run(self, family, begun.pop(family), day, self._why(day, was, will))
                    found.setdefault(family, []).append(run)
                if will:
                    begun.setdefault(family, day)
            before = now
        return found

    def _why(self, day: date, was: Owed, now: Owed | None) -> str | None:
        if day > self.book.as_of:
            return None
        if day not in self.tiers:
            return "churned"
        if now is not None:
            return "superseded"
        is_same_tier = self.tiers[day].assigned == was.tier_id
        is_over = was.standard.schedule == "conditional" and is_same_tier
        return "not_eligible" if is_over else "tier_change"

    def pauses(self, family: str) -> list[tuple[date, date]]:
        """Approved pauses, at most 90 days each, united."""
        cut = sorted(
            (leave.starts_on, min(leave.ends_on, leave.starts_on + timedelta(days=LONGEST_PAUSE_D)))
            for leave in self._leaves("pause", family)
        )
        united: list[tuple[date, date]] = []
        for start, end in cut:
            if united and start <= united[-1][1]:
                united[-1] = (united[-1][0], max(united[-1][1], end))
            elif start < end:
                united.append((start, end))
        return united

    def waived_from(self, family: str, due: date) -> date | None:
        """Since when it is waived, where it is due inside a waiver."""
        waivers = self._leaves("waiver", family)
        there = (leave.starts_on for leave in waivers if leave.starts_on <= due < leave.ends_on)
        return min(there, default=None)

    def _leaves(self, kind: str, family: str) -> Iterator[Leave]:
        for leave in self.book.leaves:
            if (
                leave.account_id == self.account_id
                and leave.kind == kind
                and leave.family in (None, family)
            ):
                yield leave

    def is_mostly_paused(self, family: str, cycle: Cycle) -> bool:
        """More than half of the window's days."""
        window = list(days(cycle.window_open, cycle.due + DAY))
        paused = [d for d in window if any(p <= d < q for p, q in self.pauses(family))]
        return 2 * len(paused) > len(window)

    def attempts(self, cycle: Cycle) -> tuple[int, bool]:
        """How often the customer was tried within the window, and whether that is enough."""
        model = self.book.model_on(cycle.window_open)
        tried = [
            (day, a.channel)
            for day, a in self.activities
            if cycle.window_open <= day <= cycle.closes
            and a.status in ATTEMPTS
            and a.direction not in ("inbound", "internal")
        ]
        channels = {channel for _, channel in tried if channel is not None}
        enough = (
            bool(tried)
            and len(tried) >= model.unresponsive_attempts
            and len(channels) >= model.unresponsive_channels
            and business_days_between(tried[0][0], tried[-1][0], self.holidays)
            >= model.unresponsive_spread_bd
        )
        return len(tried), enough


Scheduler = Callable[[Customer, str, list[Run]], Iterable[Cycle]]


def ledger(book: Book, schedulers: dict[str, Scheduler]) -> list[Obligation]:
    """fct_obligation, all accounts."""
    by_account: dict[str, list[Activity]] = {a.account_id: [] for a in book.accounts}
    for activity in book.activities or ():
        by_account.setdefault(activity.account_id, []).append(activity)
    records = [
        book.local_day(activity.started_at, activity.account_id)
        for activity in book.activities or ()
    ]
    first_record = book.recorded_since or min(
        (day for day in records if day <= book.as_of), default=date.max
    )
    active = spans(book)
    owed_by_tier: dict[tuple[date, str, frozenset[str]], Mapping[str, Owed]] = {}
    found: list[Obligation] = []
    for account_id, tiers in sorted(book.tier_days.items()):
        customer = Customer(
            book, account_id, tiers, active[account_id], by_account[account_id], owed_by_tier
        )
        for family, runs in customer.runs.items():
            for schedule, make in schedulers.items():
                of_schedule = [run for run in runs if run.schedule == schedule]
                cycles = list(make(customer, family, of_schedule)) if of_schedule else []
                if schedule not in ("state", "response"):
                    # L8: what closed before anything was recorded cannot be called missed.
                    cycles = [cycle for cycle in cycles if first_record <= cycle.closes]
                if family == "trigger_response":
                    # S6b
                    cycles = [cycle for cycle in cycles if first_record <= cycle.window_open]
                found += _told_apart([_row(customer, family, cycle) for cycle in cycles])
    return found


def _row(customer: Customer, family: str, cycle: Cycle) -> Obligation:
    book, touch, standard = customer.book, cycle.touch, cycle.owed.standard
    reason, excluded_on = None, None
    if cycle.ended_by is not None:
        reason, excluded_on = cycle.ended_by
    elif cycle.is_late_notice:
        reason, excluded_on = "late_notice", cycle.window_open
    elif standard.schedule in (
        "fixed_calendar",
        "anchored",
        "lead_to_event",
        "state",
    ) and customer.is_mostly_paused(family, cycle):
        reason = "paused"
        excluded_on = min(
            start
            for start, end in customer.pauses(family)
            if start <= cycle.due and end > cycle.window_open
        )
    elif customer.waived_from(family, cycle.due) is not None:
        reason, excluded_on = "waived", customer.waived_from(family, cycle.due)
    key = cycle.cycle_key
    if cycle.ended_by is not None:
        key += f":{cycle.ended_by[0]}:{cycle.ended_by[1].isoformat()}"
    fulfilled_on = touch.day if touch else cycle.due if cycle.is_settled_by_state else None
    quality = touch.quality if touch else "to_standard" if cycle.is_settled_by_state else None
    attempts, is_enough = customer.attempts(cycle)
    lag = book.model_on(cycle.window_open).logging_lag_bd
    matures_on = customer.add_business_days(cycle.closes, lag)
    user_id, pool = book.lead_on(customer.account_id, cycle.decided_on)
    return Obligation(
        account_id=customer.account_id,
        family=family,
        cycle_key=key,
        schedule_type=standard.schedule,
        tier_id=cycle.owed.tier_id,
        standard_version=cycle.owed.version,
        window_open_on=cycle.window_open,
        due_on=cycle.due,
        closes_on=cycle.closes,
        original_due_on=cycle.original_due,
        timeliness=cycle.timeliness,
        quality=quality,
        failed_conditions=touch.failed if touch else (),
        disposition="excluded" if reason else "counted",
        exclusion_reason=reason,
        fulfilled_on=fulfilled_on,
        fulfilled_by_activity_id=(touch.activity_id or None) if touch else None,
        days_from_due=(fulfilled_on - cycle.due).days if fulfilled_on else None,
        attempts=attempts,
        is_customer_unresponsive=fulfilled_on is None and is_enough,
        owner_user_id=None if standard.owner == "pool" else user_id,
        owner_pool=pool,
        is_provisional=book.as_of < matures_on or (cycle.timeliness == "open" and not reason),
        is_required=standard.required,
        expected_minutes=standard.minutes,
        weight=standard.weight,
        delivery_mode=standard.delivery_mode,
        owner=standard.owner,
        opened_on=cycle.decided_on,
        matures_on=matures_on,
        excluded_on=excluded_on,
        is_short_notice=cycle.is_short_notice,
        results=touch.results if touch else (),
    )


def _told_apart(rows: list[Obligation]) -> list[Obligation]:
    """O20: of several with the same key, the later ones have their number behind it."""
    seen: Counter[str] = Counter()
    found = []
    for row in sorted(rows, key=lambda row: (row.window_open_on, row.fulfilled_on or date.max)):
        seen[row.cycle_key] += 1
        number = seen[row.cycle_key]
        found.append(replace(row, cycle_key=f"{row.cycle_key}:{number}") if number > 1 else row)
    return found
