"""When something befalls many at once: how it is noticed, and what is done then.

Belongs here: thresholds of crises, and the plan for each type. Does not: rules for one account.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from pipelines.config.base import Flag, Positive, PositiveAmount, Section, Share, Text
from pipelines.config.errors import Fault, raise_if_any

CrisisType = Literal[
    "churn_cluster",
    "public_complaint",
    "negative_review_burst",
    "product_issue_cluster",
    "sponsor_loss_cluster",
]
CRISIS_TYPES: tuple[CrisisType, ...] = get_args(CrisisType)


class CrisisPlan(Section):
    """Who does what when an alert of a type is raised."""

    plan_id: Text = Field(description="The plan's name where your team keeps its plans.")
    owner: Text = Field(description="Who takes charge: a role, or an address.")
    script: Text | None = Field(
        None, description="Where the words are that people shall use; a name or an address."
    )
    manual_step: Flag = Field(
        True, description="Whether a person must step in; false where software answers alone."
    )


def _named(value: Any) -> Any:
    """Leave a type that nobody knows to be told with the types that there are."""
    if isinstance(value, Mapping):
        faults = [
            Fault((kind,), f"is not a type of crisis; known: {', '.join(CRISIS_TYPES)}")
            for kind in value
            if kind not in CRISIS_TYPES
        ]
        faults += [
            Fault((kind,), "is missing; every type of crisis needs a plan: {plan_id, owner}")
            for kind in CRISIS_TYPES
            if kind not in value
        ]
        raise_if_any(faults)
    return value


def _default_plans() -> dict[CrisisType, CrisisPlan]:
    return {
        kind: CrisisPlan(
            plan_id=kind,
            owner="support_lead" if kind == "product_issue_cluster" else "cs_manager",
            script=None,
            manual_step=True,
        )
        for kind in CRISIS_TYPES
    }


class Crisis(Section):
    """More of something bad at once than chance explains."""

    window_d: Positive = Field(description="Days over which churn notices are counted.")
    baseline_weeks: Positive = Field(description="Weeks before the window that say what is usual.")
    watch_p: Share = Field(description="Watch when chance alone is less likely than this.")
    crisis_p: Share = Field(description="Crisis when chance alone is less likely than this.")
    arr_share: Share = Field(
        description="Crisis also when the window loses more of all ARR than this."
    )
    top_n_accounts: Positive = Field(
        description="Crisis also when two of the largest accounts go; how many are the largest."
    )
    cluster_accounts: Positive = Field(
        3,
        description="Accounts with tickets about one component, or negative reviews, below which "
        "nothing is a cluster.",
    )
    cluster_ratio: PositiveAmount = Field(
        2.0, description="Tickets and reviews must also be so many times the usual number."
    )
    parts_factor: PositiveAmount = Field(
        100.0,
        description="In one tier, reason, product, component or source alone: chance must be so "
        "many times less likely, since many are looked at every day.",
    )
    quiet_d: Positive = Field(14, description="Quiet days after which an alert closes by itself.")
    plans: Annotated[dict[CrisisType, CrisisPlan], BeforeValidator(_named)] = Field(
        default_factory=_default_plans,
        description="By type of crisis, the plan for it and who owns it.",
    )

    @model_validator(mode="after")
    def _is_ordered(self) -> Crisis:
        if self.crisis_p >= self.watch_p:
            raise_if_any([Fault(("crisis_p",), "must be less than watch_p")])
        return self
