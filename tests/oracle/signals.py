"""What is known about an account on a day: the signals that conditions ask about (S1 to S3).

Belongs here: each signal's value and whether it is fresh enough to be believed. Does not: what
conditions make of them (conditions), health itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import cached_property

from oracle.health_values import EMPTY
from oracle.predicates import read_condition
from oracle.signal_inputs import (
    DECIMALS,
    HEARD_D,
    HOURS_D,
    LEFT_D,
    LEVEL_D,
    STEP_UP_HOURS,
    TICKETS_D,
    At,
    Known,
    SignalInputs,
)
from oracle.succession import FAR


class Signals(SignalInputs):
    """All signals of a book."""

    @cached_property
    def told(self) -> set[str]:
        """Signals that anything tells of any account."""
        return {
            name
            for name in self.named
            if any(
                self.on(name, at) is not None
                for account_id in self.spans
                for at in self.days(account_id)
            )
        }

    def can_tell(self, text: str) -> bool:
        """Whether everything of any of a condition's alternatives is told."""
        return any({term.signal for term in terms} <= self.told for terms in read_condition(text))

    def on(self, signal: str, at: At) -> Known | None:
        """A signal on an active day; None where there is nothing that would tell."""
        return OF[signal](self, at)

    def age_days(self, at: At) -> Known:
        """Days as a customer."""
        return Known((at.day - at.since).days)

    def tier(self, at: At) -> Known:
        """The tier that it is served by."""
        return Known(self.health.tier(at.account_id, at.day))

    def band(self, at: At) -> Known | None:
        """The colour of health on the last day on which it was looked at."""
        seen = self._band_series.get(at.account_id, EMPTY).last(at.day)
        return None if seen is None else Known(seen[1])

    def active_contacts_90d(self, at: At) -> Known | None:
        """People heard from in 90 days."""
        first = self._first_heard
        if first is None or at.day < max(at.since, first) + timedelta(days=HEARD_D):
            return None
        since = at.day - timedelta(days=HEARD_D)
        there = {email for day, email in self.heard.get(at.account_id, ()) if since < day <= at.day}
        return Known(len(there), self.is_alive(at.day))

    def champion_inactive(self, at: At) -> Known | None:
        """Whether no champion is left."""
        gone = self._champions_gone.get(at.account_id)
        return None if gone is None else Known(gone <= at.day)

    def owner_role_removed_14d(self, at: At) -> Known | None:
        """Whether an owner of the product has left within 14 days."""
        owners = self._with(at.account_id, "admin")
        if not owners:
            return None
        left = [contact.left_on for contact in owners if contact.left_on is not None]
        return Known(any(day <= at.day < day + timedelta(days=LEFT_D) for day in left))

    def complexity_points_delta_30d(self, at: At) -> Known | None:
        """Levels of complexity more than 30 days before."""
        now = self._level(at.account_id, at.day)
        before = self._level(at.account_id, at.day - timedelta(days=LEVEL_D))
        return None if now is None or before is None else Known(now - before)

    def required_h_delta_30d(self, at: At) -> Known | None:
        """How many more hours it needs than five weeks before, as a share."""
        monday = at.day - timedelta(days=at.day.weekday())
        now, tier = self.base_hours.get((at.account_id, monday), (None, None))
        earlier = monday - timedelta(days=HOURS_D)
        before, tier_then = self.base_hours.get((at.account_id, earlier), (None, None))
        if not now or not before or now <= 0 or before <= 0 or tier != tier_then:
            return None
        least = self.book.model_on(monday).signals.get("step_up_hours", STEP_UP_HOURS)
        change = round(now / before - 1, DECIMALS) if abs(now - before) >= least else 0.0
        return Known(change)

    def _from_first_activity(self, at: At) -> date | None:
        first = self.first_activity
        return None if first is None or at.day < first else max(at.since, first)

    def days_since_two_way(self, at: At) -> Known | None:
        """Days since the customer last took part."""
        begin = self._from_first_activity(at)
        if begin is None:
            return None
        last = self.inputs.two_way.get(at.account_id, EMPTY).last(at.day)
        return Known((at.day - (last[0] if last else begin)).days, self.is_alive(at.day))

    def unresponsive(self, at: At) -> Known | None:
        """Whether attempts to reach the customer have stayed without answer."""
        if self._from_first_activity(at) is None:
            return None
        last = self.inputs.two_way.get(at.account_id, EMPTY).last(at.day)
        tried = [
            (day, activity)
            for day, activity in self._attempts.get(at.account_id, ())
            if day <= at.day and (last is None or day > last[0])
        ]
        is_enough = bool(tried) and self._is_enough(at.account_id, tried)
        return Known(is_enough, self.is_alive(at.day))

    def never_heard_from(self, at: At) -> Known | None:
        """Whether the customer has never written, called or asked."""
        known = [day for day in (self.first_activity, self.first_ticket) if day is not None]
        if not known or at.day < min(known):
            return None
        first = self._first_word.get(at.account_id)
        return Known(first is None or at.day < first)

    def tickets_30d(self, at: At) -> Known | None:
        """Tickets opened in 30 days."""
        if self.first_ticket is None or at.day < self.first_ticket:
            return None
        there = self.inputs.tickets.get(at.account_id, EMPTY).within(at.day, TICKETS_D)
        return Known(len(there), self.has_tickets(at.day))

    def days_to_term_end(self, at: At) -> Known | None:
        """Days to the end of the term in force that ends first."""
        if self.book.contracts is None:
            return None
        succession = self.book.succession
        ends = [
            term.ends_on
            for term in succession.of_account.get(at.account_id, ())
            if term.ends_on is not None
            and term.starts_on <= at.day <= term.ends_on
            and at.day < succession.in_force_to(term)
        ]
        return Known((min(ends) - at.day).days) if ends else None

    def first_value_date(self, at: At) -> Known | None:
        """The day on which it first got value; unknown until then."""
        is_done = any(type_ == "first_value" for _, type_ in self._done)
        if not is_done and not self.book.tells_first_value:
            return None
        day = self.book.account[at.account_id].first_value_on or self._done.get(
            (at.account_id, "first_value")
        )
        return Known(day if day is not None and day <= at.day else None)

    def onboarding_open_days(self, at: At) -> Known | None:
        """Days for which onboarding has been open."""
        kinds = [project for project in self.book.projects if project.kind == "implementation"]
        is_told = any(type_ == "onboarding_complete" for _, type_ in self._done) or any(
            project.completed_on is not None for project in kinds
        )
        first = self.first_activity
        mine = [project for project in kinds if project.account_id == at.account_id]
        is_new = first is not None and at.since >= first
        if not is_told or not is_new or not (self._is_owed(at) or mine):
            return None
        ends = [project.completed_on for project in mine if project.completed_on is not None]
        done = self._done.get((at.account_id, "onboarding_complete"))
        end = min([*ends, *([done] if done else [])], default=FAR)
        return Known((at.day - at.since).days) if at.day < end else None

    def _is_owed(self, at: At) -> bool:
        tier = self.health.tier(at.account_id, at.since)
        return self.book.model_on(at.since).standard(tier, "onboarding_complete") is not None

    def _flag(self, metric: str, at: At) -> Known | None:
        said = self.inputs.metric(at.account_id, metric, at.day)
        if said is None:
            return None
        return Known(said[1] != 0, (at.day - said[0]).days <= self.max_age_d["usage"])

    def full_export_requested(self, at: At) -> Known | None:
        """Whether all data were asked for."""
        return self._flag("full_export_requested", at)

    def payment_failed(self, at: At) -> Known | None:
        """Whether the last payment failed."""
        return self._flag("payment_failed", at)

    def usage_change_28d(self, at: At) -> Known | None:
        """Active users of 28 days against the 28 before, as a share."""
        change = self._change(at.account_id, at.day)
        if change is None:
            return None
        newest = self.inputs.metric(at.account_id, "active_users", at.day)
        is_new = newest is not None and (at.day - newest[0]).days <= self.max_age_d["usage"]
        return Known(change, is_new and not self.is_recount(at.day))

    def utilisation(self, at: At) -> Known | None:
        """Licences used over licences bought."""
        value = self.inputs.license_utilisation(at.account_id, at.day)
        if value.raw is None or value.measured_on is None:
            return None
        is_new = (at.day - value.measured_on).days <= self.max_age_d["usage"]
        return Known(round(value.raw, DECIMALS), is_new)


OF: Mapping[str, Callable[[Signals, At], Known | None]] = {
    "active_contacts_90d": Signals.active_contacts_90d,
    "age_days": Signals.age_days,
    "band": Signals.band,
    "champion_inactive": Signals.champion_inactive,
    "complexity_points_delta_30d": Signals.complexity_points_delta_30d,
    "days_since_two_way": Signals.days_since_two_way,
    "days_to_term_end": Signals.days_to_term_end,
    "first_value_date": Signals.first_value_date,
    "full_export_requested": Signals.full_export_requested,
    "never_heard_from": Signals.never_heard_from,
    "onboarding_open_days": Signals.onboarding_open_days,
    "owner_role_removed_14d": Signals.owner_role_removed_14d,
    "payment_failed": Signals.payment_failed,
    "required_h_delta_30d": Signals.required_h_delta_30d,
    "tickets_30d": Signals.tickets_30d,
    "tier": Signals.tier,
    "unresponsive": Signals.unresponsive,
    "usage_change_28d": Signals.usage_change_28d,
    "utilisation": Signals.utilisation,
}
"""How each signal is found."""
