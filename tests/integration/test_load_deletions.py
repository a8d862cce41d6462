"""Loading what APIs say of deletions: flags, thin notices, delete logs, full reads of a part."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import msgspec
from support import NIGHT, Record, load, query

from connectors.landing import LandingWriter
from connectors.manifest import Manifest, manifests
from connectors.stream import (
    DeletedWhen,
    Deletes,
    NamesDeleted,
    ReadResult,
    Scope,
    Stream,
)
from pipelines.home import Home
from pipelines.warehouse.load import Status

ACCOUNTS = Stream(
    "accounts",
    "Accounts.",
    key=("Id",),
    is_full_read=False,
    deletes=Deletes.FLAG,
    deleted_when=DeletedWhen("IsDeleted", "true"),
    cursor_field="ModifiedOn",
)
EVENTS = Stream(
    "events",
    "Events.",
    key=("_calendar", "id"),
    deletes=Deletes.SNAPSHOT,
    deleted_when=DeletedWhen("status", "cancelled", is_bare=True),
)
DELETE_LOG = Stream(
    "delete_log",
    "Deletions.",
    key=("id",),
    is_full_read=False,
    deletes=Deletes.NEVER,
    names_deleted=NamesDeleted("object", "record", {"Company": "companies"}),
)
COMPANIES = Stream("companies", "Companies.", key=("id",), is_full_read=False, deletes=Deletes.FEED)


def land(
    home: Home, stream: Stream, rows: Iterable[Record], night: int = 0, **result: Any
) -> Manifest:
    after, step = result.pop("after_batch", None), result.pop("step", 0)
    with LandingWriter(
        home.landing,
        source="crm",
        kind="example",
        stream=stream,
        run_id=f"run-{night}",
        extracted_at=NIGHT + timedelta(days=night),
        max_shrink=0.2,
        max_quarantined=0.05,
        after_batch=after,
        step=step,
    ) as landing:
        landing.write(msgspec.json.encode(row) for row in rows)
        return landing.commit(ReadResult(cursor=result.pop("cursor", "c"), columns=(), **result))


def current(home: Home, stream: str) -> dict[str, tuple[Record, bool]]:
    """By key: the current content, and whether it is deleted."""
    rows = query(
        home, f"select record_key, payload, is_deleted from raw.crm__{stream} where is_current"
    )
    return {key: (msgspec.json.decode(payload), gone) for key, payload, gone in rows}


def test_a_flagged_record_is_deleted_and_keeps_what_it_says(home: Home) -> None:
    load(home, land(home, ACCOUNTS, [{"Id": "1", "IsDeleted": False}]))
    merged = {"Id": "1", "IsDeleted": True, "MasterRecordId": "2"}
    result = load(home, land(home, ACCOUNTS, [merged], 1))
    assert (result.deleted, result.live) == (1, 0)
    assert current(home, "accounts") == {"1": (merged, True)}


def test_a_flagged_record_that_was_never_seen_alive_is_kept_as_deleted(home: Home) -> None:
    result = load(home, land(home, ACCOUNTS, [{"Id": "1", "IsDeleted": True}]))
    assert (result.new, result.deleted, result.live) == (0, 1, 0)


def test_a_record_that_comes_back_is_live_again(home: Home) -> None:
    for night, gone in enumerate([False, True, False]):
        result = load(home, land(home, ACCOUNTS, [{"Id": "1", "IsDeleted": gone}], night))
    assert (result.changed, result.live) == (1, 1)
    assert query(home, "select count(*) from raw.crm__accounts") == [(3,)]


def test_a_deletion_told_twice_makes_one_version(home: Home) -> None:
    for night in range(2):
        result = load(home, land(home, ACCOUNTS, [{"Id": "1", "IsDeleted": True}], night))
    assert (result.new, result.changed, result.deleted) == (0, 0, 0)


def test_the_cursor_value_of_each_version_is_kept(home: Home) -> None:
    load(home, land(home, ACCOUNTS, [{"Id": "1", "ModifiedOn": "2026-01-05T09:00:00Z"}]))
    assert query(home, "select cursor_value from raw.crm__accounts") == [("2026-01-05T09:00:00Z",)]


def test_a_thin_notice_of_deletion_keeps_the_content_known_before(home: Home) -> None:
    event = {"_calendar": "anna", "id": "e1", "status": "confirmed", "summary": "EBR"}
    load(home, land(home, EVENTS, [event], is_full_read=False))
    notice = {"_calendar": "anna", "id": "e1", "status": "cancelled"}
    for night in (1, 2):
        result = load(home, land(home, EVENTS, [notice], night, is_full_read=False))
    assert current(home, "events") == {'["anna","e1"]': (event, True)}
    assert (result.changed, result.deleted) == (0, 0)


def test_a_time_of_deletion_is_a_flag_whatever_the_time(home: Home) -> None:
    stream = Stream(
        "orgs", "Orgs.", key=("id",), is_full_read=False, deletes=Deletes.FLAG,
        deleted_when=DeletedWhen("deleted_at"),
    )  # fmt: skip
    rows = [{"id": 1, "deleted_at": None}, {"id": 2, "deleted_at": "2026-01-01"}, {"id": 3}]
    load(home, land(home, stream, rows))
    assert {key: gone for key, (_, gone) in current(home, "orgs").items()} == {
        "1": False,
        "2": True,
        "3": False,
    }


# A full read of a part


def event(calendar: str, number: int) -> Record:
    return {"_calendar": calendar, "id": f"e{number}", "status": "confirmed"}


def test_a_full_read_of_one_calendar_deletes_nothing_in_another(home: Home) -> None:
    both = [event(calendar, n) for calendar in ("anna", "ben") for n in range(10)]
    load(home, land(home, EVENTS, both, is_full_read=False))
    annas = [event("anna", n) for n in range(9)]
    scope = Scope("_calendar", ("anna",))
    result = load(home, land(home, EVENTS, annas, 1, is_full_read=True, scope=scope))
    assert (result.status, result.deleted, result.live) == (Status.APPLIED, 1, 19)


def test_a_full_read_of_a_part_that_shrinks_is_measured_by_that_part(home: Home) -> None:
    both = [event("anna", n) for n in range(10)] + [event("ben", n) for n in range(1_000)]
    load(home, land(home, EVENTS, both, is_full_read=False))
    scope = Scope("_calendar", ("anna",))
    short = land(home, EVENTS, [event("anna", 1)], 1, is_full_read=True, scope=scope)
    result = load(home, short)
    assert result.status is Status.SHORT_READ
    assert "1 records where there were 10" in (result.message or "")


def test_news_of_another_part_do_not_hide_a_short_read(home: Home) -> None:
    load(home, land(home, EVENTS, [event("anna", n) for n in range(10)], is_full_read=False))
    read = [event("anna", 1), *(event("ben", n) for n in range(20))]
    scope = Scope("_calendar", ("anna",))
    result = load(home, land(home, EVENTS, read, 1, is_full_read=True, scope=scope))
    assert result.status is Status.SHORT_READ


def test_flagged_records_do_not_hide_a_short_read(home: Home) -> None:
    load(home, land(home, EVENTS, [event("anna", n) for n in range(10)]))
    cancelled = [{**event("anna", n), "status": "cancelled"} for n in range(10)]
    assert load(home, land(home, EVENTS, cancelled, 1)).status is Status.SHORT_READ


# A delete log


def entry(number: int, record: str, kind: str = "Company") -> Record:
    return {"id": number, "object": kind, "record": record}


def test_a_delete_log_deletes_in_the_stream_that_it_names(home: Home) -> None:
    load(home, land(home, COMPANIES, [{"id": "A", "name": "Acme"}, {"id": "B"}]))
    log = [entry(1, "A"), entry(2, "B", kind="Person"), entry(3, "never seen")]
    load(home, land(home, DELETE_LOG, log, 1))
    assert current(home, "companies") == {
        "A": ({"id": "A", "name": "Acme"}, True),
        "B": ({"id": "B"}, False),
    }


def test_an_entry_read_again_does_not_delete_what_came_back(home: Home) -> None:
    load(home, land(home, COMPANIES, [{"id": "A", "v": 1}]))
    load(home, land(home, DELETE_LOG, [entry(1, "A")], 1))
    load(home, land(home, COMPANIES, [{"id": "A", "v": 2}], 2))
    load(home, land(home, DELETE_LOG, [entry(1, "A")], 3))
    assert current(home, "companies")["A"] == ({"id": "A", "v": 2}, False)


def test_a_log_read_before_its_stream_deletes_nothing_and_breaks_nothing(home: Home) -> None:
    assert load(home, land(home, DELETE_LOG, [entry(1, "A")])).status is Status.APPLIED
    assert current(home, "companies") == {}


# Reads that are landed in several batches


def test_batches_of_one_read_move_the_cursor_one_after_the_other(home: Home) -> None:
    first = land(home, ACCOUNTS, [{"Id": "1"}], cursor="at 1")
    second = land(home, ACCOUNTS, [{"Id": "2"}], cursor="at 2", after_batch=first.batch_id, step=1)
    assert first.batch_id != second.batch_id
    assert [load(home, m).status for m in (first, second)] == [Status.APPLIED] * 2
    assert query(home, "select cursor, records from meta.stream_state") == [("at 2", 2)]


def test_a_batch_whose_predecessor_was_refused_moves_nothing(home: Home) -> None:
    first = land(home, ACCOUNTS, [{"no key": "1"}], cursor="at 1")
    second = land(home, ACCOUNTS, [{"Id": "2"}], cursor="at 2", after_batch=first.batch_id, step=1)
    assert [load(home, m).status for m in (first, second)] == [Status.UNUSABLE] * 2
    assert query(home, "select cursor, records from meta.stream_state") == [(None, 0)]


def test_a_delete_log_is_applied_after_all_else_of_its_run(home: Home) -> None:
    log = land(home, DELETE_LOG, [entry(1, "A")])
    late = land(home, COMPANIES, [{"id": "A"}], step=1)
    next_night = land(home, COMPANIES, [{"id": "B"}], 1)
    in_order = [m.batch_id for m in manifests(home.landing)]
    assert in_order == [late.batch_id, log.batch_id, next_night.batch_id]
