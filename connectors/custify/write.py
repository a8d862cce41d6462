"""Writing custom attributes of Custify's companies.

Belongs here: the requests, and what keeps a write from making or emptying anything else. Does
not: which values are written.

`POST /company` creates or updates the company that has a `company_id`. Whether the attributes that
it is sent replace all that there are is nowhere said: so each company is read just before, and
sent with all of its attributes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from connectors.custify.envelope import answer_in, identified
from connectors.custify.source import CustifySource, words
from connectors.custify.streams import COMPANIES
from connectors.errors import NotPermitted
from connectors.http.message import Reply, Request
from connectors.wording import did_you_mean
from connectors.write import Answer, Held, Writable, Write

_BAD_REQUEST = 400
_UNADDRESSED = (
    "the company has no company_id in Custify, by which alone it could be written to; give it one"
)

Company = dict[str, Any]


class CustifyWriter:
    """Sets custom attributes, one company at a time: Custify takes no batches."""

    batch_size = 10

    def __init__(self, source: CustifySource) -> None:
        self._source = source

    def field_problems(self, fields: Sequence[str]) -> Mapping[str, str]:
        """See `Writer`: by the list of attributes, where the key may see it."""
        request = Request("/company/attributes")
        try:
            answer = answer_in(self._source.client.send(request), "attributes")
        except NotPermitted:
            return {}
        names = [str(_decoded(record).get("name")) for record in answer.records]
        return {
            name: f"companies have no attribute {name}.{did_you_mean(name, names)} Make it in "
            "Custify, as a custom attribute of companies"
            for name in fields
            if name not in names
        }

    def held(self, keys: Sequence[str], fields: Sequence[str]) -> Mapping[str, Held]:
        """See `Writer`: Custify lists all companies or one, so all are listed."""
        wanted = set(keys)
        held: dict[str, Held] = {}
        for records in self._source.companies():
            for company in map(_decoded, records):
                if company["id"] in wanted:
                    attributes = company.get("custom_attributes") or {}
                    values = {name: attributes.get(name) for name in fields}
                    obstacle = None if company.get("company_id") else _UNADDRESSED
                    held[company["id"]] = Held(values, obstacle)
        return held

    def write(self, batch: Sequence[Write]) -> Sequence[Answer]:
        """See `Writer`."""
        return [self._one(write) for write in batch]

    def _one(self, write: Write) -> Answer:
        company = self._company(write.key)
        if company is None:
            return Answer(write.key, "the company is gone")
        if not company.get("company_id"):
            return Answer(write.key, _UNADDRESSED)
        attributes = {**(company.get("custom_attributes") or {}), **write.fields}
        body = {"company_id": company["company_id"], "custom_attributes": attributes}
        reply = self._source.client.send(Request("/company", method="POST", json=body))
        return Answer(write.key, _not_taken(reply, write))

    def _company(self, key: str) -> Company | None:
        """A company by Custify's own id; None where there is none any more."""
        reply = self._source.client.send(Request(f"/company/{key}"))
        found = [_decoded(identified(each)) for each in answer_in(reply, "companies").records]
        return next((company for company in found if str(company.get("id")) == key), None)


def _decoded(record: bytes) -> Company:
    company: Company = msgspec.json.decode(record)
    return company


def _not_taken(reply: Reply, write: Write) -> str | None:
    """Why a company was refused, or what the reply shows not to have been set, if it shows it."""
    if reply.status >= _BAD_REQUEST:
        return words(reply) or f"answered {reply.status}"
    shown = reply.at("custom_attributes")
    if not isinstance(shown, dict):
        return None
    left_out = [name for name, value in write.fields.items() if value and name not in shown]
    return f"Custify did not take {', '.join(left_out)}" if left_out else None


WRITABLE = Writable(
    stream=COMPANIES.name,
    reads=frozenset(),
    name_pattern=r"\S(.*\S)?",
    name_hint="write the name of a custom attribute of companies",
    permission="an API key that may write (not a read-only one)",
    open_writer=CustifyWriter,
)
"""Nothing is read of `custom_attributes` but what is mapped: the rest of a company lies beside."""
