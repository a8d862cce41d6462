"""Rolling cycles: due so many days after the last anchoring touch, one day after the other.

Belongs here: O4 to O6, L1 to L3. Does not: schedules whose windows do not move.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from oracle.ledger_facts import DAY, days
from oracle.ledger_touches import Touch
from oracle.obligations import Customer, Cycle, Owed, Run


def rolling(customer: Customer, family: str, runs: list[Run]) -> Iterator[Cycle]:
    """Due so many days after the last anchoring touch; O4 to O6, L1 to L3."""
    for run, after in zip(runs, [*runs[1:], None], strict=True):
        yield from _Chain(customer, family, run, after).cycles()


class _Clock:
    """Days, of which those of a pause and the first after it are one: the clock stands still."""

    def __init__(self, pauses: list[tuple[date, date]]) -> None:
        self.pauses = pauses

    def read(self, day: date) -> int:
        """What the clock shows on a day."""
        return day.toordinal() - sum(
            max((min(day, end) - start).days, 0) for start, end in self.pauses
        )

    def last_day(self, shown: int) -> date:
        """The last day on which the clock shows it."""
        day = date.fromordinal(shown)
        while self.read(day + DAY) <= shown:
            day += DAY
        return day


class _Chain:
    def __init__(self, customer: Customer, family: str, run: Run, after: Run | None) -> None:
        self.customer, self.run, self.after = customer, run, after
        self.pauses = customer.pauses(family)
        self.clock = _Clock(self.pauses)
        self.as_of = customer.book.as_of
        self.anchor = run.first
        self.replaced: list[list[Cycle]] = []
        """Beside each cycle since the anchor: those that it replaced."""
        self.since_anchor: list[Cycle] = []
        self.below: list[Touch] = []
        self.done: list[Cycle] = []

    def cycles(self) -> list[Cycle]:
        """All that exists as of as_of."""
        self.open(self.run.first)
        end = self.run.end if self.run.ended_by else self.as_of + DAY
        for day in days(self.run.first + DAY, end):
            self.step(day)
        if self.run.ended_by:
            self.take_out(self.run.end)
        else:
            self.settle_without_touch()
        return self.done

    @property
    def last(self) -> Cycle:
        return self.since_anchor[-1]

    def open(self, day: date) -> None:
        """The next cycle, with what is owed on the day."""
        owed = self.run.owed(day)
        shown = self.clock.read(day) + (owed.standard.interval_d or 0)
        self.since_anchor.append(self.cycle(day, owed, day, shown))
        self.replaced.append([])

    def cycle(self, window_open: date, owed: Owed, day: date, shown: int) -> Cycle:
        """Due when the clock shows it; promised on `day`, when later pauses were not known."""
        known = _Clock([pause for pause in self.pauses if pause[0] <= day])
        promised = known.last_day(known.read(day) + shown - self.clock.read(day))
        return Cycle(window_open, self.clock.last_day(shown), owed, promised, "", decided_on=day)

    def step(self, day: date) -> None:
        """What happens on a day: a touch, or the standard changes; the next cycle opens."""
        if self.touched(day):
            return
        now = self.run.owed(day)
        if not self.customer.is_same(now, self.last.owed, day, self.last.decided_on):
            self.supersede(day, now)
        if self.last.due == day:
            self.open(day)

    def supersede(self, day: date, now: Owed) -> None:
        """O4; on the clock's same day as the window opened, it simply opens with what is new."""
        old = self.last
        old.ended_by = ("superseded", day)
        shown = self.clock.read(day) + (now.standard.interval_d or 0)
        new = self.cycle(old.window_open, now, day, shown)
        if self.clock.read(day) > self.clock.read(old.window_open):
            new.due = min(new.due, old.due)
            new.original_due = min(new.original_due, old.original_due)
            self.replaced[-1].append(old)
        self.since_anchor[-1] = new

    def touched(self, day: date) -> bool:
        """Settle by the day's first anchoring touch, which becomes the anchor."""
        touches = self.touches_on(day)
        moves = self.clock.read(day) > self.clock.read(self.anchor)
        anchoring = [touch for touch in touches if touch.anchors and moves]
        if not anchoring:
            self.below += [touch for touch in touches if not touch.anchors]
            return False
        self.settle(anchoring[0])
        self.anchor = day
        self.open(day)
        return True

    def touches_on(self, day: date) -> list[Touch]:
        owed = self.run.owed(day)
        found = (
            self.customer.touch(day, activity, owed)
            for activity in self.customer.activities_by_day.get(day, ())
        )
        return [touch for touch in found if touch is not None]

    def settle(self, touch: Touch) -> None:
        """`n` is the last cycle; n-1 (or the only one) is settled, the ones before are missed."""
        if len(self.since_anchor) > 1:
            self.since_anchor.pop()
            self.replaced.pop()
        self.close(self.last)
        self.last.touch = touch
        self.last.timeliness = "on_time" if touch.day <= self.last.closes else "late"
        for cycle in self.since_anchor[:-1]:
            self.miss(cycle)
        self.write_down()

    def settle_without_touch(self) -> None:
        """Missed as long as they are closed; the first that is not is open, and the last."""
        for place, cycle in enumerate(self.since_anchor):
            self.close(cycle)
            if cycle.ended_by:
                continue
            if self.as_of <= cycle.closes:
                del self.since_anchor[place + 1 :], self.replaced[place + 1 :]
                break
            self.miss(cycle)
        self.write_down()

    def take_out(self, end: date) -> None:
        """The run ended: what is not past due goes; a touch may still settle what is."""
        self.last.ended_by = (self.run.ended_by or "", end)
        next_run = self.after.first if self.after else date.max
        for cycle in self.since_anchor:
            self.close(cycle)
        last_close = max(cycle.closes for cycle in self.since_anchor)
        for day in days(end, min(last_close, self.as_of, next_run) + DAY):
            touches = self.touches_on(day)
            anchoring = [touch for touch in touches if touch.anchors and day <= self.last.due]
            if anchoring and len(self.since_anchor) > 1:
                self.settle(anchoring[0])
                return
            self.below += [touch for touch in touches if not touch.anchors]
        self.settle_without_touch()

    def miss(self, cycle: Cycle) -> None:
        """Missed, unless something below standard was done in its time."""
        self.close(cycle)
        cycle.timeliness = "missed"
        for touch in self.below:
            if cycle.window_open < touch.day <= cycle.closes:
                cycle.touch, cycle.timeliness = touch, "on_time"
                self.below.remove(touch)
                return

    def close(self, cycle: Cycle) -> None:
        grace = self.customer.grace(cycle.owed, cycle.decided_on)
        cycle.closes = self.customer.add_business_days(cycle.due, grace)

    def write_down(self) -> None:
        for cycle, replaced in zip(self.since_anchor, self.replaced, strict=True):
            for each in (*replaced, cycle):
                self.close(each)
                kind = "cond" if each.owed.standard.when else "roll"
                each.cycle_key = f"{kind}:{each.due.isoformat()}"
                self.done.append(each)
        self.since_anchor, self.replaced, self.below = [], [], []
