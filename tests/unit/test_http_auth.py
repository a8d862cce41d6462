"""Proving who asks: tokens got once for all threads, renewed in time, kept where they belong."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from scripted_http import Answer, Asked, QuickClock, Script, scripted

from connectors.errors import PermanentSourceError
from connectors.http.auth import (
    StoredRefreshToken,
    Token,
    TokenHeaders,
    basic_header,
    signed_assertion,
)
from connectors.http.message import Request

GET = Request("/things")
WHERE = "sources.crm.auth.refresh_token in sources.yaml"


class Gate(Script):
    """Lets nobody in whose token is not among the `good` ones."""

    def __init__(self) -> None:
        super().__init__()
        self.good: set[str] = set()
        self.given = 0

    def token(self) -> Token:
        self.given += 1
        self.good.add(f"token-{self.given}")
        return Token(f"token-{self.given}", 1800, {})

    def answer(self, asked: Asked) -> Answer:
        super().answer(asked)
        token = asked.headers["authorization"].removeprefix("Bearer ")
        return Answer(json={}) if token in self.good else Answer(401)


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    with scripted(gate):
        yield gate


# Tokens


def test_a_token_is_got_when_one_is_first_needed_and_kept(gate: Gate) -> None:
    client = gate.client(authenticator=TokenHeaders(gate.token, gate.clock))
    assert gate.given == 0
    for _ in range(3):
        client.send(GET)
    assert gate.given == 1


def test_a_token_that_was_taken_back_is_replaced_once_by_one_thread(gate: Gate) -> None:
    client = gate.client(authenticator=TokenHeaders(gate.token, gate.clock))
    client.send(GET)
    gate.good.clear()
    together = threading.Barrier(4)

    def ask(_: int) -> int:
        together.wait(timeout=5)
        return client.send(GET).status

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == [200] * 4
    assert gate.given == 2


def test_a_fresh_token_that_is_refused_too_ends_the_read(gate: Gate) -> None:
    def useless() -> Token:
        gate.given += 1
        return Token(f"useless-{gate.given}", None, {})

    client = gate.client(authenticator=TokenHeaders(useless, gate.clock))
    with pytest.raises(PermanentSourceError, match="credentials were refused"):
        client.send(GET)
    assert (gate.given, len(gate.asked)) == (2, 2)
    assert gate.clock.waits == []


def test_a_token_is_renewed_before_its_life_ends(gate: Gate) -> None:
    client = gate.client(authenticator=TokenHeaders(gate.token, gate.clock))
    client.send(GET)
    gate.clock.sleep(1800 - 61)
    client.send(GET)
    assert gate.given == 1
    gate.clock.sleep(2)
    client.send(GET)
    assert gate.given == 2


def test_a_short_lived_token_is_used_for_half_its_life() -> None:
    clock, given = QuickClock(), []

    def fetch() -> Token:
        given.append(1)
        return Token("t", 10, {})

    headers = TokenHeaders(fetch, clock)
    for _ in range(3):
        headers.headers()
        clock.sleep(2)
    assert len(given) == 1
    headers.headers()
    assert len(given) == 2


def test_a_proof_that_never_changes_is_not_asked_for_again(gate: Gate) -> None:
    with pytest.raises(PermanentSourceError, match="401"):
        gate.client().send(GET)
    assert len(gate.asked) == 1


def test_a_token_that_cannot_be_got_leaves_the_next_thread_free_to_try(gate: Gate) -> None:
    tries = []

    def fetch() -> Token:
        tries.append(1)
        if len(tries) == 1:
            raise PermanentSourceError("the client secret is wrong")
        return gate.token()

    client = gate.client(authenticator=TokenHeaders(fetch, gate.clock))
    with pytest.raises(PermanentSourceError, match="client secret"):
        client.send(GET)
    assert client.send(GET).status == 200


def test_basic_authentication_takes_any_character() -> None:
    assert basic_header("me@example.com/token", "pässword") == {
        "Authorization": "Basic bWVAZXhhbXBsZS5jb20vdG9rZW46cMOkc3N3b3Jk"
    }


# Signed statements


def pem(key: PrivateKeyTypes, passphrase: bytes | None = None) -> str:
    """A private key as it stands in a file."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase)
        if passphrase
        else serialization.NoEncryption(),
    ).decode()


def test_a_signed_statement_claims_what_was_given_for_three_minutes() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    clock = QuickClock()
    signed = signed_assertion(
        issuer="app",
        subject="me",
        audience="https://login.example.com",
        private_key=pem(key),
        clock=clock,
        key_id="7",
        where=WHERE,
    )
    claims = jwt.decode(
        signed,
        key.public_key(),
        algorithms=["RS256"],
        audience="https://login.example.com",
        options={"verify_exp": False},
    )
    assert jwt.get_unverified_header(signed)["kid"] == "7"
    assert (claims["iss"], claims["sub"]) == ("app", "me")
    assert claims["exp"] - clock.now().timestamp() == 180
    assert "iat" not in claims


@pytest.mark.parametrize(
    "key",
    [
        "hunter2",
        pem(ec.generate_private_key(ec.SECP256R1())),
        pem(rsa.generate_private_key(public_exponent=65537, key_size=2048), b"a passphrase"),
    ],
    ids=["no key", "not an RSA key", "with a passphrase"],
)
def test_a_private_key_that_cannot_sign_is_not_shown(key: str) -> None:
    with pytest.raises(PermanentSourceError, match="not a private RSA key") as raised:
        signed_assertion(
            issuer="app",
            subject=None,
            audience="a",
            private_key=key,
            clock=QuickClock(),
            where=WHERE,
        )
    assert key not in str(raised.value)
    assert WHERE in str(raised.value)


# Refresh tokens


def test_a_replaced_refresh_token_takes_the_old_ones_place_at_once(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old\n")
    file.chmod(0o644)
    stored = StoredRefreshToken("file:token", WHERE, tmp_path)
    before = file.stat().st_ino
    stored.replace("new")
    assert stored.value() == "new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.stat().st_ino != before, "renamed over the old one, not written into it"
    assert list(tmp_path.iterdir()) == [file]


def test_the_same_refresh_token_again_writes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("same")
    before = file.stat()
    StoredRefreshToken("file:token", WHERE, tmp_path).replace("same")
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_left_over_that_others_can_read_does_not_become_the_token(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("old")
    left_over = tmp_path / "token.new"
    left_over.write_text("")
    left_over.chmod(0o666)
    StoredRefreshToken("file:token", WHERE, tmp_path).replace("new")
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600


def test_a_replaced_token_that_has_no_file_to_go_to_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CRM_TOKEN", "old")
    stored = StoredRefreshToken("$CRM_TOKEN", WHERE, Path())
    stored.replace("old")
    with pytest.raises(PermanentSourceError, match="write file:PATH") as raised:
        stored.replace("n3w")
    assert "n3w" not in str(raised.value)


def test_a_file_that_cannot_be_written_is_said_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("old")
    (tmp_path / "token.new").mkdir()
    with pytest.raises(PermanentSourceError, match="cannot be written") as raised:
        StoredRefreshToken("file:token", WHERE, tmp_path).replace("n3w")
    assert str(tmp_path / "token") in str(raised.value)
    assert "n3w" not in str(raised.value)
