"""The org's token endpoint: who may have an access token, and which ones are good.

Belongs here: the three grants and their refusals. Does not: what a token opens.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

LOGIN_HOSTS = ("https://login.salesforce.com", "https://test.salesforce.com")
_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@cache
def _key_pair() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True)
class Refused(Exception):
    """A refusal in OAuth's words."""

    error: str
    description: str


@dataclass
class SignIn:
    """One connected app with its user, and the tokens given to it.

    With `rotates` each use of a refresh token replaces it and voids the old one.
    """

    client_id: str = "3MVG9.connected_app"
    client_secret: str = "s3cret-of-the-app"  # noqa: S105
    username: str = "pipeline@vendor.example"
    refresh_token: str = "5Aep861.first"  # noqa: S105
    rotates: bool = False
    _given: int = 0
    _rotations: int = 0
    _good: set[str] = field(default_factory=set)

    @cached_property
    def private_key(self) -> str:
        """The app's private key, as PEM; made when first asked for."""
        return (
            _key_pair()
            .private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            .decode()
        )

    def is_good(self, authorization: str) -> bool:
        """Whether a request's Authorization header holds a token that still opens the API."""
        scheme, _, token = authorization.partition(" ")
        return scheme in ("Bearer", "OAuth") and token in self._good

    def expire(self) -> None:
        """Void all access tokens."""
        self._good.clear()

    def token(self, form: Mapping[str, str], authorization: str, now: datetime) -> dict[str, Any]:
        """The part of a token reply that depends on the grant. Raises `Refused`."""
        reply: dict[str, Any] = {}
        match form.get("grant_type"):
            case "client_credentials":
                self._check_client(form, authorization)
            case "refresh_token":
                self._check_client(form, authorization)
                if form.get("refresh_token") != self.refresh_token:
                    raise Refused("invalid_grant", "expired access/refresh token")
                if self.rotates:
                    self._rotations += 1
                    self.refresh_token = f"5Aep861.rotated{self._rotations}"
                    reply["refresh_token"] = self.refresh_token
            case grant if grant == _JWT_GRANT:
                self._check_assertion(form.get("assertion", ""), now)
            case _:
                raise Refused("unsupported_grant_type", "grant type not supported")
        self._given += 1
        access = f"00DQy0000000001!AQ4AQ.{self._given}"
        self._good.add(access)
        return {"access_token": access, **reply}

    def _check_client(self, form: Mapping[str, str], authorization: str) -> None:
        given = (form.get("client_id"), form.get("client_secret"))
        if authorization.startswith("Basic "):
            try:
                pair = base64.b64decode(authorization[6:], validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                pair = ""
            name, _, secret = pair.partition(":")
            given = (name, secret)
        if given[0] != self.client_id:
            raise Refused("invalid_client_id", "client identifier invalid")
        if given[1] != self.client_secret:
            raise Refused("invalid_client", "invalid client credentials")

    def _check_assertion(self, assertion: str, now: datetime) -> None:
        try:
            claims = jwt.decode(
                assertion,
                _key_pair().public_key(),
                algorithms=["RS256"],
                audience=LOGIN_HOSTS,
                options={"require": ["exp", "iss", "sub", "aud"], "verify_exp": False},
            )
        except jwt.InvalidAudienceError:
            raise Refused("invalid_grant", "audience is invalid") from None
        except jwt.PyJWTError:
            raise Refused("invalid_grant", "invalid assertion") from None
        # Who signs goes by the org's made-up time or by the real one.
        if claims["exp"] <= min(now, datetime.now(UTC)).timestamp():
            raise Refused("invalid_grant", "expired authorization code")
        if claims["iss"] != self.client_id:
            raise Refused("invalid_client_id", "client identifier invalid")
        if claims["sub"] != self.username:
            raise Refused("invalid_grant", "user hasn't approved this consumer")
