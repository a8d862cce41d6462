"""Reading HubSpot: lists, searches for what changed, archived records, associations, limits."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from vendor_reading import Connected, Read, connected

from connectors.errors import (
    DailyQuotaSpent,
    NotPermitted,
    PermanentSourceError,
    TransientSourceError,
)
from connectors.hubspot import CUSTOM_FIELDS, STREAMS, Settings
from connectors.hubspot.associations import CONTEXT_KEY
from connectors.hubspot.properties import chunks, put_together
from connectors.hubspot.streams import ObjectStream
from sandbox.servers.hubspot import System
from sandbox.servers.vendor import Fault
from tests.support import records as rows_of

OBJECTS = [stream.name for stream in STREAMS if isinstance(stream, ObjectStream)]


@pytest.fixture
def hubspot(tmp_path: Path) -> Iterator[Connected]:
    """An account with seven records of each kind; a page holds three."""
    system = System()
    system.page_limit = system.search_limit = 3
    for stream in STREAMS:
        system.fill(stream.name, 7)
    system.now += timedelta(hours=1)
    with connected(system, tmp_path) as at:
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


def example_id(system: System, stream: str, number: int) -> str:
    return str(system.example(stream, number)["id"])


def ids(read: Read) -> list[str]:
    return [record["id"] for record in read.records]


def state(hubspot: Connected, stream: str) -> dict[str, Any]:
    return json.loads(hubspot.cursors[stream] or "{}")


def live_and_deleted(hubspot: Connected, stream: str) -> dict[str, bool]:
    """Which records of a stream the warehouse holds now, and whether each is deleted."""
    sql = f"select record_key, is_deleted from raw.hubspot__{stream} where is_current"
    return {row["record_key"]: row["is_deleted"] for row in rows_of(hubspot.home, sql)}


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


# Limits and refusals


def limited(policy: str) -> bytes:
    reached = f"You have reached your {policy.lower()} limit."
    return json.dumps(
        {
            "status": "error",
            "message": reached,
            "errorType": "RATE_LIMIT",
            "policyName": policy,
            "correlationId": "c033cdaa-2c40-4a64-ae48-b4cec88dad24",
        }
    ).encode()


@pytest.mark.parametrize(
    ("policy", "headers", "wait"),
    [
        ("TEN_SECONDLY_ROLLING", {}, 10),
        ("SECONDLY", {}, 1),
        ("TEN_SECONDLY_ROLLING", {"Retry-After": "3"}, 3),
    ],
)
def test_too_many_requests_are_waited_for_as_the_policy_says(
    hubspot: Connected, system: System, policy: str, headers: dict[str, str], wait: float
) -> None:
    system.faults.append(Fault(path="/objects/", status=429, headers=headers, body=limited(policy)))
    assert len(hubspot.read("companies").records) == 7
    assert max(hubspot.clock.waits) == pytest.approx(wait, abs=0.5)


def test_the_end_of_the_day_s_quota_stops_all_streams(hubspot: Connected, system: System) -> None:
    system.faults.append(Fault(path="/objects/", status=429, body=limited("DAILY")))
    with pytest.raises(DailyQuotaSpent, match="spent; they come back at midnight"):
        hubspot.read("companies")
    asked = len(system.seen)
    with pytest.raises(DailyQuotaSpent):
        hubspot.read("contacts")
    assert len(system.seen) == asked


def test_a_locked_record_is_asked_for_again(hubspot: Connected, system: System) -> None:
    system.faults.append(Fault(path="/objects/", status=423, body=b"{}"))
    assert len(hubspot.read("companies").records) == 7
    assert max(hubspot.clock.waits) >= 2


def test_searches_have_a_budget_of_their_own(
    hubspot: Connected, system: System, tmp_path: Path
) -> None:
    with connected(system, tmp_path / "slow", searches_per_s=5, page_size=1) as slow:
        slow.read("companies")
        started = slow.clock.monotonic()
        slow.read("companies")
        assert len([request for request in system.seen if "/search" in request.path]) == 7
        assert slow.clock.monotonic() - started >= 1


def test_a_token_that_is_not_written_like_one_is_explained(
    hubspot: Connected, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUBSPOT_TOKEN", '"pat-in-quotes"')
    with pytest.raises(PermanentSourceError) as refused:
        hubspot.read("companies")
    assert "no quotes" in str(refused.value)
    assert "pat-in-quotes" not in str(refused.value)


def test_a_token_that_is_refused_is_not_tried_again(
    hubspot: Connected, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUBSPOT_TOKEN", "pat-of-another-account")
    with pytest.raises(PermanentSourceError, match="credentials were refused"):
        hubspot.read("owners")
    assert len(system.seen) == 1


@pytest.mark.parametrize("stream", [stream.name for stream in STREAMS])
def test_a_missing_scope_is_named(hubspot: Connected, system: System, stream: str) -> None:
    system.forbid(stream)
    with pytest.raises(NotPermitted) as refused:
        hubspot.read(stream)
    permission = hubspot.stream(stream).permission
    assert permission
    assert f"hubspot.{stream}: " in str(refused.value)
    assert permission in str(refused.value)


def test_an_edition_without_surveys_is_a_matter_of_permission(
    hubspot: Connected, system: System
) -> None:
    system.missing_objects.add("feedback_submissions")
    assert hubspot.stream("feedback_submissions").is_optional
    with pytest.raises(NotPermitted, match="has no such records"):
        hubspot.read("feedback_submissions")


def test_access_tokens_are_renewed_when_they_expire(
    hubspot: Connected, system: System, tmp_path: Path
) -> None:
    auth = system.oauth_settings("https://api.hubapi.com")["auth"]
    with connected(system, tmp_path / "oauth", auth=auth) as oauth:
        assert len(oauth.read("companies").records) == 7
        system.expire_tokens()
        assert len(oauth.read("owners").records) == 7
        assert len([r for r in system.seen if r.path.endswith("/oauth/v1/token")]) == 2


def test_a_void_refresh_token_is_explained_without_showing_it(
    hubspot: Connected, system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    auth = system.oauth_settings("https://api.hubapi.com")["auth"]
    with connected(system, tmp_path / "oauth", auth=auth) as oauth:
        monkeypatch.setenv("HUBSPOT_REFRESH_TOKEN", "a-void-token")
        with pytest.raises(PermanentSourceError) as refused:
            oauth.read("companies")
    assert "missing or unknown refresh token" in str(refused.value)
    assert "a-void-token" not in str(refused.value)


# Settings


def test_five_lines_are_enough() -> None:
    settings = Settings.model_validate({"auth": {"token": "$HUBSPOT_TOKEN"}})
    assert settings.base_url == "https://api.hubapi.com"
    assert settings.auth.method == "bearer"
    assert settings.defines_accounts
    assert settings.own_sql_options == {}


def test_pipelines_of_contracts_reach_the_staging_sql() -> None:
    settings = Settings.model_validate(
        {"auth": {"token": "$T"}, "contract_pipelines": ["default", "Renewals"]}
    )
    assert settings.own_sql_options == {"contract_pipelines": "default;Renewals"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"auth": {"token": "pat-eu1-written-here"}},
        {"auth": {"token": "$T"}, "api_version": "latest"},
        {"auth": {"token": "$T"}, "contract_pipelines": ["a;b"]},
        {"auth": {"token": "$T"}, "contract_pipelines": []},
    ],
)
def test_settings_that_cannot_be_meant_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(wrong)
