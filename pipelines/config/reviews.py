"""reviews.yaml: which quarterly reviews were signed off, and what was released.

Belongs here: what people say happened. Does not: whether a review is overdue, which SQL decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo, WithJsonSchema, model_validator

from pipelines.config.base import DateText, Section, Text
from pipelines.config.errors import Fault, raise_if_any
from pipelines.config.explain import did_you_mean

_QUARTER = re.compile(r"^(\d{4})-Q([1-4])$")


def _quarter(text: str) -> str:
    if not _QUARTER.fullmatch(text):
        raise ValueError(f'"{text}" is not a quarter; write it like 2026-Q1')
    return text


Quarter = Annotated[
    Text,
    AfterValidator(_quarter),
    WithJsonSchema({"type": "string", "pattern": _QUARTER.pattern}),
]


class Review(Section):
    """A quarterly review that someone signed off."""

    quarter: Quarter = Field(description="The quarter that was looked at, as 2026-Q1.")
    signed_off_on: DateText = Field(description="The day on which it was signed off.")
    by: Text = Field(description="Who signed it off.")
    tiers: list[Text] = Field(
        default_factory=list, description="The tiers that were looked at; none named: all of them."
    )

    @property
    def quarter_start(self) -> date:
        """The quarter's first day."""
        year, _, number = self.quarter.partition("-Q")
        return date(int(year), 3 * int(number) - 2, 1)


class Release(Section):
    """Something new in the product that may change what customers need."""

    on: DateText = Field(description="The day from which customers have it.")
    name: Text = Field(description="What it is called.")


class Reviews(Section):
    """What people say about reviews and releases; the file may be left out."""

    reviews: list[Review] = Field(
        default_factory=list, description="Quarterly reviews that were signed off."
    )
    releases: list[Release] = Field(
        default_factory=list, description="Releases after which needs should be looked at anew."
    )

    @classmethod
    def read(cls, data: Mapping[str, Any], known_tiers: Sequence[str]) -> Reviews:
        """Validate what the file says; where tiers are known, it may name no other.

        Raises pydantic's ValidationError.
        """
        return cls.model_validate(data, context={"known_tiers": known_tiers})

    @model_validator(mode="after")
    def _is_sound(self, info: ValidationInfo) -> Reviews:
        raise_if_any(self._faults((info.context or {}).get("known_tiers", ())))
        return self

    def _faults(self, known_tiers: Sequence[str]) -> Iterator[Fault]:
        for position, review in enumerate(self.reviews):
            if date.fromisoformat(review.signed_off_on) < review.quarter_start:
                message = f"lies before {review.quarter} began"
                yield Fault(("reviews", position, "signed_off_on"), message)
            for place, tier in enumerate(review.tiers):
                if known_tiers and tier not in known_tiers:
                    message = f'"{tier}" is not a tier; {did_you_mean(tier, known_tiers)}'
                    yield Fault(("reviews", position, "tiers", place), message)
