"""A request and the reply to it, as the rest of the kernel passes them around.

Belongs here: the two shapes, and showing them without a secret. Does not: sending.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import msgspec

from connectors.errors import TransientSourceError

_Scalar = str | int | float | bool | None
_OUTERMOST = (
    dict[str, dict[str, msgspec.Raw] | list[msgspec.Raw] | _Scalar] | list[msgspec.Raw] | _Scalar
)
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<half>u[dD][89a-fA-F]..)|.)", re.DOTALL
)


@dataclass(frozen=True)
class Request:
    """What to ask. `url` is a path below the source's base URL, or a whole URL on the same host.

    `json` is sent as JSON, `form` form-encoded. `budget` names the rate budget that it draws on.
    """

    url: str
    method: str = "GET"
    params: Mapping[str, Any] = field(default_factory=dict)
    json: Any = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    budget: str = "default"

    @property
    def shown(self) -> str:
        """Method and path, without query, host or body: what messages may show."""
        return f"{self.method} {urlsplit(self.url).path}"

    def with_params(self, **params: Any) -> Request:
        """The same request with some parameters replaced."""
        return replace(self, params={**self.params, **params})

    def with_json(self, **keys: Any) -> Request:
        """The same request with some top-level keys of its JSON body replaced."""
        return replace(self, json={**self.json, **keys})

    def following(self, url: str) -> Request:
        """The same request for a URL that the server gave, which holds the query already."""
        return replace(self, url=url, params={})


@dataclass(frozen=True)
class Reply:
    """What came back, whole. Header names are case-insensitive."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    request: Request

    @cached_property
    def outermost(self) -> Any:
        """The body, opened as far as the lists in its outermost object; see `json`.

        What those lists and objects hold is left undecoded, so that a page is gone through once.
        """
        return self.json(_OUTERMOST)

    def json(self, shape: Any = Any) -> Any:
        """The body, decoded as `shape` (a msgspec type).

        Half characters, which no database can hold and which would make the whole page
        unreadable, become U+FFFD. Raises `TransientSourceError` when it is not JSON: a proxy's
        page, a body cut short.
        """
        try:
            try:
                return msgspec.json.decode(_of_utf8(self.body), type=shape)
            except msgspec.ValidationError:
                raise
            except msgspec.DecodeError:
                return msgspec.json.decode(_of_whole_characters(self.body), type=shape)
        except msgspec.ValidationError as error:
            raise TransientSourceError(
                f"{self.request.shown} answered in another shape than expected ({error})"
            ) from None
        except (msgspec.DecodeError, RecursionError):
            raise TransientSourceError(self._not_json()) from None

    def said(self) -> Any:
        """The body as JSON, or None: for rules that look into error bodies."""
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            return None

    def at(self, *path: str | int) -> Any:
        """A place in the body's JSON; None if it is not there, or the body is not JSON."""
        return walk(self.said(), *path)

    def _not_json(self) -> str:
        start = self.body.lstrip()[:15].lower()
        what = (
            "a web page"
            if start.startswith((b"<!doctype html", b"<html"))
            else "nothing"
            if not start
            else "something that is not JSON, or only a part of it"
        )
        return (
            f"{self.request.shown} answered {what} where JSON was due (status {self.status}). "
            "Check base_url, and that no proxy or sign-in page stands between"
        )


def _of_utf8(body: bytes) -> bytes:
    if body.isascii():
        return body
    try:
        body.decode()
    except UnicodeDecodeError:
        return body.decode(errors="replace").encode()
    return body


def _of_whole_characters(body: bytes) -> bytes:
    def whole(escape: re.Match[bytes]) -> bytes:
        return rb"\ufffd" if escape["half"] else escape[0]

    return _ESCAPE.sub(whole, _of_utf8(body))


def walk(value: Any, *path: str | int) -> Any:
    """A place inside nested objects and lists; None if it is not there."""
    for step in path:
        if isinstance(step, str) and isinstance(value, dict):
            value = value.get(step)
        elif isinstance(step, int) and isinstance(value, list) and -len(value) <= step < len(value):
            value = value[step]
        else:
            return None
    return value
