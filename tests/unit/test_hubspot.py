"""Reading HubSpot: lists, searches for what changed, archived records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hubspot_account import (
    OBJECTS,
    example_id,
    filled_account,
    ids,
    live_and_deleted,
    state,
)
from vendor_reading import Connected, Read, connected

from connectors.errors import (
    PermanentSourceError,
)
from connectors.hubspot import STREAMS
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


# First load


@pytest.mark.parametrize("stream", [stream.name for stream in STREAMS])
def test_the_first_read_brings_everything_and_says_so(hubspot: Connected, stream: str) -> None:
    read = hubspot.read(stream)
    assert sorted(ids(read)) == sorted(hubspot.system.records[stream])
    assert read.result.is_full_read is True


def test_only_the_declared_properties_are_asked_for(hubspot: Connected, system: System) -> None:
    system.change("companies", example_id(system, "companies", 1), a_property_of_no_interest="x")
    properties = hubspot.read("companies").records[0]["properties"]
    assert properties["name"] == "Company 1"
    assert "a_property_of_no_interest" not in properties


def test_a_declared_property_that_the_account_lacks_is_left_out(
    hubspot: Connected, system: System
) -> None:
    del system.defined["companies"]["salesforceaccountid"]
    hubspot.read("companies")
    asked = hubspot.seen("objects/companies")[0]["properties"][0].split(",")
    assert "domain" in asked
    assert "salesforceaccountid" not in asked


def test_where_properties_may_not_be_looked_up_all_are_asked_for(
    hubspot: Connected, system: System
) -> None:
    system.faults.append(Fault(path="/properties/", times=99, status=403, body=b"{}"))
    assert len(hubspot.read("companies").records) == 7


def test_an_empty_account_has_no_records_and_is_listed_again(tmp_path: Path) -> None:
    with connected(System(), tmp_path) as empty:
        assert empty.read("companies").records == []
        empty.system.fill("companies", 1)
        assert len(empty.read("companies").records) == 1


def test_a_version_that_is_named_by_a_date_has_paths_of_its_own(
    hubspot: Connected, system: System, tmp_path: Path
) -> None:
    with connected(system, tmp_path / "dated", api_version="2026-03") as dated:
        for stream in ("contacts", "owners", "deal_pipelines"):
            assert len(dated.read(stream).records) == 7
        system.change("contacts", example_id(system, "contacts", 1), jobtitle="Boss")
        assert dated.read("contacts").result.api_version == "2026-03"
        assert dated.seen("/crm/associations/2026-03/contacts/companies/batch/read")
        assert not dated.seen("/crm/v3")


def test_a_first_load_in_steps_goes_on_where_it_was_stored(
    hubspot: Connected, system: System, tmp_path: Path
) -> None:
    with connected(system, tmp_path / "steps", records_per_batch=3) as steps:
        read = steps.read("companies")
        assert [len(records) for _, records, _ in read.batches] == [3, 3, 1]
        assert sorted(ids(read)) == sorted(system.records["companies"])
        assert steps.seen("objects/companies")[-1]["archived"] == ["true"]
        assert read.result.is_full_read is False  # this part alone did not list everything


def test_a_change_during_a_first_load_in_steps_is_found_by_the_next_read(
    hubspot: Connected, system: System, tmp_path: Path
) -> None:
    key = example_id(system, "companies", 1)
    with connected(system, tmp_path / "steps", records_per_batch=3, lookback_minutes=0) as steps:
        batches = steps._batches("companies")
        next(batches)
        system.change("companies", key, name="Renamed behind our back")
        list(batches)
        assert key in ids(steps.read("companies"))


def test_a_cursor_that_hubspot_no_longer_takes_starts_the_list_again(
    hubspot: Connected, system: System
) -> None:
    hubspot.cursors["companies"] = json.dumps(
        {
            "phase": "list",
            "started_at": "2026-01-05T10:00:00+00:00",
            "asked": "",
            "reached": "not-a-cursor",
        }
    )
    assert len(hubspot.read("companies").records) == 7


# What changed


@pytest.mark.parametrize("stream", OBJECTS)
def test_the_next_read_brings_what_changed_since_the_bookmark_inclusive(
    exact: Connected, system: System, stream: str
) -> None:
    exact.read(stream)
    system.change(stream, example_id(system, stream, 2))
    assert ids(exact.read(stream)) == [example_id(system, stream, number) for number in (2, 7)]


def test_the_overlap_is_as_long_as_the_lookback(
    hubspot: Connected, system: System, tmp_path: Path
) -> None:
    with connected(system, tmp_path / "overlap", lookback_minutes=2.5) as overlap:
        overlap.read("companies")  # the records were changed a minute apart
        assert ids(overlap.read("companies")) == [
            example_id(system, "companies", number) for number in (5, 6, 7)
        ]


def test_the_bookmark_is_the_latest_change_that_was_seen(
    hubspot: Connected, system: System
) -> None:
    hubspot.read("contacts")
    changed = system.change("contacts", example_id(system, "contacts", 3))
    hubspot.read("contacts")
    assert state(hubspot, "contacts")["since"] == changed["properties"]["lastmodifieddate"]


def test_the_bookmark_never_passes_the_start_of_the_read(
    hubspot: Connected, system: System, tmp_path: Path
) -> None:
    with connected(system, tmp_path / "steps", records_per_batch=3) as steps:
        started = system.now
        batches = steps._batches("companies")
        next(batches)
        system.now += timedelta(hours=1)
        later = example_id(system, "companies", 7)
        system.change("companies", later)
        assert later in ids(Read(list(batches)))
        assert datetime.fromisoformat(state(steps, "companies")["since"]) == started


def test_a_night_without_changes_keeps_the_bookmark(exact: Connected, system: System) -> None:
    exact.read("companies")
    before = state(exact, "companies")
    system.erase("companies", example_id(system, "companies", 7))  # the one at the bookmark
    assert exact.read("companies").batches == []
    assert state(exact, "companies") == before


def test_a_record_that_search_finds_late_is_within_the_lookback(
    hubspot: Connected, system: System
) -> None:
    hubspot.read("companies")
    late, early = example_id(system, "companies", 1), example_id(system, "companies", 2)
    system.now += timedelta(hours=1)
    system.change("companies", late, name="Late")
    system.index_lag_s = 300
    system.now += timedelta(minutes=4)
    assert late not in ids(hubspot.read("companies"))
    system.now += timedelta(minutes=2)
    system.index_lag_s = 0
    system.change("companies", early, name="Early")
    hubspot.read("companies")
    system.now += timedelta(minutes=1)
    assert late in ids(hubspot.read("companies"))


def test_more_changes_than_one_query_gives_are_all_read(hubspot: Connected, system: System) -> None:
    system.search_window = 6
    hubspot.read("companies")
    system.now += timedelta(days=1)
    system.fill("companies", 40, first=100)
    expected = [example_id(system, "companies", number) for number in range(100, 140)]
    assert [key for key in ids(hubspot.read("companies")) if key in expected] == expected


def test_a_record_archived_while_the_changes_are_read_hides_no_other(
    hubspot: Connected, system: System, tmp_path: Path
) -> None:
    with connected(system, tmp_path / "steps", records_per_batch=3) as steps:
        steps.read("companies")
        system.now += timedelta(days=1)
        system.fill("companies", 9)
        batches = steps._batches("companies")
        first = next(batches)
        system.delete("companies", first[1][0]["id"])
        found = ids(Read([first, *batches]))
    assert set(found) == set(system.records["companies"])


def test_a_read_of_changes_that_broke_off_keeps_its_lower_bound(
    hubspot: Connected, system: System, tmp_path: Path
) -> None:
    first, last = (example_id(system, "companies", number) for number in (1, 7))
    with connected(system, tmp_path / "steps", records_per_batch=3) as steps:
        steps.read("companies")
        bound = state(steps, "companies")["since"]
        system.now += timedelta(days=1)
        system.fill("companies", 7)
        batches = steps._batches("companies")
        next(batches)
        assert state(steps, "companies")["since"] == bound
        assert state(steps, "companies")["reached"] == example_id(system, "companies", 3)
        # The night ends here. By the next one a record behind us has changed once more.
        system.now += timedelta(days=1)
        system.change("companies", first)
        rest = steps.read("companies")
        assert last in ids(rest)
        assert first not in ids(rest)
        assert first in ids(steps.read("companies"))


def test_search_results_out_of_order_are_refused(hubspot: Connected, system: System) -> None:
    hubspot.read("companies")
    system.fill("companies", 3)

    def turned(body: bytes) -> bytes:
        reply = json.loads(body)
        return json.dumps({**reply, "results": reply["results"][::-1]}).encode()

    system.faults.append(Fault(path="/search", rewrite=turned))
    with pytest.raises(PermanentSourceError, match="not sorted by hs_object_id"):
        hubspot.read("companies")


def test_after_a_week_everything_is_read_again(hubspot: Connected, system: System) -> None:
    hubspot.night("companies")
    erased = example_id(system, "companies", 4)
    system.erase("companies", erased)
    system.now += timedelta(days=4)
    hubspot.night("companies")
    assert live_and_deleted(hubspot, "companies")[erased] is False  # nothing told us
    system.now += timedelta(days=4)
    hubspot.night("companies")
    assert live_and_deleted(hubspot, "companies")[erased] is True


# Archived, restored, merged


def test_an_archived_record_is_deleted_and_a_restored_one_is_back(
    hubspot: Connected, system: System
) -> None:
    hubspot.night("tickets")
    key = example_id(system, "tickets", 2)
    system.now += timedelta(days=1)
    system.delete("tickets", key)
    hubspot.night("tickets")
    assert [k for k, gone in live_and_deleted(hubspot, "tickets").items() if gone] == [key]
    system.now += timedelta(days=1)
    system.restore("tickets", key)
    hubspot.night("tickets")
    assert live_and_deleted(hubspot, "tickets")[key] is False


def test_all_archived_records_are_listed_each_night(hubspot: Connected, system: System) -> None:
    keys = [example_id(system, "notes", number) for number in range(1, 6)]
    for key in keys:
        system.delete("notes", key)
    hubspot.read("notes")
    assert ids(hubspot.read("notes"))[-5:] == keys


def test_the_winner_of_a_merge_names_all_whom_it_swallowed(
    hubspot: Connected, system: System
) -> None:
    one, two, three = (example_id(system, "companies", number) for number in (1, 2, 3))
    hubspot.read("companies")
    system.merge("companies", two, one)
    system.merge("companies", three, two)
    winner = next(each for each in hubspot.read("companies").records if each["id"] == three)
    assert winner["properties"]["hs_merged_object_ids"].split(";") == [two, one]


def test_owners_who_left_are_read_as_deleted(hubspot: Connected, system: System) -> None:
    gone = example_id(system, "owners", 2)
    system.delete("owners", gone)
    hubspot.night("owners")
    assert [k for k, left in live_and_deleted(hubspot, "owners").items() if left] == [gone]
    assert len(live_and_deleted(hubspot, "owners")) == 7


def test_a_pipeline_that_is_gone_is_deleted(hubspot: Connected, system: System) -> None:
    hubspot.night("deal_pipelines")
    system.delete("deal_pipelines", "pipeline-7")
    hubspot.night("deal_pipelines")
    assert live_and_deleted(hubspot, "deal_pipelines")["pipeline-7"] is True
