"""dbt run in a process of its own, on a project of a few lines.

Belongs here: following a command, its failures, stopping it, letting go of the file, the end of
either process. Does not: the real project's models.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from pipelines.dbt_process import dbt_process
from pipelines.dbt_run import Dbt, DbtFailed
from pipelines.home import Home

PROFILE = """\
tiny:
  target: warehouse
  outputs:
    warehouse: {type: duckdb, path: "{{ env_var('CS_COVERAGE_WAREHOUSE') }}", threads: 1}
"""
PROJECT = "{name: tiny, profile: tiny, flags: {send_anonymous_usage_stats: false}}"
MODELS = {
    "quick": "select 1 as one",
    "after_quick": "select one from {{ ref('quick') }}",
    "keyed": "select one from {{ ref('quick') }}",
    "broken": "select no_such_column from {{ ref('quick') }}",
    "endless": "select sum(hash(a.i, b.i)) as sum from {{ ref('quick') }}, "
    "range(10000000) as a(i), range(10000000) as b(i)",
}
TESTED = """
models:
  - name: keyed
    config: {tags: [grain]}
    columns:
      - name: one
        data_tests: [not_null, {unique: {config: {tags: [key]}}}]
unit_tests:
  - name: by_hand
    model: keyed
    given: [{input: ref('quick'), rows: [{one: 2}]}]
    expect: {rows: [{one: 2}]}
"""
STOPPED_WITHIN_SECONDS = 20

FOLLOWS_THE_ENDLESS_ONE = """
import sys
from pathlib import Path
from pipelines.dbt_process import dbt_process
from pipelines.dbt_run import Dbt
from pipelines.home import Home

followed = Dbt(Home(Path(sys.argv[1])), ["files"], Path(sys.argv[2])).follow(
    ["--quiet", "build", "--select", "quick", "endless"]
)
next(followed)
print(dbt_process().pid, flush=True)
next(followed)
"""
"""A night that is computing: says which process dbt has, then waits for what never ends."""


@pytest.fixture(scope="module")
def dbt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dbt]:
    folder = tmp_path_factory.mktemp("dbt")
    (folder / "models").mkdir()
    (folder / "profiles.yml").write_text(PROFILE)
    (folder / "dbt_project.yml").write_text(PROJECT)
    for name, sql in MODELS.items():
        (folder / "models" / f"{name}.sql").write_text(sql)
    (folder / "models" / "keyed.yml").write_text(TESTED)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CS_COVERAGE_WAREHOUSE", "")  # dbt's run sets it; put back at the end
        environment.setenv("CS_COVERAGE_KINDS", "")
        project = Dbt(Home(folder / "home"), ["files"], folder)
        project.parse()
        yield project


WITHOUT_UNIT_TESTS = ("--exclude-resource-type", "unit_test")


@pytest.mark.parametrize(
    ("excluded", "ran"),
    [
        ((), {"keyed", "by_hand", "not_null_keyed_one", "unique_keyed_one"}),
        (WITHOUT_UNIT_TESTS, {"keyed", "not_null_keyed_one", "unique_keyed_one"}),
        (("--exclude", "tag:key"), {"keyed", "by_hand", "not_null_keyed_one"}),
        ((*WITHOUT_UNIT_TESTS, "--exclude", "tag:key"), {"keyed", "not_null_keyed_one"}),
        # A model, and with it its tests, is left to dbt to leave out.
        ((*WITHOUT_UNIT_TESTS, "--exclude", "tag:grain"), set()),
    ],
)
def test_what_is_excluded_is_left_out_and_all_else_runs(
    dbt: Dbt, excluded: tuple[str, ...], ran: set[str]
) -> None:
    dbt.run(["build", "--select", "quick"])
    results = dbt.run(["build", *excluded, "--select", "keyed"])
    assert {result.name for result in results} == ran


def test_a_project_that_was_taken_in_ahead_gives_what_it_gives_otherwise(dbt: Dbt) -> None:
    command = ["build", *WITHOUT_UNIT_TESTS, "--select", "quick", "keyed"]
    expected = {result.name for result in dbt.run(command)}
    dbt.make_ready(command)
    assert {result.name for result in dbt.run(command)} == expected
    assert {result.name for result in dbt.run(command)} == expected  # and is not used twice


def test_ahead_of_a_command_that_excludes_something_else_the_project_is_taken_in_anew(
    dbt: Dbt,
) -> None:
    dbt.run(["build", "--select", "quick"])
    dbt.make_ready(["build", *WITHOUT_UNIT_TESTS, "--select", "keyed"])
    assert "by_hand" in {result.name for result in dbt.run(["build", "--select", "keyed"])}


def test_a_project_that_is_parsed_again_after_it_was_taken_in_is_taken_in_anew(dbt: Dbt) -> None:
    dbt.make_ready(["build", "--select", "newest"])
    newest = dbt.project_dir / "models" / "newest.sql"
    newest.write_text("select 1 as one")
    try:
        dbt.parse()
        [result] = dbt.run(["build", "--select", "newest"])
        assert result.status == "success"
    finally:
        newest.unlink()
        dbt.parse()


def test_nothing_comes_of_making_ready_where_nothing_was_parsed(tmp_path: Path, dbt: Dbt) -> None:
    Dbt(Home(tmp_path), ["files"], dbt.project_dir).make_ready(["build"])
    [result] = dbt.run(build("quick"))
    assert result.status == "success"


def nobody_has_open(warehouse: Path) -> bool:
    """DuckDB refuses a read-only connection while this process, or another, has one that writes."""
    duckdb.connect(str(warehouse), read_only=True).close()
    return True


def is_free(warehouse: Path) -> bool:
    with suppress(duckdb.IOException):
        return nobody_has_open(warehouse)
    return False


def comes_true(happened: Callable[[], bool]) -> bool:
    until = time.monotonic() + STOPPED_WITHIN_SECONDS
    while not happened() and time.monotonic() < until:
        time.sleep(0.05)
    return happened()


def is_running(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def build(*models: str) -> list[str]:
    return ["build", "--select", *models]


def test_how_each_node_ended_is_told_in_order(dbt: Dbt) -> None:
    ended = [event["data"]["node_info"] for event in dbt.follow(build("quick", "after_quick"))]
    assert [node["node_name"] for node in ended] == ["quick", "after_quick"]
    assert {node["node_status"] for node in ended} == {"success"}
    assert nobody_has_open(dbt.home.warehouse)


def test_a_parsed_project_serves_another_home(dbt: Dbt, tmp_path: Path) -> None:
    other = Dbt(Home(tmp_path / "home"), dbt.kinds, dbt.project_dir)
    other.home.dbt_target.mkdir(parents=True)
    packed = "partial_parse.msgpack"
    (other.home.dbt_target / packed).write_bytes((dbt.home.dbt_target / packed).read_bytes())
    [result] = other.run(build("quick"))
    assert result.status == "success"
    assert nobody_has_open(other.home.warehouse)


def test_a_node_that_fails_is_raised_with_the_results_of_all(dbt: Dbt) -> None:
    followed = dbt.follow(build("quick", "broken"))
    assert next(followed)["data"]["node_info"]["node_name"] == "quick"
    with pytest.raises(DbtFailed, match="no_such_column") as raised:
        list(followed)
    assert {r.name: r.status for r in raised.value.results} == {
        "quick": "success",
        "broken": "error",
    }
    assert nobody_has_open(dbt.home.warehouse)


def test_a_command_that_comes_to_no_node_says_why(dbt: Dbt) -> None:
    with pytest.raises(DbtFailed, match="no-such-option") as raised:
        dbt.run(["build", "--no-such-option"])
    assert list(raised.value.results) == []


def test_closing_the_iterator_stops_a_query_that_would_run_for_days(dbt: Dbt) -> None:
    followed = dbt.follow(build("quick", "endless"))
    next(followed)
    time.sleep(0.5)  # until the endless one is under way; if it is not yet, it must end as well
    begun = time.monotonic()
    followed.close()
    assert time.monotonic() - begun < STOPPED_WITHIN_SECONDS
    assert nobody_has_open(dbt.home.warehouse)
    [again] = dbt.run(build("quick"))
    assert again.status == "success"


def test_dbt_ends_with_whoever_started_it_however_that_ends(dbt: Dbt) -> None:
    night = subprocess.Popen(
        [sys.executable, "-c", FOLLOWS_THE_ENDLESS_ONE, str(dbt.home.root), str(dbt.project_dir)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert night.stdout is not None
    pid = int(night.stdout.readline())
    assert is_running(pid)
    night.kill()
    night.wait()
    night.stdout.close()
    assert comes_true(lambda: not is_running(pid))
    assert comes_true(lambda: is_free(dbt.home.warehouse))  # once its last thread has ended


def test_a_process_that_was_killed_is_said_and_replaced(dbt: Dbt) -> None:
    followed = dbt.follow(build("quick", "endless"))
    next(followed)
    killed = dbt_process().pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    with pytest.raises(DbtFailed, match="was it killed"):
        next(followed)
    [again] = dbt.run(build("quick"))
    assert again.status == "success"
    assert dbt_process().pid != killed
