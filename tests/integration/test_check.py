"""`cs-coverage check` against an API whose token lacks one scope."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pipelines.check import check
from pipelines.cli import NOT_PUBLISHED
from sandbox.servers import vendor
from sandbox.servers.hubspot import System as HubSpot
from sandbox.servers.vendor import Vendor, served


@pytest.fixture
def hubspot(monkeypatch: pytest.MonkeyPatch) -> Vendor:
    system = vendor("hubspot")
    for stream in ("companies", "deals", "meetings"):
        system.fill(stream, 3)
    for name, value in system.secrets().items():
        monkeypatch.setenv(name, value)
    return system


def run(system: Vendor, folder: Path, **more: object) -> int:
    with served(system) as url:
        sources = {"crm": {"kind": "hubspot", **system.settings(url), **more}}
        (folder / "sources.yaml").write_text(yaml.safe_dump({"sources": sources}))
        return check(folder)


def words(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


def test_all_is_well(hubspot: Vendor, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(hubspot, tmp_path) == 0
    assert "cannot be read" not in words(capsys)


def test_a_missing_scope_is_named_with_its_stream_and_what_will_be_missing(
    hubspot: Vendor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hubspot.forbid("deals")
    assert run(hubspot, tmp_path) == NOT_PUBLISHED
    said = words(capsys)
    assert "crm.deals" in said
    assert "crm.objects.deals.read" in said
    assert (
        "Missing without it: ARR, term ends, renewal, retention and expansion (contracts)." in said
    )
    assert said.count("cannot be read") == 1
    assert said.count("can be read") > 10


def test_a_stream_that_is_not_asked_for_is_not_missed(
    hubspot: Vendor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hubspot.forbid("deals")
    assert run(hubspot, tmp_path, streams=["companies", "meetings"]) == 0
    assert "deals" not in words(capsys)


def test_an_optional_stream_is_no_fault(
    hubspot: Vendor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hubspot.forbid("feedback_submissions")
    assert run(hubspot, tmp_path) == 0
    assert "not offered" in words(capsys)


def test_only_first_pages_are_read_and_nothing_is_kept(hubspot: Vendor, tmp_path: Path) -> None:
    hubspot.fill("companies", 250, first=4)
    run(hubspot, tmp_path, streams=["companies"])
    lists = [seen for seen in hubspot.seen if seen.path.endswith("/objects/companies")]
    assert len(lists) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["sources.yaml"]


WRITTEN = "sources: {crm: {enabled: %s, fields: {tier: cs_tier, health_score: cs_helth}}}\n"


def test_a_field_that_results_cannot_be_written_to_is_named(
    hubspot: Vendor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert isinstance(hubspot, HubSpot)
    hubspot.define("companies", "cs_tier", "cs_health")
    (tmp_path / "write_back.yaml").write_text(WRITTEN % "true")
    assert run(hubspot, tmp_path) == NOT_PUBLISHED
    said = words(capsys)
    assert "crm.write_back" in said
    assert "no property cs_helth. Did you mean cs_health?" in said


def test_fields_of_a_source_that_is_not_enabled_are_not_looked_at(
    hubspot: Vendor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "write_back.yaml").write_text(WRITTEN % "false")
    assert run(hubspot, tmp_path) == 0
    assert "write_back" not in words(capsys)
