"""What can be read from Zendesk.

Belongs here: the streams and, per stream, which of the three ways to list records it has. Does
not: walking through them (source).
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.stream import DeletedWhen, Deletes, Stream


@dataclass(frozen=True)
class ListedStream(Stream):
    """A list at `path`; the records are in the page's key `records`."""

    path: str = ""
    records: str = ""
    is_full_read: bool = False
    key: tuple[str, ...] = ("id",)


@dataclass(frozen=True)
class CursorExport(ListedStream):
    """An incremental export whose pages give a cursor, which also says where to go on next time."""


@dataclass(frozen=True)
class TicketExport(CursorExport):
    """The export of tickets, which can bring each ticket's metrics along."""


@dataclass(frozen=True)
class TimeExport(ListedStream):
    """An incremental export whose pages give the time at which the next one starts."""


@dataclass(frozen=True)
class FilteredList(ListedStream):
    """A list with cursor pages, of what happened since a time."""


STREAMS: tuple[Stream, ...] = (
    TicketExport(
        name="tickets",
        description="Tickets with their custom fields, metrics and inline satisfaction.",
        path="api/v2/incremental/tickets/cursor",
        records="tickets",
        deletes=Deletes.FLAG,
        deleted_when=DeletedWhen("status", "deleted"),
        feeds=("tickets",),
        permission="an administrator's token (OAuth: read, or tickets:read)",
    ),
    CursorExport(
        name="users",
        description="End users, agents and administrators.",
        path="api/v2/incremental/users/cursor",
        records="users",
        deletes=Deletes.FLAG,
        deleted_when=DeletedWhen("active", "false"),
        feeds=("users", "contacts"),
        permission="an administrator's token (OAuth: read, or users:read)",
    ),
    TimeExport(
        name="organizations",
        description="Organizations: the customers whose users write.",
        path="api/v2/incremental/organizations",
        records="organizations",
        deletes=Deletes.FLAG,
        deleted_when=DeletedWhen("deleted_at"),
        feeds=("accounts",),
        permission="an administrator's token (OAuth: read, or organizations:read)",
    ),
    FilteredList(
        name="satisfaction_ratings",
        description="Answers to the question whether a solved ticket was handled well.",
        path="api/v2/satisfaction_ratings",
        records="satisfaction_ratings",
        deletes=Deletes.NEVER,
        cursor_field="updated_at",
        feeds=("surveys",),
        permission="an administrator's token, and a plan with customer satisfaction (CSAT)",
        is_optional=True,
    ),
)
