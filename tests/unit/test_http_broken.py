"""What goes wrong on the way: broken bodies, silence, other hosts; and that no secret gets out."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator

import pytest
from scripted_http import SECRET, Answer, Script, scripted

from connectors.errors import PermanentSourceError, SourceError, TransientSourceError
from connectors.http.auth import FixedHeaders, Token
from connectors.http.client import Client, Patience
from connectors.http.message import Request
from connectors.http.paginators import NextLink
from connectors.http.records import records_at
from connectors.http.source import first_text

GET = Request("/things")
FINE = Answer(json={"items": [{"id": 1}]})


@pytest.fixture
def script() -> Iterator[Script]:
    with scripted() as served:
        yield served


# Bodies


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (Answer(json={"items": ["x" * 5000]}, cut=True), "broke off in the middle"),
        (Answer(body=b'{"items":[{"id":1},{"i'), "only a part of it"),
        (Answer(body=b"<!DOCTYPE html><html>Sign in</html>"), "a web page where JSON was due"),
        (Answer(body=b"  <html>Sign in</html>"), "a web page where JSON was due"),
        (Answer(body=b""), "nothing where JSON was due"),
    ],
)
def test_a_broken_body_is_asked_for_again_and_then_said(
    script: Script, broken: Answer, words: str
) -> None:
    script.answers("/things", broken, FINE)
    assert records_at(script.client().send(GET), "items") == [b'{"id":1}']
    script.answers("/things", broken)
    with pytest.raises(TransientSourceError, match=words):
        script.client(patience=Patience(attempts=2)).send(GET)


def test_half_characters_do_not_make_a_page_unreadable(script: Script) -> None:
    body = (
        rb'{"items":[{"id":1,"t":"cut \ud83d"},{"id":2,"t":"\ude00 \ud83d\ude00 \\ud83d"},'
        b'{"id":3,"t":"caf\xe9"},{"id":4,"t":"caf\xc3\xa9 \\u00e9"}],"next":"\\ud83d"}'
    )
    script.answers("/things", Answer(body=body))
    reply = script.client().send(GET)
    assert records_at(reply, "items") == [
        rb'{"id":1,"t":"cut \ufffd"}',
        rb'{"id":2,"t":"\ufffd \ud83d\ude00 \\ud83d"}',
        '{"id":3,"t":"caf\ufffd"}'.encode(),
        b'{"id":4,"t":"caf\xc3\xa9 \\u00e9"}',
    ]


def test_nesting_without_end_is_not_json(script: Script) -> None:
    script.answers("/things", Answer(body=b"[" * 100_000 + b"]" * 100_000))
    with pytest.raises(TransientSourceError, match="not JSON"):
        script.client(patience=Patience(attempts=1)).send(GET)


# Silence


@pytest.mark.parametrize("streamed", [False, True])
def test_silence_in_the_middle_of_a_body_ends_after_the_read_timeout(
    script: Script, streamed: bool
) -> None:
    script.answers("/things", Answer(json={"items": ["x" * 100]}, silent_s=0.4))
    client = script.client(patience=Patience(attempts=1, read_timeout_s=0.1))

    def ask() -> None:
        if streamed:
            with client.streamed(GET) as (_, pieces):
                list(pieces)
        else:
            client.send(GET)

    with pytest.raises(TransientSourceError, match=r"broke off|fell silent for 0\.1 s"):
        ask()


def test_a_server_that_is_not_there_is_a_passing_trouble(script: Script) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(TransientSourceError, match=r"cannot be reached \(GET /things"):
            script.client(base_url=nobody).send(GET)
    assert len(script.clock.waits) == 3


# Streamed bodies


def test_a_body_comes_in_pieces(script: Script) -> None:
    script.answers("/things", Answer(500), Answer(body=b"a,b\n" * 1000, headers={"Locator": "x"}))
    with script.client().streamed(GET) as (reply, pieces):
        assert reply.headers["locator"] == "x"
        assert b"".join(pieces) == b"a,b\n" * 1000


@pytest.mark.parametrize("status", [302, 403, 404])
def test_what_is_no_answer_is_not_streamed(script: Script, status: int) -> None:
    script.answers("/things", Answer(status, headers={"Location": "/elsewhere"}))
    with (
        pytest.raises(PermanentSourceError, match=f"answered {status}"),
        script.client().streamed(GET),
    ):
        pass


@pytest.mark.parametrize("status", [200, 500])
def test_a_streamed_body_that_breaks_is_a_passing_trouble(script: Script, status: int) -> None:
    script.answers("/things", Answer(status, body=b"x" * 100, cut=True))
    client = script.client(patience=Patience(attempts=2))
    with pytest.raises(TransientSourceError, match="broke off"), client.streamed(GET) as reply:
        list(reply[1])


# Other hosts


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/things",
        "http://127.0.0.1:1/things",
        "http://someone@evil.example/",
        "HTTP://evil.example/",
    ],
)
def test_credentials_are_not_taken_to_another_host(script: Script, link: str) -> None:
    script.answers("/things", Answer(json={"items": [], "next": link}))
    with pytest.raises(PermanentSourceError, match="another host than base_url"):
        list(script.client().pages(GET, NextLink(("next",)), lambda reply: 0))
    assert len(script.asked) == 1


@pytest.mark.parametrize("link", ["//evil.example/things", "evil://example"])
def test_what_only_looks_like_another_host_is_asked_of_ours(script: Script, link: str) -> None:
    with pytest.raises(PermanentSourceError, match="404"):
        script.client().send(Request(link))
    assert len(script.asked) == 1


def test_the_same_host_may_be_written_in_another_way() -> None:
    client = Client("acme", "https://api.example.com/v1", FixedHeaders({}), {})
    for url in ("https://API.example.com/v2/x", "https://api.example.com:443/v2/x"):
        assert client._url(Request(url)) == url
    assert client._url(Request("/x?back=https://evil.example/")) == (
        "https://api.example.com/v1/x?back=https://evil.example/"
    )
    with pytest.raises(PermanentSourceError, match="another host"):
        client._url(Request("http://api.example.com/v2/x"))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(script: Script, status: int) -> None:
    script.answers("/things", Answer(status, headers={"Location": "/elsewhere"}))
    with pytest.raises(PermanentSourceError, match="sends us elsewhere"):
        script.client().send(GET)
    assert script.paths() == ["/things"]


# Secrets


def test_secrets_are_in_no_error_log_or_representation(
    script: Script, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("http_proxy", "")
    echo = {"error": {"text": "no such thing"}, "sent": SECRET}
    script.answers("/things", Answer(500, echo), Answer(429, echo), Answer(400, echo))
    client = script.client(describe=first_text(("error", "text")))
    request = Request(
        "/things",
        method="POST",
        form={"client_secret": SECRET},
        headers={"X-Key": SECRET},
    )
    with pytest.raises(SourceError) as raised:
        client.send(request)
    assert script.asked[0].headers["authorization"] == f"Bearer {SECRET}"
    shown = [
        str(raised.value),
        repr(raised.value),
        caplog.text,
        repr(request),
        repr(client),
        repr(Token(SECRET, 10, {"access_token": SECRET})),
    ]
    assert "urllib3" in caplog.text
    for text in shown:
        assert SECRET not in text


@pytest.mark.parametrize("spoiled", [f"{SECRET}\nX: y", f"{SECRET}\N{HORIZONTAL ELLIPSIS}"])
def test_a_token_that_cannot_be_sent_is_said_without_showing_it(
    script: Script, spoiled: str
) -> None:
    client = script.client(authenticator=FixedHeaders({"Authorization": f"Bearer {spoiled}"}))
    with pytest.raises(PermanentSourceError, match="Copy it anew") as raised:
        client.send(GET)
    assert SECRET not in str(raised.value)
    assert script.asked == []


def test_words_of_theirs_are_shown_in_one_short_line(script: Script) -> None:
    script.answers("/things", Answer(400, {"message": "no\n" * 5000}))
    with pytest.raises(PermanentSourceError) as raised:
        script.client(describe=first_text(("message",))).send(GET)
    assert len(str(raised.value)) < 400
    assert "\n" not in str(raised.value)


def test_a_body_is_never_shown_where_it_is_not_json(script: Script) -> None:
    script.answers("/things", Answer(body=f"<p>{SECRET}</p>".encode()))
    with pytest.raises(TransientSourceError) as raised:
        script.client(patience=Patience(attempts=1)).send(GET)
    assert SECRET not in str(raised.value)


def test_credentials_of_a_netrc_are_not_sent(
    script: Script, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password hidden\n")
    monkeypatch.setenv("NETRC", str(netrc))
    script.answers("/things", FINE)
    script.client(authenticator=FixedHeaders({})).send(GET)
    assert "authorization" not in script.asked[0].headers
