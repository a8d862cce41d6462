"""HubSpot's streams: one declaration each.

Belongs here: objects, their properties and associations, scopes. Does not: how they are read.
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.stream import DeletedWhen, Deletes, Stream

_ARCHIVED = DeletedWhen("archived", "true")


@dataclass(frozen=True)
class ObjectStream(Stream):
    """A type of CRM object: listed at first, then searched for what changed.

    The name is the object's type in paths. Of `properties`, those that an account lacks are left
    out. `associations` are the types whose ids are read with each record. `modified` is the
    property that holds the time of the last change.
    """

    key: tuple[str, ...] = ("id",)
    is_full_read: bool = False
    deletes: Deletes = Deletes.SNAPSHOT
    deleted_when: DeletedWhen | None = _ARCHIVED
    cursor_field: str | None = "updatedAt"
    properties: tuple[str, ...] = ()
    associations: tuple[str, ...] = ()
    modified: str = "hs_lastmodifieddate"


@dataclass(frozen=True)
class ListStream(Stream):
    """A list that is read in full each time: an area of the API, or a type within it."""

    key: tuple[str, ...] = ("id",)
    deleted_when: DeletedWhen | None = _ARCHIVED
    area: str = ""
    object_type: str | None = None
    has_archived: bool = False


_CONTACTS = "the scope crm.objects.contacts.read"
_TICKETS = "the scope tickets"
_PEOPLE = ("companies", "contacts")
_OWNED = ("hs_timestamp", "hubspot_owner_id", "hs_createdate")

STREAMS: tuple[Stream, ...] = (
    ObjectStream(
        "companies",
        "Companies.",
        feeds=("accounts",),
        permission="the scope crm.objects.companies.read",
        properties=(
            "name",
            "domain",
            "website",
            "industry",
            "country",
            "numberofemployees",
            "lifecyclestage",
            "hubspot_owner_id",
            "hs_parent_company_id",
            "hs_merged_object_ids",
            "salesforceaccountid",
        ),
    ),
    ObjectStream(
        "contacts",
        "People.",
        feeds=("contacts",),
        permission=_CONTACTS,
        modified="lastmodifieddate",
        properties=(
            "email",
            "firstname",
            "lastname",
            "jobtitle",
            "hs_buying_role",
            "associatedcompanyid",
            "hs_merged_object_ids",
        ),
        associations=("companies",),
    ),
    ListStream(
        "owners",
        "People of the account to whom records can belong, those who left included.",
        feeds=("users",),
        permission="the scope crm.objects.owners.read",
        area="owners",
        has_archived=True,
    ),
    ObjectStream(
        "deals",
        "Deals; those that are won are contracts.",
        feeds=("contracts",),
        permission="the scope crm.objects.deals.read",
        properties=(
            "dealname",
            "pipeline",
            "dealstage",
            "amount",
            "deal_currency_code",
            "closedate",
            "hs_is_closed_won",
            "hs_merged_object_ids",
        ),
        associations=("companies",),
    ),
    ListStream(
        "deal_pipelines",
        "Pipelines of deals, with their stages and what being in one means.",
        permission="the scope crm.objects.deals.read",
        area="pipelines",
        object_type="deals",
    ),
    ListStream(
        "ticket_pipelines",
        "Pipelines of tickets, with their stages.",
        permission=_TICKETS,
        area="pipelines",
        object_type="tickets",
    ),
    ObjectStream(
        "calls",
        "Logged calls.",
        feeds=("activities",),
        permission=_CONTACTS,
        properties=(
            *_OWNED,
            "hs_call_title",
            "hs_call_body",
            "hs_call_direction",
            "hs_call_disposition",
            "hs_call_duration",
            "hs_call_status",
            "hs_activity_type",
        ),
        associations=_PEOPLE,
    ),
    ObjectStream(
        "meetings",
        "Meetings.",
        feeds=("activities",),
        permission=_CONTACTS,
        properties=(
            *_OWNED,
            "hs_meeting_title",
            "hs_meeting_body",
            "hs_internal_meeting_notes",
            "hs_meeting_start_time",
            "hs_meeting_end_time",
            "hs_meeting_outcome",
            "hs_activity_type",
            "hs_attendee_owner_ids",
            "hs_i_cal_uid",
        ),
        associations=_PEOPLE,
    ),
    ObjectStream(
        "emails",
        "Emails to and from contacts, logged one by one.",
        feeds=("activities",),
        permission=f"{_CONTACTS} and sales-email-read",
        properties=(
            *_OWNED,
            "hs_email_subject",
            "hs_email_direction",
            "hs_email_status",
            "hs_sequence_id",
        ),
        associations=_PEOPLE,
    ),
    ObjectStream(
        "notes",
        "Notes.",
        feeds=("activities",),
        permission=_CONTACTS,
        properties=(*_OWNED, "hs_note_body"),
        associations=_PEOPLE,
    ),
    ObjectStream(
        "tasks",
        "Tasks.",
        feeds=("activities",),
        permission=_CONTACTS,
        properties=(
            *_OWNED,
            "hs_task_subject",
            "hs_task_body",
            "hs_task_status",
            "hs_task_type",
            "hs_task_completion_date",
        ),
        associations=_PEOPLE,
    ),
    ObjectStream(
        "tickets",
        "Support tickets.",
        feeds=("tickets",),
        permission=_TICKETS,
        properties=(
            "subject",
            "hs_pipeline",
            "hs_pipeline_stage",
            "hs_ticket_priority",
            "createdate",
            "closed_date",
            "first_agent_reply_date",
            "time_to_first_agent_reply",
            "source_type",
            "hs_merged_object_ids",
        ),
        associations=_PEOPLE,
    ),
    ObjectStream(
        "feedback_submissions",
        "Answers to surveys.",
        feeds=("surveys",),
        permission="the scope crm.objects.feedback_submissions.read, and an edition with surveys",
        is_optional=True,
        properties=(
            "hs_survey_type",
            "hs_value",
            "hs_content",
            "hs_submission_timestamp",
        ),
        associations=("contacts",),
    ),
)
