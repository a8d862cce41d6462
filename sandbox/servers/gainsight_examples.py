"""What a made-up Gainsight tenant holds: its objects' fields, and lifelike records.

Belongs here: fields and examples. Does not: answering requests.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sandbox.servers.vendor import Record

_AUDIT = {"Gsid": "GSID", "CreatedDate": "DATETIME", "ModifiedDate": "DATETIME"}
_LOG = {"ObjectName": "STRING", "RecordId": "GSID", "DeletedOn": "DATETIME"}

FIELDS: dict[str, dict[str, str]] = {
    "companies": {
        **_AUDIT,
        "Name": "STRING",
        "ARR": "CURRENCY",
        "CurrencyIsoCode": "STRING",
        "Industry": "STRING",
        "Employees": "NUMBER",
        "Website": "URL",
        "Stage": "PICKLIST",
        "Status": "PICKLIST",
        "ParentCompany": "LOOKUP:companies",
        "OriginalContractDate": "DATE",
        "RenewalDate": "DATE",
        "SfdcAccountId": "STRING",
        "Csm": "LOOKUP:users",
    },
    "persons": {
        **_AUDIT,
        "Name": "STRING",
        "FirstName": "STRING",
        "LastName": "STRING",
        "Email": "EMAIL",
    },
    "company_persons": {
        **_AUDIT,
        "Person_ID": "LOOKUP:persons",
        "Company_ID": "LOOKUP:companies",
        "Title": "STRING",
        "Role": "PICKLIST",
        "Active": "BOOLEAN",
        "SfdcContactId": "STRING",
    },
    "users": {
        **_AUDIT,
        "Name": "STRING",
        "FirstName": "STRING",
        "LastName": "STRING",
        "Email": "EMAIL",
        "IsActiveUser": "BOOLEAN",
    },
    "timeline": {
        **_AUDIT,
        "ActivityDate": "DATETIME",
        "TypeName": "STRING",
        "ReportingCategory": "STRING",
        "Subject": "STRING",
        "contextname": "STRING",
        "Notes": "RICHTEXTAREA",
        "NotesPlainText": "STRING",
        "DurationInMins": "NUMBER",
        "GsCompanyId": "LOOKUP:companies",
        "AuthorId": "LOOKUP:users",
        "UserEmail": "EMAIL",
        "InternalAttendees": "STRING",
        "ExternalAttendees": "STRING",
    },
    "delete_log": _LOG,
    "delete_log_high_volume": _LOG,
}
"""What each object holds; LOOKUP:x points to a record of the stream x."""

CTA_FIELDS = (
    *("Gsid", "Name", "name", "Comments", "CompanyId", "CreatedDate", "ModifiedDate"),
    *("ClosedDate", "DueDate", "IsClosed", "IsImportant", "EntityType", "OwnerId", "TypeId"),
    *("OwnerId__gr.Email", "OwnerId__gr.Name", "TypeId__gr.Name", "StatusId", "StatusId__gr.Name"),
    *("PriorityId", "PriorityId__gr.Name", "ReasonId", "ReasonId__gr.Name", "CompanyId__gr.Name"),
)

_FIRST = datetime(2025, 6, 2, 13, 0, tzinfo=UTC)
_STAGES = ("New Customer", "Kicked Off", "Launched", "Adopting", "Will Churn", "Churn")
_TYPES = ("Call", "Meeting", "Email", "Update", "In-Person Meeting", "EBR")
_CTA_TYPES = ("Risk", "Opportunity", "Lifecycle", "Activity")


def gsid(prefix: str, number: int) -> str:
    """An identifier as Gainsight writes them: the object's prefix and 36 characters in all."""
    return f"{prefix}{number:0{36 - len(prefix)}d}"


def _ms(number: int, days: int = 0) -> int:
    return int((_FIRST + timedelta(hours=number, days=days)).timestamp() * 1000)


def _iso(number: int, days: int = 0) -> str:
    at = _FIRST + timedelta(hours=number, days=days)
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _company(n: int) -> Record:
    return {
        "Gsid": gsid("1P02", n),
        "Name": f"Company {n}",
        "ARR": 1000.0 * n,
        "CurrencyIsoCode": "USD",
        "Industry": ("Software", "Retail", "Banking")[n % 3],
        "Employees": 10 * n,
        "Website": f"https://www.company{n}.example",
        "Stage": f"1I00STAGE{n % len(_STAGES)}",
        "ParentCompany": None,
        "OriginalContractDate": _ms(0, -300),
        "RenewalDate": _ms(0, 65),
        "SfdcAccountId": f"001000000{n:06d}AAA",
        "Csm": gsid("1P01", 1 + n % 3),
    }


def _person(n: int) -> Record:
    return {
        "Gsid": gsid("1P03", n),
        "Name": f"Pat Person{n}",
        "FirstName": "Pat",
        "LastName": f"Person{n}",
        "Email": f"pat{n}@company{n}.example",
    }


def _company_person(n: int) -> Record:
    return {
        "Gsid": gsid("1C01", n),
        "Person_ID": gsid("1P03", n),
        "Company_ID": gsid("1P02", n),
        "Title": "Head of Operations",
        "Role": None,
        "Active": True,
        "SfdcContactId": None,
    }


def _user(n: int) -> Record:
    return {
        "Gsid": gsid("1P01", n),
        "Name": f"Uma User{n}",
        "FirstName": "Uma",
        "LastName": f"User{n}",
        "Email": f"uma{n}@vendor.example",
        "IsActiveUser": True,
    }


def _activity(n: int) -> Record:
    return {
        "Gsid": gsid("1A01", n),
        "ActivityDate": _ms(n),
        "TypeName": _TYPES[n % len(_TYPES)],
        "ReportingCategory": _TYPES[n % 3],
        "Subject": f"Conversation {n}",
        "contextname": "Company",
        "Notes": f"<p>Talked about topic {n}.</p>",
        "NotesPlainText": f"Talked about topic {n}.",
        "DurationInMins": 30,
        "GsCompanyId": gsid("1P02", n),
        "AuthorId": gsid("1P01", 1 + n % 3),
        "UserEmail": None,
        "InternalAttendees": None,
        "ExternalAttendees": f"pat{n}@company{n}.example",
    }


def _cta(n: int) -> Record:
    kind, is_closed = _CTA_TYPES[n % len(_CTA_TYPES)], n % 2 == 0
    return {
        "Gsid": gsid("1S01", n),
        "Name": f"Follow up {n}",
        "Comments": f"<p>Because of {n}</p>",
        "CompanyId": gsid("1P02", n),
        "EntityType": "COMPANY",
        "DueDate": _iso(n, 7),
        "ClosedDate": _iso(n, 5) if is_closed else None,
        "IsClosed": is_closed,
        "IsImportant": False,
        "OwnerId": gsid("1P01", 1 + n % 3),
        "OwnerId__gr.Email": f"uma{1 + n % 3}@vendor.example",
        "TypeId": f"1I00TYPE{n % len(_CTA_TYPES)}",
        "TypeId__gr.Name": kind,
        "StatusId__gr.Name": "Closed Success" if is_closed else "New",
        "PriorityId__gr.Name": "Medium",
        "ReasonId__gr.Name": "Other",
    }


def _deleted(n: int) -> Record:
    return {"ObjectName": "Company", "RecordId": gsid("1P02", 900_000 + n)}


def _item(n: int) -> Record:
    return {
        "object": "company",
        "field": "Stage",
        "value": f"1I00STAGE{n - 1}",
        "label": _STAGES[(n - 1) % len(_STAGES)],
        "active": True,
        "displayOrder": n,
    }


EXAMPLES: dict[str, Callable[[int], Record]] = {
    "companies": _company,
    "persons": _person,
    "company_persons": _company_person,
    "users": _user,
    "timeline": _activity,
    "ctas": _cta,
    "deleted_ctas": lambda n: {**_cta(900_000 + n), "IsClosed": False},
    "delete_log": _deleted,
    "delete_log_high_volume": lambda n: {**_deleted(n), "ObjectName": "activity_timeline"},
    "picklist_items": _item,
}
