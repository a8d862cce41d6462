"""Which tier each account is in on each day, from the rulings "Tier measure", "Tier assignment".

Belongs here: activity, the measure, the state machine, one day after the other. Does not: what a
tier is owed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from oracle.calendar import quarter_begins
from oracle.coverage_models import Model
from oracle.ledger_facts import DAY, Book, Override, days
from oracle.succession import FAR


@dataclass(frozen=True)
class TierDay:
    """An account's tier on a day. `measure` in the reporting currency, None where unknown."""

    eligible: str | None
    assigned: str | None
    source: str
    reason: str
    measure: float | None
    is_first: bool
    by_rule: str | None


@dataclass(frozen=True)
class Membership:
    """A row of tier_membership_scd2: [valid_from, valid_to), valid_to None while it holds."""

    account_id: str
    valid_from: date
    valid_to: date | None
    eligible: str | None
    assigned: str | None
    source: str
    measure: float | None
    reason: str = ""
    by_rule: str | None = None
    override_expires_on: date | None = None


def terms(book: Book) -> dict[str, list[tuple[date, date, float | None]]]:
    """By account: when each contract counts as in force [from, end), and its constant-rate ARR.

    What a term's successor does to it, `succession` tells.
    """
    found: dict[str, list[tuple[date, date, float | None]]] = {
        a.account_id: [] for a in book.accounts
    }
    if book.contracts is None:
        for account in book.accounts:
            if account.started_on and account.started_on <= book.as_of:
                end = account.churned_on or FAR
                if account.started_on < end:
                    found[account.account_id].append((account.started_on, end, account.arr))
        return found
    for term in book.succession.terms:
        if term.account_id in found:
            end, arr = book.succession.in_force_to(term), book.succession.arr(term)
            found[term.account_id].append((term.starts_on, end, arr))
    return found


def spans(book: Book) -> dict[str, list[tuple[date, date]]]:
    """By account: [from, end) of uninterrupted activity, known ends after as_of included."""
    found: dict[str, list[tuple[date, date]]] = {}
    for account_id, in_force in terms(book).items():
        joined: list[tuple[date, date]] = []
        for start, end, _ in sorted(in_force, key=lambda term: term[:2]):
            if joined and start <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(joined[-1][1], end))
            else:
                joined.append((start, end))
        found[account_id] = [span for span in joined if span[0] <= book.as_of]
    return found


def ultimate_parent(book: Book, account_id: str) -> str:
    """The end of the line of parents; unknown parents are none. Circles: the smallest of it."""
    line = [account_id]
    while True:
        parent = book.account[line[-1]].parent_id
        if parent is None or parent not in book.account or parent == line[-1]:
            return line[-1]
        if parent in line:
            return min(line[line.index(parent) :])
        line.append(parent)


class Measure:
    """ARR in force in the whole family, day by day."""

    def __init__(self, book: Book) -> None:
        self._family = {a.account_id: ultimate_parent(book, a.account_id) for a in book.accounts}
        self._terms: dict[str, list[tuple[date, date, float | None]]] = {}
        for account_id, in_force in terms(book).items():
            self._terms.setdefault(self._family[account_id], []).extend(in_force)
        self._known: dict[tuple[str, date], float | None] = {}

    def on(self, account_id: str, day: date) -> float | None:
        """The measure; None where a contract in force has no rate."""
        key = (self._family[account_id], day)
        if key not in self._known:
            amounts = [arr for start, end, arr in self._terms[key[0]] if start <= day < end]
            whole = [arr for arr in amounts if arr is not None]
            self._known[key] = round(sum(whole), 4) if len(whole) == len(amounts) else None
        return self._known[key]

    def since(self, account_id: str, day: date) -> date:
        """Since when it has been what it is on a day; not before the family's first contract."""
        first = min(start for start, _, _ in self._terms[self._family[account_id]])
        while day > first and self.on(account_id, day - DAY) == self.on(account_id, day):
            day -= DAY
        return day


def band(model: Model, measure: float | None) -> str | None:
    """The tier whose band holds the measure, lower edge inclusive."""
    if measure is None:
        return None
    for tier in model.tiers:
        if tier.arr_from <= measure and (tier.arr_to is None or measure < tier.arr_to):
            return tier.tier_id
    return None


def tier_days(book: Book) -> dict[str, dict[date, TierDay]]:
    """By account: every active day up to as_of."""
    measure = Measure(book)
    found: dict[str, dict[date, TierDay]] = {}
    for account_id, active in spans(book).items():
        by_day = found.setdefault(account_id, {})
        for first, end in active:
            last = list(by_day.values())[-1].by_rule if by_day else None
            whole = min(end, book.as_of + DAY)
            by_day.update(_one_span(book, measure, account_id, first, whole, last))
    return found


def _one_span(
    book: Book, measure: Measure, account_id: str, first: date, end: date, last: str | None
) -> Iterator[tuple[date, TierDay]]:
    """`last` is the tier before a gap: it goes on where nobody knows the measure on return."""
    assigned: str | None = None
    term_ends = [
        term.ends_on
        for term in book.succession.of_account.get(account_id, ())
        if term.ends_on is not None
    ]
    reason = "first_day"
    for day in days(first, end):
        model = book.model_on(day)
        value = measure.on(account_id, day)
        eligible = band(model, value)
        if day == first:
            assigned, reason = eligible or last, "first_day"
        elif assigned is None or model.tier(assigned) is None:
            assigned, reason = eligible, "model_changed"
        elif _is_promoted(model, measure, account_id, assigned, first, day):
            assigned, reason = eligible, "promoted"
        elif (
            quarter_begins(day)
            and eligible is not None
            and _is_demoted(model, measure, account_id, assigned, first, day, term_ends)
            and (model.rank(eligible) or 0) < (model.rank(assigned) or 0)
        ):
            assigned, reason = eligible, "demoted"
        override = _override(book, account_id, day)
        yield (
            day,
            TierDay(
                eligible=eligible,
                assigned=override or assigned,
                source="override" if override else "rule",
                reason="override" if override else reason,
                measure=value,
                is_first=day == first,
                by_rule=assigned,
            ),
        )


def _is_promoted(
    model: Model, measure: Measure, account_id: str, assigned: str, first: date, day: date
) -> bool:
    tier = model.tier(assigned)
    if tier is None or tier.arr_to is None:
        return False
    since = day - model.promote_days * DAY
    if since < first:
        return False
    values = [measure.on(account_id, d) for d in days(since, day + DAY)]
    return all(value is not None and value >= tier.arr_to for value in values)


def _is_demoted(
    model: Model,
    measure: Measure,
    account_id: str,
    assigned: str,
    first: date,
    day: date,
    term_ends: list[date],
) -> bool:
    tier = model.tier(assigned)
    since = day - model.demote_days * DAY
    frozen_until = day + timedelta(days=model.freeze_before_renewal_days)
    if tier is None or since < first or any(day <= end <= frozen_until for end in term_ends):
        return False
    edge = model.demote_edge * tier.arr_from
    values = [measure.on(account_id, d) for d in days(since, day)]
    return all(value is not None and value < edge for value in values)


def _override(book: Book, account_id: str, day: date) -> str | None:
    override = book.account[account_id].override
    if override is None or override.starts_on is None or override.starts_on > day:
        return None
    known = book.model_on(day).tier(override.tier_id) is not None
    return override.tier_id if day < override_end(book, override) and known else None


def override_end(book: Book, override: Override) -> date:
    """The day on which a tier set by hand no longer holds: as asked for, but not too long."""
    assert override.starts_on is not None
    longest = timedelta(days=book.model_on(override.starts_on).override_max_days)
    return min(override.ends_on or FAR, override.starts_on + longest)


def membership(book: Book) -> list[Membership]:
    """tier_membership_scd2: neighbouring days that agree are one row, within a span."""
    found: list[Membership] = []
    for account_id, by_day in sorted(book.tier_days.items()):
        override = book.account[account_id].override
        rows: list[tuple[date, TierDay]] = []
        reasons: list[str] = []
        last: date | None = None
        ends: list[date] = []
        for day, tier in sorted(by_day.items()):
            same = rows and _picture(rows[-1][1]) == _picture(tier) and not tier.is_first
            if not same:
                if rows and last is not None:
                    ends.append(last + DAY)
                rows.append((day, tier))
                reasons.append(_reason(by_day.get(day - DAY), tier, is_very_first=last is None))
            last = day
        if last is not None:
            ends.append(last + DAY)
        for (start, tier), end, reason in zip(rows, ends, reasons, strict=True):
            found.append(
                Membership(
                    account_id=account_id,
                    valid_from=start,
                    valid_to=None if end > book.as_of else end,
                    eligible=tier.eligible,
                    assigned=tier.assigned,
                    source=tier.source,
                    measure=tier.measure,
                    reason=reason,
                    by_rule=tier.by_rule,
                    override_expires_on=override_end(book, override)
                    if override is not None and tier.source == "override"
                    else None,
                )
            )
    return found


def _reason(before: TierDay | None, tier: TierDay, is_very_first: bool) -> str:
    """Why a row begins; `kept` where the tier stays and only the eligible one is another."""
    if tier.source == "override":
        return "override"
    if before is not None and before.source == "override":
        return "override_ended"
    if tier.is_first:
        return "first_day" if is_very_first else "returned"
    is_kept = before is not None and before.by_rule == tier.by_rule
    return "kept" if is_kept else tier.reason


def _picture(tier: TierDay) -> tuple[str | None, str | None, str]:
    return tier.eligible, tier.assigned, tier.source
