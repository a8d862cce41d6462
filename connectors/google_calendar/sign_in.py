"""Signing in to Google: as each calendar's owner, as one user, or with a person's consent.

Belongs here: what Google wants to see in a token request. Does not: sending it (http.oauth).
"""

from __future__ import annotations

from datetime import timedelta

import msgspec

from connectors.errors import PermanentSourceError
from connectors.http.auth import signed_assertion
from connectors.http.clock import Clock

SCOPE = "https://www.googleapis.com/auth/calendar.readonly"
TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105

_SIGNED_BEFORE = timedelta(minutes=10)
_ENDS_AFTER = timedelta(minutes=40)


def private_key_of(secret: str, where: str) -> str:
    """The private key in PEM form, also out of the JSON file that Google gives for download."""
    if not secret.lstrip().startswith("{"):
        return secret
    try:
        key = msgspec.json.decode(secret, type=dict[str, str]).get("private_key")
    except msgspec.DecodeError:
        key = None
    if not key:
        raise PermanentSourceError(
            f"{where}: this JSON holds no private_key; use the key file of a service account, as "
            "Google gave it"
        )
    return key


def statement(
    *, issuer: str, subject: str | None, audience: str, private_key: str, clock: Clock, where: str
) -> str:
    """What the service account signs: that it wants to read calendars as `subject`.

    Google wants to know when it was signed, and takes what lasts an hour in all: the margins
    allow for a clock that is wrong either way.
    """
    signed_at = int((clock.now() - _SIGNED_BEFORE).timestamp())
    ends_at = int((clock.now() + _ENDS_AFTER).timestamp())
    return signed_assertion(
        issuer=issuer,
        subject=subject,
        audience=audience,
        private_key=private_key,
        clock=clock,
        claims={"scope": SCOPE, "iat": signed_at, "exp": ends_at},
        where=where,
    )
