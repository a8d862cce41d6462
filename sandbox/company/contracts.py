"""What customers sign, and whether they stay.

Belongs here: terms, how each ends, who leaves and why. Does not: talking about it (lifecycle).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random

from sandbox.company.book import Seat
from sandbox.company.calendars import utc
from sandbox.company.chance import dice, logistic
from sandbox.company.condition import Condition
from sandbox.company.facts import Contract
from sandbox.company.settings import Settings
from sandbox.company.story import INCIDENT, RENEWAL

PLATFORM = "Platform"
ADD_ON = "Insights add-on"

_DAY = timedelta(days=1)
_YEARS = ((1, 0.80), (2, 0.13), (3, 0.07))
_EVERGREEN_RATE = {"T4": 0.02, "T5": 0.02}
_WIN_BACK_RATE = 0.05
_NOTICE_RATE = 0.6
_TALKS_BEFORE_END_D = 90


@dataclass(frozen=True, slots=True)
class Leaving:
    """An end of the relationship: `churned_on` is the first day without."""

    churned_on: date
    notice_on: date | None
    why: str


@dataclass(frozen=True, slots=True)
class Course:
    """An account's contracts, when it was a customer (half-open), and how it last left."""

    contracts: tuple[Contract, ...]
    spans: tuple[tuple[date, date], ...]
    leaving: Leaving | None


@dataclass(slots=True, eq=False)
class _Term:
    """A contract while its story is still being written."""

    product: str
    arr: float
    starts_on: date
    ends_on: date | None
    signed_on: date
    kind: str
    auto_renews: bool
    predecessors: list[_Term] = field(default_factory=list)
    notice_on: date | None = None
    outcome: str = "open"


@dataclass(frozen=True, slots=True)
class _Deal:
    """A renewal as it was agreed: when, for how much, from when and for how long."""

    kind: str
    arr: float
    signed_on: date
    starts_on: date
    years: int


def course(seat: Seat, condition: Condition, settings: Settings) -> Course:
    """All contracts of an account from its first to the last day that is told."""
    writer = _Writer(seat, condition, settings)
    writer.platform()
    writer.add_on()
    return writer.course()


class _Writer:
    def __init__(self, seat: Seat, condition: Condition, settings: Settings) -> None:
        self.seat = seat
        self.condition = condition
        self.settings = settings
        self.rng = dice(settings.seed, seat.number, "contracts")
        self.terms: list[_Term] = []
        self.spans: list[tuple[date, date]] = []
        self.leaving: Leaving | None = None

    def course(self) -> Course:
        self.terms.sort(key=lambda term: (term.starts_on, term.product))
        ids = {
            id(term): f"{self.seat.account_id}-k{place}" for place, term in enumerate(self.terms, 1)
        }
        contracts = tuple(self._contract(term, ids) for term in self.terms)
        return Course(contracts, tuple(self.spans), self.leaving)

    def platform(self) -> None:
        """The main line of contracts, through renewals, until it ends for good."""
        rng, start = self.rng, self.seat.started_on
        term = self._term(
            _Deal("new", self.seat.arr, start - rng.randrange(3, 40) * _DAY, start, self._years())
        )
        if self.seat.turn == "evergreen" or rng.random() < _EVERGREEN_RATE.get(
            self.seat.tier.tier_id, 0
        ):
            term.ends_on, term.outcome, term.auto_renews = None, "evergreen", True
        while term.ends_on is not None and term.ends_on < self.settings.until:
            end = term.ends_on
            rise = self._rise()
            why = self._why_it_leaves(term, end, rise)
            if why is None:
                deal = self._renewal(term, end, rise)
                if max(deal.signed_on, deal.starts_on) > self.settings.until - 5 * _DAY:
                    break  # neither gone nor signed on the last day that is told
                term.outcome = "renewed"
                term = self._term(deal, term)
                continue
            self._leave(term, end, why)
            self.spans.append((start, end + _DAY))
            start = self._back_on(end)
            if start > self.settings.until - 5 * _DAY:
                return
            arr = round(term.arr * rng.uniform(0.7, 1.1), -2)
            term = self._term(_Deal("won_back", arr, start - 4 * _DAY, start, 1))
        self.spans.append((start, self.settings.until + _DAY))

    def add_on(self) -> None:
        """The second product, where it was bought: later than the first, and perhaps co-termed."""
        rng, steady = self.rng, self.seat.is_steady
        wanted = self.seat.turn == "co_termed"
        if steady or not (wanted or rng.random() < self.seat.tier.add_on_rate):
            return
        begin, end = self.spans[0]
        start = begin + rng.randrange(100, 260) * _DAY
        host = next((t for t in self.terms if t.ends_on and t.starts_on <= start < t.ends_on), None)
        if host is None or host.ends_on is None or start + 60 * _DAY > host.ends_on:
            return
        arr = round(host.arr * rng.uniform(0.12, 0.3), -1)
        deal = _Deal("new", arr, start - rng.randrange(1, 20) * _DAY, start, 1)
        co_terms = wanted or rng.random() < 0.4
        previous: _Term | None = None
        while deal.starts_on < self.settings.until - 5 * _DAY:
            term = self._term(deal, previous, ADD_ON)
            assert term.ends_on is not None
            heir = self._renewed_within(term) if co_terms else None
            if heir is not None:
                self._co_term(term, heir)
                return
            if self.leaving is not None and term.ends_on >= end - _DAY:
                # It goes with the account, and not later.
                term.ends_on, term.outcome = end - _DAY, "churned"
                term.notice_on = self.leaving.notice_on
                return
            if term.ends_on >= self.settings.until - 5 * _DAY:
                return
            if rng.random() < 0.2:
                term.outcome = "churned"
                return
            term.outcome = "renewed"
            previous = term
            start = term.ends_on + _DAY
            deal = _Deal("on_time", arr, start - rng.randrange(2, 30) * _DAY, start, 1)

    def _term(
        self, deal: _Deal, predecessor: _Term | None = None, product: str = PLATFORM
    ) -> _Term:
        term = _Term(
            product=product,
            arr=deal.arr,
            starts_on=deal.starts_on,
            ends_on=_years_later(deal.starts_on, deal.years) - _DAY,
            signed_on=deal.signed_on,
            kind=deal.kind,
            auto_renews=self.rng.random() < self.seat.tier.auto_renew_rate,
            predecessors=[predecessor] if predecessor else [],
        )
        self.terms.append(term)
        return term

    def _years(self) -> int:
        years = self.rng.choices([y for y, _ in _YEARS], [share for _, share in _YEARS])[0]
        return 1 if self.seat.turn is not None or self.seat.is_steady else years

    def _rise(self) -> float:
        """By what share the price is to rise."""
        if self.seat.is_steady:
            return 0.0
        return (
            self.rng.uniform(0.09, 0.2) if self.rng.random() < 0.12 else self.rng.uniform(0, 0.05)
        )

    def _why_it_leaves(self, term: _Term, end: date, rise: float) -> str | None:
        rng, condition = self.rng, self.condition
        day = max(end - _TALKS_BEFORE_END_D * _DAY, term.starts_on)
        adoption, attention = condition.adoption(day), condition.attention(day)
        dies_by_incident = rng.random() < INCIDENT.leaves * (1.3 - attention)
        stays = rng.random() < logistic(
            RENEWAL.usual
            + RENEWAL.adoption * (adoption - 0.6)
            + RENEWAL.attention * (attention - 0.6)
            + RENEWAL.price * max(0.0, rise - 0.05)
        )
        if self.seat.is_steady:
            return None
        is_hit = (
            condition.uses_incident_component
            and term.starts_on < INCIDENT.first_day
            and end > INCIDENT.notice_to + 7 * _DAY
        )
        turn = self.seat.turn
        if is_hit and (turn == "incident" or dies_by_incident):
            return "incident"
        if turn == "won_back" and term.kind == "new":
            return "no_engagement"
        if stays or turn not in {None, "won_back"}:
            return None
        causes = {
            "low_adoption": max(0.0, 0.65 - adoption) * RENEWAL.adoption,
            "no_engagement": max(0.0, 0.65 - attention) * RENEWAL.attention,
            "price": max(0.0, rise - 0.05) * -RENEWAL.price,
            "chance": 0.25,
        }
        return rng.choices(list(causes), list(causes.values()))[0]

    def _leave(self, term: _Term, end: date, why: str) -> None:
        rng = self.rng
        term.outcome = "churned"
        if why == "incident":
            days = (INCIDENT.notice_to - INCIDENT.notice_from).days
            term.notice_on = INCIDENT.notice_from + rng.randrange(0, days + 1) * _DAY
        elif term.auto_renews or rng.random() < _NOTICE_RATE:
            notice_on = end - rng.randrange(20, 100) * _DAY
            term.notice_on = max(notice_on, term.starts_on, self.settings.history_from)
        self.leaving = Leaving(end + _DAY, term.notice_on, why)

    def _back_on(self, end: date) -> date:
        """When the account comes back: a day that is never told, if it does not."""
        back = self.rng.random() < _WIN_BACK_RATE or self.seat.turn == "won_back"
        days = self.rng.randrange(190, 330)
        return end + days * _DAY if back else date.max

    def _renewal(self, term: _Term, end: date, rise: float) -> _Deal:
        rng, adoption = self.rng, self.condition.adoption(end)
        signed_on = end - rng.randrange(0, 45) * _DAY
        deal = _Deal("on_time", term.arr, signed_on, end + _DAY, 1)
        chances = {
            "late": 0.07,
            "early": 0.12,
            "multi_year": 0.07,
            "expanded": 0.02 + 0.28 * adoption,
            "downgraded": 0.2 * (1 - adoption),
            "on_time": 0.5,
        }
        if self.seat.is_steady:
            return deal
        kind = rng.choices(list(chances), list(chances.values()))[0]
        if self.seat.turn in {"late", "very_late"} and term.kind == "new":
            kind = "late"
        if term.auto_renews and kind in {"late", "early"}:
            kind = "on_time"
        deal = replace(deal, kind=kind, arr=_rounded(term.arr * (1 + rise)))
        if kind == "expanded":
            return replace(deal, arr=_rounded(term.arr * rng.uniform(1.08, 1.35)))
        if kind == "downgraded":
            return replace(deal, arr=_rounded(term.arr * rng.uniform(0.6, 0.92)))
        if kind == "multi_year":
            return replace(deal, years=rng.choice((2, 2, 3)))
        if kind == "early":
            signed_on = max(end - rng.randrange(70, 160) * _DAY, term.starts_on + 30 * _DAY)
            return replace(deal, signed_on=signed_on, starts_on=self._early_start(end, signed_on))
        if kind == "late":
            is_very_late = self.seat.turn == "very_late" or rng.random() < 0.3
            days = rng.randrange(34, 178) if is_very_late else rng.randrange(3, 29)
            # What is signed a little late is often dated back to the day it was due.
            is_dated_back = not is_very_late and rng.random() < 0.5
            signed_on = end + days * _DAY
            return replace(
                deal, signed_on=signed_on, starts_on=end + _DAY if is_dated_back else signed_on
            )
        return deal

    def _early_start(self, end: date, signed_on: date) -> date:
        """Mostly as due; some begin two days, few some weeks before the old term ends."""
        how = self.rng.random()
        if how < 0.85:
            return end + _DAY
        days = 2 if how < 0.95 else self.rng.randrange(14, 45)
        return max(end - days * _DAY, signed_on + 5 * _DAY)

    def _renewed_within(self, add_on: _Term) -> _Term | None:
        """The renewal of the main contract that falls well inside the add-on's term."""
        assert add_on.ends_on is not None
        last = add_on.ends_on - 30 * _DAY
        return next(
            (
                term
                for term in self.terms
                if term.product == PLATFORM
                and term.predecessors
                and add_on.starts_on + 30 * _DAY < term.starts_on < last
            ),
            None,
        )

    def _co_term(self, add_on: _Term, heir: _Term) -> None:
        """One contract replaces both: the add-on's end stays what was agreed."""
        add_on.outcome = "renewed"
        heir.predecessors.append(add_on)
        heir.kind = "co_termed"
        heirs: list[_Term] = []
        for term in self.terms:
            if term is heir or any(predecessor in heirs for predecessor in term.predecessors):
                heirs.append(term)
                term.arr = _rounded(term.arr + add_on.arr)

    def _contract(self, term: _Term, ids: dict[int, str]) -> Contract:
        return Contract(
            contract_id=ids[id(term)],
            account_id=self.seat.account_id,
            product=term.product,
            currency=self.seat.currency,
            arr=term.arr,
            starts_on=term.starts_on,
            ends_on=term.ends_on,
            signed_on=term.signed_on,
            notice_on=term.notice_on,
            predecessor_ids=tuple(ids[id(p)] for p in term.predecessors),
            auto_renews=term.auto_renews,
            kind=term.kind,
            outcome=term.outcome,
            recorded_at=_recorded_at(term, self.rng, self.settings),
        )


def _recorded_at(term: _Term, rng: Random, settings: Settings) -> datetime:
    """When it came into the books: mostly the same day; what is older than the books, with them."""
    lag = rng.choices((0, 1, 3), (8, 1, 1))[0]
    minute = rng.randrange(14 * 60, 20 * 60)
    if term.signed_on < settings.history_from:
        return utc(settings.history_from, 420 + minute // 60)
    return utc(min(term.signed_on + lag * _DAY, settings.until), minute)


def _years_later(day: date, years: int) -> date:
    if (day.month, day.day) == (2, 29):
        day = date(day.year, 2, 28)
    return day.replace(year=day.year + years)


def _rounded(arr: float) -> float:
    return float(round(arr, -1))
