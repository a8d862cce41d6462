"""What depends on which canonical entity, in the words of the people who read the numbers.

Belongs here: the sentence for each entity. Does not: computing any of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

DEPENDS_ON: Mapping[str, str] = {
    "accounts": "everything: there is no account to tell of",
    "account_links": "the matching of customers by hand",
    "contacts": "stakeholders and personas, and which account a meeting belongs to",
    "users": "CSMs, their books and their capacity",
    "user_absences": "the capacity that people really have",
    "assignments": "who looked after an account when",
    "contracts": "ARR, term ends, renewal, retention and expansion",
    "activities": "coverage-to-standard, the last touch and where CSM time goes",
    "tickets": "support load, escalations and the reactive share of time",
    "surveys": "NPS, CSAT and CES in health scores",
    "usage": "adoption in health scores",
    "success_plans": "success plans in health scores and standards",
    "assessments": "the CSM's sentiment in health scores, and complexity",
    "time_entries": "where CSM time goes, as recorded",
    "exceptions": "pauses and waivers, so that excused accounts count as missed",
    "mentions": "what is said of us elsewhere",
    "projects": "implementations under way",
}


def missing_without(entities: Iterable[str]) -> str:
    """What is missing when no source gives the entities; empty where nothing depends on them."""
    return "; ".join(f"{DEPENDS_ON[e]} ({e})" for e in entities if e in DEPENDS_ON)
