"""What a person may write in `sources.yaml` under a Custify source.

Belongs here: the keys and their defaults. Does not: what reading makes of them.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from connectors.custify.streams import STREAMS
from connectors.http.auth import Bearer
from connectors.http.settings import ApiSettings
from connectors.stream import Stream


class Settings(ApiSettings):
    """A Custify workspace, read with an API key (a read-only one is enough)."""

    all_streams: ClassVar[tuple[Stream, ...]] = STREAMS
    default_auth_method: ClassVar[str | None] = "bearer"

    kind: Literal["custify"] = "custify"
    base_url: str = Field(
        "https://api.custify.com",
        description="Where the API is; another one for workspaces on a cluster of their own.",
    )
    auth: Bearer
    task_sync: Literal["changes", "full"] = Field(
        "changes",
        description="Tasks: read what changed since the last night (changes), or all every night "
        "(full), which shows deleted tasks the day after.",
    )
    full_read_every_days: float | None = Field(
        7, gt=0, description="After so many days all tasks are read, which shows deleted ones."
    )
    trusts_total: bool = Field(
        True,
        description="Whether a list that holds fewer records than its own total counts as "
        "incomplete. False where a workspace's totals are wrong.",
    )
    requests_per_minute: int = Field(
        300, gt=0, description="How often Custify is asked at most; its own limit is not published."
    )
    health_history_companies: int = Field(
        2_000,
        gt=0,
        description="How many companies' health history is read at most in one night; the others "
        "follow in the next.",
    )
    health_history_days: int = Field(
        730, gt=0, description="How far back the first read of a company's health history goes."
    )
    health_date_field: str | None = Field(
        None, description="The field that dates a value of a health score. Default: found by name."
    )
