"""Made-up Google calendars of a company's people.

Belongs here: listing events in full and by sync token, signing in, who may see which calendar, and
errors, as Google answers them. Does not: what the connector makes of it.
"""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import jwt
import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.servers.google_calendar_examples import ANNA, BEN, meeting
from sandbox.servers.vendor import Fault, Record, Vendor

SERVICE_ACCOUNT = "cs-coverage@northwind-project.iam.gserviceaccount.com"
CLIENT_ID = "northwind-client.apps.googleusercontent.com"
CLIENT_SECRET = "gcal-client-secret-9Kd"  # noqa: S105
REFRESH_TOKEN = "gcal-refresh-3Wf"  # noqa: S105
SCOPE = "https://www.googleapis.com/auth/calendar.readonly"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TOKEN_LIFE_S = 3599
MOST_RESULTS = 2500

PARAMETERS = {
    *("singleEvents", "showDeleted", "maxResults", "pageToken", "syncToken", "timeMin", "timeMax"),
    *("orderBy", "q", "updatedMin", "iCalUID"),
}
NOT_WITH_SYNC_TOKEN = {"timeMin", "timeMax", "orderBy", "q", "updatedMin", "iCalUID"}


class Position(msgspec.Struct):
    """Where a listing has got to: what a page token stands for."""

    after: int
    since: int
    until: int
    empty: int


@dataclass(frozen=True)
class Refusal(Exception):
    """An error reply."""

    status: int
    reason: str
    message: str

    @property
    def body(self) -> bytes:
        """The error as Google writes it."""
        errors = [{"domain": "global", "reason": self.reason, "message": self.message}]
        error = {"code": self.status, "message": self.message, "errors": errors}
        return msgspec.json.encode({"error": error})


class System(Vendor):
    """The calendars; an event is put with the calendar it lies in as `_calendar`.

    `users` may be acted as; each sees the own calendar and those in `shared`. `calendars` are those
    to be read. `empty_pages` is how many pages without events, which go on, begin each listing.
    """

    kind: ClassVar[str] = "google_calendar"

    def __init__(self) -> None:
        super().__init__()
        self.users = {ANNA, BEN}
        self.calendars = [ANNA, BEN]
        self.shared: dict[str, set[str]] = {}
        self.page_limit = MOST_RESULTS
        self.empty_pages = 0
        self.is_forbidden = False
        self.tokens: dict[str, str] = {}
        self._issued = 0
        self._version = 0
        self._epochs: dict[str, int] = {}
        self._changes: dict[str, list[tuple[int, str]]] = {}
        self._changed_at: dict[str, int] = {}

    # What the calendars hold

    def key(self, stream: str, record: Record) -> str:
        """See `Vendor`."""
        return f"{record['_calendar']}/{record['id']}"

    def stamp(self, stream: str, record: Record, *, is_new: bool) -> None:
        """See `Vendor`."""
        now = f"{self.now:%Y-%m-%dT%H:%M:%S}.000Z"
        before = {} if is_new else self.records[stream][self.key(stream, record)]
        record.setdefault("created", before.get("created", now))
        record["updated"] = now
        record["etag"] = f'"{self._version + 1}"'

    def put(self, stream: str, record: Record) -> Record:
        """See `Vendor`."""
        with self._lock:
            stored = super().put(stream, record)
            self._note_change(self.key(stream, stored), stored["_calendar"])
            return stored

    def delete(self, stream: str, key: str) -> None:
        """See `Vendor`. What is left of the event says little more than that it is cancelled."""
        with self._lock:
            event = self.records[stream][key]
            kept = ("_calendar", "id", "recurringEventId", "originalStartTime")
            bare = {name: event[name] for name in kept if name in event}
            self.records[stream][key] = {
                "kind": "calendar#event",
                "etag": f'"{self._version + 1}"',
                "status": "cancelled",
                **bare,
            }
            self._note_change(key, event["_calendar"])

    def forget(self, key: str) -> None:
        """Remove an event without a trace, as Google does long after it was cancelled."""
        with self._lock:
            event = self.records["events"].pop(key)
            changes = self._changes[event["_calendar"]]
            del changes[bisect_left(changes, (self._changed_at.pop(key), key))]

    def _note_change(self, key: str, calendar: str) -> None:
        changes = self._changes.setdefault(calendar, [])
        if (version := self._changed_at.get(key)) is not None:
            del changes[bisect_left(changes, (version, key))]
        self._version += 1
        self._changed_at[key] = self._version
        insort(changes, (self._version, key))

    def example(self, stream: str, number: int) -> Record:
        """See `Vendor`."""
        return meeting(number)

    # How they are reached

    def settings(self, base_url: str) -> dict[str, Any]:
        """See `Vendor`."""
        return {
            "kind": "google_calendar",
            "base_url": f"{base_url}/calendar/v3",
            "auth": {
                "issuer": SERVICE_ACCOUNT,
                "private_key": "$GOOGLE_PRIVATE_KEY",
                "token_url": f"{base_url}/token",
            },
            "calendars": self.calendars,
            "requests_per_minute": 100_000,
        }

    def secrets(self) -> dict[str, str]:
        """See `Vendor`."""
        return {"GOOGLE_PRIVATE_KEY": private_key()}

    def expire_tokens(self) -> None:
        """See `Vendor`."""
        self.tokens.clear()

    def expire_sync_tokens(self, calendar: str) -> None:
        """Have a full sync asked for where a calendar is read on from where it was."""
        self._epochs[calendar] = self._epochs.get(calendar, 0) + 1

    def forbid(self, stream: str) -> None:
        """See `Vendor`."""
        self.is_forbidden = True

    def daily_quota_spent(self) -> Fault:
        """See `Vendor`."""
        refusal = Refusal(403, "dailyLimitExceeded", "Daily Limit Exceeded")
        return Fault("/events", times=10**6, status=refusal.status, body=refusal.body)

    def routes(self) -> list[Route]:
        """See `Vendor`."""
        return [
            Route("/calendar/v3/calendars/{calendar}/events", self._events),
            Route("/token", self._token, methods=["POST"]),
        ]

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        if form.get("grant_type") == JWT_BEARER:
            subject = self._signed_by(str(form.get("assertion")), str(request.url))
            if isinstance(subject, Response):
                return subject
        elif form.get("grant_type") == "refresh_token":
            expected = {
                "client_id": CLIENT_ID,
                "client_secret": CLIENT_SECRET,
                "refresh_token": REFRESH_TOKEN,
            }
            if any(form.get(name) != value for name, value in expected.items()):
                return _no_token(400, "invalid_grant", "Token has been expired or revoked.")
            subject = ANNA
        else:
            return _no_token(400, "unsupported_grant_type", "Invalid grant_type")
        self._issued += 1
        token = f"gcal-access-{self._issued}"
        self.tokens[token] = subject
        answer = {"access_token": token, "expires_in": TOKEN_LIFE_S, "token_type": "Bearer"}
        return _reply(200, msgspec.json.encode(answer))

    def _signed_by(self, assertion: str, address: str) -> str | Response:
        """Whom a statement speaks for. Whoever asks lives by the made-up clock or the real one."""
        try:
            said = jwt.decode(
                assertion,
                public_key(),
                algorithms=["RS256"],
                audience=address,
                options={
                    "require": ["iss", "aud", "exp", "iat"],
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
        except jwt.InvalidSignatureError:
            return _no_token(400, "invalid_grant", "Invalid JWT Signature.")
        except jwt.PyJWTError as error:
            return _no_token(400, "invalid_grant", f"Invalid JWT: {error}")
        if said["iss"] != SERVICE_ACCOUNT:
            return _no_token(400, "invalid_grant", "Invalid grant: account not found")
        lasts = range(said["iat"], said["exp"])
        is_valid = any(int(now.timestamp()) in lasts for now in (self.now, datetime.now(UTC)))
        if len(lasts) > 3600 or not is_valid:
            words = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a "
            words += "reasonable timeframe. Check your iat and exp values in the JWT claim."
            return _no_token(400, "invalid_grant", words)
        if SCOPE not in said.get("scope", "").split():
            words = "Client is unauthorized to retrieve access tokens using this method, or "
            words += "client not authorized for any of the scopes requested."
            return _no_token(401, "unauthorized_client", words)
        subject = str(said.get("sub", SERVICE_ACCOUNT))
        if subject not in self.users | {SERVICE_ACCOUNT}:
            return _no_token(400, "invalid_grant", "Invalid email or User ID")
        return subject

    # What they answer

    async def _events(self, request: Request) -> Response:
        with self._lock:
            try:
                return _reply(200, msgspec.json.encode(self._listing(request)))
            except Refusal as no:
                return _reply(no.status, no.body)

    def _listing(self, request: Request) -> Any:
        calendar = request.path_params["calendar"]
        self._admit(request, calendar)
        asked = request.query_params
        size = self._size(asked.get("maxResults"))
        changes = self._changes.get(calendar, [])
        position = self._position(calendar, asked)
        head = {
            "kind": "calendar#events",
            "summary": calendar,
            "timeZone": "Europe/London",
            "accessRole": "reader",
            "defaultReminders": [],
        }
        if position.empty:
            position.empty -= 1
            return {**head, "nextPageToken": _token_of(position), "items": []}
        first = bisect_right(changes, (position.after, "\uffff"))
        last = bisect_right(changes, (position.until, "\uffff"))
        page = changes[first : min(first + size, last)]
        events = (self.records["events"][key] for _, key in page)
        items = [_shown(event) for event in events if _is_asked_for(event, asked)]
        if first + size < last:
            position.after = page[-1][0]
            return {**head, "nextPageToken": _token_of(position), "items": items}
        epoch = self._epochs.get(calendar, 0)
        sync_token = _opaque(f"{epoch}|{position.until}".encode())
        return {**head, "nextSyncToken": sync_token, "items": items}

    def _admit(self, request: Request, calendar: str) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        subject = self.tokens.get(token)
        if scheme != "Bearer" or subject is None:
            raise Refusal(401, "authError", "Invalid Credentials")
        if self.is_forbidden:
            message = "Request had insufficient authentication scopes."
            raise Refusal(403, "insufficientPermissions", message)
        if calendar not in self.users or subject not in {calendar, *self.shared.get(calendar, ())}:
            raise Refusal(404, "notFound", "Not Found")
        if unknown := set(request.query_params) - PARAMETERS:
            raise Refusal(400, "badRequest", f"Unknown name {sorted(unknown)[0]}")

    def _size(self, asked: str | None) -> int:
        if asked is not None and not (asked.isdecimal() and 1 <= int(asked) <= MOST_RESULTS):
            raise Refusal(400, "invalidParameter", f"Invalid integer value: '{asked}'.")
        return min(int(asked) if asked else 250, self.page_limit)

    def _position(self, calendar: str, asked: Any) -> Position:
        sync_token = asked.get("syncToken")
        since = 0
        if sync_token is not None:
            if NOT_WITH_SYNC_TOKEN & set(asked):
                message = "Sync token cannot be used with other query restrictions."
                raise Refusal(400, "badRequest", message)
            epoch, _, version = _plain(sync_token).decode().partition("|")
            if int(epoch) != self._epochs.get(calendar, 0):
                message = "Sync token is no longer valid, a full sync is required."
                raise Refusal(410, "fullSyncRequired", message)
            since = int(version)
        if "pageToken" in asked:
            position: Position = msgspec.json.decode(_plain(asked["pageToken"]), type=Position)
            if position.since != since:
                raise Refusal(400, "badRequest", "The page token belongs to another listing.")
            return position
        return Position(since, since, self._version, self.empty_pages)


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def private_key() -> str:
    """The service account's private key."""
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return _key().private_bytes(pem, pkcs8, serialization.NoEncryption()).decode()


@cache
def public_key() -> str:
    """What signatures are checked with."""
    pem, subject = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return _key().public_key().public_bytes(pem, subject).decode()


def _is_asked_for(event: Record, asked: Any) -> bool:
    if event["status"] == "cancelled":
        return bool(asked.get("showDeleted") == "true" or "syncToken" in asked)
    earliest = asked.get("timeMin")
    return earliest is None or _end(event) > datetime.fromisoformat(earliest)


def _end(event: Record) -> datetime:
    end = event["end"]
    if "dateTime" in end:
        return datetime.fromisoformat(end["dateTime"])
    return datetime.fromisoformat(end["date"]).replace(tzinfo=UTC)


def _shown(event: Record) -> Record:
    return {name: value for name, value in event.items() if name != "_calendar"}


def _token_of(position: Position) -> str:
    return _opaque(msgspec.json.encode(position))


def _opaque(said: bytes) -> str:
    return base64.urlsafe_b64encode(said).decode()


def _plain(token: str) -> bytes:
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(400, "invalid", "Invalid token value.") from None


def _no_token(status: int, error: str, description: str) -> Response:
    body = {"error": error, "error_description": description}
    return _reply(status, msgspec.json.encode(body))


def _reply(status: int, body: bytes) -> Response:
    return Response(body, status, media_type="application/json")
