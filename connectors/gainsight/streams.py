"""The streams of a Gainsight tenant.

Belongs here: which objects are read, their fields, and how their changes and deletions are seen.
Does not: reading them.

What feeds an entity is read by what changed; delete logs name what is gone. The logs forget after
15 days: hence a full read now and then, from which what is missing counts as deleted.
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.stream import Deletes, NamesDeleted, Stream


@dataclass(frozen=True)
class ObjectStream(Stream):
    """Records of one object of the tenant's data model.

    `object_name` is what the query is sent to, `described_as` what its description is called.
    `fields` are read where the tenant has them (A.B: field B of what the lookup A points to);
    `id_field` identifies a record. Changes are found by the first of `cursors` that it has.
    """

    object_name: str = ""
    described_as: str | None = None
    fields: tuple[str, ...] = ()
    id_field: str = "Gsid"
    cursors: tuple[str, ...] = ("ModifiedDate",)


@dataclass(frozen=True)
class CtaStream(Stream):
    """A list of the cockpit. `fields` are asked for, and left out where the tenant refuses them.

    A record gets `mark` as `_object`, where a delete log must say what it is about.
    """

    path: str = ""
    fields: tuple[str, ...] = ()
    mark: str | None = None


@dataclass(frozen=True)
class PicklistStream(Stream):
    """The labels of picklist items, which records hold as ids; from descriptions of objects."""

    objects: tuple[str, ...] = ()


_KEY = "an access key (Administration > Connectors > API) of a user who sees the object"
_AUDIT = ("Gsid", "CreatedDate", "ModifiedDate")
_CTA = "call_to_action"

_FOLLOWED = (
    ObjectStream(
        name="companies",
        description="Companies: the accounts.",
        key=("Gsid",),
        is_full_read=False,
        deletes=Deletes.FEED,
        cursor_field="ModifiedDate",
        feeds=("accounts",),
        permission=_KEY,
        object_name="Company",
        described_as="company",
        fields=(
            *_AUDIT,
            *("Name", "ARR", "CurrencyIsoCode", "Industry", "Employees", "Website", "Domain"),
            *("Country", "Segment", "Stage", "LifecycleStage", "Status", "ParentCompany"),
            *("OriginalContractDate", "ChurnDate", "SfdcAccountId", "Csm", "Csm__gr.Email"),
        ),
    ),
    ObjectStream(
        name="persons",
        description="People, whatever company they belong to.",
        key=("Gsid",),
        is_full_read=False,
        deletes=Deletes.FEED,
        cursor_field="ModifiedDate",
        feeds=("contacts",),
        permission=_KEY,
        object_name="Person",
        described_as="person",
        fields=(*_AUDIT, "Name", "FirstName", "LastName", "Email"),
    ),
    ObjectStream(
        name="company_persons",
        description="What people are at a company.",
        key=("Gsid",),
        is_full_read=False,
        deletes=Deletes.FEED,
        cursor_field="ModifiedDate",
        feeds=("contacts",),
        permission=_KEY,
        object_name="Company_Person",
        described_as="company_person",
        fields=(
            *_AUDIT,
            *("Person_ID", "Company_ID", "Title", "Role", "Active", "SfdcContactId"),
        ),
    ),
    ObjectStream(
        name="users",
        description="Users of the tenant.",
        key=("Gsid",),
        is_full_read=False,
        deletes=Deletes.FEED,
        cursor_field="ModifiedDate",
        feeds=("users",),
        permission=_KEY,
        object_name="GsUser",
        described_as="gsuser",
        fields=(*_AUDIT, "Name", "FirstName", "LastName", "Email", "IsActiveUser"),
    ),
    ObjectStream(
        name="timeline",
        description="Activities on the timeline: meetings, calls, emails, updates.",
        key=("Gsid",),
        is_full_read=False,
        deletes=Deletes.FEED,
        cursor_field="ModifiedDate",
        feeds=("activities",),
        permission=_KEY,
        object_name="activity_timeline",
        described_as="activity_timeline",
        fields=(
            *_AUDIT,
            *("LastModifiedDate", "ActivityDate", "TypeName", "ActivityTypeName"),
            *("ReportingCategory", "Subject", "ContextName", "Notes", "NotesPlainText"),
            *("DurationInMins", "Duration", "GsCompanyId", "AuthorId", "AuthorId__gr.Email"),
            *("UserEmail", "InternalAttendees", "ExternalAttendees"),
        ),
        cursors=("ModifiedDate", "LastModifiedDate"),
    ),
)

_CTAS = CtaStream(
    name="ctas",
    description="Calls to action, open and closed; risks are the ones of type Risk.",
    key=("Gsid",),
    is_full_read=False,
    deletes=Deletes.FEED,
    cursor_field="ModifiedDate",
    feeds=("activities",),
    permission="an access key of a user who sees the cockpit",
    path="v2/cockpit/cta/list",
    fields=(
        *("Gsid", "Name", "Comments", "CompanyId", "CreatedDate", "ModifiedDate", "ClosedDate"),
        *("DueDate", "IsClosed", "OwnerId", "OwnerId__gr.Email", "TypeId__gr.Name"),
        *("StatusId__gr.Name", "PriorityId__gr.Name", "ReasonId__gr.Name", "PlaybookId"),
    ),
)

_STREAM_OF = {
    name: stream.name
    for stream in _FOLLOWED
    for name in (stream.object_name, stream.object_name.lower())
} | {_CTA: _CTAS.name}


def _delete_log(name: str, object_name: str, *, is_optional: bool) -> ObjectStream:
    return ObjectStream(
        name=name,
        description="Which records were deleted in the last 15 days.",
        key=("ObjectName", "RecordId"),
        is_full_read=False,
        deletes=Deletes.NEVER,
        cursor_field="DeletedOn",
        names_deleted=NamesDeleted("ObjectName", "RecordId", _STREAM_OF),
        permission=_KEY,
        is_optional=is_optional,
        object_name=object_name,
        fields=("RecordId", "DeletedOn", "ObjectName"),
        id_field="RecordId",
        cursors=("DeletedOn",),
    )


STREAMS: tuple[Stream, ...] = (
    *_FOLLOWED,
    _CTAS,
    PicklistStream(
        name="picklist_items",
        description="Labels of picklist items; records hold the items' ids.",
        key=("_object", "_field", "value"),
        permission="an access key that may describe objects",
        objects=("company", "company_person", "activity_timeline"),
    ),
    _delete_log("delete_log", "record_delete_log", is_optional=False),
    _delete_log("delete_log_high_volume", "record_delete_log_high_volume", is_optional=True),
    CtaStream(
        name="deleted_ctas",
        description="Which CTAs were deleted in the last 15 days.",
        key=("Gsid",),
        is_full_read=False,
        deletes=Deletes.NEVER,
        cursor_field="ModifiedDate",
        names_deleted=NamesDeleted("_object", "Gsid", {_CTA: _CTAS.name}),
        permission="an access key of a user who sees the cockpit",
        is_optional=True,
        path="v2/cockpit/cta/deleted/list",
        fields=("Gsid", "Name", "CompanyId", "ModifiedDate"),
        mark=_CTA,
    ),
)
"""All streams, in the order in which they are read."""
