"""Time: how people's time is split, and when the split says something.

Belongs here: the section `time` of a coverage model. Does not: what people have to give, or what
work is expected to take.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, field_validator, model_validator

from pipelines.config.base import Amount, Count, PositiveAmount, Section, Share, Text
from pipelines.config.errors import Fault, raise_if_any


class UsualMinutes(Section):
    """What a contact takes one person where neither a record nor a standard says it."""

    email: Amount = Field(10.0, description="Minutes of reading or writing a message.")
    chat: Amount = Field(10.0, description="Minutes of a chat.")
    call: Amount = Field(20.0, description="Minutes of a call.")
    meeting: Amount = Field(45.0, description="Minutes of a meeting.")


class TimeSplit(Section):
    """How people's time is split, and when the split says something."""

    mostly_reactive: Share = Field(
        description="A tier is mostly reactive when reactive time is above this share."
    )
    max_unaccounted: Share = Field(
        description="No verdict where more of the contracted time than this is not accounted for."
    )
    prep_counts_as: Literal["internal_account", "proactive"] = Field(
        description="Where preparing a customer meeting counts; it moves the split by 10 points "
        "or more."
    )
    usual_minutes: UsualMinutes = Field(
        default_factory=UsualMinutes,
        description="By channel, minutes of a contact whose length is not recorded and of which "
        "no standard says what it takes.",
    )
    admin_work_types: list[Text] = Field(
        default_factory=lambda: [
            "reporting",
            "data_entry",
            "renewal_tracking",
            "tooling",
            "health_assembly",
            "note_reentry",
        ],
        description="Kinds of work, as time entries name them, that are administration.",
    )
    documented_within_bd: Count = Field(
        2,
        description="Business days within which a customer meeting has to be in a shared system, "
        "as a record or as notes.",
    )
    same_motion_distance: Share = Field(
        0.1,
        description="Two tiers get the same motion when their mixes of activities lie closer "
        "than this (0: the same mix, 1: nothing in common).",
    )
    deep_from_minutes: PositiveAmount = Field(
        180.0,
        description="A standard that takes so many minutes or more is a deep dive, any other a "
        "short one.",
    )

    @field_validator("admin_work_types")
    @classmethod
    def _lower(cls, names: list[str]) -> list[str]:
        """Sources write kinds of work in any case."""
        return [name.lower() for name in names]

    @model_validator(mode="after")
    def _fits_together(self) -> TimeSplit:
        raise_if_any(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        away = {"pto", "holiday", "leave"}
        for position, name in enumerate(self.admin_work_types):
            if name in away:
                message = f'"{name}" is time off, which is never work; leave it out'
                yield Fault(("admin_work_types", position), message)
            if name in self.admin_work_types[:position]:
                yield Fault(("admin_work_types", position), f'"{name}" is there twice')
