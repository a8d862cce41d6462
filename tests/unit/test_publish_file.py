"""publish.yaml: where tables go and who reads them there, checked like every other file."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.config import Config, ConfigError, load_config
from pipelines.config.publishing import KEEP_DAYS
from pipelines.home import DEFAULT_MODELS_DIR

SERVER = "host: db, database: d, user: u"


def load(folder: Path, text: str | None) -> Config:
    (folder / "sources.yaml").write_text("sources: {}\n")
    if text is not None:
        (folder / "publish.yaml").write_text(text)
    return load_config(folder, default_models=DEFAULT_MODELS_DIR)


def test_without_the_file_nothing_goes_anywhere(tmp_path: Path) -> None:
    publishing = load(tmp_path, None).publishing
    assert publishing.postgres is None
    assert publishing.people.keep_days == KEEP_DAYS


def test_the_file_of_the_checkout_is_sound_and_names_no_server(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "config" / "publish.yaml").read_text()
    assert load(tmp_path, text).publishing == load(tmp_path, "").publishing
    with_server = "\n".join(
        line.removeprefix("# ") if line.startswith(("# postgres", "#   ")) else line
        for line in text.splitlines()
    )
    server = load(tmp_path, with_server).publishing.postgres
    assert server is not None and server.readers == ["bi_reader"]


def test_a_server_takes_three_words(tmp_path: Path) -> None:
    server = load(tmp_path, f"postgres: {{{SERVER}}}").publishing.postgres
    assert server is not None
    assert (server.port, server.schema_, server.sslmode) == (5432, "coverage", "require")
    assert (server.readers, server.people_readers) == ([], [])


def test_where_tables_go_changes_no_number(tmp_path: Path) -> None:
    version = load(tmp_path, None).config_version
    assert load(tmp_path, f"postgres: {{{SERVER}}}").config_version == version


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("people: {keep_days: 0}", "people.keep_days"),
        ("postgres: {host: db, database: d}", "postgres.user: is missing"),
        (f"postgres: {{{SERVER}, password: hunter2}}", "write $NAME"),
        ("postgres: {url: 'postgresql://u:hunter2@db/d'}", "write $NAME"),
        (f"postgres: {{{SERVER}, url: $URL}}", "postgres.host: url says it already"),
        (f"postgres: {{{SERVER}, schema: Cov-erage}}", "postgres.schema"),
        (f"postgres: {{{SERVER}, schema: pg_mine}}", "postgres.schema"),
        (f"postgres: {{{SERVER}, people_schema: coverage}}", "postgres.people_schema"),
        (f"postgres: {{{SERVER}, reader: [x]}}", 'did you mean "readers"'),
        (f"postgres: {{{SERVER}, tables: []}}", "postgres.tables"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, text)
    told = str(refused.value)
    assert said in told
    assert "publish.yaml:1" in told
    assert "hunter2" not in told
