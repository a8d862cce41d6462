"""What the made-up systems keep as time passes in them, whichever client asks."""

from __future__ import annotations

import socket

import pytest
import requests

from sandbox.servers.custify import System as Custify
from sandbox.servers.google_calendar import System as GoogleCalendar
from sandbox.servers.hubspot import System as HubSpot
from sandbox.servers.salesforce import System as Salesforce
from sandbox.servers.vendor import copied, served


def test_what_hubspot_merged_stays_merged_when_the_record_is_written_again() -> None:
    hub = HubSpot()
    kept, lost = (hub.example("companies", number) for number in (1, 2))
    for record in (kept, lost):
        hub.put("companies", record)
    hub.merge("companies", kept["id"], lost["id"])
    properties = {"name": "Renamed", "domain": "company1.example"}
    written = hub.put("companies", {"id": kept["id"], "properties": properties})
    assert written["properties"]["hs_merged_object_ids"] == lost["id"]
    assert written["properties"]["name"] == "Renamed"


def test_a_field_of_an_org_is_there_before_any_record_has_it() -> None:
    org = Salesforce()
    contact = org.example("contacts", 1)
    with pytest.raises(ValueError, match="no field CurrencyIsoCode"):
        org.put("contacts", {**contact, "CurrencyIsoCode": "EUR"})
    org.define("contacts", "CurrencyIsoCode", "picklist")
    org.define("contacts", "Personas__c", "string")
    org.put("contacts", {**contact, "CurrencyIsoCode": "EUR"})
    with served(org) as address:
        form = {
            "grant_type": "client_credentials",
            "client_id": org.sign_in.client_id,
            "client_secret": org.sign_in.client_secret,
        }
        token = requests.post(f"{address}/services/oauth2/token", data=form, timeout=30).json()
        described = requests.get(
            f"{address}/services/data/v61.0/sobjects/Contact/describe",
            headers={"Authorization": f"Bearer {token['access_token']}"},
            timeout=30,
        ).json()
    kinds = {field["name"]: field["type"] for field in described["fields"]}
    assert (kinds["CurrencyIsoCode"], kinds["Personas__c"]) == ("picklist", "string")


def test_a_time_of_creation_that_a_record_brings_is_kept() -> None:
    workspace, long_ago = Custify(), "2024-02-03T04:05:06.000Z"
    stored = workspace.put("notes", {**workspace.example("notes", 1), "created_at": long_ago})
    assert stored["created_at"] == long_ago
    assert stored["updated_at"] > long_ago
    again = workspace.put("notes", workspace.example("notes", 1))
    assert again["created_at"] == long_ago


def test_the_calendars_to_read_are_those_of_the_firm() -> None:
    calendars = GoogleCalendar()
    calendars.calendars = ["ana@northwind.example"]
    assert calendars.settings("http://here")["calendars"] == ["ana@northwind.example"]


def test_a_system_is_served_at_the_port_that_is_asked_for() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with served(Custify(), port) as address:
        assert address == f"http://127.0.0.1:{port}"
        assert requests.get(f"{address}/note", timeout=30).status_code == 401


def test_a_copy_of_a_record_shares_nothing_that_can_change() -> None:
    record = {"a": [1, {"b": []}], "c": "d"}
    copy = copied(record)
    copy["a"][1]["b"].append(1)
    assert record == {"a": [1, {"b": []}], "c": "d"}
