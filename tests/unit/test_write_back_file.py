"""write_back.yaml: what may be written where, and what would feed results back into themselves."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from textwrap import dedent

import pytest

from pipelines.config import ConfigError, load_config
from pipelines.config.load import CHECKOUT_CONFIG, load_write_back
from pipelines.config.write_back import WriteBackFile
from pipelines.write_back.values import VALUES

SOURCES = """\
sources:
  crm:
    kind: salesforce
    base_url: https://acme.my.salesforce.com
    auth: {client_id: $ID, client_secret: $SECRET}
    fields: {accounts.tier_override: Tier_Override__c, contracts.arr: ARR__c}
    extra_fields: {accounts: [Region__c]}
  hubspot:
    auth: {token: $TOKEN}
  custify:
    auth: {token: $TOKEN}
    fields: {accounts.tier_override: Tier}
  sheets: {kind: files, path: .}
"""


def read(folder: Path, text: str) -> WriteBackFile:
    (folder / "sources.yaml").write_text(SOURCES)
    (folder / "write_back.yaml").write_text(dedent(text))
    return load_write_back(load_config(folder, default_models=CHECKOUT_CONFIG / "models"))


def test_without_the_file_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").write_text(SOURCES)
    config = load_config(tmp_path, default_models=CHECKOUT_CONFIG / "models")
    assert load_write_back(config).sources == {}


def test_the_file_of_the_checkout_is_sound_and_writes_nothing() -> None:
    assert load_write_back(load_config(CHECKOUT_CONFIG)).sources == {}


def test_a_source_writes_nothing_until_it_is_enabled_and_no_dry_run(tmp_path: Path) -> None:
    crm = read(tmp_path, "sources: {crm: {fields: {tier: CS_Tier__c}}}").sources["crm"]
    assert (crm.enabled, crm.dry_run, crm.max_changes, crm.when_unknown) == (
        False,
        True,
        0.2,
        "leave",
    )


@pytest.mark.parametrize(
    ("source", "fields", "said"),
    [
        ("crn", "tier: CS_Tier__c", 'did you mean "crm"'),
        ("sheets", "tier: CS_Tier", "nothing can be written to files, only to custify, hubspot"),
        ("crm", "teir: CS_Tier__c", 'did you mean "tier"'),
        ("crm", "tier: CS__c, health_band: CS__c", "takes tier already"),
        ("crm", "as_of: CS_As_Of__c", "only along with others"),
        ("crm", "tier: Tier_Override__c", "read as accounts.tier_override"),
        ("crm", "tier: Region__c", "read as an attribute"),
        ("crm", "tier: Type", "read by this source"),
        ("crm", "tier: Rating", "names end with __c"),
        ("hubspot", "tier: lifecyclestage", "read by this source"),
        ("hubspot", "tier: hs_lead_status", "not beginning with hs_"),
        ("custify", "tier: Tier", "would come back as input"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(
    source: str, fields: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, f"sources:\n  {source}:\n    fields: {{{fields}}}\n")
    assert said in str(refused.value)
    assert "write_back.yaml:" in str(refused.value)


def test_the_page_about_it_lists_every_value_as_it_is_declared() -> None:
    page = (CHECKOUT_CONFIG.parent / "docs" / "write_back.md").read_text(encoding="utf-8")
    listed = [line for line in page.splitlines() if line.startswith("| `")]
    declared = [f"| `{name}` | {value.meaning} |" for name, value in VALUES.items()]
    assert listed[: len(declared)] == declared


def test_words_of_several_choices_are_sorted_and_none_of_them_is_none() -> None:
    as_field = VALUES["overdue_families"].as_field
    assert as_field(["qbr", "ebr"]) == "ebr;qbr"
    assert as_field([]) is None


def test_a_quarter_is_written_as_people_say_it() -> None:
    assert VALUES["coverage_quarter"].as_field(date(2026, 4, 1)) == "2026-Q2"
