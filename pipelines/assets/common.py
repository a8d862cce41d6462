"""What all assets share: the night they run in, their pool, owners and groups.

Belongs here: names used by more than one module of assets. Does not: assets.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import ClassVar

import dagster as dg
from pydantic import Field, PrivateAttr

from pipelines.config import load_config
from pipelines.home import DEFAULT_MODELS_DIR, Home
from pipelines.instance import process_tags
from pipelines.night import Night, night

WAREHOUSE_POOL = "warehouse"
"""Held by every step that opens the warehouse file; limited to one in dagster.yaml."""

AS_OF = "as_of"
"""Tag of a run: the day it reports on, so that the list of runs shows which night is missing."""

OWNERS = ["team:cs-ops"]

READ_BY = "read_by"
"""The group at the graph's right edge: what is made of published tables."""


class NightResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The night that a run's steps work in; begun with the run and closed at its end."""

    home: ClassVar[Home]
    config_dir: ClassVar[Path]

    as_of: str | None = Field(
        default=None, description="The day to report on (YYYY-MM-DD). Default: yesterday."
    )
    accept_short_read: list[str] = Field(
        default_factory=list,
        description="Streams (source.stream) that may shrink this once: their records are gone.",
    )
    wait_seconds: float = Field(
        default=-1, description="How long to wait for another writer; negative: until it ends."
    )

    _night: Night | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[NightResource]:
        """Begin the night for this run, and close it whatever happens in between."""
        with night(
            self.home,
            load_config(self.config_dir, default_models=DEFAULT_MODELS_DIR),
            context.run_id or "ad_hoc",
            as_of=date.fromisoformat(self.as_of) if self.as_of else None,
            accept_short_read=frozenset(self.accept_short_read),
            wait_seconds=self.wait_seconds,
        ) as this_night:
            self._night = this_night
            # Runs that Dagster started have no such tag yet.
            if context.instance is not None and context.run_id is not None:
                day = {AS_OF: this_night.run.as_of.isoformat()}
                context.instance.add_run_tags(context.run_id, process_tags(context.run_id) | day)
            yield self

    @property
    def current(self) -> Night:
        """The night that has begun."""
        if self._night is None:
            raise RuntimeError("no night has begun: this is used outside a run")
        return self._night


def night_resource(home: Home, config_dir: Path) -> NightResource:
    """The resource for one home and configuration.

    They are not run configuration: whoever launches a run chooses its day, not where it writes.
    """
    places = {"home": home, "config_dir": config_dir}
    bound: type[NightResource] = type(
        "BoundNightResource", (NightResource,), {"__module__": __name__, **places}
    )
    return bound()
