"""What the terminal says when a step fails is what the step says, without Dagster's wrapping.

Belongs here: the words of failed steps and checks. Does not: failures on bad files.
"""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from pipelines.failures import REPORT_STEP, failure_lines, report_failure_lines

TABLE = dg.AssetKey(["coverage", "dim_account"])


@dg.asset(key=TABLE)
def dim_account() -> None:
    """A table to check."""


@dg.multi_asset_check(
    specs=[
        dg.AssetCheckSpec("shape", asset=TABLE, blocking=True),
        dg.AssetCheckSpec("advice", asset=TABLE),
    ]
)
def shapes() -> Iterator[dg.AssetCheckResult]:
    """One check that stops the night, one that does not."""
    yield dg.AssetCheckResult(
        passed=False, asset_key=TABLE, check_name="shape", description="arr: text\nname: missing"
    )
    yield dg.AssetCheckResult(
        passed=False, asset_key=TABLE, check_name="advice", description="could be nicer"
    )


def words_of(*assets: dg.AssetsDefinition) -> list[str]:
    result = dg.materialize(list(assets), raise_on_error=False)
    assert not result.success
    return failure_lines(result.all_events)


def test_a_broken_blocking_check_says_table_and_column_and_others_stay_silent() -> None:
    said = words_of(dim_account, shapes)
    assert "coverage.dim_account: arr: text" in said
    assert "coverage.dim_account: name: missing" in said
    assert not any("nicer" in line for line in said)


def test_a_failure_raised_on_purpose_is_passed_on_as_it_is() -> None:
    @dg.asset
    def refused() -> None:
        raise dg.Failure("contracts: dates cannot be read\nusage: is empty")

    assert words_of(refused) == ["contracts: dates cannot be read", "usage: is empty"]


def test_an_error_of_another_kind_is_named_by_its_step_and_innermost_cause() -> None:
    @dg.asset
    def broken() -> None:
        try:
            raise OSError("the disk is full")
        except OSError as error:
            raise RuntimeError("could not write") from error

    assert words_of(broken) == ["broken: OSError: the disk is full"]


def test_a_step_that_says_why_is_not_repeated_by_its_checks() -> None:
    @dg.asset(
        key=["coverage", "fct_day"],
        check_specs=[dg.AssetCheckSpec("holds", asset=["coverage", "fct_day"], blocking=True)],
    )
    def fct_day() -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        yield dg.MaterializeResult()
        yield dg.AssetCheckResult(passed=False, check_name="holds", description="2 rows break this")
        raise dg.Failure("holds: 2 rows break this")

    assert words_of(fct_day) == ["holds: 2 rows break this"]


def test_a_report_that_fails_is_told_apart_from_streams_that_do() -> None:
    @dg.asset(key=["published", "report"])
    def report() -> None:
        raise OSError("the disk is full")

    @dg.asset(key=["published", "night"])
    def night() -> None:
        raise dg.Failure("a stream keeps older data")

    result = dg.materialize([report, night], raise_on_error=False)
    assert report_failure_lines(result.all_events) == [f"{REPORT_STEP}: OSError: the disk is full"]
