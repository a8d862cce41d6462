"""How much of the machine DuckDB takes: as sources.yaml says, in this process and in dbt's.

Belongs here: where the limits reach, and that work which does not fit is done on disk. Does not:
how they are written (test_config_sources).
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipelines.dbt_run import Dbt
from pipelines.home import DBT_PROJECT_DIR, Home
from pipelines.warehouse.connection import OPTIONS_VARIABLE, frugal, limit, warehouse

SMALL: dict[str, str | int] = {"memory_limit": "100MB", "threads": 1}
LARGE = (
    "create table large as select i, md5(i::varchar) as text from range(3000000) as t(i) "
    "order by text"
)
"""A sort of some 200 MB."""

PROJECT = "{name: tiny, profile: cs_coverage, flags: {send_anonymous_usage_stats: false}}"


@pytest.fixture(autouse=True)
def _limits_of_this_test_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OPTIONS_VARIABLE, "")


def settings(con: duckdb.DuckDBPyConnection) -> tuple[str, int]:
    [(memory, threads)] = con.execute(
        "select current_setting('memory_limit'), current_setting('threads')"
    ).fetchall()
    return memory, threads


def test_the_warehouse_opens_with_what_was_said_last(tmp_path: Path) -> None:
    limit({"memory_limit": "1GB"})
    limit(SMALL)
    with warehouse(tmp_path / "warehouse.duckdb") as con:
        assert settings(con) == ("95.3 MiB", 1)


def test_by_default_it_takes_what_duckdb_takes(tmp_path: Path) -> None:
    with duckdb.connect() as con:
        of_duckdb = settings(con)
    with warehouse(tmp_path / "warehouse.duckdb") as con:
        assert settings(con) == of_duckdb


def test_after_a_frugal_while_the_limits_hold_again(tmp_path: Path) -> None:
    limit({"memory_limit": "1GB"})
    with warehouse(tmp_path / "warehouse.duckdb") as con:
        before = settings(con)
        with frugal(con):
            assert settings(con) == ("152.5 MiB", 1)
        assert settings(con) == before
        assert before[0] == "953.6 MiB"


def test_what_does_not_fit_goes_to_files_beside_the_warehouse_for_a_while(tmp_path: Path) -> None:
    limit(SMALL)
    with warehouse(tmp_path / "warehouse.duckdb") as con:
        con.execute(LARGE)
        assert con.execute("select count(*) from large").fetchall() == [(3_000_000,)]
    assert [path.name for path in tmp_path.iterdir()] == ["warehouse.duckdb"]


def test_it_does_not_fit_indeed(tmp_path: Path) -> None:
    limit(SMALL)
    with warehouse(tmp_path / "warehouse.duckdb") as con:
        con.execute("set temp_directory = ''")
        with pytest.raises(duckdb.OutOfMemoryException):
            con.execute(LARGE)


def test_dbt_opens_the_warehouse_with_the_same(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "models").mkdir(parents=True)
    (project / "dbt_project.yml").write_text(PROJECT)
    (project / "profiles.yml").write_text((DBT_PROJECT_DIR / "profiles.yml").read_text())
    (project / "models" / "seen.sql").write_text(
        "select current_setting('memory_limit') as memory, current_setting('threads') as threads"
    )
    home = Home(tmp_path / "home")
    home.root.mkdir()
    limit(SMALL)
    dbt = Dbt(home, ["files"], project)
    dbt.parse()
    dbt.run(["--quiet", "run"])
    with warehouse(home.warehouse) as con:
        assert con.execute("from main.seen").fetchall() == [("95.3 MiB", 1)]
