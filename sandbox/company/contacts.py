"""People at customers.

Belongs here: who they are and what they decide. Does not: whom the firm talks to (diary).
"""

from __future__ import annotations

from datetime import date, timedelta

from sandbox.company import names
from sandbox.company.book import Seat
from sandbox.company.calendars import utc
from sandbox.company.chance import dice
from sandbox.company.facts import Contact
from sandbox.company.settings import Settings

# In this order people are known at an account; who has nobody else decides alone.
_ROLES = (
    ("Head of Operations", ("decision_maker", "champion")),
    ("Finance Director", ("economic_buyer",)),
    ("Systems Administrator", ("admin",)),
    ("Operations Analyst", ("end_user",)),
    ("Chief Operating Officer", ("exec_sponsor",)),
    ("Team Lead", ("end_user", "champion")),
    ("Data Manager", ("admin", "end_user")),
    ("VP Operations", ("exec_sponsor", "decision_maker")),
    ("Planner", ("end_user",)),
)
_LEAVES_RATE = 0.06
_ALL_DECIDING = ("decision_maker", "economic_buyer")


def contacts(seat: Seat, settings: Settings) -> tuple[Contact, ...]:
    """Everybody at an account that the firm ever knew, in the order in which they were met."""
    rng = dice(settings.seed, seat.number, "contacts")
    count = rng.randint(*seat.tier.contacts)
    people = names.people(count * 2, rng)
    first_known = seat.created_at.date()
    known: list[Contact] = []

    def meet(place: int, on: date, left_on: date | None) -> None:
        title: str = _ROLES[place][0]
        personas: tuple[str, ...] = _ROLES[place][1]
        if count == 1:
            title, personas = "Owner", _ALL_DECIDING
        elif count < 4 and place == 0:
            personas = (*_ALL_DECIDING, "champion")
        name = people[len(known)]
        known.append(
            Contact(
                contact_id=f"{seat.account_id}-p{len(known) + 1}",
                account_id=seat.account_id,
                email=names.email(name, seat.domain),
                name=name,
                title=title,
                personas=personas,
                created_at=utc(on, 9 * 60 + rng.randrange(60)),
                left_on=left_on,
            )
        )

    for place in range(count):
        left_on = None
        if count > 1 and rng.random() < _LEAVES_RATE * 3:
            left_on = first_known + timedelta(days=rng.randrange(150, 1_000))
            if left_on > settings.until:
                left_on = None
        meet(place, first_known, left_on)
        if left_on is not None:
            # Somebody else comes into the place some weeks later.
            followed_on = left_on + timedelta(days=rng.randrange(10, 60))
            if followed_on <= settings.until:
                meet(place, followed_on, None)
    return tuple(sorted(known, key=lambda contact: contact.created_at))
