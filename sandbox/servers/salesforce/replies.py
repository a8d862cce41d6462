"""How the org answers, and how it refuses.

Belongs here: the shape of replies. Does not: when they are given (system).
"""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response


def json_reply(value: Any, status: int = 200) -> Response:
    """Something as JSON."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def error_reply(status: int, code: str, message: str) -> Response:
    """A refusal with the code that tells its reason."""
    return json_reply([{"message": message, "errorCode": code}], status)


def not_found() -> Response:
    """There is nothing at this address."""
    return error_reply(404, "NOT_FOUND", "The requested resource does not exist")


def requests_spent() -> Response:
    """The requests of the day are spent."""
    return error_reply(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
