"""Reading Gainsight: CTAs by day, labels of picklists, and fields of a tenant's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from gainsight_tenant import (
    MANY,
    Tenants,
    a_day_each,
    all_of,
    asked,
    change,
    filled,
    ids,
    live,
)
from vendor_reading import Connected

from connectors.errors import (
    PermanentSourceError,
    TransientSourceError,
)
from sandbox.servers.gainsight_examples import gsid
from sandbox.servers.vendor import Fault


@pytest.fixture
def tenants(tmp_path: Path) -> Iterator[Tenants]:
    with filled(tmp_path) as made:
        yield made


@pytest.fixture
def gainsight(tenants: Tenants) -> Connected:
    return tenants.connect()


# CTAs


def test_days_with_more_ctas_than_a_page_holds_are_halved(gainsight: Connected) -> None:
    a_day_each(gainsight.system)
    read = gainsight.read("ctas")
    assert set(ids(read)) == all_of(gainsight, "ctas")
    assert {body["pageNumber"] for body in asked(gainsight, "cta/list")} == {1}


def test_pages_in_another_order_each_time_lose_no_cta(tenants: Tenants) -> None:
    at = tenants.connect(page_size=4)
    assert sorted(ids(at.read("ctas"))) == sorted(all_of(at, "ctas"))
    assert max(body["pageNumber"] for body in asked(at, "cta/list")) > 1


def test_pages_that_never_show_every_cta_are_an_error(tenants: Tenants) -> None:
    at = tenants.connect(page_size=4)
    kept = at.system.listed("ctas")[:4]
    same = json.dumps({"result": True, "data": kept}).encode()
    nothing = json.dumps({"result": True, "data": []}).encode()

    def always_the_same(body: bytes) -> bytes:
        return same if asked(at, "cta/list")[-1]["pageNumber"] < 4 else nothing

    at.system.faults.append(Fault(path="cta/list", times=MANY, rewrite=always_the_same))
    with pytest.raises(TransientSourceError, match="4 of 12 records"):
        at.read("ctas")


@pytest.mark.parametrize("takes_last_day", [True, False])
def test_a_range_of_days_may_end_before_or_after_its_last_day(
    tenants: Tenants, takes_last_day: bool
) -> None:
    tenants.system.btw_takes_last_day = takes_last_day
    at = tenants.connect()
    a_day_each(at.system)
    assert set(ids(at.read("ctas"))) == all_of(at, "ctas")


def test_ctas_that_changed_are_asked_for_by_day(gainsight: Connected) -> None:
    gainsight.read("ctas")
    gainsight.system.now += timedelta(days=5)
    change(gainsight, "ctas", 3, IsClosed=True)
    gainsight.read("ctas")
    gainsight.system.now += timedelta(days=5)
    assert ids(gainsight.read("ctas")) == [gsid("1S01", 3)]


def test_ctas_without_a_time_of_change_come_each_time(gainsight: Connected) -> None:
    for number in range(1, 14):
        gainsight.system.rewrite("ctas", gsid("1S01", number), ModifiedDate=None)
    assert set(ids(gainsight.read("ctas"))) == all_of(gainsight, "ctas")
    gainsight.system.now += timedelta(days=5)
    assert gsid("1S01", 13) in ids(gainsight.read("ctas"))


def test_fields_that_the_cockpit_does_not_know_are_left_out(gainsight: Connected) -> None:
    gainsight.system.cta_fields -= {"ClosedDate", "CreatedDate"}
    assert "PlaybookId" not in gainsight.system.cta_fields
    assert len(gainsight.read("ctas").records) == 25
    refused, *answered = asked(gainsight, "cta/list")
    assert set(refused["select"]) - set(answered[-1]["select"]) == {
        "ClosedDate",
        "CreatedDate",
        "PlaybookId",
    }


def test_a_long_list_of_ctas_goes_on_where_it_broke(tenants: Tenants) -> None:
    at = tenants.connect(records_per_batch=5)
    a_day_each(at.system)
    at.system.faults.append(Fault(path="cta/list", skip=14, times=6, status=500))
    with pytest.raises(TransientSourceError):
        at.night("ctas")
    stored = live(at, "ctas")
    assert 5 <= len(stored) < 25
    read = at.read("ctas")
    assert stored | set(ids(read)) == all_of(at, "ctas")
    assert not stored <= set(ids(read)), "not from the beginning"


# Picklists


def test_labels_of_picklist_items_come_from_descriptions(gainsight: Connected) -> None:
    items = gainsight.read("picklist_items").records
    assert len(items) == 25
    assert items[1] == {
        "_object": "company",
        "_field": "Stage",
        "value": "1I00STAGE1",
        "label": "Kicked Off",
        "active": True,
        "displayOrder": 2,
    }


# Fields of their own


def test_a_field_that_is_mapped_is_read(tenants: Tenants) -> None:
    tenants.system.fields["companies"]["ARR__gc"] = "CURRENCY"
    tenants.system.rewrite("companies", gsid("1P02", 2), ARR__gc=42.5)
    at = tenants.connect(fields={"accounts.arr": "ARR__gc"})
    record = next(r for r in at.read("companies").records if r["Gsid"] == gsid("1P02", 2))
    assert record["ARR__gc"] == 42.5


def test_a_field_across_a_lookup_is_read(tenants: Tenants) -> None:
    at = tenants.connect(extra_fields={"companies": ["Csm__gr.Name"]})
    assert at.read("companies").records[0]["Csm__gr.Name"] == "Uma User2"


@pytest.mark.parametrize(
    "settings",
    [
        {"fields": {"accounts.arr": "ARR_gc"}},
        {"extra_fields": {"companies": ["Arr__gc"]}},
        {"extra_fields": {"companies": ["Cms__gr.Name"]}},
    ],
)
def test_a_field_that_is_not_there_is_named_with_its_likeness(
    tenants: Tenants, settings: dict[str, Any]
) -> None:
    tenants.system.fields["companies"]["ARR__gc"] = "CURRENCY"
    at = tenants.connect(**settings)
    with pytest.raises(PermanentSourceError, match=r"Company has no field .* sources\.yaml"):
        at.read("companies")


def test_a_mapped_field_need_be_in_one_of_the_streams_that_feed_the_entity(
    tenants: Tenants,
) -> None:
    tenants.system.fields["company_persons"]["Rank__gc"] = "STRING"
    at = tenants.connect(fields={"contacts.title": "Rank__gc"})
    assert len(at.read("persons").records) == 25
    assert "Rank__gc" in at.read("company_persons").records[0]


def test_a_mapped_field_that_only_ctas_have_is_no_error_of_the_timeline(tenants: Tenants) -> None:
    tenants.system.cta_fields.add("Effort__gc")
    at = tenants.connect(fields={"activities.work_type": "Effort__gc"})
    assert len(at.read("timeline").records) == 25
    assert len(at.read("ctas").records) == 25
    assert "Effort__gc" in asked(at, "cta/list")[-1]["select"]


def test_a_mapped_field_that_nobody_has_is_an_error_of_the_ctas(tenants: Tenants) -> None:
    at = tenants.connect(fields={"activities.work_type": "Efort__gc"})
    with pytest.raises(PermanentSourceError, match="Correct Efort__gc"):
        at.read("ctas")
