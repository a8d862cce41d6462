"""Messages arrive, by webhook and by mail, on loopback; who fails says so without a secret."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from rich.console import Console
from scripted_http import Answer, Script, scripted

from pipelines.alerts.delivery import NotDelivered, deliver
from pipelines.alerts.message import Alert
from pipelines.alerts.trial import try_alerts
from pipelines.config.alerts import AlertsFile

ALERT = Alert(
    title="Stale: crm.deals",
    broke=("crm.deals was last read 40 hours ago: 401 – the token was revoked",),
    since="20 Nov 2026 12:00 UTC",
    affected="ARR, term ends (contracts)",
    do=("make a new token", "run cs-coverage check"),
)
HOOK = "/services/T0/s3cret"


class Mailbox:
    """A mail server's inbox; refuses the sender whom it is told to refuse."""

    def __init__(self) -> None:
        self.mail: list[EmailMessage] = []
        self.refused = ""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if envelope.mail_from == self.refused:
            return "554 this sender may not"
        self.mail.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


@contextmanager
def mail_server(handler: Mailbox, **how: Any) -> Iterator[int]:
    """Serve it on loopback; gives the port."""
    server = Controller(handler, hostname="127.0.0.1", port=free_port(), **how)
    server.start()
    try:
        yield server.port
    finally:
        server.stop()


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    with scripted() as script:
        script.answers(HOOK, Answer(200, body=b"ok"))
        monkeypatch.setenv("HOOK", script.base_url + HOOK)
        yield script


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    box = Mailbox()
    with mail_server(box) as port:
        yield box, port


def config(port: int | None = None, **email: Any) -> AlertsFile:
    said: dict[str, Any] = {"webhook": {"url": "$HOOK"}}
    if port is not None:
        where = {"host": "127.0.0.1", "port": port, "security": "none"}
        who = {"from": "night@acme.example", "to": ["ops@acme.example", "cs@acme.example"]}
        said["email"] = {**where, **who, **email}
    return AlertsFile.read(said)


def test_a_message_reaches_the_channel_and_everybody_by_mail(
    hook: Script, mailbox: tuple[Mailbox, int], tmp_path: Path
) -> None:
    box, port = mailbox
    assert deliver(ALERT, config(port), tmp_path) == ()
    [asked] = hook.asked
    text = msgspec.json.decode(asked.body)["text"]
    assert text.startswith("*cs-coverage: Stale: crm.deals*\nWhat broke: crm.deals was last read")
    [mail] = box.mail
    assert mail["subject"] == "cs-coverage: Stale: crm.deals"
    assert mail["to"] == "ops@acme.example, cs@acme.example"
    assert mail.get_content().splitlines() == str(ALERT).splitlines()


def test_one_channel_that_fails_does_not_keep_the_other_from_being_told(
    hook: Script, mailbox: tuple[Mailbox, int], tmp_path: Path
) -> None:
    box, port = mailbox
    hook.answers(HOOK, Answer(404))
    [failure] = deliver(ALERT, config(port), tmp_path)
    assert "answered 404; make a new webhook" in failure
    assert len(box.mail) == 1


def test_when_nobody_is_reached_it_is_an_error_without_the_secret(
    hook: Script, mailbox: tuple[Mailbox, int], tmp_path: Path
) -> None:
    box, port = mailbox
    box.refused = "night@acme.example"
    hook.answers(HOOK, Answer(500))
    with pytest.raises(NotDelivered) as nobody:
        deliver(ALERT, config(port), tmp_path)
    assert "webhook: the channel answered 500" in str(nobody.value)
    assert f"email: 127.0.0.1:{port} did not take the message" in str(nobody.value)
    assert "s3cret" not in str(nobody.value)


def test_a_channel_out_of_reach_keeps_its_address_to_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOOK", "http://127.0.0.1:1/services/s3cret")
    with pytest.raises(NotDelivered, match="could not be reached") as nobody:
        deliver(ALERT, config(), tmp_path)
    assert "s3cret" not in str(nobody.value)


def test_a_secret_that_is_not_set_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOOK", raising=False)
    with pytest.raises(NotDelivered, match="the environment variable HOOK is not set"):
        deliver(ALERT, config(), tmp_path)


def test_a_wrong_password_is_told_from_a_server_that_is_away(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    refuse = {"authenticator": lambda *_: AuthResult(success=False, handled=False)}
    monkeypatch.setenv("PASSWORD", "s3cret")
    with mail_server(Mailbox(), auth_require_tls=False, **refuse) as port:
        said = config(port).email
        assert said is not None
        # The file's own check refuses a password without encryption: here is the protocol alone.
        email = said.model_copy(update={"username": "night", "password": "$PASSWORD"})
        alone = AlertsFile.model_construct(email=email, webhook=None)
        with pytest.raises(NotDelivered, match="refused username and password") as nobody:
            deliver(ALERT, alone, tmp_path)
    assert "s3cret" not in str(nobody.value)


def test_a_message_on_trial_says_whether_it_arrived(hook: Script, tmp_path: Path) -> None:
    said = Console(record=True, quiet=True)
    assert try_alerts(tmp_path, said) == 2
    (tmp_path / "alerts.yaml").write_text("webhook: {url: $HOOK}\n")
    assert try_alerts(tmp_path, said) == 0
    hook.answers(HOOK, Answer(410))
    assert try_alerts(tmp_path, said) == 1
    assert b"A message on trial" in hook.asked[0].body
