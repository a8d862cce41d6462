"""What became of accounts served in one way, beside those served in another: X1 to X5.

Belongs here: mart_side_by_side, and which accounts software can look after. Does not: what became
of each, or how each was served, which other tables tell.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from oracle.book_marts import NOT_YET, is_decided
from oracle.coverage import Z, wilson
from oracle.health_values import EMPTY
from oracle.models import said_on
from oracle.world import Row

if TYPE_CHECKING:
    from oracle.tables import Told

YES_OR_NO = ("coverage", "logo_renewal", "success_plan")
ENDS = {"gross_renewal": (0, 1), "on_time": (0, 1), "staffed_functions": (0, 1), "nps": (-1, 1)}
FELT = ("csat", "nps", "sentiment")
STAYED = ("logo_renewal", "gross_renewal")
TOUCHED_D, CALLED_FOR_D, SCORED_D, YEAR_D = 182, 180, 7, 365


@dataclass(frozen=True)
class Outcome:
    """What became of an account from one day to another: a part of a whole."""

    name: str
    account_id: str
    tier_id: str | None
    first: date
    last: date
    part: float
    whole: float = 1.0


@dataclass(frozen=True)
class SideBySide:
    """Told from the night's other tables."""

    now: Told
    covered: Sequence[Row]
    renewals: Sequence[Row]
    daily: Sequence[Row]
    views: Sequence[Row]
    months: Sequence[Row]
    surges: Sequence[Row]
    fits: Sequence[Row]
    arr_months: Iterable[Row]

    @cached_property
    def as_of(self) -> date:
        """The day of it all."""
        return self.now.world.as_of

    def rows(self) -> Iterator[Row]:
        """One row a comparison, tier, side and outcome."""
        cells: dict[tuple[str, str, str, str], list[Outcome]] = defaultdict(list)
        for comparison, tier_id, side, one in self._sided():
            if tier_id is not None and side is not None:
                cells[comparison, tier_id, side, one.name].append(one)
        low_n = said_on(self.as_of)["stats"]["low_n"]
        for (comparison, tier_id, side, name), seen in cells.items():
            yield {
                "comparison": comparison,
                "tier_id": tier_id,
                "side": side,
                "outcome": name,
                "observations": len(seen),
                "accounts": len({one.account_id for one in seen}),
                **_estimate(name, seen),
                "is_low_n": len(seen) < low_n,
                "is_associational": True,
            }

    def fits_with_service(self) -> Iterator[Row]:
        """mart_model_fit_account, with whether software could look after each account."""
        for row in self.fits:
            is_eligible = self.is_eligible(row["account_id"], self.as_of)
            yield {**row, "is_digital_eligible": is_eligible}

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """X1: all that became of anybody."""
        return [*self._quarters(), *self._ends(), *self._answers(), *self._points(), *self._today()]

    def _quarters(self) -> Iterator[Outcome]:
        for row in self.covered:
            if row["period_type"] == "quarter" and row["is_covered"] is not None:
                dates = (row["period_start"], row["period_end"])
                where = (row["account_id"], row["tier_id"], *dates)
                yield Outcome("coverage", *where, float(row["is_covered"]))
                counted = row["obligations_counted"]
                yield Outcome("on_time", *where, row["obligations_on_time"], counted)

    def _ends(self) -> Iterator[Outcome]:
        for row in self.renewals:
            if row["outcome"] in NOT_YET or row["tier_id"] is None:
                continue
            day, atr = row["term_end_on"], row["atr"]
            where = (row["account_id"], row["tier_id"], day, day)
            yield Outcome("logo_renewal", *where, float(row["outcome"] != "churned"))
            if is_decided(row):
                yield Outcome("gross_renewal", *where, min(row["renewed_arr"], atr), atr)
                yield Outcome("net_renewal", *where, row["renewed_arr"], atr)

    def _answers(self) -> Iterator[Outcome]:
        for row in self.now.facts["surveys"]:
            day = row["responded_at"].astimezone(UTC).date()
            if row["kind"] in ("csat", "nps") and row["score"] is not None and day <= self.as_of:
                side = (row["score"] >= 9) - (row["score"] <= 6)
                said = row["score"] if row["kind"] == "csat" else side
                yield Outcome(row["kind"], row["account_id"], None, day, day, said)
        for row in self.now.facts["assessments"]:
            day = row["assessed_at"].astimezone(UTC).date()
            if row["kind"] == "csm_sentiment" and day <= self.as_of:
                yield Outcome("sentiment", row["account_id"], None, day, day, row["score"])

    def _points(self) -> Iterator[Outcome]:
        for row in self.surges:
            if row["event_type"] != "critical_point":
                continue
            where = (row["account_id"], row["tier_id"], row["started_on"])
            if row["days_to_help"] is not None:
                yield Outcome("days_to_help", *where, row["helped_on"], row["days_to_help"])
            if row["kind"] == "escalation" and row["ended_on"] is not None:
                days = (row["ended_on"] - row["started_on"]).days
                yield Outcome("days_of_escalation", *where, row["ended_on"], days)

    def _today(self) -> Iterator[Outcome]:
        today = (self.as_of, self.as_of)
        for row in self.views:
            if row["is_active"] and row["has_current_success_plan"] is not None:
                where = (row["account_id"], row["tier_id"], *today)
                yield Outcome("success_plan", *where, float(row["has_current_success_plan"]))
        for row in self.months:
            if row["measured_on"] == self.as_of and row["functions"] is not None:
                where = (row["account_id"], row["tier_id"], *today)
                yield Outcome("functions", *where, len(row["functions"]))
        for row in self.fits:
            if row["needed_functions"]:
                needed, missing = row["needed_functions"], row["recommended_functions"] or ()
                where = (row["account_id"], row["tier_id"], *today)
                yield Outcome("staffed_functions", *where, len(needed) - len(missing), len(needed))

    def _sided(self) -> Iterator[tuple[str, str | None, str | None, Outcome]]:
        months = {(row["account_id"], row["month_start"]): row for row in self.months}
        for one in self.outcomes:
            before = (one.first.replace(day=1) - timedelta(days=1)).replace(day=1)
            month = months.get((one.account_id, before))
            if month is not None:
                tier_id = one.tier_id or month["tier_id"]
                yield "distribution_model", tier_id, month["observed_model"], one
                if one.name in FELT:
                    yield "team_size", tier_id, _size(month["contributors"]), one
            if one.name in STAYED:
                band = self._band(one.account_id, one.first)
                served_by = self._served_by(one.account_id, one.first)
                yield "digital_service", band, served_by, one
                if self.is_eligible(one.account_id, one.first):
                    yield "digital_service_if_eligible", band, served_by, one
        yield from self._around_the_change()

    def _around_the_change(self) -> Iterator[tuple[str, str | None, str | None, Outcome]]:
        """X5: a year to each side of it."""
        said = said_on(self.as_of)["tooling"].get("change_on")
        if said is None:
            return
        change = said if isinstance(said, date) else date.fromisoformat(said)
        year = timedelta(days=YEAR_D)
        capacity = self.now.capacity
        sizes = [
            Outcome("book_size", account_id, row.tier_id, day, day, len(book.accounts) / heads)
            for (account_id, day), row in capacity.demands.rows.items()
            if (unit := capacity.unit_of(account_id, day)) is not None
            and (book := capacity.books[day].get(unit)) is not None
            and (heads := len(book.people or ()))
        ]
        for one in [*self.outcomes, *sizes]:
            is_asked = one.name in ("coverage", "book_size", *STAYED)
            is_near = change - year <= one.first and one.last < change + year
            if is_asked and is_near and (one.last < change or one.first >= change):
                side = "after" if one.first >= change else "before"
                yield "tooling_change", one.tier_id, side, one

    @cached_property
    def _arr(self) -> Mapping[tuple[str, date], float | None]:
        return {(row["account_id"], row["month_start"]): row["arr"] for row in self.arr_months}

    def _band(self, account_id: str, day: date) -> str | None:
        """X3: the tier in whose band the ARR of the month before lies."""
        before = (day.replace(day=1) - timedelta(days=1)).replace(day=1)
        arr = self._arr.get((account_id, before))
        for tier in said_on(day)["tiers"] if arr is not None else ():
            if tier["arr_from"] <= arr and (tier["arr_to"] is None or arr < tier["arr_to"]):
                return str(tier["id"])
        return None

    @cached_property
    def _automated(self) -> Mapping[str, list[date]]:
        found: dict[str, list[date]] = defaultdict(list)
        for row in self.now.activities:
            if row["account_id"] and row["status"] == "completed" and row["is_automated"]:
                found[row["account_id"]].append(row["started_on"])
        return found

    @cached_property
    def _first_on(self) -> date:
        return min((row["started_on"] for row in self.now.activities), default=date.max)

    def _served_by(self, account_id: str, day: date) -> str | None:
        """X3: who was in touch in the half year before."""
        after = day - timedelta(days=TOUCHED_D)
        if self._first_on > after + timedelta(days=1):
            return None
        if self.now.health.inputs.two_way.get(account_id, EMPTY).within(day, TOUCHED_D):
            return "people"
        is_reached = any(after < sent_on <= day for sent_on in self._automated[account_id])
        return "software" if is_reached else "nobody"

    @cached_property
    def _scores(self) -> Mapping[str, list[tuple[date, float]]]:
        found: dict[str, list[tuple[date, float]]] = defaultdict(list)
        for row in self.daily:
            if row["final_score"] is not None:
                found[row["account_id"]].append((row["as_of_on"], row["final_score"]))
        return found

    @cached_property
    def _called_for(self) -> Mapping[str, list[date]]:
        found: dict[str, list[date]] = defaultdict(list)
        for row in self.now.ledger:
            if row.schedule_type == "conditional":
                found[row.account_id].append(row.opened_on)
        return found

    def _complexity(self, account_id: str, day: date) -> str | None:
        for row in self.now.history:
            is_over = row["valid_to"] is not None and row["valid_to"] <= day
            if row["account_id"] == account_id and row["valid_from"] <= day and not is_over:
                return row["complexity"]  # type: ignore[no-any-return]
        return None

    def is_eligible(self, account_id: str, day: date) -> bool | None:
        """X4: whether software could look after it; None where too little is known."""
        least = said_on(self.as_of)["distribution"].get("digital_min_health", 75)
        week = (day - timedelta(days=SCORED_D), day)
        scores = [one for one in self._scores[account_id] if week[0] < one[0] <= week[1]]
        score = max(scores)[1] if scores else None
        complexity = self._complexity(account_id, day)
        since = day - timedelta(days=CALLED_FOR_D)
        is_called_for = any(since < opened_on <= day for opened_on in self._called_for[account_id])
        is_too_low = score is not None and score < least
        if complexity not in (None, "low") or is_called_for or is_too_low:
            return False
        return None if score is None or complexity is None else True


def _size(contributors: int | None) -> str | None:
    if contributors is None:
        return None
    return "3 or more" if contributors >= 3 else str(contributors)


def _estimate(name: str, seen: Sequence[Outcome]) -> Row:
    """C19's estimates: Wilson's interval, or that of a ratio by its residuals."""
    whole = math.fsum(one.whole for one in seen)
    value = math.fsum(one.part for one in seen) / whole
    low: float | None = None
    high: float | None = None
    if name in YES_OR_NO:
        low, high = wilson(round(math.fsum(one.part for one in seen)), len(seen))
    elif name != "book_size" and len(seen) > 1:
        squares = math.fsum((one.part - value * one.whole) ** 2 for one in seen)
        away = Z * math.sqrt(squares * len(seen) / (len(seen) - 1)) / whole
        least, most = ENDS.get(name, (-math.inf, math.inf))
        low, high = max(value - away, least), min(value + away, most)
    return {"value": value, "value_low": low, "value_high": high}
