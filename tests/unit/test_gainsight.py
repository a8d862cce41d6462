"""Reading Gainsight: objects by last change, delete logs, long reads, the timeline."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from gainsight_tenant import (
    QUERY,
    Tenants,
    all_of,
    asked,
    at_one_second,
    change,
    filled,
    ids,
    live,
)
from vendor_reading import Connected

from connectors.errors import (
    NotPermitted,
    PermanentSourceError,
    TransientSourceError,
)
from connectors.gainsight import STREAMS
from sandbox.servers.gainsight_examples import gsid
from sandbox.servers.vendor import Fault

OBJECTS = ("companies", "persons", "company_persons", "users", "timeline")


@pytest.fixture
def tenants(tmp_path: Path) -> Iterator[Tenants]:
    with filled(tmp_path) as made:
        yield made


@pytest.fixture
def gainsight(tenants: Tenants) -> Connected:
    return tenants.connect()


# First load


@pytest.mark.parametrize("stream", [*OBJECTS, "ctas"])
def test_the_first_read_brings_everything_once(gainsight: Connected, stream: str) -> None:
    read = gainsight.read(stream)
    assert sorted(ids(read)) == sorted(all_of(gainsight, stream))
    assert read.result.is_full_read


def test_records_are_landed_as_they_were_received(gainsight: Connected) -> None:
    company = next(r for r in gainsight.read("companies").records if r["Gsid"] == gsid("1P02", 5))
    held = gainsight.system.records["companies"][gsid("1P02", 5)]
    assert company["ModifiedDate"] == held["ModifiedDate"]
    assert company["Csm__gr.Email"] == "uma3@vendor.example"


def test_pages_are_asked_for_by_last_change_and_never_by_offset(gainsight: Connected) -> None:
    gainsight.read("companies")
    bodies = asked(gainsight)
    assert {body["offset"] for body in bodies} == {0}
    assert bodies[1]["orderBy"] == {"ModifiedDate": "asc", "Gsid": "asc"}
    assert {body["limit"] for body in bodies} == {10}


@pytest.mark.parametrize("size", [1, 2, 10, 25, 26])
def test_records_that_changed_in_the_same_second_all_come(tenants: Tenants, size: int) -> None:
    at = tenants.connect(page_size=size)
    at_one_second(at, "companies", range(4, 22))
    assert sorted(ids(at.read("companies"))) == sorted(all_of(at, "companies"))


def test_a_page_that_ends_between_two_records_of_a_second_loses_none(tenants: Tenants) -> None:
    at = tenants.connect()
    at_one_second(at, "companies", range(9, 13))
    assert sorted(ids(at.read("companies"))) == sorted(all_of(at, "companies"))


def test_records_without_a_time_of_change_come_each_time(gainsight: Connected) -> None:
    without = [gsid("1P02", number) for number in range(5, 18)]
    for key in without:
        gainsight.system.rewrite("companies", key, ModifiedDate=None)
    assert sorted(ids(gainsight.read("companies"))) == sorted(all_of(gainsight, "companies"))
    gainsight.system.now += timedelta(days=3)
    assert set(ids(gainsight.read("companies"))) >= set(without)


# What changed


def test_the_next_read_brings_what_changed_and_a_day_before(gainsight: Connected) -> None:
    gainsight.read("companies")
    gainsight.system.now += timedelta(days=3)
    change(gainsight, "companies", 7, Name="Renamed")
    gainsight.read("companies")
    gainsight.system.now += timedelta(days=3)
    change(gainsight, "companies", 8, Name="Renamed too")
    read = gainsight.read("companies")
    assert ids(read) == [gsid("1P02", 7), gsid("1P02", 8)]
    assert not read.result.is_full_read


def test_times_in_filters_are_whole_seconds_without_a_zone(tenants: Tenants) -> None:
    at = tenants.connect(lookback_minutes=0)
    at.read("companies")
    at.read("companies")
    (condition,) = asked(at)[-1]["where"]["conditions"]
    assert condition["operator"] == "GTE"
    assert condition["value"] == ["2026-01-05 09:24:00"]


def test_a_clock_of_theirs_that_is_ahead_does_not_hide_changes(tenants: Tenants) -> None:
    at = tenants.connect(lookback_minutes=0)
    ahead = at.system.now + timedelta(days=30)
    at.system.rewrite("companies", gsid("1P02", 1), ModifiedDate=int(ahead.timestamp() * 1000))
    at.read("companies")
    at.system.now += timedelta(hours=1)
    change(at, "companies", 2)
    assert set(ids(at.read("companies"))) == {gsid("1P02", 1), gsid("1P02", 2)}


@pytest.mark.parametrize("how", ["epoch milliseconds", "ISO"])
@pytest.mark.parametrize("shape", ["list", "records"])
def test_both_ways_to_write_times_and_to_wrap_rows_are_read(
    gainsight: Connected, how: str, shape: str
) -> None:
    gainsight.system.iso_dates = how == "ISO"
    gainsight.system.data_shape = shape
    for _ in range(2):
        gainsight.read("companies")
        gainsight.system.now += timedelta(days=3)
    change(gainsight, "companies", 3)
    assert gsid("1P02", 3) in ids(gainsight.read("companies"))
    assert len(ids(gainsight.read("timeline"))) == 25


def test_a_record_that_is_edited_while_it_is_read_hides_no_other(gainsight: Connected) -> None:
    """By offset, the edit would pull the eleventh record onto the page that was read already."""
    edits = iter(range(1, 25))

    def edit(body: bytes) -> bytes:
        change(gainsight, "companies", next(edits))
        return body

    gainsight.system.faults.append(Fault(path=QUERY, times=3, rewrite=edit))
    assert set(ids(gainsight.read("companies"))) == all_of(gainsight, "companies")


# Nothing there


@pytest.mark.parametrize("empty_as", ["no_data", "bad_request", "empty"])
def test_nothing_is_said_in_three_ways_and_is_no_error(tenants: Tenants, empty_as: str) -> None:
    tenants.system.records.clear()
    tenants.system.empty_as = empty_as
    at = tenants.connect()
    for stream in STREAMS:
        if stream.name != "picklist_items":
            assert at.read(stream.name).records == []
            assert at.read(stream.name).records == []


# What is gone


@pytest.mark.parametrize(
    ("stream", "log"),
    [
        ("companies", "delete_log"),
        ("timeline", "delete_log_high_volume"),
        ("ctas", "deleted_ctas"),
    ],
)
def test_what_a_delete_log_names_is_deleted(gainsight: Connected, stream: str, log: str) -> None:
    gainsight.night(stream)
    gone = sorted(all_of(gainsight, stream))[3]
    gainsight.system.delete(stream, gone)
    gainsight.system.now += timedelta(days=1)
    gainsight.night(stream)
    assert gone in live(gainsight, stream), "a read of what changed cannot see it"
    gainsight.night(log)
    assert live(gainsight, stream) == all_of(gainsight, stream)


@pytest.mark.parametrize("name", ["Company_Person", "company_person"])
def test_the_log_may_name_an_object_in_either_spelling(gainsight: Connected, name: str) -> None:
    named = gainsight.stream("delete_log").names_deleted
    assert named is not None
    assert named.streams[name] == "company_persons"


def test_the_delete_log_is_read_on_by_time(tenants: Tenants) -> None:
    at = tenants.connect(lookback_minutes=60)
    at.system.fill("delete_log", 25)
    assert len(at.read("delete_log").records) == 25
    at.system.now += timedelta(days=1)
    at.system.delete("companies", gsid("1P02", 1))
    at.read("delete_log")
    at.system.now += timedelta(days=1)
    at.system.delete("companies", gsid("1P02", 2))
    assert ids(at.read("delete_log"), "RecordId") == [gsid("1P02", 1), gsid("1P02", 2)]


def test_what_the_log_has_forgotten_is_found_by_reading_everything(gainsight: Connected) -> None:
    gainsight.night("companies")
    gone = gsid("1P02", 1)
    gainsight.system.delete("companies", gone)
    gainsight.system.now += timedelta(days=16)
    assert gainsight.read("delete_log").records == []
    gainsight.night("companies")
    assert live(gainsight, "companies") == all_of(gainsight, "companies")


@pytest.mark.parametrize(("days", "is_full"), [(13, False), (15, True)])
@pytest.mark.parametrize("stream", ["companies", "timeline", "ctas"])
def test_after_fourteen_days_without_a_read_everything_is_read(
    gainsight: Connected, stream: str, days: int, is_full: bool
) -> None:
    gainsight.read(stream)
    gainsight.system.now += timedelta(days=days)
    assert gainsight.read(stream).result.is_full_read is is_full


def test_a_full_read_is_not_repeated_the_next_day(gainsight: Connected) -> None:
    gainsight.read("companies")
    gainsight.system.now += timedelta(days=16)
    assert gainsight.read("companies").result.is_full_read
    gainsight.system.now += timedelta(days=1)
    assert not gainsight.read("companies").result.is_full_read


def test_everything_is_read_again_as_often_as_configured(tenants: Tenants) -> None:
    at = tenants.connect(full_read_every_days=5)
    full = []
    for _ in range(7):
        full.append(at.read("users").result.is_full_read)
        at.system.now += timedelta(days=1)
    assert full == [True, False, False, False, False, True, False]


def test_a_tenant_without_the_second_log_lacks_something_optional(gainsight: Connected) -> None:
    gainsight.system.has_high_volume_log = False
    assert gainsight.stream("delete_log_high_volume").is_optional
    with pytest.raises(NotPermitted, match="no such object"):
        gainsight.read("delete_log_high_volume")


# Long reads


def test_a_long_first_read_is_stored_in_steps_and_goes_on_where_it_broke(
    tenants: Tenants,
) -> None:
    at = tenants.connect(records_per_batch=9)
    at_one_second(at, "companies", range(8, 23))
    at.system.faults.append(Fault(path=QUERY, skip=4, times=12, status=500))
    with pytest.raises(TransientSourceError, match="companies"):
        at.night("companies")
    stored = live(at, "companies")
    assert len(stored) >= 9
    before = len(asked(at))
    read = at.read("companies")
    first = asked(at)[before]["where"]["conditions"][0]
    assert first["operator"] == "GTE", "not from the beginning"
    assert stored | set(ids(read)) == all_of(at, "companies")
    assert not read.result.is_full_read, "it listed a part only"
    at.system.now += timedelta(days=2)
    assert len(at.read("companies").records) == 25, "a day is read again"


def test_a_read_that_stood_still_too_long_begins_again(tenants: Tenants) -> None:
    at = tenants.connect(records_per_batch=9)
    at.system.faults.append(Fault(path=QUERY, skip=3, times=6, status=500))
    with pytest.raises(TransientSourceError):
        at.night("companies")
    assert live(at, "companies")
    at.system.delete("companies", gsid("1P02", 1))
    at.system.now += timedelta(days=16)
    at.night("companies")
    assert live(at, "companies") == all_of(at, "companies")


# The timeline


def test_a_timeline_without_a_time_of_change_is_read_in_full(gainsight: Connected) -> None:
    del gainsight.system.fields["timeline"]["ModifiedDate"]
    for _ in range(2):
        read = gainsight.read("timeline")
        assert sorted(ids(read)) == sorted(all_of(gainsight, "timeline"))
        assert read.result.is_full_read


def test_the_time_of_change_may_have_its_older_name(gainsight: Connected) -> None:
    held = gainsight.system.fields["timeline"]
    held["LastModifiedDate"] = held.pop("ModifiedDate")
    for key, record in list(gainsight.system.records["timeline"].items()):
        gainsight.system.rewrite("timeline", key, LastModifiedDate=record["ModifiedDate"])
    gainsight.read("timeline")
    gainsight.system.now += timedelta(days=3)
    assert not gainsight.read("timeline").result.is_full_read


def test_another_field_may_stand_for_the_time_of_change(tenants: Tenants) -> None:
    at = tenants.connect(timeline_cursor="CreatedDate", timeline_lookback_days=2)
    at.read("timeline")
    at.system.now += timedelta(days=3)
    at.system.put("timeline", at.system.example("timeline", 26))
    at.read("timeline")
    at.system.now += timedelta(days=1)
    assert ids(at.read("timeline")) == [gsid("1A01", 26)]


def test_the_whole_timeline_can_be_asked_for_each_time(tenants: Tenants) -> None:
    at = tenants.connect(timeline_cursor="none")
    at.read("timeline")
    assert len(at.read("timeline").records) == 25


def test_a_cursor_that_is_no_time_is_refused(tenants: Tenants) -> None:
    at = tenants.connect(timeline_cursor="ActivityDat")
    with pytest.raises(PermanentSourceError, match=r"Did you mean ActivityDate\?"):
        at.read("timeline")


def test_a_change_of_the_cursor_reads_everything_again(tenants: Tenants) -> None:
    at = tenants.connect()
    at.read("timeline")
    later = tenants.connect(timeline_cursor="ActivityDate")
    later.cursors = at.cursors
    assert later.read("timeline").result.is_full_read


def test_fields_are_asked_for_in_the_tenants_spelling(gainsight: Connected) -> None:
    gainsight.read("timeline")
    assert "contextname" in asked(gainsight)[0]["select"]
    assert "ContextName" not in asked(gainsight)[0]["select"]
