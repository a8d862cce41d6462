"""The SQL that a person writes in sources.yaml: queries that give entities, and checks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support import Folder, Record, carried, prepare, query, records, rows

from pipelines.home import Home
from pipelines.warehouse.user_queries import Finding

SURVEYS = "response_id,account_id,kind,score,responded_at\n"


@pytest.fixture
def folder(home: Home, tmp_path: Path) -> Folder:
    return Folder(home, tmp_path / "exports")


def queried(folder: Folder, sql: str, **files: str) -> list[Finding]:
    """Read the files, and define surveys by the query `sql`."""
    folder.write(**files)
    folder.settings = {"entities": {"surveys": {"query": sql}}}
    folder.read()
    return prepare(folder.home, folder)


# query


def test_a_query_gives_an_entity_from_several_files(folder: Folder) -> None:
    sql = """
        with scored as (select "Account" as account_id, score from "nps" where score <> '')
        select account_id || '-1' as response_id, scored.*, 'nps' as kind, sent as responded_at,
               length(account_id) as extra
        from scored join waves using (account_id)
    """
    files = {"nps": "Account,score\n1,9\n2,\n", "waves": "account_id,sent\n1,2026-01-05\n"}
    assert queried(folder, sql, **files) == []
    assert rows(folder.home, "surveys", "response_id", "score", "responded_at", "attributes") == [
        ("1-1", "9", "2026-01-05", '{"extra":"1"}')
    ]
    assert ("surveys", "comment") not in carried(folder.home)


def test_values_and_date_format_apply_to_a_query_too(folder: Folder) -> None:
    folder.write(nps="id,on\n1,05-01-2026\n")
    sql = """
        select id as response_id, id as account_id, 7 as score, 'X' as kind, "on" as responded_at
        from nps;
    """
    entity = {"query": sql, "values": {"kind": {"x": "nps"}}, "date_format": "%d-%m-%Y"}
    folder.settings = {"entities": {"surveys": entity}}
    folder.read()
    assert prepare(folder.home, folder) == []
    assert rows(folder.home, "surveys", "kind", "score", "responded_at") == [
        ("nps", "7", "2026-01-05T00:00:00")
    ]


def test_accounts_of_a_query_have_no_versions_of_their_own(folder: Folder) -> None:
    folder.write(crm="id\n1\n")
    sql = "select id as account_id, 'Acme' as name from crm"
    folder.settings = {"entities": {"accounts": {"query": sql}}}
    folder.read()
    prepare(folder.home, folder)
    found = rows(folder.home, "accounts_versions", "account_id", "known_on", "is_deleted")
    assert found == [("1", None, False)]


def test_a_query_that_fails_keeps_yesterdays_result_and_says_so(folder: Folder) -> None:
    sql = "select response_id, account_id, kind, score, responded_at from nps"
    queried(folder, sql, nps=SURVEYS + "1,1,nps,9,2026-01-05\n")
    findings = queried(folder, sql, nps="response_id,account_id,kind,responded_at\n2,1,nps,x\n")
    assert [(f.check_id, f.source, f.entity) for f in findings] == [
        ("query_failed", "sheets", "surveys")
    ]
    assert findings[0].message.startswith("sources.yaml, sources.sheets.entities.surveys.query: ")
    assert '"score" not found' in findings[0].message
    assert findings[0].message.endswith("The files it can use are nps; all columns are text.")
    assert rows(folder.home, "surveys", "response_id", "score") == [("1", "9")]


def test_a_query_that_never_worked_gives_nothing(folder: Folder) -> None:
    (finding,) = queried(folder, "select * from nowhere", other="a\n1\n")
    assert "nowhere does not exist" in finding.message
    assert "none: no file of this source has been read" in finding.message
    assert rows(folder.home, "surveys", "score") == []
    assert not {field for entity, field in carried(folder.home) if entity == "surveys"}


@pytest.mark.parametrize(
    "sql",
    [
        "drop table raw.sheets__nps",
        "select * from nps; drop table raw.sheets__nps",
        "copy nps to '/tmp/x.csv'",
        "insert into nps values (1)",
        "set threads = 1",
        "",
    ],
)
def test_a_query_that_is_not_one_select_is_refused(folder: Folder, sql: str) -> None:
    queried(folder, "select * from nps", nps=SURVEYS + "1,1,nps,9,2026-01-05\n")
    (finding,) = queried(folder, sql)
    assert "it must be one SELECT statement" in finding.message
    assert query(folder.home, "select count(*) from raw.sheets__nps") == [(1,)]


# checks


def checked(folder: Folder, **check: Any) -> tuple[list[Finding], list[Record]]:
    folder.write(nps=SURVEYS + "".join(f"{n},1,nps,{n},2026-01-05\n" for n in range(5, 15)))
    folder.settings = {"entities": {"surveys": {"file": "nps.csv"}}, "checks": {"too_high": check}}
    folder.read()
    return prepare(folder.home, folder), records(folder.home, "from input.source_checks")


def test_a_check_says_how_many_rows_it_found_and_shows_the_first(folder: Folder) -> None:
    findings, checks = checked(
        folder,
        query="select 'row ' || response_id as shown, score from nps where score::int > 7",
        message="{rows} scores are above 7, {rows}!",
        severity="error",
        entity="surveys",
    )
    assert findings == []
    assert checks == [
        {
            "check_id": "too_high",
            "source_name": "sheets",
            "entity": "surveys",
            "severity": "error",
            "rows_failed": 7,
            "rows_total": None,
            "sample": ["row 10", "row 11", "row 12", "row 13", "row 14"],
            "message": "7 scores are above 7, 7!",
        }
    ]


def test_a_check_that_finds_nothing_says_nothing(folder: Folder) -> None:
    sql = "select * from nps where score::int > 99"
    assert checked(folder, query=sql, message="{rows}") == ([], [])


def test_a_check_that_cannot_be_run_is_a_finding(folder: Folder) -> None:
    sql = "select * from nps where score::int > 7 and kind::int = 1"
    (finding,), checks = checked(folder, query=sql, message="{rows}", entity="surveys")
    assert checks == []
    assert (finding.check_id, finding.entity) == ("query_failed", "surveys")
    assert finding.message.startswith("sources.yaml, sources.sheets.checks.too_high.query: ")
