"""What fires: playbooks, and when their signals count.

Belongs here: rules for an account, how fresh their signals must be. Does not: crises of many.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pipelines.config.base import Amount, Positive, Section, Share, Text
from pipelines.config.predicate import When


class Playbook(Section):
    """A rule that fires when something about an account turns true."""

    id: Annotated[Text, Field(pattern=r"^[a-z][a-z0-9_]*$")] = Field(
        description="The rule's name; lower case with _."
    )
    when: When = Field(description="What must turn true.")
    severity: Literal["low", "medium", "high"] = Field(
        "medium", description="How urgent it is when it fires."
    )
    playbook: Text | None = Field(
        None, description="The playbook to follow when it fires; default: the rule's id."
    )
    functions: list[Text] = Field(
        default_factory=list,
        description="Functions beside the CSM that should be brought in when it fires.",
    )


class InputAge(Section):
    """Days after which what a signal is made of is too old to fire a rule, or to end it."""

    activities: Positive = Field(14, description="Since the newest activity of any account.")
    tickets: Positive = Field(30, description="Since the newest ticket of any account.")
    usage: Positive = Field(30, description="Since the account's own last reading.")


class SignalRules(Section):
    """When a signal may be believed, and how long what it brought about is looked for."""

    max_age_d: InputAge = Field(
        default_factory=lambda: InputAge(activities=14, tickets=30, usage=30),
        description="Days after which an input is stale: it neither fires a rule nor ends it.",
    )
    recount_share: Share = Field(
        0.5,
        description="Usage of so many accounts moving the same way at once means that it is "
        "counted differently; then no account's change fires anything.",
    )
    recount_change: Share = Field(0.15, description="How far each of them must have moved.")
    recount_accounts: Positive = Field(10, description="At least so many accounts with usage.")
    step_up_hours: Amount = Field(
        12.0,
        description="Required hours that change by fewer hours a year have not changed: half as "
        "much again of little is still little.",
    )
    act_within_d: Positive = Field(
        30, description="Days in which an activity counts as the answer to a trigger."
    )
    outcome_within_d: Positive = Field(
        180, description="Days in which a loss counts as what a trigger warned of."
    )
