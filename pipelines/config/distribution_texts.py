"""The four ways to distribute CSMs over accounts, in words.

Belongs here: what each is, whom it suits, what speaks for and against it. Does not: when one is
observed or fits (distribution).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Model = Literal["1:1", "1:many", "many:1", "many:many"]
"""One CSM for one account, one for many, many for one, many for many."""


@dataclass(frozen=True)
class Words:
    """A model in words, as shown beside the fit of an account."""

    description: str
    best_for: str
    advantages: tuple[str, ...]
    challenges: tuple[str, ...]


WORDS: dict[Model, Words] = {
    "1:1": Words(
        description="One CSM works for one account and for nobody else.",
        best_for="Accounts that need daily attention and are worth a person's whole year.",
        advantages=(
            "The CSM knows the customer's goals, people and product use by heart.",
            "Nothing waits: onboarding and questions go before everything else.",
            "The relationship itself is a reason to stay.",
            "The simplest model to set up.",
        ),
        challenges=(
            "Serving the account may cost more than it will ever pay.",
            "Requests grow until one person is not enough.",
            "The CSM has no room for anybody else, and no replacement.",
            "Hours come unevenly, and nobody can even them out.",
        ),
    ),
    "1:many": Words(
        description="One CSM looks after several accounts, from a handful to hundreds.",
        best_for="Accounts with similar needs, the more of them the smaller and simpler they are.",
        advantages=(
            "Uses people's time well, and grows with the number of customers.",
            "Each account still has a name to turn to.",
            "Playbooks and automation pay off in every account of the book.",
            "Books can be cut by tier, so that each tier gets its own motion.",
        ),
        challenges=(
            "Each further account takes time from the others.",
            "Complex products need more than a share of one person.",
            "A large account in a large book gets too little.",
            "Full books wear people out, and quantity crowds out quality.",
            "The hardest model to set up well; taking it by default is seldom a decision.",
        ),
    ),
    "many:1": Words(
        description="A team of CSMs with different functions works for one account.",
        best_for="Very large accounts with migrations, training and projects that never end.",
        advantages=(
            "All skills the customer needs are at the table.",
            "Wins and keeps contracts that one person could not carry.",
            "A crisis meets a team, not a single calendar.",
            "Accompanies the customer through the whole journey.",
        ),
        challenges=(
            "Costs add up, and stay after the project that called for them.",
            "Binds people whom other customers miss.",
            "Much of the business hangs on one customer.",
            "Without a lead and clear functions the team talks past each other.",
        ),
    ),
    "many:many": Words(
        description="A pool of CSMs serves a group of accounts; no account has a CSM of its own.",
        best_for="Thousands of small accounts with a simple product, served mostly by software.",
        advantages=(
            "Whoever is free answers, so answers come fast.",
            "Holidays and departures leave no account alone.",
            "Grows by adding people to the pool, not by cutting books anew.",
            "Can serve the whole base, together with support.",
        ),
        challenges=(
            "Nobody knows the customer.",
            "Quality differs from one person to the next.",
            "Obligations without an owner are easily nobody's.",
            "Depends on clean and complete data more than any other model.",
        ),
    ),
}
"""By model."""
