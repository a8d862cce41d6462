"""Which record of which system is which customer, and how that is to be found out: the truth.

Belongs here: the identity of records of accounts, doubles and unknown ones too. Does not: the
records.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sandbox.company.facts import Customer
from sandbox.company.settings import Settings
from sandbox.systems.custify import company_id
from sandbox.systems.filing import Filing
from sandbox.systems.ids import zendesk_id
from sandbox.systems.landscape import CUSTIFY, SALESFORCE, ZENDESK, Whereabouts, native_account_id


@dataclass(frozen=True, slots=True)
class RecordOf:
    """A system's record of an account.

    `true_id` is the firm's own id of the customer, `account_id` the one that the product should
    give it; both are None for a record that nobody can match. `method` is how the product should
    find it, in the words of map_account_identity.
    """

    source: str
    stream: str
    native_id: str
    true_id: str | None
    account_id: str | None
    method: str


def identities(settings: Settings, now: datetime) -> Iterator[RecordOf]:
    """The records of accounts that there are at an instant, doubles that were merged included."""
    for customer, where in Filing(settings).customers():
        yield from _of(customer, where, now)
    yield RecordOf(CUSTIFY, "companies", company_id("nobody"), None, None, "unmatched")
    nobody = str(zendesk_id("organizations", "nobody"))
    yield RecordOf(ZENDESK, "organizations", nobody, None, None, "unmatched")


def _of(customer: Customer, where: Whereabouts, now: datetime) -> Iterator[RecordOf]:
    account = customer.account
    if account.created_at >= now:
        return
    true_id, key = account.account_id, where.account_id
    stream = "accounts" if where.crm == SALESFORCE else "companies"
    yield RecordOf(where.crm, stream, where.native_id, true_id, key, "own")
    for double in customer.doubles:
        if double.created_at >= now:
            continue
        native = native_account_id(where.crm, double.double_id)
        is_merged = double.merged_at is not None and double.merged_at < now
        own_key = native if where.crm == SALESFORCE else f"{where.crm}:{native}"
        method = "merged" if is_merged else "own"
        yield RecordOf(where.crm, stream, native, true_id, key if is_merged else own_key, method)
    yield RecordOf(CUSTIFY, "companies", company_id(true_id), true_id, key, where.csp_method)
    is_told = where.desk_method != "unmatched"
    for organization in filter(None, (true_id, where.desk_twin)):
        native = str(zendesk_id("organizations", organization))
        yield RecordOf(
            ZENDESK,
            "organizations",
            native,
            true_id if is_told else None,
            key if is_told else None,
            where.desk_method,
        )
