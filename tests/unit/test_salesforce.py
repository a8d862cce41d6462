"""Reading a Salesforce org through REST: first loads, changes, deletions, long reads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from salesforce_org import ALL, NEXT_PAGE, QUERY, filled_org, ids, queries, refusal, soql_moment
from scripted_http import QuickClock
from vendor_reading import Connected, connected

from connectors.errors import PermanentSourceError, TransientSourceError
from connectors.landing import LandingWriter
from sandbox.servers.salesforce import System
from sandbox.servers.vendor import Fault
from tests.support import records as rows_of

A_MONTH = timedelta(days=31).total_seconds()


@pytest.fixture
def system() -> System:
    return filled_org()


@pytest.fixture
def org(system: System, tmp_path: Path) -> Iterator[Connected]:
    """Connected with no lookback, so that a test sees what changed and little else."""
    with connected(system, tmp_path, lookback_minutes=0) as at:
        yield at


# First load


@pytest.mark.parametrize("stream", ALL)
def test_the_first_read_brings_everything(org: Connected, stream: str) -> None:
    assert ids(org.read(stream)) == set(org.system.records[stream])


def test_records_are_landed_as_they_were_received(org: Connected) -> None:
    (account,) = [a for a in org.read("accounts").records if a["Name"] == "Acme 7 Ltd."]
    theirs = next(a for a in org.system.listed("accounts") if a["Name"] == "Acme 7 Ltd.")
    assert account.pop("attributes")["type"] == "Account"
    assert account == {name: theirs.get(name) for name in account}
    assert account["Website"] == "https://www.acme7.example/home"


def test_fields_that_this_org_lacks_or_hides_are_left_out(org: Connected) -> None:
    assert isinstance(org.system, System)
    org.system.hidden_fields.add(("accounts", "Website"))
    account = org.read("accounts").records[0]
    assert "Website" not in account
    assert "CurrencyIsoCode" not in account
    assert "BillingAddress" not in account


def test_the_first_page_is_enough_to_check_a_stream(org: Connected, tmp_path: Path) -> None:
    stream = org.stream("tasks")
    with LandingWriter(
        tmp_path,
        source="salesforce",
        kind="salesforce",
        stream=stream,
        run_id="check",
        extracted_at=datetime.now(UTC),
        max_shrink=1,
        max_quarantined=1,
    ) as landing:
        org.source.probe(stream, landing)
        assert landing.records == 10
    assert queries(org)[0].endswith(" LIMIT 200")


def test_a_page_size_is_asked_for(system: System, tmp_path: Path) -> None:
    system.page_limit = 2_000
    system.fill("contacts", 425, first=26)
    with connected(system, tmp_path, page_size=200) as org:
        assert len(org.read("contacts").records) == 450
        assert len(org.seen(NEXT_PAGE)) == 2


# Changes


def test_the_next_read_asks_only_for_what_changed(org: Connected) -> None:
    org.read("contacts")
    org.system.now += timedelta(days=3)
    changed = org.system.put("contacts", org.system.example("contacts", 3))
    last = org.system.listed("contacts")[-1]
    assert ids(org.read("contacts")) == {changed["Id"], last["Id"]}
    assert "WHERE SystemModstamp >= 2026-01-05T" in queries(org)[-1]


def test_a_lookback_brings_what_appeared_late(system: System, tmp_path: Path) -> None:
    with connected(system, tmp_path, lookback_minutes=10) as org:
        org.read("contacts")
        late = system.example("contacts", 99)
        times = {name: system.listed("contacts")[-9][name] for name in ("SystemModstamp",)}
        system.records["contacts"][late["Id"]] = {**system.put("contacts", late), **times}
        assert late["Id"] in ids(org.read("contacts"))


def test_a_clock_of_theirs_that_is_ahead_loses_nothing(org: Connected) -> None:
    org.source.clock = QuickClock(org.system.now)
    org.system.now += timedelta(hours=2)
    org.system.put("contacts", org.system.example("contacts", 3))
    cursor = org.read("contacts").result.cursor
    since = datetime.fromisoformat(msgspec.json.decode(cursor or "")["since"])
    assert since <= org.source.clock.now()


def test_histories_are_read_by_the_time_they_were_made(org: Connected) -> None:
    org.read("account_history")
    org.system.now += timedelta(days=1)
    made = org.system.put("account_history", org.system.example("account_history", 50))
    assert made["Id"] in ids(org.read("account_history"))
    assert "WHERE CreatedDate >= " in queries(org)[-1]


def test_nothing_new_leaves_the_bookmark_where_it_was(org: Connected) -> None:
    before = org.read("users").result.cursor
    assert org.read("users").result.cursor == before


def test_a_bookmark_never_moves_back(system: System, tmp_path: Path) -> None:
    with connected(system, tmp_path, lookback_minutes=10) as org:
        before = org.read("contacts").result.cursor
        for contact in system.listed("contacts")[-5:]:
            system.purge("contacts", contact["Id"])
        read = org.read("contacts")
        assert len(read.records) == 6
        assert read.result.cursor == before


def test_an_object_without_records_is_asked_again_in_full(tmp_path: Path) -> None:
    with connected(System(), tmp_path) as org:
        assert org.read("account_history").batches == []
        org.system.fill("account_history", 1)
        assert len(org.read("account_history").records) == 1


def test_a_full_read_is_repeated_after_its_days(org: Connected) -> None:
    for stream in ("accounts", "account_history"):
        org.read(stream)
        assert not org.read(stream).result.is_full_read
    org.clock.sleep(A_MONTH)
    again = org.read("accounts")
    assert len(again.records) == 25
    assert again.result.is_full_read
    assert len(org.read("account_history").records) == 1


# Deletions and merges


def test_deleted_records_are_seen_in_the_recycle_bin(org: Connected) -> None:
    org.night("accounts")
    gone = org.system.listed("accounts")[4]["Id"]
    org.system.now += timedelta(days=1)
    org.system.delete("accounts", gone)
    (loaded,) = org.night("accounts")
    assert loaded.deleted == 1
    assert deleted(org, "accounts") == [gone]


def test_a_merged_account_says_into_which(org: Connected) -> None:
    assert isinstance(org.system, System)
    org.night("accounts")
    kept, merged = (account["Id"] for account in org.system.listed("accounts")[:2])
    org.system.now += timedelta(days=1)
    org.system.merge("accounts", kept, merged)
    org.night("accounts")
    assert deleted(org, "accounts") == [merged]
    payload = "payload ->> 'MasterRecordId' as master"
    (row,) = rows_of(
        org.home, f"select {payload} from raw.salesforce__accounts where is_current and is_deleted"
    )
    assert row["master"] == kept
    moved = [c for c in org.read("contacts").records if c["AccountId"] == kept]
    assert len(moved) == 2


def test_what_was_purged_is_found_by_the_next_full_read(org: Connected) -> None:
    assert isinstance(org.system, System)
    org.night("contacts")
    gone = org.system.listed("contacts")[4]["Id"]
    org.system.purge("contacts", gone)
    org.night("contacts")
    assert deleted(org, "contacts") == []
    org.clock.sleep(A_MONTH)
    org.night("contacts")
    assert deleted(org, "contacts") == [gone]


def deleted(org: Connected, stream: str) -> list[str]:
    rows = rows_of(
        org.home,
        f"select record_key from raw.salesforce__{stream} where is_current and is_deleted",
    )
    return [row["record_key"] for row in rows]


# Long reads


def test_a_read_that_breaks_off_goes_on_at_its_last_step(system: System, tmp_path: Path) -> None:
    with connected(system, tmp_path, records_per_batch=10, attempts=1) as org:
        system.faults.append(Fault(QUERY, status=503, skip=2))
        with pytest.raises(TransientSourceError):
            org.night("contacts")
        assert rows_of(org.home, "select count(*) as n from raw.salesforce__contacts")[0]["n"] == 10
        org.system.seen.clear()
        org.night("contacts")
        last = soql_moment(system.listed("contacts")[9]["SystemModstamp"])
        assert f" WHERE SystemModstamp >= {last} ORDER" in queries(org)[0]
        (row,) = rows_of(org.home, "select count(*) as n from raw.salesforce__contacts")
        assert row["n"] == 25


def test_a_repeated_full_read_that_breaks_off_begins_anew(system: System, tmp_path: Path) -> None:
    with connected(system, tmp_path, records_per_batch=10, attempts=1) as org:
        org.read("contacts")
        org.clock.sleep(A_MONTH)
        system.faults.append(Fault(NEXT_PAGE, status=503))
        with pytest.raises(TransientSourceError):
            org.read("contacts")
        assert len(org.read("contacts").records) == 25


def test_many_records_of_one_instant_are_neither_lost_nor_read_for_ever(
    system: System, tmp_path: Path
) -> None:
    for number in range(100, 160):
        system.put("contacts", system.example("contacts", number))
    with connected(system, tmp_path, records_per_batch=10) as org:
        read = org.read("contacts")
        assert ids(read) == set(system.records["contacts"])
        assert len(read.batches) > 2
        assert not read.result.is_full_read


@pytest.mark.parametrize("path", [QUERY, NEXT_PAGE])
@pytest.mark.parametrize("code", ["QUERY_TIMEOUT", "INVALID_QUERY_LOCATOR"])
def test_a_query_that_is_too_much_is_asked_in_smaller_portions(
    org: Connected, path: str, code: str
) -> None:
    is_first_page = path == QUERY
    fault = refusal(400, code, path=path, times=3 if is_first_page else 1, skip=int(is_first_page))
    org.system.faults.append(fault)
    assert ids(org.read("contacts")) == set(org.system.records["contacts"])
    assert fault.times == 0
    assert any(" SystemModstamp < " in query for query in queries(org))
    read_before = soql_moment(org.system.listed("contacts")[9]["SystemModstamp"])
    assert is_first_page or f" >= {read_before} AND " in queries(org)[1]


def test_a_query_that_is_always_too_much_is_given_up(org: Connected) -> None:
    org.system.faults.append(refusal(400, "QUERY_TIMEOUT", path=QUERY, times=1_000, skip=1))
    with pytest.raises(PermanentSourceError, match=r"too long even for .* Lower bulk_above"):
        org.read("contacts")
    assert len(queries(org)) < 40


def test_a_page_that_names_no_next_one_is_no_end(org: Connected) -> None:
    def without_next(body: bytes) -> bytes:
        return body.replace(b"nextRecordsUrl", b"nextRecordsUrk")

    org.system.faults.append(Fault(QUERY, rewrite=without_next, skip=1))
    with pytest.raises(TransientSourceError, match="neither is the last nor names a next"):
        org.read("contacts")
