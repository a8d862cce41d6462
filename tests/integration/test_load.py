"""Loading a landed batch: what becomes a version, what is set aside, what is refused."""

from __future__ import annotations

import json

import pytest
from support import (
    NIGHT,
    Record,
    counts,
    land,
    load,
    night,
    query,
    records,
    ten,
    ticket,
    versions,
)

from connectors.stream import Deletes, Stream
from pipelines.home import Home
from pipelines.warehouse.load import Status


def findings(home: Home) -> list[Record]:
    return records(
        home,
        "select check_id, severity, rows_failed, rows_total, sample, message "
        "from meta.finding order by check_id",
    )


def set_aside(home: Home) -> list[Record]:
    return [
        json.loads(line)
        for path in sorted(home.quarantine.rglob("*.jsonl"))
        for line in path.read_text().splitlines()
    ]


# Versions


def test_a_first_read_is_all_new(home: Home) -> None:
    result = night(home, ten())
    assert (result.status, counts(result)) == (Status.APPLIED, (10, 0, 0, 10))
    assert versions(home, "3") == [("printer", False, True, "run-0")]
    (row,) = records(home, "select * from raw.desk__tickets where record_key = '3'")
    assert json.loads(row["payload"]) == ticket("3")
    assert row["extracted_at"] == NIGHT
    assert row["landing_file"] == "desk/tickets/20261122T020000_000000Z-run-0-p00000.jsonl.gz"


def test_a_first_read_stands_in_the_order_in_which_it_was_landed(home: Home) -> None:
    rows = [ticket(number) for number in (7, 3, 9, 1, 8)]
    load(home, land(home, rows, part_records=2))
    assert query(
        home,
        "select record_key, payload ->> 'id', left(right(landing_file, 10), 1) "
        "from raw.desk__tickets order by version",
    ) == [("7", "7", "0"), ("3", "3", "0"), ("9", "9", "1"), ("1", "1", "1"), ("8", "8", "2")]


def test_what_is_amiss_in_a_first_read_changes_no_other_record(home: Home) -> None:
    """Records without fault go into the table unseen; a key that is empty or there twice may not.

    `sound` has the same tickets as `tickets`, which has two more that cannot be used.
    """
    load(home, land(home, ten(), stream=Stream("sound", "", key=("id",))))
    load(home, land(home, [ticket("3", "older"), *ten(), ticket("")], max_quarantined=0.2))
    columns = "record_key, payload, payload_hash, cursor_value, is_deleted, is_current"
    sound, mended = (
        query(home, f"select {columns} from raw.desk__{stream} order by record_key")
        for stream in ("sound", "tickets")
    )
    assert mended == sound
    assert query(home, "select max(version) - min(version) from raw.desk__tickets") == [(9,)]


def test_the_same_records_again_make_no_version(home: Home) -> None:
    night(home, ten())
    assert counts(night(home, ten(), 1)) == (0, 0, 0, 10)
    assert query(home, "select count(*) from raw.desk__tickets") == [(10,)]


def test_one_changed_cell_is_one_new_version(home: Home) -> None:
    night(home, ten())
    changed = ten()
    changed[3] = ticket("3", "desk")
    assert counts(night(home, changed, 1)) == (0, 1, 0, 10)
    assert query(home, "select count(*) from raw.desk__tickets") == [(11,)]
    assert versions(home, "3") == [
        ("printer", False, False, "run-0"),
        ("desk", False, True, "run-1"),
    ]


def test_a_record_that_is_gone_is_a_version_that_says_so(home: Home) -> None:
    night(home, ten())
    assert counts(night(home, ten()[1:], 1)) == (0, 0, 1, 9)
    assert versions(home, "0") == [
        ("printer", False, False, "run-0"),
        ("printer", True, True, "run-1"),
    ]
    assert counts(night(home, ten()[1:], 2)) == (0, 0, 0, 9), "it is deleted once"


def test_a_record_that_comes_back_as_it_was_is_a_version_again(home: Home) -> None:
    night(home, ten())
    night(home, ten()[1:], 1)
    assert counts(night(home, ten(), 2)) == (0, 1, 0, 10)
    assert [(deleted, current) for _, deleted, current, _ in versions(home, "0")] == [
        (False, False),
        (True, False),
        (False, True),
    ]


@pytest.mark.parametrize(
    "stream",
    [
        Stream("tickets", "", key=("id",), is_full_read=False),
        Stream("tickets", "", key=("id",), deletes=Deletes.NEVER),
        Stream("tickets", "", key=("id",), deletes=Deletes.FLAG),
    ],
)
def test_only_a_full_read_of_a_stream_whose_deletes_show_in_it_tells_what_is_gone(
    home: Home, stream: Stream
) -> None:
    night(home, ten(), stream=stream)
    assert counts(night(home, ten()[1:], 1, stream=stream)) == (0, 0, 0, 10)


def test_an_incremental_read_brings_only_what_changed(home: Home) -> None:
    stream = Stream("tickets", "", key=("id",), is_full_read=False)
    night(home, ten(), stream=stream)
    result = night(home, [ticket("3", "desk"), ticket("10")], 1, stream=stream)
    assert (result.status, counts(result)) == (Status.APPLIED, (1, 1, 0, 11))
    assert night(home, [], 2, stream=stream).status is Status.APPLIED


# Keys


def test_of_a_repeated_key_the_last_row_is_used_and_all_rows_are_named(home: Home) -> None:
    result = night(home, [*ten(), ticket("3", "second"), ticket("4"), ticket("3", "third")])
    assert (counts(result), result.duplicates) == ((10, 0, 0, 10), 3)
    assert versions(home, "3") == [("third", False, True, "run-0")]
    assert findings(home) == [
        {
            "check_id": "duplicate_key",
            "severity": "warning",
            "rows_failed": 3,
            "rows_total": 13,
            "sample": ["3 (rows 4, 11, 13)", "4 (rows 5, 12)"],
            "message": "3 rows repeat the key (id) of another; the last row of each key is used.",
        }
    ]


def test_a_finding_goes_when_the_next_batch_does_not_show_it(home: Home) -> None:
    night(home, [*ten(), ticket("3")])
    assert findings(home)
    night(home, ten(), 1)
    assert findings(home) == []


@pytest.mark.parametrize("empty", ["", "   ", None])
def test_rows_without_a_key_are_set_aside_with_the_reason(home: Home, empty: str | None) -> None:
    result = night(home, [ticket(empty, "whose?"), *ten(), {"subject": "?"}], max_quarantined=0.2)
    assert (result.status, counts(result)) == (Status.APPLIED, (10, 0, 0, 10))
    assert result.quarantined == 2
    kept = set_aside(home)
    assert [(row["row"], row["reason"]) for row in kept] == [
        (1, "no value in the key (id)"),
        (12, "no value in the key (id)"),
    ]
    assert json.loads(kept[0]["text"]) == ticket(empty, "whose?")
    (finding,) = findings(home)
    assert (finding["check_id"], finding["severity"]) == ("missing_key", "error")
    assert (finding["rows_failed"], finding["rows_total"]) == (2, 12)
    assert finding["sample"] == ["row 1", "row 12"]
    assert finding["message"] == (
        "2 rows have no value in the key (id); they are set aside in "
        "quarantine/desk/tickets/20261122T020000_000000Z-run-0.jsonl. Fill it in at the source."
    )


def test_rows_that_could_not_be_read_are_set_aside_with_the_reason(home: Home) -> None:
    result = night(home, ten(), rejected=["11;x"], max_quarantined=0.2)
    assert (result.status, result.quarantined) == (Status.APPLIED, 1)
    assert set_aside(home) == [{"row": 0, "reason": "a separator is missing", "text": "11;x"}]
    (finding,) = findings(home)
    assert (finding["check_id"], finding["rows_failed"], finding["rows_total"]) == (
        "unreadable_row",
        1,
        11,
    )


def test_too_many_unusable_rows_and_nothing_is_applied(home: Home) -> None:
    night(home, ten())
    rows = [*ten()[:8], ticket("", "a"), ticket("8", "new"), ticket("9", "new")]
    result = night(home, rows, 1, rejected=["x"], max_quarantined=0.1)
    assert (result.status, result.quarantined) == (Status.UNUSABLE, 2)
    assert result.message == (
        "desk.tickets: 2 of 12 records cannot be used, more than the 10% allowed; what was loaded "
        "before stays. 1 have no value in the key (id), 1 could not be read: they are in "
        "quarantine/desk/tickets/20261123T020000_000000Z-run-1.jsonl. Correct the source, or allow "
        "more (max_quarantined)."
    )
    assert len(set_aside(home)) == 2
    assert query(home, "select count(*) from raw.desk__tickets") == [(10,)]


def test_as_many_unusable_rows_as_allowed_is_not_too_many(home: Home) -> None:
    result = night(home, [*ten()[:9], ticket("")], max_quarantined=0.1)
    assert result.status is Status.APPLIED


def test_a_composite_key_may_have_empty_parts_but_not_only_those(home: Home) -> None:
    stream = Stream("tickets", "", key=("a", "b"))
    rows: list[Record] = [
        {"a": "1", "b": ""},
        {"a": "1", "b": None},
        {"a": "", "b": "1"},
        {"a": "1", "b": "2"},
        {"a": " ", "b": ""},
    ]
    result = night(home, rows, stream=stream, max_quarantined=0.5)
    assert (result.live, result.duplicates, result.quarantined) == (3, 1, 1)
    assert query(home, "select record_key from raw.desk__tickets order by 1") == [
        ('["1","2"]',),
        ('["1",null]',),
        ('[null,"1"]',),
    ]


def test_no_two_composite_keys_look_the_same(home: Home) -> None:
    stream = Stream("tickets", "", key=("a", "b"))
    rows = [{"a": '1","2', "b": "3"}, {"a": "1", "b": '2","3'}, {"a": "1", "b": "2, 3"}]
    assert night(home, rows, stream=stream).live == 3


@pytest.mark.parametrize("name", ["a/b", "~id", "$id", "id's", 'the "id"', "Nº", "a.b", "x[0]"])
def test_a_key_may_have_any_name(home: Home, name: str) -> None:
    stream = Stream("tickets", "", key=(name,))
    assert night(home, [{name: "1"}, {name: "2"}], stream=stream).live == 2
    assert query(home, "select record_key from raw.desk__tickets order by 1") == [("1",), ("2",)]


def test_spaces_around_a_key_do_not_make_another_record(home: Home) -> None:
    assert night(home, [ticket("1"), ticket(" 1 ")]).duplicates == 1


def test_a_numeric_key_is_the_same_as_its_text(home: Home) -> None:
    night(home, [ticket(1)])
    assert versions(home, "1") == [("printer", False, True, "run-0")]


def test_without_a_key_a_record_is_its_whole_content(home: Home) -> None:
    stream = Stream("tickets", "")
    rows = [ticket("1"), ticket("1"), ticket("2")]
    assert counts(night(home, rows, stream=stream)) == (3, 0, 0, 3)
    assert counts(night(home, rows[::-1], 1, stream=stream)) == (0, 0, 0, 3), "order is nothing"
    gone = night(home, rows[1:], 2, stream=stream, max_shrink=0.5)
    assert counts(gone) == (0, 0, 1, 2), "one of two equal rows"
    edited = night(home, [ticket("1"), ticket("2", "desk")], 3, stream=stream)
    assert counts(edited) == (1, 0, 1, 2), "an edited row is another record"
    assert findings(home) == []


def test_rows_are_counted_in_the_order_of_the_file_over_all_parts(home: Home) -> None:
    rows = [ticket(str(number)) for number in range(5_000)]
    rows[4_321] = ticket("", "lost")
    rows[4_999] = ticket("17", "last")
    manifest = land(home, rows, part_records=7)
    assert len(manifest.parts) == 715
    assert load(home, manifest).duplicates == 1
    by_check = {finding["check_id"]: finding["sample"] for finding in findings(home)}
    assert by_check == {"duplicate_key": ["17 (rows 18, 5000)"], "missing_key": ["row 4322"]}
    assert versions(home, "17") == [("last", False, True, "run")]
    assert query(home, "select landing_file from raw.desk__tickets where record_key = '17'") == [
        (f"desk/tickets/{manifest.batch_id}-p00714.jsonl.gz",)
    ]


def test_a_key_of_invisible_characters_is_no_key(home: Home) -> None:
    result = night(home, [*ten(), ticket("\t\u00a0 ")], max_quarantined=0.5)
    assert (result.new, result.quarantined) == (10, 1)
    night(home, [*ten(), ticket("\u00a010\t")], 1)
    assert query(home, "select record_key from raw.desk__tickets where record_key like '%10%'") == [
        ("10",)
    ]
