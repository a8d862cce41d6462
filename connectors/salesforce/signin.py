"""Signing in to an org, by the method that the settings name.

Belongs here: the three grants as Salesforce takes them, and whether the token is for the org that
is read. Does not: the token request (http.oauth), or when a token is renewed.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from connectors.http.auth import (
    Authenticator,
    ClientCredentials,
    JwtBearer,
    StoredRefreshToken,
    Token,
    TokenHeaders,
    signed_assertion,
)
from connectors.http.client import Patience
from connectors.http.clock import Clock
from connectors.http.oauth import (
    TokenFetch,
    client_credentials,
    jwt_bearer,
    refresh_token,
    token_client,
)
from connectors.salesforce.settings import Settings

log = logging.getLogger("cs_coverage")


class Secrets(Protocol):
    """Finds what a setting refers to, for the key below the source that it stands at."""

    def __call__(self, value: str, key: str, /) -> str:
        """The value."""
        ...


def sign_in(
    name: str,
    settings: Settings,
    *,
    secret: Secrets,
    plain_or_secret: Secrets,
    base_dir: Path,
    patience: Patience,
    clock: Clock,
) -> Authenticator:
    """The proof that requests carry. Resolves the secrets; asks for no token yet."""
    url, auth = settings.token_url, settings.auth
    client = token_client(name, url, patience=patience, clock=clock)
    if isinstance(auth, JwtBearer):
        issuer = plain_or_secret(auth.issuer, "auth.issuer")
        subject = plain_or_secret(auth.subject or "", "auth.subject")
        key = secret(auth.private_key, "auth.private_key")
        fetch = jwt_bearer(
            client,
            url,
            lambda: signed_assertion(
                issuer=issuer,
                subject=subject,
                audience=settings.audience,
                private_key=key,
                key_id=auth.key_id,
                clock=clock,
                where=f"sources.{name}.auth.private_key in sources.yaml",
            ),
        )
    else:
        client_id = plain_or_secret(auth.client_id, "auth.client_id")
        client_secret = secret(auth.client_secret, "auth.client_secret")
        if isinstance(auth, ClientCredentials):
            fetch = client_credentials(client, url, client_id, client_secret)
        else:
            where = f"sources.{name}.auth.refresh_token in sources.yaml"
            stored = StoredRefreshToken(auth.refresh_token, where, base_dir)
            fetch = refresh_token(client, url, client_id, client_secret, stored)
    return TokenHeaders(_for_this_org(fetch, name, settings.base_url), clock)


def _for_this_org(fetch: TokenFetch, name: str, base_url: str) -> TokenFetch:
    """Say so when a token opens another address than the one that is read."""

    def checked() -> Token:
        token = fetch()
        theirs = token.said.get("instance_url")
        if isinstance(theirs, str) and urlsplit(theirs).netloc != urlsplit(base_url).netloc:
            log.warning(
                "%s: the token is for %s but base_url is %s. If requests are refused, write that "
                "address as base_url in sources.yaml",
                name,
                theirs,
                base_url,
            )
        return token

    return checked
