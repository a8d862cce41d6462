"""alerts.yaml: who is told, checked like every other file, with no secret in it."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from pipelines.config import ConfigError
from pipelines.config.load import CHECKOUT_CONFIG, load_alerts


def write(folder: Path, text: str) -> Path:
    (folder / "alerts.yaml").write_text(dedent(text))
    return folder


def problems(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as refused:
        load_alerts(write(folder, text))
    return str(refused.value)


def test_without_the_file_nobody_is_told(tmp_path: Path) -> None:
    assert load_alerts(tmp_path) is None


def test_the_file_of_the_checkout_is_sound_and_names_nobody() -> None:
    alerts = load_alerts(CHECKOUT_CONFIG)
    assert alerts is not None
    assert not alerts.reaches_anybody


def test_channels_are_read(tmp_path: Path) -> None:
    alerts = load_alerts(
        write(
            tmp_path,
            """\
            webhook: {url: $HOOK}
            email: {host: localhost, port: 25, security: none, from: a@b.example, to: [c@d.example]}
            repeat_hours: 6
            """,
        )
    )
    assert alerts is not None and alerts.email is not None
    assert alerts.reaches_anybody
    assert (alerts.email.from_, alerts.email.to) == ("a@b.example", ["c@d.example"])
    assert (alerts.repeat_hours, alerts.silent_hours) == (6, 30)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("webhook: {url: https://hooks.example/T0/s3cret}", "write $NAME"),
        ("webhok: {url: $HOOK}", 'did you mean "webhook"'),
        ("email: {host: h, from: a@b.example, to: []}", "email.to"),
        ("email: {host: h, from: nobody, to: [c@d.example]}", "email.from"),
        ("email: {host: h, username: u, from: a@b.example, to: [c@d.example]}", "password"),
        (
            "email: {host: h, security: none, username: u, password: $P, from: a@b.example, "
            "to: [c@d.example]}",
            "not sent unencrypted",
        ),
        ("link: dagster.example.com", "not a web address"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    told = problems(tmp_path, text)
    assert said in told
    assert "alerts.yaml:1" in told
    assert "s3cret" not in told
