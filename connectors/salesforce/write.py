"""Writing to accounts of an org, with sObject Collections.

Belongs here: the requests, and what the results for single records mean. Does not: which values
are written, or errors that concern a whole request (replies).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.errors import TransientSourceError
from connectors.http.message import Reply, Request
from connectors.salesforce.source import SalesforceSource
from connectors.salesforce.streams import STREAMS, SObject
from connectors.wording import did_you_mean
from connectors.write import Answer, Held, Value, Writable, Write

_OBJECT = "Account"
_READ_AT_ONCE = 500  # of 2,000 that a retrieval takes
_PASSING = (
    "UNABLE_TO_LOCK_ROW",
    "SERVER_UNAVAILABLE",
    "REQUEST_RUNNING_TOO_LONG",
    "TXN_SECURITY_METERING_ERROR",
)


class SalesforceWriter:
    """Sets fields of accounts, up to 200 in a request; one that is refused stops no other."""

    batch_size = 200

    def __init__(self, source: SalesforceSource) -> None:
        self._source = source
        self._root = f"/services/data/v{source.settings.api_version}"

    def field_problems(self, fields: Sequence[str]) -> Mapping[str, str]:
        """See `Writer`: by the description of the object as the user sees it."""
        reply = self._source.client.send(Request(f"{self._root}/sobjects/{_OBJECT}/describe"))
        described = {each["name"]: each for each in reply.json(dict[str, Any])["fields"]}
        return {
            name: why for name in fields if (why := _why_not(name, described.get(name), described))
        }

    def held(self, keys: Sequence[str], fields: Sequence[str]) -> Mapping[str, Held]:
        """See `Writer`."""
        held: dict[str, Held] = {}
        for start in range(0, len(keys), _READ_AT_ONCE):
            asked = Request(
                f"{self._root}/composite/sobjects/{_OBJECT}",
                method="POST",
                json={"ids": list(keys[start : start + _READ_AT_ONCE]), "fields": ["Id", *fields]},
            )
            for record in _listed(self._source.client.send(asked)):
                if record is not None:  # null: deleted, or out of the user's sight
                    held[record["Id"]] = Held({name: record.get(name) for name in fields})
        return held

    def write(self, batch: Sequence[Write]) -> Sequence[Answer]:
        """See `Writer`."""
        reply = self._source.client.send(
            Request(
                f"{self._root}/composite/sobjects",
                method="PATCH",
                json={"allOrNone": False, "records": [_record(write) for write in batch]},
            )
        )
        results = _listed(reply)
        if len(results) != len(batch):
            raise TransientSourceError(
                f"{reply.request.shown} answered {len(results)} results for {len(batch)} records"
            )
        return [_answer(write.key, result) for write, result in zip(batch, results, strict=True)]


def _why_not(
    name: str, field: Mapping[str, Any] | None, described: Mapping[str, Any]
) -> str | None:
    if field is None:
        return (
            f"{_OBJECT} has no field {name}, or the user may not see it."
            f"{did_you_mean(name, described)} Make it in Setup › Object Manager and let the user "
            "edit it"
        )
    if field.get("calculated"):
        return f"{name} is a formula; write to a field of its own"
    if not field.get("updateable", True):
        return f"the user may read {name} but not edit it; grant Edit in field-level security"
    return None


def _record(write: Write) -> Mapping[str, Value | Mapping[str, str]]:
    return {"attributes": {"type": _OBJECT}, "id": write.key, **write.fields}


def _listed(reply: Reply) -> list[Any]:
    listed: list[Any] = reply.json(list[Any])
    return listed


def _answer(key: str, result: Mapping[str, Any]) -> Answer:
    if result.get("success"):
        return Answer(key)
    errors = result.get("errors") or [{}]
    codes = [str(error.get("statusCode", "UNKNOWN")) for error in errors]
    words = "; ".join(
        f"{code}: {error.get('message', '')}" for code, error in zip(codes, errors, strict=True)
    )
    return Answer(key, words, may_pass=all(code in _PASSING for code in codes))


def _accounts() -> SObject:
    stream = next(stream for stream in STREAMS if stream.name == "accounts")
    assert isinstance(stream, SObject)
    return stream


WRITABLE = Writable(
    stream="accounts",
    reads=frozenset({"Id", "SystemModstamp", *_accounts().fields}),
    name_pattern=r"[A-Za-z]\w*__c",
    name_hint="only custom fields are, whose names end with __c",
    permission="Edit on Account and on these fields",
    open_writer=SalesforceWriter,
)
