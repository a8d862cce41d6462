"""Tiers: which accounts belong together, and how an account moves between tiers.

Belongs here: bands of ARR and the rules of moving. Does not: what a tier is owed (standards).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pipelines.config.base import Amount, Count, Positive, Section, Share, Text
from pipelines.config.errors import Fault

_BAND_MODEL = re.compile(r"1:many\[(\d+),(\d+|inf)\)")


def _tier_id(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", text) or text.upper() == "ALL":
        raise ValueError(
            "a tier's id is a letter, then letters, digits or _ (T1); ALL is taken: it means "
            "all tiers together"
        )
    return text


def distribution_model(text: str) -> str:
    """The text, if it names a way to distribute CSMs."""
    band = _BAND_MODEL.fullmatch(text)
    is_band = band and (band[2] == "inf" or int(band[1]) < int(band[2]))
    if text not in ("1:1", "many:1", "many:many") and not is_band:
        raise ValueError(
            f'"{text}" is not a distribution model; known: 1:1, many:1, many:many, and '
            "1:many[from,to), like 1:many[10,25)"
        )
    return text


TierId = Annotated[Text, AfterValidator(_tier_id)]


class Tier(Section):
    """A band of ARR whose accounts are owed the same standards."""

    id: TierId = Field(description="The tier's short name, as in tier_id of every table.")
    name: Text = Field(description="The tier's name in words.")
    arr_from: Amount = Field(description="Lower edge of ARR in the reporting currency, included.")
    arr_to: Amount | None = Field(
        description="Upper edge of ARR, not included; null for the tier without one."
    )
    touch: Literal["high", "mid", "low", "digital"] = Field(
        description="How much of the engagement is done by people."
    )
    models: list[Annotated[Text, AfterValidator(distribution_model)]] = Field(
        min_length=1,
        description="Ways to distribute CSMs that suit the tier: 1:1, many:1, many:many, or "
        "1:many[from,to) with the accounts a CSM then holds. Only shown and compared with what "
        "is observed.",
    )
    target_cts: Share = Field(
        description="Coverage to standard that the tier aims at: the share of accounts that got "
        "everything owed to them, on time and to standard."
    )


class Tiering(Section):
    """How an account's tier follows its ARR."""

    measure: Literal["parent_committed_arr"] = Field(
        "parent_committed_arr",
        description="What is held against the bands: the ARR of all contracts in force in the "
        "account's whole family of companies.",
    )
    promote_days: Count = Field(
        description="Days at or above the upper edge before an account moves up; 0 is at once."
    )
    demote_edge: Share = Field(
        description="An account moves down only below this share of its tier's lower edge."
    )
    demote_days: Positive = Field(
        description="Days below that edge before an account moves down, on a quarter's first day."
    )
    freeze_before_renewal_days: Count = Field(
        description="An account whose term ends within so many days does not move down."
    )
    review: Literal["quarterly"] = Field(
        "quarterly", description="When accounts may move down: on a quarter's first day."
    )
    override_max_days: Positive = Field(
        description="A tier set by hand ends after so many days at the latest."
    )


class RatioReference(Section):
    """Accounts per CSM as others quote them; shown beside the ratio, never aimed at."""

    high_touch: Positive = Field(description="Accounts per CSM quoted for high touch.")
    tech_touch: Positive = Field(description="Accounts per CSM quoted for tech touch.")
    use: Literal["display_only"] = Field(
        "display_only", description="Shown for comparison; nothing is computed from it."
    )


def band_faults(tiers: Sequence[Tier]) -> Iterator[Fault]:
    """Every gap, overlap and double name among the tiers; the bands must cover 0 to open end."""
    seen: dict[str, int] = {}
    for position, tier in enumerate(tiers):
        if tier.id in seen:
            yield Fault((position, "id"), f'"{tier.id}" is already the id of another tier')
        seen[tier.id] = position
        if tier.arr_to is not None and tier.arr_to <= tier.arr_from:
            yield Fault((position, "arr_to"), "must be more than arr_from")
    ordered = sorted(enumerate(tiers), key=lambda entry: entry[1].arr_from)
    lowest, first = ordered[0]
    if first.arr_from != 0:
        yield Fault((lowest, "arr_from"), "the lowest tier must start at 0")
    for (position, lower), (above, upper) in itertools.pairwise(ordered):
        if lower.arr_to is None:
            yield Fault(
                (position, "arr_to"),
                f"only the highest tier is open; {upper.id} starts at {upper.arr_from:g}",
            )
        elif lower.arr_to != upper.arr_from:
            what = "overlaps" if lower.arr_to > upper.arr_from else "leaves a gap to"
            yield Fault(
                (above, "arr_from"),
                f"{upper.id} {what} {lower.id}, which ends at {lower.arr_to:g}; each tier must "
                "start where the one below it ends",
            )
    highest, last = ordered[-1]
    if last.arr_to is not None:
        yield Fault((highest, "arr_to"), "the highest tier has no upper edge; write null")
