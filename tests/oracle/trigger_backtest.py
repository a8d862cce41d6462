"""How good each playbook rule has been: what it caught, and what it cried wolf at (S7).

Belongs here: counting triggers against losses. Does not: triggers and losses themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from statistics import median

from oracle.calendar import period
from oracle.coverage import share, wilson
from oracle.succession import months_later
from oracle.triggers import Trigger, Triggers, rule_of
from oracle.world import Row

BAD = ("lost", "contracted")


class Backtest:
    """Rules against what became of accounts, quarter by quarter."""

    def __init__(self, triggers: Triggers) -> None:
        self.triggers = triggers
        self.book = triggers.book
        self.as_of = triggers.as_of
        self.within = timedelta(days=int(triggers.signals.said["outcome_within_d"]))

    @property
    def quarters(self) -> list[date]:
        """First days, from the quarter of the first day of any tier."""
        first = min((day for days in self.book.tier_days.values() for day in days), default=None)
        found = []
        start = period(first, "quarter")[0] if first else None
        while start is not None and start <= self.as_of:
            found.append(start)
            start = months_later(start, 3)
        return found

    def rows(self) -> Iterator[Row]:
        """One row a rule and quarter, and one of all quarters."""
        for rule_id in self.triggers.rules:
            there = [
                start
                for start in self.quarters
                if self._is_asked(rule_id, period(start, "quarter")[1])
            ]
            for start in there:
                yield self._row(rule_id, "quarter", [start])
            if there:
                yield self._row(rule_id, "all", there)

    def _is_asked(self, rule_id: str, day: date) -> bool:
        """Whether the model of a day has the rule, and anything tells whether it holds."""
        rule = rule_of(self.book.model_on(day), rule_id)
        return rule is not None and self.triggers.signals.can_tell(rule.when)

    def _row(self, rule_id: str, kind: str, starts: Sequence[date]) -> Row:
        first, last = starts[0], period(starts[-1], "quarter")[1]
        inside = [(start, period(start, "quarter")[1]) for start in starts]

        def is_in(day: date | None) -> bool:
            return day is not None and any(start <= day <= end for start, end in inside)

        mine = [one for one in self.triggers.rows if one.rule_id == rule_id]
        fired = [one for one in mine if is_in(one.fired_on)]
        held = [one for one in mine if one.fired_on is None and is_in(one.became_true_on)]
        judged = [one for one in fired if self._is_judged(one)]
        hits = sum(one.outcome in BAD for one in judged)
        losses = {
            (loss.account_id, loss.day)
            for rows in self.triggers.losses.values()
            for loss in rows
            if is_in(loss.day)
        }
        leads = [lead for each in sorted(losses) if (lead := self._lead(mine, *each)) is not None]
        acted = [known for one in fired if (known := self._is_acted(one)) is not None]
        base, base_hits = self._base(starts)
        precision, base_rate = share(hits, len(judged)), share(base_hits, base)
        low, high = wilson(hits, len(judged))
        recall_low, recall_high = wilson(len(leads), len(losses))
        action_low, action_high = wilson(sum(acted), len(acted))
        low_n = self.book.model_on(self.as_of).low_n
        return {
            "rule_id": rule_id,
            "period_type": kind,
            "period_start": first,
            "period_end": last,
            "fired": len(fired),
            "suppressed": len(held),
            "judged": len(judged),
            "hits": hits,
            "precision_rate": precision,
            "precision_rate_low": low,
            "precision_rate_high": high,
            "losses": len(losses),
            "caught": len(leads),
            "recall_rate": share(len(leads), len(losses)),
            "recall_rate_low": recall_low,
            "recall_rate_high": recall_high,
            "median_lead_days": float(median(leads)) if leads else None,
            "action_judged": len(acted),
            "acted": sum(acted),
            "action_rate": share(sum(acted), len(acted)),
            "action_rate_low": action_low,
            "action_rate_high": action_high,
            "base_accounts": base,
            "base_hits": base_hits,
            "base_rate": base_rate,
            "lift": None if precision is None or not base_rate else precision / base_rate,
            "is_low_n": len(judged) < low_n,
        }

    def _is_judged(self, one: Trigger) -> bool:
        assert one.fired_on is not None
        return one.fired_on + self.within <= self.as_of and one.outcome != "notice_given"

    def _is_acted(self, one: Trigger) -> bool | None:
        assert one.fired_on is not None
        if one.acted is not None:
            return True
        days = timedelta(days=int(self.triggers.signals.said["act_within_d"]))
        return False if one.fired_on + days <= self.as_of else None

    def _lead(self, mine: Iterable[Trigger], account_id: str, day: date) -> int | None:
        """Days between the earliest warning of a loss and the loss."""
        warned = [
            one.fired_on
            for one in mine
            if one.account_id == account_id
            and one.fired_on is not None
            and day - self.within <= one.fired_on < day
        ]
        return (day - min(warned)).days if warned else None

    def _base(self, starts: Sequence[date]) -> tuple[int, int]:
        """Customers at the beginning of a quarter, and those that were lost soon after."""
        accounts = hits = 0
        for start in starts:
            if start + self.within > self.as_of:
                continue
            for account_id in self.triggers.signals.inputs.spans:
                is_there = self.triggers.signals.span(account_id, start) is not None
                if is_there and self.triggers.noticed(account_id, start) is None:
                    accounts += 1
                    hits += any(
                        start < loss.day <= start + self.within
                        for loss in self.triggers.losses.get(account_id, ())
                    )
        return accounts, hits
