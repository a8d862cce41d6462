"""What takes the place of Dagster's internals gives what they give.

Belongs here: a run with them held against one without. Does not: the event log (test_event_log).
"""

from pathlib import Path

import dagster as dg
from dagster._core.execution.context.system import StepExecutionContext

from pipelines.dagster_shortcuts import shortcuts

NAMES = ("first", "second", "third")


@dg.multi_asset(
    specs=[dg.AssetSpec(name, deps=list(NAMES[:at])) for at, name in enumerate(NAMES)],
    can_subset=True,
)
def tables(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def]
    for name in NAMES:
        if dg.AssetKey(name) in context.selected_asset_keys:
            yield dg.MaterializeResult(asset_key=name)


def test_a_run_with_them_says_the_same_of_every_asset(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}")
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        for selection in (None, ["second", "third"]):

            def told(selection: list[str] | None = selection) -> list[tuple[str | None, set[str]]]:
                run = dg.materialize([tables], instance=instance, selection=selection)
                made = [e.step_materialization_data for e in run.get_asset_materialization_events()]
                return [
                    (str(m.materialization.asset_key), set(m.materialization.tags or ()))
                    for m in made
                ]

            usual = told()
            with shortcuts():
                assert told() == usual


def test_afterwards_dagster_is_as_it_was() -> None:
    before = vars(StepExecutionContext)["get_output_asset_keys"]
    with shortcuts():
        assert vars(StepExecutionContext)["get_output_asset_keys"] is not before
    assert vars(StepExecutionContext)["get_output_asset_keys"] is before
