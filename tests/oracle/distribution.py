"""How accounts are looked after, month by month: alone, in a book, by a team, by a pool (D1 to D6).

Belongs here: the model that a month shows, on paper and by the hours. Does not: which model would
fit (model_fit).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from oracle.assignments import lead_on
from oracle.calendar import period
from oracle.ledger_facts import Book
from oracle.models import said_on
from oracle.succession import months_later
from oracle.tiers import spans
from oracle.world import Row

MONTHS_BACK = 24
FEW_HELD = 2
MANY_HANDS, NOBODYS_SHARE = 3, 0.5

Person = str
"""A user's id; the address of somebody whom no source has as a user."""


@dataclass(frozen=True)
class Observed:
    """What an account's month looks like, on paper or by the hours."""

    model: str | None
    band: str | None
    contributors: int
    top_share: float | None

    @property
    def text(self) -> str | None:
        """The band where there is one."""
        return self.band or self.model


@dataclass(frozen=True)
class Month:
    """An account that is active on the day on which a month is looked at."""

    account_id: str
    start: date
    day: date
    lead: Person | None
    pool: str | None


class Staffing:
    """Who works for whom; `assigned`, `people`, `time` are the tables of these things."""

    def __init__(
        self, book: Book, assigned: Sequence[Row], people: Sequence[Row], time: Sequence[Row]
    ) -> None:
        self.book = book
        self.spans = spans(book)
        self.people = {row["user_id"]: row for row in people}
        self.assigned: dict[str, list[Row]] = defaultdict(list)
        for row in assigned:
            self.assigned[row["account_id"]].append(row)
        self.worked = sorted(
            (row for row in time if row["category"] != "not_working" and row["account_id"]),
            key=lambda row: row["worked_on"],
        )
        self.tracked_since = min((row["worked_on"] for row in time), default=None)
        self._months: dict[date, Staff] = {}

    def is_csm(self, person: Person) -> bool:
        """Unless a source knows them as something else."""
        row = self.people.get(person)
        return row is None or bool(row["is_csm"])

    def is_active(self, account_id: str, day: date) -> bool:
        """Whether a contract is in force."""
        return any(start <= day < end for start, end in self.spans[account_id])

    def lead(self, account_id: str, day: date) -> tuple[Person | None, str | None]:
        """The person who leads, else the pool."""
        row = lead_on(self.assigned.get(account_id, ()), day) or {}
        person = person_of(row)
        return person, None if person else row.get("pool")

    def on(self, account_id: str, day: date) -> Iterator[Row]:
        """Assignments that hold on a day."""
        for row in self.assigned.get(account_id, ()):
            if row["valid_from"] <= day and (row["valid_to"] is None or day < row["valid_to"]):
                yield row

    def team(self, account_id: str, day: date) -> set[Person]:
        """The CSMs who are on an account for good, its lead among them."""
        there = {self.lead(account_id, day)[0]} | {
            person_of(row)
            for row in self.on(account_id, day)
            if row["role"] == "member" and not row["is_temporary"]
        }
        return {person for person in there if person is not None and self.is_csm(person)}

    @cached_property
    def minutes(self) -> Mapping[tuple[str, date], Mapping[Person, float]]:
        """By account and month, everybody's minutes."""
        found: dict[tuple[str, date], dict[Person, float]] = defaultdict(lambda: defaultdict(float))
        for row in self.worked:
            if row["worked_on"] <= self.book.as_of:
                month = row["worked_on"].replace(day=1)
                found[row["account_id"], month][person_of(row) or ""] += row["minutes"]
        return found

    def hours(self, account_id: str, first: date, end: date) -> float:
        """Everybody's hours on an account, on days [first, end)."""
        return (
            sum(
                row["minutes"]
                for row in self.by_account.get(account_id, ())
                if first <= row["worked_on"] < end
            )
            / 60
        )

    @cached_property
    def by_account(self) -> Mapping[str, list[Row]]:
        """Rows of time by account."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.worked:
            found[row["account_id"]].append(row)
        return found

    def month(self, start: date) -> Staff:
        """Everybody's accounts in a month."""
        if start not in self._months:
            self._months[start] = Staff(self, start)
        return self._months[start]

    @cached_property
    def months(self) -> list[date]:
        """The month of as_of and the 24 before it."""
        this = self.book.as_of.replace(day=1)
        return [months_later(this, -back) for back in range(MONTHS_BACK, -1, -1)]


def person_of(row: Mapping[str, Any]) -> Person | None:
    """The id of a row's person, else the address."""
    return row.get("user_id") or row.get("user_email")


class Staff:
    """One month: who is on which account, on paper and by the hours."""

    def __init__(self, staffing: Staffing, start: date) -> None:
        self.staffing = staffing
        self.day = min(period(start, "month")[1], staffing.book.as_of)
        self.start = start
        self.said: Mapping[str, Any] = said_on(self.day)["distribution"]
        active = [a for a in staffing.spans if staffing.is_active(a, self.day)]
        self.months = [
            Month(account_id, start, self.day, *staffing.lead(account_id, self.day))
            for account_id in sorted(active)
        ]
        self.teams = {a: staffing.team(a, self.day) for a in active}
        self.held: dict[Person, int] = defaultdict(int)
        for team in self.teams.values():
            for person in team:
                self.held[person] += 1
        self.led: dict[tuple[Person | None, str | None], int] = defaultdict(int)
        for month in self.months:
            self.led[month.lead, month.pool] += 1

    def minutes(self, month: Month) -> Mapping[Person, float]:
        """Everybody's minutes on the account."""
        return self.staffing.minutes.get((month.account_id, month.start), {})

    def csm_minutes(self, month: Month) -> dict[Person, float]:
        """The CSMs' alone."""
        return {
            person: minutes
            for person, minutes in self.minutes(month).items()
            if minutes > 0 and self.staffing.is_csm(person)
        }

    def has_evidence(self, month: Month) -> bool:
        """Whether the hours say enough."""
        return sum(self.csm_minutes(month).values()) / 60 >= self.said["min_hours"]

    def shares(self, month: Month) -> dict[Person, float]:
        """Each CSM's share of the CSMs' minutes."""
        minutes = self.csm_minutes(month)
        whole = sum(minutes.values())
        return {person: part / whole for person, part in minutes.items()} if whole else {}

    def _by_hours(self, month: Month) -> set[Person]:
        least = self.said["contributor_share"]
        return {person for person, share in self.shares(month).items() if share >= least}

    @cached_property
    def held_by_hours(self) -> Mapping[Person, int]:
        """Accounts on which somebody is seen to work."""
        found: dict[Person, int] = defaultdict(int)
        for month in self.months:
            if self.has_evidence(month):
                for person in self._by_hours(month):
                    found[person] += 1
        return found

    def lead_accounts(self, month: Month) -> int | None:
        """How many accounts the lead, or the pool, has."""
        if month.lead is None and month.pool is None:
            return None
        return self.led[month.lead, month.pool]

    def observed(self, month: Month, *, by_hours: bool) -> Observed:
        """D4, D5: the first that fits."""
        shares = self.shares(month) if by_hours else {}
        who = self._by_hours(month) if by_hours else self.teams[month.account_id]
        top = max(shares.values()) if by_hours else None

        def held(person: Person) -> int:
            return self.held.get(person, 0) or self.held_by_hours.get(person, 0)

        if by_hours:
            alone = [p for p, share in shares.items() if share >= self.said["dominant_share"]]
        else:
            alone = list(who) if len(who) == 1 else []
        is_spread = by_hours and len(shares) >= MANY_HANDS and (top or 0) < NOBODYS_SHARE
        is_leaderless = not by_hours and len(who) >= FEW_HELD and month.lead is None
        model: str | None
        if month.pool is not None:
            model = "many:many"
        elif len(who) >= FEW_HELD and all(held(person) <= FEW_HELD for person in who):
            model = "many:1"
        elif len(alone) == 1 and held(alone[0]) == 1:
            model = "1:1"
        elif is_spread or is_leaderless:
            model = "many:many"
        elif month.lead is not None:
            model = "1:many"
        else:
            model = "many:many" if len(who) >= FEW_HELD else None
        band = self.band(self.lead_accounts(month)) if model == "1:many" else None
        return Observed(model, band, len(who), top)

    def band(self, accounts: int | None) -> str | None:
        """The band of accounts for each CSM that holds a number of them."""
        if accounts is None:
            return None
        for band in self.said["bands"]:
            high = band["accounts_to"]
            if band["accounts_from"] <= accounts and (high is None or accounts < high):
                return band_name(band)
        return None

    def override(self, account_id: str) -> str | None:
        """The model meant for the account instead of its tier's."""
        for each in self.said["account_models"]:
            is_in_force = _day(each["valid_from"]) <= self.day < _day(each["valid_to"])
            if each["account"] == account_id and is_in_force:
                return str(each["model"])
        return None

    def allowed(self, account_id: str, tier_id: str | None) -> list[str] | None:
        """D6, D8: the models that an account may be looked after by."""
        override = self.override(account_id)
        if override is not None:
            return [override]
        tiers = {tier["id"]: tier["models"] for tier in said_on(self.day)["tiers"]}
        return tiers.get(tier_id) if tier_id else None

    def is_allowed(self, month: Month, tier_id: str | None, seen: Observed) -> bool | None:
        """Whether the tier, or a decision for the account, has the model."""
        allowed = self.allowed(month.account_id, tier_id)
        if seen.model is None or allowed is None:
            return None
        if seen.model != "1:many":
            return seen.model in allowed
        accounts = self.lead_accounts(month) or 0
        ranges = [edges(name) for name in allowed if name.startswith("1:many")]
        return any(low <= accounts and (high is None or accounts < high) for low, high in ranges)

    def row(self, month: Month) -> Row:
        """A row of fct_distribution_month."""
        staffing = self.staffing
        by_hours = self.has_evidence(month)
        lead = lead_on(staffing.assigned.get(month.account_id, ()), month.day) or {}
        seen = self.observed(month, by_hours=by_hours)
        paper = self.observed(month, by_hours=False)
        there = staffing.book.tier_days[month.account_id].get(month.day)
        tier_id = there.assigned if there else None
        since = staffing.tracked_since
        is_tracked = since is not None and since <= self.day
        minutes = self.minutes(month)
        lead_minutes = minutes.get(month.lead or "", 0.0) if month.lead else None
        whole = sum(minutes.values())
        hands = {
            *self.teams[month.account_id],
            *(p for r in staffing.on(month.account_id, month.day) if (p := _helper(r))),
            *(person for person, part in minutes.items() if part > 0),
        }
        allowed = self.allowed(month.account_id, tier_id)
        is_nobodys = month.lead is None and month.pool is None and seen.contributors >= FEW_HELD

        def hours(part: float | None) -> float | None:
            return None if part is None or not is_tracked else part / 60

        return {
            "account_id": month.account_id,
            "month_start": month.start,
            "measured_on": month.day,
            "tier_id": tier_id,
            "observed_model": seen.model,
            "observed_band": seen.band,
            "assigned_model": paper.model,
            "assigned_band": paper.band,
            "is_mismatch": seen.text != paper.text if by_hours else None,
            "evidence": "time" if by_hours else "assignments",
            "is_allowed": self.is_allowed(month, tier_id, seen),
            "is_accidental_many_to_many": is_nobodys and "many:many" not in (allowed or ()),
            "override_model": self.override(month.account_id),
            "lead_user_id": lead.get("user_id"),
            "lead_user_email": lead.get("user_email"),
            "has_lead": month.lead is not None,
            "lead_pool": month.pool,
            "lead_accounts": self.lead_accounts(month),
            "contributors": seen.contributors,
            "top_share": seen.top_share,
            "people": len(hands),
            "functions": sorted(self._functions(month, hands)) or None,
            "hours": hours(whole),
            "csm_hours": hours(sum(self.csm_minutes(month).values())),
            "lead_hours": hours(lead_minutes),
            "pooled_contributor_hours": hours(whole - (lead_minutes or 0.0)),
        }

    def _functions(self, month: Month, hands: set[Person]) -> set[str]:
        told = {
            (person, row["function"])
            for row in self.staffing.on(month.account_id, month.day)
            if row["role"] != "backup" and (person := person_of(row)) and row["function"]
        }
        known = {(p, self.staffing.people.get(p, {}).get("function")) for p in hands}
        return {function.lower() for _, function in told | known if function}


def _helper(row: Row) -> Person | None:
    return None if row["role"] == "backup" else person_of(row)


def band_name(band: Mapping[str, Any]) -> str:
    """As tiers name it: `1:many[10,25)`."""
    high = "inf" if band["accounts_to"] is None else band["accounts_to"]
    return f"1:many[{band['accounts_from']},{high})"


def edges(text: str) -> tuple[int, int | None]:
    """The ends of `1:many[10,25)`, or of `[10,25)`; None where it is open."""
    low, high = text[text.index("[") + 1 : -1].split(",")
    return int(low), None if high.strip() == "inf" else int(high)


def _day(said: date | str) -> date:
    return date.fromisoformat(said) if isinstance(said, str) else said


def fct_distribution_month(staffing: Staffing) -> Iterator[Row]:
    """One row an account and month."""
    for start in staffing.months:
        staff = staffing.month(start)
        for month in staff.months:
            yield staff.row(month)
