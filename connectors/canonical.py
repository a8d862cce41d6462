"""The canonical entities, and which of their columns identify a record.

Belongs here: what every source has to agree on about the entities. Does not: a source's own
names, or what the columns mean.
"""

from __future__ import annotations

from collections.abc import Mapping

ENTITY_KEYS: Mapping[str, tuple[str, ...]] = {
    "accounts": ("account_id",),
    "account_links": ("source", "source_account_id", "valid_from"),
    "contacts": ("contact_id",),
    "users": ("user_id",),
    "user_absences": ("user_email", "from", "to"),
    "assignments": ("account_id", "user_email", "pool", "role", "valid_from"),
    "contracts": ("contract_id",),
    "activities": ("activity_id",),
    "tickets": ("ticket_id",),
    "surveys": ("response_id",),
    "usage": ("account_id", "on", "metric"),
    "success_plans": ("plan_id",),
    "assessments": ("assessment_id",),
    "time_entries": ("entry_id",),
    "exceptions": ("exception_id",),
    "mentions": ("mention_id",),
    "projects": ("project_id",),
}
"""All entities, each with its key. A key column may be empty only if it is optional."""

OPTIONAL_KEYS: Mapping[str, frozenset[str]] = {
    "account_links": frozenset({"valid_from"}),
    "assignments": frozenset({"user_email", "pool"}),
}
"""Key columns that a source may lack: the others still tell its records apart."""
