"""sources.yaml: what it takes, and what it says about what it does not take."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_files import CONFIG, sources_messages

from connectors import registry
from pipelines.config import ConfigError, load_config

GOOD = """\
time_zone: Europe/London
currency: USD
fx: {EUR: 1.08, GBP: 1.27}
sources:
  sheets:
    kind: files
    path: ./exports
    entities:
      usage:
        columns: {on: day}
      tickets:
        values: {priority: {yes: P1, 1: P2}}
  files:
    path: $EXPORTS
"""


def write(folder: Path, text: str) -> Path:
    (folder / "sources.yaml").write_text(text, encoding="utf-8")
    return folder


def test_shipped_file_loads_with_its_models() -> None:
    config = load_config(CONFIG)

    assert config.sources_file.sources == {}
    assert [str(model.effective_from) for model in config.models] == ["2024-01-01"]


def test_sources_keep_their_order_and_know_their_kind(tmp_path: Path) -> None:
    sources_file = load_config(write(tmp_path, GOOD)).sources_file

    assert list(sources_file.sources) == ["sheets", "files"]
    assert sources_file.sources["files"].kind == "files"  # type: ignore[attr-defined]
    assert sources_file.rates == {"USD": 1.0, "EUR": 1.08, "GBP": 1.27}


def test_keys_are_text_also_where_yaml_has_other_ideas(tmp_path: Path) -> None:
    settings = load_config(write(tmp_path, GOOD)).sources_file.sources["sheets"]

    entities = settings.model_dump()["entities"]
    assert entities["usage"]["columns"] == {"on": "day"}
    assert entities["tickets"]["values"] == {"priority": {"yes": "P1", "1": "P2"}}


def test_nothing_below_sources_is_no_source(tmp_path: Path) -> None:
    assert load_config(write(tmp_path, "sources:\n  # none yet\n")).sources_file.sources == {}


def test_unknown_key_is_shown_with_line_and_suggestion(tmp_path: Path) -> None:
    text = GOOD.replace("values:", "valeus:")
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, text))

    expected = (
        f"{tmp_path}/sources.yaml:12: sources.sheets.entities.tickets.valeus: unknown key; "
        'did you mean "values"?'
    )
    assert str(caught.value) == expected


def test_files_below_the_working_directory_are_shown_relative_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").mkdir()
    write(tmp_path / "config", "currency: 5\n")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ConfigError, match=r"^config/sources\.yaml:1: currency: must be text"):
        load_config(tmp_path / "config")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "curency: USD\n",
            '1: curency: unknown key; did you mean "currency"?',
        ),
        (
            "time_zone: europe/london\n",
            '1: time_zone: "europe/london" is not a time zone; did you mean "Europe/London"?',
        ),
        (
            "refresh_at: 2 am\n",
            '1: refresh_at: "2 am" is not a time of day; write it like "02:00"',
        ),
        (
            "duckdb: {memory: 8}\n",
            '1: duckdb.memory: "8" is not an amount of memory; write it like 8GB',
        ),
        (
            "duckdb: {threads: 0}\n",
            "1: duckdb.threads: must be at least 1, not 0",
        ),
        (
            "currency: usd\n",
            '1: currency: "usd" is not a currency; write its three capital letters, like USD',
        ),
        (
            "fx:\n  EUR: 0\n",
            "2: fx.EUR: must be more than 0, not 0",
        ),
        (
            "fx:\n  eur: 1.08\n",
            '2: fx.eur: "eur" is not a currency; write its three capital letters, like USD',
        ),
        (
            "currency: EUR\nfx:\n  GBP: 1.2\n  EUR: 1.08\n",
            "4: fx.EUR: EUR is the reporting currency: its rate is 1, or leave it out",
        ),
        (
            "fx_history:\n  EUR:\n    2026-01-01: -1.05\n",
            "3: fx_history.EUR.2026-01-01: must be more than 0, not -1.05",
        ),
        (
            "fx_history:\n  EUR: {2026: 1.05}\n",
            '2: fx_history.EUR.2026: "2026" is not a day; write it like 2026-01-31',
        ),
        (
            "fx_history:\n  EUR: {2026-02-30: 1.05}\n",
            "2: fx_history.EUR.2026-02-30: input should be a valid date or datetime, day value is "
            "outside expected range",
        ),
        (
            "fx_history:\n  USD: {2026-01-01: 1}\n",
            "2: fx_history.USD: USD is the reporting currency: it has no market rate; leave it out",
        ),
        (
            "sources:\n  crm:\n    path: .\n",
            '2: sources.crm: kind is missing, and "crm" is not a kind of source itself; add kind, '
            f"one of: {', '.join(registry.kinds())}",
        ),
        (
            "sources:\n  hubspot:\n    auth: {token: $T}\n    fields:\n      contracts.arrr: x\n",
            '5: sources.hubspot.fields.contracts.arrr: contracts has no column "arrr"; '
            'did you mean "arr"?',
        ),
        (
            "sources:\n  hubspot:\n    auth: {token: $T}\n    fields:\n      usage.value: x\n",
            "5: sources.hubspot.fields.usage.value: no stream of this source holds usage; "
            "there are accounts, activities, contacts, contracts, surveys, tickets, users",
        ),
        (
            "sources:\n  hubspot:\n    auth: {token: pat-eu1-0123}\n",
            "3: sources.hubspot.auth.token: a secret cannot be written here: put it into an "
            "environment variable and write $NAME, or into a file and write file:PATH",
        ),
        (
            "sources:\n  hubspot:\n    auth: {token: $T}\n    streams: [deal]\n",
            "4: sources.hubspot.streams: deal is not a stream of this source. Did you mean deals?",
        ),
        (
            "field_priority:\n  accounts.nam: []\n",
            '2: field_priority.accounts.nam: accounts has no column "nam"; did you mean "name"?',
        ),
        (
            "field_priority:\n  accounts.name: [crm]\nsources: {hubspot: {auth: {token: $T}}}\n",
            '2: field_priority.accounts.name[0]: "crm" is not a source; known here: hubspot',
        ),
        (
            "sources:\n  crm:\n    kind: file\n",
            '3: sources.crm.kind: "file" is not a kind of source; did you mean "files"?',
        ),
        (
            "sources:\n  My-Sheets:\n    kind: files\n    path: .\n",
            "2: sources.My-Sheets: a source's name is lower case, its words joined by one _, like "
            "crm_europe",
        ),
        (
            "sources:\n  a__b: {kind: files, path: .}\n",
            "2: sources.a__b: a source's name is lower case, its words joined by one _, like "
            "crm_europe",
        ),
        (
            "sources:\n  files:\n",
            "2: sources.files: must have keys below it, like {kind: files, path: ./data}",
        ),
        (
            "sources:\n  files:\n    entities: {}\n",
            "2: sources.files.path: is missing; add it",
        ),
        (
            "sources:\n  files:\n    path: .\n    freshness_hours: soon\n",
            '4: sources.files.freshness_hours: must be a number, not "soon"',
        ),
        (
            "sources:\n  files:\n    path: .\n    entities: [tickets]\n",
            "4: sources.files.entities: must have keys below it, like {key: value}",
        ),
        (
            "- sources\n",
            "1: : must have keys below it, like {key: value}",
        ),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, message: str) -> None:
    assert sources_messages(tmp_path, text) == [message]


@pytest.mark.parametrize(
    "key",
    [
        "target_ratio",
        "ratio_target",
        "accounts_per_csm",
        "target_accounts_per_csm",
        "csm_ratio",
        "targetRatio",
    ],
)
def test_target_ratio_is_refused_at_any_depth_with_the_reason(tmp_path: Path, key: str) -> None:
    text = f"sources:\n  files:\n    path: .\n    entities:\n      x: {{{key}: 50}}\n{key}: 50\n"

    messages = sources_messages(tmp_path, text)

    refused = [message.split(": ")[1] for message in messages if "a target ratio" in message]
    assert refused == [f"sources.files.entities.x.{key}", key]
    assert "the ratio that they imply follows" in messages[-1]
    assert not any("unknown key" in message for message in messages)


def test_all_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, "currency: usd\nfx: {EUR: -1}\nsources:\n  a: {kind: x}\n  B: {}\n")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "january.yaml").write_text("tiers: []\n", encoding="utf-8")
    (tmp_path / "models" / "2026-01-01.yaml").write_text("tiers: []\n", encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path)

    shown = {(Path(p.file).name, p.key) for p in caught.value.problems}
    assert {
        ("sources.yaml", "currency"),
        ("sources.yaml", "fx.EUR"),
        ("sources.yaml", "sources.a.kind"),
        ("sources.yaml", "sources.B"),
        ("january.yaml", ""),
        ("2026-01-01.yaml", "tiers"),
        ("2026-01-01.yaml", "capacity"),
    } <= shown


def test_missing_file_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file") as caught:
        load_config(tmp_path / "nowhere")

    assert str(tmp_path / "nowhere") in str(caught.value)
    assert "copy config/sources.yaml" in str(caught.value)


def test_version_ignores_comments_and_layout_but_not_content(tmp_path: Path) -> None:
    def version(text: str) -> str:
        return load_config(write(tmp_path, text)).config_version

    same = version("fx: {EUR: 1.08}\nsources:\n  a: {kind: files, path: .}\n")
    assert same == version(
        "# said differently\nsources: {a: {path: '.', kind: files, max_shrink: 0.2}}\n"
        "fx:\n  EUR: 1.080\ncurrency: USD\n"
    )
    assert len(same) == 12
    assert same != version("fx: {EUR: 1.09}\nsources:\n  a: {kind: files, path: .}\n")


def test_version_changes_with_the_priority_of_sources(tmp_path: Path) -> None:
    first, second = "  a: {kind: files, path: .}\n", "  b: {kind: files, path: .}\n"

    one = load_config(write(tmp_path, f"sources:\n{first}{second}")).config_version
    other = load_config(write(tmp_path, f"sources:\n{second}{first}")).config_version

    assert one != other


@pytest.mark.parametrize(
    ("text", "cron"),
    [
        ("{}\n", "0 2 * * *"),
        ("refresh_at: 22:30\n", "30 22 * * *"),
        ("refresh_at: '04:05'\n", "5 4 * * *"),
    ],
)
def test_the_nightly_refresh_starts_when_the_file_says(
    tmp_path: Path, text: str, cron: str
) -> None:
    (tmp_path / "sources.yaml").write_text(text)
    assert load_config(tmp_path).sources_file.refresh_cron == cron


def test_when_it_starts_changes_no_number(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text("time_zone: UTC\n")
    before = load_config(tmp_path).config_version
    path.write_text("time_zone: UTC\nrefresh_at: '04:05'\n")
    assert load_config(tmp_path).config_version == before
