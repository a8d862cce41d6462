"""Dagster's event log with its connections kept: the same events, for everybody.

Belongs here: what others see during and after. Does not: how much time it saves (make bench).
"""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from pipelines.event_log import kept_open

ASSETS = [f"table_{number}" for number in range(5)]


@dg.multi_asset(
    specs=[dg.AssetSpec(name) for name in ASSETS],
    check_specs=[dg.AssetCheckSpec("shape", asset=name) for name in ASSETS],
)
def tables():  # type: ignore[no-untyped-def]
    for name in ASSETS:
        check = dg.AssetCheckResult(passed=True, asset_key=name, check_name="shape")
        yield dg.MaterializeResult(asset_key=name, check_results=[check])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}")
    return tmp_path


def events_of(folder: Path, run_id: str) -> list[str]:
    """What another process reads."""
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        return [str(e.dagster_event_type) for e in instance.all_logs(run_id) if e.is_dagster_event]


def test_the_log_is_the_same_and_can_be_read_while_it_is_kept(folder: Path) -> None:
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        usual = dg.materialize([tables], instance=instance)
        with kept_open(instance.event_log_storage):
            kept = dg.materialize([tables], instance=instance)
            assert kept.success
            assert events_of(folder, kept.run_id) == events_of(folder, usual.run_id)
            latest = instance.get_latest_materialization_event(dg.AssetKey(ASSETS[-1]))
            assert latest is not None and latest.run_id == kept.run_id
        after = dg.materialize([tables], instance=instance)
    assert events_of(folder, after.run_id) == events_of(folder, usual.run_id)


def test_files_are_let_go_of_also_when_the_run_fails(folder: Path) -> None:
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        log = instance.event_log_storage
        with pytest.raises(KeyboardInterrupt), kept_open(log):
            dg.materialize([tables], instance=instance)
            raise KeyboardInterrupt
        assert not {"run_connection", "index_connection", "has_table"} & vars(log).keys()
    assert list(folder.rglob("*-wal")) == []


def test_another_kind_of_log_stays_as_it_is() -> None:
    with dg.DagsterInstance.ephemeral() as instance, kept_open(instance.event_log_storage):
        assert dg.materialize([tables], instance=instance).success
