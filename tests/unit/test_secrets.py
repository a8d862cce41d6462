"""Secrets are found where a setting says, and never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.errors import PermanentSourceError
from connectors.secrets import is_reference, resolve

WHERE = "sources.crm.auth.client_secret"


@pytest.mark.parametrize("value", ["$CRM_SECRET", "$x", "file:/run/secrets/crm", "file:crm.txt"])
def test_references(value: str) -> None:
    assert is_reference(value)


@pytest.mark.parametrize("value", ["", "$", "$1", "$A b", "a$A", "${A}", "file:", "hunter2"])
def test_what_is_no_reference(value: str) -> None:
    assert not is_reference(value)


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_SECRET", " hunter2\n")

    assert resolve("$CRM_SECRET", WHERE) == "hunter2"


def test_from_a_file_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "crm.txt").write_text("hunter2\n", encoding="utf-8")

    assert resolve("file:crm.txt", WHERE, tmp_path) == "hunter2"
    assert resolve(f"file:{tmp_path}/crm.txt", WHERE) == "hunter2"


@pytest.mark.parametrize(("value", "state"), [(None, "not set"), ("", "empty")])
def test_a_variable_without_a_value(
    monkeypatch: pytest.MonkeyPatch, value: str | None, state: str
) -> None:
    monkeypatch.delenv("CRM_SECRET", raising=False)
    if value is not None:
        monkeypatch.setenv("CRM_SECRET", value)

    with pytest.raises(PermanentSourceError) as caught:
        resolve("$CRM_SECRET", WHERE)

    assert f"{WHERE}: the environment variable CRM_SECRET is {state}; set it" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "No such file"), (b"", "is empty"), (b"\xff\xfe\xff", "is not text")],
)
def test_a_file_without_a_secret(tmp_path: Path, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / "crm.txt").write_bytes(content)

    with pytest.raises(PermanentSourceError) as caught:
        resolve("file:crm.txt", WHERE, tmp_path)

    assert str(caught.value).startswith(f"{WHERE}: the file {tmp_path / 'crm.txt'} ")
    assert message in str(caught.value)


def test_a_secret_that_was_typed_in_is_refused_and_not_shown() -> None:
    with pytest.raises(PermanentSourceError, match="a secret cannot be written here") as caught:
        resolve("hunter2", WHERE)

    assert "hunter2" not in str(caught.value)
