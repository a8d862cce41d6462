"""The firm's book of customers: which families of companies, of what size, where, since when.

Belongs here: what is laid down about an account before anything happens to it. Does not: contracts
and what follows from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sandbox.company import names
from sandbox.company.calendars import utc, working_day
from sandbox.company.chance import dice, pick, place, spread
from sandbox.company.facts import Double
from sandbox.company.settings import Settings
from sandbox.company.story import (
    DOUBLED_EVERY,
    DOUBLED_FIRST,
    EDGE_ARR,
    RATES_TO_USD,
    TIERS,
    TURNS,
    Tier,
)

# (country, region, time zone, currency), each as often as it has customers.
_PLACES = (
    ("US", "amer", "America/New_York", "USD"),
    ("GB", "emea", "Europe/London", "GBP"),
    ("US", "amer", "America/Chicago", "USD"),
    ("DE", "emea", "Europe/Berlin", "EUR"),
    ("AU", "apac", "Australia/Sydney", "USD"),
    ("US", "amer", "America/Los_Angeles", "USD"),
    ("FR", "emea", "Europe/Paris", "EUR"),
    ("US", "amer", "America/New_York", "USD"),
    ("CA", "amer", "America/Toronto", "USD"),
    ("GB", "emea", "Europe/London", "GBP"),
    ("JP", "apac", "Asia/Tokyo", "USD"),
    ("US", "amer", "America/Denver", "USD"),
    ("NL", "emea", "Europe/Amsterdam", "EUR"),
    ("US", "amer", "America/New_York", "USD"),
    ("GB", "emea", "Europe/London", "GBP"),
    ("US", "amer", "America/Chicago", "USD"),
    ("SG", "apac", "Asia/Singapore", "USD"),
    ("IE", "emea", "Europe/Dublin", "EUR"),
    ("US", "amer", "America/Los_Angeles", "USD"),
    ("DE", "emea", "Europe/Berlin", "EUR"),
)
_COUNTRY_NAMES = {
    "US": "America",
    "CA": "Canada",
    "GB": "UK",
    "IE": "Ireland",
    "DE": "Germany",
    "FR": "France",
    "NL": "Netherlands",
    "AU": "Australia",
    "JP": "Japan",
    "SG": "Singapore",
}

# One family in so many is a group of companies, of 2 to 5 members in these proportions. The first
# is the sixth: before it, each tier has one account.
_GROUP_EVERY = 33
_FIRST_GROUP = 5
_GROUP_SIZES = ((2, 0.5), (3, 0.25), (4, 0.15), (5, 0.10))

# So many of the accounts were customers before the records begin.
_SHARE_BEFORE_HISTORY = 0.5


@dataclass(frozen=True, slots=True)
class Seat:
    """An account as the story lays it down, before it begins.

    `place` in [0, 1) is where it stands in its tier, which any stretch of accounts fills evenly.
    `arr` is what the first contract is worth, in the account's currency. `turn` is what is to
    happen to it besides chance. `created_at` is when it came into the firm's records.
    """

    number: int
    family: int
    account_id: str
    family_id: str
    parent_account_id: str | None
    tier: Tier
    place: float
    name: str
    domain: str
    industry: str
    country: str
    region: str
    time_zone: str
    currency: str
    arr: float
    started_on: date
    created_at: datetime
    turn: str | None

    @property
    def is_steady(self) -> bool:
        """Whether it stays, at the price it has: what stands on an edge shall keep standing."""
        return self.number in EDGE_ARR


def seats(settings: Settings) -> Iterator[tuple[Seat, ...]]:
    """Family by family, the accounts in it, the parent first."""
    number = family = 0
    while number < settings.accounts:
        size = min(_size(family, settings), settings.accounts - number)
        yield _family(family, number, size, settings)
        number += size
        family += 1


def doubles(seat: Seat, settings: Settings) -> tuple[Double, ...]:
    """The account's second record in the CRM, if somebody made one.

    Of three, one is merged in July 2026, one soon after it was made, and one stays.
    """
    if seat.number % DOUBLED_EVERY != DOUBLED_FIRST:
        return ()
    rng = dice(settings.seed, seat.number, "double")
    made_on = max(date(2026, 1, 12), seat.started_on) + timedelta(days=rng.randrange(5, 100))
    fate = seat.number // DOUBLED_EVERY % 3
    merged_on = None
    if fate == 0:
        merged_on = max(date(2026, 7, 7), made_on) + timedelta(days=rng.randrange(1, 6))
    elif fate == 1:
        merged_on = made_on + timedelta(days=rng.randrange(10, 60))
    if made_on > settings.until:
        return ()
    if merged_on is not None and merged_on > settings.until:
        merged_on = None
    short = seat.name.split()[0]
    return (
        Double(
            account_id=seat.account_id,
            double_id=f"{seat.account_id}-double",
            name=rng.choice((short, f"{seat.name} Inc", seat.name.upper())),
            created_at=utc(made_on, 15 * 60 + rng.randrange(120)),
            merged_at=None if merged_on is None else utc(merged_on, 14 * 60 + rng.randrange(180)),
        ),
    )


def account_id(number: int) -> str:
    """The id of an account by its number."""
    return f"acc-{number + 1:06d}"


def _size(family: int, settings: Settings) -> int:
    if family % _GROUP_EVERY != _FIRST_GROUP:
        return 1
    if family == _FIRST_GROUP:
        return 2
    return pick(_GROUP_SIZES, spread(family // _GROUP_EVERY, settings.seed))


def _tier(family: int, size: int, settings: Settings) -> tuple[Tier, float]:
    tiers = tuple(TIERS.values())
    alone = spread(family, settings.seed)
    if family < len(tiers):
        return tiers[family], alone
    if family == _FIRST_GROUP:
        return TIERS["T3"], alone
    if size > 1:
        shares = [(tier, tier.group_share) for tier in tiers]
        return place(shares, spread(family // _GROUP_EVERY, settings.seed + 1))
    return place([(tier, tier.alone_share) for tier in tiers], alone)


def _family(family: int, first: int, size: int, settings: Settings) -> tuple[Seat, ...]:
    rng = dice(settings.seed, family)
    tier, place_in_tier = _tier(family, size, settings)
    # Together they are worth what the tier is: each by itself would often be in a lower one.
    weights = [1.0, *(rng.uniform(0.25, 0.8) for _ in range(size - 1))]
    low, high = tier.arr_usd
    together = low * (high / low) ** rng.random()
    members: list[Seat] = []
    for member, weight in enumerate(weights):
        number = first + member
        country, region, time_zone, currency = _place(number, settings)
        name, industry = names.company(number, settings.seed)
        parent = members[0] if members else None
        # A subsidiary is called as its parent, or as it was before it was bought.
        if parent is not None and rng.random() < 0.6:
            daughter = f"{parent.name} {_COUNTRY_NAMES[country]}"
            if daughter not in {seat.name for seat in members}:
                name, industry = daughter, parent.industry
        started_on = _started_on(number, country, settings, parent)
        usd = together * weight / sum(weights)
        if number in EDGE_ARR:
            usd, currency = EDGE_ARR[number], "USD"
            started_on = min(started_on, settings.history_from + timedelta(days=200))
        known_on = max(settings.history_from, started_on - timedelta(days=rng.randrange(45, 80)))
        members.append(
            Seat(
                number=number,
                family=family,
                account_id=account_id(number),
                family_id=f"fam-{family + 1:06d}",
                parent_account_id=parent.account_id if parent else None,
                tier=tier,
                place=place_in_tier,
                name=name,
                domain=names.domain(name),
                industry=industry,
                country=country,
                region=region,
                time_zone=time_zone,
                currency=currency,
                arr=usd if number in EDGE_ARR else _rounded(usd / RATES_TO_USD[currency]),
                started_on=started_on,
                created_at=utc(known_on, 6 * 60 + rng.randrange(30)),
                turn=TURNS.get(number),
            )
        )
    return tuple(members)


def _place(number: int, settings: Settings) -> tuple[str, str, str, str]:
    return _PLACES[(number * 7 + settings.seed) % len(_PLACES)]


def _started_on(number: int, country: str, settings: Settings, parent: Seat | None) -> date:
    rng = dice(settings.seed, number, "start")
    turn = TURNS.get(number)
    if turn == "incident":
        # Its contract then ends a few months after the incident.
        return working_day(date(2024, 6, 3) + timedelta(days=rng.randrange(0, 100)), country)
    if turn is not None:
        return working_day(settings.history_from + timedelta(days=rng.randrange(0, 120)), country)
    if rng.random() < _SHARE_BEFORE_HISTORY:
        started = settings.history_from - timedelta(days=rng.randrange(1, 365))
    else:
        days = (settings.until - settings.history_from).days - 30
        started = settings.history_from + timedelta(days=rng.randrange(30, days))
    if number == DOUBLED_FIRST:
        # In time for its second record to be made and merged.
        started = min(started, settings.until - timedelta(days=150))
    if parent is not None:
        started = max(started, parent.started_on)
    return working_day(started, country)


def _rounded(amount: float) -> float:
    return float(round(amount, -2))
