"""What a dbt test that failed shows: its rows, how many there are, what it promises.

Belongs here: real dbt on a project of a few lines. Does not: the project's own tests.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipelines.dbt_failures import FailingRows, failing_rows, failures
from pipelines.dbt_run import Dbt, DbtFailed
from pipelines.home import Home

PROFILE = """\
tiny:
  target: warehouse
  outputs:
    warehouse: {type: duckdb, path: "{{ env_var('CS_COVERAGE_WAREHOUSE') }}", threads: 1}
"""
FILES = {
    "profiles.yml": PROFILE,
    "dbt_project.yml": "{name: tiny, profile: tiny, flags: {send_anonymous_usage_stats: false}}",
    "models/days.sql": "select range as day, range * 100 as minutes from range(30)",
    "tests/a_day_has_its_hours.sql": "select * from {{ ref('days') }} where minutes > 500",
    "tests/the_first_day_is_not_the_last.sql": "select 'Add days.' as message "
    "from {{ ref('days') }} where day = 0",
    "tests/minutes_are_known.sql": "select * from {{ ref('days') }} where minutes is null",
}
PROMISES = {"a_day_has_its_hours": "A day has 500 minutes."}


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DbtFailed, Home]]:
    folder = tmp_path_factory.mktemp("dbt")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CS_COVERAGE_WAREHOUSE", "")
        environment.setenv("CS_COVERAGE_KINDS", "")
        dbt = Dbt(Home(folder / "home"), ["files"], folder)
        dbt.parse()
        with pytest.raises(DbtFailed) as raised:
            dbt.run(["build"])
        yield raised.value, dbt.home


@pytest.fixture(scope="module")
def rows(failed: tuple[DbtFailed, Home]) -> dict[str, FailingRows]:
    error, home = failed
    return failing_rows(error.results, home.warehouse)


def test_the_first_rows_are_shown_and_all_are_counted(rows: dict[str, FailingRows]) -> None:
    found = rows["a_day_has_its_hours"]
    assert found.columns == ("day", "minutes")
    assert found.rows == tuple((day, day * 100) for day in range(6, 26))
    assert found.total == 24


def test_tests_that_passed_have_none(rows: dict[str, FailingRows]) -> None:
    assert rows.keys() == {"a_day_has_its_hours", "the_first_day_is_not_the_last"}


def test_a_failure_says_what_was_promised_or_what_its_rows_say(
    failed: tuple[DbtFailed, Home], rows: dict[str, FailingRows]
) -> None:
    assert sorted(failures(failed[0].results, rows, PROMISES)) == [
        "Add days.",
        "a_day_has_its_hours: 24 rows break this: A day has 500 minutes.",
    ]
