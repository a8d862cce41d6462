"""The words that models and activities share: activity types, personas, what satisfies what.

Belongs here: names with their meaning. Does not: numbers, which are a model's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

ActivityType = Literal[
    "check_in",
    "kickoff",
    "onboarding_session",
    "first_value",
    "onboarding_complete",
    "ebr",
    "business_review",
    "success_plan_review",
    "workshop",
    "training",
    "renewal_conversation",
    "health_assessment",
    "health_update",
    "risk_update",
    "escalation_call",
    "support",
    "broadcast",
    "onboarding_sequence",
    "usage_recap",
    "survey_sent",
    "renewal_notice",
    "internal_prep",
    "internal_team",
    "reporting",
    "data_entry",
    "renewal_tracking",
    "note",
    "task",
    "email",
    "call",
    "meeting",
    "other",
]
ACTIVITY_TYPES: tuple[str, ...] = get_args(ActivityType)

PLAIN_ACTIVITY_TYPES = ("note", "task", "email", "call", "meeting", "other")
"""Types that say how people met, not what for."""

Channel = Literal["meeting", "call", "email", "chat", "in_app", "event"]
Direction = Literal["outbound", "inbound", "internal"]

PERSONAS = (
    "exec_sponsor",
    "economic_buyer",
    "decision_maker",
    "champion",
    "admin",
    "end_user",
)

_ANY_CONVERSATION: tuple[ActivityType, ...] = (
    "check_in",
    "meeting",
    "call",
    "ebr",
    "business_review",
    "workshop",
)

DEFAULT_ACCEPTS: Mapping[str, tuple[ActivityType, ...]] = {
    "check_in": _ANY_CONVERSATION,
    "ebr": ("ebr",),
    "business_review": ("business_review", "ebr"),
    "workshop": ("workshop", "training"),
    "renewal_conversation": ("renewal_conversation",),
    "onboarding_engage": ("kickoff", "onboarding_session"),
    "onboarding_first_value": ("first_value",),
    "onboarding_complete": ("onboarding_complete",),
    "health_assessment": ("health_assessment", "health_update", "ebr"),
    "health_update": ("health_update", "health_assessment"),
    "risk_update": ("risk_update", "escalation_call", "check_in"),
    "customer_touch": (*_ANY_CONVERSATION, "renewal_conversation"),
    "broadcast": ("broadcast", "usage_recap"),
    "onboarding_sequence": ("onboarding_sequence",),
    "usage_recap": ("usage_recap",),
    "onboarding_survey": ("survey_sent",),
    "checkin_90d": ("check_in", "email", "survey_sent"),
    "renewal_notice": ("renewal_notice", "renewal_conversation"),
}
"""What settles a standard of a family, where the model does not say."""

OPTIONAL_FAMILIES = frozenset({"trigger_response"})
"""What an account can be without and still be covered, unless a standard says otherwise."""

AUTOMATED_FAMILIES = frozenset(
    {
        "broadcast",
        "onboarding_sequence",
        "usage_recap",
        "onboarding_survey",
        "checkin_90d",
        "renewal_notice",
    }
)
"""Families that automation may settle, where the model does not say."""
