"""Reading YAML: lines, what plain values mean, and files that are broken."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import yaml
from config_files import sources_messages
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipelines.config.errors import Fault
from pipelines.config.explain import faults_of
from pipelines.config.yaml_document import read_document


def read(tmp_path: Path, text: str) -> object:
    path = tmp_path / "a.yaml"
    path.write_text(text, encoding="utf-8")
    document = read_document(path)
    assert document.problems == ()
    return document.data


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("true", True),
        ("'true'", "true"),
        ("12:30:00", "12:30:00"),
        ("2026-01-01", "2026-01-01"),
        ("012", 12),
        ("1_000", "1_000"),
        ("1.5e3", 1500.0),
        (".5", 0.5),
        (".inf", math.inf),
        ("inf", "inf"),
        ("1.2.3", "1.2.3"),
        ("~", None),
        ("|-\n  a\n  b", "a\nb"),
    ],
)
def test_plain_values(tmp_path: Path, text: str, value: object) -> None:
    assert read(tmp_path, f"key: {text}\n") == {"key": value}


def test_aliases_repeat_what_they_stand_for(tmp_path: Path) -> None:
    assert read(tmp_path, "a: &x [1, 2]\nb: *x\n") == {"a": [1, 2], "b": [1, 2]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "currency: USD\nfx:\n  EUR: 1\n  EUR: 2\n",
            "4: fx.EUR: this key is already on line 3; keep one of the two",
        ),
        (
            "fx:\n\tEUR: 1\n",
            "2: : not valid YAML here or just above: a value that starts with %, @, ` or a tab "
            "needs quotes",
        ),
        (
            "currency: USD\n  fx: 1\n",
            '2: : not valid YAML here or just above: a value that holds ": " must be put in quotes',
        ),
        (
            "time_zone: 'UTC\n",
            "2: : not valid YAML here or just above: a quote is opened and never closed",
        ),
        (
            "a: {x: 1\nb: 2\n",
            "2: : not valid YAML here or just above: a bracket or a comma is missing",
        ),
        (
            "time_zone: UTC\n---\nfx: {}\n",
            "2: : not valid YAML here or just above: only one document a file: remove the line ---",
        ),
        (
            "<<: {}\n",
            "1: : merge keys (<<) are not supported; write the keys",
        ),
        (
            "fx: &x\n  EUR: *x\n",
            "1: fx.EUR: refers to itself; write it out instead of using an alias",
        ),
        (
            "? [a]\n: 1\n",
            "1: : a key must be text, not a list or a mapping",
        ),
    ],
)
def test_broken_files_are_told_with_their_line(tmp_path: Path, text: str, message: str) -> None:
    assert message in sources_messages(tmp_path, text)


def test_a_file_that_is_not_utf8_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a: 1\nb: \xff\n")

    (problem,) = read_document(path).problems

    assert (problem.line, problem.message) == (2, "not UTF-8; save it as UTF-8")


@pytest.mark.parametrize("text", ["secret: *hunter2\n", "secret: !hunter2\n", "secret: %hunter2\n"])
def test_an_unquoted_secret_is_never_shown(tmp_path: Path, text: str) -> None:
    messages = sources_messages(tmp_path, text)

    assert any("quote" in message for message in messages)
    assert "hunter2" not in " ".join(messages)


class Auth(BaseModel):
    model_config = ConfigDict(extra="forbid")
    secret: str = ""
    attempts: int = Field(1, ge=1)

    @field_validator("secret")
    @classmethod
    def _is_reference(cls, value: str) -> str:
        raise ValueError(f"{value} is not a reference")


class WithAuth(BaseModel):
    auth: Auth


@pytest.mark.parametrize(
    ("auth", "messages"),
    [
        ({"secret": "hunter2"}, ["… is not a reference"]),
        ({"attempts": "hunter2"}, ["must be a whole number"]),
        ("hunter2", ["must have keys below it, like {key: value}"]),
    ],
)
def test_values_below_auth_are_never_shown(auth: object, messages: list[str]) -> None:
    with pytest.raises(ValidationError) as caught:
        WithAuth.model_validate({"auth": auth})

    assert [fault.message for fault in faults_of(caught.value, WithAuth)] == messages


KEYS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(KEYS.filter(lambda key: key != "<<"), TREES, min_size=1, max_size=4))
def test_what_is_written_is_read_and_every_key_has_its_line(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, object]
) -> None:
    path = tmp_path_factory.getbasetemp() / "tree.yaml"
    path.write_text(
        yaml.safe_dump(tree, sort_keys=False, default_flow_style=False), encoding="utf-8"
    )
    document = read_document(path)

    lines = [document.problem(Fault((key,), "")).line or 0 for key in tree]
    assert document.data == tree
    assert lines == sorted(set(lines))
    assert lines[0] == 1
