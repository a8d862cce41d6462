"""Turning pages: from a request and its reply to the request for the next page.

Belongs here: the ways in which APIs page. Does not: where a page's records are (records), or
reading on from one night to the next (each source's cursor).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from connectors.errors import PermanentSourceError
from connectors.http.message import Reply, Request, walk
from connectors.http.records import envelope_value


class Paginator(Protocol):
    """`following` gives the request for the page after `reply`, or None after the last one.

    `records` is how many records the page held.
    """

    def following(self, request: Request, reply: Reply, records: int) -> Request | None:
        """See the class."""
        ...


@dataclass(frozen=True)
class NextLink:
    """The page says where the next one is, as a whole URL or a path. Absent or null: the end."""

    at: tuple[str, ...]

    def following(self, request: Request, reply: Reply, records: int) -> Request | None:
        """See `Paginator`."""
        link = envelope_value(reply, *self.at)
        return _unlike(request, request.following(link)) if link else None


@dataclass(frozen=True)
class BodyCursor:
    """The page holds a cursor, which the next request repeats as a parameter or in its body.

    `more_at` is a flag that says whether there is more, where the cursor alone does not tell;
    `end_values` are cursors that mean the end.
    """

    at: tuple[str, ...]
    param: str | None = None
    json_key: str | None = None
    more_at: tuple[str, ...] = ()
    end_values: tuple[object, ...] = (None, "")

    def following(self, request: Request, reply: Reply, records: int) -> Request | None:
        """See `Paginator`."""
        cursor = envelope_value(reply, *self.at)
        if cursor in self.end_values or (self.more_at and not envelope_value(reply, *self.more_at)):
            return None
        if self.param is not None:
            return _unlike(request, request.with_params(**{self.param: cursor}))
        if self.json_key is not None:
            return _unlike(request, request.with_json(**{self.json_key: cursor}))
        raise ValueError("a cursor is sent either as a parameter or in the body")


@dataclass(frozen=True)
class HeaderCursor:
    """A header of the reply holds the cursor; the next request repeats it as a parameter."""

    header: str
    param: str
    end_values: tuple[str | None, ...] = (None, "", "null")

    def following(self, request: Request, reply: Reply, records: int) -> Request | None:
        """See `Paginator`."""
        cursor = reply.headers.get(self.header)
        if cursor in self.end_values:
            return None
        return _unlike(request, request.with_params(**{self.param: cursor}))


@dataclass(frozen=True)
class Offset:
    """Records are counted from `param`; a page with fewer than `size` of them is the last.

    With `json_body` the parameters are keys of the request's JSON body.
    """

    param: str
    size: int
    json_body: bool = False

    def following(self, request: Request, reply: Reply, records: int) -> Request | None:
        """See `Paginator`."""
        if records < self.size:
            return None
        held = (request.json or {}) if self.json_body else request.params
        following = {self.param: int(held.get(self.param) or 0) + records}
        return (
            request.with_json(**following) if self.json_body else request.with_params(**following)
        )


@dataclass(frozen=True)
class PageNumber:
    """Pages are numbered from `first`; a short page is the last, or one that reaches `total_at`.

    With `json_body` the parameter is a key of the request's JSON body.
    """

    param: str
    size: int
    first: int = 1
    total_at: tuple[str | int, ...] = ()
    json_body: bool = False

    def following(self, request: Request, reply: Reply, records: int) -> Request | None:
        """See `Paginator`."""
        held = (request.json or {}) if self.json_body else request.params
        page = int(held.get(self.param) or self.first)
        total = walk(reply.said(), *self.total_at) if self.total_at else None
        if records == 0:
            return None
        if isinstance(total, int):
            if (page - self.first + 1) * self.size >= total:
                return None
        elif records < self.size:
            return None
        following = {self.param: page + 1}
        return (
            request.with_json(**following) if self.json_body else request.with_params(**following)
        )


def _unlike(request: Request, following: Request) -> Request:
    """The following request, unless it is the one just sent: that would never end."""
    if following == request:
        raise PermanentSourceError(
            f"{request.shown}: the server names the same page again as the next one; reading "
            "would never end. Report it to the vendor"
        )
    return following
