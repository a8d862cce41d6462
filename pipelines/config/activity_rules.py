"""Activity rules: what a source's own kind, subject and attendees say an activity was for.

Belongs here: the conditions of a rule. Does not: the rules themselves, which are a model's.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from pipelines.config.base import Count, Flag, Section, Text
from pipelines.config.errors import Fault, raise_if_any
from pipelines.config.vocabulary import ActivityType, Channel, Direction

# The warehouse matches in linear time and so knows no look-around and no back-references.
_NOT_IN_WAREHOUSE = re.compile(r"\(\?(=|!|<=|<!|P=)|\\[1-9]")


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    if _NOT_IN_WAREHOUSE.search(text):
        raise ValueError("look-ahead, look-behind and back-references cannot be used here")
    return text


class Match(Section):
    """All that is written must hold; where a list is written, one of it."""

    source: list[Text] | None = Field(
        None, min_length=1, description="The source's name in sources.yaml."
    )
    kind: list[Text] | None = Field(
        None,
        min_length=1,
        description="The activity's type as the source writes it; case does not matter.",
    )
    subject: Annotated[Text, AfterValidator(_pattern)] | None = Field(
        None,
        description="A regular expression found anywhere in the subject; case does not matter. "
        "Write it in single quotes.",
    )
    channel: list[Channel] | None = Field(None, min_length=1, description="How people met.")
    direction: list[Direction] | None = Field(None, min_length=1, description="Who began.")
    has_customer: Flag | None = Field(
        None, description="Whether anyone of the customer took part or was addressed."
    )
    min_customer_attendees: Count | None = Field(
        None, description="At least so many people of the customer took part."
    )

    @model_validator(mode="after")
    def _says_something(self) -> Match:
        if not self.model_dump(exclude_none=True):
            message = "a rule without a condition would match every activity; add one"
            raise_if_any([Fault((), message)])
        return self


class ActivityRule(Section):
    """The type of the activities that match.

    Rules are tried in their order and the first that matches decides. An activity whose own
    type already says what it was for keeps that type, unless a rule names it under `kind`.
    """

    match: Match = Field(description="Which activities.")
    type: ActivityType = Field(description="What they were for.")
