"""The objects of the org: their fields, their ids, and lifelike records of them.

Belongs here: what an org with the standard objects holds. Does not: answering requests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Record = dict[str, Any]

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def with_checksum(id15: str) -> str:
    """The 18-character form of a 15-character id: a suffix that tells upper case from lower."""
    suffix = ""
    for start in (0, 5, 10):
        bits = sum(1 << i for i, c in enumerate(id15[start : start + 5]) if "A" <= c <= "Z")
        suffix += _ALPHABET[bits]
    return id15 + suffix


def record_id(prefix: str, number: int) -> str:
    """The 18-character id of the record with a number; `prefix` tells its object."""
    digits = ""
    for _ in range(7):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return with_checksum(f"{prefix}Qy000{digits}")


def text_of(moment: datetime) -> str:
    """A moment as the REST API writes it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000+0000"


def type_of(value: Any) -> str:
    """The type of a custom field that was made for a value."""
    if isinstance(value, bool):
        return "boolean"
    return "double" if isinstance(value, int | float) else "string"


def described(name: str, kind: str, *, updateable: bool = True) -> Record:
    """A field as describe shows it to a user who may change it, or only see it."""
    return {
        "name": name,
        "label": name,
        "type": kind,
        "custom": name.endswith("__c"),
        "nillable": name != "Id",
        "updateable": updateable and name not in _SYSTEM,
        "calculated": False,
        "picklistValues": [],
        "referenceTo": [],
    }


@dataclass(frozen=True)
class ObjectType:
    """A standard object; `fields` maps names to types. `times` are stamped by the org itself."""

    name: str
    prefix: str
    fields: Mapping[str, str]
    times: tuple[str, ...] = ("CreatedDate", "LastModifiedDate", "SystemModstamp")

    @property
    def is_flagged(self) -> bool:
        """Whether deleted records stay for a while, with IsDeleted."""
        return "IsDeleted" in self.fields


def _typed(words: str) -> dict[str, str]:
    """Fields written as name:type, string where no type is named."""
    pairs = (word.partition(":") for word in words.split())
    return {name: kind or "string" for name, _, kind in pairs}


_SYSTEM = _typed(
    "Id:id IsDeleted:boolean CreatedDate:datetime CreatedById:reference LastModifiedDate:datetime "
    "LastModifiedById:reference SystemModstamp:datetime"
)
_HISTORY = _typed(
    "Id:id IsDeleted:boolean CreatedById:reference CreatedDate:datetime Field:picklist "
    "DataType:picklist OldValue:anyType NewValue:anyType"
)
_ACTIVITY = _typed(
    "WhoId:reference WhatId:reference WhoCount:int WhatCount:int Subject:combobox "
    "ActivityDate:date OwnerId:reference AccountId:reference Description:textarea Type:picklist "
    "IsRecurrence:boolean IsArchived:boolean"
)


def _without_flag(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: kind for name, kind in fields.items() if name != "IsDeleted"}


OBJECTS: Mapping[str, ObjectType] = {
    "accounts": ObjectType(
        "Account",
        "001",
        _SYSTEM
        | _typed(
            "MasterRecordId:reference Name Type:picklist ParentId:reference BillingStreet:textarea "
            "BillingCity BillingCountry BillingAddress:address Website:url Industry:picklist "
            "AnnualRevenue:currency NumberOfEmployees:int OwnerId:reference AccountNumber "
            "AccountSource:picklist Description:textarea Phone:phone"
        ),
    ),
    "contacts": ObjectType(
        "Contact",
        "003",
        _SYSTEM
        | _typed(
            "MasterRecordId:reference AccountId:reference LastName FirstName Name Title "
            "Email:email Phone:phone Department OwnerId:reference EmailBouncedDate:datetime "
            "MailingAddress:address"
        ),
    ),
    "users": ObjectType(
        "User",
        "005",
        _without_flag(_SYSTEM)
        | _typed(
            "Username Email:email Name FirstName LastName Title Department Division "
            "IsActive:boolean TimeZoneSidKey:picklist ManagerId:reference UserType:picklist"
        ),
    ),
    "opportunities": ObjectType(
        "Opportunity",
        "006",
        _SYSTEM
        | _typed(
            "AccountId:reference Name StageName:picklist Amount:currency CloseDate:date "
            "Type:picklist IsClosed:boolean IsWon:boolean OwnerId:reference "
            "ContractId:reference LeadSource:picklist"
        ),
    ),
    "contracts": ObjectType(
        "Contract",
        "800",
        _SYSTEM
        | _typed(
            "AccountId:reference ContractNumber StartDate:date EndDate:date ContractTerm:int "
            "Status:picklist StatusCode:picklist ActivatedDate:datetime CustomerSignedDate:date "
            "CompanySignedDate:date OwnerId:reference Name"
        ),
    ),
    "assets": ObjectType(
        "Asset",
        "02i",
        _SYSTEM
        | _typed(
            "AccountId:reference ContactId:reference Name PurchaseDate:date InstallDate:date "
            "UsageEndDate:date Price:currency Quantity:double Status:picklist "
            "IsCompetitorProduct:boolean Product2Id:reference"
        ),
    ),
    "tasks": ObjectType(
        "Task",
        "00T",
        _SYSTEM
        | _ACTIVITY
        | _typed(
            "Status:picklist Priority:picklist IsClosed:boolean IsHighPriority:boolean "
            "TaskSubtype:picklist CallType:picklist CallDisposition CallDurationInSeconds:int "
            "CompletedDateTime:datetime"
        ),
    ),
    "events": ObjectType(
        "Event",
        "00U",
        _SYSTEM
        | _ACTIVITY
        | _typed(
            "StartDateTime:datetime EndDateTime:datetime ActivityDateTime:datetime "
            "DurationInMinutes:int IsAllDayEvent:boolean IsChild:boolean IsGroupEvent:boolean "
            "Location EventSubtype:picklist"
        ),
    ),
    "cases": ObjectType(
        "Case",
        "500",
        _SYSTEM
        | _typed(
            "MasterRecordId:reference CaseNumber ContactId:reference AccountId:reference "
            "ContactEmail:email SuppliedEmail:email Type:picklist Status:picklist Reason:picklist "
            "Origin:picklist Subject Priority:picklist IsClosed:boolean ClosedDate:datetime "
            "IsEscalated:boolean OwnerId:reference"
        ),
    ),
    "account_team_members": ObjectType(
        "AccountTeamMember",
        "01M",
        _SYSTEM | _typed("AccountId:reference UserId:reference TeamMemberRole:picklist Title"),
    ),
    "account_history": ObjectType(
        "AccountHistory", "017", _HISTORY | _typed("AccountId:reference"), times=("CreatedDate",)
    ),
    "opportunity_history": ObjectType(
        "OpportunityFieldHistory",
        "017",
        _HISTORY | _typed("OpportunityId:reference"),
        times=("CreatedDate",),
    ),
}


def _account(number: int) -> Record:
    return {
        "Name": f"Acme {number} Ltd.",
        "Type": "Customer - Direct",
        "BillingCity": "Łódź" if number % 2 else "San Francisco",
        "BillingCountry": "Poland" if number % 2 else "United States",
        "Website": f"https://www.acme{number}.example/home",
        "Industry": "Technology",
        "AnnualRevenue": 1_000_000.0 + number,
        "NumberOfEmployees": 50 + number,
        "OwnerId": record_id("005", 1 + number % 3),
        "Description": f'First line,\nsecond line with "quotes" and a comma, {number}',
    }


def _contact(number: int) -> Record:
    return {
        "AccountId": record_id("001", number),
        "FirstName": "Zoë",
        "LastName": f"Muster {number}",
        "Name": f"Zoë Muster {number}",
        "Title": "Head of Operations",
        "Email": f"zoe.{number}@acme{number}.example",
        "OwnerId": record_id("005", 1 + number % 3),
    }


def _user(number: int) -> Record:
    return {
        "Username": f"user{number}@vendor.example.prod",
        "Email": f"user{number}@vendor.example",
        "FirstName": "Uma",
        "LastName": f"Sera {number}",
        "Name": f"Uma Sera {number}",
        "Title": "Customer Success Manager",
        "Department": "Customer Success",
        "IsActive": True,
        "TimeZoneSidKey": "Europe/London",
        "UserType": "Standard",
    }


def _opportunity(number: int) -> Record:
    return {
        "AccountId": record_id("001", number),
        "Name": f"Acme {number}: subscription",
        "StageName": "Closed Won",
        "Amount": 12_000.0 + number,
        "CloseDate": "2025-12-31",
        "Type": "New Business",
        "IsClosed": True,
        "IsWon": True,
        "OwnerId": record_id("005", 1),
    }


def _contract(number: int) -> Record:
    return {
        "AccountId": record_id("001", number),
        "ContractNumber": f"{number:08d}",
        "StartDate": "2026-01-01",
        "EndDate": "2026-12-31",
        "ContractTerm": 12,
        "Status": "Activated",
        "StatusCode": "Activated",
        "ActivatedDate": "2025-12-20T10:00:00.000+0000",
        "OwnerId": record_id("005", 1),
    }


def _asset(number: int) -> Record:
    return {
        "AccountId": record_id("001", number),
        "Name": "Platform",
        "PurchaseDate": "2025-12-20",
        "InstallDate": "2026-01-01",
        "UsageEndDate": "2026-12-31",
        "Price": 100.0,
        "Quantity": 10.0,
        "Status": "Installed",
        "IsCompetitorProduct": False,
    }


def _task(number: int) -> Record:
    return {
        "AccountId": record_id("001", number),
        "WhoId": record_id("003", number),
        "WhatId": record_id("001", number),
        "Subject": f"Call {number}",
        "ActivityDate": "2026-01-05",
        "Status": "Completed",
        "Priority": "Normal",
        "IsClosed": True,
        "OwnerId": record_id("005", 1),
        "TaskSubtype": "Call",
        "CallType": "Outbound",
        "CallDurationInSeconds": 600,
        "IsRecurrence": False,
        "IsArchived": False,
    }


def _event(number: int) -> Record:
    return {
        "AccountId": record_id("001", number),
        "WhoId": record_id("003", number),
        "WhatId": record_id("006", number),
        "Subject": "Quarterly review",
        "StartDateTime": "2026-01-05T14:00:00.000+0000",
        "EndDateTime": "2026-01-05T14:45:00.000+0000",
        "ActivityDate": "2026-01-05",
        "DurationInMinutes": 45,
        "IsAllDayEvent": False,
        "IsChild": False,
        "IsGroupEvent": False,
        "IsRecurrence": False,
        "IsArchived": False,
        "OwnerId": record_id("005", 1),
        "Type": "Meeting",
        "EventSubtype": "Event",
    }


def _case(number: int) -> Record:
    return {
        "CaseNumber": f"{number:08d}",
        "AccountId": record_id("001", number),
        "ContactId": record_id("003", number),
        "ContactEmail": f"zoe.{number}@acme{number}.example",
        "Subject": "Export fails",
        "Status": "Closed",
        "Origin": "Web",
        "Priority": "High",
        "IsClosed": True,
        "ClosedDate": "2026-01-07T10:00:00.000+0000",
        "IsEscalated": False,
    }


def _team_member(number: int) -> Record:
    return {
        "AccountId": record_id("001", number),
        "UserId": record_id("005", 1 + number % 3),
        "TeamMemberRole": "Customer Success Manager",
    }


def _account_history(number: int) -> Record:
    return {
        "AccountId": record_id("001", number),
        "Field": "Owner",
        "DataType": "EntityId",
        "OldValue": record_id("005", 1),
        "NewValue": record_id("005", 2),
    }


def _opportunity_history(number: int) -> Record:
    return {
        "OpportunityId": record_id("006", number),
        "Field": "StageName",
        "DataType": "DynamicEnum",
        "OldValue": "Negotiation",
        "NewValue": "Closed Won",
    }


EXAMPLES: Mapping[str, Callable[[int], Record]] = {
    "accounts": _account,
    "contacts": _contact,
    "users": _user,
    "opportunities": _opportunity,
    "contracts": _contract,
    "assets": _asset,
    "tasks": _task,
    "events": _event,
    "cases": _case,
    "account_team_members": _team_member,
    "account_history": _account_history,
    "opportunity_history": _opportunity_history,
}
