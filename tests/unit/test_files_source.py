"""Finding a stream's file, noticing changes, and saying what to do when it cannot be read."""

from __future__ import annotations

import hashlib
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from files_reading import Read, files_source, read

from connectors.errors import PermanentSourceError, TransientSourceError
from connectors.files import source as source_module
from connectors.landing import LandingWriter

TICKETS = "ticket_id,subject\n1,a\n2,b\n"
RAVENSTACK = Path(__file__).parents[3] / "shared" / "data" / "ravenstack"


def read_stream(base_dir: Path, stream: str, cursor: str | None = None, **settings: Any) -> Read:
    done = read(files_source(base_dir, **settings), stream, cursor)
    assert done is not None
    return done


def error_of(base_dir: Path, stream: str, cursor: str | None = None, **settings: Any) -> str:
    with pytest.raises(PermanentSourceError) as error:
        read(files_source(base_dir, **settings), stream, cursor)
    return str(error.value)


def test_a_batch_says_where_it_came_from(tmp_path: Path) -> None:
    (tmp_path / "tickets.csv").write_text(TICKETS)
    manifest = read_stream(tmp_path, "tickets").manifest
    digest = hashlib.sha256(TICKETS.encode()).hexdigest()
    assert manifest.origin == {"file": "tickets.csv", "sha256": digest, "bytes": len(TICKETS)}
    assert manifest.key == ("ticket_id",)
    assert manifest.is_full_read
    assert msgspec.json.decode(manifest.cursor or "") == {
        "sha256": digest,
        "key": ["ticket_id"],
        "sheet": None,
    }


def test_the_same_bytes_are_read_once_and_other_bytes_again(tmp_path: Path) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text(TICKETS)
    cursor = read_stream(tmp_path, "tickets").manifest.cursor
    os.utime(file, (1, 1))
    assert read(files_source(tmp_path), "tickets", cursor) is None
    file.write_text(TICKETS + "3,c\n")
    assert read_stream(tmp_path, "tickets", cursor).manifest.records == 3


def test_another_key_is_another_read(tmp_path: Path) -> None:
    (tmp_path / "tickets.csv").write_text(TICKETS)
    cursor = read_stream(tmp_path, "tickets").manifest.cursor
    again = read_stream(tmp_path, "tickets", cursor, files={"tickets.csv": {"key": ["subject"]}})
    assert again.manifest.key == ("subject",)


@pytest.mark.parametrize("name", ["tickets.csv", "Tickets.CSV", "tickets.tsv"])
def test_an_entitys_file_is_found_by_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(TICKETS)
    (tmp_path / "~$tickets.xlsx").write_text("lock")
    (tmp_path / ".tickets.csv").write_text("lock")
    assert read_stream(tmp_path, "tickets").manifest.origin["file"] == name


def test_a_file_that_never_was_there_is_no_error(tmp_path: Path) -> None:
    assert read(files_source(tmp_path), "tickets") is None


def test_a_file_that_disappeared_is(tmp_path: Path) -> None:
    message = error_of(tmp_path, "tickets", cursor="{}")
    assert message == (
        f"tickets.csv (or .parquet, .xlsx) is not in {tmp_path}. Put the file there, or correct "
        "its name under sources.sheets in sources.yaml; until then its last version is kept."
    )


def test_a_file_that_is_named_must_be_there_and_the_nearest_is_suggested(tmp_path: Path) -> None:
    (tmp_path / "Suport.csv").write_text(TICKETS)
    message = error_of(tmp_path, "support", entities={"tickets": {"file": "support.csv"}})
    assert f"support.csv is not in {tmp_path}. Did you mean Suport.csv?" in message
    assert "tickets.csv (or" in error_of(tmp_path, "tickets", entities={"tickets": {}})


def test_two_files_for_one_entity_are_an_error(tmp_path: Path) -> None:
    for ending in ("csv", "xlsx"):
        (tmp_path / f"tickets.{ending}").write_text(TICKETS)
    message = error_of(tmp_path, "tickets")
    assert "tickets.csv and tickets.xlsx in" in message
    assert "remove one, or name the one to read under sources.sheets.files" in message
    named = read_stream(tmp_path, "tickets", files={"tickets.csv": {}})
    assert named.manifest.records == 2


def test_a_query_s_file_that_left_the_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text("a\n1\n")
    source = files_source(tmp_path, entities={"usage": {"query": "select * from events"}})
    (stream,) = source.streams
    (tmp_path / "events.csv").unlink()
    with pytest.raises(PermanentSourceError, match=r"no file for events any more.*files\."):
        source.extract(stream, None, None)  # type: ignore[arg-type]


def test_the_folder_may_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "tickets.csv").write_text(TICKETS)
    monkeypatch.delenv("EXPORTS", raising=False)
    message = error_of(tmp_path, "tickets", path="$EXPORTS")
    assert "sources.sheets.path in sources.yaml: the environment variable EXPORTS" in message
    monkeypatch.setenv("EXPORTS", str(tmp_path / "exports"))
    assert read_stream(tmp_path, "tickets", path="$EXPORTS").manifest.records == 2


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    message = error_of(tmp_path, "tickets", path="./exports")
    assert f"the folder {tmp_path / 'exports'} (sources.sheets.path in sources.yaml)" in message


def test_the_key_must_be_among_the_columns(tmp_path: Path) -> None:
    (tmp_path / "tickets.csv").write_text("Ticket ID,subject\n1,a\n")
    assert error_of(tmp_path, "tickets") == (
        "tickets.csv has no column 'ticket_id', which identifies its rows. Did you mean "
        "Ticket ID? In sources.yaml, under sources.sheets.entities.tickets.columns, name the "
        "column that holds ticket_id. The file has Ticket ID, subject."
    )
    message = error_of(tmp_path, "tickets", files={"tickets.csv": {"key": ["nr"]}})
    assert "under sources.sheets.files.tickets.csv.key, correct the key" in message


def test_optional_key_columns_may_be_missing(tmp_path: Path) -> None:
    (tmp_path / "assignments.csv").write_text(
        "account_id,user_email,role,valid_from\n1,a@x.example,lead,2024-01-01\n"
    )
    done = read_stream(tmp_path, "assignments")
    assert done.manifest.key == ("account_id", "user_email", "role", "valid_from")


def test_a_file_that_is_saved_meanwhile_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text(TICKETS)
    whole = source_module._sha256

    def saved_after_hashing(found: Any) -> str:
        digest = whole(found)
        file.write_text(TICKETS + "3,c\n")
        return digest

    monkeypatch.setattr(source_module, "_sha256", saved_after_hashing)
    with pytest.raises(TransientSourceError, match=r"tickets\.csv changed while it was read"):
        read(files_source(tmp_path), "tickets")
    assert not list((tmp_path / "landing").rglob("*.*"))


def test_a_file_that_may_not_be_read_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tickets.csv").write_text(TICKETS)

    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(source_module.hashlib, "file_digest", denied)
    message = error_of(tmp_path, "tickets")
    assert re.match(r"tickets.csv cannot be read \(Permission denied\); check who may", message)


@pytest.mark.skipif(not RAVENSTACK.is_dir(), reason="the public data set is not here")
@pytest.mark.parametrize(
    ("stream", "key", "rows"),
    [
        ("ravenstack_accounts", "account_id", 500),
        ("ravenstack_subscriptions", "subscription_id", 5000),
        ("ravenstack_feature_usage", "usage_id", 25000),
        ("ravenstack_supports_ticket", "ticket_id", 2000),
        ("ravenstack_churn_events", "churn_event_id", 600),
    ],
)
def test_a_real_data_set_arrives_whole(tmp_path: Path, stream: str, key: str, rows: int) -> None:
    done = read_stream(
        tmp_path,
        stream,
        path=str(RAVENSTACK),
        entities={},
        files={f"{stream}.csv": {"key": [key]}},
    )
    assert (done.manifest.records, done.manifest.rejected) == (rows, 0)
    assert done.manifest.columns[0] == key


# Many files, one table


def test_a_probe_names_the_part_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "tickets").mkdir()
    (tmp_path / "tickets" / "1.csv").write_text(TICKETS)
    (tmp_path / "tickets" / "2.csv").write_text("subject\na\n")
    source = files_source(tmp_path)
    (stream,) = [s for s in source.streams if s.name == "tickets"]
    with (
        pytest.raises(PermanentSourceError, match=r"tickets/2\.csv has no column 'ticket_id'"),
        LandingWriter(
            tmp_path / "landing", source="sheets", kind="files", stream=stream, run_id="check",
            extracted_at=datetime.now(UTC), max_shrink=0.2, max_quarantined=0.05,
        ) as landing,
    ):  # fmt: skip
        source.probe(stream, landing)
    assert not list((tmp_path / "landing").rglob("*.*"))


def test_a_query_may_use_a_folder_of_files(tmp_path: Path) -> None:
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "1.csv").write_text("a\n1\n")
    source = files_source(tmp_path, entities={"usage": {"query": "select * from events"}})
    assert [stream.name for stream in source.streams] == ["events"]
    done = read(source, "events")
    assert done is not None
    assert done.rows == [{"a": "1", "_from_file": "events/1.csv"}]


def test_a_part_whose_name_cannot_be_kept_apart_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "tickets").mkdir()
    (tmp_path / "tickets" / 'a",b.csv').write_text(TICKETS)
    assert "in its name, which names of parts may not have; rename it" in error_of(
        tmp_path, "tickets"
    )
