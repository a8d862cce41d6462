"""First reports: what was published of a closed period is landed once, and found again by dbt.

Belongs here: landing and loading. Does not: which numbers a period has, or when it closes.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest
from support import query

from pipelines.config import load_config
from pipelines.home import DEFAULT_MODELS_DIR, Home
from pipelines.night import night
from pipelines.warehouse.connection import warehouse
from pipelines.warehouse.reported import land_first_reports, load_first_reports

AWKWARD = 0.1 + 0.2
"""Its shortest text has 17 digits: fewer would read back as another number."""


def serve(home: Home, rows: str, run_id: str = "one", started_at: str = "2026-07-15 02:00") -> None:
    """A serving file as a run published it; `rows` are SQL values of the table's columns."""
    home.serving.mkdir(parents=True, exist_ok=True)
    home.serving_database.unlink(missing_ok=True)
    with duckdb.connect(str(home.serving_database)) as con:
        con.execute(
            f"""
            create schema coverage;
            create table coverage.ops_run as
                select '{run_id}' as run_id, timestamptz '{started_at}+00' as started_at;
            create table coverage.mart_coverage_tier_period as
            select
                tier_id, 'quarter' as period_type, period_start::date as period_start,
                period_start::date + 90 as period_end, basis,
                basis = 'first_reported' as is_period_closed,
                reported::date as first_reported_on,
                'v' || reported as first_reported_config_version,
                cts::double as account_cts, families::varchar[] as unmeasured_families,
                date '2026-12-31' as as_of_date, 'of the run' as config_version
            from (values {rows}) as r (tier_id, period_start, basis, reported, cts, families)
            """
        )


def row(tier: str, start: str, cts: object, basis: str = "first_reported", families: str = "null"):  # type: ignore[no-untyped-def]
    return f"('{tier}', '{start}', '{basis}', '2026-07-14', {cts}, {families})"


def serve_outcomes(home: Home, rows: str) -> None:
    """Add the other table that is first reported; `rows` are SQL values."""
    with duckdb.connect(str(home.serving_database)) as con:
        con.execute(
            f"""
            create table coverage.mart_outcomes_tier_period as
            select
                'ALL' as tier_id, 'quarter' as period_type, date '2026-04-01' as period_start,
                attribution, date '2026-06-30' as period_end, 'first_reported' as basis,
                true as is_period_closed, date '2026-07-14' as first_reported_on,
                'v1' as first_reported_config_version, grr::double as grr,
                date '2026-12-31' as as_of_date, 'of the run' as config_version
            from (values {rows}) as r (attribution, grr)
            """
        )


def reported(home: Home) -> list[tuple[object, ...]]:
    """What dbt finds."""
    with warehouse(home.warehouse) as con:
        load_first_reports(con, home.landing)
    return query(
        home,
        "select tier_id, period_start, reported_as_of, config_version, "
        "cast(measures ->> '$.account_cts' as double), "
        "cast(measures -> '$.unmeasured_families' as varchar[]) "
        "from meta.first_report order by all",
    )


def files(home: Home) -> list[Path]:
    return sorted((home.landing / "_reported").iterdir())


def test_what_was_first_reported_is_read_back_to_the_last_bit(home: Home) -> None:
    serve(
        home,
        ", ".join(
            [
                row("T1", "2026-04-01", AWKWARD, families="['a', 'b']"),
                row("T2", "2026-04-01", "null"),
                row("T1", "2026-07-01", 0.5, basis="restated"),
            ]
        ),
    )
    assert land_first_reports(home) == 2
    day, version = date(2026, 7, 14), "v2026-07-14"
    assert reported(home) == [
        ("T1", date(2026, 4, 1), day, version, AWKWARD, ["a", "b"]),
        ("T2", date(2026, 4, 1), day, version, None, None),
    ]


def test_a_period_is_first_reported_once(home: Home) -> None:
    serve(home, row("T1", "2026-04-01", 0.5))
    assert land_first_reports(home) == 1
    assert land_first_reports(home) == 0
    serve(
        home,
        ", ".join([row("T1", "2026-04-01", 0.9), row("T2", "2026-04-01", 0.7)]),
        "two",
        "2026-07-16 02:00",
    )
    assert land_first_reports(home) == 1
    assert [(tier, cts) for tier, _, _, _, cts, _ in reported(home)] == [("T1", 0.5), ("T2", 0.7)]
    assert [path.name for path in files(home)] == [
        "20260715T020000_000000Z-one.jsonl",
        "20260716T020000_000000Z-two.jsonl",
    ]


def test_several_tables_are_reported_each_by_its_key(home: Home) -> None:
    serve(home, row("ALL", "2026-04-01", 0.5))
    serve_outcomes(home, "('tier_then', 0.8), ('tier_now', 0.9)")
    assert land_first_reports(home) == 3
    assert land_first_reports(home) == 0
    with warehouse(home.warehouse) as con:
        load_first_reports(con, home.landing)
    assert query(
        home,
        "select table_name, tier_id, attribution, measures::varchar from meta.first_report "
        "order by all",
    ) == [
        ("mart_coverage_tier_period", "ALL", None, '{"account_cts":0.5}'),
        ("mart_outcomes_tier_period", "ALL", "tier_now", '{"grr":0.9}'),
        ("mart_outcomes_tier_period", "ALL", "tier_then", '{"grr":0.8}'),
    ]


def test_reports_that_landed_when_there_was_one_table_are_of_it(home: Home) -> None:
    folder = home.landing / "_reported"
    folder.mkdir(parents=True)
    landed = {
        "tier_id": "T1",
        "period_type": "quarter",
        "period_start": "2026-04-01",
        "period_end": "2026-06-30",
        "reported_as_of": "2026-07-14",
        "config_version": "v2026-07-14",
        "measures": {"account_cts": 0.5},
    }
    (folder / "20260715T020000_000000Z-one.jsonl").write_text(json.dumps(landed) + "\n")
    serve(home, ", ".join([row("T1", "2026-04-01", 0.9), row("T2", "2026-04-01", 0.7)]), "two")
    assert land_first_reports(home) == 1
    assert [(tier, cts) for tier, _, _, _, cts, _ in reported(home)] == [("T1", 0.5), ("T2", 0.7)]


def test_publishing_that_is_repeated_in_a_run_keeps_what_it_had_landed(home: Home) -> None:
    serve(home, row("T1", "2026-04-01", 0.5))
    land_first_reports(home)
    serve(home, ", ".join([row("T1", "2026-04-01", 0.9), row("T2", "2026-04-01", 0.7)]))
    land_first_reports(home)
    [file] = files(home)
    landed = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(r["tier_id"], r["measures"]["account_cts"]) for r in landed] == [
        ("T1", 0.5),
        ("T2", 0.7),
    ]


@pytest.mark.parametrize("table", [None, "coverage.other"])
def test_where_nothing_was_published_nothing_is_landed(home: Home, table: str | None) -> None:
    if table:
        home.serving.mkdir(parents=True)
        with duckdb.connect(str(home.serving_database)) as con:
            con.execute(f"create schema coverage; create table {table} as select 1 as x")
    assert land_first_reports(home) == 0
    assert reported(home) == []
    assert not (home.landing / "_reported").exists()


def test_a_night_finds_what_a_killed_one_had_published_but_not_landed(
    home: Home, tmp_path: Path
) -> None:
    serve(home, row("T1", "2026-04-01", 0.5))
    (home.landing / "_reported").mkdir(parents=True)
    (home.landing / "_reported" / "killed.tmp").write_text('{"tier_id": "T')
    (tmp_path / "sources.yaml").write_text("sources: {}\n")
    config = load_config(tmp_path, default_models=DEFAULT_MODELS_DIR)
    with night(home, config, "next", as_of=date(2026, 7, 15)):
        assert query(home, "select tier_id from meta.first_report") == [("T1",)]
    assert len(files(home)) == 1
