"""How a customer truly fares: what no system shows, and everything else follows from.

Belongs here: adoption of the product, attention that the firm pays, willingness to answer. Does
not: how any of it is measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sandbox.company.book import Seat
from sandbox.company.chance import clip, dice
from sandbox.company.settings import Settings
from sandbox.company.story import INCIDENT, STRAINED_FROM, Tier

_RAMP_D = 200


@dataclass(frozen=True, slots=True)
class Condition:
    """The state of an account over time. All shares are from 0 to 1."""

    tier: Tier
    settled_adoption: float
    adoption_a_year: float
    settled_from: date
    is_new: bool
    luck: float
    uses_incident_component: bool
    silent: tuple[date, date] | None

    def adoption(self, day: date) -> float:
        """How much of the product the customer truly uses."""
        age = (day - self.settled_from).days
        ramp = clip(0.3 + 0.7 * age / _RAMP_D, 0.3, 1) if self.is_new else 1.0
        grown = self.settled_adoption + self.adoption_a_year * age / 365
        return clip(grown * ramp, 0.03, 0.97)

    def attention(self, day: date) -> float:
        """How well the account is looked after."""
        strained = self.tier.strained_attention
        is_strained = strained is not None and day >= STRAINED_FROM
        return clip(
            (strained if is_strained and strained else self.tier.attention) + self.luck, 0, 1
        )

    def answers(self, day: date) -> bool:
        """Whether anybody answers calls and messages."""
        return self.silent is None or not self.silent[0] <= day < self.silent[1]


def condition(seat: Seat, settings: Settings) -> Condition:
    """How an account is going to fare."""
    rng = dice(settings.seed, seat.number, "condition")
    tier = seat.tier
    silent = None
    if rng.random() < tier.unresponsive_rate:
        first = settings.history_from + timedelta(days=rng.randrange(300, 1_000))
        silent = (first, first + timedelta(days=rng.randrange(100, 220)))
    return Condition(
        tier=tier,
        settled_adoption=0.85
        if seat.is_steady
        else clip(rng.gauss(tier.adoption, 0.13), 0.1, 0.95),
        adoption_a_year=rng.gauss(0.0, 0.04),
        settled_from=seat.started_on,
        is_new=seat.started_on >= settings.history_from,
        luck=rng.gauss(0.0, 0.06),
        uses_incident_component=seat.turn == "incident" or rng.random() < INCIDENT.uses,
        silent=silent,
    )


def first_value_on(seat: Seat, condition: Condition, settings: Settings) -> date | None:
    """The day on which the product first did for the customer what it was bought for."""
    rng = dice(settings.seed, seat.number, "first value")
    days = 14 + 8 * rng.random() + 130 * (1 - condition.settled_adoption) ** 2 * rng.random()
    never = condition.settled_adoption < 0.32 and rng.random() < 0.5
    day = seat.started_on + timedelta(days=int(days))
    return None if never or day > settings.until else day
