"""Reading HubSpot: the properties asked for and the associations put in front."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hubspot_account import (
    example_id,
    filled_account,
    ids,
)
from vendor_reading import Connected, connected

from connectors.errors import (
    PermanentSourceError,
    TransientSourceError,
)
from connectors.hubspot import CUSTOM_FIELDS
from connectors.hubspot.associations import CONTEXT_KEY
from connectors.hubspot.properties import chunks, put_together
from sandbox.servers.hubspot import System
from sandbox.servers.vendor import Fault


@pytest.fixture
def hubspot(tmp_path: Path) -> Iterator[Connected]:
    with connected(filled_account(), tmp_path) as at:
        yield at


@pytest.fixture
def exact(hubspot: Connected, tmp_path: Path) -> Iterator[Connected]:
    """The same account, read without an overlap."""
    with connected(hubspot.system, tmp_path / "exact", lookback_minutes=0) as at:
        yield at


@pytest.fixture
def system(hubspot: Connected) -> System:
    assert isinstance(hubspot.system, System)
    return hubspot.system


# Properties


def test_mapped_and_extra_fields_are_asked_for(
    hubspot: Connected, system: System, tmp_path: Path
) -> None:
    system.define("deals", "hs_arr", "renewal_date", "unused")
    system.change("deals", example_id(system, "deals", 1), hs_arr="1200")
    more = {"fields": {"contracts.arr": "hs_arr"}, "extra_fields": {"deals": ["renewal_date"]}}
    with connected(system, tmp_path / "custom", **more) as custom:
        deal = custom.read("deals").records[0]
    properties = deal[CUSTOM_FIELDS.objects[0]]
    assert (properties["hs_arr"], properties["renewal_date"]) == ("1200", None)
    assert "unused" not in properties


def test_a_field_that_is_mapped_later_is_read_for_all_records(
    hubspot: Connected, system: System, tmp_path: Path
) -> None:
    system.define("deals", "hs_arr")
    hubspot.read("deals")
    system.now += timedelta(days=1)
    more = {"fields": {"contracts.arr": "hs_arr"}, "lookback_minutes": 0}
    with connected(system, tmp_path / "later", **more) as later:
        later.cursors = dict(hubspot.cursors)
        assert len(later.read("deals").records) == 7
        system.now += timedelta(days=1)
        assert ids(later.read("deals")) == [example_id(system, "deals", 7)]  # what changed last


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ({"fields": {"contracts.arr": "hs_ar"}}, "fields.contracts.arr"),
        ({"extra_fields": {"deals": ["hs_ar"]}}, "extra_fields.deals"),
    ],
)
def test_an_unknown_property_of_the_settings_is_named(
    hubspot: Connected, system: System, tmp_path: Path, settings: dict[str, Any], place: str
) -> None:
    system.define("deals", "hs_arr")
    with (
        connected(system, tmp_path / "custom", **settings) as custom,
        pytest.raises(PermanentSourceError) as refused,
    ):
        custom.read("deals")
    assert f"hubspot.deals: {place}" in str(refused.value)
    assert "hs_ar," in str(refused.value)
    assert "Did you mean hs_arr?" in str(refused.value)


def test_a_mapped_property_may_exist_in_one_of_the_streams_of_an_entity(
    hubspot: Connected, system: System, tmp_path: Path
) -> None:
    system.define("meetings", "meeting_flavour")
    more = {"fields": {"activities.type": "meeting_flavour"}}
    with connected(system, tmp_path / "custom", **more) as custom:
        assert "meeting_flavour" in custom.read("meetings").records[0]["properties"]
        assert len(custom.read("calls").records) == 7


def test_properties_too_many_for_one_address_are_read_in_parts_and_put_together(
    hubspot: Connected, system: System, tmp_path: Path
) -> None:
    names = [f"a_property_with_a_rather_long_name_{number:04d}" for number in range(500)]
    key = example_id(system, "companies", 5)
    system.change("companies", key, **{name: name[-4:] for name in names})
    with connected(system, tmp_path / "wide", extra_fields={"companies": names}) as wide:
        records = {record["id"]: record for record in wide.read("companies").records}
        assert len(wide.seen("objects/companies")) == 2 * (3 + 1)
    properties = records[key]["properties"]
    assert [properties[name] for name in names] == [name[-4:] for name in names]
    assert properties["name"] == "Company 5"
    assert sorted(records) == sorted(system.records["companies"])


@pytest.mark.parametrize(
    ("longest", "expected"),
    [(100, [["aa", "bb", "cc"]]), (5, [["aa", "bb"], ["cc"]]), (1, [["aa"], ["bb"], ["cc"]])],
)
def test_names_are_cut_into_lists_of_bounded_length(
    longest: int, expected: list[list[str]]
) -> None:
    assert chunks(["aa", "bb", "cc"], longest) == expected


def test_no_names_are_one_empty_list() -> None:
    assert chunks([]) == [[]]


def test_a_record_that_is_missing_in_one_part_is_left_out() -> None:
    one = [b'{"id":"1","properties":{"a":"x"}}', b'{"id":"2","properties":{"a":"y"}}']
    assert put_together([one, [b'{"id":"2","properties":{"b":null}}']]) == [
        b'{"id":"2","properties":{"a":"y","b":null}}'
    ]


# Associations


def test_associations_are_read_with_the_first_load(hubspot: Connected, system: System) -> None:
    company = example_id(system, "companies", 3)
    assert hubspot.read("contacts").records[2][CONTEXT_KEY] == {"companies": [company]}


def test_a_record_is_the_same_from_a_list_and_from_a_search(
    hubspot: Connected, system: System
) -> None:
    listed = hubspot.read("contacts").records
    assert hubspot.read("contacts").records == listed


def test_archived_records_are_asked_for_no_associations(hubspot: Connected, system: System) -> None:
    for number in range(1, 8):
        system.delete("notes", example_id(system, "notes", number))
    assert len(hubspot.read("notes").records) == 7
    assert not hubspot.seen("/batch/read")


def test_what_lists_show_of_associations_is_not_asked_for(hubspot: Connected) -> None:
    hubspot.read("contacts")
    assert all("associations" not in query for query in hubspot.seen("objects/contacts"))


def test_associations_are_read_with_what_a_search_found(hubspot: Connected, system: System) -> None:
    hubspot.read("meetings")
    key = example_id(system, "meetings", 2)
    people = [example_id(system, "contacts", number) for number in (5, 4)]
    system.associate("meetings", key, "contacts", *people)
    system.now += timedelta(days=1)
    system.change("meetings", key)
    (found,) = (each for each in hubspot.read("meetings").records if each["id"] == key)
    assert found[CONTEXT_KEY] == {"companies": [], "contacts": sorted(people)}


def test_the_primary_company_comes_first(hubspot: Connected, system: System) -> None:
    hubspot.read("deals")
    key = example_id(system, "deals", 2)
    smaller, primary = (example_id(system, "companies", number) for number in (1, 2))
    system.associate("deals", key, "companies", smaller)
    system.now += timedelta(days=1)
    system.change("deals", key)
    (found,) = (each for each in hubspot.read("deals").records if each["id"] == key)
    assert found[CONTEXT_KEY] == {"companies": [primary, smaller]}


def test_batches_of_associations_are_no_larger_than_a_hundred(
    exact: Connected, system: System
) -> None:
    exact.read("notes")
    system.now += timedelta(days=1)
    system.search_limit = 200
    system.fill("notes", 120, first=100)
    exact.read("notes")
    sizes = [
        len(json.loads(request.body)["inputs"])
        for request in system.seen
        if "/notes/companies/batch/read" in request.path
    ]
    assert sizes[-2:] == [100, 21]  # with the one at the bookmark


@pytest.mark.parametrize("way", ["list", "search"])
def test_more_associations_than_one_reply_shows_are_all_read(
    hubspot: Connected, system: System, way: str
) -> None:
    if way == "search":
        hubspot.read("meetings")
        system.now += timedelta(days=1)
    system.association_limit = 2
    key = example_id(system, "meetings", 2)
    people = [example_id(system, "contacts", number) for number in range(1, 8)]
    system.associate("meetings", key, "contacts", *people)
    system.change("meetings", key)
    (found,) = (each for each in hubspot.read("meetings").records if each["id"] == key)
    assert found[CONTEXT_KEY]["contacts"] == people


def test_the_bytes_of_a_record_stay_behind_what_was_put_first(
    hubspot: Connected, system: System
) -> None:
    hubspot.read("notes")
    system.change("notes", example_id(system, "notes", 1))
    (manifest, _, _) = hubspot.read("notes").batches[0]
    text = gzip.decompress(manifest.part_paths(hubspot.home.landing)[0].read_bytes())
    assert text.startswith(b'{"_associations":{"companies":[],"contacts":[]},"id":"')


def test_an_answer_for_only_a_part_of_a_batch_is_not_taken_for_the_whole(
    hubspot: Connected, system: System
) -> None:
    hubspot.read("notes")
    system.change("notes", example_id(system, "notes", 1))
    error = {"status": "error", "category": "INTERNAL_ERROR", "message": "Timed out"}
    body = json.dumps({"status": "COMPLETE", "results": [], "numErrors": 1, "errors": [error]})
    system.faults.append(Fault(path="/batch/read", status=207, body=body.encode()))
    with pytest.raises(TransientSourceError, match='and says "Timed out"'):
        hubspot.read("notes")
