"""Sources as assets: a run asks all of its sources at once, and first loads what is here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest

from connectors.custify.settings import Settings as Api
from connectors.http.auth import Bearer
from connectors.landing import LandingWriter
from connectors.stream import ReadResult, Stream
from pipelines.assets.common import night_resource
from pipelines.assets.streams import stream_assets
from pipelines.home import Home
from pipelines.sources import OpenSource

TASKS = Stream("tasks", "tasks", key=("id",), is_full_read=False)
FILES = SimpleNamespace(max_shrink=0.2, max_quarantined=0.05, concurrency=1, freshness_hours=36)
API = Api(auth=Bearer(token="$TOKEN"))


@dataclass
class Waiting:
    """A source with one stream, which does before it ends what the test says."""

    name: str
    does: Callable[[], object]
    kind: str = "example"
    asked: list[str] = field(default_factory=list)

    @property
    def streams(self) -> Sequence[Stream]:
        return [TASKS]

    def extract(
        self, stream: Stream, cursor: str | None, landing: LandingWriter
    ) -> ReadResult | None:
        self.asked.append(stream.name)
        self.does()
        return ReadResult(cursor="1", columns=())

    def probe(self, stream: Stream, landing: LandingWriter) -> ReadResult | None:
        raise NotImplementedError


def run(home: Home, config: Path, *opened: OpenSource, **selected: object) -> list[str]:
    """Read as `cs-coverage refresh` does; the steps in the order in which they began."""
    config.mkdir()
    (config / "sources.yaml").write_text("sources: {}\n")
    job = dg.define_asset_job("read", selection=dg.AssetSelection.all())
    defs = dg.Definitions(
        assets=stream_assets(opened),
        jobs=[job],
        resources={"night": night_resource(home, config)},
    )
    result = defs.resolve_job_def("read").execute_in_process(**selected)  # type: ignore[arg-type]
    assert result.success
    return [str(e.step_key) for e in result.all_events if e.event_type_value == "STEP_START"]


@pytest.mark.parametrize(
    "selected",
    [{}, {"asset_selection": [dg.AssetKey(["crm", "tasks"]), dg.AssetKey(["desk", "tasks"])]}],
    ids=["a run of everything", "a run of named assets"],
)
def test_sources_are_read_at_the_same_time(
    home: Home, tmp_path: Path, selected: dict[str, object]
) -> None:
    together = threading.Barrier(2, timeout=10)
    crm, desk = (OpenSource(Waiting(name, together.wait), API) for name in ("crm", "desk"))
    run(home, tmp_path / "config", crm, desk, **selected)
    assert not together.broken, "each was asked while the other had not answered yet"


def test_a_source_that_a_run_is_not_about_is_not_asked(home: Home, tmp_path: Path) -> None:
    crm, desk = Waiting("crm", lambda: None), Waiting("desk", lambda: None)
    sources = [OpenSource(crm, API), OpenSource(desk, API)]
    run(home, tmp_path / "config", *sources, asset_selection=[dg.AssetKey(["desk", "tasks"])])
    assert (crm.asked, desk.asked) == ([], ["tasks"])


def test_files_are_loaded_while_apis_are_still_asked(home: Home, tmp_path: Path) -> None:
    api = OpenSource(Waiting("crm", lambda: None), API)
    files = OpenSource(Waiting("sheets", lambda: None), FILES)
    assert run(home, tmp_path / "config", api, files) == ["read_sheets", "read_crm"]
