"""Faults by name: what goes wrong, in which system, for which stream.

Belongs here: where each stream is asked for, and what each kind of fault does to the answer. Does
not: applying it to requests (servers.vendor).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from sandbox.servers.salesforce.objects import OBJECTS
from sandbox.servers.vendor import Fault, Vendor

_PATHS: Mapping[str, Mapping[str, str]] = {
    "hubspot": {
        "owners": "/owners$",
        "deal_pipelines": "/pipelines/deals$",
        "ticket_pipelines": "/pipelines/tickets$",
    },
    "custify": {
        "companies": "/company/all$",
        "people": "/people/all$",
        "tasks": "/task$",
        "notes": "/note$",
        "meetings": "/calendar/meeting$",
        "health_scores": "/health_score/simple$",
        "segments": "/segment$",
    },
    "zendesk": {
        "tickets": "/incremental/tickets/",
        "users": "/incremental/users/",
        "organizations": "/incremental/organizations",
        "satisfaction_ratings": "/satisfaction_ratings",
    },
    "google_calendar": {"events": "/events$"},
}
_KEEPS_ITS_KEY = ("hubspot", "custify", "zendesk")
_SLOW_S = 5.0


_TYPED_TEXT = re.compile(r"\d{4}-\d\d-\d\d\S*|-?\d+(\.\d+)?")
_STAMPS = {
    *("CreatedDate", "LastModifiedDate", "SystemModstamp", "createdAt", "updatedAt"),
    *("createdate", "hs_createdate", "lastmodifieddate", "hs_lastmodifieddate"),
    *("created_at", "updated_at", "generated_timestamp", "created", "updated"),
}


def place(source: str, stream: str) -> tuple[str, str]:
    """Patterns of the path and of the query by which a stream is asked for.

    Raises KeyError for a stream that the source does not have.
    """
    if source == "salesforce":
        return r"/query(All)?$", rf"\bFROM {OBJECTS[stream].name}\b"
    if stream in _PATHS[source]:
        return _PATHS[source][stream], ""
    if source == "hubspot":
        return f"/objects/{stream}(/search)?$", ""
    raise KeyError(stream)


def _too_many() -> Mapping[str, Any]:
    body = b'{"message": "too many requests"}'
    return {"status": 429, "headers": {"Retry-After": "1"}, "body": body}


def _expired() -> Mapping[str, Any]:
    return {"status": 401, "body": b'{"message": "the credentials have expired"}'}


KINDS: Mapping[str, Callable[[], Mapping[str, Any]]] = {
    "429": _too_many,
    "5xx": lambda: {"status": 503, "body": b'{"message": "out of service"}'},
    "slow": lambda: {"delay_s": _SLOW_S},
    "truncated": lambda: {"truncate": True},
    "wrong_type": lambda: {"rewrite": mistyped},
    "expired_token": _expired,
    "empty": lambda: {"rewrite": emptied},
}
"""What can go wrong, by name."""


def switch_on(system: Vendor, kind: str, stream: str, times: int = 1) -> None:
    """Have the next requests for a stream answered wrongly, `times` times.

    Where tokens expire, an expired one is refused until a new one is asked for. Raises KeyError
    for a kind or a stream that there is not.
    """
    how = KINDS[kind]()
    path, query = place(system.kind, stream)
    if kind == "expired_token" and system.kind not in _KEEPS_ITS_KEY:
        system.expire_tokens()
        return
    system.faults.append(Fault(path=path, query=query, times=times, **how))


def switch_off(system: Vendor) -> None:
    """Have everything answered rightly again."""
    system.faults.clear()


def mistyped(body: bytes) -> bytes:
    """The answer with a word where its records have numbers, dates or instants."""
    return msgspec.json.encode(_mistyped(msgspec.json.decode(body), is_record=False))


def emptied(body: bytes) -> bytes:
    """The answer as if there were no records: a last page with nothing on it."""
    return msgspec.json.encode(_emptied(msgspec.json.decode(body)))


def _mistyped(value: Any, *, is_record: bool) -> Any:
    if isinstance(value, list):
        return [_mistyped(each, is_record=True) for each in value]
    if isinstance(value, dict):
        return {
            key: "unknown"
            if is_record and _is_typed(each) and not _is_kept(key)
            else _mistyped(each, is_record=is_record)
            for key, each in value.items()
        }
    return value


def _is_typed(value: Any) -> bool:
    """Whether a value is a number, a date or an instant, be it written as a text."""
    if isinstance(value, str):
        return _TYPED_TEXT.fullmatch(value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_kept(name: str) -> bool:
    """Whether a field identifies a record, or says when the system last saw it change."""
    return name.lower().endswith(("id", "ids")) or name in _STAMPS


_LAST_PAGE: Mapping[str, Any] = {
    "total": 0,
    "totalSize": 0,
    "count": 0,
    "done": True,
    "end_of_stream": True,
    "paging": None,
    "nextRecordsUrl": None,
    "nextPageToken": None,
    "next_page": None,
}


def _emptied(value: Any) -> Any:
    if isinstance(value, list):
        return [_emptied(each) for each in value if _is_envelope(each)]
    if isinstance(value, dict):
        kept = {key: _LAST_PAGE.get(key, each) for key, each in value.items()}
        return {
            key: [] if isinstance(each, list) else each
            for key, each in kept.items()
            if each is not None
        }
    return value


def _is_envelope(value: Any) -> bool:
    """Whether an item of a list is itself a page, as some lists are wrapped once more."""
    return isinstance(value, dict) and any(isinstance(each, list) for each in value.values())
