"""The version of what tables are made by: it changes with all that could change a number."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.recipe import _project, recipe_version


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "models").mkdir()
    (tmp_path / "macros").mkdir()
    (tmp_path / "models" / "accounts.sql").write_text("select 1 as account_id")
    (tmp_path / "macros" / "one.sql").write_text("{% macro one() %} 1 {% endmacro %}")
    (tmp_path / "dbt_project.yml").write_text("name: any")
    return tmp_path


def version_now(project: Path, config_version: str = "a") -> str:
    _project.cache_clear()  # a process that runs on does not see the project change under it
    return recipe_version(config_version, project)


def test_the_same_project_and_configuration_have_the_same_version(project: Path) -> None:
    assert version_now(project) == version_now(project)


@pytest.mark.parametrize("file", ["models/accounts.sql", "macros/one.sql", "dbt_project.yml"])
def test_another_content_is_another_version(project: Path, file: str) -> None:
    before = version_now(project)
    (project / file).write_text("select 2 as account_id")
    assert version_now(project) != before


def test_a_file_more_or_under_another_name_is_another_version(project: Path) -> None:
    versions = {version_now(project)}
    (project / "models" / "empty.sql").touch()
    versions.add(version_now(project))
    (project / "models" / "empty.sql").rename(project / "models" / "blank.sql")
    versions.add(version_now(project))
    assert len(versions) == 3


def test_another_configuration_is_another_version(project: Path) -> None:
    assert version_now(project, "a") != version_now(project, "b")
