"""How a source proves who is asking: the settings, and putting the proof on a request.

Belongs here: the methods, getting and renewing access tokens, keeping a rotated refresh token
safe. Does not: which methods a vendor takes, or resolving `$NAME` (secrets).
"""

from __future__ import annotations

import base64
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Protocol

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import BaseModel, ConfigDict, Field, field_validator

from connectors.errors import PermanentSourceError
from connectors.http.clock import Clock
from connectors.secrets import file_of, is_reference, resolve

_ASSERTION_LIFE = timedelta(minutes=3)
_RENEW_BEFORE_END = timedelta(seconds=60)
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class AuthSettings(BaseModel):
    """What all methods share: secrets are named, never written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator(
        "token",
        "password",
        "key",
        "client_secret",
        "refresh_token",
        "private_key",
        check_fields=False,
    )
    @classmethod
    def _is_named(cls, secret: str) -> str:
        if not is_reference(secret):
            raise ValueError(
                "a secret cannot be written here: put it into an environment variable and write "
                "$NAME, or into a file and write file:PATH"
            )
        return secret


class Bearer(AuthSettings):
    """A token that does not expire."""

    method: Literal["bearer"] = "bearer"
    token: str = Field(description="The token, as $NAME or file:PATH.")


class Basic(AuthSettings):
    """User name and password, or what a vendor puts in their place."""

    method: Literal["basic"] = "basic"
    username: str = Field(description="User name; it may be written here, or as $NAME.")
    password: str = Field(description="Password or API token, as $NAME or file:PATH.")


class HeaderKey(AuthSettings):
    """A key in a header of its own."""

    method: Literal["header_key"] = "header_key"
    key: str = Field(description="The key, as $NAME or file:PATH.")


class ClientCredentials(AuthSettings):
    """OAuth 2.0 client credentials: the application speaks for itself."""

    method: Literal["client_credentials"] = "client_credentials"
    client_id: str = Field(description="Consumer key; it may be written here, or as $NAME.")
    client_secret: str = Field(description="Consumer secret, as $NAME or file:PATH.")
    token_url: str | None = Field(None, description="Default: the vendor's, below base_url.")


class JwtBearer(AuthSettings):
    """OAuth 2.0 JWT bearer: a signed statement is exchanged for a token."""

    method: Literal["jwt_bearer"] = "jwt_bearer"
    issuer: str = Field(description="Consumer key, or the service account's address.")
    subject: str | None = Field(None, description="The user to act as.")
    private_key: str = Field(description="Private key in PEM form, as $NAME or file:PATH.")
    key_id: str | None = Field(None, description="Identifier of the key, where one is needed.")
    audience: str | None = Field(None, description="Default: the vendor's.")
    token_url: str | None = Field(None, description="Default: the vendor's.")


class RefreshToken(AuthSettings):
    """OAuth 2.0 refresh token: a person once agreed, and the token stands for that."""

    method: Literal["refresh_token"] = "refresh_token"
    client_id: str = Field(description="Consumer key; it may be written here, or as $NAME.")
    client_secret: str = Field(description="Consumer secret, as $NAME or file:PATH.")
    refresh_token: str = Field(
        description="The refresh token. file:PATH where the vendor replaces it at each use: the "
        "new one is then written to that file."
    )
    token_url: str | None = Field(None, description="Default: the vendor's.")


class Authenticator(Protocol):
    """Puts the proof on a request; `renew` gets a new one after the old was refused."""

    def headers(self) -> Mapping[str, str]:
        """Headers to send. May ask for a token first. Raises `SourceError`."""
        ...

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Get a new proof, unless another thread did since `refused`; False: there is none."""
        ...


@dataclass(frozen=True)
class FixedHeaders:
    """A proof that never changes."""

    fixed: Mapping[str, str] = field(repr=False)

    def headers(self) -> Mapping[str, str]:
        """See `Authenticator`."""
        return self.fixed

    def renew(self, refused: Mapping[str, str]) -> bool:
        """See `Authenticator`."""
        return False


@dataclass(frozen=True)
class Token:
    """What a token request gave. `lasts_s` is None where the server does not say."""

    access_token: str = field(repr=False)
    lasts_s: float | None
    said: Mapping[str, Any] = field(repr=False)


class TokenHeaders:
    """A proof that a token endpoint gives for a while, shared by all threads of a source."""

    def __init__(self, fetch: Callable[[], Token], clock: Clock, scheme: str = "Bearer") -> None:
        self._fetch = fetch
        self._clock = clock
        self._scheme = scheme
        self._lock = threading.Lock()
        self._headers: Mapping[str, str] | None = None
        self._renew_at: float | None = None

    def headers(self) -> Mapping[str, str]:
        """See `Authenticator`."""
        with self._lock:
            ended = self._renew_at is not None and self._clock.monotonic() >= self._renew_at
            if self._headers is None or ended:
                self._get()
            assert self._headers is not None
            return self._headers

    def renew(self, refused: Mapping[str, str]) -> bool:
        """See `Authenticator`."""
        with self._lock:
            if self._headers == refused:
                self._get()
            return True

    def _get(self) -> None:
        token = self._fetch()
        self._headers = {"Authorization": f"{self._scheme} {token.access_token}"}
        life = token.lasts_s
        margin = _RENEW_BEFORE_END.total_seconds()
        self._renew_at = (
            None if life is None else self._clock.monotonic() + max(life - margin, life / 2)
        )


def basic_header(username: str, password: str) -> dict[str, str]:
    """The header of HTTP basic authentication."""
    pair = base64.b64encode(f"{username}:{password}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def signed_assertion(
    *,
    issuer: str,
    subject: str | None,
    audience: str,
    private_key: str,
    clock: Clock,
    key_id: str | None = None,
    claims: Mapping[str, str | int] | None = None,
    where: str,
) -> str:
    """A JSON Web Token (RS256) that is valid for three minutes.

    `iat` is claimed only where `claims` have it: a clock that is ahead would make a token from the
    future.
    """
    payload: dict[str, Any] = {
        "iss": issuer,
        "aud": audience,
        "exp": clock.now() + _ASSERTION_LIFE,
        **(claims or {}),
    }
    if subject:
        payload["sub"] = subject
    headers = {"kid": key_id} if key_id else None
    try:
        key = _read_key(private_key)
        return jwt.encode(payload, key, algorithm="RS256", headers=headers)
    except (ValueError, TypeError, UnsupportedAlgorithm, jwt.PyJWTError):
        raise PermanentSourceError(
            f"{where}: this is not a private RSA key in PEM form, without a passphrase "
            "(-----BEGIN PRIVATE KEY-----)"
        ) from None


@lru_cache(maxsize=16)
def _read_key(private_key: str) -> RSAPrivateKey:
    """Read once: checking its primes takes a tenth of a second, and each calendar signs in."""
    key = load_pem_private_key(private_key.encode(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("not an RSA key")
    return key


class StoredRefreshToken:
    """A refresh token where the configuration names it; a new one replaces it in its file."""

    def __init__(self, reference: str, where: str, base_dir: Path) -> None:
        self._reference, self._where, self._base_dir = reference, where, base_dir

    def value(self) -> str:
        """The token as it is now."""
        return resolve(self._reference, self._where, self._base_dir)

    def replace(self, token: str) -> None:
        """Keep the token that the server gave in place of the old one, before anything else.

        Written beside the file and renamed over it, readable by its owner alone. Raises
        `PermanentSourceError` where there is no file to keep it in.
        """
        if token == self.value():
            return
        path = file_of(self._reference, self._base_dir)
        if path is None:
            raise PermanentSourceError(
                f"{self._where}: the server replaced the refresh token, and an environment "
                "variable cannot be changed from here: the old one may be void now. Get a new "
                "token, put it into a file that only this process can read, and write file:PATH"
            )
        temporary = path.with_name(f"{path.name}.new")
        try:
            temporary.unlink(missing_ok=True)  # of a process that was killed, maybe readable
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(token + "\n")
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError as error:
            raise PermanentSourceError(
                f"{self._where}: the server replaced the refresh token, but {path} cannot be "
                f"written ({error.strerror}). Make it writable for the process that runs the "
                "pipeline, and put a new token into it"
            ) from None
