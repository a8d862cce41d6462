"""What staging reads of APIs: one relation a stream, the union of all sources of a kind."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from support import NIGHT, Record, load, query

from connectors.http.fields import FieldPlaces
from connectors.landing import LandingWriter
from connectors.registry import Kind
from connectors.stream import DeletedWhen, Deletes, ReadResult, Stream
from pipelines.home import Home
from pipelines.staging import StagingModel
from pipelines.warehouse.connection import warehouse
from pipelines.warehouse.record_views import RecordSource, carried_fields, create_record_views
from pipelines.warehouse.runs import Run, begin_run

COMPANIES = Stream(
    "companies",
    "Companies.",
    key=("id",),
    is_full_read=False,
    deletes=Deletes.FLAG,
    deleted_when=DeletedWhen("archived", "true"),
    feeds=("accounts",),
)
TICKETS = Stream("tickets", "Tickets.", key=("id",), feeds=("tickets",))
PLACES = FieldPlaces(objects=("", "properties"), id_value_lists=("custom_fields",))
KIND = Kind("desk", RecordSource, lambda *_: None, (COMPANIES, TICKETS), PLACES)  # type: ignore[arg-type]


def source(name: str = "desk", **how: Any) -> RecordSource:
    return RecordSource(
        name,
        "desk",
        how.get("streams", frozenset({"companies", "tickets"})),
        how.get("fields", {}),
        how.get("extra_fields", {}),
    )


def hold(
    home: Home, stream: Stream, rows: Iterable[Record], night: int = 0, name: str = "desk"
) -> None:
    with LandingWriter(
        home.landing,
        source=name,
        kind="desk",
        stream=stream,
        run_id=f"run-{night}",
        extracted_at=NIGHT + timedelta(days=night),
        max_shrink=0.2,
        max_quarantined=0.05,
    ) as landing:
        landing.write(msgspec.json.encode(row) for row in rows)
        manifest = landing.commit(ReadResult(cursor=None, columns=()))
    load(home, manifest)


def view(home: Home, *sources: RecordSource) -> None:
    with warehouse(home.warehouse) as con:
        run = Run("run", NIGHT, NIGHT.date(), "test")
        begin_run(con, run, time_zone="America/New_York", currency="USD", fx={}, sources=[])
        create_record_views(con, [KIND], sources)


def test_a_stream_that_nobody_has_is_an_empty_relation(home: Home) -> None:
    view(home)
    assert query(home, "select * from input.desk__tickets") == []
    assert query(home, "select is_current from input.desk__companies_versions") == []


def test_sources_of_one_kind_are_united(home: Home) -> None:
    hold(home, TICKETS, [{"id": 1}], name="desk_eu")
    hold(home, TICKETS, [{"id": 1}], name="desk_us")
    view(home, source("desk_eu"), source("desk_us"), source("desk_new"))
    assert query(home, "select source_name, record_key from input.desk__tickets order by 1") == [
        ("desk_eu", "1"),
        ("desk_us", "1"),
    ]


def test_a_stream_that_is_not_asked_for_any_more_is_not_given(home: Home) -> None:
    hold(home, TICKETS, [{"id": 1}])
    view(home, source(streams=frozenset({"companies"})))
    assert query(home, "select * from input.desk__tickets") == []


def test_deleted_records_are_given_and_say_so(home: Home) -> None:
    hold(home, COMPANIES, [{"id": 1, "archived": True}, {"id": 2}])
    view(home, source())
    assert query(home, "select record_key, is_deleted from input.desk__companies order by 1") == [
        ("1", True),
        ("2", False),
    ]


def test_history_is_given_of_what_accounts_are_made_of(home: Home) -> None:
    for night, name in enumerate(["Acme", "Acme Inc"]):
        hold(home, COMPANIES, [{"id": 1, "name": name}], night)
    view(home, source())
    # Read at 02:00 UTC, which is the evening before in New York: the last whole day is earlier.
    assert query(
        home,
        "select payload ->> 'name', known_on::varchar, is_current "
        "from input.desk__companies_versions order by 2",
    ) == [("Acme", "2026-11-20", False), ("Acme Inc", "2026-11-21", True)]


@pytest.mark.parametrize(
    ("record", "mapped"),
    [
        ({"Tier__c": "Gold"}, "Gold"),
        ({"properties": {"Tier__c": "Gold"}}, "Gold"),
        ({"custom_fields": [{"id": 7, "value": "x"}, {"id": "Tier__c", "value": 3}]}, "3"),
        ({"Tier__c": 12.5}, "12.5"),
        ({"Tier__c": None}, ""),
        ({"properties": {"Tier__c": None}}, ""),
        ({"custom_fields": [{"id": "Tier__c", "value": None}]}, ""),
        ({"other": 1}, None),
        ({"properties": "not an object"}, None),
        ({"custom_fields": "not a list"}, None),
    ],
)
def test_a_mapped_field_is_found_wherever_the_kind_keeps_such_fields(
    home: Home, record: Record, mapped: str | None
) -> None:
    hold(home, COMPANIES, [{"id": 1, **record}])
    view(home, source(fields={"accounts.tier_override": "Tier__c", "tickets.priority": "P"}))
    found = query(
        home, "select overrides['accounts.tier_override'], overrides['tickets.priority'] "
        "from input.desk__companies"
    )  # fmt: skip
    assert found == [(mapped, None)]


def test_extra_fields_become_attributes(home: Home) -> None:
    hold(home, COMPANIES, [{"id": 1, "properties": {"region": "EU", "seats": 5}}])
    view(home, source(extra_fields={"companies": ["region", "seats", "gone"]}))
    ((extra,),) = query(home, "select extra from input.desk__companies")
    assert msgspec.json.decode(extra) == {"region": "EU", "seats": "5", "gone": None}


def test_a_field_is_carried_when_a_stream_that_holds_it_was_read() -> None:
    models = [
        StagingModel("stg_desk__accounts", "desk", "accounts", ("companies",), ("account_id",)),
        StagingModel("stg_desk__tickets", "desk", "tickets", ("tickets",), ("ticket_id",)),
        StagingModel("stg_crm__tickets", "crm", "tickets", ("cases",), ("ticket_id",)),
    ]
    mapped = source(fields={"accounts.tier_override": "Tier__c"})
    assert list(carried_fields([mapped], models, {("desk", "companies")})) == [
        ("desk", "accounts", "account_id"),
        ("desk", "accounts", "tier_override"),
    ]
