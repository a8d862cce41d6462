"""The seven schedules: ruling "Schedules", "Tier or model change at e", "End of account", "Pause".

Belongs here: making cycles and letting touches settle them. Does not: what takes a finished row
out (waivers, pauses of fixed windows); rolling cycles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from oracle.calendar import add_business_hours, period, period_key
from oracle.ledger_facts import DAY, Activity, Book, Fired, Plan, Ticket, days
from oracle.ledger_touches import Touch, is_by_the_team
from oracle.obligations import Customer, Cycle, Owed, Run, Scheduler
from oracle.rolling import rolling

LATE_SEARCH_D = 90
ONBOARDING_OPENS_D = 90
SHORT_NOTICE_D = 14
STATE_SHARE = 0.8
INBOUND = {"email", "chat", "in_app"}


def fixed_calendar(customer: Customer, family: str, runs: list[Run]) -> Iterator[Cycle]:
    """Once in each calendar period; O8."""
    made: list[tuple[Run, Cycle]] = []
    keys: set[str] = set()
    for run in runs:
        for day in days(run.first, min(run.end, customer.book.as_of + DAY)):
            owed = run.owed(day)
            kind = owed.standard.period or ""
            first, last = period(day, kind)
            key = period_key(first, kind)
            share = ((last - day).days + 1) / ((last - first).days + 1)
            if day != max(first, run.first) or share < owed.standard.min_eligible_share:
                continue
            if key not in keys:
                keys.add(key)
                made.append((run, Cycle(day, last, owed, last, key)))
    yield from _matched(customer, made, {})


def anchored(customer: Customer, family: str, runs: list[Run]) -> Iterator[Cycle]:
    """Once, from the account's very first active day; O10."""
    first = min(customer.tiers)
    made = []
    for run in runs:
        if run.first == first:
            owed = run.owed(first)
            due = first + timedelta(days=owed.standard.due_d or 0)
            opens = first - timedelta(days=ONBOARDING_OPENS_D)
            cycle = Cycle(opens, due, owed, due, f"anchored:{first.isoformat()}", decided_on=first)
            made.append((run, cycle))
    late = {key(cycle): None for _, cycle in made}
    yield from _matched(customer, made, late)


def lead_to_event(customer: Customer, family: str, runs: list[Run]) -> Iterator[Cycle]:
    """Once before each term end; O11."""
    made, late = [], {}
    for term in customer.book.succession.of_account.get(customer.account_id, ()):
        end = term.ends_on
        if end is None:
            continue
        for run in runs:
            cycle = _before(customer, run, term.starts_on, end)
            if cycle is not None:
                cycle.cycle_key = f"renewal:{term.term_id}"
                made.append((run, cycle))
                late[key(cycle)] = end + timedelta(days=LATE_SEARCH_D)
                break
    yield from _matched(customer, made, late)


def _before(customer: Customer, run: Run, starts_on: date, end: date) -> Cycle | None:
    for day in days(max(run.first, starts_on), min(run.end, customer.book.as_of + DAY, end + DAY)):
        owed = run.owed(day)
        opens = end - timedelta(days=owed.standard.open_d or 0)
        due = end - timedelta(days=owed.standard.due_d or 0)
        is_short = starts_on > opens
        if is_short:
            due = max(due, starts_on + timedelta(days=SHORT_NOTICE_D))
        if opens <= day <= due:
            is_late = is_short and due > end
            return Cycle(day, due, owed, due, "", is_short_notice=is_short, is_late_notice=is_late)
    return None


def key(cycle: Cycle) -> tuple[date, str]:
    """What tells cycles of one family apart."""
    return cycle.window_open, cycle.cycle_key


def _matched(
    customer: Customer,
    made: list[tuple[Run, Cycle]],
    late_until: dict[tuple[date, str], date | None],
) -> Iterator[Cycle]:
    """O9: first what is on time, in the order of closing, then what is late."""
    as_of = customer.book.as_of
    for _, cycle in made:
        grace = customer.grace(cycle.owed, cycle.decided_on)
        cycle.closes = customer.add_business_days(cycle.due, grace)
    made.sort(key=lambda one: (one[1].closes, one[1].window_open, one[1].cycle_key))
    used: set[str] = set()
    for run, cycle in made:
        is_cut = run.ended_by is not None and cycle.due >= run.end
        last = min(cycle.closes, run.end - DAY) if is_cut else cycle.closes
        _settle(customer, cycle, cycle.window_open, last, used, "on_time")
        if is_cut and cycle.touch is None:
            cycle.ended_by = (run.ended_by or "", run.end)
    for _, cycle in made:
        if cycle.touch is None and cycle.ended_by is None:
            if key(cycle) in late_until:
                until = late_until[key(cycle)] or cycle.closes + timedelta(days=LATE_SEARCH_D)
                _settle(customer, cycle, cycle.closes + DAY, until, used, "late")
            if cycle.touch is None:
                cycle.timeliness = "missed" if as_of > cycle.closes else "open"
        yield cycle


def _settle(
    customer: Customer, cycle: Cycle, first: date, last: date, used: set[str], timeliness: str
) -> None:
    free = [t for t in customer.touches(first, last, cycle.owed) if t.activity_id not in used]
    best = next((t for t in free if t.anchors), free[0] if free else None)
    if best is not None:
        cycle.touch, cycle.timeliness = best, timeliness
        used.add(best.activity_id)


def state(customer: Customer, family: str, runs: list[Run]) -> Iterator[Cycle]:
    """True on at least 80 % of a month's eligible days; O12, L6."""
    as_of = customer.book.as_of
    keys: set[str] = set()
    for run in runs if customer.book.plans is not None else ():
        for day in days(run.first, min(run.end, as_of + DAY)):
            first, last = period(day, "month")
            key = period_key(first, "month")
            if day != max(first, run.first) or key in keys:
                continue
            keys.add(key)
            owed = run.owed(day)
            cycle = Cycle(day, last, owed, last, key, closes=last)
            if run.ended_by is not None and last >= run.end:
                cycle.ended_by = (run.ended_by, run.end)
            elif as_of >= last:
                held = [_plan_holds(customer, owed, d) for d in days(day, last + DAY)]
                enough = STATE_SHARE * len(held)
                if held.count(True) >= enough:
                    cycle.is_settled_by_state = True
                    cycle.timeliness = "on_time"
                elif held.count(True) + held.count(None) < enough:
                    cycle.timeliness = "missed"
                else:
                    continue
            yield cycle


def _plan_holds(customer: Customer, owed: Owed, day: date) -> bool | None:
    """None where a later update has overwritten how the plan stood on the day."""
    book = customer.book
    longest = timedelta(days=owed.standard.max_age_d or 0)
    plans = [
        plan
        for plan in book.plans or ()
        if plan.account_id == customer.account_id and plan.updated_on <= book.as_of
    ]
    for plan in plans:
        is_fresh = plan.updated_on <= day <= plan.updated_on + longest
        if is_fresh and all(_plan_meets(book, plan, each) for each in owed.standard.quality):
            return True
    return None if any(plan.updated_on > day for plan in plans) else False


def _plan_meets(book: Book, plan: Plan, condition: str) -> bool:
    name, _, number = condition.partition(">=")
    if name == "objectives":
        is_carried = "objectives" in book.plan_fields
        return not is_carried or (plan.objectives or 0) >= int(number)
    if name == "customer_validated":
        return "is_customer_validated" not in book.plan_fields or plan.is_validated is True
    return True


def response(customer: Customer, family: str, runs: list[Run]) -> Iterator[Cycle]:
    """An answer, so soon after a ticket or a message; L11."""
    triggers = _fired if family == "trigger_response" else _triggers
    for run in runs:
        for name, at, answer in sorted(triggers(customer), key=lambda one: one[:2]):
            opened = customer.book.local_day(at, customer.account_id)
            if not run.first <= opened < run.end:
                continue
            owed = run.owed(opened)
            limit = _answer_by(customer, owed, at, opened)
            due = limit.astimezone(ZoneInfo(customer.time_zone)).date()
            cycle = Cycle(opened, due, owed, due, name, closes=due)
            touch = answer(owed)
            if (
                run.ended_by is not None
                and due >= run.end
                and (touch is None or touch.day >= run.end)
            ):
                cycle.ended_by = (run.ended_by, run.end)
            elif touch is not None:
                cycle.touch = touch
                cycle.timeliness = "on_time" if touch.started_at <= limit else "late"
            else:
                cycle.timeliness = "missed" if customer.book.as_of > due else "open"
            yield cycle


def _answer_by(customer: Customer, owed: Owed, at: datetime, opened: date) -> datetime:
    hours, zone = owed.standard.due_business_hours, customer.time_zone
    if hours is not None:
        return add_business_hours(at, hours, zone, customer.holidays)
    day = customer.add_business_days(opened, owed.standard.due_business_days or 0)
    return datetime.combine(day + DAY, time(), ZoneInfo(zone)) - timedelta(microseconds=1)


def _triggers(
    customer: Customer,
) -> Iterator[tuple[str, datetime, Callable[[Owed], Touch | None]]]:
    """What came in, when, and what answered it by a standard."""
    book = customer.book
    for ticket in book.tickets or ():
        opened = book.local_day(ticket.opened_at, ticket.account_id)
        is_mine = ticket.account_id == customer.account_id and ticket.is_answer_told
        if is_mine and opened <= book.as_of:
            yield f"ticket:{ticket.ticket_id}", ticket.opened_at, partial(_ticket, customer, ticket)
    for _, activity in customer.activities:
        if (
            "direction" in activity.carried
            and activity.direction == "inbound"
            and activity.status == "completed"
            and activity.channel in INBOUND
            and activity.ticket_id is None
        ):
            answered = partial(_message, customer, activity)
            yield f"message:{activity.activity_id}", activity.started_at, answered


def _fired(
    customer: Customer,
) -> Iterator[tuple[str, datetime, Callable[[Owed], Touch | None]]]:
    """Playbooks that fired, each at the end of its day, and what was done about it (S6)."""
    for fired in customer.book.fired:
        if fired.account_id == customer.account_id:
            midnight = datetime.combine(fired.fired_on + DAY, time(), ZoneInfo(customer.time_zone))
            at = midnight - timedelta(microseconds=1)
            yield f"playbook:{fired.trigger_id}", at, partial(_acted, customer, fired)


def _acted(customer: Customer, fired: Fired, owed: Owed) -> Touch | None:
    for day, activity in customer.activities:
        if activity.activity_id == fired.activity_id:
            return customer.judged(day, activity, owed.standard)
    return None


def _ticket(customer: Customer, ticket: Ticket, owed: Owed) -> Touch | None:
    at = ticket.first_response_at
    if at is None or customer.book.local_day(at, customer.account_id) > customer.book.as_of:
        return None
    unknown = tuple((condition, "no_data") for condition in owed.standard.quality)
    return Touch(customer.book.local_day(at, customer.account_id), at, "", unknown)


def _message(customer: Customer, message: Activity, owed: Owed) -> Touch | None:
    """The next that anyone of the team sends the account, whatever it is; no machine."""
    for day, activity in customer.activities:
        if (
            activity.started_at > message.started_at
            and activity.direction == "outbound"
            and activity.status == "completed"
            and not activity.is_automated
            and is_by_the_team(customer.book, activity)
        ):
            return customer.judged(day, activity, owed.standard)
    return None


SCHEDULES: dict[str, Scheduler] = {
    "rolling": rolling,
    "conditional": rolling,
    "fixed_calendar": fixed_calendar,
    "anchored": anchored,
    "lead_to_event": lead_to_event,
    "state": state,
    "response": response,
}
