"""The ids that systems give to what the firm knows by ids of its own.

Belongs here: one native id for each true id, always the same. Does not: records.
"""

from __future__ import annotations

from hashlib import blake2b

from sandbox.servers.hubspot.examples import SINGULAR
from sandbox.servers.salesforce.objects import OBJECTS, record_id

_HUBSPOT_STREAMS = (*SINGULAR, "owners")


def number(of: str, true_id: str, below: int) -> int:
    """A number from 1 up that only the id decides; two ids rarely share one."""
    digest = blake2b(f"{of}/{true_id}".encode(), digest_size=8).digest()
    return 1 + int.from_bytes(digest, "big") % (below - 1)


def share(question: str, true_id: str) -> float:
    """A number from 0 to 1 by which a question is decided for one thing, always the same way."""
    return number(question, true_id, 1_000_001) / 1_000_000


def salesforce_id(stream: str, true_id: str) -> str:
    """The 18 characters by which an org knows a record of a stream."""
    return record_id(OBJECTS[stream].prefix, number(stream, true_id, 62**7))


def hubspot_id(stream: str, true_id: str) -> str:
    """The number by which HubSpot knows a record; ids of two streams differ."""
    first = (_HUBSPOT_STREAMS.index(stream) + 1) * 10**12
    return str(first + number(stream, true_id, 10**12))


def custify_id(stream: str, true_id: str) -> str:
    """24 hexadecimal digits, as Custify's database gives them."""
    return "5ec50c98" + blake2b(f"{stream}/{true_id}".encode(), digest_size=8).hexdigest()


def zendesk_id(stream: str, true_id: str) -> int:
    """The number by which Zendesk knows a record."""
    return number(f"zendesk {stream}", true_id, 10**12)


def event_id(activity_id: str) -> str:
    """What Google calls a calendar entry; iCalUID is the same at google.com."""
    return blake2b(activity_id.encode(), digest_size=13).hexdigest()


def calendar_uid(activity_id: str) -> str:
    """What all copies of a calendar entry share, in whichever system."""
    return f"{event_id(activity_id)}@google.com"
