"""The objects that are read, each declared in a few lines.

Belongs here: which object a stream is, the fields that staging needs of it, how its deletions
show. Does not: how it is read, or fields that a user adds (`fields`, `extra_fields`).
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.stream import DeletedWhen, Deletes, Stream

_IN_RECYCLE_BIN = DeletedWhen("IsDeleted", "true")


@dataclass(frozen=True)
class SObject(Stream):
    """A stream that is an object of the org.

    `fields` are those of the standard object that are wanted; the ones that an org or the user's
    profile lacks are left out. `cursor_field` tells when a record last changed; where it tells
    when it was created, records are only ever added.
    """

    object: str = ""
    fields: tuple[str, ...] = ()

    @property
    def changed_in(self) -> str:
        """The field by which changes are found."""
        return self.cursor_field or "SystemModstamp"

    @property
    def is_log(self) -> bool:
        """Whether records are only added; old ones vanish without their past being undone."""
        return self.changed_in == "CreatedDate"


def _object(
    name: str,
    object_name: str,
    description: str,
    fields: str,
    *feeds: str,
    changed_in: str = "SystemModstamp",
    deletes: Deletes = Deletes.SNAPSHOT,
    is_optional: bool = False,
) -> SObject:
    """`deletes` says what a full read shows; records in the recycle bin show at once."""
    return SObject(
        name=name,
        description=description,
        key=("Id",),
        is_full_read=False,
        deletes=deletes,
        deleted_when=None if deletes is Deletes.NEVER else _IN_RECYCLE_BIN,
        cursor_field=changed_in,
        feeds=feeds,
        permission=f"Read on {object_name}, with the fields to be read visible",
        is_optional=is_optional,
        object=object_name,
        fields=("CreatedDate", "IsDeleted", *fields.split()),
    )


_MONEY = "CurrencyIsoCode"
_ACTIVITY = (
    "AccountId WhatId WhoId WhoCount OwnerId Subject Description Type ActivityDate IsRecurrence "
)

STREAMS: tuple[Stream, ...] = (
    _object(
        "accounts",
        "Account",
        "Companies: customers, prospects, partners.",
        "Name Website ParentId MasterRecordId OwnerId Type Industry BillingCountry "
        f"NumberOfEmployees AnnualRevenue AccountSource AccountNumber LastModifiedDate {_MONEY}",
        "accounts",
    ),
    _object(
        "contacts",
        "Contact",
        "People at those companies.",
        "AccountId Name Email Title Department OwnerId MasterRecordId EmailBouncedDate "
        "LastModifiedDate",
        "contacts",
    ),
    _object(
        "users",
        "User",
        "People who sign in to Salesforce; they are deactivated, never deleted.",
        "Name Email Title Department Division IsActive TimeZoneSidKey ManagerId UserType "
        "LastModifiedDate",
        "users",
        deletes=Deletes.NEVER,
    ),
    _object(
        "opportunities",
        "Opportunity",
        "Deals; the won ones are contracts, unless contracts_from says otherwise.",
        "AccountId Name Type StageName IsWon IsClosed Amount CloseDate OwnerId ContractId "
        f"{_MONEY}",
        "contracts",
    ),
    _object(
        "contracts",
        "Contract",
        "Contracts with their terms; an amount is a custom field.",
        "AccountId ContractNumber Status StatusCode StartDate EndDate ContractTerm ActivatedDate "
        f"CustomerSignedDate CompanySignedDate OwnerId {_MONEY}",
        "contracts",
    ),
    _object(
        "assets",
        "Asset",
        "Products that a customer has bought, with price and term.",
        "AccountId Name Status PurchaseDate InstallDate UsageEndDate Price Quantity "
        f"IsCompetitorProduct {_MONEY}",
        "contracts",
    ),
    _object(
        "tasks",
        "Task",
        "Calls, emails and to-dos, done or planned; archived ones too.",
        _ACTIVITY + "Status IsClosed TaskSubtype CallType CallDisposition CallDurationInSeconds "
        "CompletedDateTime Priority",
        "activities",
    ),
    _object(
        "events",
        "Event",
        "Calendar entries; archived ones too.",
        _ACTIVITY + "StartDateTime EndDateTime ActivityDateTime DurationInMinutes IsAllDayEvent "
        "IsChild IsGroupEvent EventSubtype",
        "activities",
    ),
    _object(
        "cases",
        "Case",
        "Support cases.",
        "AccountId ContactId ContactEmail SuppliedEmail CaseNumber Subject Status Priority Origin "
        "Type Reason IsClosed ClosedDate IsEscalated MasterRecordId OwnerId",
        "tickets",
    ),
    _object(
        "account_team_members",
        "AccountTeamMember",
        "Who works on an account besides its owner (account teams must be switched on).",
        "AccountId UserId TeamMemberRole LastModifiedDate",
        "assignments",
        is_optional=True,
    ),
    _object(
        "account_history",
        "AccountHistory",
        "Changes of accounts' tracked fields; those of the owner are dated assignments.",
        "AccountId Field OldValue NewValue CreatedById",
        "assignments",
        changed_in="CreatedDate",
        deletes=Deletes.FLAG,
        is_optional=True,
    ),
    _object(
        "opportunity_history",
        "OpportunityFieldHistory",
        "Changes of opportunities' tracked fields, kept for queries of your own.",
        "OpportunityId Field OldValue NewValue CreatedById",
        changed_in="CreatedDate",
        deletes=Deletes.FLAG,
        is_optional=True,
    ),
)
