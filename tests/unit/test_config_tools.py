"""Risks of a distribution model, and the team's tools: what may be written, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from config_files import default_data, model_messages, sources_messages

from pipelines.config import CoverageModel, load_config
from pipelines.config.resolved import resolved
from pipelines.config.tools import KnownTool, known_tools
from pipelines.home import CHECKOUT
from pipelines.warehouse.tools import write_tools

SOURCES = """\
sources:
  zendesk:
    base_url: https://acme.zendesk.com
    auth: {email: ops@acme.com, token: $ZENDESK_TOKEN}
  sheets:
    kind: files
    path: .
"""


def test_a_model_that_says_only_what_it_had_to_has_the_usual_thresholds() -> None:
    said = default_data()
    had_to = (
        "over_service",
        "under_service",
        "lead_fully_booked",
        "resource_block",
        "time_cv",
        "arr_concentration",
        "burnout_weeks",
    )
    said["model_risk"] = {key: said["model_risk"][key] for key in had_to}
    silent = CoverageModel.read(said, date(2026, 1, 1))
    assert silent.model_risk == CoverageModel.read(default_data(), date(2026, 1, 1)).model_risk


def test_weeks_reach_the_warehouse_as_numbers() -> None:
    model = CoverageModel.read(default_data(), date(2026, 1, 1))
    assert resolved(model)["model_risk"]["burnout_weeks"] == {"weeks": 4, "out_of": 6}


def test_people_are_told_by_team_unless_the_model_says_otherwise() -> None:
    assert not CoverageModel.read(default_data(), date(2026, 1, 1)).model_risk.show_people


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda m: m["model_risk"].update(under_service=1.5),
            "model_risk.under_service: must be less than over_service",
        ),
        (
            lambda m: m["model_risk"].update(hhj=0.1),
            'model_risk.hhj: unknown key; did you mean "hhi"?',
        ),
        (
            lambda m: m["model_risk"]["assignment"].update(rooms=1),
            'model_risk.assignment.rooms: unknown key; did you mean "room"?',
        ),
    ],
)
def test_a_mistake_in_risks_is_told_by_its_key(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    assert model_messages(tmp_path, change) == [message]


@pytest.mark.parametrize(
    ("tools", "message"),
    [
        (
            "tools: [{name: Zoom, type: vidio}]\n",
            "1: tools[0].type: must be one of: ai_notes, content, crm, csp, email, messaging, "
            'support, survey, video; not "vidio" (did you mean "video"?)',
        ),
        (
            "tools: [{name: Zoom, type: video, can: [chat]}]\n",
            '1: tools[0].can[0]: "chat" is not asked of a tool of type video; it may have '
            "crm_integrated, csp_integrated",
        ),
        (
            "tools: [{name: Gmail, type: email, recording_max_min: 60}]\n",
            "1: tools[0].recording_max_min: is only for tools of type video",
        ),
        (
            "tools:\n  - {name: Zoom, type: video}\n  - {name: zoom, type: video}\n",
            '3: tools[1].name: "zoom" is already a tool of type video',
        ),
        (
            "tools: [{name: Zendesk, type: support, source: zendesc}]\n",
            '1: tools[0].source: "zendesc" is not a source; did you mean "zendesk"?',
        ),
    ],
)
def test_a_mistake_in_tools_is_told_by_line_and_key(
    tmp_path: Path, tools: str, message: str
) -> None:
    assert sources_messages(tmp_path, tools + SOURCES) == [message]


def test_connected_sources_are_tools_unless_one_is_named_in_their_place(tmp_path: Path) -> None:
    video = KnownTool("Zoom", "video", None, True, (), 120)
    messages = KnownTool("Zendesk", "messaging", "zendesk", True)
    connected = KnownTool("zendesk", "support", "zendesk", False)
    named = KnownTool("Help desk", "support", "zendesk", True, ("chat", "omnichannel"))
    zoom = "  - {name: Zoom, type: video, recording_max_min: 120}\n"
    desk = "  - {name: Help desk, type: support, source: zendesk, can: [omnichannel, chat]}\n"
    chat = "  - {name: Zendesk, type: messaging, source: zendesk}\n"
    assert _tools(tmp_path, "") == [connected]
    assert _tools(tmp_path, f"tools:\n{zoom}{desk}") == [video, named]
    assert _tools(tmp_path, f"tools:\n{zoom}{chat}") == [video, messages, connected]


def test_tools_reach_the_warehouse() -> None:
    tool = KnownTool("Zoom", "video", None, True, ("csp_integrated",), 120)
    with duckdb.connect() as con:
        con.execute((CHECKOUT / "pipelines" / "warehouse" / "schema.sql").read_text())
        for _ in range(2):  # a second night replaces what the first one wrote
            write_tools(con, [tool])
        assert con.execute("from meta.tool").fetchall() == [
            ("Zoom", "video", None, True, ["csp_integrated"], 120)
        ]


def _tools(folder: Path, text: str) -> list[KnownTool]:
    (folder / "sources.yaml").write_text(text + SOURCES, encoding="utf-8")
    said = load_config(folder).sources_file
    return known_tools(said.tools, said.sources)
