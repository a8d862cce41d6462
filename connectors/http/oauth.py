"""Asking an OAuth token endpoint for an access token, in the three ways that sources use.

Belongs here: the token request, its reply and its refusals. Does not: when a token is renewed
(`auth.TokenHeaders`), where a vendor's endpoint is, or resolving secrets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from connectors.errors import PermanentSourceError
from connectors.http.auth import JWT_BEARER, FixedHeaders, StoredRefreshToken, Token, basic_header
from connectors.http.budget import Budget
from connectors.http.client import Client, Patience
from connectors.http.clock import Clock
from connectors.http.message import Reply, Request
from connectors.http.rules import Action, rule

TokenFetch = Callable[[], Token]
"""Gets a fresh token each time it is called. Raises `SourceError`."""

_REQUESTS_A_SECOND = 20  # a stop for runaway loops; tokens last for minutes at least
_REFUSED = rule(
    Action.FAIL,
    *(400, 401, 403),
    advice="The token endpoint refused the credentials. Check auth in sources.yaml, and that the "
    "application is still allowed to sign in this way",
)


def token_client(
    name: str,
    url: str,
    *,
    patience: Patience,
    clock: Clock,
    describe: Callable[[Reply], str | None] | None = None,
) -> Client:
    """A client for the token endpoint at `url`, which may be on another host than the API.

    `describe` finds the words of a refusal where they are not `error` and `error_description`.
    """
    host = urlsplit(url)
    return Client(
        name=name,
        base_url=f"{host.scheme}://{host.netloc}",
        authenticator=FixedHeaders({}),
        budgets={"default": Budget(_REQUESTS_A_SECOND, 1, clock)},
        rules=(_REFUSED,),
        describe=describe or refusal,
        patience=patience,
        clock=clock,
    )


def refusal(reply: Reply) -> str | None:
    """What an OAuth error says: its code and its description."""
    words = [reply.at("error"), reply.at("error_description")]
    return ": ".join(word for word in words if isinstance(word, str)) or None


def client_credentials(client: Client, url: str, client_id: str, client_secret: str) -> TokenFetch:
    """Tokens for the application itself."""
    form = {"grant_type": "client_credentials"}
    proof = basic_header(client_id, client_secret)
    return lambda: fetch_token(client, url, form, proof)


def jwt_bearer(client: Client, url: str, sign: Callable[[], str]) -> TokenFetch:
    """Tokens for a statement that `sign` signs anew each time, since it is valid for minutes."""
    return lambda: fetch_token(client, url, {"grant_type": JWT_BEARER, "assertion": sign()})


def refresh_token(
    client: Client, url: str, client_id: str, client_secret: str, stored: StoredRefreshToken
) -> TokenFetch:
    """Tokens for a stored refresh token.

    Where the reply replaces the refresh token, the new one is kept before the access token is
    used: the old one may be void already.
    """

    def fetch() -> Token:
        form = {
            "grant_type": "refresh_token",
            "client_id": client_id,
            "client_secret": client_secret,
            "refresh_token": stored.value(),
        }
        token = fetch_token(client, url, form)
        replacement = token.said.get("refresh_token")
        if isinstance(replacement, str) and replacement:
            stored.replace(replacement)
        return token

    return fetch


def fetch_token(
    client: Client, url: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> Token:
    """One token request. Raises `PermanentSourceError` when it is refused, in the server's words;
    `TransientSourceError` when the server is out of order."""
    reply = client.send(Request(url, method="POST", form=form, headers=headers or {}))
    said = reply.said()
    access = said.get("access_token") if isinstance(said, dict) else None
    if not isinstance(access, str) or not access:
        raise PermanentSourceError(
            f"{reply.request.shown} answered {reply.status} without an access_token. Check that "
            "token_url in sources.yaml is the address of a token endpoint"
        )
    return Token(access, _seconds(said.get("expires_in")), said)


def _seconds(value: object) -> float | None:
    """A duration that some servers write as a number and some as text."""
    try:
        return float(value) if isinstance(value, int | float | str) else None
    except ValueError:
        return None
