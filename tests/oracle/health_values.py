"""What each measure of health reads on a day, from nothing but what is dated on or before it (H6 to
H10).

Belongs here: raw values and the day they are of. Does not: scores, or whether a value is too old.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from oracle.ledger_facts import DAY, Activity, Book, Plan
from oracle.ledger_touches import ABOUT_A_CUSTOMER, ADDRESSED
from oracle.tiers import spans

CLOSED = {
    "closed", "completed", "complete", "cancelled", "canceled", "archived", "inactive", "expired",
    "draft", "lost",
}  # fmt: skip
"""What a plan that nobody works on any more is called."""

LIVE_CHANNELS = {"meeting", "call", "chat", "event"}
LIVE_TYPES = {
    "check_in", "kickoff", "onboarding_session", "ebr", "business_review", "success_plan_review",
    "workshop", "training", "renewal_conversation", "escalation_call", "call", "meeting",
}  # fmt: skip
"""Types in which two speak with each other, where no channel is told."""
ONE_SIDED_TYPES = {
    "internal_prep", "internal_team", "reporting", "data_entry", "renewal_tracking", "note", "task",
}  # fmt: skip
"""Work that no customer takes part in."""

SOUGHT = ({"exec_sponsor"}, {"economic_buyer", "decision_maker"}, {"champion"})
"""Whom to have met: one of each."""
PERSONAS_D, TICKETS_D, ACTIVE_D = 180, 30, 28


@dataclass(frozen=True)
class Value:
    """A raw value and the day it is of; both None where there is none."""

    raw: float | None = None
    measured_on: date | None = None


NONE = Value()


class Series:
    """Things by day, several on one in the order in which they were given."""

    def __init__(self, dated: Iterable[tuple[date, Any]]) -> None:
        ordered = sorted(dated, key=lambda one: one[0])
        self.days = [day for day, _ in ordered]
        self.things = [thing for _, thing in ordered]

    def last(self, day: date) -> tuple[date, Any] | None:
        """The newest on or before a day."""
        place = bisect_right(self.days, day)
        return (self.days[place - 1], self.things[place - 1]) if place else None

    def within(self, day: date, length_d: int) -> list[tuple[date, Any]]:
        """Those of so many days up to a day."""
        first = bisect_right(self.days, day - timedelta(days=length_d))
        end = bisect_right(self.days, day)
        return list(zip(self.days[first:end], self.things[first:end], strict=True))


EMPTY = Series(())


class Inputs:
    """A book's inputs of health by account and day."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.spans = spans(book)
        self.usage = _grouped(
            ((u.account_id, u.metric), u.on, u.value)
            for u in book.usage or ()
            if u.on <= book.as_of
        )
        self.metrics = {metric for _, metric in self.usage}
        assessed = sorted(
            ((a.assessed_at, a.assessment_id, a) for a in book.assessments), key=lambda one: one[:2]
        )
        self.assessments = _grouped(
            ((a.account_id, a.kind), self._day(at, a.account_id), a) for at, _, a in assessed
        )
        self.plans = _grouped(
            (plan.account_id, plan.updated_on, plan)
            for plan in sorted(book.plans or (), key=lambda plan: plan.plan_id)
            if plan.updated_on <= book.as_of
        )
        dated = [(self._day(a.started_at, a.account_id), a) for a in book.activities or ()]
        known = [(day, activity) for day, activity in dated if day <= book.as_of]
        self.two_way = _grouped((a.account_id, day, a) for day, a in known if is_two_way(a))
        recorded = [day for day, _ in known] if book.recorded_on is None else book.recorded_on
        self.recorded = Series((day, None) for day in recorded)
        opened = [(t, self._day(t.opened_at, t.account_id)) for t in book.tickets or ()]
        self.tickets = _grouped((t.account_id, day, t) for t, day in opened if day <= book.as_of)
        asked = (
            [d for _, d in opened if d <= book.as_of] if book.asked_on is None else book.asked_on
        )
        self.asked = Series((day, None) for day in asked)

    def _day(self, at: datetime, account_id: str) -> date:
        return self.book.local_day(at, account_id)

    def start(self, account_id: str, day: date) -> date:
        """H2: since when the account is a customer, as far as a day knows."""
        first = self.spans[account_id][0][0]
        started_on = self.book.account[account_id].started_on
        return min(first, started_on) if started_on and started_on <= day else first

    def value(self, account_id: str, measure: str, day: date) -> Value:
        """A measure's raw value as it stood on a day."""
        own = OF_THEIR_OWN.get(measure)
        if own is not None:
            return own(self, account_id, day)
        if measure != "csm_sentiment" and measure in self.metrics:
            found = self.metric(account_id, measure, day)
            return Value(found[1], found[0]) if found else NONE
        return self.assessed(account_id, measure, day)

    def metric(self, account_id: str, name: str, day: date) -> tuple[date, float] | None:
        """The latest value of a usage metric."""
        return self.usage.get((account_id, name), EMPTY).last(day)

    def assessed(self, account_id: str, kind: str, day: date) -> Value:
        """The latest score that somebody gave."""
        found = self.assessments.get((account_id, kind), EMPTY).last(day)
        return Value(found[1].score, found[0]) if found else NONE

    def license_utilisation(self, account_id: str, day: date) -> Value:
        """Licences used over licences bought."""
        return self._ratio(account_id, "licences_used", "licences_billable", day)

    def core_feature_depth(self, account_id: str, day: date) -> Value:
        """Core features used over those there are, in percent."""
        names = "core_features_used", "core_features_available"
        found = self._ratio(account_id, *names, day)
        return found if found.raw is None else Value(100 * found.raw, found.measured_on)

    def _ratio(self, account_id: str, part: str, whole: str, day: date) -> Value:
        above = self.metric(account_id, part, day)
        below = self.metric(account_id, whole, day)
        if above is None or below is None or not below[1]:
            return NONE
        return Value(above[1] / below[1], min(above[0], below[0]))

    def active_users(self, account_id: str, day: date) -> Value:
        """The most active users on any of 28 days, over licences bought."""
        there = self.usage.get((account_id, "active_users"), EMPTY).within(day, ACTIVE_D)
        below = self.metric(account_id, "licences_billable", day)
        if not there or below is None or not below[1]:
            return NONE
        most = max(value for _, value in there)
        return Value(most / below[1], min(there[-1][0], below[0]))

    def success_plan(self, account_id: str, day: date) -> Value:
        """How much of a living plan the newest one is, in percent; H7."""
        found = self.plans.get(account_id, EMPTY).last(day)
        if found is None:
            return NONE
        updated_on, plan = found
        asked = list(self._conditions(plan))
        return Value(100 * sum(asked) / len(asked), updated_on) if asked else NONE

    def _conditions(self, plan: Plan) -> Iterable[bool]:
        if plan.status and plan.status.strip():
            yield plan.status.strip().lower() not in CLOSED
        if "objectives" in self.book.plan_fields:
            yield (plan.objectives or 0) >= 1
        if plan.is_validated is not None:
            yield plan.is_validated

    def last_two_way(self, account_id: str, day: date) -> Value:
        """Days since the customer last took part; as new as the newest of any record."""
        newest = self.recorded.last(day)
        if newest is None:
            return NONE
        found = self.two_way.get(account_id, EMPTY).last(day)
        since = max(self.start(account_id, day), self.recorded.days[0])
        return Value(float((day - (found[0] if found else since)).days), newest[0])

    def tickets_30d(self, account_id: str, day: date) -> Value:
        """Tickets opened within 30 days; as new as the newest of any account."""
        newest = self.asked.last(day)
        if newest is None:
            return NONE
        return Value(
            float(len(self.tickets.get(account_id, EMPTY).within(day, TICKETS_D))), newest[0]
        )

    def persona_coverage(self, account_id: str, day: date) -> Value:
        """How many of those to be met were met within 180 days, in percent."""
        newest = self.recorded.last(day)
        if newest is None or not self.book.has_personas:
            return NONE
        met: set[str] = set()
        for _, activity in self.two_way.get(account_id, EMPTY).within(day, PERSONAS_D):
            met.update(activity.personas or ())
            for email in activity.contact_emails or ():
                met |= self.book.personas.get((account_id, email), frozenset())
        return Value(100 * sum(bool(met & each) for each in SOUGHT) / len(SOUGHT), newest[0])


OF_THEIR_OWN: dict[str, Callable[[Inputs, str, date], Value]] = {
    "license_utilisation": Inputs.license_utilisation,
    "active_users_28d_over_billable": Inputs.active_users,
    "core_feature_depth": Inputs.core_feature_depth,
    "success_plan": Inputs.success_plan,
    "last_two_way_meeting": Inputs.last_two_way,
    "tickets": Inputs.tickets_30d,
    "persona_coverage": Inputs.persona_coverage,
}


def is_two_way(activity: Activity) -> bool:
    """H9: a customer took part, not only received something."""
    if activity.status != "completed" or activity.is_automated:
        return False
    if activity.direction == "internal" or activity.type in ONE_SIDED_TYPES:
        return False
    somebody_came = bool(activity.customer_attendees or activity.contact_emails)
    if activity.type in ABOUT_A_CUSTOMER and not somebody_came:
        return False
    nobody_came = activity.customer_attendees == 0 and not somebody_came
    if nobody_came and activity.channel not in ADDRESSED:
        return False
    if activity.direction == "inbound" or activity.channel in LIVE_CHANNELS:
        return True
    return activity.channel is None and activity.type in LIVE_TYPES


def _grouped(dated: Iterable[tuple[Any, date, Any]]) -> dict[Any, Series]:
    found: dict[Any, list[tuple[date, Any]]] = defaultdict(list)
    for key, day, thing in dated:
        found[key].append((day, thing))
    return {key: Series(things) for key, things in found.items()}


def sundays(first: date, last: date) -> Sequence[date]:
    """Every Sunday of a span, both ends included."""
    start = first + (6 - first.weekday()) * DAY
    return [start + timedelta(days=7 * n) for n in range(max((last - start).days // 7 + 1, 0))]
