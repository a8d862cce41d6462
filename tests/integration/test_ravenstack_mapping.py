"""The RavenStack example's mapping, run with DuckDB on the real files.

Belongs here: that the YAML is valid and that its queries give the counts the files hold.
Does not: how the pipeline lands files and applies mappings.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from connectors.files.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data" / "ravenstack"
SOURCES = ROOT / "examples" / "ravenstack" / "config" / "sources.yaml"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the RavenStack files are not here")


@pytest.fixture(scope="module")
def settings() -> Settings:
    document = yaml.safe_load(SOURCES.read_text(encoding="utf-8"))
    return Settings.model_validate(document["sources"]["ravenstack"])


@pytest.fixture(scope="module")
def files() -> Iterator[duckdb.DuckDBPyConnection]:
    """Every file as a table of text named after it, as the files hold them."""
    connection = duckdb.connect()
    for path in DATA.glob("*.csv"):
        connection.execute(
            f"create table {path.stem} as select * from read_csv(?, all_varchar = true, "
            "header = true, delim = ',', quote = '\"', escape = '\"')",
            [str(path)],
        )
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def landed_files(files: duckdb.DuckDBPyConnection, settings: Settings) -> duckdb.DuckDBPyConnection:
    """The same as the pipeline shows them: the last row of each key, empty cells as empty text."""
    files.execute("create schema landed")
    for path in DATA.glob("*.csv"):
        options = settings.files.get(path.name)
        key = ", ".join(options.key) if options else "subscription_id"
        files.execute(
            f"create table landed.{path.stem} as select coalesce(columns(*), '') from {path.stem} "
            f"qualify row_number() over (partition by {key} order by rowid desc) = 1"
        )
    cursor = files.cursor()
    cursor.execute("set schema = 'landed'")
    return cursor


def run(connection: duckdb.DuckDBPyConnection, query: str | None) -> list[dict[str, Any]]:
    assert query is not None
    result = connection.execute(query)
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def entity_rows(
    settings: Settings, connection: duckdb.DuckDBPyConnection, entity: str
) -> list[dict[str, Any]]:
    assert settings.entities is not None
    return run(connection, settings.entities[entity].query)


def test_every_file_that_is_keyed_or_mapped_exists(settings: Settings) -> None:
    assert settings.entities is not None
    named = {*settings.files, *(e.file for e in settings.entities.values() if e.file)}
    assert named == {path.name for path in DATA.glob("*.csv")}


def test_accounts(settings: Settings, files: duckdb.DuckDBPyConnection) -> None:
    rows = entity_rows(settings, files, "accounts")
    assert len(rows) == len({row["account_id"] for row in rows}) == 500
    stages = [row["lifecycle_stage"] for row in rows]
    counts = {stage: stages.count(stage) for stage in set(stages)}
    assert counts == {"churned": 110, "onboarding": 72, "customer": 318}
    dated = [row for row in rows if row["churned_on"] is not None]
    assert len(dated) == 66
    assert all(row["lifecycle_stage"] == "churned" and row["churn_reason"] for row in dated)
    assert all(row["churn_reason"] is None for row in rows if row["churned_on"] is None)


def test_churned_on_is_the_last_departure_of_a_flagged_account_that_did_not_return(
    settings: Settings, files: duckdb.DuckDBPyConnection
) -> None:
    events = run(
        files,
        "select account_id, churn_date, strptime(churn_date, '%d-%m-%Y') as on_day, "
        "is_reactivation from ravenstack_churn_events order by on_day, is_reactivation",
    )
    last = {event["account_id"]: event for event in events}
    for row in entity_rows(settings, files, "accounts"):
        event = last.get(row["account_id"])
        if event and event["is_reactivation"] == "FALSE" and row["lifecycle_stage"] == "churned":
            assert row["churned_on"] == event["churn_date"]
        else:
            assert row["churned_on"] is None


def test_contracts_are_every_subscription_and_trials_carry_no_arr(
    settings: Settings, files: duckdb.DuckDBPyConnection
) -> None:
    assert settings.entities is not None
    contracts = settings.entities["contracts"]
    theirs = contracts.columns
    rows = run(files, "select * from ravenstack_subscriptions")
    assert len({row[theirs["contract_id"]] for row in rows}) == len(rows) == 5000
    assert set(theirs.values()) <= set(rows[0])
    assert {row[theirs["status"]] for row in rows} == set(contracts.values["status"])
    assert sum(row[theirs["ends_on"]] is None for row in rows) == 4514
    trials = [row for row in rows if row["is_trial"] == "TRUE"]
    assert len(trials) == 778
    assert {row[theirs["arr"]] for row in trials} == {"0"}


def test_arr_in_force(settings: Settings, files: duckdb.DuckDBPyConnection) -> None:
    assert settings.entities is not None
    contracts = settings.entities["contracts"]
    column = contracts.columns
    starts, ends = (
        f"strptime({column[name]}, '{contracts.date_format}')" for name in ("starts_on", "ends_on")
    )
    [row] = run(
        files,
        f"select count(*) as contracts, sum({column['arr']}::bigint) as arr "
        "from ravenstack_subscriptions "
        f"where {starts} <= date '2024-06-30' "
        f"and ({column['ends_on']} is null or {ends} >= date '2024-06-30')",
    )
    assert row == {"contracts": 1742, "arr": 46_000_860}


def test_tickets(settings: Settings, files: duckdb.DuckDBPyConnection) -> None:
    assert settings.entities is not None
    rows = entity_rows(settings, files, "tickets")
    assert len({row["ticket_id"] for row in rows}) == len(rows) == 2000
    assert sum(row["satisfaction"] is None for row in rows) == 825
    assert {row["satisfaction"] for row in rows} == {None, 50, 75, 100}
    assert {row["priority"] for row in rows} == set(settings.entities["tickets"].values["priority"])
    assert all(row["opened_at"] < row["first_response_at"] for row in rows)
    assert all(row["opened_at"] < row["solved_at"] for row in rows)


def test_usage_adds_up_to_the_file(settings: Settings, files: duckdb.DuckDBPyConnection) -> None:
    rows = entity_rows(settings, files, "usage")
    assert len({(row["account_id"], row["on"], row["metric"]) for row in rows}) == len(rows)
    [file] = run(
        files,
        "select sum(usage_count::bigint) as sessions, sum(error_count::bigint) as errors "
        "from ravenstack_feature_usage",
    )
    for metric, total in file.items():
        assert sum(row["value"] for row in rows if row["metric"] == metric) == total
    features = [row["value"] for row in rows if row["metric"] == "core_features_used"]
    assert min(features) == 1


def test_twenty_one_duplicate_usage_ids_are_dropped_before_queries_see_them(
    files: duckdb.DuckDBPyConnection, landed_files: duckdb.DuckDBPyConnection
) -> None:
    query = "select count(*) as n from ravenstack_feature_usage"
    assert run(files, query) == [{"n": 25_000}]
    assert run(landed_files, query) == [{"n": 24_979}]


CHECKS = {
    "flagged_churned_without_event": 35,
    "churn_event_without_flag": 277,
    "flagged_churned_still_subscribed": 110,
    "reactivations": 61,
    "usage_before_subscription_start": 19_142,
    "subscriptions_without_end_date": 4514,
    "trial_subscriptions": 778,
}


@pytest.mark.parametrize("name", CHECKS)
def test_check_finds_the_known_defect(
    name: str, settings: Settings, files: duckdb.DuckDBPyConnection
) -> None:
    check = settings.checks[name]
    assert len(run(files, check.query)) == CHECKS[name]
    assert "{rows}" in check.message


def test_every_check_has_its_count_asserted(settings: Settings) -> None:
    assert set(settings.checks) == set(CHECKS)


@pytest.mark.parametrize("entity", ["accounts", "tickets"])
def test_empty_text_and_no_text_give_the_same_rows(
    entity: str,
    settings: Settings,
    files: duckdb.DuckDBPyConnection,
    landed_files: duckdb.DuckDBPyConnection,
) -> None:
    as_read = entity_rows(settings, files, entity)
    as_landed = entity_rows(settings, landed_files, entity)
    assert sorted(map(repr, as_landed)) == sorted(map(repr, as_read))


def test_checks_on_landed_files_differ_only_by_the_duplicates(
    settings: Settings, landed_files: duckdb.DuckDBPyConnection
) -> None:
    found = {name: len(run(landed_files, check.query)) for name, check in settings.checks.items()}
    assert found == {**CHECKS, "usage_before_subscription_start": 19_129}
