"""What a load refuses, what a kill leaves, what landing must hold; and a folder read for nights."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from typing import Any

import duckdb
import pytest
from support import (
    NIGHT,
    Folder,
    Record,
    counts,
    land,
    load,
    night,
    query,
    ten,
    ticket,
    versions,
)

from connectors.manifest import LandingError, manifests
from connectors.stream import Stream
from pipelines.home import Home
from pipelines.loading import load_landed
from pipelines.warehouse import load as load_module
from pipelines.warehouse.connection import warehouse
from pipelines.warehouse.load import LoadResult, Status
from pipelines.warehouse.rebuild import replay_landing
from pipelines.warehouse.runs import cursor_of


def cursor(home: Home) -> str | None:
    with warehouse(home.warehouse) as con:
        return cursor_of(con, "desk", "tickets")


# Short reads


def test_a_read_that_shrinks_too_much_is_not_applied_and_says_what_to_do(home: Home) -> None:
    night(home, ten())
    result = night(home, [ticket(str(n), "new") for n in range(7)], 1)
    assert (result.status, counts(result)) == (Status.SHORT_READ, (0, 0, 0, 10))
    assert result.message == (
        "desk.tickets: 7 records where there were 10. A full read that shrinks by more than 20%, "
        "or to nothing, is landed but not applied; what was loaded before stays. If the records "
        "are really gone, run: cs-coverage refresh --accept-short-read desk.tickets"
    )
    assert versions(home, "0") == [("printer", False, True, "run-0")]
    assert len(manifests(home.landing)) == 2, "it is landed"
    state = "select status, message, last_attempt_at, last_success_at from meta.stream_state"
    assert query(home, state) == [("short_read", result.message, NIGHT + timedelta(days=1), NIGHT)]


def test_a_read_that_shrinks_as_much_as_allowed_is_applied(home: Home) -> None:
    night(home, ten())
    assert counts(night(home, ten()[2:], 1)) == (0, 0, 2, 8)


def test_repeated_keys_do_not_hide_a_short_read(home: Home) -> None:
    night(home, ten())
    assert night(home, ten()[:5] * 2, 1).status is Status.SHORT_READ


def test_a_short_read_that_is_accepted_is_applied(home: Home) -> None:
    night(home, ten())
    assert counts(night(home, ten()[:1], 1, accept_short_read=True)) == (0, 0, 9, 1)


def test_an_empty_read_is_short_whatever_is_allowed(home: Home) -> None:
    night(home, ten())
    assert night(home, [], 1, max_shrink=1).status is Status.SHORT_READ
    assert counts(night(home, [], 2, accept_short_read=True)) == (0, 0, 10, 0)


def test_an_empty_read_where_nothing_was_is_fine(home: Home) -> None:
    assert night(home, []).status is Status.APPLIED
    assert night(home, [], 1).status is Status.APPLIED


def test_an_incremental_read_is_never_short(home: Home) -> None:
    stream = Stream("tickets", "", key=("id",), is_full_read=False)
    night(home, ten(), stream=stream)
    assert night(home, [ticket("1")], 1, stream=stream).status is Status.APPLIED


# The cursor, kills, and what landing holds


def test_the_cursor_moves_with_what_is_applied_only(home: Home) -> None:
    night(home, ten(), cursor="one")
    assert cursor(home) == "one"
    night(home, [], 1, cursor="two")
    assert cursor(home) == "one"
    night(home, ten(), 2, cursor="three")
    assert cursor(home) == "three"


@pytest.mark.parametrize("step", ["_apply", "set_aside", "_remember", "note_findings"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_failure_within_a_load_moves_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    night(home, ten(), cursor="one")
    everything = (
        "select * from raw.desk__tickets",
        "select * from meta.batch",
        "select * from meta.stream_state",
        "select * from meta.finding",
    )
    before = [query(home, f"{sql} order by all") for sql in everything]
    manifest = land(
        home, [ticket("0", "x"), *ten()[1:], ticket("9")], at=NIGHT + timedelta(days=1), cursor="2"
    )
    original = getattr(load_module, step)

    def killed(*arguments: Any) -> None:
        if when == "after":
            original(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(load_module, step, killed)
        with pytest.raises(KeyboardInterrupt):
            load(home, manifest)
    assert [query(home, f"{sql} order by all") for sql in everything] == before

    with warehouse(home.warehouse) as con:
        (result,) = load_landed(con, home.landing)
    assert counts(result) == (0, 1, 0, 10)
    assert cursor(home) == "2"


@pytest.mark.parametrize("step", ["_take_whole", "read_into", "note_superseded", "_remember"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_failure_within_a_first_load_leaves_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    manifest = land(home, ten(), cursor="one")
    original = getattr(load_module, step)

    def killed(*arguments: Any) -> None:
        if when == "after":
            original(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(load_module, step, killed)
        with pytest.raises(KeyboardInterrupt):
            load(home, manifest)
    assert query(home, "select * from meta.batch union all by name from meta.stream_state") == []
    assert query(home, "select * from duckdb_tables() where schema_name = 'raw'") == []

    with warehouse(home.warehouse) as con:
        (result,) = load_landed(con, home.landing)
    assert counts(result) == (10, 0, 0, 10)
    assert cursor(home) == "one"


def test_what_landed_before_a_kill_is_loaded_by_the_next_night_once(home: Home) -> None:
    night(home, ten())
    land(home, [*ten(), ticket("10")], at=NIGHT + timedelta(days=1))
    land(home, [*ten(), ticket("11")], at=NIGHT + timedelta(days=2))
    with warehouse(home.warehouse) as con:
        assert [counts(r) for r in load_landed(con, home.landing)] == [(1, 0, 0, 11), (1, 0, 1, 11)]
        assert load_landed(con, home.landing) == []


def test_batches_of_two_streams_read_in_the_same_instant_are_both_loaded(home: Home) -> None:
    users = Stream("users", "", key=("id",))
    assert land(home, ten()).batch_id == land(home, ten(), stream=users).batch_id
    with warehouse(home.warehouse) as con:
        assert [r.live for r in load_landed(con, home.landing)] == [10, 10]
        assert load_landed(con, home.landing) == []


def test_a_refused_batch_is_not_judged_again(home: Home) -> None:
    night(home, ten())
    night(home, [], 1)
    with warehouse(home.warehouse) as con:
        assert load_landed(con, home.landing) == []


@pytest.mark.parametrize(
    "tamper",
    [
        lambda lines: lines[:-1],
        lambda lines: [*lines, lines[0]],
        lambda lines: [lines[0].replace(b"printer", b"scanner"), *lines[1:]],
    ],
    ids=["a record less", "a record more", "another record"],
)
def test_landing_that_was_altered_is_noticed(home: Home, tamper: Any) -> None:
    manifest = land(home, ten())
    (path,) = manifest.part_paths(home.landing)
    lines = tamper(gzip.decompress(path.read_bytes()).splitlines())
    path.write_bytes(gzip.compress(b"\n".join(lines) + b"\n"))
    with pytest.raises(LandingError, match=r"p00000.jsonl.gz was altered after landing.*backup"):
        load(home, manifest)


def test_landing_that_is_gone_is_noticed(home: Home) -> None:
    manifest = land(home, ten(), rejected=["x"], max_quarantined=1)
    rejected = manifest.rejected_path(home.landing)
    assert rejected is not None
    rejected.unlink()
    with pytest.raises(LandingError, match=r"rejected.jsonl.gz cannot be read .*backup"):
        load(home, manifest)


def test_a_home_may_lie_anywhere(home: Home) -> None:
    odd = Home(home.root / "J. O'Brien's [copy] *1* {x}")
    assert counts(night(odd, ten(), rejected=["x"], max_quarantined=0.5)) == (10, 0, 0, 10)
    assert len(list(odd.quarantine.rglob("*.jsonl"))) == 1


def test_records_are_kept_as_received(home: Home) -> None:
    odd = {"id": "1", "subject": 'a\nb\t"ü" \\ \u2028 😀', "n": 1e2, "nested": {"z": [1, None]}}
    night(home, [odd])
    ((payload,),) = query(home, "select payload::varchar from raw.desk__tickets")
    assert json.loads(payload) == odd
    land_text = gzip.decompress(next(home.landing.rglob("*.gz")).read_bytes()).decode()
    assert payload == land_text.rstrip("\n")


def test_a_rebuild_judges_each_batch_as_its_night_did(home: Home) -> None:
    night(home, ten())
    night(home, ten()[:5], 1)
    night(home, [*ten()[:5], ticket("", "?")], 2, accept_short_read=True, max_quarantined=0.5)
    night(home, [ticket("3", "desk")], 3)
    everything = [
        "select * from raw.desk__tickets order by all",
        "select * from meta.batch order by all",
        "select * from meta.stream_state order by all",
        "select * from meta.finding order by all",
    ]
    before = [query(home, sql) for sql in everything]
    home.warehouse.unlink()
    replay_landing(home)
    assert [query(home, sql) for sql in everything] == before


# Through a folder of files


@pytest.fixture
def folder(home: Home) -> Folder:
    settings: Record = {"entities": {"accounts": {}, "users": {}}}
    folder = Folder(home, home.root.parent / "exports", settings=settings)
    folder.write(users="user_id,email\n7,a@x.example\n")
    return folder


def test_a_file_that_did_not_change_lands_no_batch(folder: Folder) -> None:
    folder.write(accounts="account_id,name\n1,Acme\n2,Bolt\n")
    assert folder.read()["accounts"].status is Status.APPLIED
    landed = folder.batches
    assert folder.read()["accounts"].status is Status.UNCHANGED
    assert folder.batches == landed
    folder.write(accounts="account_id,name\n1,Acme\n2,Bolt Ltd\n")
    assert folder.read()["accounts"].loaded == LoadResult(
        next(b for b in folder.batches if b not in landed).name.removesuffix(".manifest.json"),
        Status.APPLIED,
        records=2,
        live=2,
        changed=1,
    )


def test_a_file_that_fails_keeps_what_was_loaded_and_the_others_are_read(folder: Folder) -> None:
    folder.write(accounts="account_id,name\n1,Acme\n")
    folder.read()
    folder.write(accounts='account_id,name\n1,"Acme\n', users="user_id,email\n7,b@x.example\n")
    reports = folder.read()
    assert reports["accounts"].status is Status.FAILED
    assert "accounts.csv, in the row that starts on line 2" in (reports["accounts"].message or "")
    assert reports["users"].status is Status.APPLIED
    rows = query(folder.home, "select payload ->> 'name' from raw.sheets__accounts")
    assert rows == [("Acme",)]
    assert len([b for b in folder.batches if b.parent.name == "accounts"]) == 1


def test_a_short_file_is_read_again_each_night_until_accepted_or_whole(folder: Folder) -> None:
    whole = "account_id,name\n" + "".join(f"{n},A\n" for n in range(10))
    folder.write(accounts=whole)
    folder.read()
    folder.write(accounts="account_id,name\n1,A\n")
    assert [folder.read()["accounts"].status for _ in range(2)] == [Status.SHORT_READ] * 2
    folder.write(accounts=whole)
    assert folder.read()["accounts"].status is Status.UNCHANGED
    folder.write(accounts="account_id,name\n1,A\n")
    accepted = folder.read(accept_short_read={"sheets.accounts"})["accounts"]
    assert accepted.loaded is not None
    assert counts(accepted.loaded) == (0, 0, 9, 1)


def test_a_failure_that_is_ours_is_not_taken_for_the_sources(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write(accounts="account_id,name\n1,Acme\n")
    folder.read()
    with duckdb.connect(str(folder.home.warehouse)) as con:
        con.execute("alter table raw.sheets__accounts rename column payload_hash to other")
    folder.write(accounts="account_id,name\n1,Bolt\n")
    with pytest.raises(duckdb.Error):
        folder.read()
    state = query(folder.home, "select status, records_changed from meta.stream_state")
    assert ("applied", 0) in state
