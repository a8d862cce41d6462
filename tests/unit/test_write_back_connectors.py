"""Writing to the vendors over real HTTP: what they take, what they refuse, and how that is told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from vendor_reading import Connected, connected

from connectors import registry
from connectors.errors import (
    DailyQuotaSpent,
    NotPermitted,
    PermanentSourceError,
    TransientSourceError,
)
from connectors.write import Answer, Value, Write, Writer
from sandbox.servers.custify import API_KEY
from sandbox.servers.custify import System as ReadOnlyCustify
from sandbox.servers.hubspot import System as HubSpot
from sandbox.servers.salesforce import System as Salesforce
from sandbox.servers.vendor import Fault, Vendor

HEALTH, TIER = "CS_Health__c", "CS_Tier__c"


class Custify(ReadOnlyCustify):
    """A workspace whose key may write."""

    def secrets(self) -> dict[str, str]:
        return {"CUSTIFY_API_KEY": API_KEY}


def writer_of(source: Connected) -> Writer:
    writable = registry.kind(source.system.kind).writable
    assert writable is not None
    return writable.open_writer(source.source)


def key(system: Vendor, number: int) -> str:
    stream = "accounts" if isinstance(system, Salesforce) else "companies"
    return system.key(stream, system.example(stream, number))


def org(accounts: int = 3) -> Salesforce:
    system = Salesforce()
    system.fill("accounts", accounts)
    system.define("accounts", HEALTH, "double")
    system.define("accounts", TIER, "picklist")
    return system


def portal(companies: int = 3) -> HubSpot:
    system = HubSpot()
    system.fill("companies", companies)
    system.define("companies", "cs_health", "cs_tier")
    return system


def workspace() -> Custify:
    system = Custify()
    system.fill("companies", 3)
    for name in ("cs_health", "cs_tier"):
        attribute = {"entity": "company", "name": name, "niceName": name, "fieldType": "String"}
        system.put("attributes", attribute)
    return system


def problems(answers: Any) -> dict[str, str | None]:
    return {answer.key: answer.problem for answer in answers}


def sent(system: Vendor, path: str) -> list[Any]:
    return [msgspec.json.decode(seen.body) for seen in system.seen if seen.path.endswith(path)]


# --- Salesforce


def test_salesforce_takes_fields_of_accounts_and_shows_them(tmp_path: Path) -> None:
    system = org()
    one, two = key(system, 1), key(system, 2)
    with connected(system, tmp_path) as source:
        writer = writer_of(source)
        answers = writer.write([Write(one, {HEALTH: 81, TIER: "T1"}), Write(two, {TIER: None})])
        held = writer.held([one, two, "001Qy00000NOBODYAAA"], [HEALTH, TIER])

    assert list(answers) == [Answer(one), Answer(two)]
    assert held.keys() == {one, two}
    assert held[one].fields == {HEALTH: 81, TIER: "T1"}
    assert system.records["accounts"][one]["Name"] == "Acme 1 Ltd."


def test_salesforce_refuses_single_records_and_takes_the_others(tmp_path: Path) -> None:
    system = org(6)
    keys = [key(system, number) for number in range(1, 7)]
    system.delete("accounts", keys[0])
    system.rules.picklists[TIER] = ["T1", "T2"]
    system.rules.locked[keys[2]] = 1
    system.rules.validation = lambda record: "Ask sales" if record["Id"] == keys[3] else None
    writes = [Write(each, {TIER: "T9" if each == keys[1] else "T1"}) for each in keys[:5]]
    with connected(system, tmp_path) as source:
        answers = writer_of(source).write([*writes, Write("001Qy00000NOBODYAAA", {TIER: "T1"})])

    told = {answer.key: (answer.problem, answer.may_pass) for answer in answers}
    assert told[keys[0]] == ("ENTITY_IS_DELETED: entity is deleted", False)
    assert "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST" in str(told[keys[1]][0])
    assert told[keys[2]][1] and "UNABLE_TO_LOCK_ROW" in str(told[keys[2]][0])
    assert told[keys[3]] == ("FIELD_CUSTOM_VALIDATION_EXCEPTION: Ask sales", False)
    assert told[keys[4]] == (None, False)
    assert "INVALID_CROSS_REFERENCE_KEY" in str(told["001Qy00000NOBODYAAA"][0])
    assert [k for k in keys if system.records["accounts"][k].get(TIER)] == [keys[4]]


def test_a_field_that_vanished_meanwhile_stops_the_request_and_is_named(tmp_path: Path) -> None:
    system = org()
    with connected(system, tmp_path) as source, pytest.raises(NotPermitted) as refused:
        writer_of(source).write([Write(key(system, 1), {"CS_Band__c": "green"})])

    assert "No such column 'CS_Band__c'" in str(refused.value)
    assert "write_back.yaml" in str(refused.value)


def test_salesforce_says_which_fields_cannot_be_written_to(tmp_path: Path) -> None:
    system = org()
    system.define("accounts", "CS_Band__c", "string")
    system.read_only_fields.add(("accounts", TIER))
    system.hidden_fields.add(("accounts", "CS_Band__c"))
    with connected(system, tmp_path) as source:
        found = writer_of(source).field_problems([HEALTH, TIER, "CS_Band__c", "CS_Helth__c"])

    assert found.keys() == {TIER, "CS_Band__c", "CS_Helth__c"}
    assert "not edit it" in found[TIER]
    assert "may not see it" in found["CS_Band__c"]
    assert f"Did you mean {HEALTH}?" in found["CS_Helth__c"]


def test_salesforce_reads_many_accounts_in_few_requests(tmp_path: Path) -> None:
    system = org(501)
    keys = [key(system, number) for number in range(1, 502)]
    with connected(system, tmp_path) as source:
        assert writer_of(source).held(keys, [HEALTH]).keys() == set(keys)

    assert [len(body["ids"]) for body in sent(system, "/sobjects/Account")] == [500, 1]


# --- HubSpot


def test_hubspot_takes_properties_of_companies_as_texts(tmp_path: Path) -> None:
    system = portal()
    one, two = key(system, 1), key(system, 2)
    with connected(system, tmp_path) as source:
        writer = writer_of(source)
        answers = writer.write([Write(one, {"cs_health": 81}), Write(two, {"cs_tier": None})])
        held = writer.held([one, two, "999"], ["cs_health", "cs_tier"])

    assert list(answers) == [Answer(one), Answer(two)]
    assert held.keys() == {one, two}
    assert held[one].fields == {"cs_health": "81", "cs_tier": None}


def test_hubspot_names_the_companies_that_are_gone_and_takes_the_others(tmp_path: Path) -> None:
    system = portal()
    one, two, three = (key(system, number) for number in (1, 2, 3))
    system.delete("companies", two)
    with connected(system, tmp_path) as source:
        answers = writer_of(source).write([Write(k, {"cs_tier": "T1"}) for k in (one, two, three)])

    assert problems(answers)[one] is None
    assert problems(answers)[three] is None
    assert "may be deleted" in str(problems(answers)[two])


def test_hubspot_refuses_a_batch_for_one_value_and_it_is_found_by_halving(tmp_path: Path) -> None:
    system = portal(100)
    system.options["companies", "cs_tier"] = ["T1", "T2"]
    keys = [key(system, number) for number in range(1, 101)]
    bad = {keys[17], keys[64]}
    writes = [Write(each, {"cs_tier": "T9" if each in bad else "T1"}) for each in keys]
    with connected(system, tmp_path) as source:
        answers = writer_of(source).write(writes)

    assert {k for k, problem in problems(answers).items() if problem} == bad
    assert "not one of the allowed options" in str(problems(answers)[keys[17]])
    held = system.records["companies"]
    assert {k for k in keys if held[k]["properties"].get("cs_tier") == "T1"} == set(keys) - bad
    assert len(sent(system, "/batch/update")) < 30


def test_hubspot_says_which_properties_cannot_be_written_to(tmp_path: Path) -> None:
    with connected(portal(), tmp_path) as source:
        found = writer_of(source).field_problems(["cs_health", "hs_object_id", "cs_helth"])

    assert found.keys() == {"hs_object_id", "cs_helth"}
    assert "by itself" in found["hs_object_id"]
    assert "Did you mean cs_health?" in found["cs_helth"]


def test_hubspot_names_the_scope_that_is_missing(tmp_path: Path) -> None:
    system = portal()
    system.may_write = False
    with connected(system, tmp_path) as source, pytest.raises(NotPermitted) as refused:
        writer_of(source).write([Write(key(system, 1), {"cs_tier": "T1"})])

    assert "crm.objects.companies.write" in str(refused.value)
    assert "write_back.yaml" in str(refused.value)


# --- Custify


@pytest.mark.parametrize("replaces", [True, False])
def test_custify_keeps_every_other_attribute_whatever_an_update_does(
    replaces: bool, tmp_path: Path
) -> None:
    system = workspace()
    system.replaces_attributes = replaces
    one = key(system, 1)
    before = dict(system.records["companies"][one])
    with connected(system, tmp_path) as source:
        writer = writer_of(source)
        assert list(writer.write([Write(one, {"cs_health": 81})])) == [Answer(one)]
        held = writer.held([one], ["cs_health", "cs_tier"])

    after = system.records["companies"][one]
    assert after["custom_attributes"] == {**before["custom_attributes"], "cs_health": 81}
    assert before["custom_attributes"]
    assert after["name"] == before["name"]
    assert held[one].fields == {"cs_health": 81, "cs_tier": None}


def test_custify_makes_no_new_company_of_one_that_is_gone_or_has_no_company_id(
    tmp_path: Path,
) -> None:
    system = workspace()
    one, two, three = (key(system, number) for number in (1, 2, 3))
    system.put("companies", {**system.records["companies"][two], "company_id": None})
    with connected(system, tmp_path) as source:
        writer = writer_of(source)
        held = writer.held([one, two, three], ["cs_tier"])
        system.delete("companies", one)
        answers = writer.write([Write(each, {"cs_tier": "T1"}) for each in (one, two, three)])

    assert "no company_id" in str(held[two].obstacle)
    assert held[one].obstacle is None
    assert problems(answers)[one] == "the company is gone"
    assert "no company_id" in str(problems(answers)[two])
    assert problems(answers)[three] is None
    assert system.records["companies"].keys() == {two, three}


def test_custify_says_when_an_attribute_was_not_taken(tmp_path: Path) -> None:
    system = workspace()
    system.ignores_unknown_attributes = True
    with connected(system, tmp_path) as source:
        writer = writer_of(source)
        assert (
            "no attribute cs_helth. Did you mean" in writer.field_problems(["cs_helth"])["cs_helth"]
        )
        [answer] = writer.write([Write(key(system, 1), {"cs_helth": 81})])

    assert answer.problem == "Custify did not take cs_helth"


def test_a_read_only_key_of_custifys_is_told(tmp_path: Path) -> None:
    system = ReadOnlyCustify()
    system.fill("companies", 1)
    with connected(system, tmp_path) as source, pytest.raises(NotPermitted, match="only read"):
        writer_of(source).write([Write(key(system, 1), {"cs_health": 81})])


def test_a_company_that_custify_refuses_keeps_none_of_the_others_from_it(tmp_path: Path) -> None:
    system = workspace()
    one, two = key(system, 1), key(system, 2)
    body = b'{"error": "Bad Request", "message": "cs_tier takes no T9", "statusCode": 400}'
    with connected(system, tmp_path) as source:
        writer = writer_of(source)
        system.faults = [Fault(path="/company$", status=400, body=body)]
        answers = writer.write([Write(each, {"cs_tier": "T9"}) for each in (one, two)])

    assert list(answers) == [Answer(one, "cs_tier takes no T9"), Answer(two)]


def test_a_key_of_custifys_that_was_revoked_is_no_fault_of_the_company(tmp_path: Path) -> None:
    system = workspace()
    with connected(system, tmp_path) as source:
        writer = writer_of(source)
        system.revoke(API_KEY)
        with pytest.raises(PermanentSourceError, match="was refused"):
            writer.write([Write(key(system, 1), {"cs_tier": "T1"})])


# --- all of them

SYSTEMS = {"salesforce": org, "hubspot": portal, "custify": workspace}
FIELDS: Mapping[str, Mapping[str, Value]] = {
    "salesforce": {HEALTH: 81, TIER: "T1"},
    "hubspot": {"cs_health": 81, "cs_tier": "T1"},
    "custify": {"cs_health": 81, "cs_tier": "T1"},
}


@pytest.mark.parametrize("kind", SYSTEMS)
def test_too_many_requests_and_a_server_that_stumbles_are_waited_out(
    kind: str, tmp_path: Path
) -> None:
    system = SYSTEMS[kind]()
    with connected(system, tmp_path) as source:
        writer = writer_of(source)
        one = key(system, 1)
        system.faults = [
            Fault(status=429, headers={"Retry-After": "7"}, body=b"{}"),
            Fault(status=503, body=b"{}"),
            Fault(truncate=True),
        ]
        assert list(writer.write([Write(one, FIELDS[kind])])) == [Answer(one)]
        assert sum(source.clock.naps) >= 7


@pytest.mark.parametrize("kind", SYSTEMS)
def test_what_does_not_pass_is_raised_and_may_be_sent_again(kind: str, tmp_path: Path) -> None:
    system = SYSTEMS[kind]()
    with connected(system, tmp_path) as source:
        writer = writer_of(source)
        one = key(system, 1)
        system.faults = [Fault(times=1000, status=503, body=b"{}")]
        with pytest.raises(TransientSourceError):
            writer.write([Write(one, FIELDS[kind])])
        if spent := system.daily_quota_spent():
            system.faults = [spent]
            with pytest.raises(DailyQuotaSpent):
                writer.write([Write(one, FIELDS[kind])])
            return
        system.faults = []
        assert list(writer.write([Write(one, FIELDS[kind])])) == [Answer(one)]
