"""Replies that HubSpot once gave, served again and read by the connector as it is.

A recorded file is served at the address that it was recorded from; one that is not known here
fails a test. Quotes and products are no streams of ours: the test declares them, which is all
that a further type of object takes.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any, ClassVar

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from connectors.hubspot import STREAMS, Settings
from connectors.hubspot.associations import CONTEXT_KEY
from connectors.hubspot.source import HubSpotSource
from connectors.hubspot.streams import ObjectStream
from connectors.landing import LandingWriter
from connectors.manifest import Manifest
from connectors.stream import ReadResult
from pipelines.home import Home
from pipelines.warehouse.connection import warehouse
from pipelines.warehouse.load import apply_batch
from sandbox.servers.vendor import served
from tests.support import NIGHT
from tests.support import records as rows_of

RECORDED = Path(__file__).resolve().parents[3] / "shared" / "fixtures" / "hubspot" / "dlt"
FILES = sorted(RECORDED.glob("*.json"))
PAGES = [path for path in FILES if not path.stem.endswith("_properties")]
PROPERTIES = [path for path in FILES if path.stem.endswith("_properties")]
Record = dict[str, Any]

pytestmark = pytest.mark.skipif(not FILES, reason="the recorded replies are not there")


class MoreStreams(Settings):
    """HubSpot with two further types of object."""

    all_streams: ClassVar = (
        *STREAMS,
        ObjectStream("quotes", "Quotes.", properties=("hs_title", "hs_status")),
        ObjectStream("products", "Products.", properties=("name", "description", "price")),
    )


class Replay:
    """Answers with a recorded page, then with nothing more; remembers what was asked."""

    def __init__(self, page: Path) -> None:
        self.object_type = page.stem.split("_")[1]
        self.body = page.read_bytes()
        self.asked: list[Request] = []
        self.searches = 0

    def app(self) -> ASGIApp:
        of = self.object_type
        return Starlette(
            routes=[
                Route(f"/crm/v3/objects/{of}", self.listed),
                Route(f"/crm/v3/objects/{of}/search", self.found, methods=["POST"]),
                Route(f"/crm/v3/properties/{of}", self.properties),
                Route(f"/crm/v4/associations/{of}/{{to}}/batch/read", self.none, methods=["POST"]),
            ]
        )

    async def listed(self, request: Request) -> Response:
        self.asked.append(request)
        is_archived = request.query_params["archived"] == "true"
        return reply(b'{"results":[]}' if is_archived else self.body)

    async def found(self, request: Request) -> Response:
        self.searches += 1
        return reply(self.body)

    async def none(self, request: Request) -> Response:
        return reply(b'{"status":"COMPLETE","results":[]}')

    async def properties(self, request: Request) -> Response:
        recorded = RECORDED / f"mock_{self.object_type}_properties.json"
        if recorded.exists():
            return reply(recorded.read_bytes())
        names = {name for record in self.records for name in record["properties"]}
        return reply(json.dumps({"results": [{"name": name} for name in names]}).encode())

    @property
    def records(self) -> list[Record]:
        return list(json.loads(self.body)["results"])


def reply(body: bytes) -> Response:
    return Response(body, media_type="application/json;charset=utf-8")


def stream_of(replay: Replay) -> ObjectStream:
    stream = next(each for each in MoreStreams.all_streams if each.name == replay.object_type)
    assert isinstance(stream, ObjectStream)
    return stream


def context_prefix(stream: ObjectStream) -> bytes:
    """What is put before a record's own bytes where it is associated with nothing."""
    if not stream.associations:
        return b""
    nothing = {CONTEXT_KEY: {to: [] for to in stream.associations}}
    return json.dumps(nothing, separators=(",", ":")).encode()[1:-1] + b","


def without_context(line: bytes) -> Record:
    return {key: value for key, value in json.loads(line).items() if key != CONTEXT_KEY}


def read(
    replay: Replay, tmp_path: Path, cursor: str | None = None
) -> tuple[ReadResult, Manifest, list[bytes]]:
    """What reading the replay's stream says and lands."""
    with served(replay) as address:  # type: ignore[arg-type]
        settings = MoreStreams.model_validate({"auth": {"token": "$T"}, "base_url": address})
        source = HubSpotSource("hubspot", settings, tmp_path)
        stream = stream_of(replay)
        with LandingWriter(
            tmp_path / "landing",
            source="hubspot",
            kind="hubspot",
            stream=stream,
            run_id="run",
            extracted_at=NIGHT,
            max_shrink=0.2,
            max_quarantined=0.05,
        ) as landing:
            result = source.extract(stream, cursor, landing)
            assert result is not None
            manifest = landing.commit(result)
    parts = manifest.part_paths(tmp_path / "landing")
    return result, manifest, gzip.decompress(parts[0].read_bytes()).splitlines()


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T", "pat-eu1-0")


@pytest.fixture(params=PAGES, ids=lambda path: path.stem)
def page(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_every_recorded_file_is_read_by_a_test_here() -> None:
    known = {stream.name for stream in MoreStreams.all_streams}
    assert {path.stem.split("_")[1] for path in FILES} <= known
    assert PAGES
    assert PROPERTIES


def test_records_land_as_they_were_received(page: Path, tmp_path: Path) -> None:
    replay = Replay(page)
    _, _, lines = read(replay, tmp_path)
    assert [without_context(line) for line in lines] == replay.records
    on_one_line = replay.body.replace(b"\n", b" ")
    prefix = context_prefix(stream_of(replay))
    assert all(line.startswith(b"{" + prefix) for line in lines)
    assert all(line.replace(prefix, b"", 1) in on_one_line for line in lines)


def test_records_are_known_by_their_id_and_by_when_they_changed(page: Path, tmp_path: Path) -> None:
    replay = Replay(page)
    _, manifest, _ = read(replay, tmp_path)
    home = Home(tmp_path)
    with warehouse(home.warehouse) as con:
        assert apply_batch(con, tmp_path / "landing", manifest).new == len(replay.records)
    sql = f"select record_key, cursor_value, is_deleted from raw.hubspot__{replay.object_type}"
    assert sorted((r["record_key"], r["cursor_value"]) for r in rows_of(home, sql)) == sorted(
        (record["id"], record["updatedAt"]) for record in replay.records
    )
    assert not any(row["is_deleted"] for row in rows_of(home, sql))


def test_the_bookmark_is_the_latest_change_in_the_page(page: Path, tmp_path: Path) -> None:
    replay = Replay(page)
    result, _, _ = read(replay, tmp_path)
    modified = stream_of(replay).modified
    times = [t for each in replay.records if (t := each["properties"].get(modified))]
    assert json.loads(result.cursor or "{}").get("since") == max(times, default=None)


def test_the_same_records_as_search_results_are_the_same(page: Path, tmp_path: Path) -> None:
    replay = Replay(page)
    result, _, listed = read(replay, tmp_path / "first")
    state = {**json.loads(result.cursor or "{}"), "since": "2026-11-21T00:00:00Z"}
    _, _, found = read(replay, tmp_path / "next", json.dumps(state))
    assert found == listed
    assert replay.searches == 1


@pytest.mark.parametrize("recorded", PROPERTIES, ids=lambda path: path.stem)
def test_only_properties_that_the_account_has_are_asked_for(recorded: Path, tmp_path: Path) -> None:
    replay = Replay(RECORDED / f"{recorded.stem.removesuffix('_properties')}_data.json")
    read(replay, tmp_path)
    known = {each["name"] for each in json.loads(recorded.read_bytes())["results"]}
    asked = replay.asked[0].query_params["properties"].split(",")
    assert {"email", "jobtitle", "hs_merged_object_ids"} <= set(asked) <= known
