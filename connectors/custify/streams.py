"""The streams of Custify.

Belongs here: declarations. Does not: reading.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from connectors.stream import Deletes, Stream

_READ = "an API key with access to {} (a read-only key is enough)"


@dataclass(frozen=True)
class CustifyStream(Stream):
    """A list of Custify's: where it is asked for, and the name of its records in the answer.

    `paths` are several lists that make one stream, each with the context that its records are
    given. Lists that are not paged come whole in one answer.
    """

    key: tuple[str, ...] = ("id",)
    is_full_read: bool = False
    paths: tuple[tuple[str, dict[str, str]], ...] = ()
    plural: str = ""
    params: dict[str, str] = field(default_factory=dict)
    is_paged: bool = True


COMPANIES = CustifyStream(
    "companies",
    "Companies, with their owners, revenue, custom attributes and current health scores.",
    paths=(("/company/all", {}),),
    plural="companies",
    cursor_field="updated_at",
    feeds=("accounts", "users", "usage", "assessments"),
    permission=_READ.format("companies"),
)
HEALTH_SCORES = CustifyStream(
    "health_scores",
    "Definitions of the health scores.",
    paths=(("/health_score/simple", {}),),
    plural="health_scores",
    is_paged=False,
    permission=_READ.format("health scores"),
    is_optional=True,
)
TASKS = CustifyStream(
    "tasks",
    "Tasks, with who they are assigned to.",
    paths=(("/task", {}),),
    plural="tasks",
    cursor_field="updated_at",
    feeds=("activities", "users"),
    permission=_READ.format("tasks"),
)
HEALTH_SCORE_VALUES = CustifyStream(
    "health_score_values",
    "Every value that a company's health scores have had.",
    key=("_score_id", "_company_id", "_at"),
    deletes=Deletes.NEVER,
    plural="values",
    feeds=("usage", "assessments"),
    permission=_READ.format("health scores"),
    is_optional=True,
)

STREAMS: tuple[CustifyStream, ...] = (
    COMPANIES,
    CustifyStream(
        "people",
        "People at the companies.",
        paths=(("/people/all", {}),),
        plural="people",
        cursor_field="updated_at",
        feeds=("contacts",),
        permission=_READ.format("people"),
    ),
    TASKS,
    CustifyStream(
        "notes",
        "Notes on companies and people; their text is HTML.",
        paths=(("/note", {}),),
        plural="notes",
        cursor_field="updated_at",
        feeds=("activities",),
        permission=_READ.format("notes"),
    ),
    CustifyStream(
        "meetings",
        "Meetings from the team's calendars, with their participants.",
        paths=(("/calendar/meeting", {}),),
        plural="meetings",
        cursor_field="updated_at",
        feeds=("activities",),
        permission=_READ.format("meetings"),
    ),
    HEALTH_SCORES,
    HEALTH_SCORE_VALUES,
    CustifyStream(
        "segments",
        "Segments of companies; a company names them in `buckets`.",
        paths=(("/segment", {}),),
        plural="segments",
        params={"type": "companies"},
        permission=_READ.format("segments"),
        is_optional=True,
    ),
    CustifyStream(
        "attributes",
        "Fields of companies and people, custom ones included, with their types.",
        key=("_entity", "name"),
        paths=(
            ("/company/attributes", {"_entity": "company"}),
            ("/customer/attributes", {"_entity": "people"}),
        ),
        plural="attributes",
        is_paged=False,
        permission=_READ.format("attributes"),
        is_optional=True,
    ),
)
