"""What Dagster works out for each output of a step without need, left out while a run is here.

Belongs here: replacements of Dagster's internals that give the same, sooner: a step has hundreds
of outputs. Does not: the event log (event_log). Each takes the place of a method of the pinned
Dagster, and tests hold it against that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Set

    from dagster import AssetKey
    from dagster._core.execution.context.system import StepExecutionContext


@contextmanager
def shortcuts() -> Iterator[None]:
    """While the block runs, the assets that a step makes are gathered once a step."""
    from dagster._core.execution.context.system import StepExecutionContext

    gather = StepExecutionContext.get_output_asset_keys
    known: WeakKeyDictionary[StepExecutionContext, Set[AssetKey]] = WeakKeyDictionary()

    def once(step: StepExecutionContext) -> Set[AssetKey]:
        if step not in known:
            known[step] = gather(step)
        return known[step]

    StepExecutionContext.get_output_asset_keys = once  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        StepExecutionContext.get_output_asset_keys = gather  # type: ignore[method-assign]
